"""Settings from the environment: `PURRING_<NAME>`, and for secrets also `PURRING_<NAME>_FILE`, the path of a file.

Everything has a default that works on one machine. What is wrong is reported all at once, by the name of its variable,
and never with its value.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from purring.domain.errors import ConfigError, PurringError
from purring.gateways.sandbox.settings import DEFAULT_EVENT_SECRET
from purring.notices.mailbox import open_mailbox
from purring.notices.message import is_address
from purring.notices.signing import Signer
from purring.notices.sms_request import DEFAULT_BODY, DEFAULT_HEADERS, SmsSettings
from purring.notices.smtp import Tls
from purring.notices.verp import BounceAddress
from purring.web.settings import FieldMode

PREFIX = "PURRING_"
FILE = "_FILE"
SANDBOX_PORT = 7877  # PURR on a telephone's keys
PORT = 7878
DEFAULT_SECRET_KEY = "only for development: links made with it can be guessed"  # noqa: S105 - no secret, as it says
SECRET_KEY_CHARS_MIN = 32

# The test suite's own variables, which aren't settings.
_NOT_OURS = f"{PREFIX}TEST_"


class SenderKind(StrEnum):
    """Where notices go."""

    CONSOLE = "console"
    SMTP = "smtp"
    FILE = "file"
    WEBHOOK = "webhook"
    NULL = "null"


class LogLevel(StrEnum):
    """The least that is worth a line."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a line is written; `auto` is `text` on a terminal and `json` elsewhere."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"


class Environment(StrEnum):
    """Whether real people depend on it: production refuses what only a developer's machine may have."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


NO_EMAIL = "billing@localhost"

_Url = Annotated[str, Field(pattern=r"^https?://[^\s/]+")]
_Port = Annotated[int, Field(ge=1, le=65_535)]
_Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Settings(BaseSettings):
    """Everything that an installation can say about itself; each description is a line of the reference page."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="ignore")

    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///purring.db"),
        description="Where the data lies: sqlite:///path/to/file or postgresql://user:password@host/name. "
        "An SQLite file is made and migrated when it is first used.",
    )
    sandbox_url: _Url = Field(
        default=f"http://127.0.0.1:{SANDBOX_PORT}", description="Where the sandbox gateway listens."
    )
    sandbox_key: SecretStr = Field(
        default=SecretStr("sk_test_local"), description="The key sent to the sandbox gateway; starts with sk_test_."
    )
    sandbox_event_secret: SecretStr = Field(
        default=SecretStr(DEFAULT_EVENT_SECRET), description="Verifies the events that the sandbox gateway sends."
    )
    sender: SenderKind = Field(
        default=SenderKind.CONSOLE,
        description="Where notices go: printed, to a mail server, to files, as events to the merchant, or nowhere.",
    )
    from_email: str = Field(
        default=NO_EMAIL, description="The address that notices come from; the sender smtp needs one of your own."
    )
    smtp_host: str = Field(default="", description="The mail server; needed when the sender is smtp.")
    smtp_port: _Port = Field(default=587, description="The mail server's port.")
    smtp_user: str = Field(default="", description="Whom to sign in as; empty: nobody.")
    smtp_password: SecretStr = Field(default=SecretStr(""), description="The password to sign in with.")
    smtp_tls: Tls = Field(
        default=Tls.STARTTLS, description="How the connection to the mail server is protected; none takes no password."
    )
    smtp_connections: Annotated[int, Field(ge=1, le=32)] = Field(
        default=4, description="How many connections to the mail server a worker uses at once."
    )
    smtp_reports_success: bool = Field(
        default=False, description="Ask the mail server to report also what arrived; each report is a mail to us."
    )
    dkim_key: SecretStr = Field(
        default=SecretStr(""),
        description="What mails are signed with: an RSA or Ed25519 key as openssl genpkey writes it; empty: none.",
    )
    dkim_selector: str = Field(default="", description="Under which name its public half is published.")
    dkim_domain: str = Field(default="", description="Whose key it is; empty: the domain that notices come from.")
    bounce_address: str = Field(
        default="",
        description="Where bounces go, if not to the address that notices come from: bounces+{token}@example.com if "
        "its server lets it vary, so that each bounce names its notice, else bounces@example.com.",
    )
    bounce_mailbox: str = Field(
        default="",
        description="Where bounces lie until a worker takes them in: maildir:/path, mbox:/path, "
        "imaps://user@host/folder, or imap:// for STARTTLS; empty: nowhere.",
    )
    bounce_mailbox_password: SecretStr = Field(
        default=SecretStr(""), description="The password of the mailbox for bounces, if it is on an IMAP server."
    )
    bounce_inbound_token: SecretStr = Field(
        default=SecretStr(""),
        description="What whoever posts bounces to /inbound/mail must show as Bearer token; empty: nobody may.",
    )
    mail_directory: Path = Field(
        default=Path("mail"), description="Where the sender file writes each notice, as a mail of its own: <id>.eml."
    )
    sms_url: str = Field(
        default="",
        description="Where the provider of text messages takes requests, by https; empty: none are sent, only printed "
        "where notices are.",
    )
    sms_method: str = Field(default="POST", description="How it is asked to send: POST or PUT.")
    sms_headers: str = Field(
        default=DEFAULT_HEADERS,
        description="The request's headers, a JSON object; {secret} and {id} are filled in. Its Content-Type says "
        "whether the body is JSON or a form.",
    )
    sms_body: str = Field(
        default=DEFAULT_BODY,
        description="The request's body, with {to}, {text}, {id} (the same at every try) and {secret} inside of texts.",
    )
    sms_secret: SecretStr = Field(default=SecretStr(""), description="What stands for {secret}.")
    sms_success: str = Field(
        default="",
        description="What a JSON answer must say beside a status of 2xx, such as messages.0.status=0; empty: nothing.",
    )
    environment: Environment = Field(
        default=Environment.DEVELOPMENT, description="Production refuses default secrets and an http base URL."
    )
    base_url: _Url = Field(
        default=f"http://127.0.0.1:{PORT}",
        description="Where people reach `purring serve` from outside; links in notices begin with it.",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(DEFAULT_SECRET_KEY),
        description="What links to invoices are made with, and the secrets of endpoints are sealed with: 32 characters "
        "or more that nobody can guess. A new one gives copies that are sent again new links; those sent before stay "
        "valid. Keep the one before in PURRING_OLD_SECRET_KEYS until `purring endpoint reseal` has run.",
    )
    host: str = Field(default="127.0.0.1", description="The address that `purring serve` listens on.")
    port: _Port = Field(default=PORT, description="The port that `purring serve` listens on.")
    trusted_proxies: str = Field(
        default="",
        description="Proxies whose X-Forwarded headers are believed: addresses or networks, separated by commas; "
        "empty: none.",
    )
    field_gateways: str = Field(
        default="sandbox",
        description="Gateways into whose own field people enter cards and accounts, separated by commas: the first one "
        "in the merchant's mode, test or live.",
    )
    field_mode: FieldMode = Field(
        default=FieldMode.REDIRECT,
        description="How people get to that field: redirect leads to the gateway's page and back, without JavaScript; "
        "frame shows it inside of a page of ours that holds nothing else.",
    )
    chromium: str = Field(
        default="", description="The browser that takes pictures of notices; empty: the first Chromium on the path."
    )
    old_secret_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Secret keys of before, newest first, separated by blanks or lines: they open, but seal nothing.",
    )
    endpoints_on_loopback: bool = Field(
        default=False,
        description="Whether events may be sent to this machine itself, also by plain http; for tests only.",
    )
    requests_per_s: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=50, description="How many requests a second each API key may make of one `purring serve`."
    )
    log_level: LogLevel = Field(default=LogLevel.INFO, description="The least that is worth a line.")
    log_format: LogFormat = Field(
        default=LogFormat.AUTO, description="How a line is written; auto is text on a terminal and json elsewhere."
    )
    batch_max: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=200, description="How many rows a worker claims at once."
    )
    in_flight_max: Annotated[int, Field(ge=1, le=1_000)] = Field(
        default=32, description="How many charges a worker has under way at once."
    )
    poll_s: _Seconds = Field(default=1.0, description="Seconds between two looks for due work while there is none.")


FIELDS: Mapping[str, FieldInfo] = Settings.model_fields
SECRETS = tuple(name for name, field in FIELDS.items() if field.annotation is SecretStr)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def load_settings() -> Settings:
    """Read the settings.

    Raises ConfigError that lists every problem.
    """
    given = {name.upper(): value for name, value in os.environ.items() if value}
    problems = [*_unknown(given), *_given_twice(given)]
    secrets: dict[str, str] = {}
    for name in SECRETS:
        try:
            secrets |= _from_file(name, given)
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{variable(name)}{FILE}: the file can't be read ({_reason(error)}); name one that can.")
    try:
        settings = Settings.model_validate(secrets)
    except ValidationError as error:
        problems += [_explained(one["loc"], one["msg"]) for one in error.errors(include_input=False)]
    else:
        problems += _at_odds(settings)
        if not problems:
            return settings
    raise _config_error(problems)


def _config_error(problems: list[str]) -> ConfigError:
    field = problems[0].partition(":")[0]
    if len(problems) == 1:
        return ConfigError(problems[0], field=field)
    return ConfigError(f"{len(problems)} settings are wrong.", field=field, details=tuple(problems))


def _unknown(given: Mapping[str, str]) -> Iterator[str]:
    """What starts like a setting but is none: most likely a slip of the pen."""
    known = {variable(name) for name in FIELDS} | {f"{variable(name)}{FILE}" for name in SECRETS}
    for name in sorted(given):
        if name.startswith(PREFIX) and name not in known and not name.startswith(_NOT_OURS):
            close = get_close_matches(name, known, n=1)
            meant = f"did you mean {close[0]}?" if close else "remove it."
            yield f"{name}: there is no such setting; {meant}"


def _given_twice(given: Mapping[str, str]) -> Iterator[str]:
    for name in map(variable, SECRETS):
        if name in given and f"{name}{FILE}" in given:
            yield f"{name}: it is given twice; remove it or {name}{FILE}."


def _from_file(name: str, given: Mapping[str, str]) -> dict[str, str]:
    """The setting's value from the file that its `_FILE` variable names, without the line break at its end."""
    path = given.get(f"{variable(name)}{FILE}")
    return {} if path is None else {name: Path(path).read_text(encoding="utf-8").rstrip("\r\n")}


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror or "it is out of reach"


def _explained(location: tuple[int | str, ...], message: str) -> str:
    """One problem that Pydantic found. Its messages of the kinds used here don't repeat the value."""
    name = str(location[0])
    return f"{variable(name)}: {message[0].lower()}{message[1:]}. It says: {FIELDS[name].description}"


def _at_odds(settings: Settings) -> Iterator[str]:
    """What one setting asks of another."""
    if settings.sender is SenderKind.SMTP:
        for name, nothing in (("smtp_host", ""), ("from_email", NO_EMAIL)):
            if getattr(settings, name) == nothing:
                yield f"{variable(name)}: it is missing. {FIELDS[name].description}"
    yield from _bounces_at_odds(settings)
    yield from _dkim_at_odds(settings)
    yield from _sms_at_odds(settings)
    if settings.smtp_user and settings.smtp_tls is Tls.NONE:
        yield f"{variable('smtp_tls')}: a password would travel in plain text; use starttls or implicit."
    if settings.environment is Environment.PRODUCTION:
        yield from _unfit_for_production(settings)
    yield from _no_networks(settings.trusted_proxies)
    if not (is_address(settings.from_email) and settings.from_email.isascii()):
        yield f"{variable('from_email')}: it is no e-mail address; write one such as billing@example.com."


def _unfit_for_production(settings: Settings) -> Iterator[str]:
    """What only a developer's machine may have."""
    for name in ("secret_key", "sandbox_key", "sandbox_event_secret"):
        if getattr(settings, name) == FIELDS[name].default:
            yield f"{variable(name)}: in production its default, which everybody knows, won't do; set one of your own."
    if len(settings.secret_key.get_secret_value()) < SECRET_KEY_CHARS_MIN:
        yield f"{variable('secret_key')}: it is too short; use {SECRET_KEY_CHARS_MIN} characters or more."
    if not settings.base_url.startswith("https://"):
        yield f"{variable('base_url')}: in production it must begin with https://, since links in notices are secrets."


def _no_networks(proxies: str) -> Iterator[str]:
    for one in filter(None, map(str.strip, proxies.split(","))):
        try:
            ip_network(one)
        except ValueError:
            yield f"{variable('trusted_proxies')}: it holds what is neither an address nor a network; use 10.0.0.0/8."
            return


def signer_of(settings: Settings) -> Signer | None:
    """What mails are signed with; None: nothing.

    Raises ConfigError.
    """
    key = settings.dkim_key.get_secret_value()
    if not key:
        return None
    domain = settings.dkim_domain or settings.from_email.rpartition("@")[2]
    return Signer(domain=domain, selector=settings.dkim_selector, key=key)


def sms_of(settings: Settings) -> SmsSettings | None:
    """How text messages are sent; None: not at all.

    Raises ConfigError.
    """
    if not settings.sms_url:
        return None
    return SmsSettings(
        url=settings.sms_url,
        method=settings.sms_method,
        headers=settings.sms_headers,
        body=settings.sms_body,
        secret=settings.sms_secret.get_secret_value(),
        success=settings.sms_success,
    )


def _sms_at_odds(settings: Settings) -> Iterator[str]:
    """A request that no provider could be sent."""
    try:
        sms_of(settings)
    except ConfigError as error:
        yield f"{variable(error.field or 'sms_url')}: {error.message}"


def _dkim_at_odds(settings: Settings) -> Iterator[str]:
    """A key that can't sign."""
    try:
        signer_of(settings)
    except ConfigError as error:
        yield f"{variable(error.field or 'dkim_key')}: {error.message}"


def _bounces_at_odds(settings: Settings) -> Iterator[str]:
    """Addresses and mailboxes for bounces that can't be what they should be."""
    try:
        if settings.bounce_address:
            BounceAddress(pattern=settings.bounce_address, secret=b"")
        if settings.bounce_mailbox:
            open_mailbox(settings.bounce_mailbox, settings.bounce_mailbox_password.get_secret_value())
    except PurringError as error:
        name = "bounce_mailbox" if error.field == "bounce_mailbox" else "bounce_address"
        yield f"{variable(name)}: {error.message}"

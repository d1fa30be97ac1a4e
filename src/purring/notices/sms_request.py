"""What a provider of text messages is sent: a request with places, in JSON or as a form.

It is read once, as the JSON or the form that it is, and values are put into its texts: none can end a text and begin
something else.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from purring.domain.errors import ConfigError
from purring.domain.ids import DeliveryId

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
DEFAULT_HEADERS = '{"Content-Type": "application/json"}'
DEFAULT_BODY = '{"to": "{to}", "text": "{text}", "id": "{id}"}'
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_METHODS = frozenset({"POST", "PUT"})
_PLACE = re.compile(r"\{([a-z_]+)\}")
_HEADER = re.compile(r"[\x20-\x7e]*")

_Values = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMessage:
    """One text message to one person. `delivery_id` stays the same however often it is sent."""

    delivery_id: DeliveryId
    to_phone: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsSettings:
    """How to ask a provider to send. `headers` is a JSON object, in which `{id}` and `{secret}` are filled in.

    `body` is JSON or a form, as the header Content-Type says, with `{to}`, `{text}`, `{id}` and `{secret}`. `success`,
    such as `messages.0.status=0`, is what a JSON answer must say, beside a status of 2xx; "": nothing. `timeout_s`
    bounds each silence, `answer_s` the whole answer.

    Raises ConfigError whose field is `sms_url` or the like.
    """

    url: str
    method: str = "POST"
    headers: str = DEFAULT_HEADERS
    body: str = DEFAULT_BODY
    secret: str = field(default="", repr=False)
    success: str = ""
    timeout_s: float = 20.0
    answer_s: float = 30.0
    in_flight_max: int = 4
    ssl_context: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        """Refuse what could only fail or leak."""
        where = urlsplit(self.url)
        if not where.hostname or not (where.scheme == "https" or _is_loopback(where.scheme, where.hostname)):
            raise ConfigError("it must begin with https://; http:// is for this machine only.", field="sms_url")
        if self.method not in _METHODS:
            raise ConfigError("use POST or PUT; numbers don't belong into addresses.", field="sms_method")
        if self.success and not all(self.success.partition("=")):
            raise ConfigError("write it as field=value, such as messages.0.status=0.", field="sms_success")
        Template(self)


def _is_loopback(scheme: str, host: str) -> bool:
    return scheme == "http" and host in _LOOPBACK


class Template:
    """A request with places to fill in."""

    def __init__(self, settings: SmsSettings) -> None:
        """Read it. Raises ConfigError."""
        self._headers = _headers(settings)
        self._secret = settings.secret
        kinds = [value for name, value in self._headers.items() if name.lower() == "content-type"]
        kind = kinds[0].partition(";")[0].strip().lower() if kinds else JSON
        self._body: Callable[[_Values], bytes] = _body(kind, settings.body)
        if not kinds:
            self._headers = {**self._headers, "Content-Type": JSON}

    def headers(self, message: ShortMessage) -> dict[str, str]:
        """The headers for a message."""
        values = {"id": message.delivery_id, "secret": self._secret}
        return {name: _filled(value, values) for name, value in self._headers.items()}

    def body(self, message: ShortMessage) -> bytes:
        """The body for a message."""
        values = {"to": message.to_phone, "text": message.text, "id": message.delivery_id, "secret": self._secret}
        return self._body(values)


def _headers(settings: SmsSettings) -> dict[str, str]:
    try:
        found = json.loads(settings.headers)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ConfigError(
            'it must be a JSON object of texts, such as {"Authorization": "Bearer {secret}"}.', **_OF_HEADERS
        )
    _require_places(_places(found), {"id", "secret"}, "sms_headers")
    filled = [_filled(value, {"id": "", "secret": settings.secret}) for value in found.values()]
    if not all(map(_HEADER.fullmatch, [*found, *filled])):
        raise ConfigError("a header, with the secret in it, must be one line of ASCII characters.", **_OF_HEADERS)
    return found


_OF_HEADERS: Mapping[str, Any] = {"field": "sms_headers"}


def _body(kind: str, body: str) -> Callable[[_Values], bytes]:
    """What fills a body in, so that values stay values."""
    try:
        read = _READ[kind](body)
    except KeyError:
        raise ConfigError(f"its Content-Type must be {JSON} or {FORM}.", **_OF_HEADERS) from None
    except ValueError:
        raise ConfigError(
            f"it can't be read as {kind}; write placeholders inside of texts.", field="sms_body"
        ) from None
    places = _places(read)
    _require_places(places, {"to", "text", "id", "secret"}, "sms_body")
    if not {"to", "text"} <= places:
        raise ConfigError("it needs {to} and {text}.", field="sms_body")
    if kind == JSON:
        return lambda values: json.dumps(_filled_in(read, values)).encode()
    return lambda values: urlencode([(name, _filled(one, values)) for name, one in read]).encode()


def _form(body: str) -> list[list[str]]:
    return [list(pair) for pair in parse_qsl(body, keep_blank_values=True, strict_parsing=True)]


_READ: Mapping[str, Callable[[str], Any]] = {JSON: json.loads, FORM: _form}


def _require_places(places: set[str], known: set[str], setting: str) -> None:
    if places - known:
        there_are = ", ".join(f"{{{name}}}" for name in sorted(known))
        raise ConfigError(f"it has a placeholder that isn't there; there are: {there_are}.", field=setting)


def _places(value: Any) -> set[str]:  # noqa: ANN401 - anything of JSON
    match value:
        case str():
            return set(_PLACE.findall(value))
        case list():
            return {place for one in value for place in _places(one)}
        case dict():
            return _places(list(value.values()))
        case _:
            return set()


def _filled_in(value: Any, values: _Values) -> Any:  # noqa: ANN401 - anything of JSON
    match value:
        case str():
            return _filled(value, values)
        case list():
            return [_filled_in(one, values) for one in value]
        case dict():
            return {name: _filled_in(one, values) for name, one in value.items()}
        case _:
            return value


def _filled(text: str, values: _Values) -> str:
    return _PLACE.sub(lambda place: values[place[1]], text)

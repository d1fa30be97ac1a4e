"""Sending through an SMTP server, over a few connections that are kept for as many messages as come.

Source: RFC 5321 §4.2.1 (October 2008): a reply from 400 on means later, from 500 on never.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from typing import assert_never

from purring.domain.errors import ConfigError
from purring.notices.compose import composed
from purring.notices.message import Message
from purring.notices.send import Bounced, Deferred, Delivered, Outcome, brief

_OK = 250
_WILL_FORWARD = 251
_GO_ON = 354
_PERMANENT_FROM = 500
# Besides: sign in first; sign-in refused; sign-in needs encryption. Source: RFC 4954 §6 (July 2007).
_SHUTTING_DOWN = 421
_ABOUT_US = frozenset({_SHUTTING_DOWN, 530, 535, 538})


class Tls(StrEnum):
    """How the connection is protected. `STARTTLS` never falls back to plain text."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Where the server is and who we are to it. `ssl_context` None: the machine's own trust.

    `timeout_s` bounds each silence, `accept_timeout_s` the one after a whole mail: the server may be looking at it, and
    whoever hangs up then makes it arrive twice (RFC 5321 §4.5.3.2.6 asks for ten minutes; a lease isn't that long).
    `idle_s`: a connection that nobody has used for so long isn't used again. `reports_success`: ask the server
    to report also what arrived.

    Raises ConfigError if a password would travel in plain text.
    """

    host: str
    port: int = 587
    tls: Tls = Tls.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 20.0
    accept_timeout_s: float = 120.0
    connections_max: int = 4
    idle_s: float = 20.0
    reports_success: bool = False
    ssl_context: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        """Refuse settings that could only fail or leak."""
        if self.user and self.tls is Tls.NONE:
            raise ConfigError("An SMTP password needs TLS; set it to starttls or implicit.", field="tls")
        if min(self.timeout_s, self.accept_timeout_s) <= 0:
            raise ConfigError("An SMTP time-out is more than 0 seconds.", field="timeout_s")
        if self.connections_max < 1:
            raise ConfigError("Sending needs 1 connection at least.", field="connections_max")


class SmtpSender:
    """Keeps the connections that its threads have used until `close`, or until they have been idle too long.

    A connection that the server has dropped meanwhile is replaced before the mail is handed over: that costs nobody a
    mail, and makes none arrive twice. `elapsed_s` tells the seconds on a timer that never steps. `sign` adds what a
    mail is signed with.
    """

    def __init__(
        self, settings: SmtpSettings, elapsed_s: Callable[[], float], sign: Callable[[bytes], bytes] | None = None
    ) -> None:
        self.settings = settings
        self.in_flight_max = settings.connections_max
        self._context = settings.ssl_context or ssl.create_default_context()
        self._elapsed_s = elapsed_s
        self._sign = sign or bytes
        self._lock = Lock()
        self._idle: list[tuple[smtplib.SMTP, float]] = []

    def send(self, message: Message) -> Outcome:
        """Hand it to the server."""
        mail = self._sign(composed(message))
        while (used := self._used_before()) is not None:
            try:
                return self._over(used, message, mail)
            except OSError:  # dropped meanwhile: the next may be better
                continue
        try:
            # The machine's own name would tell strangers about our network, and finding it can wait for DNS.
            client = connect(self.settings, self._context, message.domain)
            return self._over(client, message, mail)
        except smtplib.SMTPResponseException as error:
            return Deferred(detail=_said(error.smtp_error), code=error.smtp_code, affects_all=True)
        except OSError as error:
            return Deferred(detail=brief(f"{type(error).__name__}: {error}"), affects_all=True)

    def greet(self, our_name: str) -> str:
        """Open a connection, sign in and say goodbye: why that can't be done, or ""."""
        try:
            client = connect(self.settings, self._context, our_name)
        except smtplib.SMTPResponseException as error:
            return f"{error.smtp_code} {_said(error.smtp_error)}"
        except OSError as error:
            return brief(f"{type(error).__name__}: {error}")
        _quit(client)
        return ""

    def close(self) -> None:
        """Say goodbye on all connections that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        for client, _ in idle:
            _quit(client)

    def _used_before(self) -> smtplib.SMTP | None:
        """The connection used last, open as far as we know. Those idle for too long are closed."""
        with self._lock:
            too_old_s = self._elapsed_s() - self.settings.idle_s
            stale = [client for client, used_s in self._idle if used_s <= too_old_s]
            self._idle = [one for one in self._idle if one[1] > too_old_s]
            client = self._idle.pop()[0] if self._idle else None
        for one in stale:
            _quit(one)
        return client

    def _over(self, client: smtplib.SMTP, message: Message, mail: bytes) -> Outcome:
        """Hand it over on this connection, and keep that if it is still good.

        Raises OSError (all that smtplib raises is one) if it wasn't, and then nothing was handed over.
        """
        try:
            outcome = self._envelope(client, message) or self._text(client, mail)
        except OSError:
            client.close()
            raise
        if _is_good(client, outcome):
            with self._lock:
                self._idle.append((client, self._elapsed_s()))
        else:
            _quit(client)
        return outcome

    def _envelope(self, client: smtplib.SMTP, message: Message) -> Outcome | None:
        """Say from whom and to whom. None: the server waits for the text."""
        if not message.to_email.isascii() and not client.has_extn("smtputf8"):
            return Bounced(detail="the server takes no addresses outside ASCII")
        reports = client.has_extn("dsn")
        code, reply = client.mail(message.return_path, _mail_options(message, reports=reports))
        if code == _SHUTTING_DOWN:
            raise smtplib.SMTPSenderRefused(code, reply, message.return_path)
        if code != _OK:
            return Deferred(detail=_said(reply), code=code, affects_all=True)
        notify = ["NOTIFY=SUCCESS,FAILURE,DELAY" if self.settings.reports_success else "NOTIFY=FAILURE,DELAY"]
        code, reply = client.rcpt(message.to_email, notify if reports else [])
        if code not in {_OK, _WILL_FORWARD}:
            return _refused(code, reply)
        code, reply = client.docmd("DATA")
        return None if code == _GO_ON else _refused(code, reply)

    def _text(self, client: smtplib.SMTP, mail: bytes) -> Outcome:
        """Hand the text over and wait for the server to answer for it."""
        assert client.sock
        try:
            client.sock.settimeout(self.settings.accept_timeout_s)
            client.send(mail.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            code, reply = client.getreply()
            client.sock.settimeout(self.settings.timeout_s)
        except OSError as error:
            detail = brief(f"no answer after the text: {type(error).__name__}: {error}")
            return Deferred(detail=detail, may_have_arrived=True)
        return Delivered() if code == _OK else _refused(code, reply)


def connect(settings: SmtpSettings, context: ssl.SSLContext, our_name: str) -> smtplib.SMTP:
    """Open a connection, protect it, sign in as the settings say, and ask what the server can do.

    Raises OSError.
    """
    client = _opened(settings, context, our_name)
    try:
        if settings.tls is Tls.STARTTLS:
            client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
        if settings.user:
            client.login(settings.user, settings.password)
    except BaseException:
        client.close()
        raise
    return client


def _opened(settings: SmtpSettings, context: ssl.SSLContext, our_name: str) -> smtplib.SMTP:
    match settings.tls:
        case Tls.IMPLICIT:
            return smtplib.SMTP_SSL(settings.host, settings.port, our_name, timeout=settings.timeout_s, context=context)
        case Tls.NONE | Tls.STARTTLS:
            return smtplib.SMTP(settings.host, settings.port, our_name, timeout=settings.timeout_s)
        case _:
            assert_never(settings.tls)


def _mail_options(message: Message, *, reports: bool) -> list[str]:
    """What the server should know about the mail: its name in reports, and that those needn't bring it back whole.

    Source: RFC 3461 §4.3, §4.4 (January 2003), RFC 6531 §3.4 (February 2012).
    """
    options = [f"ENVID={message.delivery_id}", "RET=HDRS"] if reports else []
    return options if message.to_email.isascii() else [*options, "SMTPUTF8", "BODY=8BITMIME"]


def _refused(code: int, reply: bytes) -> Outcome:
    """The server's own word about this recipient or this message."""
    affects_all = code in _ABOUT_US
    if code >= _PERMANENT_FROM and not affects_all:
        return Bounced(detail=_said(reply), code=code)
    return Deferred(detail=_said(reply), code=code, affects_all=affects_all)


def _is_good(client: smtplib.SMTP, outcome: Outcome) -> bool:
    """Whether the connection can take another message: after a refusal it has to forget this one first."""
    if isinstance(outcome, Delivered):
        return True
    if isinstance(outcome, Deferred) and (outcome.affects_all or outcome.may_have_arrived):
        return False
    try:
        return client.rset()[0] == _OK
    except OSError:
        return False


def _quit(client: smtplib.SMTP) -> None:
    try:
        client.quit()
    except OSError:
        client.close()


def _said(reply: bytes | str) -> str:
    return brief(reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply)

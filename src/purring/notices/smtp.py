"""Sending through an SMTP server, over one connection for as many messages as come.

Source: RFC 5321 §4.2.1 (October 2008): a reply from 400 on means later, from 500 on never.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from purring.domain.errors import ConfigError
from purring.notices.send import Bounced, Deferred, Delivered, Message, Outcome, brief, composed

_OK = 250
_PERMANENT_FROM = 500
# Shutting down; sign in first; sign-in refused; sign-in needs encryption. Source: RFC 4954 §6 (July 2007).
_ABOUT_US = frozenset({421, 530, 535, 538})


class Tls(StrEnum):
    """How the connection is protected. `STARTTLS` never falls back to plain text."""

    NONE = "none"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Where the server is and who we are to it. `ssl_context` None: the machine's own trust.

    Raises ConfigError if a password would travel in plain text.
    """

    host: str
    port: int = 587
    tls: Tls = Tls.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 30.0
    ssl_context: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        """Refuse settings that could only fail or leak."""
        if self.user and self.tls is Tls.NONE:
            raise ConfigError("An SMTP password needs TLS; set it to starttls or implicit.", field="tls")
        if self.timeout_s <= 0:
            raise ConfigError("An SMTP time-out is more than 0 seconds.", field="timeout_s")


class SmtpSender:
    """Keeps one connection open until `close`, and opens it anew when the server has dropped it."""

    def __init__(self, settings: SmtpSettings) -> None:
        self.settings = settings
        self._client: smtplib.SMTP | None = None

    def send(self, message: Message) -> Outcome:
        """Hand it to the server."""
        try:
            client = self._connected(message.from_email.rpartition("@")[2])
            # Ours to compose, the library's to transmit: it doubles leading dots and knows SMTPUTF8.
            client.send_message(composed(message), message.from_email, [message.to_email])
        except smtplib.SMTPRecipientsRefused as error:
            return self._refused(*next(iter(error.recipients.values())))
        except smtplib.SMTPDataError as error:
            self.close()  # the library leaves the transaction open if the server refused the command itself
            return self._refused(error.smtp_code, error.smtp_error)
        except (smtplib.SMTPException, OSError) as error:
            return self._failed(error)
        return Delivered()

    def close(self) -> None:
        """Say goodbye, if the connection is open."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            client.quit()
        except (smtplib.SMTPException, OSError):
            client.close()

    def _connected(self, our_domain: str) -> smtplib.SMTP:
        """The open connection if the server still answers on it: found out later, a mail might go out twice."""
        if self._client is not None and not _answers(self._client):
            self.close()
        if self._client is None:
            # The machine's own name would tell strangers about our network, and finding it can wait for DNS.
            self._client = connect(self.settings, our_domain)
        return self._client

    def _refused(self, code: int, reply: bytes | str) -> Outcome:
        """The server's own word about this recipient or this message."""
        affects_all = code in _ABOUT_US
        if affects_all:
            self.close()
        elif code >= _PERMANENT_FROM:
            return Bounced(detail=_text(reply), code=code)
        return Deferred(detail=_text(reply), code=code, affects_all=affects_all)

    def _failed(self, error: smtplib.SMTPException | OSError) -> Outcome:
        """The server didn't get as far as the recipient: no verdict on them, however final the reply sounds."""
        if isinstance(error, smtplib.SMTPNotSupportedError) and self._client is not None:
            return Bounced(detail="the server takes no addresses outside ASCII")
        self.close()
        if isinstance(error, smtplib.SMTPResponseException):
            return Deferred(detail=_text(error.smtp_error), code=error.smtp_code, affects_all=True)
        return Deferred(detail=brief(f"{type(error).__name__}: {error}"), affects_all=True)


def connect(settings: SmtpSettings, our_name: str) -> smtplib.SMTP:
    """Open a connection, protect it and sign in as the settings say.

    Raises SMTPException, OSError.
    """
    client = _opened(settings, our_name)
    try:
        if settings.tls is Tls.STARTTLS:
            client.starttls(context=_context(settings))
        if settings.user:
            client.login(settings.user, settings.password)
    except BaseException:
        client.close()
        raise
    return client


def _answers(client: smtplib.SMTP) -> bool:
    try:
        return client.noop()[0] == _OK
    except (smtplib.SMTPException, OSError):
        return False


def _opened(settings: SmtpSettings, our_name: str) -> smtplib.SMTP:
    match settings.tls:
        case Tls.IMPLICIT:
            return smtplib.SMTP_SSL(
                settings.host, settings.port, our_name, timeout=settings.timeout_s, context=_context(settings)
            )
        case Tls.NONE | Tls.STARTTLS:
            return smtplib.SMTP(settings.host, settings.port, our_name, timeout=settings.timeout_s)
        case _:
            assert_never(settings.tls)


def _context(settings: SmtpSettings) -> ssl.SSLContext:
    return settings.ssl_context or ssl.create_default_context()


def _text(reply: bytes | str) -> str:
    return brief(reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply)

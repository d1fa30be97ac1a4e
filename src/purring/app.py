"""The composition root: settings in, everything that operations need out."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import assert_never

from purring.clock import RandomIds, SystemClock, draw_bytes, elapsed_s
from purring.config import LogFormat, SenderKind, Settings, signer_of, sms_of
from purring.domain.errors import ConfigError
from purring.gateways.base import Gateway
from purring.gateways.http import HttpSettings
from purring.gateways.registry import GatewaySettings, open_gateway
from purring.notices.mailbox import Mailbox, open_mailbox
from purring.notices.send import ConsoleSender, FileSender, NullSender, Sender, SenderOf
from purring.notices.sms import ConsoleSmsSender, SmsSender
from purring.notices.sms_request import ShortMessage
from purring.notices.smtp import SmtpSender, SmtpSettings
from purring.notices.verp import BounceAddress
from purring.operations.outbound import Outbound
from purring.operations.services import Services
from purring.store.engine import Store, open_store, upgrade
from purring.telemetry.logs import set_up_logs
from purring.web.settings import WebSettings
from purring.webhooks.post import HttpPoster, Poster
from purring.webhooks.vault import Vault


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """Everything that operations need, until the end of the `with`.

    Raises ConfigError; StoreUnavailable if the database can't be used as it is.
    """
    store = open_ready_store(settings)
    gateways = Gateways(settings)
    clock = SystemClock()
    sender, sms_sender = make_sender(settings), make_sms_sender(settings)
    try:
        yield Services(
            store=store,
            gateways=gateways,
            clock=clock,
            ids=RandomIds(clock),
            sender=sender,
            from_email=settings.from_email,
            owner=f"{socket.gethostname()}-{os.getpid()}",
            in_flight_max=settings.in_flight_max,
            batch_max=settings.batch_max,
            base_url=settings.base_url.rstrip("/"),
            secret_key=settings.secret_key.get_secret_value().encode(),
            bounces=make_bounce_address(settings),
            mailbox=make_mailbox(settings),
            merchant_sends=settings.sender is SenderKind.WEBHOOK,
            outbound=make_outbound(settings),
            sms_sender=sms_sender,
            field_gateways=field_gateways_of(settings, gateways),
            test_sender=NullSender() if settings.sender is SenderKind.SMTP else sender,
        )
    finally:
        sender.close()
        if sms_sender is not None:
            sms_sender.close()
        gateways.close()
        store.close()


def open_ready_store(settings: Settings) -> Store:
    """The database, migrated. An SQLite file that holds nothing yet is made ready; any other must be so already.

    Raises ConfigError, StoreUnavailable.
    """
    url = settings.database_url.get_secret_value()
    store = open_store(url)
    try:
        if store.dialect == "sqlite" and store.revision() is None:
            upgrade(url)
        store.check()
    except BaseException:
        store.close()
        raise
    return store


class Gateways(Mapping[str, Gateway]):
    """The gateways of this installation, each opened when it is first asked for: looking things up needs none."""

    def __init__(self, settings: Settings) -> None:
        self._make: Mapping[str, Callable[[], GatewaySettings]] = {"sandbox": lambda: sandbox_settings(settings)}
        self._open: dict[str, Gateway] = {}

    def __getitem__(self, name: str) -> Gateway:
        if name not in self._open:
            self._open[name] = open_gateway(self._make[name]())
        return self._open[name]

    def __contains__(self, name: object) -> bool:
        return name in self._make

    def __iter__(self) -> Iterator[str]:
        return iter(self._make)

    def __len__(self) -> int:
        return len(self._make)

    def close(self) -> None:
        """Let the connections go."""
        for gateway in self._open.values():
            gateway.close()


def field_gateways_of(settings: Settings, gateways: Gateways) -> tuple[str, ...]:
    """Into whose fields people enter cards.

    Raises ConfigError: one of them isn't there.
    """
    named = tuple(filter(None, map(str.strip, settings.field_gateways.split(","))))
    for name in named:
        if name not in gateways:
            there_are = ", ".join(sorted(gateways))
            raise ConfigError(f"PURRING_FIELD_GATEWAYS: no gateway is called {name[:60]!r}; there are: {there_are}.")
    return named


def sandbox_settings(settings: Settings) -> GatewaySettings:
    """How to reach the sandbox gateway."""
    http = HttpSettings(
        base_url=settings.sandbox_url,
        api_key=settings.sandbox_key.get_secret_value(),
        in_flight_max=settings.in_flight_max,
    )
    return GatewaySettings(name="sandbox", http=http, event_secret=settings.sandbox_event_secret.get_secret_value())


def web_settings(settings: Settings) -> WebSettings:
    """Where the web layer is reached and listens."""
    return WebSettings(
        base_url=settings.base_url.rstrip("/"),
        host=settings.host,
        port=settings.port,
        trusted_proxies=settings.trusted_proxies,
        mail_token=settings.bounce_inbound_token.get_secret_value().encode(),
        requests_per_s=settings.requests_per_s,
        field_mode=settings.field_mode,
    )


def make_outbound(settings: Settings) -> Outbound:
    """Who sends events, and what keeps the secrets that sign them."""
    old_keys = settings.old_secret_keys.get_secret_value().split()
    return Outbound(
        poster=HttpPoster(allows_loopback=settings.endpoints_on_loopback),
        vault=Vault([settings.secret_key.get_secret_value(), *old_keys]),
        draw_bytes=draw_bytes,
    )


def local_poster() -> Poster:
    """Who sends events to a program on a developer's own machine."""
    return HttpPoster(allows_loopback=True)


def make_sender(settings: Settings) -> Sender:
    """Where notices go."""
    match settings.sender:
        case SenderKind.CONSOLE:
            return ConsoleSender(sys.stdout)
        case SenderKind.NULL | SenderKind.WEBHOOK:
            return NullSender()
        case SenderKind.SMTP:
            smtp = SmtpSettings(
                host=settings.smtp_host,
                port=settings.smtp_port,
                tls=settings.smtp_tls,
                user=settings.smtp_user,
                password=settings.smtp_password.get_secret_value(),
                connections_max=settings.smtp_connections,
                reports_success=settings.smtp_reports_success,
            )
            signer = signer_of(settings)
            return SmtpSender(smtp, elapsed_s, signer.sign if signer else None)
        case SenderKind.FILE:
            return FileSender(settings.mail_directory)
        case _:
            assert_never(settings.sender)


def make_sms_sender(settings: Settings) -> SenderOf[ShortMessage] | None:
    """Where text messages go. None: nobody sends any."""
    sms = sms_of(settings)
    if sms is not None:
        return SmsSender(sms, elapsed_s)
    if settings.sender is SenderKind.CONSOLE:
        return ConsoleSmsSender(sys.stdout)
    return NullSender() if settings.sender is SenderKind.NULL else None


def make_bounce_address(settings: Settings) -> BounceAddress | None:
    """Where bounces go."""
    if not settings.bounce_address:
        return None
    return BounceAddress(pattern=settings.bounce_address, secret=settings.secret_key.get_secret_value().encode())


def make_mailbox(settings: Settings) -> Mailbox | None:
    """Where bounces lie."""
    if not settings.bounce_mailbox:
        return None
    return open_mailbox(settings.bounce_mailbox, settings.bounce_mailbox_password.get_secret_value())


def make_logs(settings: Settings) -> None:
    """Let log lines look as the settings say."""
    on_terminal = sys.stderr.isatty()
    as_json = settings.log_format is LogFormat.JSON or (settings.log_format is LogFormat.AUTO and not on_terminal)
    set_up_logs(level=settings.log_level, as_json=as_json)

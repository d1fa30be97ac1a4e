"""The composition root turns settings into what operations need."""

from __future__ import annotations

import pytest

from purring.app import Gateways, make_sender, open_services
from purring.config import load_settings
from purring.domain.errors import ConfigError
from purring.notices.send import ConsoleSender, NullSender
from purring.notices.smtp import SmtpSender, Tls


def test_each_sender_can_be_chosen(settings: pytest.MonkeyPatch) -> None:
    """Printed, nowhere, or to a mail server with the settings given."""
    for name, kind in (("console", ConsoleSender), ("null", NullSender)):
        settings.setenv("PURRING_SENDER", name)
        assert isinstance(make_sender(load_settings()), kind)
    for name, value in (
        ("SENDER", "smtp"),
        ("SMTP_HOST", "mail.example"),
        ("SMTP_PORT", "465"),
        ("SMTP_TLS", "implicit"),
        ("SMTP_USER", "me"),
        ("SMTP_PASSWORD", "hunter2"),
        ("FROM_EMAIL", "billing@booking.example"),
    ):
        settings.setenv(f"PURRING_{name}", value)
    sender = make_sender(load_settings())
    assert isinstance(sender, SmtpSender)
    chosen = sender.settings
    assert ("mail.example", 465, Tls.IMPLICIT, "me") == (chosen.host, chosen.port, chosen.tls, chosen.user)
    assert "hunter2" not in repr(chosen)


def test_services_follow_the_settings(settings: pytest.MonkeyPatch) -> None:
    """Batches, calls under way and our own address are those that were set."""
    settings.setenv("PURRING_BATCH_MAX", "17")
    settings.setenv("PURRING_IN_FLIGHT_MAX", "3")
    settings.setenv("PURRING_FROM_EMAIL", "billing@booking.example")
    with open_services(load_settings()) as services:
        found = (services.batch_max, services.in_flight_max, services.from_email)
        with pytest.raises(ConfigError, match="there are: sandbox"):
            services.gateway("stripe")
    assert (17, 3, "billing@booking.example") == found


def test_a_gateway_is_opened_once_and_when_it_is_needed(settings: pytest.MonkeyPatch) -> None:
    """Looking at which there are opens none; each use is of the same one."""
    gateways = Gateways(load_settings())
    assert (1, ["sandbox"], True, False) == (len(gateways), list(gateways), "sandbox" in gateways, "x" in gateways)
    assert gateways["sandbox"] is gateways["sandbox"]
    gateways.close()

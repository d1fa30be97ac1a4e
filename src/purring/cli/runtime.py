"""What every command begins with: settings, logs, services, and the signals that end it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Annotated

import typer

from purring.app import make_logs, open_services
from purring.config import load_settings
from purring.operations.services import Services

MerchantOption = Annotated[
    str | None, typer.Option("--merchant", "-m", help="The merchant's id or name, where there are several.")
]


@contextmanager
def services() -> Iterator[Services]:
    """Everything that operations need, as the settings say.

    Raises ConfigError, StoreUnavailable.
    """
    settings = load_settings()
    make_logs(settings)
    with open_services(settings) as opened:
        yield opened


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """An event that SIGTERM and SIGINT set, so that what is under way can be finished; a second SIGINT interrupts."""
    stop = Event()

    def ask_to_stop(number: int, _frame: object) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

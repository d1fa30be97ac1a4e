"""`python -m purring.gateways.sandbox`: the sandbox gateway in a process of its own."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import Error as LedgerError

from purring.clock import SystemClock
from purring.gateways.sandbox.api import SandboxApi
from purring.gateways.sandbox.ledger import Ledger
from purring.gateways.sandbox.server import ANNOUNCEMENT, ServerSettings, serve
from purring.gateways.sandbox.settings import DEFAULT_EVENT_SECRET, SandboxSettings

UNUSABLE = 69
"""Source: EX_UNAVAILABLE in sysexits.h of 4.3BSD (1983)."""


class _SettableTime:
    """A time that stands still between two `POST /sandbox/clock`; it may also be set back."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def set(self, at: datetime) -> None:
        """Jump to an instant."""
        self.now = at


def main() -> int:
    """Serve until stopped; the first line of output says where."""
    arguments = _parser().parse_args()
    try:
        ledger = Ledger(arguments.ledger)
        serve(_api(arguments, ledger), _server_settings(arguments), _announce)
    except (LedgerError, OSError) as error:
        sys.stderr.write(f"The sandbox gateway can't start: {error}. Check --ledger and --port.\n")
        return UNUSABLE
    ledger.close()
    return 0


def _api(arguments: argparse.Namespace, ledger: Ledger) -> SandboxApi:
    settings = SandboxSettings(
        key_lifetime=timedelta(hours=arguments.key_lifetime_hours),
        event_secret=arguments.event_secret,
        push_url=arguments.push_url,
        field_origins=frozenset(arguments.field_origin),
    )
    clock = SystemClock()
    if not arguments.virtual_clock:
        return SandboxApi(ledger, clock.now, settings)
    time = _SettableTime(clock.now())
    return SandboxApi(ledger, lambda: time.now, settings, set_now=time.set)


def _server_settings(arguments: argparse.Namespace) -> ServerSettings:
    return ServerSettings(host=arguments.host, port=arguments.port, stall_s=arguments.stall_s)


def _announce(address: str) -> None:
    sys.stdout.write(f"{ANNOUNCEMENT}{address}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m purring.gateways.sandbox", description=__doc__)
    parser.add_argument("--ledger", type=Path, required=True, help="the file that keeps everything; made if missing")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--virtual-clock", action="store_true", help="time moves by POST /sandbox/clock only")
    parser.add_argument("--key-lifetime-hours", type=float, default=24.0, help="how long an idempotency key lives")
    parser.add_argument("--push-url", help="where events are posted; without it they wait to be fetched")
    parser.add_argument(
        "--field-origin", action="append", default=[], help="whose pages get tokens from the field; else this machine's"
    )
    parser.add_argument("--event-secret", default=DEFAULT_EVENT_SECRET, help="signs the events")
    parser.add_argument("--stall-s", type=float, default=0.0, help="how long a time-out keeps silent before it cuts")
    return parser


if __name__ == "__main__":
    sys.exit(main())

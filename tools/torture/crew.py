"""The workers on duty, and what one of them was doing when it was killed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psycopg

from purring.gateways.sandbox.oracle import seen_charges
from purring.store.leases import Work
from tools.torture.nursery import AWAY
from tools.torture.server import Server

ROOT = Path(__file__).resolve().parents[2]


class Stage(StrEnum):
    """How far a worker was with what it held."""

    SENT = "charges sent, answers not recorded"
    BEGUN = "attempts begun, nothing sent yet"
    CLAIMED = "invoices claimed, no attempt begun"
    RENEWING = "renewing subscriptions"
    TELLING = "sending notices"
    BETWEEN = "starting up, or between two turns"
    UNSEEN = "unknown: the database was away"


@dataclass(kw_only=True)
class Hand:
    """A worker. `due_s`: when something happens to it; `stopped`: that it is asleep now.

    `patience`: so often a kill is put off because the worker holds nothing yet.
    """

    pid: int
    due_s: float
    stopped: bool = False
    patience: int = 10


class Crew:
    """Starts and ends workers by way of the nursery."""

    def __init__(self, clock_path: Path, settings: Mapping[str, str], log: Path) -> None:
        """Let the nursery load everything."""
        self._log = log.open("ab")
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "tools.torture.nursery", str(clock_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=ROOT,
            env={**os.environ, **settings},
            start_new_session=True,
        )
        self.ended()  # it answers when it has loaded everything

    def start(self) -> int:
        """Let a worker begin; give its pid."""
        return int(self._order("start"))

    def kill(self, pid: int) -> bool:
        """Kill -9; whether it was alive."""
        return self._order(f"kill {pid}") == "done"

    def stop(self, pid: int) -> None:
        """Put it to sleep."""
        self._order(f"stop {pid}")

    def wake(self, pid: int) -> None:
        """Let it go on."""
        self._order(f"cont {pid}")

    def ended(self) -> dict[int, int]:
        """Those that have ended by themselves since the last time, and with which code."""
        pairs = (pair.split(":") for pair in self._order("ended").split())
        return {int(pid): int(code) for pid, code in pairs}

    def close(self) -> None:
        """End everybody."""
        assert self._nursery.stdin, "the input is piped"
        assert self._nursery.stdout, "the output is piped"
        self._nursery.stdin.close()
        self._nursery.wait()
        self._nursery.stdout.close()
        self._log.close()

    def _order(self, order: str) -> str:
        assert self._nursery.stdin, "the input is piped"
        assert self._nursery.stdout, "the output is piped"
        self._nursery.stdin.write(f"{order}\n")
        self._nursery.stdin.flush()
        answer = self._nursery.stdout.readline()
        if not answer:
            raise RuntimeError(f"the nursery is gone; its log is {self._log.name}")
        return answer.strip()


def is_expected(code: int) -> bool:
    """Whether a worker may end with this code by itself: the database was away when it began."""
    return code == AWAY


_HELD = """
SELECT a.id FROM invoice i
LEFT JOIN attempt a ON a.merchant_id = i.merchant_id AND a.invoice_id = i.id AND a.status = 'started'
WHERE i.lease_owner = %s AND i.lease_until > %s
"""


def stage_of(server: Server, ledger: Path, pid: int, now: object) -> Stage:
    """What a worker that was just killed has left behind, as the database and the gateway's ledger show it."""
    owner = f"{socket.gethostname()}-{pid}"
    try:
        held = [row[0] for row in server.look(_HELD, owner, now)]
        begun = {one for one in held if one}
        if begun:
            seen = {charge.key for charge in seen_charges(ledger)}
            return Stage.SENT if begun & seen else Stage.BEGUN
        if held:
            return Stage.CLAIMED
        if _holds(server, Work.SUBSCRIPTION, owner, now):
            return Stage.RENEWING
        return Stage.TELLING if _holds(server, Work.DELIVERY, owner, now) else Stage.BETWEEN
    except psycopg.Error:
        return Stage.UNSEEN


def _holds(server: Server, work: Work, owner: str, now: object) -> bool:
    statement = f'SELECT 1 FROM "{work.value}" WHERE lease_owner = %s AND lease_until > %s LIMIT 1'  # noqa: S608 - our own table
    return bool(server.look(statement, owner, now))

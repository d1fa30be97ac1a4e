"""Notices on their way out: claimed, rendered, composed, handed over to a mail server and written down, by one worker.

Each tells of a decline of its own, as text and HTML, on PostgreSQL. The mail server is a process of its own that takes
everything. Beside it, in the same run, the floor: the standard library sending one fixed mail, over and over, on one
connection. With a server that takes its time over each answer, several connections are measured beside one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.shared import crowd
from benchmarks.shared.databases import Databases, databases
from benchmarks.shared.results import Figure, figure, merge
from benchmarks.shared.worker import ShiftedClock, services
from purring.clock import elapsed_s
from purring.notices.smtp import SmtpSender, SmtpSettings, Tls
from purring.operations.notices import send_due
from purring.operations.renew import renew_due
from purring.operations.services import Services
from tests.world import FUNDS

BAR_PER_MINUTE = 10_000
CONNECTIONS = 8
SLOW_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one process found."""

    notices: int
    wall_s: float
    cpu_s: float
    mail: str

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of one core for each notice."""
        return self.cpu_s / self.notices * 1000

    @property
    def per_minute(self) -> float:
        """Notices a minute of wall time."""
        return self.notices / self.wall_s * 60


# ---------------------------------------------------------------------------------------------------------------------
# In processes of their own


async def sink(wait_s: float) -> None:
    """Take every mail, after a wait for each answer; print the port, and nothing else."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
            if wait_s:
                await asyncio.sleep(wait_s)
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 sink\r\n")
            if verb == b"QUIT":
                break
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2**20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def sending(url: str, at: str, port: int, connections: int) -> None:
    """Send until nothing is owed."""
    settings = SmtpSettings(host="127.0.0.1", port=port, tls=Tls.NONE, connections_max=connections)
    made = services(url, ShiftedClock(datetime.fromisoformat(at)), declined_percent=100)
    kept = _Kept(settings)
    made = replace(made, sender=kept, from_email="billing@purring.example")
    total, started, before_s = 0, time.perf_counter(), time.process_time()
    while count := send_due(made):
        total += count
    wall_s, cpu_s = time.perf_counter() - started, time.process_time() - before_s
    print(json.dumps({"notices": total, "wall_s": wall_s, "cpu_s": cpu_s, "mail": kept.mail.decode("ascii")}))


class _Kept(SmtpSender):
    """Keeps one mail as it was sent, for the floor to send."""

    def __init__(self, settings: SmtpSettings) -> None:
        self.mail = b""
        super().__init__(settings, elapsed_s, self._keep)

    def _keep(self, mail: bytes) -> bytes:
        self.mail = mail
        return mail


def floor(port: int, notices: int) -> None:
    """Send one fixed mail over and over, as the standard library does it."""
    mail = sys.stdin.buffer.read()
    started, before_s = time.perf_counter(), time.process_time()
    with smtplib.SMTP("127.0.0.1", port) as client:
        for _ in range(notices):
            client.sendmail("billing@purring.example", ["kari@example.com"], mail)
    wall_s, cpu_s = time.perf_counter() - started, time.process_time() - before_s
    print(json.dumps({"notices": notices, "wall_s": wall_s, "cpu_s": cpu_s, "mail": ""}))


# ---------------------------------------------------------------------------------------------------------------------
# Putting runs together


@contextmanager
def sunk(wait_s: float = 0.0) -> Iterator[int]:
    """A mail server that takes everything, until the end of the `with`."""
    process = subprocess.Popen(_own("sink", wait_s), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def owed(made: Databases, notices: int) -> tuple[str, str]:
    """A database in which so many customers are owed a notice of a decline, and when they are due."""
    url = made.migrated()
    with crowd.opened(url) as world:
        shop = world.shop()
        customer = shop.sold(FUNDS).customer_id
        _declined(world.services)
        at = world.clock.now().isoformat()
    with crowd.connect(url) as conn:
        crowd.copy(conn, customer, range(1, notices))
        conn.execute("ANALYZE")
    return url, at


def _declined(made: Services) -> None:
    """Renew and charge, without sending anything."""
    from purring.engine.pipeline import Pipeline  # noqa: PLC0415 - only this process charges

    renew_due(made)
    pipeline = Pipeline(made)
    while pipeline.turn():
        pass
    pipeline.close()


def run(name: str, *args: object, mail: str = "") -> Run:
    """Let a process of its own work."""
    done = subprocess.run(_own(name, *args), input=mail, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return Run(**json.loads(done.stdout))


def _own(name: str, *args: object) -> list[str]:
    return [sys.executable, __file__, "--child", name, *map(str, args)]


def measured(made: Databases, notices: int) -> list[Figure]:
    """Everything, beside its floor."""
    with sunk() as port:
        ours = run("sending", *owed(made, notices), port, 1)
        bare = run("floor", port, notices, mail=ours.mail)
    print(f"{len(ours.mail):,} bytes a mail; wall time {ours.wall_s:.1f} s, {ours.per_minute:,.0f} a minute")
    with sunk(SLOW_S) as port:
        few = notices // 10
        one, several = (run("sending", *owed(made, few), port, count) for count in (1, CONNECTIONS))
    slow = f"{SLOW_S * 1000:.0f} ms"
    return [
        figure(
            "notices a minute on one core, handed over",
            60_000 / ours.cpu_ms,
            "1/min",
            against="what we promise",
            against_value=BAR_PER_MINUTE,
        ),
        figure(
            "CPU per notice handed over",
            ours.cpu_ms,
            "ms",
            against="smtplib, one fixed mail",
            against_value=bare.cpu_ms,
        ),
        figure(
            f"notices a minute over {CONNECTIONS} connections, {slow} for each answer",
            several.per_minute,
            "1/min",
            against="over one connection",
            against_value=one.per_minute,
        ),
    ]


def main() -> None:
    """Measure, print, keep."""
    if sys.argv[1:2] == ["--child"]:
        name, *args = sys.argv[2:]
        _child(name, args)
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notices", type=int, default=10_000)
    parser.add_argument("--quick", action="store_true", help="500 notices, and nothing is written down")
    given = parser.parse_args()
    with databases("postgresql") as made:
        figures = measured(made, 500 if given.quick else given.notices)
    for one in figures:
        print(f"{one['figure']}: {one['value']:,.4g} {one['unit']}, {one['against']}: {one['against_value']:,.4g}")
    if not given.quick:
        merge(figures)


def _child(name: str, args: list[str]) -> None:
    match name:
        case "sink":
            asyncio.run(sink(float(args[0])))
        case "sending":
            sending(args[0], args[1], int(args[2]), int(args[3]))
        case _:
            floor(int(args[0]), int(args[1]))


if __name__ == "__main__":
    main()

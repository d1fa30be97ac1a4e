"""The wires between the workers and the world: two small proxies that cut, and that make wait.

To the database: a connection is cut when the server's "COMMIT" has come back on it and before the worker has seen that.
To the gateway: bytes take their time.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self

COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"
"""CommandComplete of a COMMIT. Source: PostgreSQL 17 manual, 53.7 Message Formats."""
CONFLICT = b"idempotency_conflict"
"""What the gateway answers when a key comes back with another body."""
CHUNK_BYTES = 65_536

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[], Awaitable[Streams]]


class Wires:
    """Both proxies in a thread of their own. `cuts_wanted`: so many COMMITs will be cut off; `cuts`: so many were.

    `conflicts`: so often the gateway said that a key had come with another body.
    """

    def __init__(self, socket: Path, gateway_port: int) -> None:
        """Make them ready."""
        self.cuts_wanted = self.cuts = self.conflicts = 0
        self.latency_s = 0.02
        self.database_port = self.gateway_port = 0
        self._socket, self._gateway = socket, gateway_port
        self._loop = asyncio.new_event_loop()
        self._listens = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._end = asyncio.Event()

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        self._listens.wait()
        return self

    def __exit__(self, *_: object) -> None:
        """Cut everything for good."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        def database(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Awaitable[None]:
            return _join((reader, writer), lambda: asyncio.open_unix_connection(self._socket), self._is_cut, _no_wait)

        def gateway(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Awaitable[None]:
            return _join(
                (reader, writer),
                lambda: asyncio.open_connection("127.0.0.1", self._gateway),
                self._note_conflict,
                lambda: self.latency_s,
            )

        servers = [await asyncio.start_server(one, "127.0.0.1", 0) for one in (database, gateway)]
        self.database_port, self.gateway_port = (one.sockets[0].getsockname()[1] for one in servers)
        self._listens.set()
        await self._end.wait()
        for one in servers:
            one.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _note_conflict(self, chunk: bytes) -> bool:
        self.conflicts += CONFLICT in chunk
        return False

    def _is_cut(self, chunk: bytes) -> bool:
        if not self.cuts_wanted or COMMITTED not in chunk:
            return False
        self.cuts_wanted -= 1
        self.cuts += 1
        return True


def _no_wait() -> float:
    return 0.0


async def _join(near: Streams, connect: Connect, is_cut: Callable[[bytes], bool], wait_s: Callable[[], float]) -> None:
    """Carry bytes both ways until one side ends or the wire is cut."""
    try:
        far = await connect()
    except OSError:
        near[1].close()
        return
    ways = [
        asyncio.ensure_future(_carry(near[0], far[1], lambda _: False, wait_s)),
        asyncio.ensure_future(_carry(far[0], near[1], is_cut, wait_s)),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        for writer in (near[1], far[1]):
            writer.close()


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    is_cut: Callable[[bytes], bool],
    wait_s: Callable[[], float],
) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK_BYTES):
            if is_cut(chunk):
                return
            if wait_s():
                await asyncio.sleep(wait_s())
            writer.write(chunk)
            await writer.drain()

"""The sandbox's approvals from a process of its own, after a latency, at little cost: `slow_gateway.py 0.3`."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

BACKLOG = 4_096
_numbers = count(1)


def _answer(body: bytes) -> bytes:
    asked = json.loads(body)
    charge = {
        "id": f"ch_{next(_numbers)}",
        "status": "approved",
        "captured_minor": asked["amount_minor"],
        "amount_minor": asked["amount_minor"],
        "currency": asked["currency"],
    }
    content = json.dumps(charge).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        len(content),
        content,
    )


async def _serve(latency_s: float) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
                body = await reader.readexactly(length)
                await asyncio.sleep(latency_s)
                writer.write(_answer(body))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=BACKLOG)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


@contextmanager
def slow_gateway(latency_s: float) -> Iterator[str]:
    """Run it until the end of the block; gives its address."""
    process = subprocess.Popen([sys.executable, str(Path(__file__)), str(latency_s)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None, "the output is piped"
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))

"""Which modules of the client are generated, for `make docs` and the test that keeps them up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial

from purring.web.api.app import describe_api
from tools.client import calls, values
from tools.client.schemas import Source, source_of

Write = Callable[[Source], str]

PACKAGE = "clients/python/src/purring_client"
WRITERS: Mapping[str, Write] = {
    "words.py": values.words,
    "models.py": values.models,
    "bodies.py": values.bodies,
    "events.py": values.events,
    "client.py": calls.waiting,
    "aio.py": calls.awaited,
}


@cache
def _current() -> Source:
    """The document as the code has it."""
    return source_of(describe_api().openapi())


def _written(write: Write) -> str:
    return write(_current())


MODULES: Mapping[str, Callable[[], str]] = {
    f"{PACKAGE}/{name}": partial(_written, write) for name, write in WRITERS.items()
}

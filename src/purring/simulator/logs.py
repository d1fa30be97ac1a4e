"""Hears what production code logs while a history is played, instead of writing it out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

Hear = Callable[[str, str], None]
"""Takes a line's name and its `error`, or ""."""


@contextmanager
def heard(hear: Hear) -> Iterator[None]:
    """Let every line be heard and none be written."""

    def listen(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        hear(str(line["event"]), str(line.get("error", "")))
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[listen])
    try:
        yield
    finally:
        structlog.configure(**before)

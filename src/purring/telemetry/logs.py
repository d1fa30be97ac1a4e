"""Log lines: a static event name and its figures, as text for people or as JSON for machines, on standard error."""

from __future__ import annotations

import logging
import sys
from io import TextIOBase
from typing import TextIO, cast

import structlog
from structlog.typing import FilteringBoundLogger, Processor

from purring.telemetry.redaction import redact

log: FilteringBoundLogger = structlog.get_logger("purring")
"""Where every module logs: `log.info("turn_done", charged=3)`. Nothing is written below the level that was set."""


class _StandardError(TextIOBase):
    """Standard error as it is when a line is written: whoever replaced it meanwhile may have closed the old one."""

    def write(self, text: str) -> int:
        """Write to the stream of this moment."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Let it be seen at once."""
        sys.stderr.flush()


def set_up_logs(*, level: str = "info", as_json: bool = False, stream: TextIO | None = None) -> None:
    """Say what is worth a line, how it is written and where it goes (standard error)."""
    structlog.configure(
        processors=[*_STEPS, *_rendering(as_json=as_json)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(stream or cast("TextIO", _StandardError())),
        cache_logger_on_first_use=False,
    )


_STEPS: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    redact,
]


def _rendering(*, as_json: bool) -> list[Processor]:
    if as_json:
        return [structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]


# Until the program says otherwise, as in tests and when Purring is used as a library, only warnings are written.
set_up_logs(level="warning")

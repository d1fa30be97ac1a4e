"""The one place where errors become a message on standard error and an exit code."""

from __future__ import annotations

import hashlib
import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from purring.cli.output import say
from purring.domain.errors import PurringError, exit_code
from purring.telemetry.redaction import clean_text

BUG_EXIT_CODE = 70
"""Source: EX_SOFTWARE in sysexits.h of 4.3BSD (1983)."""


class GuardedGroup(TyperGroup):
    """A group of commands whose errors are told and not thrown."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - Typer's own context, whose type it keeps to itself
        """Run the command; with --debug an unexpected error is thrown all the same."""
        try:
            return super().invoke(ctx)
        except PurringError as error:
            _tell(error)
            raise typer.Exit(exit_code(error)) from error
        except (typer.Exit, typer.Abort, TyperException, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            _tell_bug(error)
            raise typer.Exit(BUG_EXIT_CODE) from error


def _tell(error: PurringError) -> None:
    where = f" (field {error.field})" if error.field and error.field not in error.message else ""
    say(f"error: {clean_text(error.message)}{where}", style="red", stream=sys.stderr)
    for detail in error.details:
        say(f"  {clean_text(detail)}", stream=sys.stderr)


def _tell_bug(error: Exception) -> None:
    say(
        f"error: something went wrong inside Purring ({type(error).__name__}, fault {fault_id(error)}).\n"
        "  Run the command again as `purring --debug ...` to see where, and report it with that number.",
        style="red",
        stream=sys.stderr,
    )


def fault_id(error: BaseException) -> str:
    """A short name of the place that failed: the same fault has the same one, whatever data it met."""
    places = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    return hashlib.sha256(" ".join([type(error).__name__, *places]).encode()).hexdigest()[:8]

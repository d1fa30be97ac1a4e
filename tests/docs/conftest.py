"""Settings of nobody but the test's own, as for the tests of commands."""

from __future__ import annotations

from tests.cli.conftest import settings

__all__ = ["settings"]

"""In which seed each planted bug was caught the last time; the hunt begins there."""

from __future__ import annotations

from collections.abc import Mapping

KNOWN: Mapping[str, int] = {}

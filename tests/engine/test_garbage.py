"""A worker's process looks for garbage seldom."""

from __future__ import annotations

import subprocess
import sys

SHOW = """
import gc
from purring.engine.garbage import THRESHOLDS, collect_seldom
before = gc.get_freeze_count()
collect_seldom()
print(gc.isenabled(), gc.get_threshold() == THRESHOLDS, gc.get_freeze_count() > before)
"""


def test_a_worker_collects_seldom_but_collects() -> None:
    """What is loaded is left out, and the rest is still collected; in a process of its own, as a worker has."""
    done = subprocess.run([sys.executable, "-c", SHOW], capture_output=True, text=True, check=True)
    assert "True True True" == done.stdout.strip()

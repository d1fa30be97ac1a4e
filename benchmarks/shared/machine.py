"""What a run is measured on, and what this process costs: time of all its threads, memory now and at most."""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def cores() -> int:
    """How many cores we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def described(*packages: str) -> str:
    """The machine in one line: cores, load, versions."""
    names = " ".join(f"{name} {version(name)}" for name in ("psycopg", "sqlalchemy", *packages))
    load = os.getloadavg()[0]
    return (
        f"{cores()} cores, load {load:.1f}, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {names}"
    )


def rss_bytes(pid: int | None = None) -> int:
    """The memory that a process has in the machine's memory now."""
    return int(Path(f"/proc/{pid or 'self'}/statm").read_text().split()[1]) * _PAGE_BYTES


def rss_max_bytes() -> int:
    """The most that this process ever had in the machine's memory."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def cpu_s(pids: Iterable[int]) -> float:
    """Seconds of CPU that these processes have used, those that are gone left out."""
    return sum(_ticks(pid) for pid in pids) / _TICKS


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])

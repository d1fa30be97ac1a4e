"""`python -m benchmarks.rival on_celery`: hand charges over to a rival; standard input says which."""

from __future__ import annotations

import json
import sys
from importlib import import_module

if __name__ == "__main__":
    import_module(f"benchmarks.rival.{sys.argv[1]}").enqueue(*json.load(sys.stdin))

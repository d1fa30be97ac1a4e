"""Serves the whole web application, and a bare `select 1` beside it, and keeps how long each answer took in here.

`python -m benchmarks.shared.timed_server DATABASE_URL INSTANT`: the clock starts at the instant. What a request is
counted under stands in its header `X-Counted-As`; `/taken` gives all that was counted, in milliseconds, and forgets it.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from sqlalchemy import text

from benchmarks.shared.worker import ShiftedClock, services
from purring.engine.garbage import collect_seldom
from purring.operations.services import Services
from purring.web.app import make_app
from purring.web.serve import serve
from purring.web.settings import WebSettings

COUNTED_AS = b"x-counted-as"


class Timed:
    """Counts from the moment that an application is handed a request until it has given its answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.taken_ms: dict[str, list[float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = time.perf_counter()
        await self._app(scope, receive, send)
        taken_ms = (time.perf_counter() - started) * 1e3
        counted_as = next((value for name, value in scope["headers"] if name == COUNTED_AS), b"")
        if counted_as:
            self.taken_ms.setdefault(counted_as.decode(), []).append(taken_ms)


def application(opened: Services) -> Starlette:
    """Everything that is served."""

    def select_one(_request: Request) -> JSONResponse:
        with opened.store.reading() as conn:
            return JSONResponse({"one": conn.execute(text("SELECT 1")).scalar_one()})

    def taken(_request: Request) -> JSONResponse:
        found, timed.taken_ms = timed.taken_ms, {}
        return JSONResponse(found)

    whole = make_app(opened, WebSettings(base_url="http://127.0.0.1", requests_per_s=10_000))
    timed = Timed(Starlette(routes=[Route("/select_1", select_one), Mount("/", whole)]))
    return Starlette(routes=[Route("/taken", taken), Mount("/", timed)])


def main() -> None:
    """Serve until stopped; the address is printed first."""
    url, instant = sys.argv[1:]
    opened = services(url, ShiftedClock(datetime.fromisoformat(instant)), declined_percent=100)
    app = application(opened)
    collect_seldom()  # as `purring serve` does
    serve(app, WebSettings(base_url="http://127.0.0.1"), lambda where: print(where, flush=True))


if __name__ == "__main__":
    main()

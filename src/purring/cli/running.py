"""Programs that run until they are stopped: the worker, the web server, and the sandbox gateway."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from purring.app import make_logs, open_services, web_settings
from purring.cli.output import say
from purring.cli.processes import run_side_by_side
from purring.cli.runtime import stopped_by_signals
from purring.config import SANDBOX_PORT, load_settings
from purring.engine.garbage import collect_seldom
from purring.engine.loop import Turn, Worker, delivering_beside
from purring.engine.loop import work as work_until
from purring.engine.test_clocks import ClockWalker, walking_beside
from purring.gateways.sandbox.background import serve_in_background
from purring.telemetry.logs import log
from purring.web.app import make_app
from purring.web.serve import serve as serve_app

ALIVE_S = 1.0


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(work)
    app.command()(serve)
    app.command()(sandbox)


def work(
    *,
    once: Annotated[bool, typer.Option("--once", help="End when nothing is due any more.")] = False,
    processes: Annotated[
        int, typer.Option("--processes", min=1, max=64, help="How many workers to run: one for each core is plenty.")
    ] = 1,
) -> None:
    """Renew, charge, retry, send notices and events as they fall due, until stopped; what has begun ends first."""
    if processes > 1:
        with stopped_by_signals() as stop:
            raise typer.Exit(run_side_by_side(processes, ["work", *(["--once"] if once else [])], stop))
    settings = load_settings()
    make_logs(settings)
    with open_services(settings) as services, stopped_by_signals() as stop:
        worker = Worker(services, compares_first=True, delivers=once)
        log.info("worker_started", owner=services.owner, database=services.store.url)
        if once:
            ClockWalker(services).run_until_idle()
            _say_turn(worker.run_until_idle())
            worker.close()
        else:
            collect_seldom()
            poll = timedelta(seconds=settings.poll_s)
            with delivering_beside(services, stop, poll), walking_beside(services, stop, poll):
                work_until(worker, stop, poll)
        log.info("worker_stopped", owner=services.owner)


def _say_turn(turn: Turn) -> None:
    say(
        f"Subscriptions renewed: {turn.renewed}. Invoices worked: {turn.charged}. Gateway events: {turn.inbound}. "
        f"Notices: {turn.sent}. Events delivered: {turn.delivered}."
    )


def serve() -> None:
    """Answer HTTP until stopped: the API, the pages that notices link to, and what gateways tell us.

    PURRING_HOST and PURRING_PORT say where. What is under way is finished first. `purring work` does what falls due.
    """
    settings = load_settings()
    make_logs(settings)
    web = web_settings(settings)
    with open_services(settings) as services:
        app = make_app(services, web)
        collect_seldom()
        serve_app(app, web, lambda url: say(f"Purring listens on {url}; Ctrl-C ends it."))


def sandbox(
    *,
    ledger: Annotated[Path, typer.Option(help="The file that keeps everything; made if missing.")] = Path("sandbox.db"),
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on; 0 is any free one.")] = SANDBOX_PORT,
) -> None:
    """Run the sandbox gateway: a payment provider to try things with, which moves no money."""
    arguments = ["--host", host, "--port", str(port)]
    with stopped_by_signals() as stop, serve_in_background(ledger, arguments=arguments) as running:
        say(f"The sandbox gateway listens on {running.url}; Ctrl-C ends it.")
        while not stop.wait(ALIVE_S) and not running.has_ended():
            pass

"""The commands do what they say, from an empty database to a paid invoice, against a real sandbox gateway."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from purring.cli.processes import run_side_by_side
from purring.clock import SystemClock
from purring.gateways.sandbox.background import serve_in_background
from tests.cli.conftest import Purring, run

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 60
ALL_HOLD = re.compile(r"invariants: (\d+)/\1 hold")


def _handover(directory: Path) -> Path:
    """The example, as if its invoices were of today."""
    today = SystemClock().now().date().isoformat()
    path = directory / "handover.jsonl"
    path.write_text((ROOT / "examples" / "handover.jsonl").read_text().replace("2026-11-20", today))
    return path


def test_the_how_to_works_as_it_is_written(purring: Purring, settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Doctor, import twice, look, retry, pay, read the notice: each step leaves what the next one shows."""
    with serve_in_background(tmp_path / "sandbox.db") as sandbox:
        settings.setenv("PURRING_SANDBOX_URL", sandbox.url)
        doctor = purring("doctor")
        assert (0, []) == (doctor.exit_code, [line for line in doctor.out.splitlines() if not line.startswith("ok ")])
        path = _handover(tmp_path)
        assert "6 rows would be." in purring("import", path, "--dry-run").out
        assert "6 rows were imported." in purring("import", path).out
        assert "Nothing new: the database is as it was." in purring("import", path).out
        assert "Policy steady v1: retry 2 of 6" in purring("show", "invoice", "F-8801").out
        retried = purring("recovery", "retry", "F-8801").out
        assert "operator: declined, insufficient funds (retry later)" in retried
        assert "why: An operator retried now. [operator.retry_now]" in retried
        assert "to do        Nothing to do as long as a retry is planned." in retried
        assert 0 == purring("work", "--once").exit_code
    shown = purring("show", "invoice", "F-8801").out
    assert "to post@nordlys.example in nb, sent" in shown
    notice = purring("notices", "show", next(word for word in shown.split() if word.startswith("ntc_")))
    assert "To: Ingrid Solberg <post@nordlys.example>" in notice.out
    assert "249,95" in notice.out


def test_an_operator_steps_in(purring: Purring, tmp_path: Path) -> None:
    """Pause, resume, skip, a payment made elsewhere, a write-off: the story tells each."""
    assert 0 == purring("import", _handover(tmp_path)).exit_code
    assert "until somebody resumes it" in purring("recovery", "pause", "F-8801").out
    assert 75 == purring("recovery", "retry", "F-8801").exit_code
    assert "recovery resumed" in purring("recovery", "resume", "F-8801").out
    assert "recovery skipped" in purring("recovery", "skip", "F-8801").out
    paid = purring("recovery", "paid", "F-8801", "--amount", "249.95 NOK", "--reference", "bank 17")
    assert "Invoice F-8801: paid, 0.00 NOK owed" in paid.out
    assert "invoice payment recorded: amount 249.95 NOK, reference bank 17" in paid.out
    assert "uncollectible" in purring("recovery", "write-off", "F-8802").out
    assert ALL_HOLD.search(purring("doctor").out)


def test_a_customer_is_shown_with_everything_that_is_theirs(purring: Purring) -> None:
    """People, methods, subscriptions, invoices, and what happened; by our id as by the merchant's own."""
    for kind in ("customers", "people", "methods", "subscriptions"):
        assert 0 == purring("import", ROOT / "examples" / f"{kind}.csv").exit_code
    shown = purring("show", "customer", "C-1001").out
    parts = ("Kari Nordmann  kari@fjordkraft.example", "visa 0097", "S-2001  active, 998.00 NOK every 1 month")
    assert [] == [part for part in parts if part not in shown]
    ours = next(word for word in shown.split() if word.startswith("cus_"))
    assert shown == purring("show", "customer", ours).out


def test_an_invoice_is_found_by_every_name_it_has(purring: Purring, tmp_path: Path) -> None:
    """Its id, its number, the merchant's own id, its recovery's id."""
    path = _handover(tmp_path)
    path.write_text(path.read_text().replace('"number": "F-8801"', '"number": "F-8801", "external_id": "I-1"'))
    assert 0 == purring("import", path).exit_code
    shown = purring("show", "invoice", "F-8801").out
    names = [word.rstrip(",") for word in shown.split() if word.startswith(("inv_", "rec_"))]
    told = {purring("show", kind, name).out for kind in ("invoice", "recovery") for name in (*names, "I-1")}
    assert {shown} == told


def test_doctor_names_the_gateway_that_does_not_answer(purring: Purring) -> None:
    """Exit code 1, and what could be checked is still checked."""
    said = purring("doctor")
    assert 1 == said.exit_code
    assert "FAILS  gateway sandbox: " in said.out
    assert ALL_HOLD.search(said.out)


def test_doctor_looks_at_the_payment_page_as_visitors_get_it(purring: Purring, settings: pytest.MonkeyPatch) -> None:
    """Where nobody serves it, that is said with the remedy, and nothing else is looked at."""
    settings.setenv("PURRING_BASE_URL", "http://127.0.0.1:1")
    said = purring("doctor", "--payment-page")
    assert (1, 2) == (said.exit_code, len(said.out.splitlines()))
    assert "start `purring serve`" in said.out


def test_doctor_needs_a_key_that_the_gateway_takes(
    purring: Purring, settings: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A refused key is not the same as an answer."""
    with serve_in_background(tmp_path / "sandbox.db") as sandbox:
        settings.setenv("PURRING_SANDBOX_URL", sandbox.url)
        settings.setenv("PURRING_SANDBOX_KEY", "sk_live_51Hunter2")
        said = purring("doctor")
    assert (1, True) == (said.exit_code, "FAILS  gateway sandbox" in said.out)
    assert "Hunter2" not in said.out + said.err


def test_version_and_help_need_no_settings(settings: pytest.MonkeyPatch) -> None:
    """They work where nothing else would, and every command has a sentence of help."""
    settings.setenv("PURRING_DATABASE_URL", "mysql://nowhere")
    assert (0, True) == (run("version").exit_code, run("version").out[0].isdigit())
    words = run("--help").out
    commands = ["work", "demo", "scenario", "import", "show", "notices", "db", "doctor", "merchant", "sandbox", "docs"]
    assert [] == [command for command in commands if command not in words]


def test_docs_writes_the_reference_of_this_version(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The pages are those of the repository, without the line about where they come from."""
    assert 0 == run("docs", tmp_path / "pages").exit_code
    for name in ("cli", "settings", "import"):
        title, generated, rest = (ROOT / "docs" / "reference" / f"{name}.md").read_text().split("\n\n", 2)
        assert "make docs" in generated
        assert f"{title}\n\n{rest}" == (tmp_path / "pages" / f"{name}.md").read_text()


def test_a_scenario_is_played_and_traced(settings: pytest.MonkeyPatch) -> None:
    """A story that comes out as it says exits with 0; its trace says what happened."""
    story = ROOT / "scenarios" / "handed-over.yaml"
    said = run("scenario", story)
    assert (0, "ok") == (said.exit_code, said.out[:2])
    assert len(run("scenario", story, "--trace").out.splitlines()) > len(said.out.splitlines())


@contextmanager
def _started(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A command as a process of its own."""
    environment = {**os.environ, "PURRING_LOG_LEVEL": "info", "PURRING_LOG_FORMAT": "json"}
    command = [sys.executable, "-m", "purring", *words]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_worker_that_is_stopped_says_goodbye(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It drains and exits with 0, having logged that it began and that it ended."""
    with _started("work") as process:
        assert process.stderr is not None
        assert "worker_started" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=DEADLINE_S)
    assert 0 == process.returncode
    assert "worker_stopped" in err.splitlines()[-1]
    assert (tmp_path / "purring.db").exists()


def test_several_workers_are_stopped_together(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each says goodbye when the command is told to stop."""
    assert 0 == run("db", "upgrade").exit_code
    with _started("work", "--processes", "2") as process:
        assert process.stderr is not None
        begun = 0
        while begun < 2:
            begun += "worker_started" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=DEADLINE_S)
    assert (0, 2) == (process.returncode, err.count("worker_stopped"))


def test_processes_side_by_side_end_as_the_worst_of_them() -> None:
    """The command ends when all have ended, and fails as soon as one does."""
    assert 0 == run_side_by_side(1, ["--help"], Event())
    assert 0 != run_side_by_side(1, ["no-such-command"], Event())


def test_the_sandbox_runs_until_it_is_stopped(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It says where it listens, even with nothing on its standard input, and ends when it is told to."""
    with _started("sandbox", "--port", "0", "--ledger", str(tmp_path / "sandbox.db")) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        settings.setenv("PURRING_SANDBOX_URL", line.split("listens on ")[1].partition(";")[0])
        assert "ok     gateway sandbox: answers" in run("doctor").out
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=DEADLINE_S)
    assert 0 == process.returncode

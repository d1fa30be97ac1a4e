"""The sandbox as a process: it says where it is, really keeps silent or hangs up, and ends with its parent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from purring.domain.attempt import Approved, Unknown
from purring.domain.errors import ConfigError, GatewayRefused, GatewayUnavailable
from purring.gateways.base import Gateway
from purring.gateways.http import HttpSettings
from purring.gateways.registry import FACTORIES, GatewaySettings, open_gateway
from purring.gateways.sandbox.background import serve_in_background
from purring.gateways.sandbox.gateway import SandboxGateway
from purring.gateways.sandbox.local import LocalSandbox, connect
from purring.gateways.sandbox.remote import SandboxRemote
from purring.gateways.sandbox.settings import OutageKind
from tests.gateways.benches import START, Server, charge


def test_a_stalled_answer_runs_into_our_time_out(tmp_path: Path) -> None:
    """A server that really keeps silent is given up after our read time-out, and the truth is found afterwards."""
    with (
        serve_in_background(tmp_path / "sandbox.db", arguments=["--stall-s", "60"]) as running,
        connect(running.url, read_timeout_s=0.1) as client,
    ):
        outcome = SandboxGateway(client).charge(charge("att_1", "tok_visa_timeout_after"))
        with connect(running.url) as patient:
            found = SandboxGateway(patient).find("att_1")
    assert isinstance(outcome, Unknown)
    assert "ReadTimeout" in outcome.detail
    assert isinstance(found, Approved)


@pytest.mark.parametrize("kind", [OutageKind.TIMEOUT, OutageKind.CUT])
def test_a_lost_answer_is_a_connection_that_is_cut(server: Server, kind: OutageKind) -> None:
    """Without a stall the server hangs up at once, so that nobody waits; it is just as unknown."""
    remote = SandboxRemote(server.client)
    remote.outage(kind)
    outcome = SandboxGateway(server.client).find("att_0")
    remote.end_outage()
    assert isinstance(outcome, Unknown)


def test_the_clock_is_only_moved_where_it_is_virtual(server: Server, local: LocalSandbox) -> None:
    """A sandbox on somebody else's time refuses to be told the time, and so does one that gets a time without zone."""
    with pytest.raises(GatewayRefused, match="clock_is_real"):
        local.remote.set_clock(START)
    answered = local.api.handle(
        "POST", "/sandbox/clock", {"authorization": "Bearer sk_test_1"}, b'{"now":"2027-03-01"}'
    )
    assert 400 == answered.status


def test_a_busy_port_is_told(server: Server, tmp_path: Path) -> None:
    """A server that can't start says why and ends; whoever started it in the background hears of it."""
    port = server.running.url.rpartition(":")[2]
    with pytest.raises(GatewayUnavailable):
        serve_in_background(tmp_path / "sandbox.db", arguments=["--port", port])


def test_a_ledger_that_is_none_is_told(tmp_path: Path) -> None:
    """A file that is no ledger is left alone, with a message and an exit code."""
    ledger_path = tmp_path / "notes.txt"
    ledger_path.write_text("Not a database. " * 100)
    command = [sys.executable, "-m", "purring.gateways.sandbox", "--ledger", str(ledger_path)]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    assert 69 == ended.returncode
    assert "--ledger" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Not a database. " * 100 == ledger_path.read_text()


def test_the_server_ends_with_its_parent(tmp_path: Path) -> None:
    """When the input that its parent holds open ends, so does the server, without fuss."""
    command = [sys.executable, "-m", "purring.gateways.sandbox", "--ledger", str(tmp_path / "sandbox.db")]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)
    assert (0, "") == (ended.returncode, ended.stderr)
    assert ended.stdout.startswith("The sandbox gateway listens on http://127.0.0.1:")


def _settings(name: str) -> GatewaySettings:
    http = HttpSettings(base_url="http://sandbox.invalid", api_key="sk_test_1")
    return GatewaySettings(name=name, http=http, event_secret="ours")


def test_the_registry_opens_every_gateway_it_lists(local: LocalSandbox) -> None:
    """Each name leads to a gateway of that name that works."""
    for name in FACTORIES:
        gateway: Gateway = open_gateway(_settings(name), local.transport)
        assert name == gateway.name
        assert isinstance(gateway.charge(charge("att_1")), Approved)
        gateway.close()


def test_the_registry_names_the_gateways_it_has() -> None:
    """A gateway that doesn't exist is a wrong setting, with the right ones in the message."""
    with pytest.raises(ConfigError, match="sandbox"):
        open_gateway(_settings("sandbax"))
    assert "sk_test_1" not in repr(_settings("sandbox"))
    assert "ours" not in repr(_settings("sandbox"))

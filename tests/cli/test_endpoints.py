"""`purring endpoint` and `purring listen` on the command line, with a receiver on this machine."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from purring.app import open_services
from purring.clock import SystemClock
from purring.config import load_settings
from purring.operations.deliver import Courier
from purring.webhooks.sign import verify
from tests.cli.conftest import Purring

WAIT_S = 30


@dataclass
class Receiver:
    """A program of a developer's own: it keeps what it gets, and answers with `status`."""

    url: str
    status: int = 200
    got: Queue[tuple[dict[str, str], bytes]] = field(default_factory=Queue)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """The program, listening on loopback."""
    here = Receiver(url="")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            here.got.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(here.status)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:  # pragma: no branch - says nothing
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        here.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield here
        server.shutdown()
        thread.join()


def deliver() -> None:
    """What the worker does with events, once."""
    with open_services(load_settings()) as services:
        courier = Courier(services)
        while courier.turn():
            pass
        courier.close()


def something_happens(purring: Purring, tmp_path: Path, days: int) -> None:
    """Change the policy, which makes an event."""
    (tmp_path / "policy.json").write_text(json.dumps({"window_days": days}))
    changed = purring("merchant", "policy", tmp_path / "policy.json")
    assert 0 == changed.exit_code, changed.err


def the_secret(out: str) -> str:
    """The secret that a command shows once."""
    found = re.search(r"whsec_\S+", out)
    assert found
    return found[0]


def test_an_endpoint_from_its_first_event_to_its_replay(
    purring: Purring, settings: pytest.MonkeyPatch, receiver: Receiver, tmp_path: Path
) -> None:
    """Added, told, rotated, failing, in the log, disabled, enabled, sent again."""
    settings.setenv("PURRING_ENDPOINTS_ON_LOOPBACK", "true")
    added = purring("endpoint", "add", receiver.url, "--only", "policy.*")
    endpoint = re.search(r"ep_\w+", added.out)
    assert endpoint, added.err
    something_happens(purring, tmp_path, 20)
    deliver()
    headers, body = receiver.got.get(timeout=WAIT_S)
    verify(the_secret(added.out), headers, body, SystemClock().now())
    assert "policy.changed" == json.loads(body)["type"]
    rotated = purring("endpoint", "rotate", endpoint[0], "--overlap-hours", "1")
    assert "The old one signs too until" in rotated.out
    receiver.status = 500
    something_happens(purring, tmp_path, 21)
    deliver()
    headers, body = receiver.got.get(timeout=WAIT_S)
    for secret in (added.out, rotated.out):
        verify(the_secret(secret), headers, body, SystemClock().now())
    log = purring("endpoint", "log", endpoint[0]).out
    assert "answered 500" in log
    assert "delivered" in log
    assert "http://127.0.0.1" in purring("endpoint", "list").out
    assert 0 == purring("endpoint", "disable", endpoint[0]).exit_code
    assert 75 == purring("endpoint", "replay", endpoint[0], "--dead").exit_code
    assert 0 == purring("endpoint", "enable", endpoint[0]).exit_code
    assert "sent again: 1" in purring("endpoint", "replay", endpoint[0], "--dead").out
    assert "sent again: 1" in purring("endpoint", "replay", endpoint[0], "--since", "2020-01-01").out
    event = str(json.loads(body)["id"])
    assert "sent again: 1" in purring("endpoint", "replay", endpoint[0], "--event", event).out
    assert 65 == purring("endpoint", "replay", endpoint[0]).exit_code


def test_an_endpoint_on_this_machine_must_be_allowed(purring: Purring) -> None:
    """Off by default; so is anything but https."""
    assert 65 == purring("endpoint", "add", "http://127.0.0.1/x").exit_code
    assert 65 == purring("endpoint", "add", "http://shop.example/x").exit_code
    assert "No endpoints" in purring("endpoint", "list").out


def test_the_key_is_changed_without_losing_a_secret(purring: Purring, settings: pytest.MonkeyPatch) -> None:
    """New key first, seal anew, drop the old one."""
    old, new = "old-key-that-is-long-enough-for-all-of-us", "new-key-that-is-long-enough-for-all-of-us"
    settings.setenv("PURRING_SECRET_KEY", old)
    assert 0 == purring("endpoint", "add", "https://shop.example/x").exit_code
    settings.setenv("PURRING_SECRET_KEY", new)
    assert 78 == purring("endpoint", "reseal").exit_code
    settings.setenv("PURRING_OLD_SECRET_KEYS", old)
    assert "sealed anew: 1." in purring("endpoint", "reseal").out
    settings.delenv("PURRING_OLD_SECRET_KEYS")
    assert "sealed anew: 0." in purring("endpoint", "reseal").out


def test_a_developer_listens(purring: Purring, receiver: Receiver, tmp_path: Path) -> None:
    """Events are printed as they are made and sent on, signed with the secret that was printed; Ctrl-C ends it."""
    command = [sys.executable, "-u", "-m", "purring", "listen", "--forward", receiver.url, "--only", "policy.*"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as listener:
        assert listener.stdout
        secret = the_secret(listener.stdout.readline())
        assert "Listening" in listener.stdout.readline()
        something_happens(purring, tmp_path, 20)
        headers, body = receiver.got.get(timeout=WAIT_S)
        verify(secret, headers, body, SystemClock().now())
        assert "policy.changed" in listener.stdout.readline()
        listener.send_signal(signal.SIGINT)
        _, err = listener.communicate(timeout=WAIT_S)
    assert (0, "") == (listener.returncode, err)


def test_listening_forwards_nowhere_else(purring: Purring) -> None:
    """Only to this machine."""
    refused = purring("listen", "--forward", "https://shop.example/x")
    assert (65, True) == (refused.exit_code, "this machine" in refused.err)

"""Signatures are those of Standard Webhooks: its own libraries accept ours, and refuse what was altered."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from purring.clock import SystemClock
from purring.domain.errors import BadSignature, InvalidInput
from purring.webhooks.sign import TOLERANCE, headers, secret_of, verify

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
ID = "evt_01k6q3v8f0m2c4e6g8j0n2q4s6"
ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / ".cache" / "webhooks-node"
NODES = [path for path in [shutil.which("node")] if path]

secrets = st.binary(min_size=24, max_size=64).map(secret_of)
bodies = st.dictionaries(st.text(), st.text()).map(lambda body: json.dumps(body, ensure_ascii=False).encode())


@given(secrets, secrets, bodies)
def test_the_official_python_library_accepts_what_we_sign(secret: str, other: str, body: bytes) -> None:
    """Under either of two secrets, as during a rotation."""
    signed = headers(ID, SystemClock().now(), body, [other, secret])
    for one in (secret, other):
        assert json.loads(body) == standardwebhooks.Webhook(one).verify(body, signed)


@given(secrets, bodies)
def test_we_accept_what_the_official_python_library_signs(secret: str, body: bytes) -> None:
    """The same the other way round."""
    signature = standardwebhooks.Webhook(secret).sign(ID, NOW, body.decode())
    seconds = str(int(NOW.timestamp()))
    verify(secret, {"webhook-id": ID, "webhook-timestamp": seconds, "webhook-signature": signature}, body, NOW)


@pytest.mark.parametrize("node_on_this_machine", NODES)
def test_the_official_npm_library_accepts_what_we_sign(node_on_this_machine: str) -> None:
    """And refuses what was altered. Without a Node on the machine pytest says that there is none to try it with."""
    assert (LIBRARY / "node_modules").exists(), "the npm library isn't installed; run tools/setup"
    secret, body = secret_of(bytes(range(32))), '{"blåbær":1}'.encode()
    signed = headers(ID, SystemClock().now(), body, [secret_of(bytes(24)), secret])
    asked = json.dumps({"secret": secret, "headers": signed, "body": base64.b64encode(body).decode()})
    program: list[str | Path] = [node_on_this_machine, ROOT / "tests" / "webhooks" / "node" / "verify.mjs"]
    said = subprocess.run(program, cwd=LIBRARY, input=asked, capture_output=True, text=True, check=True)
    assert {"accepted": {"blåbær": 1}, "altered": "No matching signature found"} == json.loads(said.stdout)


@given(secrets, bodies, st.integers(min_value=0))
def test_anything_altered_is_refused(secret: str, body: bytes, place: int) -> None:
    """The body, the id, the time, the secret or the signature."""
    signed = headers(ID, NOW, body, [secret])
    verify(secret, signed, body, NOW)
    at = place % len(body)
    altered = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
    later = {**signed, "webhook-timestamp": str(int(NOW.timestamp()) + 1)}
    for given_headers, given_body, given_secret in (
        (signed, altered, secret),
        ({**signed, "webhook-id": ID[:-1] + "0"}, body, secret),
        (later, body, secret),
        (signed, body, secret_of(b"another secret of the same kind!")),
        ({**signed, "webhook-signature": "v1,"}, body, secret),
    ):
        with pytest.raises(BadSignature):
            verify(given_secret, given_headers, given_body, NOW)


@pytest.mark.parametrize("off", [TOLERANCE + timedelta(seconds=1), -TOLERANCE - timedelta(seconds=1)])
def test_a_message_of_another_time_is_refused(off: timedelta) -> None:
    """More than five minutes old or ahead; five minutes are accepted."""
    secret = secret_of(bytes(32))
    signed = headers(ID, NOW, b"{}", [secret])
    verify(secret, signed, b"{}", NOW + TOLERANCE)
    with pytest.raises(BadSignature, match="five minutes"):
        verify(secret, signed, b"{}", NOW + off)


def test_what_can_not_be_a_message_is_refused() -> None:
    """A header that is missing, and a secret that is none."""
    signed = headers(ID, NOW, b"{}", [secret_of(bytes(32))])
    with pytest.raises(BadSignature, match="header"):
        verify(secret_of(bytes(32)), {**signed, "webhook-timestamp": "yesterday"}, b"{}", NOW)
    for secret in ("", "whsec_", "whsec_!", "whsec_c2hvcnQ=", secret_of(bytes(32)).removeprefix("whsec_")):
        with pytest.raises(InvalidInput, match="whsec_"):
            verify(secret, signed, b"{}", NOW)

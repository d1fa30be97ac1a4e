"""What is logged holds no card number and no secret, in either form."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.telemetry.logs import log, set_up_logs
from purring.telemetry.redaction import HIDDEN, clean_text, redact

CARD = "4242 4242 4242 4242"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where log lines go for the length of a test."""
    stream = io.StringIO()
    set_up_logs(level="info", as_json=True, stream=stream)
    yield stream
    set_up_logs(level="warning")


def test_a_line_is_json_with_its_name_and_figures(stream: io.StringIO) -> None:
    """Machines read the event's name, the level, the time and every figure."""
    log.info("turn_done", charged=3, method_id=None)
    line = json.loads(stream.getvalue())
    assert ("turn_done", "info", 3, None) == (line["event"], line["level"], line["charged"], line["method_id"])
    assert line["timestamp"].endswith("Z")


def test_what_is_below_the_level_is_not_written(stream: io.StringIO) -> None:
    """Debugging is off unless asked for."""
    log.debug("detail", n=1)
    assert "" == stream.getvalue()


def test_an_exception_is_cleaned_too(stream: io.StringIO) -> None:
    """A trace may quote what must not be written."""
    error = ValueError(f"can't charge {CARD} at https://me:hunter2@gateway.example with sk_test_abc")
    log.error("charge_failed", exc_info=error)
    text = stream.getvalue()
    assert "ValueError" in text
    assert [] == [secret for secret in ("4242", "hunter2", "sk_test_abc") if secret in text]


@pytest.mark.parametrize(
    "name", ["token", "smtp_password", "api_key", "Authorization", "event_secret", "cvc", "cookie"]
)
def test_secrets_are_hidden_by_their_names(name: str) -> None:
    """Whatever stands under such a name is not written, however deep."""
    assert {name: HIDDEN} == redact(None, "info", {name: "abc"})
    assert {"request": {name: HIDDEN}} == redact(None, "info", {"request": {name: "abc"}})


def test_numbers_and_odd_values_are_cleaned_as_their_text() -> None:
    """A card number may come as a number, as bytes, or within a list."""
    line = {"a": 4242424242424242, "b": [CARD, 5], "c": CARD.encode(), "d": {"e": {CARD: 1}}, "ok": True, "f": 1.5}
    cleaned = redact(None, "info", dict(line))
    assert "4242" not in repr(cleaned)
    assert (True, 1.5, 5) == (cleaned["ok"], cleaned["f"], cleaned["b"][1])


@given(
    st.text(max_size=30), st.sampled_from([CARD, "sk_live_51Hx", "whsec_abc", "Bearer abc.def"]), st.text(max_size=30)
)
def test_cleaning_finds_secrets_between_other_words(before: str, secret: str, after: str) -> None:
    """Between any words, set off by spaces, a secret is taken out."""
    assert secret not in clean_text(f"{before} {secret} {after}")

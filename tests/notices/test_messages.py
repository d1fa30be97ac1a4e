"""What a message may hold, and the senders that need no server."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.errors import InvalidInput
from purring.notices.send import ConsoleSender, Delivered, NullSender, composed, is_address
from tests.notices.mails import MESSAGE, NOTICE, changed

# ---------------------------------------------------------------------------------------------------------------------
# Forgery


@pytest.mark.parametrize("name", ["from_name", "to_name", "subject", "delivery_id", "thread", "locale"])
@pytest.mark.parametrize("breaking", ["\n", "\r\n", "\r", "\x00", "\u2028", "\x85", "\x0b", "\ud800"])
def test_a_header_stays_one_line(name: str, breaking: str) -> None:
    """Nothing that could start another header gets in; the error names the field."""
    with pytest.raises(InvalidInput) as caught:
        changed(**{name: f"a{breaking}Bcc: thief@x.example"})
    assert name == caught.value.field


@pytest.mark.parametrize("name", ["from_email", "to_email", "reply_to"])
@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\nBcc: c@d.example",
        "a@b.example, c@d.example",
        "<a@b.example>",
        "a b@c.example",
        "a@",
        "@b",
        "a",
        "ab",
    ],
)
def test_an_address_is_one_address(name: str, address: str) -> None:
    """No second recipient hides in it."""
    with pytest.raises(InvalidInput) as caught:
        changed(**{name: address})
    assert name == caught.value.field


def test_our_own_addresses_work_everywhere() -> None:
    """A merchant's address outside ASCII would lose mails at every old server."""
    for name in ("from_email", "reply_to"):
        with pytest.raises(InvalidInput):
            changed(**{name: "fåktura@nordlys.example"})


def test_a_body_is_text() -> None:
    """What no charset can write is refused before a server sees half of it."""
    with pytest.raises(InvalidInput, match="body"):
        changed(body="half a character: \ud800")


@given(st.text(), st.text(), st.text(), st.text(max_size=80))
def test_whatever_is_accepted_adds_no_header(from_name: str, to_name: str, subject: str, to_email: str) -> None:
    """A message either can't be made, or has the headers that we gave it, one each."""
    try:
        message = changed(from_name=from_name, to_name=to_name, subject=subject, to_email=to_email)
    except InvalidInput:
        return
    expected = {name.lower() for name in composed(MESSAGE)}
    head = composed(message).as_bytes().split(b"\r\n\r\n")[0]
    lines = [line for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert sorted(expected) == sorted(line.split(b":")[0].decode().lower() for line in lines)


@pytest.mark.parametrize(
    "address", ["a@b", "first.last+tag@sub.example.com", "kåre@bedrift.example", "o'neil@x-y.example"]
)
def test_an_ordinary_address_is_one(address: str) -> None:
    """What people really have is accepted."""
    assert is_address(address)


def test_an_endless_address_is_none() -> None:
    """Source: RFC 5321 §4.5.3.1.3: 254 characters and two angle brackets."""
    assert not is_address("a@" + "b." * 200 + "example")


# ---------------------------------------------------------------------------------------------------------------------
# The other senders


def test_the_null_sender_counts() -> None:
    """It says yes to everything."""
    null = NullSender()
    assert [Delivered(), Delivered()] == [null.send(MESSAGE), null.send(MESSAGE)]
    null.close()
    assert null.sent == 2


def test_the_console_sender_shows_the_notice() -> None:
    """Who gets it, what it is about, and the whole text."""
    stream = StringIO()
    console = ConsoleSender(stream)
    assert Delivered() == console.send(MESSAGE)
    console.close()
    shown = stream.getvalue()
    assert shown.startswith("To: Kåre Ødegård <kare@kunde.example>\n")
    assert f"Subject: {NOTICE.subject}\n" in shown
    assert NOTICE.body_text in shown

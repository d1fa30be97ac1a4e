"""What a message may hold, and the senders that need no server."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.errors import InvalidInput
from purring.notices.compose import composed
from purring.notices.images import InlineImage
from purring.notices.message import Message, is_address
from purring.notices.send import ConsoleSender, Deferred, Delivered, FileSender, NullSender
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


@pytest.mark.parametrize("name", ["from_email", "to_email", "reply_to", "envelope_from"])
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
    for name in ("from_email", "reply_to", "envelope_from"):
        with pytest.raises(InvalidInput):
            changed(**{name: "fåktura@nordlys.example"})


def test_a_body_is_text() -> None:
    """What no charset can write is refused before a server sees half of it."""
    with pytest.raises(InvalidInput, match="body"):
        changed(body="half a character: \ud800")


def _header_names(mail: bytes) -> list[str]:
    """The names of a mail's headers, as many as there are."""
    head = mail.split(b"\r\n\r\n")[0]
    lines = [line for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    return sorted(line.split(b":")[0].decode().lower() for line in lines)


@given(st.text(), st.text(), st.text(), st.text(max_size=80))
def test_whatever_is_accepted_adds_no_header(from_name: str, to_name: str, subject: str, to_email: str) -> None:
    """A message either can't be made, or has the headers that we gave it, one each."""
    try:
        message = changed(from_name=from_name, to_name=to_name, subject=subject, to_email=to_email)
    except InvalidInput:
        return
    assert _header_names(composed(MESSAGE)) == _header_names(composed(message))


@given(st.text(), st.text(), st.text())
def test_whatever_is_accepted_is_read_as_it_was_written(to_name: str, subject: str, body: str) -> None:
    """The name, the subject and both bodies survive, but for white space that no header keeps."""
    try:
        message = changed(to_name=to_name, subject=subject, body=body, body_html=f"<p>{body}</p>")
    except InvalidInput:
        return
    mail = _read(message)
    text, html = mail.iter_parts()
    lines = re.sub(r"\r\n|\r|\n", "\n", body)
    assert [lines, f"<p>{lines}</p>"] == [_unix(part.get_content()) for part in (text, html)]
    assert "".join(subject.split()) == "".join(str(mail["Subject"]).split())
    assert message.to_email == mail["To"].addresses[0].addr_spec
    assert max(map(len, composed(message).split(b"\r\n"))) <= 78


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
# Text, HTML and pictures

PIXEL = InlineImage(content_id="logo", media_type="image/png", file_name="logo.png", data=b"\x89PNG made up")
HTML = '<!doctype html><html lang="nb"><p>Hei, Kåre</p><img src="cid:logo" alt="Nordlys"></html>\n'


def _read(message: Message) -> EmailMessage:
    """The mail as a mail program reads it."""
    return message_from_bytes(composed(message), policy=SMTP, _class=EmailMessage)


def test_the_text_comes_first_and_the_picture_travels_with_the_html() -> None:
    """Whoever shows the last part it understands shows HTML; the others find the whole text."""
    mail = _read(changed(body_html=HTML, images=(PIXEL,)))
    text, related = mail.iter_parts()
    html, image = related.iter_parts()
    assert "multipart/alternative" == mail.get_content_type()
    assert ["text/plain", "multipart/related"] == [text.get_content_type(), related.get_content_type()]
    assert ["text/html", "image/png"] == [html.get_content_type(), image.get_content_type()]
    assert (NOTICE.body_text, HTML) == (_unix(text.get_content()), _unix(html.get_content()))
    assert (PIXEL.data, "<logo>", "inline") == (
        image.get_content(),
        image["Content-ID"],
        image.get_content_disposition(),
    )
    assert "nb" == mail["Content-Language"]


def _unix(text: str) -> str:
    return text.replace("\r\n", "\n")


def test_without_a_picture_there_are_two_parts() -> None:
    """Nothing is wrapped that needs no wrapping."""
    mail = _read(changed(body_html=HTML))
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in mail.iter_parts()]


def test_a_mail_with_html_is_seven_bit_and_the_same_each_time() -> None:
    """Whatever the letters, every server can carry it, and a second copy is the first one, byte for byte."""
    message = changed(body_html=HTML, images=(PIXEL,))
    assert composed(message).isascii()
    assert max(map(len, composed(message).split(b"\r\n"))) <= 78
    assert composed(message) == composed(message)


def test_nobody_is_asked_to_unsubscribe() -> None:
    """A notice about a debt is no newsletter."""
    assert "list-unsubscribe" not in _header_names(composed(MESSAGE))


@pytest.mark.parametrize(
    "more", [{"content_id": "logo>\r\nBcc: x@y.example"}, {"file_name": 'a"b.png'}, {"media_type": "text/html"}]
)
def test_a_picture_is_a_picture(more: dict[str, Any]) -> None:
    """Neither its name nor its type can carry anything else in."""
    with pytest.raises(InvalidInput):
        changed(images=(replace(PIXEL, **more),))


def test_bounces_go_where_they_are_read() -> None:
    """The envelope has an address of its own if there is one; no header of ours shows it."""
    assert MESSAGE.from_email == MESSAGE.return_path
    message = changed(envelope_from="bounces+x@nordlys.example")
    assert "bounces+x@nordlys.example" == message.return_path
    assert b"bounces+x" not in composed(message)


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


def test_the_file_sender_writes_mails_that_only_we_can_read(tmp_path: Path) -> None:
    """One file for each copy, the same again if it is sent again, and nothing half-written."""
    directory = tmp_path / "out" / "mail"
    sender = FileSender(directory)
    assert [Delivered(), Delivered()] == [sender.send(MESSAGE), sender.send(MESSAGE)]
    sender.close()
    (path,) = directory.iterdir()
    assert f"{MESSAGE.delivery_id}.eml" == path.name
    assert composed(MESSAGE) == path.read_bytes()
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_a_directory_that_cannot_be_written_defers_everything(tmp_path: Path) -> None:
    """Nobody bounces because a disk is full."""
    (tmp_path / "file").write_text("in the way")
    outcome = FileSender(tmp_path / "file" / "mail").send(MESSAGE)
    assert isinstance(outcome, Deferred)
    assert outcome.affects_all

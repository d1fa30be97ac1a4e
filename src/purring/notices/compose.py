"""How a message is laid out on the wire.

Written out rather than built with the standard library's EmailMessage, which parses and folds each header anew: that
took nine tenths of all the time a notice needs (benchmarks/notices.py). What may stand in a header is checked by
`Message` before.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterator
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache

from purring.notices.images import InlineImage
from purring.notices.message import Message

_END = "\r\n"
_LINE_CHARS_MAX = 76
_BREAK = re.compile(r"\r\n|\r|\n")
_PLAIN = re.compile(r"[ -~]*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")


def composed(message: Message) -> bytes:
    """The message as a mail, the same bytes each time: the text first, then the HTML with its pictures.

    Everything is 7-bit, but for the addresses of people who have others. It asks nobody to unsubscribe: whoever owes
    is told. Source: RFC 5322 (October 2008), RFC 2046 §5.1.4 (November 1996), RFC 3834 §5 (August 2004).
    """
    lines = [*_head(message), *_body(message)]
    return _END.join(lines).encode()


def _head(message: Message) -> Iterator[str]:
    yield _mailbox("From", message.from_name, message.from_email)
    yield _mailbox("To", message.to_name, message.to_email)
    if message.reply_to:
        yield f"Reply-To: {message.reply_to}"
    yield _words("Subject", message.subject)
    yield f"Date: {format_datetime(message.at)}"
    yield _long("Message-ID", message.message_id)
    yield _long("In-Reply-To", message.thread_id)
    yield _long("References", message.thread_id)
    yield "Auto-Submitted: auto-generated"
    yield "X-Auto-Response-Suppress: OOF, AutoReply"  # for Exchange, which doesn't read the line above
    yield "MIME-Version: 1.0"
    yield f"Content-Language: {message.locale}"


def _body(message: Message) -> Iterator[str]:
    if not message.body_html:
        yield from _text("plain", message.body)
        return
    # Boundaries of our own, so that the same message makes the same mail. `=_` occurs in nothing that is encoded.
    alternative, related = f"=_{message.delivery_id}_alternative", f"=_{message.delivery_id}_related"
    yield from _multipart("alternative", alternative)
    yield from (f"--{alternative}", *_text("plain", message.body), f"--{alternative}")
    if message.images:
        yield from (*_multipart("related", related), f"--{related}", *_text("html", message.body_html))
        for image in message.images:
            yield from (f"--{related}", _image(image))
        yield f"--{related}--"
    else:
        yield from _text("html", message.body_html)
    yield from (f"--{alternative}--", "")


def _multipart(kind: str, boundary: str) -> tuple[str, ...]:
    return f"Content-Type: multipart/{kind};", f' boundary="{boundary}"', ""


def _text(kind: str, text: str) -> tuple[str, ...]:
    quoted = b2a_qp(_BREAK.sub("\n", text).encode(), istext=True).decode("ascii").replace("\n", _END)
    return f'Content-Type: text/{kind}; charset="utf-8"', "Content-Transfer-Encoding: quoted-printable", "", quoted


@lru_cache(maxsize=64)
def _image(image: InlineImage) -> str:
    """A picture, of which most mails carry the same: the merchant's logo."""
    return _END.join(
        [
            f"Content-Type: {image.media_type}",
            "Content-Transfer-Encoding: base64",
            f"Content-ID: <{image.content_id}>",
            f'Content-Disposition: inline; filename="{image.file_name}"',
            "",
            encodebytes(image.data).decode("ascii").replace("\n", _END),
        ]
    )


def _words(name: str, text: str) -> str:
    """A header of words: as they are if they are short and plain, else encoded and folded."""
    if _PLAIN.fullmatch(text) and "=?" not in text and len(name) + 2 + len(text) <= _LINE_CHARS_MAX:
        return f"{name}: {text}"
    return f"{name}: {_encoded(name, text)}"


def _encoded(name: str, text: str) -> str:
    return Header(text, "utf-8", maxlinelen=_LINE_CHARS_MAX, header_name=name).encode(linesep=_END)


def _mailbox(name: str, who: str, email: str) -> str:
    """Whom a mail is from or for; the address goes on a line of its own if both are too long for one."""
    if not who.strip():
        return f"{name}: {email}"
    if not _PLAIN.fullmatch(who) or "=?" in who or len(name) + 4 + len(who) > _LINE_CHARS_MAX:
        phrase = _encoded(name, who)
    elif _ATOMS.fullmatch(who):
        phrase = who
    else:
        phrase = '"' + who.replace("\\", r"\\").replace('"', r"\"") + '"'
    last = phrase.rpartition(_END)[2]
    fits = len(name) + len(last) + len(email) + 5 <= _LINE_CHARS_MAX
    return f"{name}: {phrase}{' ' if fits else _END + ' '}<{email}>"


def _long(name: str, value: str) -> str:
    """A header whose value has no space to be folded at but the first."""
    return f"{name}: {value}" if len(name) + 2 + len(value) <= _LINE_CHARS_MAX else f"{name}:{_END} {value}"

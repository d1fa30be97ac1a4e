"""What a mail server or a mailbox provider reports about a mail of ours, read from the report as it came.

Bounces are mails, and anybody can write one: what is read here is a claim. `notices.verp` says which are ours.
Source: RFC 3464 and RFC 6522 (reports), RFC 6533 (addresses outside ASCII), RFC 5965 (complaints), RFC 3834 (answers by
machines).
"""

from __future__ import annotations

import binascii
import quopri
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message as Mail
from email.policy import compat32
from email.utils import getaddresses
from enum import StrEnum

from purring.notices.send import brief

_CODE = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY = re.compile(r"(?:^|\s)([45]\d\d)[ -]")
_MESSAGE_ID = re.compile(r"^Message-I[Dd]:\s*(<[^<>\s]{1,300}>)", re.MULTILINE)
_HEX = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_SURROGATES, _AFTER_THEM, _LAST = 0xD800, 0xE000, 0x10FFFF
_WORDS_MAX = 65_536
# Statuses that blame the address, not the day, the mailbox's size or what the mail says. Source: RFC 3463 §3 (January
# 2003) and the IANA registry of enhanced status codes; 5.1.7 and 5.1.8 are about our own address, 5.1.9 about ours too.
_NO_SUCH_ADDRESS = re.compile(r"5\.(?:1\.(?:0|1|2|3|4|6|10)|2\.1|4\.4)")
# Servers that give no status say it in words; each of these is one that a large provider or a common server writes.
_NO_SUCH_WORDS = re.compile(
    r"user (?:is )?unknown|unknown user|no such (?:user|mailbox|recipient)|mailbox (?:not found|unavailable)|"
    r"(?:address|account|recipient|user) (?:does not|doesn't) exist|recipient (?:not found|unknown)|"
    r"invalid (?:recipient|mailbox)|account (?:has been )?(?:disabled|closed)|"
    r"(?:domain|host) (?:name )?not found|no mailbox here by that name",
    re.IGNORECASE,
)
_FAILED_WORDS = re.compile(
    r"undeliver|delivery (?:status notification|has failed|failed|failure|incomplete)|returned mail|returning message|"
    r"mail delivery (?:system|failed|subsystem)|failure notice|could ?n[o']t be delivered|delivery to the following",
    re.IGNORECASE,
)
_QMAIL = re.compile(r"Hi\. This is the .{1,200} program", re.IGNORECASE)
_FROM_MACHINE = re.compile(r"mailer-daemon|postmaster|mail delivery", re.IGNORECASE)


Fields = Mapping[str, str]


class ReportKind(StrEnum):
    """What is said of the mail. `OTHER`: nothing; an answer by a machine or a person, or no report at all."""

    DELIVERED = "delivered"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report about one recipient.

    `code` is an enhanced status such as 5.1.1, or "". `is_hard`: the address itself is no good, so that no other mail
    would arrive there. `sent_to` are the addresses that the report itself came to: ours, which may carry a token.
    `envelope_id`, `message_id`: how the report names our mail. `recipient` is whom it was for, or "". `detail` names
    nobody.
    """

    kind: ReportKind
    code: str = ""
    is_hard: bool = False
    detail: str = ""
    recipient: str = ""
    sent_to: tuple[str, ...] = ()
    envelope_id: str = ""
    message_id: str = ""


def read_report(raw: bytes) -> Report:
    """Read a mail that came to the address for bounces. Whatever it is, it raises nothing."""
    mail = message_from_bytes(raw, policy=compat32)
    kind = mail.get_content_type()
    report_type = str(mail.get_param("report-type") or "").lower()
    if kind == "multipart/report" and report_type == "feedback-report":
        return _complaint(mail)
    fields = _part(mail, "message/delivery-status") or _part(mail, "message/global-delivery-status")
    if fields is not None:
        return _from_fields(mail, _blocks(fields))
    return _from_words(mail)


def status_in(words: str) -> str:
    """The enhanced status in a server's words, or ""."""
    found = _CODE.search(words)
    return found[1] if found else ""


def unique_name(raw: bytes) -> str:
    """The Message-ID under which a mail came, or "": a mail without one has no name of its own."""
    return _one_line(message_from_bytes(raw[:_WORDS_MAX], policy=compat32), "Message-ID")[:300]


# ---------------------------------------------------------------------------------------------------------------------
# Reports in the form that the standard gives them


def _from_fields(mail: Mail, blocks: list[Fields]) -> Report:
    """A delivery status: one block about the mail, then one for each recipient; of ours there is one recipient.

    The worst of several is the one that matters.
    """
    about, recipients = (blocks[0], blocks[1:]) if len(blocks) > 1 else ({}, blocks)
    found = [_of_recipient(block) for block in recipients]
    worst = max(found, key=lambda one: _WORST.index(one.kind), default=Report(kind=ReportKind.OTHER))
    return Report(
        kind=worst.kind,
        code=worst.code,
        is_hard=worst.is_hard,
        detail=worst.detail,
        recipient=worst.recipient,
        sent_to=_sent_to(mail),
        envelope_id=about.get("original-envelope-id", ""),
        message_id=_original_id(mail),
    )


_WORST = (ReportKind.OTHER, ReportKind.DELIVERED, ReportKind.DELAYED, ReportKind.BOUNCED)
_ACTIONS = {
    "failed": ReportKind.BOUNCED,
    "delayed": ReportKind.DELAYED,
    "delivered": ReportKind.DELIVERED,
    "relayed": ReportKind.DELIVERED,
    "expanded": ReportKind.DELIVERED,
}


def _of_recipient(block: Fields) -> Report:
    kind = _ACTIONS.get(block.get("action", "").lower(), ReportKind.OTHER)
    said = _typed(block.get("diagnostic-code", ""))
    status = _CODE.search(block.get("status", ""))
    code = _closest(status[1] if status else "", said)
    return Report(
        kind=kind,
        code=code,
        is_hard=kind is ReportKind.BOUNCED and blames_address(code, said),
        detail=brief(said),
        recipient=_typed(block.get("original-recipient", "")) or _typed(block.get("final-recipient", "")),
    )


def _closest(status: str, said: str) -> str:
    """The status that says most: some servers write 5.0.0 and put the real one into their words."""
    if status and not status.endswith(".0.0"):
        return status
    in_words = _CODE.search(said)
    return in_words[1] if in_words else status


def blames_address(code: str, said: str) -> bool:
    """Whether the address is no good: by its status, or by words where that says nothing."""
    if code and not code.endswith(".0.0"):
        return _NO_SUCH_ADDRESS.fullmatch(code) is not None
    return _NO_SUCH_WORDS.search(said) is not None


def _typed(field: str) -> str:
    r"""What follows the type: `rfc822; kari@example.com`, `smtp; 550 5.1.1 …`, `utf-8; k\x{E5}re@example.com`."""
    kind, semicolon, rest = field.partition(";")
    return _HEX.sub(_character, (rest if semicolon else kind).strip())


def _character(found: re.Match[str]) -> str:
    number = int(found[1], 16)
    return chr(number) if number < _SURROGATES or _AFTER_THEM <= number <= _LAST else found[0]


def _complaint(mail: Mail) -> Report:
    """A reader has told their provider that the mail is spam. Source: RFC 5965 §3.1 (August 2010)."""
    fields = _part(mail, "message/feedback-report")
    blocks = _blocks(fields) if fields is not None else []
    about = blocks[0] if blocks else {}
    kind = about.get("feedback-type", "").lower()
    return Report(
        kind=ReportKind.OTHER if kind == "not-spam" else ReportKind.COMPLAINED,
        detail=brief(f"complaint: {kind}"),
        recipient=about.get("original-rcpt-to", "").strip("<>"),
        sent_to=(*_sent_to(mail), about.get("original-mail-from", "").strip("<>")),
        envelope_id=about.get("original-envelope-id", ""),
        message_id=_original_id(mail),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Everything else


def _from_words(mail: Mail) -> Report:
    """A bounce that isn't in the form: believed only if a server seems to write it and says that it gave up.

    An absence note, a challenge, a read receipt and a person's own reply say nothing about whether the mail arrived: it
    did. A failure that is no more than words is held against the address only if it says in so many words that there is
    none.
    """
    nothing = Report(kind=ReportKind.OTHER, sent_to=_sent_to(mail))
    if not _FROM_MACHINE.search(_one_line(mail, "From")):
        return nothing
    text = "\n".join(_texts(mail))[:_WORDS_MAX]
    if not (_FAILED_WORDS.search(f"{_one_line(mail, 'Subject')}\n{text}") or _QMAIL.search(text)):
        return nothing
    status, reply = _CODE.search(text), _REPLY.search(text)
    delayed = "delayed" in _one_line(mail, "Subject").lower() or "will keep trying" in text.lower()
    code = status[1] if status else ""
    line = next((one for one in text.splitlines() if _NO_SUCH_WORDS.search(one)), "")
    return Report(
        kind=ReportKind.DELAYED if delayed else ReportKind.BOUNCED,
        code=code,
        is_hard=not delayed and bool(code or reply or line) and blames_address(code, line),
        detail=brief(line or _one_line(mail, "Subject")),
        recipient=_one_line(mail, "X-Failed-Recipients"),
        sent_to=_sent_to(mail),
        message_id=_original_id(mail) or _id_in(text),
    )


# ---------------------------------------------------------------------------------------------------------------------
# Parts and fields


def _part(mail: Mail, kind: str) -> Mail | None:
    return next((part for part in mail.walk() if part.get_content_type() == kind), None)


def _blocks(part: Mail) -> list[Fields]:
    """The blocks of fields in a status, by their names in lower case, however a server has encoded them."""
    parts = re.split(r"\n[ \t\r]*\n", _whole(part).decode("utf-8", "replace"))
    found = (_fields(block) for block in parts)
    return [block for block in found if block]


def _fields(block: str) -> Fields:
    lines = re.sub(r"\r?\n[ \t]+", " ", block).splitlines()
    named = (line.partition(":") for line in reversed(lines) if ":" in line)
    return {name.strip().lower(): " ".join(value.split()) for name, _, value in named}


def _whole(part: Mail) -> bytes:
    """What a part says, as bytes: the parser takes some kinds to pieces before they are decoded."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        decoded = part.get_payload(decode=True)
        return decoded if isinstance(decoded, bytes) else b""
    content = b"\n\n".join(one.as_bytes() for one in payload if isinstance(one, Mail))
    match str(part.get("Content-Transfer-Encoding", "")).strip().lower():
        case "base64":
            return _from_base64(content)
        case "quoted-printable":
            return quopri.decodestring(content)
        case _:
            return content


def _from_base64(content: bytes) -> bytes:
    try:
        return b64decode(content)
    except binascii.Error:
        return content


def _decoded(part: object) -> str:
    return part.as_string() if isinstance(part, Mail) else str(part)


def _original_id(mail: Mail) -> str:
    """The Message-ID in what came back of our mail: whole, or its headers only."""
    for part in mail.walk():
        if part is mail:
            continue
        match part.get_content_type():
            case "message/rfc822" | "message/global":
                payload = part.get_payload()
                inner = payload[0] if isinstance(payload, list) and payload else None
                if isinstance(inner, Mail) and inner["Message-ID"]:
                    return _one_line(inner, "Message-ID")
                return _id_in(_text_of(part))
            case "text/rfc822-headers" | "message/rfc822-headers" | "message/global-headers":
                return _id_in(_text_of(part))
            case _:
                continue
    return ""


def _id_in(text: str) -> str:
    found = _MESSAGE_ID.search(text)
    return found[1] if found else ""


def _texts(mail: Mail) -> Iterator[str]:
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            yield _text_of(part)


def _text_of(part: Mail) -> str:
    payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return payload.decode("utf-8", "replace")
    inner = part.get_payload()
    return "\n".join(map(_decoded, inner)) if isinstance(inner, list) else str(inner)


def _sent_to(mail: Mail) -> tuple[str, ...]:
    """Whom the report came to: the envelope's word first, where the server wrote it down."""
    names = ("X-Original-To", "Delivered-To", "Envelope-To", "To")
    fields = [str(one) for name in names for one in mail.get_all(name, [])]
    return tuple(dict.fromkeys(address for _, address in getaddresses(fields) if address))


def _one_line(mail: Mail, name: str) -> str:
    return " ".join(str(mail.get(name, "")).split())

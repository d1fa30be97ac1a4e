"""What a notice's body is made of, and how its text part lays that out.

A template's output is plain text with marks: control characters, which no value can hold, since every value is one
printable line. The text part and the HTML are two layouts of the same blocks, so nothing is said twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from purring.i18n.format import plain_spaces

_FACT, _BUTTON, _ASIDE, _IN_SHORT, _PART = "\x1c", "\x1d", "\x1e", "\x1a", "\x1f"
_MARKS = {_FACT, _BUTTON, _ASIDE, _PART}
_BLANK = re.compile(r"\n(?:[ \t]*\n)+")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences that run on. `in_short`: what a list of mails shows beside the subject."""

    kind: ClassVar[str] = "paragraph"
    text: str
    in_short: bool = False


@dataclass(frozen=True, slots=True)
class Aside:
    """A sentence below everything else, in small print."""

    kind: ClassVar[str] = "aside"
    text: str


@dataclass(frozen=True, slots=True)
class Button:
    """The one thing to do: its name, where it leads, and what else can be done there, or ""."""

    kind: ClassVar[str] = "button"
    text: str
    url: str
    note: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows of a label and a value."""

    kind: ClassVar[str] = "facts"
    rows: tuple[tuple[str, str], ...]


Block = Paragraph | Aside | Button | Facts


def fact(label: str, value: str) -> str:
    """One row of facts, as a template writes it: a line of its own."""
    return f"{_FACT}{label}{_PART}{value}"


def button(text: str, url: str, note: str = "") -> str:
    """A button, as a template writes it: a paragraph of its own."""
    return f"{_BUTTON}{text}{_PART}{url}{_PART}{note}"


def aside(text: str) -> str:
    """Small print, as a template writes it: a paragraph of its own."""
    return f"{_ASIDE}{text}"


def in_short() -> str:
    """What a template writes in front of the paragraph that sums the notice up."""
    return _IN_SHORT


def blocks_of(written: str) -> tuple[Block, ...]:
    """What a template's output consists of."""
    chunks = ([line for raw in chunk.split("\n") if (line := raw.strip(" \t"))] for chunk in _BLANK.split(written))
    return tuple(_block(lines) for lines in chunks if lines)


def preheader(blocks: Sequence[Block]) -> str:
    """What a list of mails shows beside the subject: the paragraph that a template chose, or the first after hello."""
    paragraphs = [block for block in blocks if isinstance(block, Paragraph)]
    chosen = [block for block in paragraphs if block.in_short] or paragraphs[1:] or paragraphs
    return chosen[0].text if chosen else ""


def as_text(blocks: Sequence[Block], footer: Sequence[str] = ()) -> str:
    """The text part: paragraphs with ordinary spaces, each on one line, and facts one below the other."""
    parts = [part for block in blocks for part in _text_parts(block)]
    return plain_spaces("\n\n".join([*parts, "\n".join(footer)]).rstrip()) + "\n"


def _block(lines: Sequence[str]) -> Block:
    match lines[0][0]:
        case "\x1c":
            rows = (line.removeprefix(_FACT).split(_PART) for line in lines)
            return Facts(tuple((label, value) for label, value in rows))
        case "\x1d":
            text, url, note = lines[0].removeprefix(_BUTTON).split(_PART)
            return Button(text, url, note)
        case "\x1e":
            return Aside(" ".join(line.removeprefix(_ASIDE) for line in lines))
        case _:
            text = " ".join(lines)
            said = text.replace(_IN_SHORT, "").strip()
            assert not _MARKS & set(said), "a template's mark stands in the middle of a paragraph"
            return Paragraph(said, in_short=_IN_SHORT in text)


def _text_parts(block: Block) -> Iterator[str]:
    match block:
        case Facts():
            yield "\n".join(f"  {label}: {value}" for label, value in block.rows)
        case Button():
            yield f"{block.text}:"
            yield f"  {block.url}"
            if block.note:
                yield block.note
        case _:
            yield block.text

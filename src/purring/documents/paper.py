"""Sets a document as an accessible PDF: tagged, with its language and title, and the same bytes for the same words.

Everything that is said comes as data and is never read as markup. See decision 91.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from threading import BoundedSemaphore

import typst

from purring.domain.color import READABLE, WHITE, standing_out
from purring.telemetry.logs import log

ROWS_MAX = 1_000
"""More rows than any invoice has; so many take a quarter of a second."""
AT_ONCE_MAX = 2
"""Documents that are set at the same time: each keeps a processor busy while it lasts."""

_UNNAMABLE = re.compile(r"[^A-Za-z0-9]+")
_ROOM = BoundedSemaphore(AT_ONCE_MAX)
_ACCESSIBLE: typst.PDFStandards = ["ua-1"]

Fact = tuple[str, str]
"""A label and what stands beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A line under a table; a total stands out."""

    label: str
    amount: str
    is_total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of three cells, under a head of three, and sums below."""

    head: tuple[str, str, str]
    rows: tuple[tuple[str, str, str], ...]
    sums: tuple[Sum, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What stands under a heading of its own, or without one."""

    title: str = ""
    facts: tuple[Fact, ...] = ()
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document in one language. `page` says where one is, such as "Page {page} of {pages}"."""

    locale: str
    title: str
    sender: str
    color: str
    page: str
    logo: bytes | None = None
    recipient: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    table: Table | None = None
    parts: tuple[Part, ...] = ()
    footer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file to keep: its bytes, and what it may be called anywhere."""

    name: str
    content: bytes = field(repr=False)


def document(paper: Paper, name: str) -> Document:
    """A paper as a file; what no file's name may hold is left out of its name."""
    return Document(name=f"{_UNNAMABLE.sub('-', name).strip('-')}.pdf", content=pdf(paper))


def pdf(paper: Paper) -> bytes:
    """The document's bytes. What can't be shown costs as little as can be: a broken logo, then PDF/UA's promise.

    That promise needs a letter in our own fonts for everything that is said; a name in Chinese is set in whatever
    fonts the machine has, and the document stays tagged.
    """
    assert paper.table is None or len(paper.table.rows) <= ROWS_MAX, "nothing makes so many rows"
    with _ROOM:
        return next(_tries(paper))


def _tries(paper: Paper) -> Iterator[bytes]:
    plainer = (paper,) if paper.logo is None else (paper, replace(paper, logo=None))
    for standards in (_ACCESSIBLE, []):
        for one in plainer:
            try:
                yield _set(one, standards)
            except typst.TypstError:
                log.warning("paper_set_anew", is_accessible=bool(standards), has_logo=one.logo is not None)
    raise AssertionError("a paper without a logo can always be set")


def _set(paper: Paper, standards: typst.PDFStandards) -> bytes:
    said = {
        **asdict(paper),
        "color": standing_out(paper.color, WHITE, READABLE),
        "logo": list(paper.logo) if paper.logo else None,
    }
    fonts = _fonts(is_ours_only=bool(standards))
    inputs = {"paper": json.dumps(said)}
    return typst.compile(_template(), font_paths=fonts, sys_inputs=inputs, format="pdf", pdf_standards=standards)


@lru_cache
def _template() -> bytes:
    return (files("purring.documents") / "paper.typ").read_bytes()


@lru_cache
def _fonts(*, is_ours_only: bool) -> typst.Fonts:
    """The fonts that come with the typesetter, and beside them those of the machine."""
    return typst.Fonts(include_system_fonts=not is_ours_only)

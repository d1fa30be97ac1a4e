"""Documents are tagged, say what they were given and nothing else, and are the same bytes for the same words."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from purring.documents.paper import ROWS_MAX, Paper, Sum, Table, document, pdf
from tests.notices.pictures import png

TABLE = Table(
    head=("Beskrivelse", "Antall", "Beløp"),
    rows=(("Årsabonnement – «Æøå»", "1", "249,00 kr"),),
    sums=(Sum(label="Sum", amount="249,00 kr", is_total=True),),
)
PAPER = Paper(
    locale="nb",
    title="Faktura P-1",
    sender="Fjord AS",
    color="#ffff00",
    page="Side {page} av {pages}",
    recipient=("Čáhput & Łódź AS #strong[x] $y$",),
    table=TABLE,
    footer=("Fjord AS", "Org.nr. 999 999 999"),
)


def test_a_paper_is_accessible_and_the_same_each_time() -> None:
    """It has tags, a language and a title, claims PDF/UA, and takes no word for markup."""
    content = pdf(replace(PAPER, logo=png()))
    assert content == pdf(replace(PAPER, logo=png()))
    reader = PdfReader(BytesIO(content))
    assert reader.metadata
    described = (str(reader.root_object["/Lang"]), _is_tagged(reader), reader.metadata.title)
    assert ("nb", True, "Faktura P-1") == described
    assert b"pdfuaid" in content
    text = reader.pages[0].extract_text()
    for said in (*PAPER.recipient, "Årsabonnement – «Æøå» 1 249,00 kr", "Side 1 av 1", "Org.nr. 999 999 999"):
        assert said in text
    assert 1 == len(reader.pages[0].images)


def test_what_cannot_be_shown_costs_little() -> None:
    """A broken logo is left out; letters that our fonts lack cost the promise of PDF/UA, not the tags."""
    broken = PdfReader(BytesIO(pdf(replace(PAPER, logo=png()[:60]))))
    assert ([], True) == (list(broken.pages[0].images), _is_tagged(broken))
    foreign = PdfReader(BytesIO(pdf(replace(PAPER, sender="日本\x00", logo=png()[:60]))))
    assert _is_tagged(foreign)
    assert "Side 1 av 1" in foreign.pages[0].extract_text()


def _is_tagged(reader: PdfReader) -> bool:
    marked = reader.root_object["/MarkInfo"]
    assert isinstance(marked, DictionaryObject)
    return bool(marked["/Marked"])


def test_a_long_table_goes_on_with_its_head() -> None:
    """Each page repeats what the columns are; a file's name holds nothing odd."""
    rows = (("Team plan", "1", "249,00 kr"),) * 60
    made = document(replace(PAPER, table=replace(TABLE, rows=rows)), "Faktura ../P 7;å")
    assert "Faktura-P-7.pdf" == made.name
    pages = [page.extract_text() for page in PdfReader(BytesIO(made.content)).pages]
    assert len(rows) < ROWS_MAX
    assert [True] * 3 == ["Beskrivelse Antall Beløp" in page for page in pages]

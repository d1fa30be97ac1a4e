"""The reference page of Norway, written from the rows, so that it can't say anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from purring.domain.norway.dunning import letter_fee
from purring.domain.norway.dunning_rows import NORWAY, RULES
from purring.domain.norway.kid import LENGTH_MAX, LENGTH_MIN, KidScheme, make_kid
from purring.domain.norway.law import CollectionRate, FeeShare, HalfYear, Law, LetterKind, Regime, Row
from purring.domain.norway.texts import TEXTS

_INTRO = (
    "What the law lets a Norwegian creditor add to an overdue invoice, as dated rows, and the payment references of\n"
    "Norwegian banks. This is data for deciding, not legal advice.\n\n"
    "- **Off by default.** Nothing is charged unless the merchant's dunning terms name the charge.\n"
    "- **A declined charge and its retries cost the customer nothing.** Only letters and lateness can; no outcome of\n"
    "  an attempt books a fee, and the journal has no account for one.\n"
    "- **No row, no charge.** For a day before the first row, or from the day on for which the next rate isn't known,\n"
    "  a charge is refused. A row that rests on a single source is marked *unverified*.\n"
    "- **An objection with reason stops everything** until it is settled (N6)."
)
_INTEREST = (
    "Counted from the day after the due date to the day of payment, each day at its own rate over the days of its\n"
    "calendar year. The exact sum is rounded once, down to whole øre. The compensation is the lower one of the first\n"
    "late day and of the day it is claimed, less the fees claimed before."
)
_KID = (
    f"A payment reference has {LENGTH_MIN} to {LENGTH_MAX} characters (unverified: from secondary sources).\n"
    "The agreement with the bank fixes its length and how the last one, the check digit, is reckoned. The payload,\n"
    "such as the customer's and then the invoice's number in their sequences, is filled up with zeros in front."
)
_SCHEMES = {
    KidScheme.MOD10: "weights 2, 1 from the right, digits of the products added (Luhn); finds every wrong digit, and "
    "every swap of neighbors but 09 and 90",
    KidScheme.MOD11: "weights 2 to 7 from the right, again and again; finds every wrong digit and every swap of "
    'neighbors; a check digit of 10 is written "-"',
}


def norway(law: Law = NORWAY) -> Iterator[str]:
    """The paragraphs of the page below its title, in Markdown."""
    yield _INTRO
    yield "## Acts"
    yield _table(("act", "edition", "in force", "what it says", "source"), map(_regime, law.regimes))
    yield "## Fees for letters"
    yield "In kroner, by the rate on the day of sending; rounded to whole kroner, .50 up."
    yield _table(
        ("rate", "from", "until", *(_words(kind) for kind in LetterKind), "source"),
        (_rate(row, law) for row in law.collection_rates),
    )
    yield _table(("fee", "share of the rate", "from", "until", "source"), map(_share, law.fee_shares))
    yield "## Late interest and compensation"
    yield _INTEREST
    yield _table(("from", "until", "a year", "compensation", "edition", "source"), map(_half_year, law.half_years))
    yield "## Rules"
    yield _table(
        ("rule", "what it says", "statute", "edition"),
        ((f"`{rule.id}`", rule.text, rule.statute, rule.edition) for rule in RULES.values()),
    )
    yield "## Answers"
    yield _table(("message", "text"), ((f"`{message_id}`", text) for message_id, text in TEXTS.items()))
    yield "## KID numbers"
    yield _KID
    yield _table(("scheme", "check digit", "1234 becomes"), map(_scheme, KidScheme))


def _words(kind: LetterKind) -> str:
    return kind.value.replace("_", " ")


def _regime(row: Regime) -> tuple[str, ...]:
    since = "no day set" if row.valid_from is None else f"from {row.valid_from}, known until {row.valid_to}"
    return f"`{row.id}`", row.edition, since, row.text, _source(row)


def _rate(row: CollectionRate, law: Law) -> tuple[str, ...]:
    """One collection rate and what the letters cost on its last day; the first days of the oldest have no shares."""
    last_on = row.valid_to - timedelta(days=1)
    fees = (_kroner(letter_fee(kind, last_on, law=law).minor) for kind in LetterKind)
    return f"{_kroner(row.rate.minor)} ({row.edition})", str(row.valid_from), str(row.valid_to), *fees, _source(row)


def _share(row: FeeShare) -> tuple[str, ...]:
    return _words(row.letter), f"{row.twentieths}/20", str(row.valid_from), str(row.valid_to), _source(row)


def _half_year(row: HalfYear) -> tuple[str, ...]:
    rate = f"{row.rate_bp // 100}.{row.rate_bp % 100:02} %"
    compensation = _kroner(row.compensation.minor)
    return str(row.valid_from), str(row.valid_to), rate, compensation, row.edition, _source(row)


def _scheme(scheme: KidScheme) -> tuple[str, ...]:
    return f"`{scheme.value}`", _SCHEMES[scheme], f"`{make_kid('1234', scheme, 5)}`"


def _kroner(minor: int) -> str:
    return f"{minor // 100}"


def _source(row: Row) -> str:
    return row.source if row.verified else f"{row.source}; unverified"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """One Markdown table; no cell holds a bar."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

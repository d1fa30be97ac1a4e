"""The reference pages of the rulebook, written from its rows, so that they can't say anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from purring.domain.rulebook.advice import PROFILES
from purring.domain.rulebook.codes import Grade, Kind, Table
from purring.domain.rulebook.findings import FEES, REMARKS, THRESHOLDS, Remark, Threshold
from purring.domain.rulebook.limit_rows import LIMITS
from purring.domain.rulebook.page_parts import (
    UNVERIFIED,
    UNVERIFIED_GRADES,
    Citations,
    codes_of,
    in_force,
    limits_of,
    table,
)
from purring.domain.rulebook.presentment import TERMS, PresentmentTerms
from purring.domain.rulebook.schemes import EVERY_CARD, SCHEME_NAMES
from purring.domain.rulebook.tables import TABLES
from purring.domain.rulebook.updater import SERVICES, UPDATER_CODES

TABLE_OF = {row.id: row for row in TABLES}

_VISA = """\
Visa sorts its response codes into four categories. A code that isn't listed here takes its [common meaning](iso8583.md)
where that is stricter than category 4, and stops automatic charges otherwise."""
_MASTERCARD = """\
Mastercard sends a merchant advice code beside its response code. The advice may forbid another attempt or prescribe a
wait. A response code that isn't listed here takes its [common meaning](iso8583.md); advice that isn't listed stops
automatic charges, since it may forbid them."""
_OTHER_CARDS = """\
For these networks no published limit, category or advice code was found. That is no proof that there is none: our
ceilings hold for their cards too. Their codes are read by their [common meaning](iso8583.md); a code of their own that
stands nowhere stops automatic charges until an operator has looked."""
_ISO_8583 = """\
The common meaning of card response codes. A network's own page comes first; this one fills the gaps. Codes that are
reserved for national or private use say nothing without the network's word."""
_GATEWAY = """\
These are the gateway's own codes. Where an answer carries the network's code too, the stricter of the two wins. Limits
come from the network or the bank scheme, never from the gateway."""
_NOT_BUILT = "Read, not built: no adapter reports these yet."
_UNVERIFIED = f"""\
Marked {UNVERIFIED} above: written from memory, or read in a list whose address was not kept. Whoever holds the
network's or scheme's own document can settle it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: the tables of codes, the schemes whose rules, and the updater services that it shows.

    `cards` says that the ceilings for every card belong to it.
    """

    name: str
    title: str
    intro: str
    tables: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    cards: bool = False
    services: tuple[str, ...] = ()


PAGES: tuple[Page, ...] = (
    Page(name="visa", title="Visa", tables=("visa",), schemes=("visa",), cards=True, services=("visa_vau",),
         intro=_VISA),
    Page(name="mastercard", title="Mastercard", tables=("mastercard", "mastercard-advice"), schemes=("mastercard",),
         cards=True, services=("mastercard_abu",), intro=_MASTERCARD),
    Page(name="other-cards", title="American Express, Discover, JCB and BankAxept",
         schemes=("amex", "discover", "jcb", "bankaxept"), cards=True, intro=_OTHER_CARDS),
    Page(name="iso8583", title="ISO 8583, for every card network", tables=("iso8583",),
         intro=_ISO_8583),
    Page(name="ach", title="ACH (Nacha)", tables=("ach",), schemes=("ach",),
         intro="Debits of American bank accounts. They come back days later with a return code."),
    Page(name="sepa", title="SEPA direct debit (Core)", tables=("sepa",), schemes=("sepa",),
         intro="Debits of bank accounts in euro: codes of rejects, returns, refusals and refunds."),
    Page(name="bacs", title="Bacs direct debit", tables=("bacs",), schemes=("bacs",),
         intro="Debits of British bank accounts. An unpaid one comes back with an ARUDD code."),
    Page(name="stripe", title="Stripe", tables=("stripe",), schemes=("stripe",), intro=_GATEWAY),
    Page(name="adyen", title="Adyen", tables=("adyen",), intro=_GATEWAY),
    Page(name="braintree", title="Braintree", tables=("braintree",), intro=_GATEWAY),
    Page(name="account-updaters", title="Account updaters and network tokens", services=tuple(SERVICES),
         intro="What services report about a card between charges, and what it would ask of Purring."),
    Page(name="norwegian-rails", title="Vipps MobilePay and AvtaleGiro", tables=("vipps",),
         schemes=("vipps", "avtalegiro"),
         intro="Read, not built: no adapter for these exists yet. Vipps's reasons are ready for one; of AvtaleGiro no "
         "codes were found."),
)  # fmt: skip


def paragraphs(page: Page) -> Iterator[str]:
    """A page below its title."""
    citations = Citations()
    yield page.intro
    for name in page.tables:
        yield from _codes(TABLE_OF[name], citations)
    yield from _limits(page, citations)
    yield from _presentment(page, citations)
    yield from _updaters(page, citations)
    yield from _fees(page, citations)
    yield from _thresholds(page, citations)
    yield from _remarks(page, citations)
    yield from _unverified(page)
    yield "## Sources"
    yield citations.listed()


def _codes(codes: Table, citations: Citations) -> Iterator[str]:
    yield f"## {codes.title}"
    yield from codes_of(codes, citations)
    if codes.kind is Kind.ADVICE:
        yield "### Gateways that renumber advice"
        yield (
            "These gateways send numbers of their own, which are read back before anything is decided. A number that\n"
            "the list of such a gateway lacks is unknown, whatever the network calls it."
        )
        meanings = {row.code: row.meaning for row in codes.codes}
        yield table(
            ("gateway", "sends", "means", "which says"),
            [
                (gateway, f"`{sent}`", f"`{meant}`", meanings[meant])
                for gateway, profile in PROFILES.items()
                for sent, meant in profile.items()
            ],
        )


def _limits(page: Page, citations: Citations) -> Iterator[str]:
    schemes = {*page.schemes, EVERY_CARD} if page.cards else set(page.schemes)
    limits = [limit for limit in LIMITS if limit.scheme in schemes]
    if limits:
        yield "## Limits"
        if page.cards:
            yield "Attempts that were declined or are open count, of the card's number and its tokens together."
        yield limits_of(limits, citations)


def _presentment(page: Page, citations: Citations) -> Iterator[str]:
    rows = [terms for terms in TERMS if terms.scheme in page.schemes]
    if rows:
        yield "## Form of a debit"
        yield table(
            ("rule", "edition", "for", "demands", "in force", "remarks", "source"),
            [
                (
                    f"`{terms.id}`",
                    terms.edition,
                    "every further presentation" if terms.again else "the first presentation",
                    "; ".join(_demands(terms)),
                    in_force(terms.valid_from, terms.valid_to) or "always",
                    terms.note,
                    citations.cite(terms.source),
                )
                for terms in rows
            ],
        )


def _demands(terms: PresentmentTerms) -> Iterator[str]:
    if terms.entry_description:
        yield f"entry description `{terms.entry_description}`"
    if terms.transaction_code:
        yield f"transaction code `{terms.transaction_code}`"
    if terms.sequence_type:
        yield f"sequence type `{terms.sequence_type}`"
    if terms.prenotification_days is not None:
        days = "working days" if terms.in_working_days else "calendar days"
        yield f"notice {terms.prenotification_days} {days} before, unless agreed otherwise"
    if terms.same_amount:
        yield "the same amount"
    if terms.same_originator:
        yield "the same company name and id"


def _updaters(page: Page, citations: Citations) -> Iterator[str]:
    for service in page.services:
        yield f"## {SERVICES[service]}"
        yield _NOT_BUILT
        yield table(
            ("code", "meaning", "what it asks", "remarks", "source"),
            [
                (f"`{row.code}`", row.meaning, row.effect.value.replace("_", " "), row.note, citations.cite(row.source))
                for row in UPDATER_CODES
                if row.service == service
            ],
        )


def _fees(page: Page, citations: Citations) -> Iterator[str]:
    rows = [fee for fee in FEES if fee.scheme in page.schemes]
    if rows:
        yield "## Fees"
        yield "For comparison only; what is charged stands in the contract with the acquirer."
        yield table(
            ("for", "region", "amount", "in force", "remarks", "source"),
            [
                (fee.what, fee.region, f"{fee.amount} {fee.currency}", in_force(fee.valid_from, fee.valid_to), fee.note,
                 citations.cite(fee.source))
                for fee in rows
            ],
        )  # fmt: skip


def _thresholds(page: Page, citations: Citations) -> Iterator[str]:
    rows = [row for row in THRESHOLDS if row.scheme in page.schemes]
    if rows:
        yield "## Thresholds"
        yield "Beyond these the scheme looks at the merchant. Purring doesn't enforce them."
        yield table(
            ("what", "at most", "within", "in force", "remarks", "source"),
            [
                (row.what, _most(row), f"{row.window_days} days", in_force(row.valid_from, None), row.note,
                 citations.cite(row.source))
                for row in rows
            ],
        )  # fmt: skip


def _most(row: Threshold) -> str:
    return f"{row.count_max:,}" if row.share_max is None else f"{(row.share_max * 100).normalize():f} %"


def _remarks(page: Page, citations: Citations) -> Iterator[str]:
    rows = [row for row in REMARKS if row.scheme in page.schemes]
    if rows:
        yield "## Also known"
        yield "\n".join(f"- {_named(row, page)}{row.text} [{citations.cite(row.source)}]" for row in rows)


def _named(row: Remark, page: Page) -> str:
    """The network that a remark is about, where the page is about several."""
    return f"{SCHEME_NAMES[row.scheme]}: " if len(page.schemes) > 1 else ""


def _unverified(page: Page) -> Iterator[str]:
    """What nobody could check, gathered so that it can be checked."""
    lines = [
        f"- {TABLE_OF[name].title}, {how}: {listed}"
        for name in page.tables
        for grade, how in (_FROM_MEMORY, _WITHOUT_ADDRESS)
        if (listed := _codes_of_grade(TABLE_OF[name], grade))
    ]
    remarks = [row for row in REMARKS if row.scheme in page.schemes and row.source.grade in UNVERIFIED_GRADES]
    lines += [f"- {row.text}" for row in remarks]
    if lines:
        yield "## Unverified"
        yield _UNVERIFIED
        yield "\n".join(lines)


_FROM_MEMORY = (Grade.MEMORY, "from memory")
_WITHOUT_ADDRESS = (Grade.LOST, "from a list whose address was not kept")


def _codes_of_grade(codes: Table, grade: Grade) -> str:
    return ", ".join(f"`{row.code}`" for row in codes.codes if row.source.grade is grade)

"""The rows themselves: what Norwegian law lets a creditor add to an overdue invoice, and since when.

Rates follow one another year by year or half-year by half-year. The last of each ends where the next one is due, so
that nothing is charged by a rate that may have been replaced: add the new row when its regulation is published.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from purring.domain.money import Money
from purring.domain.norway.law import CollectionRate, FeeShare, HalfYear, Law, LetterKind, Regime, Rule

KNOWN_TO: Final = date(2027, 1, 1)
"""The next rates are due on this day and not published; the new act is signalled for it and not in force."""

_READ_ON = "2026-10-06"
_STUDY = "statutes as read on Lovdata, 2026-10-06"
_UNDATED: Final = date.max
"""The end of a row whose beginning isn't set."""


def _nok(kroner: int) -> Money:
    return Money(kroner * 100, "NOK")


REGIMES: tuple[Regime, ...] = (
    Regime(
        id="inkassolov-1988",
        edition="LOV-1988-05-13-26",
        valid_from=date(1989, 10, 1),
        valid_to=KNOWN_TO,
        own_collection=True,
        text="Creditors send reminders, collection notices and payment demands themselves, with fees for each.",
        source=f"{_STUDY}; in force 1989-10-01 by Prop. 3 L (2025–2026), chapter 2.1",
    ),
    Regime(
        id="inkassolov-2026",
        edition="LOV-2026-05-22-19",
        valid_from=None,
        valid_to=_UNDATED,
        own_collection=False,
        text="Only collection companies send collection notices (§ 20) and payment demands (§ 21). Fees for a "
        "creditor's own letters come by a regulation that isn't made yet (§ 19). Adopted 2026-05-22; no day set when "
        "read, 2027-01-01 signalled.",
        source=f"{_STUDY}; Prop. 3 L (2025–2026), 13.4.4; signal: Finans Norge (secondary)",
        verified=False,
    ),
)

COLLECTION_RATES: tuple[CollectionRate, ...] = (
    CollectionRate(
        id="inkassosats",
        edition="FOR-2018-12-20-2050",
        valid_from=date(2019, 1, 1),
        valid_to=date(2026, 1, 1),
        rate=_nok(700),
        source=f"{_STUDY}; https://juridika.no/no/forskrift/1989-07-14-562/kapittel_1",
    ),
    CollectionRate(
        id="inkassosats",
        edition="FOR-2025-12-19-2709",
        valid_from=date(2026, 1, 1),
        valid_to=KNOWN_TO,
        rate=_nok(750),
        source=f"{_STUDY}; two public rate tables agree",
    ),
)

# Until 2020-09-30 the shares were twice as high, and claims due by then kept them. We know no more about that time, so
# nothing is charged for letters before it, and the lower share counts for every letter after it.
_SHARES_FROM = date(2020, 10, 1)
_SHARES_SOURCE = (
    "inkassoforskriften § 1-2 (https://juridika.no/no/forskrift/1989-07-14-562/kapittel_1, read 2026-11-23); first "
    "day: https://sergel.no/endringer-i-purregebyr-og-inkassosalaer-fra-1-oktober-2020/"
)


def _share(letter: LetterKind, twentieths: int) -> FeeShare:
    return FeeShare(
        id=f"fee-{letter.value.replace('_', '-')}",
        edition="2020-10-01",
        valid_from=_SHARES_FROM,
        valid_to=KNOWN_TO,
        regime_id="inkassolov-1988",
        letter=letter,
        twentieths=twentieths,
        source=_SHARES_SOURCE,
    )


FEE_SHARES: tuple[FeeShare, ...] = (
    _share(LetterKind.REMINDER, 1),
    _share(LetterKind.COLLECTION_NOTICE, 1),
    _share(LetterKind.PAYMENT_DEMAND, 3),
)


def _half_year(
    year: int, half: int, rate_bp: int, compensation_nok: int, *, edition: str, source: str, verified: bool = True
) -> HalfYear:
    """The first or second half of a year."""
    return HalfYear(
        id="forsinkelsesrente",
        edition=edition,
        valid_from=date(year, 1, 1) if half == 1 else date(year, 7, 1),
        valid_to=date(year, 7, 1) if half == 1 else date(year + 1, 1, 1),
        rate_bp=rate_bp,
        compensation=_nok(compensation_nok),
        source=source,
        verified=verified,
    )


_GOVERNMENT_2024 = (
    "https://www.regjeringen.no/no/aktuelt/forsinkelsesrente-og-standardkompensasjon-fra-1.-januar-2024/id3019071/"
)

HALF_YEARS: tuple[HalfYear, ...] = (
    _half_year(2024, 1, 1250, 470, edition="2024-01-01", source=_GOVERNMENT_2024),
    _half_year(2024, 2, 1250, 460, edition="FOR-2024-06-26-1320", source=_STUDY, verified=False),
    _half_year(
        2025, 1, 1250, 470, edition="FOR-2024-12-19-3279", source="its text in a copy from Lovdata, read 2026-11-23"
    ),
    _half_year(2025, 2, 1225, 460, edition="FOR-2025-06-23-1321", source=_STUDY, verified=False),
    _half_year(2026, 1, 1200, 460, edition="FOR-2025-12-18-2658", source=f"{_STUDY}; a second rate table agrees"),
    _half_year(2026, 2, 1225, 430, edition="FOR-2026-06-25-1372", source=f"{_STUDY}; a second rate table agrees"),
)

NORWAY: Final = Law(regimes=REGIMES, collection_rates=COLLECTION_RATES, fee_shares=FEE_SHARES, half_years=HALF_YEARS)


def _rule(rule_id: str, statute: str, text: str, edition: str = _READ_ON) -> tuple[str, Rule]:
    return rule_id, Rule(id=rule_id, edition=edition, text=text, statute=statute)


RULES: dict[str, Rule] = dict(
    (
        _rule("N1", "inkassoforskriften § 1-2", "A reminder or collection notice bears a fee from day 14 after due."),
        _rule(
            "N2",
            "inkassoforskriften § 1-3",
            "At most two of them bear a fee: two reminders, or a reminder and then a collection notice. The second "
            "only after a missed deadline of 14 days or more, set in the first reminder.",
        ),
        _rule("N3", "inkassoforskriften § 1-3", "The count starts anew 6 months after the last letter with a fee."),
        _rule(
            "N4",
            "inkassoloven § 9",
            "A collection notice is written, sent after due, says clearly that collection follows, and sets a deadline "
            "of 14 days or more from sending.",
        ),
        _rule("N5", "inkassoforskriften § 1-2", "A letter with a fee says the amount and what the claim concerns."),
        _rule("N6", "inkassoloven § 17", "All charges and letters stop when the customer objects with reason."),
        _rule(
            "N7",
            "forsinkelsesrenteloven § 4",
            "A consumer pays no compensation, and nothing beyond inkassoloven §§ 17–20.",
        ),
        _rule(
            "N8",
            "forsinkelsesrenteloven § 3a; inkassoforskriften §§ 1-5, 2-6",
            "Between businesses a compensation (EUR 40 in kroner) is owed once late, without a reminder; fees are part "
            "of it and don't come on top.",
        ),
        _rule(
            "N9",
            "forsinkelsesrenteloven §§ 2–3; Lovavdelingen 2006-06-26 on days in a year",
            "Late interest is simple, by the day, 1/365 or in a leap year 1/366 of the yearly rate; rates change on 1 "
            "January and 1 July; it is shown apart from the principal.",
        ),
        _rule("N10", "inkassoloven § 3a", "Electronic letters are allowed if they are sent in a secure way."),
        _rule(
            "N11",
            "inkassoforskriften §§ 1-2, 1-3",
            "A creditor's own payment demand bears a fee, once, after a missed deadline of 14 days or more that was "
            "set in a reminder or collection notice.",
            edition="2026-11-23",
        ),
    )
)
"""What the statutes say, in our words; N5 and N10 bind whoever writes and sends a letter."""

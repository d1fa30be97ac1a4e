"""Limits: what each allows, on both sides of its edge, and that nothing permitted ever breaks one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.rulebook.ceilings import OVERRIDABLE
from purring.domain.rulebook.limit_rows import LIMITS
from purring.domain.rulebook.limits import NEVER, Limit, Note, Permit, Scope, Use, limits_for, permit, usage
from purring.domain.rulebook.tables import BANK_SCHEMES

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TODAY = NOW.date()
TICK = timedelta(microseconds=1)
DAY = timedelta(hours=24)
IDS = [f"{limit.id}@{limit.edition}" for limit in LIMITS]
ROLLING = [limit for limit in LIMITS if not limit.counts_from_first]
ANCHORED = [limit for limit in LIMITS if limit.counts_from_first]


def _use(at: datetime, amount_minor: int = 9900, currency: str = "NOK", invoice_id: str = "inv_1") -> Use:
    return Use(at=at, amount_minor=amount_minor, currency=currency, invoice_id=invoice_id)


def _ask(limits: Sequence[Limit], uses: Sequence[Use], at: datetime = NOW, *, automatic: bool = True) -> Permit:
    """When another attempt for the invoice of `_use` is permitted."""
    return permit(limits, uses, amount_minor=9900, currency="NOK", invoice_id="inv_1", automatic=automatic, at=at)


def _full(limit: Limit, count: int | None = None) -> list[Use]:
    """As many uses as a limit allows, a minute apart, the first at `NOW`."""
    return [_use(NOW + timedelta(minutes=n)) for n in range(limit.attempts_max if count is None else count)]


# ---------------------------------------------------------------------------------------------------------------------
# The rows


@pytest.mark.parametrize("scheme", ["visa", "mastercard", "amex", "", "ach", "bacs", "sepa"])
def test_the_limits_of_each_scheme(scheme: str) -> None:
    """A card is held by our ceilings and its network's limits, a bank account by its scheme's alone, and by some."""
    held_by = {limit.scheme for limit in limits_for(scheme, TODAY)}
    least, most = ({scheme}, {scheme}) if scheme in BANK_SCHEMES else ({"*"}, {"*", scheme})
    assert least <= held_by <= most


def test_editions_of_a_limit_do_not_overlap() -> None:
    """The rows of one limit follow one another, and no edition of it stands twice."""
    assert len(IDS) == len(set(IDS))
    for name in {limit.id for limit in LIMITS}:
        rows = sorted((limit for limit in LIMITS if limit.id == name), key=lambda limit: limit.valid_from)
        for older, newer in pairwise(rows):
            assert older.valid_to == newer.valid_from


def test_our_ceilings_were_below_the_networks_when_they_were_chosen() -> None:
    """Whoever keeps to our ceilings keeps to every limit that networks had by then (docs/decisions/0010)."""
    own = {(limit.scope, limit.window): limit.attempts_max for limit in LIMITS if limit.id in OVERRIDABLE}
    chosen_on = date(2026, 11, 23)
    for limit in LIMITS:
        if limit.scheme in {"visa", "mastercard"} and limit.valid_from <= chosen_on:
            assert own[limit.scope, limit.window] <= limit.attempts_max


def test_a_limit_without_room_or_window_is_a_bug() -> None:
    """A limit that would forbid everything, or has no window of whole days, can't be written down."""
    with pytest.raises(AssertionError, match="would forbid everything"):
        replace(LIMITS[0], attempts_max=0)
    with pytest.raises(AssertionError, match="has no window"):
        replace(LIMITS[0], window=timedelta())
    with pytest.raises(AssertionError, match="is not in whole days"):
        replace(LIMITS[0], window=timedelta(hours=25))


# ---------------------------------------------------------------------------------------------------------------------
# Both sides of each limit


@pytest.mark.parametrize("limit", LIMITS, ids=IDS)
def test_up_to_the_limit_is_permitted(limit: Limit) -> None:
    """One use less than a limit allows leaves room for another at once."""
    uses = _full(limit, limit.attempts_max - 1)
    asked_at = uses[-1].at if uses else NOW
    assert Permit(at=asked_at) == _ask([limit], uses, asked_at)


@pytest.mark.parametrize("limit", ROLLING, ids=[f"{limit.id}@{limit.edition}" for limit in ROLLING])
def test_a_full_window_delays_until_its_first_use_leaves(limit: Limit) -> None:
    """A full limit permits the next attempt at the instant the oldest use that fills it has left, and not before."""
    uses = _full(limit)
    opens_at = NOW + limit.window
    expected = Note(
        rule_id=limit.id,
        edition=limit.edition,
        used=limit.attempts_max,
        allowed=limit.attempts_max,
        unit=limit.scope,
        window_days=round(limit.window.total_seconds() / 86_400),
        counts_from_first=False,
        opens_at=opens_at,
        text=limit.wording,
        scheme=limit.scheme,
    )
    for asked_at in (uses[-1].at, opens_at - TICK):
        assert Permit(at=opens_at, notes=(expected,)) == _ask([limit], uses, asked_at)
    assert Permit(at=opens_at) == _ask([limit], uses, opens_at)


@pytest.mark.parametrize("limit", ANCHORED, ids=[f"{limit.id}@{limit.edition}" for limit in ANCHORED])
def test_a_debit_is_presented_so_often_and_so_long(limit: Limit) -> None:
    """A bank debit may be presented again until the last instant of the window, and never more often than allowed."""
    once = _full(limit, 1)
    last_at = NOW + limit.window
    assert Permit(at=last_at) == _ask([limit], once, last_at)
    late = _ask([limit], once, last_at + TICK)
    assert NEVER == late.at
    assert late.notes[0].describe().endswith(f": 1 of {limit.attempts_max} used; no further attempt is allowed")
    full = _ask([limit], _full(limit), NOW + DAY)
    assert NEVER == full.at
    assert (limit.attempts_max, None) == (full.notes[0].used, full.notes[0].opens_at)


@pytest.mark.parametrize("limit", LIMITS, ids=IDS)
def test_only_what_the_scope_names_is_counted(limit: Limit) -> None:
    """Another amount or currency leaves a limit per amount alone, another invoice a limit per invoice."""
    full = _full(limit)
    at = full[-1].at
    counted = {
        "amount": _ask([limit], [replace(use, amount_minor=9901) for use in full], at).at > at,
        "currency": _ask([limit], [replace(use, currency="SEK") for use in full], at).at > at,
        "invoice": _ask([limit], [replace(use, invoice_id="inv_2") for use in full], at).at > at,
    }
    of_amount = limit.scope is not Scope.CARD_AMOUNT
    assert {"amount": of_amount, "currency": of_amount, "invoice": limit.scope is not Scope.INVOICE} == counted


def test_a_customer_is_not_held_back_by_the_daily_limit_but_counts() -> None:
    """A customer may pay on the day of a declined retry; the next automatic one waits a day from then."""
    limits = limits_for("visa", TODAY)
    uses = [_use(NOW)]
    paid_at = NOW + timedelta(hours=1)
    assert paid_at == _ask(limits, uses, paid_at, automatic=False).at
    assert paid_at + DAY == _ask(limits, [*uses, _use(paid_at)], paid_at).at


def test_nine_attempts_on_a_card_hold_back_everybody() -> None:
    """The hard ceiling of a card holds for a customer's own attempt too, whatever the amounts were."""
    uses = [_use(NOW + timedelta(minutes=n), amount_minor=100 + n) for n in range(9)]
    refused = _ask(limits_for("amex", TODAY), uses, uses[-1].at, automatic=False)
    assert Permit(at=NOW + DAY, notes=refused.notes) == refused
    assert ["card-24h"] == [note.rule_id for note in refused.notes]


def test_a_use_that_has_left_the_window_counts_no_more() -> None:
    """Nine attempts within a day hold the tenth until the oldest of these nine leaves, whatever came before them."""
    uses = [
        _use(NOW - 30 * DAY, amount_minor=1),
        *(_use(NOW + n * timedelta(hours=1), amount_minor=n) for n in range(9)),
    ]
    assert NOW + DAY == _ask(limits_for("amex", TODAY), uses, uses[-1].at).at


def test_of_two_windows_from_the_first_attempt_the_shorter_closes() -> None:
    """A merchant's stricter row beside the scheme's holds, in whichever order they stand."""
    (bacs,) = limits_for("bacs", TODAY)
    own = replace(bacs, id="own", window=7 * DAY)
    for limits in ([own, bacs], [bacs, own]):
        assert NOW + 7 * DAY == _ask(limits, [_use(NOW)], NOW + 7 * DAY).at
        refused = _ask(limits, [_use(NOW)], NOW + 7 * DAY + TICK)
        assert (NEVER, ["own"]) == (refused.at, [note.rule_id for note in refused.notes])


def test_the_latest_of_several_limits_counts() -> None:
    """When two limits hold an attempt back, it waits for the later one, and both say so."""
    uses = [_use(NOW + n * DAY) for n in range(15)]
    delayed = _ask(limits_for("mastercard", TODAY), uses, uses[-1].at + timedelta(hours=1))
    assert NOW + 30 * DAY == delayed.at
    assert ["card-amount-24h", "card-amount-30d"] == [note.rule_id for note in delayed.notes]


def test_a_delay_beyond_the_last_day_of_a_debit_is_never() -> None:
    """A stricter rolling limit of a merchant's that pushes an attempt past a scheme's window closes it for good."""
    weekly = replace(LIMITS[0], id="own", attempts_max=1, window=29 * DAY)
    bacs = limits_for("bacs", TODAY)
    refused = _ask([weekly, *bacs], [_use(NOW)], NOW + DAY)
    assert NEVER == refused.at
    assert ["own", "bacs-invoice-28d"] == [note.rule_id for note in refused.notes]
    delayed = _ask([replace(weekly, window=27 * DAY), *bacs], [_use(NOW)], NOW + DAY)
    assert (NOW + 27 * DAY, ["own"]) == (delayed.at, [note.rule_id for note in delayed.notes])


def test_a_day_is_24_hours_when_the_clocks_change() -> None:
    """On the night the clocks go back in Oslo, the window still opens 24 hours later, at another local time."""
    used_at = datetime(2026, 10, 24, 8, tzinfo=UTC)
    opens_at = datetime(2026, 10, 25, 8, tzinfo=UTC)
    assert opens_at == _ask(limits_for("visa", TODAY), [_use(used_at)], used_at + timedelta(hours=1)).at


# ---------------------------------------------------------------------------------------------------------------------
# What operators read


def test_usage_tells_what_every_limit_has_used() -> None:
    """Each limit says how much of it is used, and from when on it has room."""
    uses = [_use(NOW - 31 * DAY), *(_use(NOW - timedelta(days=9 - n)) for n in range(9))]
    notes = usage(limits_for("visa", TODAY), uses, amount_minor=9900, currency="NOK", invoice_id="inv_1", at=NOW)
    assert [
        "Our ceiling of one attempt per card and amount in 24 hours: 0 of 1 used",
        "Our ceiling of 9 attempts per card in 24 hours: 0 of 9 used",
        "Our ceiling of 15 attempts per card and amount in 30 days: 9 of 15 used",
        "Visa allows 20 attempts per card and amount in 30 days: 9 of 20 used",
    ] == [note.describe() for note in notes]
    assert {NOW} == {note.opens_at for note in notes}


def test_a_full_limit_says_when_it_opens() -> None:
    """A delay is told with the figures it saw and the instant, in UTC."""
    full = [_use(NOW + n * DAY) for n in range(15)]
    delayed = _ask(limits_for("visa", TODAY), full, NOW + 20 * DAY)
    (note,) = delayed.notes
    assert (
        "Our ceiling of 15 attempts per card and amount in 30 days: 15 of 15 used; "
        "the window opens on 2026-12-23 10:00 UTC"
    ) == note.describe()


# ---------------------------------------------------------------------------------------------------------------------
# Whatever happened before

schemes = st.sampled_from(["visa", "mastercard", "amex", "ach", "sepa", "bacs", ""])
rushed = st.timedeltas(timedelta(), timedelta(hours=3))
gaps = st.one_of(
    rushed,
    st.timedeltas(timedelta(), timedelta(days=4)),
    st.sampled_from([timedelta(), TICK, DAY, DAY - TICK, DAY + TICK, 7 * DAY]),
)
kinds = st.tuples(st.sampled_from([100, 9900]), st.sampled_from(["NOK", "EUR"]), st.sampled_from(["inv_1", "inv_2"]))
wishes = st.lists(st.tuples(gaps, kinds, st.booleans()), min_size=1, max_size=60)


def _permitted(limits: Sequence[Limit], uses: Sequence[Use], kind: tuple[int, str, str], at: datetime) -> Permit:
    amount, currency, invoice = kind
    return permit(limits, uses, amount_minor=amount, currency=currency, invoice_id=invoice, automatic=True, at=at)


def _counted(limit: Limit, use: Use, others: Sequence[Use]) -> list[Use]:
    """The uses that a limit counts together with one, told in the words of its scope."""
    what: dict[Scope, Callable[[Use], object]] = {
        Scope.CARD: lambda _: True,
        Scope.CARD_AMOUNT: lambda one: (one.amount_minor, one.currency),
        Scope.INVOICE: lambda one: one.invoice_id,
    }
    told = what[limit.scope]
    return [other for other in others if told(other) == told(use)]


def _is_broken(limit: Limit, use: Use, uses: Sequence[Use]) -> bool:
    """Whether a use broke a limit, counted by brute force over every earlier use."""
    counted = [other for other in _counted(limit, use, uses) if other.at <= use.at]
    if limit.counts_from_first:
        return len(counted) > limit.attempts_max or use.at > counted[0].at + limit.window
    return len([other for other in counted if other.at > use.at - limit.window]) > limit.attempts_max


@given(schemes, wishes)
def test_what_is_permitted_never_breaks_a_limit(
    scheme: str, asked: list[tuple[timedelta, tuple[int, str, str], bool]]
) -> None:
    """Sixty attempts at whatever times, by us and by customers, each made when permitted: no limit is ever exceeded."""
    limits, uses, clock = limits_for(scheme, TODAY), list[Use](), NOW
    for gap, (amount, currency, invoice), automatic in asked:
        clock += gap
        at = permit(
            limits, uses, amount_minor=amount, currency=currency, invoice_id=invoice, automatic=automatic, at=clock
        ).at
        if at == NEVER:
            continue
        clock = at
        uses.append(Use(at=at, amount_minor=amount, currency=currency, invoice_id=invoice))
        held = [limit for limit in limits if automatic or not limit.automatic_only]
        assert [] == [limit.id for limit in held if _is_broken(limit, uses[-1], uses)]


histories = st.one_of([st.lists(st.tuples(gap, kinds), max_size=60) for gap in (rushed, gaps)]).map(
    lambda steps: [
        Use(at=NOW + sum((gap for gap, _ in steps[: n + 1]), timedelta()), amount_minor=a, currency=c, invoice_id=i)
        for n, (_, (a, c, i)) in enumerate(steps)
    ]
)
moments = st.one_of(st.timedeltas(timedelta(), 4 * DAY), st.timedeltas(-3 * DAY, 200 * DAY)).map(
    lambda since: NOW + since
)


@given(schemes, histories, kinds, moments)
def test_a_permit_only_delays(scheme: str, uses: list[Use], kind: tuple[int, str, str], at: datetime) -> None:
    """It is never earlier than asked, says why when it is later, and asking again at its instant changes nothing."""
    limits = limits_for(scheme, TODAY)
    answer = _permitted(limits, uses, kind, at)
    assert at <= answer.at
    assert (answer.at > at) == bool(answer.notes)
    assert all(note.is_full for note in answer.notes)
    if answer.at != NEVER:
        assert Permit(at=answer.at) == _permitted(limits, uses, kind, answer.at)


@given(schemes, histories, kinds, moments)
def test_a_permit_is_the_earliest(scheme: str, uses: list[Use], kind: tuple[int, str, str], at: datetime) -> None:
    """An instant before it would break a limit, and so would any if it is `NEVER`: no delay is longer than demanded."""
    limits, past = limits_for(scheme, TODAY), [use for use in uses if use.at <= at]
    answer = _permitted(limits, past, kind, at)
    if answer.at > at:
        amount, currency, invoice = kind
        early_at = at if answer.at == NEVER else answer.at - TICK
        early = Use(at=early_at, amount_minor=amount, currency=currency, invoice_id=invoice)
        assert any(_is_broken(limit, early, [*past, early]) for limit in limits)


@given(schemes, histories, kinds, moments)
def test_one_more_use_never_hastens(scheme: str, uses: list[Use], kind: tuple[int, str, str], at: datetime) -> None:
    """Whatever else was attempted, the next attempt is not permitted earlier for it."""
    limits = limits_for(scheme, TODAY)
    for n in range(len(uses)):
        assert _permitted(limits, uses[:n], kind, at).at <= _permitted(limits, uses[: n + 1], kind, at).at


@given(histories, kinds, moments)
def test_one_more_limit_never_hastens(uses: list[Use], kind: tuple[int, str, str], at: datetime) -> None:
    """A merchant's own stricter row, or a network's, can only delay further."""
    common = limits_for("amex", TODAY)
    own = replace(LIMITS[0], id="own", scope=Scope.INVOICE, attempts_max=2, window=10 * DAY)
    assert _permitted(common, uses, kind, at).at <= _permitted([*common, own], uses, kind, at).at

"""The models behind the demo: dice, timeline, issuer, population."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from purring.clock import SeededIds, VirtualClock
from purring.demo import places, shares
from purring.demo.dice import Dice
from purring.demo.issuer import script_for
from purring.demo.population import Buyer, Catalog, buyers
from purring.demo.timeline import Timeline
from purring.demo.world import STARTS_AT
from purring.domain.decline import DeclineReason
from purring.domain.ids import MerchantId
from purring.domain.merchant import Merchant
from purring.domain.policy import Policy
from purring.domain.subscription import SubscriptionStatus
from purring.gateways.sandbox.script import Approve, Decline, DeclineFor, Final, SettleLater, parse_answer

SEEDS = st.integers(min_value=0, max_value=2**32)
SCHEMES = st.sampled_from(["visa", "mastercard", "amex", "sepa", "ach", "bacs"])


def some_buyers(count: int, seed: int = 1) -> list[Buyer]:
    """Made-up customers of a merchant in Oslo."""
    merchant = Merchant(
        id=MerchantId("mer_1"), name="Nordlys", timezone="Europe/Oslo", locale="en", support_email="", policy=Policy()
    )
    catalog = Catalog(merchant=merchant, ids=SeededIds(VirtualClock(STARTS_AT), seed))
    return buyers(catalog, seed, count, STARTS_AT)


@given(SEEDS, st.dictionaries(st.text(), st.floats(min_value=0.01, max_value=100), min_size=1))
def test_a_throw_shows_one_of_the_faces_and_repeats_itself(seed: int, chances: dict[str, float]) -> None:
    """Whatever the shares, a face is picked, and the same dice pick the same one."""
    picked = Dice(seed, "about").pick(chances)
    assert picked in chances
    assert picked == Dice(seed, "about").pick(chances)


@given(SEEDS, st.integers(-50, 50), st.integers(0, 50))
def test_a_number_lies_between_its_ends(seed: int, least: int, width: int) -> None:
    """Both ends can be thrown, nothing beyond them."""
    assert least <= Dice(seed).between(least, least + width) <= least + width


def test_faces_come_as_often_as_their_shares() -> None:
    """Of ten thousand throws, three in four show the face that has three quarters."""
    dice = Dice(1, "often")
    thrown = Counter(dice.pick({"often": 3, "seldom": 1}) for _ in range(10_000))
    assert 7_300 <= thrown["often"] <= 7_700


@given(st.lists(st.integers(0, 20)), st.integers(0, 20))
def test_deeds_are_done_in_order_and_once(hours: list[int], until: int) -> None:
    """What is due is done by time, then by the order in which it was planned; the rest waits."""
    start = datetime(2026, 3, 2, tzinfo=UTC)
    timeline = Timeline()
    done: list[tuple[int, int]] = []
    for number, hour in enumerate(hours):
        timeline.put(start + timedelta(hours=hour), partial(done.append, (hour, number)))
    expected = sorted((hour, number) for number, hour in enumerate(hours) if hour <= until)
    assert len(expected) == timeline.do_due(start + timedelta(hours=until))
    assert expected == done
    later = [hour for hour in hours if hour > until]
    assert (start + timedelta(hours=min(later)) if later else None) == timeline.next_at()


@given(SEEDS, SCHEMES, st.floats(0, 1))
def test_every_script_is_in_the_sandboxes_words(seed: int, scheme: str, trouble: float) -> None:
    """Each answer can be played, and what comes afterwards too."""
    script = script_for(Dice(seed), scheme, trouble)
    assert all(parse_answer(answer) for answer in script.answers)
    assert not script.afterwards or isinstance(parse_answer(script.afterwards), Final)


@given(SEEDS, SCHEMES)
def test_a_method_without_trouble_declines_nothing(seed: int, scheme: str) -> None:
    """A chance of nought opens no failing spell."""
    answers = [parse_answer(answer) for answer in script_for(Dice(seed), scheme, 0.0).answers]
    assert not any(isinstance(answer, Decline | DeclineFor) for answer in answers)
    assert not any(isinstance(answer, SettleLater) and not isinstance(answer.then, Approve) for answer in answers)


def test_first_charges_fail_about_as_published() -> None:
    """The share of first attempts that fail lies in the published range, and lack of funds leads the reasons."""
    firsts = [buyer.wallets[0].script.answers[0] for buyer in some_buyers(3_000)]
    failed = [answer for answer in firsts if "decline" in answer or "advice" in answer or "action" in answer]
    assert 0.05 <= len(failed) / len(firsts) <= 0.18
    funds = sum(DeclineReason.INSUFFICIENT_FUNDS in answer or " 51 " in answer for answer in failed)
    assert 0.38 <= funds / len(failed) <= 0.60


def test_the_published_mix_adds_up() -> None:
    """The shares of card declines are per cent: together a hundred, but for the source's rounding."""
    assert 99 <= sum(shares.CARD_DECLINES.values()) <= 101


def test_customers_differ_in_everything_the_issue_names() -> None:
    """Countries, currencies with and without decimals, languages, cards and accounts, intervals, trials, backups."""
    found = some_buyers(1_000)
    methods = [wallet.method for buyer in found for wallet in buyer.wallets]
    assert {place.country for place in places.PLACES} == {buyer.customer.country for buyer in found}
    assert {"JPY", "ISK", "NOK", "EUR"} <= {buyer.subscription.price.unit_amount.currency for buyer in found}
    assert {"en", "nb"} == {person.locale for buyer in found for person in buyer.customer.people}
    assert {"visa", "mastercard", "amex", "sepa", "ach", "bacs"} == {method.scheme for method in methods}
    assert {"week", "month", "year"} == {buyer.subscription.price.interval.unit.value for buyer in found}
    assert {SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING} == {b.subscription.status for b in found}
    assert any(buyer.subscription.backup_method_id for buyer in found)
    assert len(methods) == len({method.token for method in methods}) == len({method.fingerprint for method in methods})

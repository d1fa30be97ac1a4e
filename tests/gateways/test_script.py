"""Scripts: the words are read and written back, wrong ones are refused with the right ones, and faults pass."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.decline import Answer, DeclineClass, DeclineReason, classify
from purring.domain.errors import InvalidInput
from purring.domain.money import Money
from purring.domain.rulebook.codes import Kind
from purring.domain.rulebook.tables import TABLES
from purring.gateways.sandbox.reasons import codes_for, networks
from purring.gateways.sandbox.script import (
    BANK_SCHEMES,
    CARD_NETWORKS,
    FAULTS,
    PROFILES,
    WORDS,
    Approve,
    AskCustomer,
    Decline,
    DeclineFor,
    Final,
    FindUnknown,
    RefuseWork,
    ScriptedAnswer,
    SettleLater,
    Throttle,
    TimeOut,
    answer_text,
    parse_answer,
)
from purring.gateways.sandbox.scripts import Script, step

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def _raw(network: str, code: str, advice: str | None = None) -> Decline:
    return Decline(answer=Answer(gateway="sandbox", network=network, raw_code=code, advice_code=advice))


READINGS = {
    "approve": Approve(),
    "approve 10.00 USD": Approve(captured=Money(1_000, "USD")),
    "decline insufficient_funds": DeclineFor(reason=DeclineReason.INSUFFICIENT_FUNDS),
    "visa 51": _raw("visa", "51"),
    "mastercard 05 advice 24": _raw("mastercard", "05", "24"),
    "ach R01": _raw("ach", "R01"),
    "sepa am04": _raw("sepa", "AM04"),
    "bacs 0": _raw("bacs", "0"),
    "stripe insufficient_funds": Decline(
        answer=Answer(gateway="stripe", network="", gateway_code="insufficient_funds")
    ),
    "timeout before": TimeOut(),
    "timeout after": TimeOut(then=Approve()),
    "timeout then visa 51": TimeOut(then=_raw("visa", "51")),
    "pending 3 days": SettleLater(days=3),
    "pending 1 day then approve": SettleLater(days=1),
    "pending 3 days then sepa AM04": SettleLater(days=3, then=_raw("sepa", "AM04")),
    "action required": AskCustomer(),
    "action required then visa 51": AskCustomer(then=_raw("visa", "51")),
    "unavailable": RefuseWork(),
    "unavailable 3 times": RefuseWork(times=3),
    "unavailable 2 hours": RefuseWork(lasting=timedelta(hours=2)),
    "rate limited": Throttle(),
    "rate limited 45 seconds": Throttle(retry_after=timedelta(seconds=45)),
    "find unknown 3 times": FindUnknown(times=3),
    "find unknown": FindUnknown(times=1),
    "  visa   51 ": _raw("visa", "51"),
}


@pytest.mark.parametrize(("text", "answer"), READINGS.items())
def test_words_are_read(text: str, answer: ScriptedAnswer) -> None:
    """Each form of the language means what its words say."""
    assert answer == parse_answer(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "aprove",
        "approve 10 usd",
        "visa",
        "visa 51 advice",
        "visacard 51",
        "pending",
        "pending 0 days",
        "pending 400 days",
        "pending 3 days then pending 3 days",
        "timeout",
        "timeout then timeout after",
        "decline of_the_west",
        "unavailable 0 times",
        "unavailable 100000 days",
        "approve 10.001 USD",
        "approve 10.00 XXX",
        "approve 0.00 USD",
        "approve -1.00 USD",
        "visa \N{ARABIC-INDIC DIGIT FIVE}1",
        "approve\x00",
    ],
)
def test_words_that_mean_nothing_are_refused(text: str) -> None:
    """What isn't in the language is an InvalidInput with a remedy, never a guess."""
    with pytest.raises(InvalidInput) as refused:
        parse_answer(text)
    assert len(refused.value.message) > len(text)


def test_a_refusal_names_the_words_that_are_allowed() -> None:
    """Whoever mistypes sees the whole language, and for a reason the list of reasons."""
    with pytest.raises(InvalidInput) as refused:
        parse_answer("visa_51")
    assert all(words in refused.value.message for words in WORDS)
    with pytest.raises(InvalidInput, match=r"insufficient_funds.*unknown"):
        parse_answer("decline whatever")


codes = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=3)
finals: st.SearchStrategy[Final] = st.one_of(
    st.just(Approve()),
    st.builds(Approve, captured=st.builds(Money, st.integers(1, 10**12), st.sampled_from(["USD", "JPY", "BHD"]))),
    st.builds(DeclineFor, reason=st.sampled_from(DeclineReason)),
    st.builds(_raw, st.sampled_from(CARD_NETWORKS), codes, st.none() | codes),
    st.builds(_raw, st.sampled_from(BANK_SCHEMES), codes),
    st.builds(
        Decline, answer=st.builds(Answer, gateway=st.sampled_from(PROFILES), network=st.just(""), gateway_code=codes)
    ),
)
seconds = st.integers(1, 86_400).map(lambda count: timedelta(seconds=count))
answers: st.SearchStrategy[ScriptedAnswer] = st.one_of(
    finals,
    st.builds(TimeOut, then=st.none() | finals),
    st.builds(SettleLater, days=st.integers(1, 366), then=finals),
    st.builds(AskCustomer, then=finals),
    st.builds(RefuseWork, times=st.integers(1, 5)),
    st.builds(RefuseWork, lasting=seconds),
    st.builds(Throttle, retry_after=seconds),
    st.builds(FindUnknown, times=st.integers(1, 5)),
)


@given(answer=answers)
def test_every_answer_is_written_as_it_is_read(answer: ScriptedAnswer) -> None:
    """`parse_answer` and `answer_text` are inverses, so that the ledger forgets nothing of a script."""
    assert answer == parse_answer(answer_text(answer))


@given(answer=answers)
def test_only_listed_words_are_written(answer: ScriptedAnswer) -> None:
    """The first word of every answer is one that the list of words knows."""
    first = answer_text(answer).split()[0]
    assert any(first in line for line in WORDS)


def _play(script: Script, count: int) -> list[ScriptedAnswer]:
    played = []
    for _ in range(count):
        taken = step(script, NOW)
        played.append(taken.answer)
        script = taken.script
    return played


@given(listed=st.lists(answers, max_size=6))
def test_a_script_is_played_in_its_order(listed: list[ScriptedAnswer]) -> None:
    """Each entry answers one charge, in order; `find` entries answer none, and a refusal that lasts holds all up."""
    script = Script(answers=tuple(listed))
    expected: list[ScriptedAnswer] = []
    for answer in listed:
        if isinstance(answer, FindUnknown):
            continue
        if isinstance(answer, RefuseWork) and answer.lasting is not None:
            expected.append(answer)
            break
        expected += [answer] * (answer.times if isinstance(answer, RefuseWork) else 1)
    assert expected == _play(script, len(expected))


@given(listed=st.lists(answers, max_size=6), afterwards=st.none() | finals)
def test_an_exhausted_script_repeats_no_fault(listed: list[ScriptedAnswer], afterwards: Final | None) -> None:
    """After the last entry comes what was asked for, else the last real answer, else an approval."""
    script = Script(answers=tuple(listed), position=len(listed), afterwards=afterwards)
    real = [answer for answer in listed if not isinstance(answer, FAULTS)]
    expected = afterwards or (real[-1] if real else Approve())
    assert [expected, expected] == _play(script, 2)


def test_a_refusal_that_lasts_ends_in_time() -> None:
    """`unavailable 2 hours` counts from the first charge that meets it, and its end is sharp."""
    script = Script(answers=(RefuseWork(lasting=timedelta(hours=2)), Approve()))
    met = step(script, NOW)
    assert RefuseWork(lasting=timedelta(hours=2)) == met.answer
    assert isinstance(step(met.script, NOW + timedelta(hours=2, seconds=-1)).answer, RefuseWork)
    assert Approve() == step(met.script, NOW + timedelta(hours=2)).answer


def test_what_find_does_not_know_belongs_to_the_charge_before_it() -> None:
    """`timeout after, find unknown 3 times` hides that charge three times, and not the next one."""
    script = Script(answers=(TimeOut(then=Approve()), FindUnknown(times=3), Approve()))
    first = step(script, NOW)
    assert (3, 0) == (first.find_unknown, step(first.script, NOW).find_unknown)


@pytest.mark.parametrize("network", networks())
@pytest.mark.parametrize("reason", DeclineReason)
def test_a_reason_is_turned_into_a_code_that_means_it(reason: DeclineReason, network: str) -> None:
    """`decline REASON` sends a code that our own tables read as that reason, on every network."""
    assert reason is classify(codes_for(reason, network), TODAY).reason


def test_every_class_can_be_reached_by_naming_a_reason() -> None:
    """Each class of decline is what some reason's code means."""
    reached = {classify(codes_for(reason, "visa"), TODAY).decline_class for reason in DeclineReason}
    assert set(DeclineClass) == reached


SPOKEN = {(Kind.RAW, network) for network in networks()} | {(Kind.GATEWAY, profile) for profile in PROFILES}
DOCUMENTED = {
    f"{table.key} {row.code}"
    for table in TABLES
    for row in table.codes
    if (table.kind, table.key) in SPOKEN and row.code.replace("_", "").isalnum()
}


@pytest.mark.parametrize("text", sorted(DOCUMENTED))
def test_every_code_of_the_tables_can_be_scripted(text: str) -> None:
    """Whatever code our tables list can be put into a script and comes out unchanged."""
    answer = parse_answer(text)
    assert isinstance(answer, Decline)
    assert text.lower() == answer_text(answer).lower()

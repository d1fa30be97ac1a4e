"""Classification: what an answer means, who wins when its codes disagree, and what nobody understands."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.decline import STRICTNESS, Answer, DeclineClass, DeclineReason, classify
from purring.domain.rulebook.tables import TABLES, rule_id

TODAY = date(2026, 11, 23)
C = DeclineClass
R = DeclineReason

ROWS = [(table, row) for table in TABLES for row in table.codes if row.code != "*"]


def _answer(
    network: str = "visa",
    *,
    raw: str | None = None,
    advice: str | None = None,
    own: str | None = None,
    gateway: str = "stripe",
) -> Answer:
    return Answer(gateway=gateway, network=network, raw_code=raw, advice_code=advice, gateway_code=own)


@pytest.mark.parametrize(
    ("answer", "reason", "decline_class"),
    [
        # a network's stop beats everything, and everything below beats what follows it
        (_answer("mastercard", advice="21", raw="65", own="insufficient_funds"), R.MANDATE_REVOKED, C.NEVER_RETRY),
        (_answer("mastercard", advice="03", raw="51"), R.GENERIC_DECLINE, C.NEVER_RETRY),
        (_answer("visa", raw="R0", own="fraudulent"), R.STOP_PAYMENT, C.NEVER_RETRY),
        (_answer("visa", raw="57", own="stolen_card"), R.TRANSACTION_NOT_ALLOWED, C.NEVER_RETRY),
        (_answer("mastercard", advice="25", raw="65"), R.AUTHENTICATION_REQUIRED, C.RETRY_AFTER_CUSTOMER_ACTION),
        (_answer(raw="01", own="authentication_required"), R.AUTHENTICATION_REQUIRED, C.RETRY_AFTER_CUSTOMER_ACTION),
        (_answer(raw="51", own="authentication_required"), R.AUTHENTICATION_REQUIRED, C.RETRY_AFTER_CUSTOMER_ACTION),
        (_answer("mastercard", advice="25", raw="61"), R.INSUFFICIENT_FUNDS, C.RETRY_LATER),
        (_answer("sepa", raw="MS02", own="call_issuer"), R.STOP_PAYMENT, C.RETRY_AFTER_CUSTOMER_ACTION),
        (_answer("jcb", raw="01", own="1"), R.CONTACT_ISSUER, C.RETRY_AFTER_CUSTOMER_ACTION),
        (_answer("visa", raw="61", own="insufficient_funds"), R.LIMIT_EXCEEDED, C.RETRY_LATER),
        (_answer("amex", raw="100", own="insufficient_funds"), R.INSUFFICIENT_FUNDS, C.RETRY_LATER),
        (_answer("amex", raw="100"), R.UNKNOWN, C.UNKNOWN),
    ],
)  # fmt: skip
def test_the_order_of_precedence(answer: Answer, reason: DeclineReason, decline_class: DeclineClass) -> None:
    """Stop, authentication, delay, mandate, the network's code, the gateway's, unknown: each step beats the next."""
    verdict = classify(answer, TODAY)
    assert (reason, decline_class) == (verdict.reason, verdict.decline_class)


@pytest.mark.parametrize(
    ("answer", "reason", "decline_class"),
    [
        (_answer("visa", raw="51", own="lost_card"), R.LOST_OR_STOLEN, C.NEVER_RETRY),
        (_answer("visa", raw="54", own="authentication_required"), R.CARD_EXPIRED, C.UPDATE_METHOD),
        (_answer("mastercard", advice="24", raw="54"), R.CARD_EXPIRED, C.UPDATE_METHOD),
        (_answer("mastercard", advice="03", raw="79"), R.GENERIC_DECLINE, C.NEVER_RETRY),
        (_answer("visa", raw="05", own="duplicate_transaction"), R.DUPLICATE, C.UNKNOWN),
        (_answer("visa", raw="00", own="generic_decline"), R.UNKNOWN, C.UNKNOWN),
    ],
)
def test_the_strictest_wins(answer: Answer, reason: DeclineReason, decline_class: DeclineClass) -> None:
    """A weaker source may make an answer stricter, whatever a stronger one says."""
    verdict = classify(answer, TODAY)
    assert (reason, decline_class) == (verdict.reason, verdict.decline_class)


def test_a_telling_reason_is_preferred_to_an_empty_one() -> None:
    """Advice to try later, with a code for want of funds, means: not enough funds, later."""
    verdict = classify(_answer("mastercard", advice="02", raw="51"), TODAY)
    assert R.INSUFFICIENT_FUNDS == verdict.reason
    assert timedelta(hours=72) == verdict.retry_after
    assert ("iso8583:51", "mastercard-advice:02") == verdict.rules


codes = st.sampled_from([row.code for _, row in ROWS] + ["*", "", " ", "Q9", "nonsense"])
answers = st.builds(
    Answer,
    gateway=st.sampled_from(["stripe", "adyen", "braintree", "sandbox", "rapyd"]),
    network=st.sampled_from(["visa", "mastercard", "amex", "ach", "sepa", "bacs", ""]),
    raw_code=st.none() | codes,
    advice_code=st.none() | codes,
    gateway_code=st.none() | codes,
    message=st.text(max_size=20),
)


@given(answers)
def test_no_source_makes_another_looser(answer: Answer) -> None:
    """All codes together are at least as strict as any network code alone that says something itself."""
    together = classify(answer, TODAY)
    spoken = [row for table, row in ROWS if rule_id(table, row) in together.rules]
    assert all(STRICTNESS[row.decline_class or C.UNKNOWN] <= STRICTNESS[together.decline_class] for row in spoken)
    delays = [timedelta(hours=row.delay_hours) for row in spoken if row.delay_hours]
    assert max(delays, default=None) == together.retry_after
    assert together.hard_stop <= (together.decline_class is C.NEVER_RETRY)


@given(answers)
def test_only_a_known_code_permits_a_retry(answer: Answer) -> None:
    """`retry_later` always rests on a row of that class; without any row there is no retry."""
    verdict = classify(answer, TODAY)
    if verdict.decline_class is C.RETRY_LATER:
        assert any(row.decline_class is C.RETRY_LATER for t, row in ROWS if rule_id(t, row) == verdict.rules[0])
    if not verdict.rules:
        assert (R.UNKNOWN, C.UNKNOWN, False) == (verdict.reason, verdict.decline_class, verdict.known)


@given(answers, st.text(max_size=40))
def test_messages_decide_nothing(answer: Answer, message: str) -> None:
    """Two answers that differ only in their text mean the same."""
    other = Answer(
        gateway=answer.gateway,
        network=answer.network,
        raw_code=answer.raw_code,
        advice_code=answer.advice_code,
        gateway_code=answer.gateway_code,
        message=message,
    )
    assert classify(answer, TODAY) == classify(other, TODAY)


def test_case_and_spaces_do_not_matter() -> None:
    """A code is found however it is spaced and cased."""
    assert classify(_answer(raw="R0"), TODAY) == classify(_answer(raw=" r0 "), TODAY)


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        (_answer(raw="51"), True),
        (_answer(raw="51", own="insufficient_funds"), True),
        (_answer(raw="51", own="a_new_code"), False),
        (_answer(raw="Q9"), False),
        (_answer(raw="51", advice="01"), False),
        (_answer(), False),
        (_answer(raw=" "), False),
        (_answer(own="insufficient_funds", gateway="a_new_gateway"), False),
    ],
)
def test_new_codes_are_seen(answer: Answer, known: bool) -> None:  # noqa: FBT001 - a column of the table above
    """An answer is known only if every code in it is listed."""
    assert known == classify(answer, TODAY).known


def test_an_unlisted_code_leaves_the_word_to_the_gateway() -> None:
    """Visa's "any other code" and reserved codes say nothing beside a gateway's code that does."""
    for raw in ("Q9", "45"):
        verdict = classify(_answer(raw=raw, own="insufficient_funds"), TODAY)
        assert (C.RETRY_LATER, ("stripe:insufficient_funds",)) == (verdict.decline_class, verdict.rules)


@pytest.mark.parametrize(
    ("raw", "rule", "decline_class"),
    [("33", "iso8583:33", C.UPDATE_METHOD), ("90", "visa:*", C.UNKNOWN), ("00", "iso8583:00", C.UNKNOWN)],
)
def test_common_meanings_only_tighten_visas(raw: str, rule: str, decline_class: DeclineClass) -> None:
    """A code that Visa doesn't list takes its common meaning only where that is stricter than "any other"."""
    verdict = classify(_answer(raw=raw), TODAY)
    assert ((rule,), decline_class) == (verdict.rules, verdict.decline_class)


def test_unreadable_advice_stops() -> None:
    """Advice of a network whose codes we read, but not this one, may forbid a retry: it stops and asks."""
    verdict = classify(_answer("mastercard", advice="77", raw="51"), TODAY)
    assert (C.UNKNOWN, False) == (verdict.decline_class, verdict.known)


@pytest.mark.parametrize(("raw", "own"), [("51", "7"), ("51", "39")])
def test_a_deferring_code_is_silent_beside_the_networks(raw: str, own: str) -> None:
    """Adyen's vague reasons stop a charge alone, and give way to the network's code."""
    assert C.UNKNOWN == classify(_answer(own=own, gateway="adyen"), TODAY).decline_class
    assert C.RETRY_LATER == classify(_answer(raw=raw, own=own, gateway="adyen"), TODAY).decline_class


@pytest.mark.parametrize(
    ("sent", "meant"), [("01", "mastercard-advice:03"), ("13", "mastercard-advice:29"), ("04", "mastercard-advice:*")]
)
def test_renumbered_advice_is_read_through_the_gateways_profile(sent: str, meant: str) -> None:
    """A gateway that renumbers advice is understood; what its profile lacks is unknown, not the network's code."""
    assert meant == classify(_answer("mastercard", advice=sent, gateway="rapyd"), TODAY).rules[0]


def test_a_stop_of_one_payment_is_not_a_stop_of_the_card() -> None:
    """Visa R0 ends this debt on this card; R1 ends every charge of it."""
    assert [False, True] == [classify(_answer(raw=raw), TODAY).hard_stop for raw in ("R0", "R1")]

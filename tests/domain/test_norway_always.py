"""Whatever is asked about a Norwegian invoice: the answer keeps its word, and no creditor outwits the law by asking."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from purring.domain.calendar import IntervalUnit, add_interval
from purring.domain.customer import CustomerKind
from purring.domain.norway.charges import Allowed, Claim, Letter, NotAllowed
from purring.domain.norway.dunning import letter_fee
from purring.domain.norway.dunning_rows import KNOWN_TO, RULES
from purring.domain.norway.law import LetterKind
from purring.domain.norway.terms import Charge
from tests.domain.make_norway import DAY, FEES, ask, overdue, sent

LETTERS = dict(zip(FEES, LetterKind, strict=True))
RULE_GROUNDS = {rule.id: rule.edition for rule in RULES.values()}


@st.composite
def _claims(draw: st.DrawFn) -> Claim:
    """Any claim with up to five letters of any kind, deadline and fee."""
    due_on = draw(st.dates(date(2024, 1, 1), date(2026, 6, 1)))
    after = sorted(draw(st.lists(st.integers(1, 400), max_size=5)))
    letters = [
        sent(
            due_on + n * DAY,
            draw(st.sampled_from(LetterKind)),
            days=draw(st.none() | st.integers(10, 40)),
            fee=draw(st.sampled_from([0, 35, 38])),
        )
        for n in after
    ]
    debtor, has_objection = draw(st.sampled_from(CustomerKind)), draw(st.booleans())
    return overdue(*letters, due_on=due_on, debtor=debtor, has_objection=has_objection)


@given(_claims(), st.sampled_from(Charge), st.integers(0, 300))
def test_every_answer_can_be_explained_and_keeps_its_day(claim: Claim, charge: Charge, wait: int) -> None:
    """Each decision names rules that exist in their edition and a sentence; the earliest day it names is the first."""
    on = max([claim.due_on, *(letter.sent_on for letter in claim.letters)]) + wait * DAY
    decision = ask(charge, claim, on)
    assert decision.text.endswith(".")
    assert "{" not in decision.text
    if isinstance(decision, Allowed):
        assert decision.grounds
        assert not claim.has_objection
        return
    assert RULE_GROUNDS.get(decision.ground.rule_id, decision.ground.edition) == decision.ground.edition
    if decision.earliest_on is not None and decision.earliest_on < KNOWN_TO:
        assert on < decision.earliest_on
        assert isinstance(ask(charge, claim, decision.earliest_on - DAY), NotAllowed)
        later = ask(charge, claim, decision.earliest_on)
        assert isinstance(later, Allowed) or "norway.fees_cover" == later.message_id


@given(st.lists(st.tuples(st.sampled_from(FEES), st.integers(0, 60), st.integers(10, 30)), max_size=25))
def test_however_often_one_asks_the_law_s_numbers_hold(asked: list[tuple[Charge, int, int]]) -> None:
    """Sending whatever is allowed never sends a fee early, nor three within six months, nor two demands."""
    claim, on = overdue(due_on=date(2024, 1, 10)), date(2024, 1, 11)
    for charge, wait, given_days in asked:
        on = min(on + wait * DAY, KNOWN_TO - DAY)
        if isinstance(decision := ask(charge, claim, on), Allowed):
            kind = LETTERS[charge]
            assert letter_fee(kind, on) == decision.amount
            letter = Letter(kind=kind, sent_on=on, deadline_on=on + given_days * DAY, fee=decision.amount)
            claim = replace(claim, letters=(*claim.letters, letter))
    demands = [letter.sent_on for letter in claim.letters if letter.kind is LetterKind.PAYMENT_DEMAND]
    others = [letter.sent_on for letter in claim.letters if letter.kind is not LetterKind.PAYMENT_DEMAND]
    assert all(sent_on >= date(2024, 1, 24) for sent_on in others)
    for days, apart in ((demands, 1), (others, 2)):
        for earlier, later in zip(days, days[apart:], strict=False):
            assert later >= add_interval(earlier, IntervalUnit.MONTH, 6, 1)
    for first, second in pairwise(others):
        assert second - first > 14 * DAY

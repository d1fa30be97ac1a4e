"""Clauses (behaviour §2): said in words, kept as text, handed out as JSON, and read back to the same sentence."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from purring.domain.clause import TEXTS, Clause, figure_names, kept_clause, named_clause
from purring.domain.decide import person
from purring.domain.policy import Policy
from purring.domain.step import Charge
from tests.domain import make
from tests.domain.make import ISSUED_AT, SILENCE, day, no
from tests.domain.story import Story
from tests.domain.test_histories import crowd_of

CARD = make.method("a", "mastercard")


def _seen() -> list[Clause]:
    """Clauses with every kind of figure, as schedules gave them."""
    full = Story(make.facts(uses={"fp_a": crowd_of(14)})).at(day(0)).work(no())
    stories = [
        full,
        Story(make.facts()).work(no()),
        Story(make.facts()).work(no()).decide(person.pause, day(9)),
        Story(make.facts()).work(no()).at(day(9)),
        Story(make.facts(CARD)).work(no(CARD, advice="30")),
        Story(make.facts()).work(SILENCE),
        Story(make.facts(policy=Policy(window_days=14))).work(no()).decide(person.give_up),
    ]
    plans = [story.plan for story in stories]
    return [step.clause for plan in plans for step in plan.steps] + [plan.barrier for plan in plans if plan.barrier]


SEEN = _seen()


def test_schedules_give_every_kind_of_figure() -> None:
    """Otherwise the tests below would say little."""
    names = {name for clause in SEEN for name in figure_names(clause.id)}
    assert {"invoice_status", "hold", "planned_at", "after", "limits", "policy", "window_days", "number"} <= names


@pytest.mark.parametrize("clause", SEEN, ids=lambda clause: clause.id)
def test_a_clause_that_was_kept_says_the_same(clause: Clause) -> None:
    """Text in, text out."""
    kept = kept_clause(clause.kept)
    assert kept
    assert (clause.id, clause.text) == (kept.id, kept.text)
    assert kept.kept == clause.kept


@pytest.mark.parametrize("clause", SEEN, ids=lambda clause: clause.id)
def test_a_clause_in_json_says_the_same(clause: Clause) -> None:
    """Each figure under its name."""
    plain = json.loads(json.dumps(clause.plain()))
    assert set(figure_names(clause.id)) == set(plain)
    assert clause.text == named_clause(clause.id, plain).text


def test_nothing_kept_is_no_clause() -> None:
    """An attempt from before clauses were kept."""
    assert None is kept_clause(())


def test_a_clause_of_another_version_is_called_by_its_name() -> None:
    """Rather than not be shown at all."""
    assert "card.of_the_future" == Clause("card.of_the_future", (1, 2)).text
    assert "card.of_the_future" not in TEXTS


def test_an_attempt_keeps_why_it_was_not_made_earlier() -> None:
    """The network's delay is over when the charge is made; the attempt still says what it waited for."""
    story = Story(make.facts(CARD)).work(no(CARD, advice="30")).at(ISSUED_AT + timedelta(days=10)).work(no(CARD))
    assert "network.delay" == story.attempt.why[0]
    plain = Story(make.facts()).work(no()).at(day(2)).work(no())
    assert "policy.retry" == plain.attempt.why[0]
    assert any(isinstance(step.action, Charge) for step in plain.plan.steps)

"""A failed charge never costs the customer anything: no journal entry, no charge and no import leads to a fee."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import purring
from purring.domain.attempt import Outcome
from purring.domain.journal import DEBIT_CREDIT, Account, EntryKind
from purring.domain.norway.terms import Charge
from tests.domain.make import CODES, OUTAGE, SILENCE, facts, method, no
from tests.domain.story import Story

PACKAGE = Path(purring.__file__).parent
POLICY_HOLDS = {
    "from purring.domain.norway.kid import KidAgreement",
    "from purring.domain.norway.terms import DunningTerms",
}
DECIDING = sorted([*(PACKAGE / "domain" / "decide").glob("*.py"), *(PACKAGE / "domain").glob("*.py")])


def test_the_journal_has_no_account_for_a_fee() -> None:
    """What a customer owes changes only by what was invoiced, paid, given or taken back: no entry is a fee."""
    owed_more = {kind for kind, (debit, _) in DEBIT_CREDIT.items() if debit is Account.RECEIVABLE}
    assert {
        EntryKind.INVOICED,
        EntryKind.WRITE_OFF_REVERSED,
        EntryKind.REFUNDED,
        EntryKind.CHARGED_BACK,
        EntryKind.PAYMENT_REVERSED,
    } == owed_more
    words = {*Account, *EntryKind}
    assert not [word for word in words if any(part in word for part in ("fee", "interest", "compensation"))]


@pytest.mark.parametrize(
    "outcome", [*(no(kind=kind) for kind in CODES), OUTAGE, SILENCE], ids=[*CODES, "outage", "silence"]
)
def test_no_decline_adds_to_what_is_owed(outcome: Outcome) -> None:
    """Whatever fails and however often, through the whole recovery the customer owes the invoice's total at most."""
    story = Story(facts(method()))
    total_minor = story.invoice.total.minor
    story.until_quiet(outcome, steps_max=400)
    assert story.balance_minor(Account.RECEIVABLE) in {0, total_minor}
    assert {entry.kind for entry in story.entries} <= {EntryKind.INVOICED, EntryKind.WRITTEN_OFF}
    assert total_minor == story.invoice.total.minor


def test_no_charge_is_named_for_an_attempt() -> None:
    """The five charges are for letters, lateness and a business that is late; there is none for a failed charge."""
    assert {"reminder_fee", "collection_notice_fee", "payment_demand_fee", "late_interest", "b2b_compensation"} == {
        charge.value for charge in Charge
    }


@pytest.mark.parametrize("path", DECIDING, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_that_decides_about_attempts_knows_of_fees(path: Path) -> None:
    """No module of the core outside Norway's own imports its law, but for the terms that a policy only holds."""
    nodes = [*ast.walk(ast.parse(path.read_text()))]
    imports = {ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)}
    held = POLICY_HOLDS if path.name == "policy.py" else set()
    assert held == {line for line in imports if "norway" in line}
    assert not [node for node in nodes if isinstance(node, ast.Attribute) and node.attr == "dunning"]

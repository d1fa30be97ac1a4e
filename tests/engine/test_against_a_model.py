"""The engine beside a model of forty lines that knows days, cards and money, and nothing of how the engine works."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from purring.domain.errors import Refused
from purring.domain.invoice import Invoice
from purring.domain.money import Money
from purring.domain.policy import Policy
from purring.domain.subscription import Subscription
from purring.operations import pay, recoveries
from tests.world import FUNDS, Shop, World

RETRY_DAYS = (2, 5, 9)
WINDOW_DAYS = 14
POLICY = Policy(retry="fixed", offsets_days=RETRY_DAYS, window_days=WINDOW_DAYS)
ANSWERS = st.lists(st.sampled_from(["approve", FUNDS, FUNDS, FUNDS, "timeout after"]), min_size=1, max_size=5)
EXAMPLES = max(6, settings().max_examples // 16)
INVOICES_MAX = 6


@dataclass
class Model:
    """One invoice: what its card will still say (the last answer for ever), what was charged, and how it stands."""

    answers: list[str]
    day: int = 0
    retries: list[int] = field(default_factory=lambda: list(RETRY_DAYS))
    charges: int = 0
    captured: bool = False
    status: str = "open"
    access: str = "active"

    def charge(self, answer: str) -> None:
        """Ask for the money: it comes, or the subscription is past due; a time-out hides that it came, for a while."""
        self.charges += 1
        if answer != FUNDS:
            self.captured, self.status, self.access = True, "paid", "active"
        elif self.access == "active":
            self.access = "past_due"

    def charge_card(self) -> None:
        """Ask the card that is tied."""
        self.charge(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])

    def next_day(self) -> None:
        """A retry may fall on it, or the end of the window."""
        self.day += 1
        if self.status != "open" or self.access == "suspended":
            return
        if self.retries and self.retries[0] == self.day:
            self.retries.pop(0)
            self.charge_card()
        elif self.day == WINDOW_DAYS:
            self.access = "suspended"


class Beside(RuleBasedStateMachine):
    """Does the same to both, and compares after each step."""

    template: Path

    @initialize()
    def open_shop(self) -> None:
        """One merchant; every invoice is of another customer, card and amount, so that no ceiling is met."""
        self._directory = tempfile.TemporaryDirectory()
        directory = Path(self._directory.name)
        self.world = World(f"sqlite:///{shutil.copyfile(self.template, directory / 'purring.sqlite3')}", directory)
        self.shop: Shop = self.world.shop(policy=POLICY)
        self.both: list[tuple[Subscription, Invoice, Model]] = []

    def teardown(self) -> None:
        """Everything that must always hold does."""
        broken = self.world.broken()
        self.world.close()
        self._directory.cleanup()
        assert [] == broken

    @precondition(lambda self: len(self.both) < INVOICES_MAX)
    @rule(answers=ANSWERS)
    def sell(self, answers: list[str]) -> None:
        """A year, charged at once."""
        price = self.shop.price(Money(10_000 + 100 * len(self.both), "NOK"), "1 year")
        sold = self.shop.sold(*answers, price=price)
        self._until_all_is_known()
        model = Model(answers=list(answers))
        model.charge_card()
        self.both.append((sold, self.shop.invoice(sold), model))

    @precondition(lambda self: self.both)
    @rule(days=st.integers(1, 6))
    def wait(self, days: int) -> None:
        """Let days pass, each up to one in the afternoon in Oslo, when retries and ends of windows are over."""
        noon = datetime.combine(
            self.world.clock.now().date() + timedelta(days=days), time(12), self.world.clock.now().tzinfo
        )
        self.world.play(seconds=int((noon - self.world.clock.now()).total_seconds()))
        self._until_all_is_known()
        for _, _, model in self.both:
            for _ in range(days):
                model.next_day()

    @precondition(lambda self: self.both)
    @rule(which=st.integers(0, INVOICES_MAX), answer=st.sampled_from(["approve", FUNDS, "timeout after"]))
    def pay_with_another_card(self, which: int, answer: str) -> None:
        """The customer adds a card and pays with it; what is paid or given up can't be paid."""
        sold, invoice, model = self.both[which % len(self.both)]
        card = self.shop.card(self.shop.buyer(sold), answer)
        if model.status != "open":
            with pytest.raises(Refused):
                pay.pay_now(self.world.services, self.shop.id, invoice.id, card.id)
            return
        pay.pay_now(self.world.services, self.shop.id, invoice.id, card.id)
        self._until_all_is_known()
        model.charge(answer)

    @precondition(lambda self: self.both)
    @rule(which=st.integers(0, INVOICES_MAX))
    def record_transfer(self, which: int) -> None:
        """Money that came another way pays as well."""
        _, invoice, model = self.both[which % len(self.both)]
        if model.status == "open":
            recoveries.record_payment(self.world.services, self.shop.id, invoice.id, invoice.total, "bank statement 7")
            model.status, model.access = "paid", "active"

    @precondition(lambda self: self.both)
    @rule(which=st.integers(0, INVOICES_MAX))
    def skip_a_retry(self, which: int) -> None:
        """The next one is left out."""
        _, invoice, model = self.both[which % len(self.both)]
        if model.status == "open" and model.access == "past_due" and model.retries:
            recoveries.skip_next(self.world.services, self.shop.id, invoice.id)
            model.retries.pop(0)

    @invariant()
    def both_agree(self) -> None:
        """As often charged, the same money taken, and the same standing."""
        charged = Counter(one.invoice_id for one in self.world.seen())
        captured = self.world.captured()
        for sold, invoice, model in self.both:
            expected = (model.charges, [invoice.total] * model.captured, model.status, model.access)
            assert expected == (charged[invoice.id], captured.get(invoice.id, []), *self.shop.status(sold))

    def _until_all_is_known(self) -> None:
        """A time-out is asked about after five minutes."""
        self.world.play(minutes=6)


def test_the_engine_does_what_the_model_says(sqlite_template: Path) -> None:
    """Whatever is sold, whatever cards say, however long nobody looks."""
    Beside.template = sqlite_template
    run_state_machine_as_test(Beside, settings=settings(max_examples=EXAMPLES, stateful_step_count=12))

"""No cap, delay or stop is ever broken: judged from the provider's ledger, by rules written down once more."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from purring.domain.errors import PurringError
from purring.domain.ids import InvoiceId
from purring.domain.money import Money
from purring.domain.payment_method import PaymentMethod
from purring.domain.policy import Policy
from purring.domain.rulebook.ceilings import Ceiling, Override
from purring.domain.subscription import Subscription
from purring.gateways.sandbox.oracle import SeenCharge
from purring.gateways.sandbox.remote import SandboxToken
from purring.operations import methods, pay
from purring.store import invariants
from tests.judge import Case, Own, broken
from tests.world import NOON, Shop, World

DAYS = 90
CHARGES_MAX = 60
EXAMPLES = max(8, settings().max_examples // 8)
"""Each example is ninety days of a whole installation; `HYPOTHESIS_PROFILE=deep` plays some hundred of them."""

SOFT = {
    "visa": "visa 51",
    "mastercard": "mastercard 51",
    "amex": "amex 51",
    "ach": "pending 1 days then ach R01",
    "sepa": "pending 1 days then sepa AM04",
    "bacs": "pending 1 days then bacs 0",
}
"""What leaves a card on the schedule: most answers are such, so that every count grows."""

HARD = {
    "visa": ["visa 54", "visa 55", "visa N7", "visa 43", "visa 14", "visa R0", "visa R1"],
    "mastercard": [f"mastercard 51 advice {code}" for code in ("02", "03", 21, 24, 25, 27, 29, 30)],
    "amex": ["amex 54", "amex 43", "amex 05"],
    "ach": ["pending 1 days then ach R09", "pending 1 days then ach R02"],
    "sepa": ["pending 2 days then sepa MS03", "sepa AC04"],
    "bacs": ["pending 3 days then bacs B"],
}
ANY_NETWORK = [
    "approve",
    "timeout before",
    "timeout after",
    "unavailable 3 hours",
    "action required",
    "approve 10.00 NOK",
]
POLICIES = {
    Policy(): Own(),
    Policy(retry="fixed", offsets_days=tuple(range(1, 28))): Own(),
    Policy(retry="fixed", offsets_days=(1, 2, 3, 4), ceilings=(Ceiling(limit_id="card-amount-30d", attempts_max=3),)): (
        Own(amount_month=3)
    ),
    Policy(
        ceilings=(Ceiling(limit_id="card-amount-24h", attempts_max=3),),
        overrides=(Override(limit_id="card-amount-24h", reason="tried out", by="Kari", at=NOON),),
    ): Own(amount_day=3),
}


@dataclass(frozen=True, slots=True)
class Card:
    """What stands at the provider: its network, and what it will answer through its number and through its token."""

    network: str
    answers: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Sold:
    """A subscription: of which merchant and customer, paid by which card in which form, how much and how often."""

    shop: int
    customer: int
    card: int
    source: int
    minor: int
    interval: str


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody does after some hours to one of the subscriptions."""

    hours: int
    kind: str
    sold: int
    card: int


def _cards() -> st.SearchStrategy[Card]:
    def of(network: str) -> st.SearchStrategy[Card]:
        kinds = [*[SOFT[network]] * 20, *HARD[network], *ANY_NETWORK]
        answers = st.lists(st.sampled_from(kinds), min_size=15, max_size=30).map(tuple)
        return st.builds(Card, st.just(network), st.tuples(answers, answers))

    return st.sampled_from([*sorted(SOFT), "visa", "mastercard", "visa", "mastercard"]).flatmap(of)


SOLD = st.builds(
    Sold,
    shop=st.integers(0, 1),
    customer=st.integers(0, 1),
    card=st.integers(0, 2),
    source=st.integers(0, 1),
    minor=st.sampled_from([9_900, 24_900]),
    interval=st.sampled_from(["1 week", "1 month", "1 month"]),
)
DEEDS = st.builds(
    Deed,
    hours=st.sampled_from([0, 0, 1, 2, 11, 23, 24, 25, 60]),
    kind=st.sampled_from(["pay", "pay", "pay", "pay", "retry", "retry", "retry", "edit", "tie"]),
    sold=st.integers(0, 5),
    card=st.integers(0, 5),
)


@dataclass
class History:
    """A world in which things were sold, what was done in it, and what the judge must know of it."""

    world: World
    shops: list[Shop]
    tokens: list[SandboxToken]
    held: dict[tuple[int, int], list[PaymentMethod]]
    sold: list[tuple[Shop, tuple[int, int], Subscription]]
    own: dict[str, Own]
    edits: list[tuple[PaymentMethod, datetime]] = field(default_factory=list)

    def act(self, deed: Deed) -> None:
        """Do it, whatever comes of it: a refusal is one of the answers."""
        shop, owner, subscription = self.sold[deed.sold % len(self.sold)]
        method = self.held[owner][deed.card % len(self.tokens)]
        with suppress(PurringError):
            self._act(deed.kind, shop, subscription, method)

    def _act(self, kind: str, shop: Shop, subscription: Subscription, method: PaymentMethod) -> None:
        services, now = self.world.services, self.world.clock.now()
        match kind:
            case "pay":
                for invoice_id in self._invoices(shop, subscription):
                    pay.pay_now(services, shop.id, invoice_id, method.id)
            case "retry":
                for invoice_id in self._invoices(shop, subscription):
                    pay.retry_now(services, shop.id, invoice_id)
            case "tie":
                methods.tie_method(services, shop.id, subscription.id, method.id)
            case "edit":
                methods.edit_method(services, shop.id, method.id, holder_name=f"Kari {now:%m%d%H%M}")
                self.edits.append((method, now))
            case _:
                raise AssertionError(kind)

    def _invoices(self, shop: Shop, subscription: Subscription) -> list[InvoiceId]:
        own = [one for one in shop.invoices(subscription.customer_id) if one.subscription_id == subscription.id]
        return [one.id for one in own if one.is_open][-1:]

    def case(self) -> Case:
        """What goes before the judge."""
        owners = {
            invoice.id: invoice.customer_id
            for shop, _, sold in self.sold
            for invoice in shop.invoices(sold.customer_id)
        }
        edits: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        for method, at in self.edits:
            for invoice_id, customer_id in owners.items():
                if customer_id == method.customer_id:
                    edits[method.token, invoice_id].append(at)
        return Case(seen=self.world.seen(), own=self.own, edits=edits)


@contextmanager
def _history(template: Path, cards: list[Card], sold: list[Sold], policies: list[Policy]) -> Iterator[History]:
    """A world of its own, of two merchants with two customers each who hold all the cards."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        world = World(f"sqlite:///{shutil.copyfile(template, directory / 'purring.sqlite3')}", directory)
        try:
            shops = [world.shop(f"Shop {n}", policy) for n, policy in enumerate(policies)]
            own = {str(shop.id): POLICIES[policy] for shop, policy in zip(shops, policies, strict=True)}
            tokens = [_token(world, card, n, source) for source in range(2) for n, card in enumerate(cards)]
            customers = {(n, m): shop.customer() for n, shop in enumerate(shops) for m in range(2)}
            held = {
                owner: [shops[owner[0]].method_of(customer, token) for token in tokens]
                for owner, customer in customers.items()
            }
            history = History(world, shops, tokens, held, [], own)
            for one in sold:
                owner = (one.shop, one.customer)
                method = held[owner][one.source * len(cards) + one.card % len(cards)]
                price = shops[one.shop].price(Money(one.minor, "NOK"), one.interval)
                bought = shops[one.shop].subscribe(customers[owner], method, price=price)
                history.sold.append((shops[one.shop], owner, bought))
            yield history
        finally:
            world.close()


def _token(world: World, card: Card, number: int, source: int) -> SandboxToken:
    """The card's number, or the network's token of it: two tokens with scripts of their own, and one fingerprint."""
    token = world.sandbox.remote.make_token(f"{card.network}-{number}", source=("pan", "network_token")[source])
    world.sandbox.remote.script_many({token.token: (card.answers[source], "")})
    return token


@settings(max_examples=EXAMPLES)
@given(
    cards=st.lists(_cards(), min_size=2, max_size=3),
    sold=st.lists(SOLD, min_size=3, max_size=6),
    deeds=st.lists(DEEDS, min_size=20, max_size=60),
    policies=st.lists(st.sampled_from(list(POLICIES)), min_size=2, max_size=2),
)
def test_no_rule_is_ever_broken(
    sqlite_template: Path, cards: list[Card], sold: list[Sold], deeds: list[Deed], policies: list[Policy]
) -> None:
    """Whatever two merchants sell, whatever gateways answer, whoever tries again, for ninety days or sixty charges."""
    with _history(sqlite_template, cards, sold, policies) as history:
        world, ends_at = history.world, NOON + timedelta(days=DAYS)
        for deed in deeds:
            if len(world.seen()) >= CHARGES_MAX:
                break
            world.play(hours=deed.hours)
            history.act(deed)
        while world.clock.now() < ends_at and len(world.seen()) < CHARGES_MAX:
            world.play(days=10)
        assert [] == broken(history.case())
        with world.services.store.reading() as conn:
            results = invariants.check(conn, world.clock.now(), world.captured())
        assert [] == [(one.name, one.examples) for one in results if not one.holds]


# ---------------------------------------------------------------------------------------------------------------------
# The judge sees what is broken

FIRST = SeenCharge(
    key="att_1",
    merchant_id="mer_1",
    invoice_id="inv_1",
    token="tok_1",
    fingerprint="fp_1",
    network="visa",
    amount=Money(24_900, "NOK"),
    captured=Money(0, "NOK"),
    status="declined",
    at=NOON,
    ended_at=NOON,
    off_session=True,
    raw_code="51",
)
HOUR = timedelta(hours=1)
DAY = 24 * HOUR


def _later(after: timedelta, first: SeenCharge = FIRST, **changes: Any) -> SeenCharge:
    at = NOON + after
    return replace(first, key=f"att_{after}", **{"at": at, "ended_at": at, **changes})


def _sentence(
    *seen: SeenCharge, own: Own | None = None, edits: dict[tuple[str, str], list[datetime]] | None = None
) -> str:
    case = Case(seen=seen, own={"mer_1": own} if own else {}, edits=edits or {})
    return "; ".join(one.partition(":")[0] for one in broken(case))


def test_the_judge_counts_attempts() -> None:
    """On one side of each number nothing is said, on the other it is."""
    assert ["too often in a day", ""] == [_sentence(FIRST, _later(after)) for after in (DAY - HOUR, DAY)]
    daily = [_later(n * DAY) for n in range(15)]
    assert ["", "too often in 30 days", ""] == [
        _sentence(*daily, *more) for more in ([], [_later(30 * DAY - HOUR)], [_later(30 * DAY)])
    ]
    others = [_later(n * HOUR, amount=Money(100 + n, "NOK")) for n in range(10)]
    assert ["", "nine in a day"] == [_sentence(*others[:9]), _sentence(*others)]
    assert "too often in 30 days" == _sentence(*daily[:3], own=Own(amount_month=2))
    assert "" == _sentence(FIRST, _later(HOUR), own=Own(amount_day=2))
    assert "" == _sentence(replace(FIRST, status="approved"), _later(HOUR))


@pytest.mark.parametrize(
    ("first", "after", "said"),
    [
        ({"raw_code": "43"}, 40 * DAY, "after 43/None"),
        ({"raw_code": "R0"}, 40 * DAY, ""),
        ({"raw_code": "54"}, 40 * DAY, "with the data that 54 called wrong"),
        ({"network": "mastercard", "advice_code": "21"}, 40 * DAY, "after 51/21"),
        ({"network": "mastercard", "advice_code": "30"}, 10 * DAY - HOUR, "240 hours not over"),
        ({"network": "mastercard", "advice_code": "30"}, 10 * DAY, ""),
    ],
)
def test_the_judge_knows_stops_and_waits(first: dict[str, Any], after: timedelta, said: str) -> None:
    """A stop holds for every invoice; a wait until it is over."""
    declined = replace(FIRST, **first)
    assert said == _sentence(declined, _later(after, replace(declined, raw_code="51"), invoice_id="inv_2"))


def test_the_judge_lets_edited_data_be_tried() -> None:
    """Once the customer has changed what was wrong, for the card in that customer's hands."""
    declined = replace(FIRST, raw_code="54")
    edits = {("tok_1", "inv_1"): [NOON + DAY]}
    assert "" == _sentence(declined, _later(2 * DAY), edits=edits)
    assert "" != _sentence(declined, _later(2 * DAY, token="tok_2"), edits=edits)


def test_the_judge_counts_presentations() -> None:
    """Three of one debt within the scheme's window, the later ones under the words that the scheme wants."""
    first = replace(FIRST, network="ach", raw_code="R01")
    again = [_later(n * DAY, first, entry_description="RETRY PYMT") for n in (3, 6)]
    assert "" == _sentence(first, *again)
    assert "presented a fourth time" == _sentence(first, *again, _later(9 * DAY, again[0]))
    assert "presented too late" == _sentence(first, _later(181 * DAY, again[0]))
    assert "described as None" == _sentence(first, _later(3 * DAY, first))

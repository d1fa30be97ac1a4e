"""Everything that must hold at any time: in our database, in the gateway's ledger, and between the two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from purring.domain.attempt import Attempt, AttemptStatus
from purring.domain.card_number import holds_card_number
from purring.domain.facts import Facts
from purring.domain.money import Money
from purring.domain.schedule import schedule
from purring.gateways.sandbox.oracle import SeenCharge, movements, seen_charges
from purring.simulator import judge
from purring.simulator.faults import Fault
from purring.store import invariants, invoices
from purring.store.facts import load_many
from purring.store.invariants import secrets
from purring.store.invariants.ledger import not_booked

if TYPE_CHECKING:
    from purring.simulator.world import World


def check_now(world: World) -> list[Facts]:
    """Note whatever is broken at this moment; gives the facts that were looked at."""
    seen = seen_charges(world.sandbox.ledger_path)
    facts = all_facts(world)
    for found in (_invariants(world), _judged(world, seen, facts), _due_times(world, facts)):
        for check, detail in found:
            world.broken(check, detail)
    return facts


def all_facts(world: World) -> list[Facts]:
    """Everything about every invoice."""
    with world.inner_store.reading() as conn:
        keys = [
            (buyer.merchant_id, one.id)
            for buyer in world.buyers
            for one in invoices.of_customer(conn, buyer.merchant_id, buyer.customer_id)
        ]
        found = load_many(conn, keys, world.clock.now(), lock=False)
    return [found[key] for key in keys]


MISLED = ("described as", "coded")
"""What may be wrong after an operator put a debit down as declined that the bank never saw."""

Broken = Iterator[tuple[str, str]]


def _invariants(world: World) -> Broken:
    """The sentences of the store, with the gateway's ledger as witness."""
    held = _held_by_gateway(world)
    once = {invoice_id: parts for invoice_id, parts in held.items() if invoice_id not in world.misjudged}
    with world.inner_store.reading() as conn:
        for result in invariants.check(conn, world.clock.now(), once):
            if not result.holds:
                yield f"invariant {result.number}", f"{result.name}: {', '.join(result.examples)}"
        for invoice_id in not_booked(conn, held):
            yield "invariant 5", f"money was found late and isn't booked: {invoice_id}"


def _held_by_gateway(world: World) -> dict[str, list[Money]]:
    """What the gateway collected for each invoice and still holds, charge by charge."""
    held: defaultdict[str, dict[str, Money]] = defaultdict(dict)
    for one in movements(world.sandbox.ledger_path):
        before = held[one.invoice_id].get(one.key, Money.zero(one.amount.currency))
        comes_in = one.kind in {"captured", "chargeback_reversed"}
        held[one.invoice_id][one.key] = before + one.amount if comes_in else before - one.amount
    return {
        invoice_id: [amount for amount in charges.values() if amount.minor > 0] for invoice_id, charges in held.items()
    }


def _judged(world: World, seen: list[SeenCharge], facts: list[Facts]) -> Broken:
    """The schemes' rules, by a judge who knows only the provider's ledger.

    A charge counts from when it was begun. What is sent later than that, because its worker died or the way was slow,
    reaches the provider nearer to the next one than the rules want; nobody can know that when the next one is planned.
    """
    edits: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    for method, at in world.edits:
        for one in facts:
            if one.customer.id == method.customer_id:
                edits[method.token, one.invoice.id].append(at)
    begun_at = world.gateway.begun_at
    begun = [replace(charge, at=min(charge.at, begun_at.get(charge.key, charge.at))) for charge in seen]
    misjudged = {charge.key for charge in seen if charge.invoice_id in world.misjudged}
    for sentence in judge.broken(judge.Case(seen=sorted(begun, key=attrgetter("at", "key")), edits=edits)):
        if not (sentence.startswith(MISLED) and any(key in sentence for key in misjudged)):
            yield "judge", sentence


def _due_times(world: World, facts: list[Facts]) -> Broken:
    """An invoice's row is due no later than the first step of its schedule; else the step would be missed."""
    now = world.clock.now()
    for one in facts:
        first, kept = schedule(one, now).next_step_at, one.invoice.next_step_at
        if first is not None and (kept is None or kept > max(first, now)):
            yield "due time", f"{one.invoice.id} has a step at {first}, and its row says {kept}"


# ---------------------------------------------------------------------------------------------------------------------
# At the very end, when everybody has heard everything


def check_agreement(world: World, everything: list[Facts]) -> None:
    """Each settled attempt says what the gateway's books say."""
    charges = {one.key: one for one in seen_charges(world.sandbox.ledger_path)}
    for facts in everything:
        for attempt in facts.attempts:
            problem = _disagreement(attempt, charges.get(attempt.id))
            if problem and facts.invoice.id not in world.misjudged:
                world.broken("agreement", f"{attempt.id} {problem}")


def _disagreement(attempt: Attempt, charge: SeenCharge | None) -> str:
    """How an attempt and its charge differ, if they do."""
    status = charge.status if charge else "absent"
    if attempt.status is AttemptStatus.SUCCEEDED:
        same = charge is not None and status == "approved" and charge.captured.minor == attempt.captured_minor
        return "" if same else f"succeeded with {attempt.captured_minor}, and the gateway says {charge}"
    if attempt.status is AttemptStatus.DECLINED and attempt.answer is not None:
        return "" if status == "declined" else f"declined, and the gateway says {status}"
    if attempt.status is AttemptStatus.FAILED:
        return "" if status == "absent" else f"failed, and the gateway says {status}"
    return ""


def check_mails(world: World) -> None:
    """A mail goes out twice only where a process or its database had died in between."""
    if not any(world.plan.has(fault) for fault in DEADLY):
        for delivery_id, times in world.mailbox.sent.items():
            if times > 1:
                world.broken("mail", f"{delivery_id} went out {times} times")


DEADLY = (
    Fault.KILL,
    Fault.KILL_AT_COMMIT,
    Fault.COMMIT_UNKNOWN,
    Fault.DATABASE_AWAY,
    Fault.ZOMBIE,
    Fault.RESTORE,
    Fault.MAIL_TROUBLE,
)

RESTING = frozenset(
    {
        "queue.operator",
        "hold.without_end",
        "invoice.unchecked",
        "invoice.settled",
        "invoice.disputed",
        "recovery.closed",
        "subscription.canceled",
    }
)
"""Why an invoice may have no step left."""


def check_liveness(world: World, everything: list[Facts]) -> None:
    """Nothing is due, and whatever has no end waits for a person."""
    due_at = world.next_due_at()
    if due_at is not None and due_at <= world.clock.now():
        world.broken("liveness", f"something is still due at {due_at}")
    for one in everything:
        plan = schedule(one, world.clock.now())
        clause = plan.barrier.id if plan.barrier else "none"
        if plan.steps or clause not in RESTING:
            world.broken("liveness", f"{one.invoice.id} never came to an end: {clause}, next {plan.next_step_at}")


def check_secrets(world: World) -> None:
    """No card number stands in any table; those in mails and log lines are seen as they are written."""
    with world.inner_store.reading() as conn:
        for place in secrets.card_numbers(conn):
            world.broken("invariant 25", f"a card number stands in {place}")


CRASHES = frozenset(
    {
        "batch_failed",
        "set_aside",
        "turn_failed",
        "invoice_missing",
        "copy_failed",
        "gateway_broke",
        "not_replayed",
        "not_recorded",
    }
)
"""Log lines that tell of something that production code didn't expect."""

EXPECTED = ("StaleWrite", "AdapterBroke", "MailServerBroke", "InvalidInput: the event is about")


def note_log(world: World, name: str, error: str) -> None:
    """A line that production code has logged: an error that nobody planned is a bug."""
    if name in CRASHES and not error.startswith(EXPECTED):
        world.broken("crash", f"{name}: {error}")
    if holds_card_number(error):
        world.broken("invariant 25", f"a card number stands in the log, in {name}")

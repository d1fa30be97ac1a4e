"""What there is, in the words in which a story expects it: one mapping of field names to values for each part."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import assert_never

from purring.domain.attempt import Attempt
from purring.domain.decide.settle import recovery_id
from purring.domain.facts import Facts
from purring.domain.money import Money, total
from purring.domain.payment_method import PaymentMethod
from purring.domain.schedule import schedule
from purring.domain.standing import untied_method
from purring.domain.step import Charge, Close, Notify, Resolve, Schedule, SetStatus, Step
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.gateways.sandbox.oracle import movements, seen_charges
from purring.scenarios.moment import Later, Moment, OnDay
from purring.scenarios.part import NONE
from purring.scenarios.world import Copy, World
from purring.store.queue import Waiting

Values = Mapping[str, object]
"""Under the names of a part's fields. An instant is a datetime, everything else compares by how it is shown."""


class Observer:
    """Looks at a world at one instant; names are looked up once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = world.clock.now()
        self._names = {found: name for names in _all_names(world) for name, found in names.items()}
        self._told: dict[str, str] = {}

    def name(self, thing_id: str | None) -> str | None:
        """The story's name for an id, the id itself where it has none."""
        return self._names.get(thing_id, thing_id) if thing_id else None

    def about(self, thing_id: str) -> str:
        """What an event is about, in words: `invoice main`, `attempt 2 of main`."""
        if thing_id not in self._told:
            self._told |= self._words()
        return self._told.get(thing_id, thing_id)

    def _words(self) -> dict[str, str]:
        """The words for everything that has a name, and for what belongs to invoices."""
        world = self.world
        words: dict[str, str] = {found: f"method {name}" for name, found in world.methods.items()}
        words |= {found: f"subscription {name}" for name, found in world.subscriptions.items()}
        for name, invoice_id in world.invoices().items():
            words |= {invoice_id: f"invoice {name}", recovery_id(invoice_id): f"recovery of {name}"}
            words |= {attempt.id: f"attempt {attempt.number} of {name}" for attempt in world.attempts(invoice_id)}
        return words

    def invoice(self, name: str) -> tuple[Facts, Schedule, Values]:
        """An invoice. Raises InvalidInput if there is none of that name."""
        facts = self.world.facts(name)
        plan = schedule(facts, self.now)
        return facts, plan, self._about_invoice(facts, plan) | self._at_gateway(facts)

    def _about_invoice(self, facts: Facts, plan: Schedule) -> dict[str, object]:
        invoice, recovery = facts.invoice, facts.recovery
        untied = untied_method(facts)
        return {
            "status": invoice.status,
            "owed": invoice.owed,
            "dispute": invoice.dispute,
            "invoice_on": invoice.invoice_on,
            "period": _period(invoice.period_start_on, invoice.period_end_on),
            "recovery": recovery.status if recovery else None,
            "cause": recovery.cause if recovery else None,
            "hold": recovery.hold if recovery else None,
            "held_until": recovery.held_until if recovery else None,
            "window_ends": recovery.window_ends_at if recovery else None,
            "barrier": plan.barrier.id if plan.barrier else None,
            "access_ends": plan.access_ends_at,
            "untied_method": self.name(untied.id) if untied else None,
        }

    def _at_gateway(self, facts: Facts) -> dict[str, object]:
        path, invoice = self.world.sandbox.ledger_path, facts.invoice
        taken = [one.amount for one in movements(path) if one.kind == "captured" and one.invoice_id == invoice.id]
        return {
            "captured": total(taken, invoice.total.currency),
            "charges_seen": sum(one.invoice_id == invoice.id for one in seen_charges(path)),
        }

    def step(self, step: Step | None) -> Values:
        """A step of a schedule."""
        if step is None:
            return {"step": NONE}
        return {"at": step.at, "why": step.clause.id, **self._action(step)}

    def _action(self, step: Step) -> dict[str, object]:
        match step.action:
            case Charge(method_id, backup):
                return {"step": "charge", "method": self.name(method_id), "backup": backup}
            case Notify(kind):
                return {"step": "notify", "notice": kind}
            case SetStatus(status):
                return {"step": "set_status", "status": status}
            case Resolve():
                return {"step": "resolve"}
            case Close(status):
                return {"step": "close", "status": status}
            case _:
                assert_never(step.action)

    def attempt(self, attempt: Attempt) -> Values:
        """One attempt."""
        return {
            "status": attempt.status,
            "method": self.name(attempt.method_id),
            "backup": attempt.is_backup,
            "reason": attempt.reason,
            "class_": attempt.decline_class,
            "rules": list(attempt.rules),
            "by": attempt.initiator,
            "why": attempt.why[0] if attempt.why else None,
            "at": attempt.started_at,
            "amount": attempt.amount,
            "captured": Money(attempt.captured_minor, attempt.amount.currency),
        }

    def subscription(self, name: str) -> Values:
        """A subscription. Raises InvalidInput if there is none of that name."""
        one: Subscription = self.world.current(name)
        return {
            "status": one.status,
            "reason": one.reason,
            "method": self.name(one.method_id),
            "backup": self.name(one.backup_method_id),
            "quantity": one.quantity,
            "period": _period(one.period_start_on, one.period_end_on),
            "invoices": len(self.world.issued_for(name)),
        }

    def method(self, name: str) -> Values:
        """A payment method. Raises InvalidInput if there is none of that name."""
        found: PaymentMethod = self.world.current_method(name)
        tied = [self.world.current(one) for one in self.world.subscriptions]
        pays = [one for one in tied if one.method_id == found.id and one.status is not SubscriptionStatus.CANCELED]
        return {"status": found.status, "pays": sorted(str(self.name(one.id)) for one in pays)}

    def copy(self, copy: Copy) -> Values:
        """One person's copy of a notice."""
        return {
            "kind": copy.notice.kind,
            "to": copy.message.to_email,
            "language": copy.message.locale,
            "number": copy.notice.number,
            "about": self.name(copy.notice.invoice_id),
        }

    def waiting(self, row: Waiting) -> Values:
        """Something that waits for a person."""
        return {"kind": row.kind, "about": self.name(row.invoice_id), "amount": row.amount, "since": row.since}


def _all_names(world: World) -> list[Mapping[str, str]]:
    return [world.customers, world.methods, world.subscriptions, world.invoices()]


def _period(start_on: date | None, end_on: date | None) -> str | None:
    return f"{start_on} to {end_on}" if start_on else None


def shown(value: object, world: World) -> str:
    """A value as the file would write it."""
    if isinstance(value, Enum):
        return str(value.value) or NONE
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return world.local(value)
    if isinstance(value, Moment):
        return _shown_moment(value)
    if isinstance(value, list | tuple):
        return ", ".join(shown(one, world) for one in value) or NONE
    return NONE if value is None else str(value)


def _shown_moment(moment: Moment) -> str:
    """A moment as the file wrote it."""
    if isinstance(moment, Later):
        return f"+{moment.days} days" if moment.days else f"+{moment.exact}"
    day = moment.day.isoformat() if isinstance(moment, OnDay) else f"day {moment.count}"
    clock = f" {moment.at:%H:%M}" if moment.at else ""
    return day + clock + (f" {moment.zone}" if moment.zone else "")

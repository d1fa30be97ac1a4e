"""`purring show`: what happened, why, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from purring.cli.output import aligned, say
from purring.cli.runtime import MerchantOption, services
from purring.cli.words import (
    action_text,
    attempt_reasons,
    attempt_text,
    event_text,
    method_label,
    moment,
    subscription_text,
    words,
)
from purring.domain.calendar import zone
from purring.domain.facts import Facts
from purring.domain.money import total
from purring.domain.norway.charges import KRONER
from purring.domain.notice import Channel, Notice
from purring.domain.rulebook.operator_texts import operator_text
from purring.operations.kid import kid_of
from purring.operations.lookup import merchant_named
from purring.operations.story import CustomerStory, InvoiceStory, customer_story, invoice_story
from purring.store.notices import Delivery

app = typer.Typer(help="What happened, why, and what comes next.", no_args_is_help=True)

Entry = tuple[datetime, int, str, Sequence[str]]
"""When, which of one instant's comes first, the id of what happened, and lines of text."""


@app.command("invoice")
def invoice(
    name: Annotated[str, typer.Argument(metavar="ID", help="The invoice's id, its number, or your own id of it.")],
    merchant: MerchantOption = None,
) -> None:
    """Tell an invoice's story: attempts, notices and changes with their reasons, and the schedule to come."""
    with services() as opened:
        story = invoice_story(opened, merchant_named(opened, merchant).id, name)
    say_invoice(story)


@app.command("recovery")
def recovery(
    name: Annotated[str, typer.Argument(metavar="ID", help="The recovery's id, or its invoice's id or number.")],
    merchant: MerchantOption = None,
) -> None:
    """Tell a recovery's story, which is its invoice's."""
    with services() as opened:
        story = invoice_story(opened, merchant_named(opened, merchant).id, name)
    say_invoice(story)


@app.command("customer")
def customer(
    name: Annotated[str, typer.Argument(metavar="ID", help="The customer's id, or your own id of it.")],
    merchant: MerchantOption = None,
) -> None:
    """Show a customer's people, methods, subscriptions and invoices, and what happened to them."""
    with services() as opened:
        story = customer_story(opened, merchant_named(opened, merchant), name)
    _say_customer(story)


# ---------------------------------------------------------------------------------------------------------------------
# An invoice


def say_invoice(story: InvoiceStory) -> None:
    """Print an invoice's story."""
    facts = story.facts
    tz = zone(facts.merchant.timezone)
    say(f"Invoice {facts.invoice.number}: {words(facts.invoice.status)}, {facts.invoice.owed} owed", style="bold")
    _say_pairs([*_about(facts, tz), *_beside(story)])
    _say_part("What happened", _past(story, tz))
    _say_part("What comes next", _future(story, tz))
    say(f"\nTimes are those of {facts.merchant.timezone}.")


def _about(facts: Facts, tz: ZoneInfo) -> Iterator[tuple[str, str]]:
    own, recovery = facts.invoice, facts.recovery
    yield "id", f"{own.id}{f' (yours: {own.external_id})' if own.external_id else ''}, {words(own.source)}"
    yield "customer", f"{facts.customer.name} ({facts.customer.external_id or facts.customer.id})"
    yield "amount", f"{own.total} of {own.invoice_on}{''.join(f', {line.description}' for line in own.lines)}"
    if facts.subscription is not None:
        yield "subscription", f"{subscription_text(facts.subscription)}, {facts.subscription.id}"
    yield "pays", method_label(facts.tied_method)
    if recovery is not None:
        policy = f"policy {recovery.policy.retry} v{recovery.policy.version}"
        ends = f"window until {moment(recovery.window_ends_at, tz)}, {policy}"
        cause = f" by {words(recovery.cause)}" if recovery.cause else ""
        yield "recovery", f"{words(recovery.status)}{cause}, {ends}, {recovery.id}"
    if recovery is not None and recovery.hold:
        until = f"until {moment(recovery.held_until, tz)}" if recovery.held_until else "until somebody resumes it"
        yield "paused", f"{words(recovery.hold)}, {until}"
    declined = [attempt.reason for attempt in facts.attempts if attempt.reason]
    if own.is_open and declined:
        text = operator_text(declined[-1])
        yield "declined", f"{words(declined[-1])}: {text.meaning}"
        yield "to do", text.action


def _beside(story: InvoiceStory) -> Iterator[tuple[str, str]]:
    """What belongs to the invoice and doesn't change it: its payment reference, and what letters claim."""
    kid = kid_of(story.facts)
    if kid is not None:
        yield "kid", kid
    claimed = total((entry.amount for entry in story.letters), KRONER)
    if story.letters:
        yield "letters", f"{len(story.letters)}, {claimed} claimed beside the invoice and charged to no card"


def _past(story: InvoiceStory, tz: ZoneInfo) -> list[Sequence[str]]:
    """Attempts, notices and changes of state in the order in which they happened."""
    facts = story.facts
    told: list[Entry] = []
    for attempt in facts.attempts:
        lines = [attempt_text(attempt, facts), *(f"  {reason}" for reason in attempt_reasons(attempt))]
        told.append((attempt.started_at, 1, attempt.id, lines))
    for notice in facts.notices:
        copies = [copy for copy in story.deliveries if copy.notice.id == notice.id]
        told.append((notice.owed_at, 3, notice.id, _notice_lines(notice, copies, tz)))
    told.extend(
        (event.at, 0 if event.kind in _BEGINNINGS else 2, event.id, [event_text(event.kind, event.data, tz)])
        for event in story.events
        if not event.kind.startswith("attempt.") or event.kind in _ATTEMPT_EVENTS
    )
    told.sort(key=lambda entry: entry[:3])
    return [line for at, _, _, lines in told for line in _dated(moment(at, tz), lines)]


# What one instant brings is told as cause and effect: the invoice, the attempt, what followed, who was told.
_BEGINNINGS = frozenset({"subscription.renewed", "invoice.issued", "invoice.handed_over"})
_ATTEMPT_EVENTS = frozenset({"attempt.corrected", "attempt.needs_operator"})


def _dated(when: str, lines: Sequence[str]) -> list[Sequence[str]]:
    return [(when if not place else "", line) for place, line in enumerate(lines)]


def _notice_lines(notice: Notice, copies: Sequence[Delivery], tz: ZoneInfo) -> list[str]:
    number = f" (number {notice.number})" if notice.number else ""
    head = f"notice {words(notice.kind)}{number}: {words(notice.status)}, {notice.id}"
    return [head, *(_copy_line(copy, tz) for copy in copies)]


def _copy_line(copy: Delivery, tz: ZoneInfo) -> str:
    when = f" {moment(copy.sent_at, tz)}" if copy.sent_at else ""
    subject = f": {copy.subject}" if copy.subject else ""
    problem = f" ({copy.problem})" if copy.problem else ""
    way = " by text message" if copy.channel is Channel.SMS else ""
    return f"  to {copy.person.email}{way} in {copy.person.locale}, {words(copy.status)}{when}{subject}{problem}"


def _future(story: InvoiceStory, tz: ZoneInfo) -> list[Sequence[str]]:
    """The schedule, each step with its clause; without a charge among them, why there is none."""
    steps: list[Sequence[str]] = [
        (moment(step.at, tz), action_text(step.action, story.facts), f"{step.clause.text} [{step.clause.id}]")
        for step in story.schedule.steps
    ]
    barrier = story.schedule.barrier
    if barrier is not None:
        steps.append(("", "no charge" if steps else "nothing", f"{barrier.text} [{barrier.id}]"))
    return steps


# ---------------------------------------------------------------------------------------------------------------------
# A customer


def _say_customer(story: CustomerStory) -> None:
    own, tz = story.customer, zone(story.merchant.timezone)
    say(f"Customer {own.name}", style="bold")
    _say_pairs(
        [
            ("id", f"{own.id}{f' (yours: {own.external_id})' if own.external_id else ''}"),
            ("lives", ", ".join(part for part in (own.country, own.timezone, own.locale) if part)),
            ("owes as", words(own.kind)),
        ]
    )
    _say_part("People", [(one.name, one.email, one.locale, words(one.role)) for one in own.people])
    _say_part(
        "Methods",
        [(one.id, method_label(one), words(one.kind), f"added {moment(one.created_at, tz)}") for one in story.methods],
    )
    methods = {str(one.id): method_label(one) for one in story.methods}
    _say_part(
        "Subscriptions",
        [
            (
                one.external_id or one.id,
                subscription_text(one),
                f"paid by {methods.get(one.method_id or '', 'nothing')}",
            )
            for one in story.subscriptions
        ],
    )
    _say_part(
        "Invoices",
        [(one.number, f"{one.invoice_on}", f"{one.total}", words(one.status), one.id) for one in story.invoices],
    )
    _say_part("What happened", [(moment(one.at, tz), event_text(one.kind, one.data, tz)) for one in story.events])
    say(f"\nTimes are those of {story.merchant.timezone}.")


# ---------------------------------------------------------------------------------------------------------------------


def _say_pairs(pairs: Iterator[tuple[str, str]] | Sequence[tuple[str, str]]) -> None:
    for name, value in pairs:
        say(f"  {name:<13}{value}")


def _say_part(title: str, rows: Sequence[Sequence[str]]) -> None:
    say(f"\n{title}", style="bold")
    for line in aligned(rows) if rows else ["nothing"]:
        say(f"  {line}")

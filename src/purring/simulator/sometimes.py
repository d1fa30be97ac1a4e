"""Rare situations by name: a run of many histories in which one never came up proves less than it seems."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from purring.domain.attempt import Attempt
from purring.domain.event import EventKind
from purring.domain.facts import Facts
from purring.domain.notice import Notice, NoticeKind
from purring.domain.recovery import Cause
from purring.simulator.checks import all_facts
from purring.store import events

if TYPE_CHECKING:
    from purring.simulator.world import World

POINTS = {
    # Said by the simulator as it happens
    "killed after_claim": "A worker died between claiming and beginning.",
    "killed after_begin": "A worker died between the first commit and the gateway.",
    "killed before_send": "A process died as its request went out.",
    "killed after_send": "A process died with the answer in its hands.",
    "killed after_charge": "A worker died between the last answer and recording.",
    "killed after_record": "A worker died right after the second commit.",
    "killed after_mail": "A worker died with a mail sent and not noted.",
    "killed before a commit": "A process died with everything written and nothing committed.",
    "killed after a commit": "A process died before it learned that it had committed.",
    "a commit was made and its process told otherwise": "The connection was cut at a COMMIT that was carried out.",
    "a zombie woke up after others had charged": "A worker slept past its lease, others charged, it went on.",
    "a key was sent again later": "An interrupted charge went out again under its own key.",
    "a repetition was refused": "A gateway took no request under a key that it had seen.",
    "money moved and no answer came": "A charge was approved and its answer lost.",
    "a gateway had never got a charge": "Asked about a charge, the gateway had none.",
    "a gateway didn't know what it had done": "Asked about a charge, the gateway couldn't say.",
    "a bank approved a part": "Less was captured than was asked for.",
    "an event came that was stored before": "A gateway's event was delivered twice.",
    "an operator settled what nobody could say": "An attempt was settled from the operators' queue.",
    "a customer answered their bank": "A charge was confirmed, or refused to the bank.",
    "a mail bounced": "A copy was refused for good.",
    "a mail went out twice under one Message-ID": "A copy was sent again, because nobody knew that it had been.",
    "the whole mail server was away": "No copy could be handed over.",
    "the gateway was out for more than a day": "An outage lasted longer than a key lives.",
    "an older database was put back": "The installation went on from a backup.",
    "one was put back without a word": "Nobody said so; a worker had to notice.",
    "a restored database had forgotten charges": "Charges made since the backup were found at the gateway.",
    "the check after a restore had to wait": "The gateway couldn't list its charges at once.",
    "the clock stepped back": "The clock was set back by up to 90 seconds.",
    "refused: charge_in_flight": "Somebody wanted to pay while a charge was under way.",
    "refused: invoice_unchecked": "Somebody wanted to pay before the check after a restore was over.",
    "refused: outcome_unknown": "Somebody wanted to pay while nobody knew whether they had.",
    "refused: limit_reached": "Somebody wanted to pay when a ceiling left no room.",
    "refused: method_in_use": "A method was to be removed that something still needed.",
    # Read from the rows at the end
    "a retry brought the money": "A recovery ended by an automatic charge.",
    "a customer brought the money": "A recovery ended by the customer's own payment.",
    "an operator brought the money": "A recovery ended by an operator's retry.",
    "the money came another way": "A recovery ended by a transfer.",
    "an agreed backup was charged": "Another method stepped in.",
    "a limit held a charge back": "A charge happened later than planned because a ceiling was full.",
    "a network asked to wait": "A charge happened later than planned because the network said when.",
    "a notice waited": "A notice went out hours after it was owed: held back, combined, or in quiet hours.",
    "a notice told of others too": "A notice that waited carried one that hadn't gone out.",
    "a receipt was owed": "An ordinary payment was confirmed.",
    "a network forbade a card": "A decline that forbids the card for good.",
    "money was found late": "An attempt that was given up turned out to have succeeded.",
    "one card served two customers": "Attempts of two customers on one card.",
    "a recovery kept an old policy": "The merchant's policy changed while a recovery was open.",
    "recovery.exhausted": "A window closed unpaid.",
    "recovery.written_off": "An invoice was given up.",
    "recovery.canceled": "A recovery ended with its subscription.",
    "recovery.paused": "Retries were paused.",
    "recovery.skipped": "A planned charge was left out.",
    "recovery.moved": "A planned charge was moved.",
    "recovery.transfer_declared": "A transfer was announced.",
    "attempt.needs_operator": "A question was handed to the operators.",
    "attempt.action_required": "A bank wanted its customer's confirmation.",
    "attempt.pending": "A debit was to settle later.",
    "attempt.corrected": "A final state was put right.",
    "invoice.partially_paid": "An invoice was paid in part.",
    "invoice.charged_back": "A bank took a payment back.",
    "invoice.dispute_won": "A dispute was won.",
    "invoice.dispute_lost": "A dispute was lost.",
    "invoice.refunded": "Money was given back.",
    "subscription.suspended": "Access ended.",
    "subscription.canceled": "A subscription ended.",
    "payment_method.removed": "A method was removed.",
}
"""Every point, and what it means. `make simulate` fails where one never came up."""

WAITED = timedelta(hours=6)

_BY_CAUSE = {
    Cause.RETRY: "a retry brought the money",
    Cause.CUSTOMER: "a customer brought the money",
    Cause.OPERATOR: "an operator brought the money",
    Cause.OUTSIDE: "the money came another way",
}
_BY_CLAUSE = {"rule.delay": "a limit held a charge back", "network.delay": "a network asked to wait"}


def look_back(world: World) -> float:
    """Count what the rows tell of, end the trace with all that happened; gives the days that invoices were open."""
    saw = world.trace.saw
    with world.inner_store.reading() as conn:
        happened = [
            event for buyer in world.buyers for event in events.of_customer(conn, buyer.merchant_id, buyer.customer_id)
        ]
    for event in happened:
        saw(event.kind.value)
        world.trace.say(f"{event.at:%m-%d %H:%M:%S} {event.kind.value} {event.object_id}")
        if event.kind is EventKind.ATTEMPT_CORRECTED and "late" in str(event.data.get("note")):
            saw("money was found late")
    everything = all_facts(world)
    for facts in everything:
        _look_at(world, facts)
    _look_at_cards(world, everything)
    return _invoice_days(world, everything)


def _look_at(world: World, facts: Facts) -> None:
    recovery = facts.recovery
    if recovery and recovery.cause in _BY_CAUSE:
        world.trace.saw(_BY_CAUSE[recovery.cause])
    if recovery and recovery.policy.version != facts.merchant.policy.version:
        world.trace.saw("a recovery kept an old policy")
    for points in (*map(_of_attempt, facts.attempts), *map(_of_notice, facts.notices)):
        for point in points:
            world.trace.saw(point)


def _of_attempt(attempt: Attempt) -> list[str]:
    found = [_BY_CLAUSE[attempt.why[0]]] if attempt.why and attempt.why[0] in _BY_CLAUSE else []
    if attempt.is_backup:
        found.append("an agreed backup was charged")
    if attempt.hard_stop:
        found.append("a network forbade a card")
    return found


def _of_notice(notice: Notice) -> list[str]:
    found = ["a notice told of others too"] if notice.carried_by else []
    if notice.sent_at is not None and notice.sent_at - notice.owed_at > WAITED:
        found.append("a notice waited")
    if notice.kind is NoticeKind.RECEIPT:
        found.append("a receipt was owed")
    return found


def _look_at_cards(world: World, everything: list[Facts]) -> None:
    """Whether two customers were charged on one card."""
    holders: dict[str, set[str]] = {}
    for facts in everything:
        for attempt in facts.attempts:
            holders.setdefault(attempt.fingerprint, set()).add(facts.customer.id)
    for customers in holders.values():
        if len(customers) > 1:
            world.trace.saw("one card served two customers")


def _invoice_days(world: World, everything: list[Facts]) -> float:
    now = world.clock.now()
    spans = ((one.invoice.closed_at or now) - one.invoice.issued_at for one in everything)
    return sum(spans, timedelta()) / timedelta(days=1)

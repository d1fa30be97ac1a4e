"""Nouns of every shape that the domain allows, pointing at rows that are there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

from hypothesis import strategies as st

from purring.domain.attempt import OPEN_ATTEMPT, Attempt, AttemptStatus, Initiator
from purring.domain.decline import Answer, DeclineClass, DeclineReason
from purring.domain.facts import Facts
from purring.domain.invoice import DisputeStatus, Invoice, InvoiceLine, InvoiceSource, InvoiceStatus
from purring.domain.money import EXPONENTS, MINOR_MAX, Money
from purring.domain.norway.kid import LENGTH_MAX, LENGTH_MIN, LIKE_CARDS, KidAgreement, KidScheme
from purring.domain.norway.terms import Charge, DunningTerms
from purring.domain.notice import Notice, NoticeKind, NoticeStatus
from purring.domain.notice_terms import NoticeTerms
from purring.domain.payment_method import MethodKind, MethodStatus, PaymentMethod
from purring.domain.policies import POLICIES
from purring.domain.policy import EndAction, Policy
from purring.domain.recovery import Cause, HoldReason, Recovery, RecoveryStatus
from purring.domain.rulebook.ceilings import Ceiling, Override
from purring.domain.rulebook.limit import Note, Scope
from purring.domain.rulebook.presentment import Presentment
from purring.domain.subscription import StatusReason, Subscription, SubscriptionStatus

ALPHABET = st.characters(codec="utf-8", exclude_characters="\x00")
texts = st.text(ALPHABET, max_size=20)
instants = st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
days = st.dates(date(1970, 1, 1), date(2199, 12, 31))
currencies = st.sampled_from(sorted(EXPONENTS))
amounts = st.integers(1, MINOR_MAX)
versions = st.integers(1, 1_000_000)
moneys = st.builds(Money, amounts, currencies)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
documents = st.dictionaries(texts, json_values, max_size=3)
answers = st.builds(
    Answer,
    gateway=texts,
    network=texts,
    raw_code=st.none() | texts,
    advice_code=st.none() | texts,
    gateway_code=st.none() | texts,
    message=texts,
)

limit_notes = st.builds(
    Note,
    rule_id=texts,
    edition=texts,
    used=st.integers(0, 1000),
    allowed=st.integers(1, 1000),
    unit=st.sampled_from(Scope),
    window_days=st.integers(1, 180),
    counts_from_first=st.booleans(),
    opens_at=st.none() | instants,
    text=texts,
)

presentments = st.builds(
    Presentment,
    rule_id=texts,
    number=st.integers(1, 5),
    entry_description=st.none() | texts,
    transaction_code=st.none() | texts,
    sequence_type=st.none() | texts,
    prenotification_days=st.none() | st.integers(0, 60),
    in_working_days=st.booleans(),
)
ceilings = st.builds(Ceiling, limit_id=texts, attempts_max=st.integers(1, 100))
overrides = st.builds(Override, limit_id=texts, reason=texts, by=texts, at=instants)


def kid_agreements() -> st.SearchStrategy[KidAgreement]:
    """What can be agreed with a bank."""
    lengths = st.sampled_from(sorted({*range(LENGTH_MIN, LENGTH_MAX + 1)} - {*LIKE_CARDS}))
    return st.builds(KidAgreement, scheme=st.sampled_from(KidScheme), length=lengths)


notice_terms = st.builds(
    NoticeTerms,
    hold_back_max=st.integers(0, 2),
    combine_at=st.none() | st.times(),
    quiet_from=st.just(time(22)),
    quiet_until=st.times(max_value=time(21)),
    receipts=st.booleans(),
    expiry_days=st.sampled_from([(30, 7), (), (60, 30, 14, 7)]),
    sms_kinds=st.sampled_from([(), (NoticeKind.LAST_NOTICE, NoticeKind.ACTION_NEEDED)]),
    escalate_after_unread=st.none() | st.integers(1, 10),
)


def policies(version: int) -> st.SearchStrategy[Policy]:
    """Policies that could be kept, under a version."""
    return st.builds(
        Policy,
        version=st.just(version),
        retry=st.sampled_from(sorted(POLICIES)),
        offsets_days=st.lists(st.integers(1, 28), unique=True, max_size=6).map(sorted).map(tuple),
        window_days=st.integers(28, 90),
        retry_at=st.times(max_value=time(11, 59)),
        close_at=st.times(min_value=time(12)),
        end_action=st.sampled_from(EndAction),
        suspended_days=st.integers(1, 3650),
        transfer_hold_business_days=st.integers(1, 60),
        prenotification_days=st.none() | st.integers(0, 60),
        ceilings=st.lists(ceilings, max_size=3, unique_by=lambda one: one.limit_id).map(tuple),
        overrides=st.lists(overrides, max_size=3, unique_by=lambda one: one.limit_id).map(tuple),
        dunning=st.builds(DunningTerms, charges=st.frozensets(st.sampled_from(Charge))),
        kid=st.none() | kid_agreements(),
        notices=notice_terms,
    )


def changed_methods(method: PaymentMethod) -> st.SearchStrategy[PaymentMethod]:
    """A method with everything about it changed but its identity."""
    removed = st.sampled_from(MethodStatus).flatmap(
        lambda status: st.tuples(st.just(status), instants if status is MethodStatus.REMOVED else st.none())
    )
    return st.builds(
        lambda status_and_at, **fields: PaymentMethod(status=status_and_at[0], removed_at=status_and_at[1], **fields),
        removed,
        id=st.just(method.id),
        customer_id=st.just(method.customer_id),
        fingerprint=st.just(method.fingerprint),
        kind=st.sampled_from(MethodKind),
        gateway=texts,
        token=texts,
        scheme=texts,
        last4=st.text(ALPHABET, max_size=4),
        created_at=instants,
        exp_month=st.none() | st.integers(1, 12),
        exp_year=st.none() | st.integers(1970, 2199),
        holder_name=texts,
        billing_address=texts,
        phone=texts,
        backup_consent_at=st.none() | instants,
        edited_at=st.none() | instants,
        version=st.just(method.version),
    )


def changed_subscriptions(facts: Facts) -> st.SearchStrategy[Subscription]:
    """The subscription with everything about it changed but its identity."""
    subscription = facts.subscription
    assert subscription
    periods = st.lists(days, min_size=2, max_size=2, unique=True).map(sorted)
    own_methods = st.none() | st.sampled_from([method.id for method in facts.methods])
    return st.builds(
        lambda period, **fields: Subscription(period_start_on=period[0], period_end_on=period[1], **fields),
        periods,
        id=st.just(subscription.id),
        customer_id=st.just(subscription.customer_id),
        price=st.just(subscription.price),
        status=st.sampled_from(SubscriptionStatus),
        quantity=st.integers(1, 1_000_000),
        anchor_on=days,
        next_period_index=st.integers(0, 100_000),
        method_id=own_methods,
        method_tied_at=st.none() | instants,
        backup_method_id=own_methods,
        reason=st.sampled_from(StatusReason),
        next_step_at=st.none() | instants,
        past_due_at=st.none() | instants,
        suspended_at=st.none() | instants,
        cancel_at_period_end=st.booleans(),
        cancel_warned_at=st.none() | instants,
        canceled_at=st.none() | instants,
        pending_quantity=st.none() | st.integers(1, 1_000_000),
        paused_at=st.none() | instants,
        resumes_at=st.none() | instants,
        credit_minor=st.integers(0, MINOR_MAX),
        external_id=st.just(subscription.external_id),
        version=st.just(subscription.version),
    )


def changed_invoices(invoice: Invoice) -> st.SearchStrategy[Invoice]:
    """The invoice with everything changed that can change once it was issued."""
    fixed = ("total", "invoice_on", "issued_at", "period_start_on", "period_end_on", "source")
    kept = {name: getattr(invoice, name) for name in fixed}
    return invoices(invoice).map(lambda drawn: replace(drawn, **kept))


def invoices(invoice: Invoice) -> st.SearchStrategy[Invoice]:
    """An invoice with everything about it changed but its identity and its lines."""
    periods = st.tuples(st.none(), st.none()) | st.lists(days, min_size=2, max_size=2, unique=True).map(sorted)
    minors = st.integers(0, MINOR_MAX)
    return st.builds(
        lambda period, **fields: Invoice(period_start_on=period[0], period_end_on=period[1], **fields),
        periods,
        id=st.just(invoice.id),
        number=st.just(invoice.number),
        customer_id=st.just(invoice.customer_id),
        subscription_id=st.just(invoice.subscription_id),
        status=st.sampled_from(InvoiceStatus),
        total=moneys,
        invoice_on=days,
        issued_at=instants,
        method_id=st.just(invoice.method_id),
        lines=st.just(invoice.lines),
        paid_minor=minors,
        refunded_minor=minors,
        credited_minor=minors,
        dispute=st.sampled_from(DisputeStatus),
        source=st.sampled_from(InvoiceSource),
        external_id=st.just(invoice.external_id),
        next_step_at=st.none() | instants,
        closed_at=st.none() | instants,
        version=st.just(invoice.version),
    )


def lines(ids: Any) -> st.SearchStrategy[tuple[InvoiceLine, ...]]:  # noqa: ANN401 - an id maker
    """Lines of an invoice, each with an id of its own."""
    line = st.builds(
        lambda **fields: InvoiceLine(id=ids.new("il_"), **fields),
        description=texts,
        quantity=st.integers(1, 1_000_000),
        amount=st.builds(Money, st.integers(-MINOR_MAX, MINOR_MAX), currencies),
    )
    return st.lists(line, max_size=4).map(tuple)


def changed_attempts(attempt: Attempt) -> st.SearchStrategy[Attempt]:
    """The attempt with everything changed that can change once it was begun."""
    fixed = (
        *("gateway", "fingerprint", "amount", "number", "initiator", "started_at", "key_expires_at", "is_backup"),
        *("why", "notes", "presentment"),
    )
    kept = {name: getattr(attempt, name) for name in fixed}
    return attempts(attempt).map(lambda drawn: replace(drawn, **kept))


def attempts(attempt: Attempt) -> st.SearchStrategy[Attempt]:
    """An attempt with everything about it changed but what it points at."""
    ends = st.sampled_from(AttemptStatus).flatmap(
        lambda status: st.tuples(st.just(status), st.none() if status in OPEN_ATTEMPT else instants)
    )
    lives = st.lists(instants, min_size=2, max_size=2, unique=True).map(sorted)
    return st.builds(
        lambda end, life, **fields: Attempt(
            status=end[0],
            ended_at=end[1],
            started_at=life[0],
            key_expires_at=life[1],
            hard_stop=end[0] is AttemptStatus.DECLINED and fields["decline_class"] is DeclineClass.NEVER_RETRY,
            **fields,
        ),
        ends,
        lives,
        id=st.just(attempt.id),
        invoice_id=st.just(attempt.invoice_id),
        method_id=st.just(attempt.method_id),
        gateway=texts,
        fingerprint=texts,
        amount=moneys,
        number=st.integers(1, 1000),
        initiator=st.sampled_from(Initiator),
        is_backup=st.booleans(),
        captured_minor=st.integers(0, MINOR_MAX),
        gateway_ref=st.none() | texts,
        reason=st.none() | st.sampled_from(DeclineReason),
        decline_class=st.none() | st.sampled_from(DeclineClass),
        retry_not_before=st.none() | instants,
        answer=st.none() | answers,
        rules=st.lists(texts, max_size=3).map(tuple),
        why=st.lists(texts, max_size=3).map(tuple),
        notes=st.lists(limit_notes, max_size=3).map(tuple),
        asked_count=st.integers(0, 100),
        asked_at=st.none() | instants,
        expected_at=st.none() | instants,
        presentment=st.none() | presentments,
        detail=texts,
        version=st.just(attempt.version),
    )


def recoveries(recovery: Recovery) -> st.SearchStrategy[Recovery]:
    """A recovery with everything about it changed but its invoice and its policy."""
    return st.builds(
        Recovery,
        id=st.just(recovery.id),
        invoice_id=st.just(recovery.invoice_id),
        policy=st.just(recovery.policy),
        status=st.sampled_from(RecoveryStatus),
        opened_at=instants,
        window_ends_at=instants,
        hold=st.sampled_from(HoldReason),
        held_until=st.none() | instants,
        transfer_declared_at=st.none() | instants,
        skipped_until=st.none() | instants,
        moved_to=st.none() | instants,
        cause=st.sampled_from(Cause),
        closed_at=st.none() | instants,
        version=st.just(recovery.version),
    )


def notices(notice: Notice) -> st.SearchStrategy[Notice]:
    """A notice with everything about it changed but what it points at."""
    return st.builds(
        Notice,
        id=st.just(notice.id),
        customer_id=st.just(notice.customer_id),
        invoice_id=st.just(notice.invoice_id),
        subscription_id=st.just(notice.subscription_id),
        attempt_id=st.just(notice.attempt_id),
        kind=st.sampled_from(NoticeKind),
        status=st.sampled_from(NoticeStatus),
        owed_at=instants,
        due_at=instants,
        number=st.integers(0, 1000),
        context=documents,
        sent_at=st.none() | instants,
    )

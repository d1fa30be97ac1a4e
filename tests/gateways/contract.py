"""What every gateway must do, whatever it is called. A gateway's own tests subclass `GatewayContract` with their bench.

A bench stands at the provider's side: it makes tokens that behave, moves the time, and sees the money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import pytest

from purring.domain.attempt import (
    Absent,
    ActionRequired,
    Approved,
    Declined,
    Outcome,
    Pending,
    Unavailable,
    Unknown,
)
from purring.domain.decline import DeclineReason, classify
from purring.domain.errors import BadSignature
from purring.domain.money import Money
from purring.gateways.base import (
    ChargeRequest,
    Gateway,
    InboundEvent,
    InboundKind,
    Refunded,
    RefundRefused,
    RefundRequest,
)

PRICE = Money(24_995, "USD")
THREADS = 50


class Behavior(StrEnum):
    """How a method made by the bench answers its first charge."""

    APPROVES = "approves"
    DECLINES_FOR_FUNDS = "declines_for_funds"
    APPROVES_TEN = "approves_ten"
    TIMES_OUT_BEFORE = "times_out_before"
    TIMES_OUT_AFTER = "times_out_after"
    DECLINES_UNHEARD = "declines_unheard"
    IS_UNAVAILABLE = "is_unavailable"
    IS_RATE_LIMITED = "is_rate_limited"
    SETTLES_IN_3_DAYS = "settles_in_3_days"
    FAILS_IN_3_DAYS = "fails_in_3_days"
    ASKS_CUSTOMER = "asks_customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One event as the provider posts it."""

    headers: Mapping[str, str]
    body: bytes


class Bench(Protocol):
    """The provider's side of a test."""

    @property
    def gateway(self) -> Gateway:
        """The gateway under test, connected to the provider."""
        ...

    @property
    def unreachable(self) -> Gateway:
        """The same gateway, with nobody listening at the provider's address."""
        ...

    def token(self, behavior: Behavior) -> str:
        """A new method that behaves so, with a card or account of its own."""
        ...

    def declining(self) -> Sequence[tuple[str, DeclineReason]]:
        """A token for each code that the provider documents, and what that code means."""
        ...

    def new_key(self) -> str:
        """A key that was never used."""
        ...

    def now(self) -> datetime:
        """The provider's time."""
        ...

    def advance(self, by: timedelta) -> None:
        """Let the provider's time pass."""
        ...

    def confirm(self, key: str, *, succeed: bool) -> None:
        """The customer answers their bank."""
        ...

    def moved(self, key: str) -> list[Money]:
        """All captures under a key, as the provider's books show them."""
        ...

    def posted(self, key: str) -> list[Posted]:
        """The events about a key, signed as of now."""
        ...


class GatewayContract:
    """The promises of `Gateway`, one test each; subclass it with a fixture `bench`."""

    def test_an_approved_charge_takes_what_was_asked_for(self, bench: Bench) -> None:
        """Approved means: the provider's books show the amount, once, and `find` says the same."""
        request = request_of(bench, Behavior.APPROVES)
        outcome = bench.gateway.charge(request)
        assert isinstance(outcome, Approved)
        assert PRICE == outcome.captured
        assert [PRICE] == bench.moved(request.key)
        assert outcome == bench.gateway.find(request.key)

    def test_a_partial_approval_says_how_much_it_took(self, bench: Bench) -> None:
        """When the issuer approves less, `captured` is what the books show."""
        request = request_of(bench, Behavior.APPROVES_TEN)
        outcome = bench.gateway.charge(request)
        assert isinstance(outcome, Approved)
        assert [Money(1_000, "USD")] == [outcome.captured] == bench.moved(request.key)

    @pytest.mark.parametrize("behavior", [Behavior.APPROVES, Behavior.DECLINES_FOR_FUNDS, Behavior.SETTLES_IN_3_DAYS])
    def test_the_same_key_gets_the_same_answer(self, bench: Bench, behavior: Behavior) -> None:
        """A request that is sent again is answered as before and moves nothing."""
        request = request_of(bench, behavior)
        first = bench.gateway.charge(request)
        moved = bench.moved(request.key)
        bench.advance(timedelta(minutes=5))
        assert first == bench.gateway.charge(request)
        assert moved == bench.moved(request.key)

    def test_the_same_key_with_another_body_takes_nothing(self, bench: Bench) -> None:
        """A key belongs to its first body: another one is not charged, and nothing is claimed about the first."""
        request = request_of(bench, Behavior.APPROVES)
        first = bench.gateway.charge(request)
        outcome = bench.gateway.charge(replace(request, amount=PRICE + PRICE))
        assert isinstance(outcome, Unknown)
        assert [PRICE] == bench.moved(request.key)
        assert first == bench.gateway.find(request.key)

    def test_many_threads_with_one_key_charge_once(self, bench: Bench) -> None:
        """Fifty threads send the same request at once; the money moves once and everybody hears the same."""
        request = request_of(bench, Behavior.APPROVES)
        with ThreadPoolExecutor(THREADS) as threads:
            outcomes = list(threads.map(bench.gateway.charge, [request] * THREADS))
        assert [PRICE] == bench.moved(request.key)
        assert [bench.gateway.find(request.key)] * THREADS == outcomes

    def test_a_decline_carries_codes_that_mean_something(self, bench: Bench) -> None:
        """A decline for want of funds is read as one, and nothing moves."""
        request = request_of(bench, Behavior.DECLINES_FOR_FUNDS)
        outcome = bench.gateway.charge(request)
        assert isinstance(outcome, Declined)
        assert DeclineReason.INSUFFICIENT_FUNDS == _reason(bench, outcome)
        assert [] == bench.moved(request.key)
        assert outcome == bench.gateway.find(request.key)

    def test_every_documented_code_is_understood(self, bench: Bench) -> None:
        """Each code that the provider documents comes through as a decline with the reason it stands for."""
        misread: list[tuple[str, Outcome]] = []
        for token, reason in bench.declining():
            outcome = bench.gateway.charge(_with(bench, token))
            if not isinstance(outcome, Declined) or _reason(bench, outcome) is not reason:
                misread.append((token, outcome))
        assert [] == misread

    def test_a_token_that_the_provider_does_not_know_is_a_decline_nobody_retries(self, bench: Bench) -> None:
        """A refused request took nothing; its code is not in any table, so it stops and asks."""
        request = _with(bench, "tok_that_nobody_made")
        outcome = bench.gateway.charge(request)
        assert isinstance(outcome, Declined)
        assert DeclineReason.UNKNOWN == _reason(bench, outcome)
        assert [] == bench.moved(request.key)

    @pytest.mark.parametrize(
        ("behavior", "truth"),
        [
            (Behavior.TIMES_OUT_BEFORE, Absent),
            (Behavior.TIMES_OUT_AFTER, Approved),
            (Behavior.DECLINES_UNHEARD, Declined),
        ],
    )
    def test_after_a_time_out_find_tells_the_truth(
        self, bench: Bench, behavior: Behavior, truth: type[Outcome]
    ) -> None:
        """A lost answer is `Unknown`, never a decline; `find` then agrees with the provider's books."""
        request = request_of(bench, behavior)
        assert isinstance(bench.gateway.charge(request), Unknown)
        found = bench.gateway.find(request.key)
        assert isinstance(found, truth)
        assert isinstance(found, Approved) == bool(bench.moved(request.key))

    def test_after_a_time_out_the_same_key_charges_once(self, bench: Bench) -> None:
        """Sending the same request again after a lost answer gets that answer and no second charge."""
        request = request_of(bench, Behavior.TIMES_OUT_AFTER)
        bench.gateway.charge(request)
        assert isinstance(bench.gateway.charge(request), Approved)
        assert [PRICE] == bench.moved(request.key)

    @pytest.mark.parametrize("behavior", [Behavior.IS_UNAVAILABLE, Behavior.IS_RATE_LIMITED])
    def test_unavailable_means_that_nothing_happened(self, bench: Bench, behavior: Behavior) -> None:
        """An outage and a rate limit are no declines: nothing was taken, and the key is still free."""
        request = request_of(bench, behavior)
        assert isinstance(bench.gateway.charge(request), Unavailable)
        assert isinstance(bench.gateway.find(request.key), Absent)
        assert [] == bench.moved(request.key)
        assert isinstance(bench.gateway.charge(request), Approved)

    def test_a_rate_limit_says_how_long_to_wait(self, bench: Bench) -> None:
        """The provider's wish comes through."""
        outcome = bench.gateway.charge(request_of(bench, Behavior.IS_RATE_LIMITED))
        assert isinstance(outcome, Unavailable)
        assert outcome.retry_after is not None
        assert outcome.retry_after > timedelta(0)

    def test_a_refused_connection_is_unavailable(self, bench: Bench) -> None:
        """With nobody listening, every question is `Unavailable`, which claims nothing about any charge."""
        request = request_of(bench, Behavior.APPROVES)
        refund = RefundRequest(key=bench.new_key(), charge_key=request.key, amount=PRICE)
        outcomes = [
            bench.unreachable.charge(request),
            bench.unreachable.find(request.key),
            bench.unreachable.cancel(request.key),
            bench.unreachable.refund(refund),
        ]
        assert [Unavailable] * 4 == [type(outcome) for outcome in outcomes]

    def test_a_key_that_never_arrived_is_absent(self, bench: Bench) -> None:
        """`find` and `cancel` say that there is no such charge."""
        key = bench.new_key()
        assert [Absent(), Absent()] == [bench.gateway.find(key), bench.gateway.cancel(key)]

    def test_the_stated_key_lifetime_is_kept(self, bench: Bench) -> None:
        """A key protects until just before its stated lifetime is over; after it, `find` still knows the charge."""
        request = request_of(bench, Behavior.APPROVES)
        first = bench.gateway.charge(request)
        bench.advance(bench.gateway.capabilities.key_lifetime - timedelta(seconds=1))
        assert first == bench.gateway.charge(request)
        bench.advance(timedelta(days=40))
        assert first == bench.gateway.find(request.key)
        assert [PRICE] == bench.moved(request.key)

    @pytest.mark.parametrize(
        ("behavior", "end"), [(Behavior.SETTLES_IN_3_DAYS, Approved), (Behavior.FAILS_IN_3_DAYS, Declined)]
    )
    def test_a_pending_debit_ends_in_its_own_time(self, bench: Bench, behavior: Behavior, end: type[Outcome]) -> None:
        """A debit is pending with a day to expect it by; until then no money is claimed, then `find` tells the end."""
        request = request_of(bench, behavior)
        outcome = bench.gateway.charge(request)
        assert isinstance(outcome, Pending)
        assert timedelta(days=3) == outcome.expected_at - bench.now()
        bench.advance(timedelta(days=2))
        assert outcome == bench.gateway.find(request.key)
        assert [] == bench.moved(request.key)
        bench.advance(timedelta(days=1))
        found = bench.gateway.find(request.key)
        assert isinstance(found, end)
        assert isinstance(found, Approved) == bool(bench.moved(request.key))

    def test_a_debit_on_its_way_cannot_be_canceled(self, bench: Bench) -> None:
        """Cancel answers what is true: still pending."""
        request = request_of(bench, Behavior.SETTLES_IN_3_DAYS)
        outcome = bench.gateway.charge(request)
        assert outcome == bench.gateway.cancel(request.key)

    @pytest.mark.parametrize("end", [Approved, Declined])
    def test_the_customer_decides_a_charge_that_asks_them(self, bench: Bench, end: type[Outcome]) -> None:
        """A charge that needs the customer waits with a link and a deadline, and ends as they answer their bank."""
        request = request_of(bench, Behavior.ASKS_CUSTOMER)
        outcome = bench.gateway.charge(request)
        assert isinstance(outcome, ActionRequired)
        assert outcome.expires_at > bench.now()
        assert (outcome.url or "").startswith("http")
        bench.confirm(request.key, succeed=end is Approved)
        assert isinstance(bench.gateway.find(request.key), end)

    def test_a_charge_that_nobody_confirms_lapses(self, bench: Bench) -> None:
        """At its deadline it is declined for want of authentication, and nothing moved."""
        request = request_of(bench, Behavior.ASKS_CUSTOMER)
        waiting = bench.gateway.charge(request)
        assert isinstance(waiting, ActionRequired)
        bench.advance(waiting.expires_at - bench.now())
        found = bench.gateway.find(request.key)
        assert isinstance(found, Declined)
        assert DeclineReason.AUTHENTICATION_REQUIRED == _reason(bench, found)
        assert [] == bench.moved(request.key)

    def test_giving_up_a_waiting_charge_makes_it_safe_to_make_another(self, bench: Bench) -> None:
        """After cancel the charge is over; a paid one stays paid."""
        waiting = request_of(bench, Behavior.ASKS_CUSTOMER)
        bench.gateway.charge(waiting)
        assert isinstance(bench.gateway.cancel(waiting.key), Declined)
        paid = request_of(bench, Behavior.APPROVES)
        outcome = bench.gateway.charge(paid)
        assert outcome == bench.gateway.cancel(paid.key)
        assert [PRICE] == bench.moved(paid.key)

    def test_a_refund_is_made_once(self, bench: Bench) -> None:
        """The same refund sent twice is one; a second one of the whole amount is refused."""
        request = request_of(bench, Behavior.APPROVES)
        bench.gateway.charge(request)
        refund = RefundRequest(key=bench.new_key(), charge_key=request.key, amount=PRICE)
        first = bench.gateway.refund(refund)
        assert isinstance(first, Refunded)
        assert first == bench.gateway.refund(refund)
        assert isinstance(bench.gateway.refund(replace(refund, key=bench.new_key())), RefundRefused)

    @pytest.mark.parametrize(
        "behavior", [Behavior.APPROVES, Behavior.DECLINES_FOR_FUNDS, Behavior.TIMES_OUT_AFTER, Behavior.APPROVES_TEN]
    )
    def test_an_event_says_what_find_says(self, bench: Bench, behavior: Behavior) -> None:
        """The provider's event about a charge reads as the same outcome, with our key and an id of its own."""
        request = request_of(bench, behavior)
        bench.gateway.charge(request)
        event = _only_event(bench, request.key)
        assert InboundKind.CHARGE_UPDATED == event.kind
        assert request.key == event.key
        assert event.event_id
        assert event.outcome == bench.gateway.find(request.key)

    def test_a_bad_signature_is_refused(self, bench: Bench) -> None:
        """An event that is unsigned, altered, or signed for another body is not read."""
        request = request_of(bench, Behavior.DECLINES_FOR_FUNDS)
        bench.gateway.charge(request)
        (event,) = bench.posted(request.key)
        altered = event.body.replace(b"declined", b"approved")
        assert altered != event.body
        for headers, body in [({}, event.body), (event.headers, altered), (event.headers, event.body + b" ")]:
            with pytest.raises(BadSignature):
                bench.gateway.read_event(headers, body, bench.now())

    @pytest.mark.parametrize("minutes", [-6, 6])
    def test_an_old_or_early_signature_is_refused(self, bench: Bench, minutes: int) -> None:
        """A genuine event replayed more than five minutes off is not read."""
        request = request_of(bench, Behavior.APPROVES)
        bench.gateway.charge(request)
        (event,) = bench.posted(request.key)
        with pytest.raises(BadSignature):
            bench.gateway.read_event(event.headers, event.body, bench.now() + timedelta(minutes=minutes))

    def test_the_gateway_states_its_limits(self, bench: Bench) -> None:
        """It says how long it remembers a key, and how many requests may be under way at once."""
        capabilities = bench.gateway.capabilities
        assert capabilities.key_lifetime > timedelta(0)
        assert capabilities.in_flight_max >= 1

    def test_a_key_is_trusted_no_longer_than_is_known(self, bench: Bench) -> None:
        """A provider that can't be asked is assumed to forget keys no later than it really does."""
        assert bench.unreachable.capabilities.key_lifetime <= bench.gateway.capabilities.key_lifetime


def request_of(bench: Bench, behavior: Behavior) -> ChargeRequest:
    """A charge of a method that behaves so, for an invoice of its own."""
    return _with(bench, bench.token(behavior))


def _with(bench: Bench, token: str) -> ChargeRequest:
    key = bench.new_key()
    return ChargeRequest(
        key=key, token=token, amount=PRICE, merchant_id="mer_1", invoice_id=f"inv_{key}", description="Plan for March"
    )


def _reason(bench: Bench, declined: Declined) -> DeclineReason:
    return classify(declined.answer, bench.now().date()).reason


def _only_event(bench: Bench, key: str) -> InboundEvent:
    (posted,) = bench.posted(key)
    return bench.gateway.read_event(posted.headers, posted.body, bench.now())

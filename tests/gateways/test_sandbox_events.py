"""The sandbox's events: signed, and as late, doubled, shuffled, lost or forged as ordered."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.attempt import Approved, Declined
from purring.domain.errors import BadSignature, GatewayGarbled
from purring.gateways.base import InboundEvent, InboundKind, RefundRequest
from purring.gateways.sandbox.background import serve_in_background
from purring.gateways.sandbox.events import Forgery
from purring.gateways.sandbox.gateway import SandboxGateway
from purring.gateways.sandbox.inbound import read_event
from purring.gateways.sandbox.local import LocalSandbox, connect
from purring.gateways.sandbox.settings import DEFAULT_EVENT_SECRET
from purring.gateways.sandbox.signing import HEADER, is_genuine, sign
from tests.gateways.benches import START, TestTime, charge
from tests.gateways.contract import PRICE


def _received(local: LocalSandbox, time: TestTime, after: int = 0) -> list[InboundEvent]:
    return [
        local.gateway.read_event(delivery.headers, delivery.body, time.now)
        for delivery in local.remote.deliveries(after)
    ]


def test_every_kind_of_event_is_read(local: LocalSandbox, time: TestTime) -> None:
    """A charge, a refund and a dispute each tell their story in our words, in order, with ids of their own."""
    local.gateway.charge(charge("att_1"))
    local.gateway.charge(charge("att_2"))
    local.gateway.refund(RefundRequest(key="rfd_1", charge_key="att_1", amount=PRICE))
    local.remote.open_chargeback("att_2", reason="product_not_received")
    local.remote.end_chargeback("att_2", won=True)
    local.gateway.charge(charge("att_3"))
    local.remote.open_chargeback("att_3")
    local.remote.end_chargeback("att_3", won=False)
    events = _received(local, time)
    told = [(event.key, event.kind) for event in events]
    assert [
        ("att_1", InboundKind.CHARGE_UPDATED),
        ("att_2", InboundKind.CHARGE_UPDATED),
        ("att_1", InboundKind.REFUNDED),
        ("att_2", InboundKind.CHARGEBACK_OPENED),
        ("att_2", InboundKind.CHARGEBACK_WON),
        ("att_3", InboundKind.CHARGE_UPDATED),
        ("att_3", InboundKind.CHARGEBACK_OPENED),
        ("att_3", InboundKind.CHARGEBACK_LOST),
    ] == told
    assert len(events) == len({event.event_id for event in events})
    assert ("product_not_received", PRICE) == (events[3].reason, events[3].amount)


def test_a_debit_tells_of_its_end_at_its_own_time(local: LocalSandbox, time: TestTime) -> None:
    """Nothing is sent while it is pending; the event of its end carries the day it ended, however late one looks."""
    local.gateway.charge(charge("att_1", "tok_sepa_insufficient_funds"))
    assert [] == _received(local, time)
    time.pass_by(timedelta(days=9))
    (event,) = _received(local, time)
    assert isinstance(event.outcome, Declined)
    assert START + timedelta(days=3) == event.occurred_at


def test_late_events_come_late(local: LocalSandbox, time: TestTime) -> None:
    """A delayed event isn't there before its time and is genuine when it comes."""
    local.remote.plan_events(delay_s=3_600)
    local.gateway.charge(charge("att_1"))
    time.pass_by(timedelta(seconds=3_599))
    assert [] == _received(local, time)
    time.pass_by(timedelta(seconds=1))
    (event,) = _received(local, time)
    assert START == event.occurred_at


def test_copies_are_the_same_event(local: LocalSandbox, time: TestTime) -> None:
    """An event sent several times, at once or again later, keeps its id."""
    local.remote.plan_events(copies=2)
    local.gateway.charge(charge("att_1"))
    local.remote.send_again("att_1", copies=2)
    events = _received(local, time)
    assert 4 == len(events)
    assert [events[0]] * 4 == events


def test_held_events_come_in_the_order_asked_for(local: LocalSandbox, time: TestTime) -> None:
    """Held back, nothing is sent; released in reverse, the last comes first."""
    local.remote.plan_events(held=True)
    for number in (1, 2, 3):
        local.gateway.charge(charge(f"att_{number}"))
    assert [] == _received(local, time)
    local.remote.release_events(in_reverse=True)
    assert ["att_3", "att_2", "att_1"] == [event.key for event in _received(local, time)]
    local.gateway.charge(charge("att_4"))
    assert "att_4" == _received(local, time)[-1].key


def test_lost_events_never_come(local: LocalSandbox, time: TestTime) -> None:
    """With no copies at all, only `find` can tell."""
    local.remote.plan_events(copies=0)
    local.gateway.charge(charge("att_1"))
    time.pass_by(timedelta(days=1))
    assert [] == _received(local, time)
    assert isinstance(local.gateway.find("att_1"), Approved)


def test_a_reader_goes_on_where_it_stopped(local: LocalSandbox, time: TestTime) -> None:
    """Asking after a position gives what came later, nothing twice."""
    for number in (1, 2, 3):
        local.gateway.charge(charge(f"att_{number}"))
    first = local.remote.deliveries()[0]
    assert ["att_2", "att_3"] == [event.key for event in _received(local, time, first.position)]


@pytest.mark.parametrize("forgery", Forgery)
def test_forged_events_are_refused(local: LocalSandbox, time: TestTime, forgery: Forgery) -> None:
    """However an event is forged, it isn't read; the genuine one before it is."""
    local.gateway.charge(charge("att_1", "tok_visa_do_not_honor"))
    local.remote.send_again("att_1", forgery=forgery)
    genuine, forged = local.remote.deliveries()
    assert isinstance(local.gateway.read_event(genuine.headers, genuine.body, time.now).outcome, Declined)
    with pytest.raises(BadSignature):
        local.gateway.read_event(forged.headers, forged.body, time.now)


# Hypothesis wants its bounds without a zone.
EARLIEST, LATEST = datetime.min.replace(year=1990), datetime.min.replace(year=2100)  # noqa: DTZ901 -- as said
signatures = st.text(max_size=90) | st.from_regex(r"t=\d{1,14},v1=[0-9a-f]{64}", fullmatch=True)


@given(header=signatures, body=st.binary(max_size=50))
def test_no_made_up_signature_passes(header: str, body: bytes) -> None:
    """Whatever stands in the header, without the secret it proves nothing, and it breaks nothing."""
    assert not is_genuine("the real secret", header, body, START)


@given(
    body=st.binary(max_size=50),
    seconds=st.integers(-400, 400),
    at=st.datetimes(EARLIEST, LATEST),
)
def test_a_signature_holds_for_five_minutes_either_way(body: bytes, seconds: int, at: datetime) -> None:
    """Within five minutes of its time a signature is genuine, outside it is not."""
    signed_at = at.replace(microsecond=0, tzinfo=UTC)
    now = signed_at + timedelta(seconds=seconds)
    assert (abs(seconds) <= 300) == is_genuine("secret", sign("secret", body, signed_at), body, now)


@given(event=st.dictionaries(st.sampled_from(["id", "type", "key", "occurred_at", "charge"]), st.text() | st.none()))
def test_a_signed_event_that_makes_no_sense_is_garbled(event: dict[str, object]) -> None:
    """A genuine signature under nonsense is an error of its own, not a crash."""
    body = json.dumps(event).encode()
    headers = {HEADER: sign(DEFAULT_EVENT_SECRET, body, START)}
    with pytest.raises(GatewayGarbled):
        read_event(DEFAULT_EVENT_SECRET, headers, body, START)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """A server of ours that events are posted to; it refuses the first one."""

    url: str
    received: queue.Queue[tuple[dict[str, str], bytes]]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """An HTTP server on a free port."""
    received: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()
    refusals = iter([503])

    class Handler(BaseHTTPRequestHandler):
        """Keeps what is posted."""

        def do_POST(self) -> None:
            """Refuse once, then take everything."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(next(refusals, 204))
            self.end_headers()
            received.put((dict(self.headers), body))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Inbox(url=f"http://127.0.0.1:{server.server_port}/events", received=received)
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_events_are_posted_until_they_are_taken(tmp_path: Path, inbox: Inbox) -> None:
    """The server posts each event to our address, signed, and again after a refusal."""
    ledger_path = tmp_path / "sandbox.db"
    arguments = ["--push-url", inbox.url, "--event-secret", "ours"]
    with serve_in_background(ledger_path, arguments=arguments) as running, connect(running.url) as client:
        gateway = SandboxGateway(client, event_secret="ours")
        gateway.charge(charge("att_1"))
        refused, taken = inbox.received.get(timeout=20), inbox.received.get(timeout=20)
    headers, body = taken
    assert refused[1] == body
    sent_at = datetime.fromtimestamp(int(headers[HEADER].partition(",")[0][2:]), UTC)
    assert "att_1" == gateway.read_event(headers, body, sent_at).key

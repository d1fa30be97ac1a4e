"""Where events may be sent, which of them, and how long they are tried."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.endpoint import (
    EVERY_KIND,
    PAUSES,
    PRIVATE,
    DisabledReason,
    Endpoint,
    EndpointStatus,
    check_url,
    check_wanted,
    is_told,
    next_try_at,
    wants,
)
from purring.domain.errors import InvalidInput
from purring.domain.event import EventKind
from purring.domain.ids import EndpointId, MerchantId

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "url", ["https://shop.example/purring", "https://shop.example:8443", "https://[2606:4700::1]/x?y=1"]
)
def test_https_with_a_name_is_taken(url: str) -> None:
    """Any port and path."""
    assert url == check_url(url, allows_loopback=False)


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/purring", "ftp://shop.example", "//shop.example", "shop.example", "", "https://", "https:///x",
        "https://kari:secret@shop.example", "https://shop.example/#x", "https://shop.example:0/", "https://shop.example:x/",
        "https://blåbær.example/", "https://shop.example/a b", "https://shop.example/\n", "https://[::1", "http://127.0.0.1/",
        "https://shop.example/" + "x" * 2_000,
    ],
)  # fmt: skip
def test_anything_else_is_refused(url: str) -> None:
    """With a remedy."""
    with pytest.raises(InvalidInput, match=r"https://shop\.example/purring"):
        check_url(url, allows_loopback=False)


def test_this_machine_is_taken_only_where_that_is_said() -> None:
    """By its names; no other host may go without https even then."""
    for url in ("http://localhost:3000/x", "http://127.0.0.1/", "http://[::1]:80/"):
        assert url == check_url(url, allows_loopback=True)
    with pytest.raises(InvalidInput, match="is not https"):
        check_url("http://shop.example/", allows_loopback=True)


@given(st.lists(st.sampled_from([kind.value for kind in EVERY_KIND])), st.sampled_from(EventKind))
def test_a_filter_lets_through_what_it_names(chosen: list[str], kind: EventKind) -> None:
    """Nothing named is everything; what operators note among themselves never goes out."""
    expected = kind not in PRIVATE and (not chosen or kind.value in chosen)
    assert expected == wants(check_wanted(chosen), kind)


def test_a_filter_takes_whole_nouns_and_nothing_unknown() -> None:
    """`invoice.*`."""
    assert wants(check_wanted(["invoice.*"]), EventKind.INVOICE_PAID)
    assert not wants(check_wanted(["invoice.*"]), EventKind.ATTEMPT_STARTED)
    for wrong in ("invoice", "*", "invoice.eaten", "queue.settled", "queue.*"):
        with pytest.raises(InvalidInput, match=r"no kind of event.*invoice\.\*"):
            check_wanted([wrong])


def _endpoint(*wanted: str) -> Endpoint:
    return Endpoint(
        id=EndpointId("we_1"),
        merchant_id=MerchantId("mer_1"),
        url="https://shop.example/purring",
        description="",
        wanted=wanted,
        status=EndpointStatus.ENABLED,
        reason=DisabledReason.NONE,
        created_at=NOW,
        secret="sealed",
    )


def test_an_endpoint_takes_events_until_somebody_disables_it() -> None:
    """Whoever it was."""
    assert _endpoint().is_enabled
    assert not replace(_endpoint(), status=EndpointStatus.DISABLED).is_enabled


def test_a_test_reaches_its_own_endpoint_alone() -> None:
    """Whatever that wants, and never another one that wants everything."""
    narrow = _endpoint("recovery.*")
    assert is_told(narrow, EventKind.ENDPOINT_TESTED, narrow.id)
    assert not is_told(_endpoint(), EventKind.ENDPOINT_TESTED, "ep_2")
    assert is_told(narrow, EventKind.RECOVERY_OPENED, "rec_1")
    assert not is_told(narrow, EventKind.INVOICE_PAID, "inv_1")


def test_what_operators_note_down_goes_to_nobody() -> None:
    """Not even to an endpoint that wants everything."""
    assert PRIVATE
    assert not any(wants(check_wanted([]), kind) for kind in PRIVATE)


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=1)), min_size=len(PAUSES), max_size=len(PAUSES)))
def test_tries_go_on_for_three_days_and_then_end(delays: list[timedelta]) -> None:
    """However late each one is made: never sooner than in three days, never more than ten tries."""
    at: datetime | None = NOW
    last, tries = NOW, 0
    for delay in [*delays, timedelta(0)]:
        assert at is not None
        last, tries = at + delay, tries + 1
        at = next_try_at(tries, last)
        assert at is None or last < at <= last + timedelta(days=1)
    assert at is None
    assert last - NOW >= timedelta(days=3)
    assert 10 == tries

"""The sandbox's answers in our words: nothing that it could ever say makes us claim more than we know."""

from __future__ import annotations

import httpx2
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.attempt import Approved, Declined, Pending, Unavailable, Unknown
from purring.domain.money import EXPONENTS
from purring.gateways.http import Reply
from purring.gateways.sandbox.codes import charge_outcome, outcome_of
from purring.gateways.sandbox.gateway import SandboxGateway
from purring.gateways.sandbox.local import connect

values = st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.floats(allow_nan=False)
FIELDS = ["id", "status", "captured_minor", "currency", "decline", "expected_at", "expires_at", "confirm_path", "error"]
STATUSES = ["approved", "declined", "pending", "action_required", "unknown", "new"]
bodies = st.fixed_dictionaries(
    {}, optional={name: values | st.dictionaries(st.sampled_from(["gateway", "code"]), values) for name in FIELDS}
) | st.fixed_dictionaries({"status": st.sampled_from(STATUSES)}, optional=dict.fromkeys(FIELDS[:1], values))

GOOD = {"id": "ch_1", "status": "approved", "captured_minor": 100, "currency": "USD"}


@given(body=bodies, status=st.sampled_from([200, 202, 400, 401, 402, 404, 409]))
def test_a_garbled_answer_claims_nothing(body: dict[str, object], status: int) -> None:
    """Random fields are doubt or a refusal, never an approval, and never an exception."""
    outcome = outcome_of(Reply(status=status, headers={}, body=body), "http://sandbox")
    assert isinstance(outcome, Unknown | Unavailable | Declined)


@given(field=st.sampled_from(sorted(GOOD)), value=values)
def test_an_approval_with_one_wrong_field_is_doubt(field: str, value: object) -> None:
    """Only an approval that is whole counts as money."""
    outcome = charge_outcome(GOOD | {field: value})
    is_whole = {
        "id": isinstance(value, str),
        "captured_minor": isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63,
        "currency": value in EXPONENTS,  # another one than was asked for is found out beside the attempt
    }.get(field, value == "approved")
    assert is_whole == isinstance(outcome, Approved)


def test_only_the_sandbox_itself_can_say_that_a_charge_is_absent() -> None:
    """Another 404, as from a wrong address or a proxy, says nothing about the charge: it stays in doubt."""
    answer = httpx2.Response(404, json={"error": {"code": "no_such_page", "message": "There is no such page."}})
    with connect("http://sandbox.invalid", transport=httpx2.MockTransport(lambda _: answer)) as client:
        gateway = SandboxGateway(client)
        assert isinstance(gateway.find("att_1"), Unknown)
        assert isinstance(gateway.cancel("att_1"), Unknown)


def test_a_time_without_zone_is_doubt() -> None:
    """A settlement day that could mean two moments is not taken over."""
    pending = {"id": "ch_1", "status": "pending", "expected_at": "2027-03-04T09:00:00"}
    assert isinstance(charge_outcome(pending), Unknown)
    assert isinstance(charge_outcome(pending | {"expected_at": "2027-03-04T09:00:00+00:00"}), Pending)

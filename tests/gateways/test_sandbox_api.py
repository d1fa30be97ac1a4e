"""The sandbox itself: test numbers, keys that expire, outages, refunds and chargebacks, and bad requests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.attempt import Approved, Declined, Unavailable, Unknown
from purring.domain.decline import DeclineReason, classify
from purring.domain.errors import GatewayRefused
from purring.gateways.base import RefundRequest
from purring.gateways.http import HttpClient, HttpSettings
from purring.gateways.sandbox.api import FIXED, WITH_KEY
from purring.gateways.sandbox.codes import says_not_processed
from purring.gateways.sandbox.gateway import SandboxGateway
from purring.gateways.sandbox.local import LocalSandbox
from purring.gateways.sandbox.numbers import BEHAVIORS, NUMBERS, PLAIN_NUMBERS, by_name, looks_like_card_number
from purring.gateways.sandbox.oracle import captured_by_invoice, movements, seen_charges
from purring.gateways.sandbox.script import Approve, FindUnknown, TimeOut, parse_answer
from purring.gateways.sandbox.settings import OutageKind, SandboxSettings
from tests.gateways.benches import START, TestTime, charge
from tests.gateways.contract import PRICE

REAL_LOOKING = "4539 1488 0343 6467"


def call(
    local: LocalSandbox, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, object]]:
    """A raw request with a test key."""
    content = b"" if body is None else json.dumps(body).encode()
    given_headers = {"authorization": "Bearer sk_test_1", **(headers or {})}
    answered = local.api.handle(method, path, given_headers, content)
    return answered.status, dict(answered.body)


@pytest.mark.parametrize("reason", DeclineReason)
def test_every_reason_has_a_test_number_and_a_token_name(local: LocalSandbox, reason: DeclineReason) -> None:
    """A test number and a token name each lead to a decline for every reason."""
    number = next(number for number, name in NUMBERS.items() if name == f"visa_{reason}")
    made = local.remote.make_token_for_number(number)
    for key, token in (("att_1", made.token), ("att_2", f"tok_visa_{reason}")):
        outcome = local.gateway.charge(charge(key, token))
        assert isinstance(outcome, Declined)
        assert reason is classify(outcome.answer, seen_charges(local.ledger_path)[0].at.date()).reason


@pytest.mark.parametrize("behavior", BEHAVIORS)
@pytest.mark.parametrize("network", ["mastercard", "amex", "sepa", "ach", "bacs"])
def test_every_behavior_has_a_name_on_every_network(network: str, behavior: str) -> None:
    """The names of all behaviors work on cards and accounts alike, and what they say can be played."""
    instrument = by_name(f"{network}_{behavior}")
    assert instrument is not None
    assert all(parse_answer(text) for text in instrument.script)


@pytest.mark.parametrize(("number", "network"), PLAIN_NUMBERS.items())
def test_the_well_known_numbers_make_tokens(local: LocalSandbox, number: str, network: str) -> None:
    """Each network and bank scheme has a number that works, and its token says what it is."""
    made = local.remote.make_token_for_number(number, expiry=(4, 2031))
    assert (network, number[-4:], 4, 2031) == (made.network, made.last4, made.exp_month, made.exp_year)


def test_one_card_has_one_fingerprint(local: LocalSandbox) -> None:
    """Its number, its name and its network token share the fingerprint; another card has another."""
    by_number = local.remote.make_token_for_number("4242 4242 4242 4242")
    named = local.remote.make_token("visa")
    network_token = local.remote.make_token("visa", source="network_token")
    other = local.remote.make_token("visa-2")
    assert 1 == len({by_number.fingerprint, named.fingerprint, network_token.fingerprint})
    assert 4 == len({by_number.token, named.token, network_token.token, other.token})
    assert other.fingerprint != named.fingerprint


@pytest.mark.parametrize("number", [REAL_LOOKING, REAL_LOOKING.replace(" ", ""), "4242424242424241", "x", ""])
def test_only_test_numbers_become_tokens(local: LocalSandbox, number: str) -> None:
    """A number that isn't in the table is refused, real or not."""
    with pytest.raises(GatewayRefused, match="not_a_test_number"):
        local.remote.make_token_for_number(number)


def test_no_number_is_ever_stored(local: LocalSandbox, tmp_path: Path) -> None:
    """Neither a test number nor one that looks real is anywhere in the sandbox's files."""
    local.remote.make_token_for_number("4242 4242 4242 4242")
    for change, key in (({"invoice_id": REAL_LOOKING}, "att_1"), ({}, REAL_LOOKING)):
        status, body = call(local, "POST", "/v1/charges", {**GOOD, **change}, {"idempotency-key": key})
        assert (422, "card_number") == (status, _code(body))
    status, body = call(local, "POST", "/sandbox/find", {"key": REAL_LOOKING, "times": 1})
    assert (422, "card_number") == (status, _code(body))
    files = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"4242424242424242" not in files.replace(b" ", b"")
    assert REAL_LOOKING.replace(" ", "").encode() not in files.replace(b" ", b"")


def _code(body: Mapping[str, object]) -> object:
    error = body.get("error")
    return error.get("code") if isinstance(error, dict) else None


@given(stem=st.text("0123456789", min_size=12, max_size=18), gap=st.sampled_from(["", " ", "-"]))
def test_exactly_one_last_digit_makes_a_card_number(stem: str, gap: str) -> None:
    """Of the ten numbers that start alike, one passes the check, however it is grouped and wherever it stands."""
    texts = [f"card: {gap.join(stem + digit)}, thanks" for digit in "0123456789"]
    assert 1 == sum(looks_like_card_number(text) for text in texts)


@pytest.mark.parametrize("text", ["inv_4242424242424242", "4242", "42424242424242424242", "2027-03-01T09:00:00Z", ""])
def test_ids_and_dates_are_no_card_numbers(text: str) -> None:
    """Digits that belong to an id, and too few or too many of them, are nobody's card."""
    assert not looks_like_card_number(text)


def test_an_expired_key_charges_again_and_the_oracle_sees_it(local: LocalSandbox, time: TestTime) -> None:
    """Past its lifetime a key is new to the sandbox; a client that sends it then is caught with two captures."""
    first = local.gateway.charge(charge("att_1"))
    time.pass_by(local.gateway.capabilities.key_lifetime)
    second = local.gateway.charge(charge("att_1"))
    assert isinstance(second, Approved)
    assert first != second
    assert {"inv_att_1": [PRICE, PRICE]} == captured_by_invoice(local.ledger_path)
    assert isinstance(local.gateway.find("att_1"), Approved)


def test_the_stated_lifetime_is_the_configured_one(tmp_path: Path, time: TestTime) -> None:
    """The gateway learns the sandbox's own key lifetime."""
    settings = SandboxSettings(key_lifetime=timedelta(minutes=10))
    with LocalSandbox(tmp_path / "short.db", lambda: time.now, settings) as short:
        assert timedelta(minutes=10) == short.gateway.capabilities.key_lifetime


def test_a_stored_answer_says_that_it_is_one(local: LocalSandbox) -> None:
    """A replay is marked, so that whoever reads the wire can tell."""
    headers = {"authorization": "Bearer sk_test_1", "idempotency-key": "att_1"}
    body = json.dumps(
        {"token": "tok_visa", "amount_minor": 1, "currency": "USD", "merchant_id": "m", "invoice_id": "i"}
    ).encode()
    replayed = [local.api.handle("POST", "/v1/charges", headers, body).headers.get("Idempotent-Replayed") for _ in "12"]
    assert [None, "true"] == replayed


def test_find_can_be_told_not_to_know(local: LocalSandbox) -> None:
    """After `timeout after, find unknown 2 times` two questions are in vain, the third hears the truth."""
    made = local.remote.make_token("visa-1")
    local.remote.script(made.token, [TimeOut(then=Approve()), FindUnknown(times=2)])
    local.gateway.charge(charge("att_1", made.token))
    kinds = [type(local.gateway.find("att_1")) for _ in "123"]
    assert [Unknown, Unknown, Approved] == kinds


def test_a_hidden_key_is_unknown_whatever_became_of_it(local: LocalSandbox) -> None:
    """The switch works on any key, also on one that never arrived."""
    local.remote.hide("att_9", 1)
    assert isinstance(local.gateway.find("att_9"), Unknown)


def test_a_script_says_what_comes_afterwards(local: LocalSandbox) -> None:
    """An exhausted script says what it was told to."""
    made = local.remote.make_token("visa-1")
    local.remote.script(made.token, [parse_answer("visa 51")], afterwards=Approve())
    outcomes = [type(local.gateway.charge(charge(f"att_{number}", made.token))) for number in range(3)]
    assert [Declined, Approved, Approved] == outcomes


def test_a_script_in_wrong_words_is_refused(local: LocalSandbox) -> None:
    """The control endpoint names the words."""
    status, body = call(local, "POST", "/sandbox/scripts", {"token": "tok_visa", "answers": ["yes please"]})
    assert (422, "invalid_script") == (status, _code(body))


def test_many_scripts_are_written_all_or_none(local: LocalSandbox) -> None:
    """Several methods get their scripts by one request; a wrong one among them leaves none."""
    local.remote.script_many({"tok_visa-1": (("visa 51", "approve"), ""), "tok_visa-2": ((), "visa 05")})
    declined = [local.gateway.charge(charge(f"att_{n}", f"tok_visa-{n}")) for n in (1, 2)]
    assert ["51", "05"] == [outcome.answer.raw_code for outcome in declined if isinstance(outcome, Declined)]
    with pytest.raises(GatewayRefused):
        local.remote.script_many({"tok_visa-3": (("visa 51",), ""), "tok_visa-4": (("yes please",), "")})
    assert isinstance(local.gateway.charge(charge("att_3", "tok_visa-3")), Approved)
    status, body = call(local, "POST", "/sandbox/scripts/many", {"scripts": ["visa 51"]})
    assert (400, "invalid_request") == (status, _code(body))


def test_a_script_in_another_currency_charges_nothing(local: LocalSandbox) -> None:
    """A partial approval in another currency than the charge is a mistake of the script, told at once."""
    made = local.remote.make_token("visa-1")
    local.remote.script(made.token, [parse_answer("pending 3 days then approve 10.00 EUR")])
    outcome = local.gateway.charge(charge("att_1", made.token))
    assert isinstance(outcome, Declined)
    assert "script_currency" == outcome.answer.gateway_code
    assert [] == seen_charges(local.ledger_path)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (OutageKind.NOT_PROCESSED, Unavailable),
        (OutageKind.ERROR, Unknown),
        (OutageKind.TIMEOUT, Unknown),
        (OutageKind.CUT, Unknown),
    ],
)
def test_an_outage_hits_everything_until_it_ends(
    local: LocalSandbox, time: TestTime, kind: OutageKind, expected: type[Unavailable | Unknown]
) -> None:
    """While it lasts charges and questions fail in its way and nothing moves; then all is as before."""
    local.remote.outage(kind, until=time.now + timedelta(hours=2))
    assert [expected, expected] == [type(local.gateway.charge(charge("att_1"))), type(local.gateway.find("att_1"))]
    time.pass_by(timedelta(hours=2))
    assert isinstance(local.gateway.charge(charge("att_1")), Approved)
    local.remote.outage(kind)
    assert isinstance(local.gateway.find("att_1"), expected)
    local.remote.end_outage()
    assert isinstance(local.gateway.find("att_1"), Approved)
    assert [PRICE] == [move.amount for move in movements(local.ledger_path)]


def test_a_rate_limit_passes(local: LocalSandbox) -> None:
    """So many requests are refused with the wait that was set, then the next is taken."""
    local.remote.rate_limit(2, retry_after_s=7)
    outcomes = [local.gateway.charge(charge("att_1")) for _ in "123"]
    assert [Unavailable(detail="rate limited (429)", retry_after=timedelta(seconds=7))] * 2 == outcomes[:2]
    assert isinstance(outcomes[2], Approved)


def test_a_chargeback_takes_the_money_and_a_won_dispute_brings_it_back(local: LocalSandbox) -> None:
    """Each step is a movement of its own; a dispute is decided once."""
    local.gateway.charge(charge("att_1"))
    local.remote.open_chargeback("att_1")
    with pytest.raises(GatewayRefused, match="chargeback_too_large"):
        local.remote.open_chargeback("att_1")
    local.remote.end_chargeback("att_1", won=True)
    with pytest.raises(GatewayRefused, match="no_open_dispute"):
        local.remote.end_chargeback("att_1", won=False)
    moved = [(move.kind, move.amount) for move in movements(local.ledger_path)]
    assert [("captured", PRICE), ("charged_back", PRICE), ("chargeback_reversed", PRICE)] == moved


@pytest.mark.parametrize(("button", "end"), [("yes", Approved), ("no", Declined)])
def test_the_bank_page_ends_a_charge_that_waits(
    local: LocalSandbox, button: str, end: type[Approved | Declined]
) -> None:
    """The link of an `ActionRequired` leads to a page without sign-in; its buttons decide, once."""
    local.gateway.charge(charge("att_1", "tok_visa_action_required"))
    with httpx2.Client(transport=local.transport, base_url="http://sandbox.invalid") as browser:
        page = browser.get("/bank/att_1")
        assert "249.95 USD" in page.text
        assert "Confirm the payment" in page.text
        over = browser.post("/bank/att_1", data={"succeed": button})
        again = browser.post("/bank/att_1", data={"succeed": "yes"})
    assert "<form" not in over.text + again.text
    assert isinstance(local.gateway.find("att_1"), end)


@pytest.mark.parametrize("back", ["http://127.0.0.1:7878/paying/att_1", "https://evil.example/paying/att_1"])
def test_the_bank_sends_people_back(local: LocalSandbox, back: str) -> None:
    """To where the charge said, if that is an origin that gets people from here."""
    leads_back = "evil" not in back
    local.gateway.charge(replace(charge("att_1", "tok_visa_action_required"), return_to=back))
    with httpx2.Client(transport=local.transport, base_url="http://sandbox.invalid") as browser:
        assert leads_back == (f'href="{back}"' in browser.get("/bank/att_1").text)
        over = browser.post("/bank/att_1", data={"succeed": "yes"})
    assert ((303, back) if leads_back else (200, None)) == (over.status_code, over.headers.get("location"))


GOOD = {"token": "tok_visa", "amount_minor": 1, "currency": "USD", "merchant_id": "m", "invoice_id": "i"}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount_minor": 0}, 422, "invalid_amount"),
        ({"amount_minor": -1}, 422, "invalid_amount"),
        ({"amount_minor": 2**63}, 422, "invalid_amount"),
        ({"amount_minor": 1.5}, 400, "invalid_request"),
        ({"amount_minor": True}, 400, "invalid_request"),
        ({"currency": "XXX"}, 422, "invalid_amount"),
        ({"token": 7}, 400, "invalid_request"),
        ({"token": None}, 400, "invalid_request"),
        ({"invoice_id": None}, 400, "invalid_request"),
        ({"off_session": "yes"}, 400, "invalid_request"),
    ],
)
def test_a_bad_charge_is_refused_and_leaves_nothing(
    local: LocalSandbox, change: dict[str, object], status: int, code: str
) -> None:
    """Each wrong field has its refusal; the key stays free and the books stay empty."""
    headers = {"idempotency-key": "att_1"}
    refused = call(local, "POST", "/v1/charges", {**GOOD, **change}, headers)
    assert (status, code) == (refused[0], _code(refused[1]))
    assert [] == seen_charges(local.ledger_path)
    assert 200 == call(local, "POST", "/v1/charges", GOOD, headers)[0]


def test_every_request_is_documented() -> None:
    """The docstring of each handler starts with the request that it answers, which the reference page shows."""
    documented = {(handler.__doc__ or "").split(":")[0].split("?")[0] for handler in FIXED.values()}
    assert {f"{method} {path}" for method, path in FIXED} == documented
    for method, pattern, handler in WITH_KEY:
        request = (handler.__doc__ or "").split(":")[0]
        assert pattern.fullmatch(request.removeprefix(f"{method} "))


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/v1/charges", {}, 400),
        ("POST", "/v1/charges", {"idempotency-key": "x" * 256}, 400),
        ("GET", "/v1/charges", {"authorization": "Bearer sk_live_1"}, 401),
        ("GET", "/v1/charges", {"authorization": ""}, 401),
        ("GET", "/v1/charges?key=att_1", {}, 404),
        ("GET", "/v1/nothing", {}, 404),
        ("DELETE", "/v1/charges", {}, 404),
        ("GET", "/v1/events?after=x", {}, 400),
        ("POST", "/sandbox/clock", {}, 400),
        ("POST", "/v1/charges/att_1/confirm", {}, 404),
        ("POST", "/sandbox/outage", {}, 400),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    local: LocalSandbox, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    """Missing keys, live keys, unknown pages and missing fields each have their status."""
    assert status == call(local, method, path, {} if method == "POST" else None, headers)[0]


@given(body=st.binary(max_size=60) | st.just(b"[]") | st.just(b"[" * 20_000) | st.just(b" " * 70_000))
def test_garbage_is_refused(garbage_sandbox: LocalSandbox, body: bytes) -> None:
    """A body that is no JSON object never gets further than the door."""
    try:
        is_object = len(body) < 65_536 and (not body or isinstance(json.loads(body), dict))
    except (ValueError, RecursionError):
        is_object = False
    answered = garbage_sandbox.api.handle("POST", "/v1/tokens", {"authorization": "Bearer sk_test_1"}, body)
    assert is_object or answered.status in {400, 413}
    assert 400 <= answered.status < 500


@pytest.fixture(scope="module")
def garbage_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSandbox]:
    """One sandbox for all the garbage."""
    with LocalSandbox(tmp_path_factory.mktemp("garbage") / "sandbox.db", lambda: START) as sandbox:
        yield sandbox


def test_a_key_of_another_kind_is_unavailable(local: LocalSandbox) -> None:
    """When the sandbox refuses our credentials nothing was charged, and it is no decline of the customer's."""
    settings = HttpSettings(base_url="http://sandbox.invalid", api_key="sk_live_1")
    with HttpClient(settings, says_not_processed=says_not_processed, transport=local.transport) as client:
        stranger = SandboxGateway(client)
        refund = RefundRequest(key="rfd_1", charge_key="att_1", amount=PRICE)
        outcomes = [stranger.charge(charge("att_1")), stranger.find("att_1"), stranger.refund(refund)]
    assert [Unavailable] * 3 == [type(outcome) for outcome in outcomes]

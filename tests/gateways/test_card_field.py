"""The sandbox's field: a number goes in on its own origin, a token comes back, and nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from purring.gateways.base import OffersField, TokenDetails
from purring.gateways.sandbox.calls import Answered
from purring.gateways.sandbox.local import LocalSandbox

OURS = "http://127.0.0.1:7878/billing/methods/new?for=sub_1"
NUMBER = "4242 4242 4242 4242"


def field(
    local: LocalSandbox, typed: Mapping[str, str] | None = None, *, return_to: str = OURS, **query: str
) -> Answered:
    """The field's page, or what comes of typing something into it."""
    target = f"/field?{urlencode({'return_to': return_to, **query})}"
    if typed is None:
        return local.api.handle("GET", target, {}, b"")
    return local.api.handle("POST", target, {}, urlencode(typed).encode())


def test_a_number_becomes_a_token_that_goes_back(local: LocalSandbox) -> None:
    """The customer returns to where they came from, with a token that the gateway can describe."""
    assert "<form" in field(local).html
    answered = field(local, {"number": NUMBER, "expiry": "4 / 31"})
    back = urlsplit(answered.headers["Location"])
    assert (303, "/billing/methods/new") == (answered.status, back.path)
    query = parse_qs(back.query)
    assert ["sub_1"] == query["for"]
    details = local.gateway.token_details(query["token"][0])
    assert isinstance(details, TokenDetails)
    assert ("card", "visa", "4242", 4, 2031) == (
        details.kind,
        details.scheme,
        details.last4,
        details.exp_month,
        details.exp_year,
    )


def test_a_frame_tells_the_page_around_it(local: LocalSandbox) -> None:
    """Only a page of the origin that asked can hear it."""
    answered = field(local, {"number": NUMBER}, frame="1")
    assert (200, True) == (answered.status, "purringToken" in answered.html)
    assert '"http://127.0.0.1:7878"' in answered.html


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"number": "1"}, "Enter a card number, an IBAN"),
        ({"number": "4242 4242 4242 4241"}, "card number has a typing error"),
        ({"number": "4000 0566 5566 5556"}, "not one of the test numbers"),
        ({"number": "DE89 3704 0044 0532 0130 01"}, "IBAN has a typing error"),
        ({"number": "8601.11.17946"}, "Norwegian ones have eleven digits"),
        ({"number": NUMBER, "expiry": "soon"}, "expiry date as it stands"),
        ({"number": NUMBER, "expiry": "13/31"}, "expiry date as it stands"),
        ({}, "Enter a card number, an IBAN"),
    ],
)
def test_what_is_wrong_is_said_and_not_repeated(local: LocalSandbox, typed: dict[str, str], said: str) -> None:
    """The page comes again with the reason; the number isn't put back into it."""
    answered = field(local, typed)
    assert (422, True) == (answered.status, said in answered.html)
    assert "4242 4242 4242 4242" not in answered.html.replace("such as 4242 4242 4242 4242", "")


def test_it_speaks_bokmal(local: LocalSandbox) -> None:
    """Like the page that led here."""
    assert '<html lang="nb">' in field(local, lang="nb").html


@pytest.mark.parametrize("return_to", ["https://evil.example/", "javascript:alert(1)", "", "http://127.0.0.1.evil/"])
def test_strangers_get_no_token(local: LocalSandbox, return_to: str) -> None:
    """An address that isn't one of ours is refused before anything is typed."""
    assert 403 == field(local, return_to=return_to).status
    assert 403 == field(local, {"number": NUMBER}, return_to=return_to).status


def test_the_gateway_says_where_its_field_is(local: LocalSandbox) -> None:
    """The origin is the sandbox's own, never ours; a token it never made has no details."""
    gateway = local.gateway
    assert isinstance(gateway, OffersField)
    url = gateway.field_url(OURS, "nb", framed=True)
    assert url.startswith(f"{gateway.field_origin}/field?")
    assert {"return_to": [OURS], "lang": ["nb"], "frame": ["1"]} == parse_qs(urlsplit(url).query)
    assert gateway.token_details("tok_of_nobody") is None

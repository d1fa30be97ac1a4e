"""Sending over HTTPS: to the address that was checked, under the right name, and never longer than the deadline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic

import pytest

from purring.webhooks.post import ANSWER_BYTES_MAX, HttpPoster, Posted
from tests.webhooks.server import NAME, Server, serving

LOOPBACK = ["127.0.0.1"]
DEADLINE_S = 1.5


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """The endpoint's server."""
    with serving() as server:
        yield server


def post(
    server: Server, path: str, *, addresses: Sequence[str] = LOOPBACK, name: str = NAME, allows: bool = True
) -> Posted:
    """Post once to a path of the server, whose name leads to these addresses."""
    poster = HttpPoster(
        allows_loopback=allows, resolve=lambda _name, _port: addresses, tls=server.trust, deadline_s=DEADLINE_S
    )
    return poster.post(server.url(path, name), {"webhook-id": "evt_1"}, b'{"n":1}')


def test_an_event_arrives_whole_under_the_endpoints_own_name(server: Server) -> None:
    """The name that was looked up is the one that TLS and HTTP ask for, whatever address is called."""
    posted = post(server, "200")
    asked, request = server.asked[-1]
    assert (200, "", True) == (posted.status, posted.problem, posted.is_taken)
    assert NAME == asked
    assert request.startswith("POST /200 HTTP/1.1\r\n")
    assert f"host: {NAME}:{server.port}\r\n" in request.lower()
    assert request.endswith('\r\n\r\n{"n":1}')


@pytest.mark.parametrize(("path", "status"), [("500", 500), ("404", 404), ("410", 410), ("redirect", 302)])
def test_any_answer_but_2xx_is_not_taken(server: Server, path: str, status: int) -> None:
    """A redirect neither: nothing is sent on."""
    before = len(server.asked)
    posted = post(server, path)
    assert (status, f"answered {status}", False) == (posted.status, posted.problem, posted.is_taken)
    assert (status == 410) == posted.is_gone
    assert 1 == len(server.asked) - before


@pytest.mark.parametrize("path", ["slow", "drip"])
def test_nothing_takes_longer_than_the_deadline(server: Server, path: str) -> None:
    """Silence, and an answer that comes letter by letter."""
    started = monotonic()
    posted = post(server, path)
    assert (None, "did not answer in time") == (posted.status, posted.problem)
    assert DEADLINE_S <= monotonic() - started < 3 * DEADLINE_S
    assert DEADLINE_S * 1000 <= posted.took_ms


@pytest.mark.parametrize("path", ["cut", "garbage"])
def test_what_is_no_answer_is_told(server: Server, path: str) -> None:
    """A connection that is cut, and something else than HTTP."""
    assert Posted(status=None, problem="cut the connection, or didn't answer in HTTP", took_ms=0) == _timeless(
        post(server, path)
    )


def _timeless(posted: Posted) -> Posted:
    return Posted(status=posted.status, problem=posted.problem, took_ms=0)


def test_a_big_answer_is_not_read(server: Server) -> None:
    """Its status counts, and the rest is left where it is."""
    assert post(server, "big").is_taken
    assert server.sent_bytes < 100 * ANSWER_BYTES_MAX * 16


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["8.8.8.8", "10.0.0.1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["::1"],
        [],
    ],
)
def test_a_name_that_leads_into_our_network_is_not_called(server: Server, addresses: list[str]) -> None:
    """Not even if only one of its addresses does."""
    before = len(server.asked)
    posted = post(server, "200", addresses=addresses, allows=False)
    assert posted.status is None
    assert "isn't public" in posted.problem
    assert before == len(server.asked)


def test_the_address_that_was_checked_is_the_one_that_is_called(server: Server) -> None:
    """A name that leads elsewhere a moment later: it is looked up once per try, and again at the next."""
    answers = [["127.0.0.1"], ["10.0.0.1"], ["127.0.0.1"]]
    poster = HttpPoster(
        allows_loopback=True, resolve=lambda _name, _port: answers.pop(0), tls=server.trust, deadline_s=DEADLINE_S
    )
    statuses = [poster.post(server.url("200"), {}, b"{}").status for _ in range(3)]
    assert [200, None, 200] == statuses


def test_the_next_address_is_called_where_the_first_is_silent(server: Server) -> None:
    """All were checked; a machine may be down."""
    assert post(server, "200", addresses=["127.0.0.2", "127.0.0.1"]).is_taken


def test_a_certificate_of_another_name_is_refused(server: Server) -> None:
    """Whoever answers must be who was called."""
    posted = post(server, "200", name="other.example")
    assert (None, "its certificate is not valid for its name") == (posted.status, posted.problem)


def test_nobody_there_and_no_such_name_are_told(server: Server) -> None:
    """In words, without raising."""

    def unknown(_name: str, _port: int) -> list[str]:
        raise OSError("no such name")

    poster = HttpPoster(allows_loopback=True, resolve=unknown, tls=server.trust)
    assert "can't be reached" == poster.post("https://nobody.example/", {}, b"{}").problem
    silent = HttpPoster(allows_loopback=True, resolve=lambda _name, _port: LOOPBACK, tls=server.trust)
    assert "can't be reached" == silent.post("https://shop.example:1/", {}, b"{}").problem

"""The shared HTTP client: what certainly did nothing is `Unavailable`, every doubt is `Unknown`, and nothing leaks."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.attempt import Unavailable, Unknown
from purring.gateways.http import ANSWER_BYTES_MAX, HttpClient, HttpSettings, Reply, Sent
from tests.gateways.benches import Server, unused_port

SECRET = "sk_test_do_not_print_me"
NEVER_SENT = {httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError}


def _all_below(base: type[Exception]) -> Iterator[type[Exception]]:
    for child in base.__subclasses__():
        yield child
        yield from _all_below(child)


FAILURES = sorted(set(_all_below(httpx2.RequestError)), key=lambda failure: failure.__name__)


def _client(
    transport: httpx2.BaseTransport | None = None, url: str = "http://gateway.invalid", read_timeout_s: float = 5.0
) -> HttpClient:
    settings = HttpSettings(base_url=url, api_key=SECRET, read_timeout_s=read_timeout_s)
    return HttpClient(settings, says_not_processed=lambda reply: "nothing_done" in reply.body, transport=transport)


def _answering(response: Callable[[], httpx2.Response]) -> Sent:
    with _client(httpx2.MockTransport(lambda _: response())) as client:
        return client.post("/v1/charges", {"amount": 1}, idempotency_key="att_1")


def _status(status: int, body: object, headers: dict[str, str] | None = None) -> Sent:
    return _answering(lambda: httpx2.Response(status, json=body, headers=headers))


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.__name__)
def test_each_failure_of_the_network_is_sorted(failure: type[Exception]) -> None:
    """Only failures before the first byte are `Unavailable`; a new kind of failure counts as doubt."""

    def fail() -> httpx2.Response:
        raise failure("it broke")

    expected = Unavailable if failure in NEVER_SENT else Unknown
    assert expected is type(_answering(fail))


@pytest.mark.parametrize("status", [*range(300, 308), 408, *range(500, 512)])
def test_answers_that_say_nothing_certain_are_unknown(status: int) -> None:
    """Redirects, time-outs and server errors leave it open whether the charge was made."""
    assert isinstance(_status(status, {}), Unknown)


@pytest.mark.parametrize("status", [200, 201, 202, 400, 401, 402, 404, 409, 422])
def test_answers_that_the_provider_meant_come_through(status: int) -> None:
    """Successes and refusals are handed to the adapter with their body."""
    sent = _status(status, {"status": "approved"})
    assert isinstance(sent, Reply)
    assert (status, {"status": "approved"}) == (sent.status, sent.body)


def test_characters_that_no_database_keeps_are_replaced() -> None:
    """A message with NUL or half a surrogate pair in it must not keep the outcome from being written down."""
    content = b'{"a\\u0000": ["\\ud800!", {"b": "Bl\\u00e5b\\u00e6r\\u0000"}], "n": 1}'
    sent = _answering(lambda: httpx2.Response(200, content=content))
    assert isinstance(sent, Reply)
    assert {"a\ufffd": ["?!", {"b": "Blåbær\ufffd"}], "n": 1} == sent.body


def test_a_503_counts_as_unavailable_only_if_it_says_that_nothing_was_done() -> None:
    """Without the provider's own word a 503 may come from a proxy behind which the charge went through."""
    assert isinstance(_status(503, {"nothing_done": True}), Unavailable)
    assert isinstance(_status(503, {}), Unknown)
    assert isinstance(_answering(lambda: httpx2.Response(503, text="<html>")), Unknown)


DATES = {"Date": "Mon, 01 Mar 2027 09:00:00 GMT", "Retry-After": "Mon, 01 Mar 2027 09:02:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"Retry-After": "20"}, timedelta(seconds=20)),
        ({"Retry-After": "0"}, timedelta(0)),
        ({"Retry-After": "99999999999999999999"}, timedelta(days=1)),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": DATES["Retry-After"]}, None),
        (DATES, timedelta(minutes=2)),
        ({"Date": DATES["Retry-After"], "Retry-After": DATES["Date"]}, timedelta(0)),
    ],
)
def test_a_rate_limit_says_how_long_to_wait(headers: dict[str, str], expected: timedelta | None) -> None:
    """429 is `Unavailable`, with the wait if it can be read: seconds, or a date against the server's own."""
    sent = _status(429, {}, headers)
    assert isinstance(sent, Unavailable)
    assert expected == sent.retry_after


@given(content=st.binary(max_size=200) | st.text().map(str.encode) | st.just(b"[1]") | st.just(b"1" * 100))
def test_bodies_that_are_no_json_object_are_unknown(content: bytes) -> None:
    """Whatever bytes come with a 200, they are a JSON object or they are doubt."""
    sent = _answering(lambda: httpx2.Response(200, content=content))
    try:
        is_object = isinstance(json.loads(content), dict)
    except ValueError:
        is_object = False
    assert is_object == isinstance(sent, Reply)


@pytest.mark.parametrize("content", [b"{" + b" " * ANSWER_BYTES_MAX + b"}", b"[" * 100_000])
def test_huge_and_deep_bodies_are_unknown(content: bytes) -> None:
    """An answer longer than any sane one, or nested without end, is not read."""
    assert isinstance(_answering(lambda: httpx2.Response(200, content=content)), Unknown)


def test_a_body_that_lies_about_its_encoding_is_unknown() -> None:
    """What says gzip and is none can't be read."""
    headers = {"Content-Encoding": "gzip"}
    assert isinstance(_answering(lambda: httpx2.Response(200, content=iter([b"no gzip"]), headers=headers)), Unknown)


def test_a_closed_port_is_unavailable() -> None:
    """A refused connection took nothing."""
    with _client(url=f"http://127.0.0.1:{unused_port()}") as client:
        assert isinstance(client.get("/"), Unavailable)


def test_a_name_that_leads_nowhere_is_unavailable() -> None:
    """A name that can't be resolved took nothing; `.invalid` never can. Source: RFC 6761 §6.4."""
    with _client(url="http://gateway.invalid") as client:
        assert isinstance(client.get("/"), Unavailable)


def test_a_server_that_speaks_no_tls_is_unavailable(server: Server) -> None:
    """When no secure connection comes about, nothing was sent over it."""
    with _client(url=server.running.url.replace("http:", "https:")) as client:
        assert isinstance(client.get("/v1/capabilities"), Unavailable)


@contextmanager
def _server_that(acts: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that takes one connection, reads the request, acts, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            acts(connection)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        thread.join(10)
        listener.close()


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{", b"SSH-2.0-no-http-here\r\n"],
    ids=["nothing", "half a head", "half a body", "another protocol"],
)
def test_a_connection_cut_after_sending_is_unknown(answer: bytes) -> None:
    """Once the request may have arrived, silence proves nothing."""
    with _server_that(lambda connection: connection.sendall(answer)) as url, _client(url=url) as client:
        assert isinstance(client.post("/v1/charges", {}), Unknown)


def test_a_server_that_keeps_silent_is_unknown_after_the_time_out() -> None:
    """The read time-out ends the wait."""
    done = threading.Event()

    def wait(_: socket.socket) -> None:
        done.wait(10)

    with _server_that(wait) as url, _client(url=url, read_timeout_s=0.05) as client:
        sent = client.post("/v1/charges", {})
        done.set()
    assert isinstance(sent, Unknown)


def test_a_full_pool_is_unavailable() -> None:
    """A request that gets no connection because others hold them all was never sent."""
    done, arrived = threading.Event(), threading.Event()

    def hold(connection: socket.socket) -> None:
        arrived.set()
        done.wait(10)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with _server_that(hold) as url:
        settings = HttpSettings(base_url=url, api_key=SECRET, in_flight_max=1, connect_timeout_s=0.1)
        with HttpClient(settings, says_not_processed=lambda _: False) as client:
            first = threading.Thread(target=client.get, args=("/",))
            first.start()
            arrived.wait(10)
            assert isinstance(client.get("/"), Unavailable)
            done.set()
            first.join(10)


def test_neither_key_nor_body_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """At the most talkative level the log holds no secret, no token and no body, and no setting prints the key."""
    settings = HttpSettings(base_url="http://gateway.invalid", api_key=SECRET)
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json={"a": 1}))
    with caplog.at_level(logging.DEBUG), _client(transport) as client:
        client.post("/v1/charges", {"token": "tok_visa_secret"}, idempotency_key="att_1")
    assert SECRET not in caplog.text + repr(settings)
    assert "tok_visa_secret" not in caplog.text

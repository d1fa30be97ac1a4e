"""Connections are used again while they are good, and only then; an answer that is cut off never looks whole."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2
import pytest

from purring.gateways.connections import Connections

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
LAST_ANSWER = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def _server(answers: Callable[[int], bytes], *, requests_each: int = 100) -> Iterator[tuple[str, list[int]]]:
    """A server that answers by the number of the connection, and hangs up after so many requests on each.

    Gives its address and a list that grows by one count of requests for each connection it took.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[int] = []

    def talk(connection: socket.socket, number: int) -> None:
        with connection:
            for _ in range(requests_each):
                if not connection.recv(65_536):
                    return
                taken[number] += 1
                connection.sendall(answers(number))

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            taken.append(0)
            threading.Thread(target=talk, args=(connection, len(taken) - 1), daemon=True).start()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", taken
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


@contextmanager
def _client(url: str, *, keepalive_s: float = 15.0) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=url, transport=Connections(most=4, keepalive_s=keepalive_s), timeout=5) as client:
        yield client


def test_a_good_connection_is_used_again() -> None:
    """One call after the other goes over one connection."""
    with _server(lambda _: ANSWER) as (url, taken), _client(url) as client:
        assert [200, 200, 200] == [client.get("/").status_code for _ in range(3)]
        assert [3] == taken


def test_a_connection_that_was_idle_for_too_long_is_not_used_again() -> None:
    """The provider may be about to close it, and then nobody would know whether a charge arrived."""
    with _server(lambda _: ANSWER) as (url, taken), _client(url, keepalive_s=0) as client:
        assert [200, 200] == [client.get("/").status_code for _ in range(2)]
        assert [1, 1] == taken


def test_a_connection_that_the_provider_ends_is_not_used_again() -> None:
    """`Connection: close` is believed."""
    with _server(lambda _: LAST_ANSWER) as (url, taken), _client(url) as client:
        assert [200, 200] == [client.get("/").status_code for _ in range(2)]
        assert [1, 1] == taken


def test_an_answer_with_more_to_come_is_given_up() -> None:
    """Closing a response early closes its connection: what is left would be read as the next answer."""
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"
    with _server(lambda number: half if number == 0 else ANSWER) as (url, taken), _client(url) as client:
        with client.stream("GET", "/"):
            pass
        assert b"{}" == client.get("/").content
        assert [1, 1] == taken


def test_an_answer_that_is_cut_off_never_looks_whole() -> None:
    """What came may be good JSON; it still isn't what the provider meant to say."""
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"
    with (
        _server(lambda _: cut, requests_each=1) as (url, _),
        _client(url) as client,
        pytest.raises(httpx2.RemoteProtocolError),
    ):
        client.get("/")


def test_what_nobody_asked_for_is_never_taken_for_an_answer() -> None:
    """A second answer to one request is never the answer to the next one."""
    unasked = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfake"
    with _server(lambda _: ANSWER + unasked) as (url, _), _client(url) as client:
        assert [b"{}"] * 5 == [client.get("/").content for _ in range(5)]


def test_calls_at_once_have_a_connection_each() -> None:
    """Threads share the pool without sharing a connection."""
    with _server(lambda _: ANSWER) as (url, taken), _client(url) as client:
        codes: list[int] = []
        threads = [
            threading.Thread(target=lambda: codes.extend(client.get("/").status_code for _ in range(20)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert [200] * 80 == codes
        assert 80 == sum(taken)
        assert len(taken) <= 4

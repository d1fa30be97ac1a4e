"""Sending, in both manners: with threads and with `async`. What is sent, repeated and raised is in `exchange`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, Self, TypeVar, overload

import httpx2

from purring_client.exchange import TIMEOUT_S, Outcome, Request, settled, wait_s
from purring_client.shapes import shaped

VERSION_PATH = "/v1"

Thing = TypeVar("Thing")


class Transport:
    """Sends requests with a key, and waits for their answers."""

    def __init__(self, http: httpx2.Client, sleep: Callable[[float], object] = time.sleep) -> None:
        """`http` knows the address and the key."""
        self._http = http
        self._sleep = sleep

    @overload
    def send(self, request: Request, shape: type[Thing]) -> Thing: ...
    @overload
    def send(self, request: Request, shape: object) -> Any: ...  # noqa: ANN401 - of that shape

    def send(self, request: Request, shape: object) -> Any:
        """Send until there is an answer, or no hope of one."""
        tries = 1
        while (wait := wait_s(request, outcome := self._try(request), tries)) is not None:
            self._sleep(wait)
            tries += 1
        return shaped(shape, settled(request, outcome))

    def _try(self, request: Request) -> Outcome:
        try:
            return self._http.request(**request.arguments())
        except httpx2.TransportError as error:
            return error


class AsyncTransport:
    """The same, without a thread that waits."""

    def __init__(self, http: httpx2.AsyncClient, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> None:
        """`http` knows the address and the key."""
        self._http = http
        self._sleep = sleep

    @overload
    async def send(self, request: Request, shape: type[Thing]) -> Thing: ...
    @overload
    async def send(self, request: Request, shape: object) -> Any: ...  # noqa: ANN401 - of that shape

    async def send(self, request: Request, shape: object) -> Any:
        """Send until there is an answer, or no hope of one."""
        tries = 1
        while (wait := wait_s(request, outcome := await self._try(request), tries)) is not None:
            await self._sleep(wait)
            tries += 1
        return shaped(shape, settled(request, outcome))

    async def _try(self, request: Request) -> Outcome:
        try:
            return await self._http.request(**request.arguments())
        except httpx2.TransportError as error:
            return error


class Connected:
    """Who calls where. Close it after use, or use it in a `with` block."""

    def __init__(
        self,
        key: str,
        *,
        base_url: str,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """`base_url` is where `purring serve` answers, as https://billing.example. Tests give the last two."""
        self._http = httpx2.Client(**_settings(key, base_url), transport=transport)
        self._transport = Transport(self._http, sleep)

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncConnected:
    """Who calls where. Close it after use, or use it in an `async with` block."""

    def __init__(
        self,
        key: str,
        *,
        base_url: str,
        transport: httpx2.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`base_url` is where `purring serve` answers, as https://billing.example. Tests give the last two."""
        self._http = httpx2.AsyncClient(**_settings(key, base_url), transport=transport)
        self._transport = AsyncTransport(self._http, sleep)

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


def _settings(key: str, base_url: str) -> dict[str, Any]:
    return {
        "base_url": base_url.rstrip("/") + VERSION_PATH,
        "headers": {"Authorization": f"Bearer {key}"},
        "timeout": TIMEOUT_S,
    }


# ---------------------------------------------------------------------------------------------------------------------
# Lists


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Thing]):
    """Some things, newest first. `next_cursor` begins the next page; None after the last."""

    data: list[Thing]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Listing(Generic[Thing]):
    """All things that a list has: iterating fetches page after page, as far as it is iterated."""

    _transport: Transport
    _request: Request
    _shape: type[Thing]

    def page(self, cursor: str | None = None) -> Page[Thing]:
        """One page alone; the first one without a cursor."""
        answered = self._transport.send(_at(self._request, cursor), dict[str, Any])
        return _page(answered, self._shape)

    def __iter__(self) -> Iterator[Thing]:
        cursor = None
        while True:
            page = self.page(cursor)
            yield from page.data
            cursor = page.next_cursor
            if cursor is None:
                return


@dataclass(frozen=True, slots=True)
class AsyncListing(Generic[Thing]):
    """The same for `async for`."""

    _transport: AsyncTransport
    _request: Request
    _shape: type[Thing]

    async def page(self, cursor: str | None = None) -> Page[Thing]:
        """One page alone; the first one without a cursor."""
        answered = await self._transport.send(_at(self._request, cursor), dict[str, Any])
        return _page(answered, self._shape)

    async def __aiter__(self) -> AsyncIterator[Thing]:
        cursor = None
        while True:
            page = await self.page(cursor)
            for one in page.data:
                yield one
            cursor = page.next_cursor
            if cursor is None:
                return


def _page(answered: Mapping[str, Any], shape: type[Thing]) -> Page[Thing]:
    data = [shaped(shape, one) for one in answered["data"]]
    return Page(data=data, next_cursor=answered["next_cursor"])


def _at(request: Request, cursor: str | None) -> Request:
    return request if cursor is None else replace(request, query={**request.query, "cursor": cursor})

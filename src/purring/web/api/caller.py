"""Who calls: the key, the merchant it belongs to, what it may do, and how often."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from fastapi import Depends
from starlette.requests import Request

from purring.domain.errors import MissingScope, NotAuthenticated, RateLimited
from purring.domain.ids import MerchantId
from purring.operations.api_keys import Authenticated, Scope, authenticate
from purring.operations.services import Services

BURST_S = 4
"""So many seconds' worth of requests may come at once."""

KEYS_MAX = 10_000
SCHEME = "bearer"
RATE = "purring.rate"


@dataclass(frozen=True, slots=True)
class Call:
    """One request whose key is good and reaches far enough; its services see and write this merchant's rows alone."""

    services: Services
    merchant_id: MerchantId
    request: Request


def may(scope: Scope) -> Any:  # noqa: ANN401 - FastAPI's own type for what depends
    """What a route asks for that needs a scope: the call."""
    return Depends(Needs(scope))


@dataclass(frozen=True, slots=True)
class Needs:
    """Lets a call through whose key has a scope."""

    scope: Scope

    def __call__(self, request: Request) -> Call:
        """Recognize the key.

        Raises NotAuthenticated, RateLimited, MissingScope.
        """
        services: Services = request.app.state.services
        caller = authenticate(services, _secret(request))
        _take_one(request, caller)
        if self.scope not in caller.key.scopes:
            message = f"This key lacks the scope {self.scope}; make one that has it with `purring key create`."
            raise MissingScope(message)
        own = replace(services, store=services.store.of(caller.merchant_id))
        return Call(services=own, merchant_id=caller.merchant_id, request=request)


def _secret(request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != SCHEME or not secret.strip():
        raise NotAuthenticated("No API key came with this; send it as `Authorization: Bearer pur_test_...`.")
    return secret.strip()


def _take_one(request: Request, caller: Authenticated) -> None:
    limiter: Limiter = request.app.state.limiter
    left = limiter.take(caller.key.id)
    request.scope[RATE] = left
    if left.wait_s:
        raise RateLimited(f"Too many requests came with this key; wait {left.wait_s} s.")


@dataclass(frozen=True, slots=True)
class Left:
    """How many requests a key has left of how many, and how long until there is one where there is none."""

    burst: int
    remaining: int
    wait_s: int


class Limiter:
    """A bucket of requests for each key, which fills by `per_s` each second. Each process has its own."""

    def __init__(self, now_s: Callable[[], float], per_s: int) -> None:
        """All buckets are full."""
        self._now_s = now_s
        self._per_s = per_s
        self._burst = per_s * BURST_S
        self._lock = Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> Left:
        """Take one out of a bucket, if there is one."""
        with self._lock:
            now_s = self._now_s()
            level, at_s = self._buckets.pop(key, (float(self._burst), now_s))
            level = min(float(self._burst), level + max(now_s - at_s, 0) * self._per_s)
            taken = level >= 1
            self._buckets[key] = (level - taken, now_s)
            while len(self._buckets) > KEYS_MAX:
                self._buckets.popitem(last=False)
        wait_s = 0 if taken else math.ceil((1 - level) / self._per_s)
        return Left(burst=self._burst, remaining=int(level - taken), wait_s=wait_s)

"""The sandbox keeps the gateway contract, within the process and over real HTTP."""

from __future__ import annotations

import pytest

from tests.gateways.benches import SandboxBench
from tests.gateways.contract import GatewayContract
from tests.gateways.contract_lists import ListingContract


class TestSandboxInProcess(GatewayContract, ListingContract):
    """Through the in-process transport."""

    @pytest.fixture
    def bench(self, local_bench: SandboxBench) -> SandboxBench:
        """A sandbox for each test."""
        return local_bench


class TestSandboxOverHttp(GatewayContract, ListingContract):
    """Through sockets, against a process of its own."""

    @pytest.fixture
    def bench(self, http_bench: SandboxBench) -> SandboxBench:
        """The session's server."""
        return http_bench

"""The requests in the how-tos about the API and about test clocks do what they say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

import pytest
from starlette.testclient import TestClient

from purring.engine.test_clocks import ClockWalker
from tests.web.client import Developer
from tests.web.conftest import BASE_URL
from tests.world import FUNDS, World

PAGES = Path(__file__).resolve().parents[2] / "docs" / "how-to"
REQUEST = re.compile(r"^(\w+)=\$\((curl .*?) \| jq -r (\S+)\)$", flags=re.MULTILINE | re.DOTALL)


def _blocks(page: str) -> Iterator[list[tuple[str, str, str]]]:
    """The requests of each block: the variable, the curl command, and what is picked from its answer."""
    for block in re.findall(r"^```sh\n(.*?)^```", (PAGES / page).read_text(), flags=re.MULTILINE | re.DOTALL):
        found = [(name, command, pick.strip('"')) for name, command, pick in REQUEST.findall(block)]
        if found:
            yield found


def _picked(answer: Any, pick: str) -> str:  # noqa: ANN401 - JSON
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", pick):
        answer = answer[name] if name else answer[int(index)]
    return str(answer)


def _run(web: TestClient, command: str, variables: dict[str, str]) -> Any:  # noqa: ANN401 - JSON
    """Do what curl would: a GET, or a POST where there is a body."""
    words = iter(shlex.split(Template(command).substitute(variables)))
    url, body, headers = "", None, {}
    for word in words:
        match word:
            case "curl" | "-s":
                continue
            case "-H":
                name, _, value = next(words).partition(": ")
                headers[name] = value
            case "--json":
                body = next(words)
                headers["Content-Type"] = "application/json"
            case _:
                url = word
    answer = web.request("GET" if body is None else "POST", url, content=body, headers=headers)
    assert answer.is_success, (command, answer.text)
    return answer.json()


def _follow(page: str, web: TestClient, api: Developer, world: World) -> dict[str, str]:
    """Do each block of a page in its order, the workers in between; gives what was picked from the answers."""
    token = api.shop.token(FUNDS)
    variables = {
        "URL": f"{BASE_URL}/v1",
        "KEY": api.secret,
        "TOKEN": token.token,
        "FINGERPRINT": token.fingerprint,
    }
    for block in _blocks(page):
        for name, command, pick in block:
            variables[name] = _picked(_run(web, command, variables), pick)
        world.work()
        ClockWalker(world.services).run_until_idle()
    return variables


ENDS = {
    "call-the-api.md": {"STANDING": "retrying", "HOLD": "operator", "STATUS": "paid"},
    "use-test-clocks.md": {"BEFORE": "past_due", "STATE": "advancing", "READY": "ready", "AFTER": "suspended"},
}


@pytest.mark.parametrize("page", ENDS)
def test_the_how_to_works(web: TestClient, api: Developer, world: World, page: str) -> None:
    """It ends as the page says."""
    variables = _follow(page, web, api, world)
    assert ENDS[page] == {name: variables[name] for name in ENDS[page]}

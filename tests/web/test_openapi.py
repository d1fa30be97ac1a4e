"""The document is checked in, says what the code does, and never takes back what it has promised."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from purring.web.api.app import describe_api
from purring.web.api.openapi import VERSION
from purring.web.docs.app import all_problems
from tools.openapi_changes import breaking

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = json.loads((ROOT / "docs" / "reference" / "api" / "published.json").read_text())
CHANGELOG = (ROOT / "docs" / "reference" / "api" / "changelog.md").read_text()

Change = Callable[[dict[str, Any]], object]


def test_nothing_that_was_promised_is_taken_back() -> None:
    """Programs written against the published document work with today's."""
    assert [] == breaking(PUBLISHED, describe_api().openapi())


def test_the_version_is_the_changelogs_newest_day() -> None:
    """The document's version is a day, and the API's changelog begins with it."""
    days = re.findall(r"^## (\d{4}-\d{2}-\d{2})$", CHANGELOG, flags=re.MULTILINE)
    assert [VERSION, *sorted(days[1:], reverse=True)] == days
    assert VERSION == describe_api().openapi()["info"]["version"]


def _schema(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


BREAKS: list[tuple[str, Change]] = [
    ("POST /customers: removed", lambda it: it["paths"]["/customers"].pop("post")),
    ("removed", lambda it: _schema(it, "CustomerOut")["properties"].pop("country")),
    ("may be missing now", lambda it: _schema(it, "CustomerOut")["required"].remove("country")),
    ("may be integer now", lambda it: _schema(it, "CustomerOut")["properties"]["country"].update(type="integer")),
    ("removed", lambda it: _schema(it, "CustomerIn")["properties"].pop("country")),
    ("now required", lambda it: _schema(it, "CustomerIn")["required"].append("country")),
    ("can't be sent any more", lambda it: _schema(it, "CustomerIn")["properties"]["name"].update(type="integer")),
    ("can't be sent any more", lambda it: _schema(it, "CustomerKind")["enum"].remove("business")),
    ("maxLength is now 10", lambda it: _schema(it, "ProductIn")["properties"]["name"].update(maxLength=10)),
    ("minimum is now 2", lambda it: _schema(it, "QuantityChange")["properties"]["quantity"].update(minimum=2)),
    ("another pattern", lambda it: _schema(it, "ProductIn")["properties"]["name"].update(pattern="^a$")),
    ("parameter limit removed", lambda it: it["paths"]["/events"]["get"]["parameters"].pop(-2)),
    ("is now required", lambda it: it["paths"]["/events"]["get"]["parameters"][0].update(required=True)),
    ("no such answer any more", lambda it: it["paths"]["/products"]["post"]["responses"].pop("201")),
]


@pytest.mark.parametrize(("said", "change"), BREAKS)
def test_a_break_is_seen(said: str, change: Change) -> None:
    """Whatever a program could stumble over is named, with its place."""
    newer = copy.deepcopy(PUBLISHED)
    change(newer)
    assert any(said in line for line in breaking(PUBLISHED, newer)), breaking(PUBLISHED, newer)


def test_additions_are_no_break() -> None:
    """A new route, a new field of an answer, a new field that may be sent, a new member of a list."""
    newer = copy.deepcopy(PUBLISHED)
    newer["paths"]["/cats"] = newer["paths"]["/customers"]
    _schema(newer, "CustomerOut")["properties"]["cats"] = {"type": "integer"}
    _schema(newer, "CustomerOut")["required"].append("cats")
    _schema(newer, "CustomerIn")["properties"]["cats"] = {"type": "integer"}
    _schema(newer, "CustomerKind")["enum"].append("cat")
    assert [] == breaking(PUBLISHED, newer)


class _Outside(HTMLParser):
    """Collects what a page would fetch or run."""

    def __init__(self) -> None:
        """Nothing yet."""
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag."""
        named = dict(attrs)
        if tag in {"script", "style", "img", "iframe"} or (
            tag == "link" and not str(named.get("href")).startswith("/")
        ):
            self.found.append(tag)
        self.found += [name for name in named if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("path", ["/docs/", "/docs/problems"])
def test_the_documentation_needs_nobody_else(front: TestClient, path: str) -> None:
    """The pages run nothing, and fetch nothing but our own stylesheet."""
    page = front.get(path)
    assert 200 == page.status_code
    parser = _Outside()
    parser.feed(page.text)
    assert [] == parser.found


def test_the_served_document_is_the_checked_one(front: TestClient) -> None:
    """What programs read is what the tests compare; `/docs` leads to the page."""
    assert describe_api().openapi() == front.get("/docs/openapi.json").json()
    assert "/docs/" == front.get("/docs", follow_redirects=False).headers["location"]


def test_every_problem_has_its_place(front: TestClient) -> None:
    """The `type` of a problem leads to a line about its code."""
    page = front.get("/docs/problems").text
    assert [] == [one.code for one in all_problems() if f'id="{one.code}"' not in page]


def test_no_two_shapes_share_a_name() -> None:
    """Where two do, the framework names them by their modules, and so would every client."""
    assert [] == [name for name in describe_api().openapi()["components"]["schemas"] if "__" in name]


ON_ONE_PAGE = {"/customers/{customer_id}/people", "/endpoints"}
"""Lists with a bound of their own."""


def test_every_route_has_the_habits_of_its_kind() -> None:
    """Every POST takes a key, every PATCH a version, every list a limit and a cursor; each its errors."""
    document = describe_api().openapi()
    lacking = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            taken = {one["name"].lower() for one in operation.get("parameters", ())}
            shown = json.dumps(operation["responses"].get("200", {}))
            needs = {"post": {"idempotency-key"}, "patch": {"if-match"}}.get(method, set())
            if "PageOut" in shown and path not in ON_ONE_PAGE:
                needs |= {"limit", "cursor"}
            if not needs <= taken or not {"401", "403", "422", "429"} <= operation["responses"].keys():
                lacking.append(f"{method.upper()} {path}")
    assert [] == lacking

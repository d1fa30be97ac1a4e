"""`/docs`: the API's reference as a page, the problems it answers with, and the OpenAPI document itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from jinja2 import Environment, PackageLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from purring.domain.errors import REFUSALS, PurringError, RefusalCode, Refused, http_status
from purring.web.problems import HANDLERS

MAX_AGE_S = 300
REFERENCE = "#/components/schemas/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    parameters: tuple[Mapping[str, Any], ...]
    body: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One code with what it means."""

    code: str
    status: int
    meaning: str


def make_docs(api: FastAPI) -> Starlette:
    """The application that `/docs` leads to; its pages are made once."""
    document = api.openapi()
    environment = Environment(loader=PackageLoader("purring.web.docs"), autoescape=True)
    reference = environment.get_template("reference.html").render(document=document, groups=groups(document))
    problems = environment.get_template("problems.html").render(problems=list(all_problems()))
    written = json.dumps(document, ensure_ascii=False)
    css = (files("purring.web.docs") / "static" / "docs.css").read_bytes()
    pages = {
        "/": HTMLResponse(reference),
        "/problems": HTMLResponse(problems),
        "/openapi.json": Response(written, media_type="application/json"),
        "/docs.css": Response(css, media_type="text/css"),
    }
    for one in pages.values():
        one.headers["Cache-Control"] = f"public, max-age={MAX_AGE_S}"

    def page(request: Request) -> Response:
        """One of the pages."""
        return pages[request.scope["path"].removeprefix(request.scope.get("root_path", "")) or "/"]

    return Starlette(routes=[Route(path, page) for path in pages], exception_handlers=dict(HANDLERS))


def groups(document: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """The operations of a document under their tags, in its order."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append(_operation(method, path, operation))
    return found


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Operation:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    done = next(one for status, one in operation["responses"].items() if status.startswith("2"))
    answer = done.get("content", {}).get("application/json", {}).get("schema", {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("description", ""),
        parameters=tuple(operation.get("parameters", ())),
        body=shape_name(body),
        answer=shape_name(answer),
    )


def shape_name(schema: Mapping[str, Any]) -> str:
    """The name of the schema that is referred to; nothing for one that has none."""
    return str(schema.get("$ref", "")).removeprefix(REFERENCE)


def all_problems() -> Iterator[Problem]:
    """Every code there is: those of the errors, then those of refusals."""
    yield from _below(PurringError)
    status = http_status(Refused(RefusalCode.ON_HOLD))
    yield from (Problem(code=code.value, status=status, meaning=text) for code, text in REFUSALS.items())


def _below(error: type[PurringError]) -> Iterator[Problem]:
    if not issubclass(error, Refused):
        meaning = (error.__doc__ or "").partition("\n")[0]
        yield Problem(code=error.code, status=http_status(error("")), meaning=meaning)
    for child in error.__subclasses__():
        yield from _below(child)

"""The reference page on events, written from their shapes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from purring.domain.endpoint import EVERY_KIND, PAUSES
from purring.domain.event import OWES
from purring.webhooks.facts import FACTS
from purring.webhooks.payloads import body_of, schemas
from purring.webhooks.states import STATES

INTRO = """\
Every change of state appends one event with a stable id. It either owes the customer a notice or is silent, and it is
sent to every endpoint that wants it; [how to receive events](../how-to/receive-events.md) says what a receiver does."""

MESSAGE = """\
The body is JSON: `id`, `type`, `timestamp` (when it happened), `merchant_id` and `data`. `data` holds the object under
its noun, as it is when the message is sent, and beside it what happened. Fields may be added at any time: leave alone
what you don't know. Amounts are in the currency's smallest unit, times in UTC."""


def paragraphs() -> Iterator[str]:
    """The page below its title: what a message looks like, every kind, every object, and the tries."""
    yield INTRO
    yield "## A message"
    yield MESSAGE
    yield f"```json\n{json.dumps(json.loads(_example()), indent=2)}\n```"
    yield "## Kinds"
    yield _table(("Event", "In `data`, beside the object", "Notice owed"), _kinds())
    yield "## Objects"
    _, definitions = schemas()
    for noun, model in STATES.items():
        yield f"### `{noun}`"
        yield str(definitions[model.__name__]["description"])
        yield _table(("Field", "Holds"), _fields(definitions[model.__name__], definitions))
    yield "## Tries"
    waits = ", ".join(map(str, PAUSES))
    yield f"An answer of 2xx ends a delivery. Otherwise it is tried again after {waits}; then it is dead."


def _kinds() -> Iterator[tuple[str, ...]]:
    for kind in EVERY_KIND:
        facts = FACTS[kind].model_fields
        notice = f"`{OWES[kind].value}`" if kind in OWES else "–"
        yield f"`{kind.value}`", ", ".join(f"`{name}`" for name in facts) or "–", notice


def _fields(definition: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, schema in definition["properties"].items():
        yield f"`{name}`", _type(schema, definitions)


def _type(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """A field's type in words; of a closed list all members."""
    if "anyOf" in schema:
        return " or ".join(_type(one, definitions) for one in schema["anyOf"])
    if "$ref" in schema:
        return _type(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "enum" in schema:
        return ", ".join(f"`{value}`" if value else "nothing" for value in schema["enum"])
    return {"date": "date", "date-time": "time"}.get(schema.get("format", ""), str(schema["type"]))


def _example() -> bytes:
    """A made-up message."""
    at = datetime(2026, 11, 27, 12, tzinfo=UTC)
    period: dict[str, Any] = {"period_start_on": "2026-11-27", "period_end_on": "2026-12-27"}
    invoice = {
        "id": "inv_01k6q3v8f0m2c4e6g8j0n2q4s6",
        "number": "1042",
        "customer_id": "cus_01k6q3v8f0m2c4e6g8j0n2q4s7",
        "subscription_id": "sub_01k6q3v8f0m2c4e6g8j0n2q4s8",
        "external_id": None,
        "status": "paid",
        "currency": "NOK",
        "total_minor": 24_900,
        "paid_minor": 24_900,
        "refunded_minor": 0,
        "credited_minor": 0,
        "dispute": "none",
        "source": "purring",
        "invoice_on": "2026-11-27",
        **period,
        "closed_at": at,
        "version": 4,
    }
    return body_of(
        EVERY_KIND[2],
        event_id="evt_01k6q3v8f0m2c4e6g8j0n2q4s9",
        at=at,
        merchant_id="mer_01k6q3v8f0m2c4e6g8j0n2q4sa",
        facts={"amount": "249.00 NOK", "cause": "retry"},
        state=invoice,
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

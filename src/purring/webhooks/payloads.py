"""What a receiver is told: one message for each kind of event, made of what happened and the object as it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model
from pydantic.json_schema import models_json_schema

from purring.domain.endpoint import EVERY_KIND
from purring.domain.event import EventKind
from purring.webhooks.facts import FACTS
from purring.webhooks.states import STATES, Payload


def _name(kind: EventKind) -> str:
    return "".join(word.capitalize() for word in kind.value.replace(".", "_").split("_"))


def _data(kind: EventKind) -> type[Payload]:
    """Put the shape of `data` together: the object under its noun, and what happened."""
    noun = kind.value.partition(".")[0]
    state: Any = {noun: (STATES[noun], ...)} if noun in STATES else {}
    return create_model(f"{_name(kind)}Data", __base__=FACTS[kind], __doc__=FACTS[kind].__doc__, **state)


def _message(kind: EventKind) -> type[Payload]:
    fields: Any = {
        "id": (str, Field(description="The event's id; the same each time it is sent.")),
        "type": (Literal[kind.value], Field(description="What happened.")),
        "timestamp": (datetime, Field(description="When it happened.")),
        "merchant_id": (str, Field(description="Whose it is.")),
        "data": (_data(kind), Field(description="What happened, and the object as it is when this is sent.")),
    }
    return create_model(_name(kind), __base__=Payload, __doc__=f"`{kind.value}`", **fields)


MESSAGES: Mapping[EventKind, type[Payload]] = {kind: _message(kind) for kind in EVERY_KIND}


def body_of(
    kind: EventKind, *, event_id: str, at: datetime, merchant_id: str, facts: Mapping[str, Any], state: object | None
) -> bytes:
    """Write a message. `state`: the object's row, which holds more than is told; None for kinds without one."""
    noun = kind.value.partition(".")[0]
    data = {**facts, noun: state} if noun in STATES else dict(facts)
    message = MESSAGES[kind].model_validate(
        {"id": event_id, "type": kind.value, "timestamp": at, "merchant_id": merchant_id, "data": data}
    )
    return message.model_dump_json().encode()


def schemas(ref_template: str = "#/components/schemas/{model}") -> tuple[dict[EventKind, Any], dict[str, Any]]:
    """Give each kind's JSON schema, as a reference, and the definitions that they refer to."""
    pairs: list[tuple[type[BaseModel], Literal["serialization"]]] = [
        (message, "serialization") for message in MESSAGES.values()
    ]
    found, definitions = models_json_schema(pairs, ref_template=ref_template)
    by_kind = {kind: found[message, "serialization"] for kind, message in MESSAGES.items()}
    return by_kind, definitions.get("$defs", {})

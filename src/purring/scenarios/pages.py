"""The reference page of the format, written from the form itself, so that it can't say anything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from purring.domain.clause import TEXTS
from purring.domain.decline import DeclineReason
from purring.domain.errors import RefusalCode
from purring.domain.event import EventKind
from purring.gateways.sandbox.script import WORDS
from purring.scenarios import actions, expected, given
from purring.scenarios.actions import Action
from purring.scenarios.examples import PEOPLE, SMALLEST, TROUBLE
from purring.scenarios.format import Entry, Finally, Scenario
from purring.scenarios.moment import FORMS
from purring.scenarios.part import Form, keys_of

_TITLES: dict[type[BaseModel], str] = {
    Scenario: "The file",
    given.Given: "What is given",
    given.MerchantPart: "A merchant",
    given.PolicyPart: "A policy",
    given.OverridePart: "An override",
    given.NoticeTermsPart: "Terms of notices",
    given.CustomerPart: "A customer",
    given.PersonPart: "A person",
    given.MethodPart: "A method",
    given.SubscriptionPart: "A subscription",
    given.InvoicePart: "An invoice made elsewhere",
    Entry: "An entry of the timeline",
    Action: "Actions",
    actions.Refusal: "A refusal",
    expected.Expect: "Expectations",
    expected.InvoicePartExpected: "An invoice, as expected",
    expected.AttemptsPart: "Attempts",
    expected.AttemptPart: "An attempt",
    expected.StepPart: "A step",
    expected.SubscriptionPartExpected: "A subscription, as expected",
    expected.MethodPartExpected: "A method, as expected",
    expected.NoticesPart: "Notices",
    expected.NoticePart: "A notice",
    expected.QueuePart: "A row of the queue",
    Finally: "The end",
}

_GIVEN: tuple[type[BaseModel], ...] = (
    given.MerchantPart,
    given.PolicyPart,
    given.OverridePart,
    given.NoticeTermsPart,
    given.CustomerPart,
    given.PersonPart,
    given.MethodPart,
    given.SubscriptionPart,
    given.InvoicePart,
)
_EXPECTED: tuple[type[BaseModel], ...] = (
    expected.Expect,
    expected.InvoicePartExpected,
    expected.AttemptsPart,
    expected.AttemptPart,
    expected.StepPart,
    expected.SubscriptionPartExpected,
    expected.MethodPartExpected,
    expected.NoticesPart,
    expected.NoticePart,
    expected.QueuePart,
)


def scenarios() -> Iterator[str]:
    """The paragraphs of the page below its title, in Markdown."""
    yield _INTRO
    yield _example(SMALLEST)
    yield from _section(Scenario)
    yield from _moments()
    yield from _section(given.Given, _OF)
    for part in _GIVEN:
        yield from _section(part)
    yield from _answers()
    yield from _section(Entry)
    yield from _actions()
    for part in _EXPECTED:
        yield from _section(part)
    yield from _section(Finally)
    yield from _clauses()
    yield "## People who act"
    yield _example(PEOPLE)
    yield "## Trouble"
    yield _example(TROUBLE)


_INTRO = (
    "A scenario is a YAML file that tells one story: what is given, what happens when, and what must be true then.\n"
    "`purring scenario FILE...` plays it against the production engine on a virtual clock; `--trace` prints all that\n"
    "happened. A key that isn't listed here is refused, and so is a story that expects nothing. Whole numbers, `true`\n"
    "and `false` are read as such, everything else is text: `NO`, `10:00` and `2026-03-04` mean what they look like."
)
_OF = (
    "Names are chosen by the story and used from then on: up to 31 small letters, digits, `-` and `_`. The invoices\n"
    "of a subscription `main` are `main`, `main/2`, `main/3`, in the order of their periods."
)


def _moments() -> Iterator[str]:
    yield "## Moments"
    yield (
        f"Written like {', '.join(f'`{form}`' for form in FORMS)}.\n"
        "Dates and times are the merchant's unless a zone stands behind them. `day 3` counts from the first day of\n"
        "the story, which is day 0; `+2 days`, `+3 hours` and `+5 minutes` count from the entry before. An entry with\n"
        "a bare date takes place at 23:59; an expected bare date means any time on that day, an expected time the\n"
        "whole minute."
    )


def _clauses() -> Iterator[str]:
    yield "## Clauses"
    yield "Why a step or an attempt stands where it does, or why none does: for `why` and `barrier`."
    yield _table(("clause", "what an operator reads"), ((f"`{name}`", text) for name, text in TEXTS.items()))


def _answers() -> Iterator[str]:
    yield "## Answers"
    yield "What the gateway answers to the charges of a method, one after the other:"
    yield "\n".join(f"- `{words}`" for words in WORDS)
    yield (
        "ANSWER is an approval or a decline, REASON one of [our reasons](rulebook/README.md). `timeout before` loses\n"
        "the charge, `timeout after` only its answer. A list that is used up repeats its last answer that is no\n"
        "passing fault. A card without answers approves, a bank account settles after three days."
    )


def _actions() -> Iterator[str]:
    yield "## Actions"
    yield (
        "Each entry of a `do` list is a mapping with one action. Beside it, `refused` says that it isn't allowed: a\n"
        "code from [the list of refusals](errors.md#refusals), or the mapping of [a refusal](#a-refusal)."
    )
    hints = get_type_hints(Action, include_extras=True)
    names = [name for name in Action.model_fields if name != "refused"]
    yield _table(("action", "who does what", "keys"), (_action_row(name, hints[name]) for name in names))
    yield from _section(actions.Refusal, level=3)
    yield "### Keys of actions"
    yield _table(("key", "of", "form", "meaning"), _key_rows({name: _part_of(hints[name]) for name in names}))


def _key_rows(parts: Mapping[str, type[BaseModel]]) -> Iterator[tuple[str, ...]]:
    """The keys that actions have of their own, with the actions that have each."""
    users: dict[tuple[str, str, str], list[str]] = {}
    for action, part in parts.items():
        for row in _own_keys(part) if part not in _TITLES else ():
            users.setdefault(row, []).append(f"`{action}`")
    yield from ((key, ", ".join(names), form, meaning) for (key, form, meaning), names in users.items())


def _action_row(name: str, hint: object) -> tuple[str, str, str]:
    part = _part_of(hint)
    description = Action.model_fields[name].description or ""
    return f"`{name}`", description, _keys(part)


def _keys(part: type[BaseModel]) -> str:
    """An action's keys in one cell; those that may be left out carry a question mark."""
    like = next((above for above in part.__mro__[1:] if above in _TITLES), None)
    own = [name for name in part.model_fields if like is None or name not in like.model_fields]
    keys = [_shown_key(part, name) for name in own]
    if part in _TITLES:
        return f"as in {_link(part)}"
    return ", ".join(keys) + (f", and as in {_link(like)}" if like else "")


def _shown_key(part: type[BaseModel], name: str) -> str:
    field = part.model_fields[name]
    return f"`{field.alias or name}`" + ("" if field.is_required() else "?")


def _own_keys(part: type[BaseModel]) -> Iterator[tuple[str, str, str]]:
    """Key, form and meaning of what no section of its own describes."""
    like = next((above for above in part.__mro__[1:] if above in _TITLES), None)
    hints = get_type_hints(part, include_extras=True)
    for name, field in part.model_fields.items():
        if like is None or name not in like.model_fields:
            yield f"`{field.alias or name}`", _form(hints[name]), _meaning(field)


def _section(part: type[BaseModel], more: str = "", level: int = 2) -> Iterator[str]:
    """The heading, the sentence and the table of one part."""
    yield f"{'#' * level} {_TITLES[part]}"
    yield " ".join((part.__doc__ or "").split())
    if more:
        yield more
    hints = get_type_hints(part, include_extras=True)
    fields = zip(keys_of(part), part.model_fields.items(), strict=True)
    yield _table(
        ("key", "form", "meaning"),
        ((f"`{key}`", _form(hints[name]), _meaning(field)) for key, (name, field) in fields),
    )


def _meaning(field: FieldInfo) -> str:
    """What a key says, whether it is needed, and what holds where it is left out."""
    text = field.description or ""
    if field.is_required():
        return f"{text} (needed)"
    default = field.default
    if default in (None, "") or isinstance(default, BaseModel | dict | list):
        return text
    return f"{text}; `{_word(default)}` unless said"


def _word(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    return str(value).lower() if isinstance(value, bool) else str(value)


_ELSEWHERE: dict[object, str] = {
    EventKind: "the name of [an event](events.md)",
    RefusalCode: "[a code](errors.md#refusals)",
    DeclineReason: "[a reason](rulebook/README.md)",
}
"""Words that have a page of their own."""

_PLAIN = {int: "whole number", str: "text", bool: "`true` or `false`", NoneType: ""}


def _form(hint: Any) -> str:  # noqa: ANN401 - a type hint has no type
    """How a value is written."""
    if get_origin(hint) is Annotated:
        forms = [extra.text for extra in hint.__metadata__ if isinstance(extra, Form)]
        return forms[0] if forms else _form(get_args(hint)[0])
    if get_origin(hint) in {Union, UnionType}:
        return " or ".join(form for form in map(_form, get_args(hint)) if form)
    if get_origin(hint) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(hint))
    if get_origin(hint) is list:
        return f"list: {_form(get_args(hint)[0])}"
    if get_origin(hint) is dict:
        return f"names, each with {_form(get_args(hint)[1])}"
    if hint in _ELSEWHERE:
        return _ELSEWHERE[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(f"`{_word(member)}`" for member in hint if member.value)
    return _PLAIN[hint] if hint in _PLAIN else _link(hint)


def _part_of(hint: Any) -> type[BaseModel]:  # noqa: ANN401 - a type hint has no type
    """The part that an optional field holds."""
    found = next(one for one in get_args(hint) if one is not NoneType)
    assert isinstance(found, type), f"{hint} is no optional part"
    assert issubclass(found, BaseModel), f"{hint} is no optional part"
    return found


def _link(part: type[BaseModel]) -> str:
    title = _TITLES[part]
    return f"[{title[0].lower()}{title[1:]}](#{title.lower().replace(',', '').replace(' ', '-')})"


def _example(text: str) -> str:
    return f"```yaml\n{text}```"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """One Markdown table; a bar inside a cell is escaped."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |" for cells in lines)

"""The scripts of the methods: which answer comes next, and what an exhausted script says."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from sqlite3 import Connection, Row

from purring.gateways.sandbox.ledger import instant, stamp
from purring.gateways.sandbox.script import (
    FAULTS,
    Approve,
    FindUnknown,
    RefuseWork,
    ScriptedAnswer,
    answer_text,
    parse_answer,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Answers to come. `met` and `met_at`: how often, and since when, the current one has refused to work."""

    answers: tuple[ScriptedAnswer, ...]
    position: int = 0
    met: int = 0
    met_at: datetime | None = None
    afterwards: ScriptedAnswer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The answer to one new charge, the script that is left, and how often `find` will not know the charge."""

    answer: ScriptedAnswer
    script: Script
    find_unknown: int = 0


def step(script: Script, at: datetime) -> Step:
    """The next answer. An exhausted script says `afterwards`, or repeats its last answer that is no passing fault."""
    skipped, find_unknown = _over_finds(script)
    if skipped.position >= len(skipped.answers):
        return Step(answer=_exhausted(skipped), script=skipped, find_unknown=find_unknown)
    answer = skipped.answers[skipped.position]
    if not isinstance(answer, RefuseWork):
        left, more = _over_finds(_advanced(skipped))
        return Step(answer=answer, script=left, find_unknown=find_unknown + more)
    if _is_over(answer, skipped, at):
        return step(_advanced(skipped), at)
    return Step(answer=answer, script=replace(skipped, met=skipped.met + 1, met_at=skipped.met_at or at))


def _is_over(answer: RefuseWork, script: Script, at: datetime) -> bool:
    if answer.lasting is None:
        return script.met >= answer.times
    return script.met_at is not None and at >= script.met_at + answer.lasting


def _advanced(script: Script) -> Script:
    return replace(script, position=script.position + 1, met=0, met_at=None)


def _over_finds(script: Script) -> tuple[Script, int]:
    times = 0
    while script.position < len(script.answers):
        answer = script.answers[script.position]
        if not isinstance(answer, FindUnknown):
            break
        times += answer.times
        script = _advanced(script)
    return script, times


def _exhausted(script: Script) -> ScriptedAnswer:
    if script.afterwards is not None:
        return script.afterwards
    return next((answer for answer in reversed(script.answers) if not isinstance(answer, FAULTS)), Approve())


_SAVE = """
INSERT INTO scripts (token, answers, position, met, met_at, afterwards) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (token) DO UPDATE SET answers = excluded.answers, position = excluded.position, met = excluded.met,
    met_at = excluded.met_at, afterwards = excluded.afterwards
"""


def save(ledger: Connection, token: str, script: Script) -> None:
    """Give a method a new script."""
    answers = json.dumps([answer_text(answer) for answer in script.answers])
    afterwards = answer_text(script.afterwards) if script.afterwards else None
    ledger.execute(_SAVE, (token, answers, script.position, script.met, _maybe_stamp(script.met_at), afterwards))


def next_step(ledger: Connection, token: str, at: datetime) -> Step:
    """Take the next answer of a method; one without a script approves."""
    row = ledger.execute("SELECT * FROM scripts WHERE token = ?", (token,)).fetchone()
    if row is None:
        return Step(answer=Approve(), script=Script(answers=()))
    before = _read(row)
    taken = step(before, at)
    if taken.script != before:
        ledger.execute(
            "UPDATE scripts SET position = ?, met = ?, met_at = ? WHERE token = ?",
            (taken.script.position, taken.script.met, _maybe_stamp(taken.script.met_at), token),
        )
    return taken


def _read(row: Row) -> Script:
    return Script(
        answers=tuple(parse_answer(text) for text in json.loads(row["answers"])),
        position=row["position"],
        met=row["met"],
        met_at=instant(row["met_at"]) if row["met_at"] else None,
        afterwards=parse_answer(row["afterwards"]) if row["afterwards"] else None,
    )


def _maybe_stamp(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)

"""What the law says about an overdue invoice, and its letter book, as sentences and as plain values for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from purring.domain.calendar import zone
from purring.domain.norway.charges import Allowed, Decision, Ground, NotAllowed
from purring.domain.norway.law import LetterKind
from purring.domain.norway.letters import ENTRY_WORDS, Entry, EntryKind, LetterBook
from purring.domain.norway.terms import CHARGE_WORDS, Charge
from purring.domain.text import mark
from purring.i18n.reader import Reader
from purring.operations.letters import Ruling

Object = Mapping[str, object]

_MAY_BE_SENT = mark("It may be sent.")
_EARLIEST = mark("Earliest day: {day}.")
_DEADLINE = mark("To pay by {day}.")
_CLAIMS = mark("{amount} is claimed.")
_BESIDE = mark("Claimed beside the invoice: {amount}. No card is charged for it.")


def ruling_lines(ruling: Ruling, locale: str) -> Iterator[str]:
    """The law's answer for a day: letters, then charges, each with its sentence and its grounds in brackets."""
    facts, book = ruling.facts, ruling.book
    reader = Reader(locale, zone(facts.merchant.timezone))
    yield reader.say(
        mark("Invoice {number}: {owed} is owed, due on {due}. Seen for {day}:"),
        number=facts.invoice.number,
        owed=reader.money(facts.invoice.owed),
        due=reader.day(book.due_on),
        day=reader.day(ruling.on),
    )
    for kind, obstacle in ruling.letters:
        yield f"  {_letter(kind, reader)}: {_letter_said(obstacle, reader)}"
    for charge, decision in ruling.charges:
        yield f"  {reader.gettext(CHARGE_WORDS[charge])}: {_decided(decision, reader)}"
    yield from book_lines(book, reader)


def book_lines(book: LetterBook, reader: Reader) -> Iterator[str]:
    """What was written so far and what it claims; nothing where nothing was."""
    if not book.entries:
        return
    yield reader.gettext(mark("Letters about this invoice:"))
    for entry in book.entries:
        yield f"  {entry_line(entry, reader)}"
    yield reader.say(_BESIDE, amount=reader.money(book.claimed))


def entry_line(entry: Entry, reader: Reader) -> str:
    """One entry, with the rules by which something is claimed."""
    said = [f"{reader.day(entry.dated_on)}: {reader.gettext(ENTRY_WORDS[entry.kind])}."]
    if entry.deadline_on is not None:
        said.append(reader.say(_DEADLINE, day=reader.day(entry.deadline_on)))
    if entry.amount:
        said.append(f"{reader.say(_CLAIMS, amount=reader.money(entry.amount))} {_grounds(entry.grounds, reader)}")
    return " ".join(said)


def _letter(kind: LetterKind, reader: Reader) -> str:
    return reader.gettext(ENTRY_WORDS[EntryKind(kind.value)])


def _letter_said(obstacle: NotAllowed | None, reader: Reader) -> str:
    return reader.gettext(_MAY_BE_SENT) if obstacle is None else _decided(obstacle, reader)


def _decided(decision: Decision, reader: Reader) -> str:
    """The sentence, where it helps the first day on which waiting does, and the grounds."""
    if isinstance(decision, Allowed):
        return f"{decision.said(reader)} {_grounds(decision.grounds, reader)}"
    earliest = f" {reader.say(_EARLIEST, day=reader.day(decision.earliest_on))}" if decision.earliest_on else ""
    return f"{decision.said(reader)}{earliest} {_grounds((decision.ground,), reader)}"


def _grounds(grounds: tuple[Ground, ...], reader: Reader) -> str:
    unsure = reader.gettext(mark("unverified"))
    shown = (f"{one.rule_id} {one.edition}{'' if one.verified else f' ({unsure})'}" for one in grounds)
    return f"[{', '.join(shown)}]"


# ---------------------------------------------------------------------------------------------------------------------
# For programs


def ruling_object(ruling: Ruling, locale: str) -> Object:
    """The same as an object for JSON; `text` is in the language asked for, everything else is for programs."""
    facts = ruling.facts
    reader = Reader(locale, zone(facts.merchant.timezone))
    return {
        "locale": locale,
        "on": ruling.on.isoformat(),
        "invoice": {"id": facts.invoice.id, "number": facts.invoice.number, "owed": str(facts.invoice.owed)},
        "due_on": ruling.book.due_on.isoformat(),
        "letters": [_letter_object(kind, obstacle, reader) for kind, obstacle in ruling.letters],
        "charges": [_charge_object(charge, decision, reader) for charge, decision in ruling.charges],
        "recorded": book_objects(ruling.book, reader),
        "claimed": str(ruling.book.claimed),
    }


def book_objects(book: LetterBook, reader: Reader) -> list[Object]:
    """The entries, oldest first."""
    return [
        {
            "id": entry.id,
            "kind": entry.kind.value,
            "dated_on": entry.dated_on.isoformat(),
            "due_on": entry.due_on.isoformat(),
            "deadline_on": _day(entry.deadline_on),
            "claimed": str(entry.amount),
            "grounds": _ground_objects(entry.grounds),
            "text": entry_line(entry, reader),
        }
        for entry in book.entries
    ]


def _letter_object(kind: LetterKind, obstacle: NotAllowed | None, reader: Reader) -> Object:
    if obstacle is None:
        return {"letter": kind.value, "allowed": True, "text": reader.gettext(_MAY_BE_SENT)}
    return {"letter": kind.value, **_refusal(obstacle, reader)}


def _charge_object(charge: Charge, decision: Decision, reader: Reader) -> Object:
    if isinstance(decision, NotAllowed):
        return {"charge": charge.value, **_refusal(decision, reader)}
    return {
        "charge": charge.value,
        "allowed": True,
        "amount": str(decision.amount),
        "text": decision.said(reader),
        "grounds": _ground_objects(decision.grounds),
    }


def _refusal(decision: NotAllowed, reader: Reader) -> Object:
    return {
        "allowed": False,
        "message_id": decision.message_id,
        "text": decision.said(reader),
        "earliest_on": _day(decision.earliest_on),
        "grounds": _ground_objects((decision.ground,)),
    }


def _ground_objects(grounds: tuple[Ground, ...]) -> list[Object]:
    return [{"rule_id": one.rule_id, "edition": one.edition, "verified": one.verified} for one in grounds]


def _day(on: date | None) -> str | None:
    return on.isoformat() if on else None

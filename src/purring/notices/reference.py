"""The reference page on notices, written from the notices themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from purring.domain.decline import MASKED_REASONS, DeclineReason
from purring.domain.event import OWES
from purring.domain.notice import NoticeKind
from purring.i18n.catalog import translator
from purring.i18n.locales import LOCALES
from purring.notices.contexts import CONTEXTS, KEYS
from purring.notices.reasons import ReasonText, no_method_text, reason_text
from purring.notices.samples import Sample, samples, written

INTRO = """\
A notice is owed by an [event](events.md), stored with everything it says as JSON, and rendered for each reader in their
own language. It tells what happened and why in plain words, which payment method (never more than the last four), the
amount, whether and on which day we try again, today's state, the day access ends and the day data is deleted.

From the third decline notice of an invoice on the text asks for action; the last notice names the day access ends.
Reasons that only a card's holder should hear read like any other decline."""


def kinds() -> str:
    """One row for each kind: the event that owes it, and what it is about."""
    owed_by = {kind: event for event, kind in OWES.items()}
    rows = ((f"`{kind}`", f"`{owed_by[kind]}`", _about(kind)) for kind in NoticeKind)
    return _table(("Kind", "Owed by", "Says"), rows)


def reasons() -> str:
    """One row for each decline reason: what the customer reads, in every language."""
    rows = ((f"`{name}`", *(_both(text, locale) for locale in LOCALES)) for name, text in _reason_texts())
    return _table(("Reason", *LOCALES.values()), rows)


def context_keys() -> str:
    """Every key that a stored context may hold."""
    return ", ".join(f"`{key}`" for key in sorted(KEYS))


def examples() -> Iterator[str]:
    """The first sample of each kind, in every language."""
    first: dict[NoticeKind, Sample] = {}
    for sample in samples():
        first.setdefault(sample.kind, sample)
    for kind, sample in first.items():
        yield f"### `{kind}`"
        for locale in LOCALES:
            yield f"```text\n{written(sample, locale)}```"


def _about(kind: NoticeKind) -> str:
    return (CONTEXTS[kind].__doc__ or "").split("\n")[0]


def _reason_texts() -> Iterator[tuple[str, ReasonText]]:
    for reason in DeclineReason:
        if reason not in MASKED_REASONS:
            yield reason.value, reason_text(reason)
    yield ", ".join(sorted(MASKED_REASONS)), reason_text(min(MASKED_REASONS))
    yield "no_method", no_method_text()


def _both(text: ReasonText, locale: str) -> str:
    say = translator(locale).gettext
    return f"{say(text.why)} *{say(text.advice)}*"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

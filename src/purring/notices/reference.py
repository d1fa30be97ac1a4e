"""The reference page on notices, written from the notices themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from purring.domain.decline import MASKED_REASONS, DeclineReason
from purring.domain.event import OWES
from purring.domain.notice import NoticeKind
from purring.i18n.catalog import translator
from purring.i18n.locales import LOCALES
from purring.notices.contexts import CONTEXTS
from purring.notices.reasons import NO_METHOD, ReasonText, every_text, no_method_text, reason_text
from purring.notices.samples import Sample, samples, written
from purring.notices.stored_context import KEYS
from purring.notices.texts import all_texts

INTRO = """\
A notice is owed by an [event](events.md), stored with everything it says as JSON, and rendered for each reader in their
own language. It tells what happened and why in plain words, which payment method (never more than the last four), the
amount, whether and on which day we try again, today's state, the day access ends and the day data is deleted.

It goes out as text and as HTML with the same sentences: one button with its link in clear, nothing that is fetched when
somebody opens it. A merchant can change [how it looks and how single texts read](../how-to/change-what-notices-say.md).

From the third decline notice of an invoice on the text asks for action; the last notice names the day access ends.
Reasons that only a card's holder should hear read like any other decline."""


def paragraphs() -> Iterator[str]:
    """The page below its title: the kinds, the reasons in every language, the stored keys, and examples."""
    yield INTRO
    yield "## Kinds"
    yield _table(("Kind", "Owed by", "Says"), _kinds())
    yield "## Reasons"
    yield "What customers read about each reason of a decline, and what they are advised to do."
    yield _table(("Reason", *LOCALES.values()), _reasons())
    yield "## Texts"
    yield "Every other sentence under the name by which a merchant sets its own, with its values in braces."
    yield _table(("Text", *LOCALES.values()), _texts())
    yield "## Stored context"
    yield "The keys that a notice's stored JSON may hold; `merchant_name`, `amount` and `timezone` must be there."
    yield _list(f"`{key}`" for key in sorted(KEYS))
    yield "## Examples"
    yield from _examples()


def _kinds() -> Iterator[tuple[str, ...]]:
    owed_by = {kind: event for event, kind in OWES.items()}
    return ((f"`{kind}`", f"`{owed_by[kind]}`", _about(kind)) for kind in NoticeKind)


def _reasons() -> Iterator[tuple[str, ...]]:
    return ((names, *(_both(text, locale) for locale in LOCALES)) for names, text in _reason_texts())


def _texts() -> Iterator[tuple[str, ...]]:
    reasons = {key for key, _ in every_text()}
    return (
        (f"`{text.name}`", *(text.read_in(locale) for locale in LOCALES))
        for text in all_texts().values()
        if text.key not in reasons
    )


def _examples() -> Iterator[str]:
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
            yield f"`{reason}`", reason_text(reason)
    yield _list(f"`{reason}`" for reason in sorted(MASKED_REASONS)), reason_text(min(MASKED_REASONS))
    yield f"`{NO_METHOD}`", no_method_text()


def _both(text: ReasonText, locale: str) -> str:
    say = translator(locale).gettext
    return f"{say(text.why)} *{say(text.advice)}*"


def _list(items: Iterable[str]) -> str:
    return ", ".join(items)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

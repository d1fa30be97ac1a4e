"""Texts of the core that people read: English here, other languages in the catalogues."""

from __future__ import annotations


def mark(message: str) -> str:
    """The message itself, marked for extraction where it stands and translated where it is shown.

    The core can't look a translation up; `purring.i18n` extracts whatever is handed to a function of this name.
    """
    return message


def mark_plural(singular: str, plural: str) -> tuple[str, str]:
    """Both forms of a message that counts something, marked as `mark` does."""
    return singular, plural

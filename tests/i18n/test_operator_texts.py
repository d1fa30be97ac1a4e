"""What operators read about each reason of a decline, in every language, and that none of it reaches customers."""

from __future__ import annotations

import re

import pytest

from purring.domain.decline import MASKED_REASONS, DeclineClass, DeclineReason
from purring.domain.rulebook.operator_texts import OPERATOR_TEXTS, operator_text
from purring.domain.rulebook.tables import TABLES
from purring.i18n.catalog import translator
from purring.i18n.locales import DEFAULT, locales
from purring.notices.reasons import reason_text

RAW_NAMES = re.compile("|".join(name.value for name in DeclineReason if "_" in name.value))
FRIGHTENING = re.compile(
    r"stolen|fraud|lost|suspect|risk|deceased|died|illegal|police|stjålet|tapt|svindel|mistanke|mistenk|risiko|død|ulovlig",
    re.IGNORECASE,
)
CODES = re.compile(r"\b[A-Z]{1,2}\d{2}\b|\b\d{2,4}\b")


@pytest.mark.parametrize("locale", locales())
@pytest.mark.parametrize("reason", DeclineReason)
def test_operators_read_every_reason_in_their_language(reason: DeclineReason, locale: str) -> None:
    """Meaning and action are whole sentences, translated, and name neither a code nor our own name of the reason."""
    text = operator_text(reason)
    for source in (text.meaning, text.action):
        said = translator(locale).gettext(source)
        assert said.endswith(".")
        assert said[0].isupper()
        assert (locale == DEFAULT) == (said == source)
        assert not RAW_NAMES.search(said)
        assert not CODES.search(said)


def test_no_reason_shares_its_meaning() -> None:
    """Each reason means something of its own, and none is left over."""
    assert set(DeclineReason) == set(OPERATOR_TEXTS)
    assert len(DeclineReason) == len({text.meaning for text in OPERATOR_TEXTS.values()})


@pytest.mark.parametrize("locale", locales())
@pytest.mark.parametrize("reason", DeclineReason)
def test_customers_read_no_code(reason: DeclineReason, locale: str) -> None:
    """A customer's text holds no code, none of our names, and no sentence written for operators."""
    text = reason_text(reason)
    said = " ".join(translator(locale).gettext(part) for part in (text.why, text.advice))
    assert not RAW_NAMES.search(said)
    assert not CODES.search(said)
    assert not {text.why, text.advice} & {part for own in OPERATOR_TEXTS.values() for part in (own.meaning, own.action)}


@pytest.mark.parametrize("locale", locales())
@pytest.mark.parametrize("reason", DeclineReason)
def test_customers_read_nothing_that_frightens_or_accuses(reason: DeclineReason, locale: str) -> None:
    """The reader may not be the holder, and a suspicion may be wrong: no text names one, whatever the reason is."""
    text = reason_text(reason)
    said = " ".join(translator(locale).gettext(part) for part in (text.why, text.advice))
    assert not FRIGHTENING.search(said)
    assert said == said.strip()
    assert all(part[0].isupper() and part.endswith(".") for part in (text.why, text.advice))


@pytest.mark.parametrize("reason", DeclineReason)
def test_only_what_is_tried_again_is_said_to_pass(reason: DeclineReason) -> None:
    """Where some row stops automatic charges, no text lets the customer wait for them."""
    classes = {row.decline_class for table in TABLES for row in table.codes if row.reason is reason}
    assert "by itself" not in reason_text(reason).advice or classes == {DeclineClass.RETRY_LATER}


@pytest.mark.parametrize("reason", sorted(MASKED_REASONS - {DeclineReason.RISK_BLOCKED}))
def test_operators_read_the_truth_of_what_is_masked(reason: DeclineReason) -> None:
    """What customers are not told, operators are, in words that no customer's text uses."""
    words = {
        DeclineReason.LOST_OR_STOLEN: "lost or stolen",
        DeclineReason.FRAUD_SUSPECTED: "fraud",
        DeclineReason.ACCOUNT_HOLDER_DECEASED: "died",
    }
    assert words[reason] in operator_text(reason).meaning
    assert words[reason] not in reason_text(reason).why

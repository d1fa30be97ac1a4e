"""What people agree to when a bank account may be debited."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from purring.domain.ids import MandateId, MethodId, PersonId
from purring.domain.mandate import TERMS, Mandate, mandate_terms


@pytest.mark.parametrize("scheme", [*TERMS, "somewhere_else"])
def test_every_scheme_has_terms_of_its_own_version(scheme: str) -> None:
    """A scheme that has no words of its own gets those that fit any."""
    terms = mandate_terms(scheme)
    assert terms.title
    assert terms.paragraphs
    assert (scheme in TERMS) == terms.version.startswith(scheme)


def test_a_consent_is_a_title_and_paragraphs() -> None:
    """As they were shown, parted by empty lines."""
    mandate = Mandate(
        id=MandateId("mdt_1"),
        method_id=MethodId("pm_a"),
        person_id=PersonId("per_1"),
        scheme="sepa",
        version="sepa-2026",
        locale="en",
        text="SEPA Direct Debit\n\nFirst.\n\nSecond.",
        agreed_at=datetime(2026, 11, 28, tzinfo=UTC),
    )
    assert ("SEPA Direct Debit", ("First.", "Second.")) == (mandate.title, mandate.paragraphs)

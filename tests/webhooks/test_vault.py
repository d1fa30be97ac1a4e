"""Secrets lie sealed; a key can be changed without losing any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.errors import ConfigError
from purring.webhooks.vault import Vault, key_id

OLD, NEW = "an old key that is long enough for all", "a new key that is long enough for all"


@given(st.text())
def test_what_is_sealed_opens_to_what_it_was(secret: str) -> None:
    """And doesn't show it."""
    sealed = Vault([NEW]).seal(secret)
    assert secret == Vault([NEW]).open(sealed)
    assert len(secret) < 4 or secret not in sealed


def test_an_older_key_opens_and_the_newest_seals() -> None:
    """So keys are rotated: new one first, seal anew, drop the old one."""
    before, both, after = Vault([OLD]), Vault([NEW, OLD]), Vault([NEW])
    sealed = before.seal("whsec_")
    assert (True, False) == (before.is_newest(sealed), both.is_newest(sealed))
    resealed = both.seal(both.open(sealed))
    assert "whsec_" == after.open(resealed)
    with pytest.raises(ConfigError, match=f"key {key_id(OLD)}"):
        after.open(sealed)


def test_what_was_altered_does_not_open() -> None:
    """The message says nothing of what is in it."""
    vault = Vault([NEW])
    sealed = vault.seal("whsec_")
    with pytest.raises(ConfigError, match="was altered"):
        vault.open(sealed[:-6] + "AAAAAA")


@pytest.mark.parametrize("keys", [[], ["short key"]])
def test_without_a_key_nothing_is_sealed(keys: list[str]) -> None:
    """Nor with one that is too short, which isn't shown."""
    with pytest.raises(ConfigError, match="PURRING_SECRET_KEY") as refused:
        Vault(keys).seal("whsec_")
    assert "short key" not in str(refused.value)

"""Secrets at rest: sealed with the installation's newest key, opened with whichever key sealed them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken

from purring.domain.errors import ConfigError

KEY_CHARS_MIN = 32
_ID_CHARS = 8
_PURPOSE = b"purring: secrets at rest"
_HOW_TO = "give PURRING_SECRET_KEY, or PURRING_SECRET_KEY_FILE; `openssl rand -base64 32` makes one"


class Vault:
    """Seals and opens. What is sealed says by which key: `3f9a01c2:` and a Fernet token."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take the installation's keys, newest first; none is enough as long as there is nothing to seal."""
        self._boxes = {key_id(key): _box(key) for key in keys}
        self._newest = key_id(keys[0]) if keys and len(keys[0]) >= KEY_CHARS_MIN else None

    def seal(self, secret: str) -> str:
        """Seal with the newest key.

        Raises ConfigError: there is none, or it is too short.
        """
        if self._newest is None:
            message = f"a secret can't be kept without a key of {KEY_CHARS_MIN} characters or more; {_HOW_TO}"
            raise ConfigError(message, field="secret_key")
        return f"{self._newest}:{self._boxes[self._newest].encrypt(secret.encode()).decode()}"

    def open(self, sealed: str) -> str:
        """Open what was sealed with any of the keys.

        Raises ConfigError: the key is missing, or what was sealed isn't whole.
        """
        name, _, token = sealed.partition(":")
        box = self._boxes.get(name)
        if box is None:
            message = f"a secret was sealed with key {name}, which isn't among the keys; add it behind the newest"
            raise ConfigError(message, field="secret_key")
        try:
            return box.decrypt(token.encode()).decode()
        except InvalidToken:
            raise ConfigError(f"a secret sealed with key {name} was altered; make a new one", field="secret") from None

    def is_newest(self, sealed: str) -> bool:
        """Tell whether the newest key sealed it."""
        return sealed.partition(":")[0] == self._newest


def key_id(key: str) -> str:
    """Give a key's public name, which gives nothing of it away."""
    return hashlib.sha256(_PURPOSE + b" id " + key.encode()).hexdigest()[:_ID_CHARS]


def _box(key: str) -> Fernet:
    """Derive the box of a key that has as many random bits as it should."""
    derived = hashlib.blake2b(key.encode(), digest_size=32, person=b"purring vault").digest()
    return Fernet(base64.urlsafe_b64encode(derived))

"""The envelope address of a mail, which names the copy it carries: a bounce comes back to it and is told by it.

The name is signed, since anybody may write to the address: a bounce that nobody could have made up was caused by a mail
of ours. Source: D. J. Bernstein, Variable Envelope Return Paths (February 1997).
"""

from __future__ import annotations

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass, field
from hashlib import sha256

from purring.domain.errors import InvalidInput
from purring.domain.ids import DeliveryId
from purring.notices.message import is_address

TOKEN = "{token}"  # noqa: S105 - a placeholder
_PREFIX = "dlv_"
_SIGNATURE_CHARS = 13  # 65 bits: too many to be guessed at a mail each
_TOKEN_CHARS = 26 + _SIGNATURE_CHARS


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceAddress:
    """Where bounces go: an address, with `{token}` in it where its server lets it vary (`bounces+{token}@example.com`).

    Without `{token}` a bounce is told by what it returns of the mail alone.

    Raises InvalidInput if it can't be an address, or would be too long with the token in it.
    """

    pattern: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what no server would take."""
        example = self.pattern.replace(TOKEN, "x" * _TOKEN_CHARS)
        local, _, domain = self.pattern.rpartition("@")
        varies = local.count(TOKEN) == self.pattern.count(TOKEN) <= 1 and TOKEN not in domain
        if not (varies and is_address(example) and example.isascii()):
            raise InvalidInput(f"an address for bounces is like bounces@example.com or bounces+{TOKEN}@example.com")

    def of(self, delivery_id: DeliveryId) -> str:
        """The envelope address of a copy."""
        return self.pattern.replace(TOKEN, self._token(delivery_id))

    def read(self, address: str) -> DeliveryId | None:
        """The copy that an address of ours names, None if it names none or the signature isn't ours.

        Servers on the way may have changed the case of letters.
        """
        found = _matcher(self.pattern).fullmatch(address.lower()) if TOKEN in self.pattern else None
        if found is None:
            return None
        delivery_id = DeliveryId(f"{_PREFIX}{found[1][:-_SIGNATURE_CHARS]}")
        return delivery_id if hmac.compare_digest(self._token(delivery_id), found[1]) else None

    def _token(self, delivery_id: DeliveryId) -> str:
        signed = hmac.digest(self.secret, f"bounce {delivery_id}".encode(), sha256)
        return delivery_id.removeprefix(_PREFIX) + b32encode(signed).decode().lower()[:_SIGNATURE_CHARS]


def _matcher(pattern: str) -> re.Pattern[str]:
    before, _, after = pattern.lower().partition(TOKEN)
    return re.compile(f"{re.escape(before)}([a-z0-9]{{{_TOKEN_CHARS}}}){re.escape(after)}")

"""Where a bank sends people back to once they have confirmed a charge: an address that only we can make.

It follows from the attempt and the installation's secret: the same attempt is always sent with the same one, nothing
is stored for it, and whoever knows it learns how that one payment ended, and nothing else.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode

from purring.domain.ids import AttemptId
from purring.operations.services import Services

PATH = "/paying/"
TOKEN_BYTES = 24
"""192 bits, of which nobody guesses one."""


def return_to(services: Services, attempt_id: AttemptId) -> str:
    """The address for an attempt; empty where we have no pages to come back to."""
    return f"{services.base_url}{path_of(services, attempt_id)}" if services.base_url else ""


def path_of(services: Services, attempt_id: AttemptId) -> str:
    """Its path on our pages."""
    return f"{PATH}{attempt_id}.{_seal(services, attempt_id)}"


def attempt_of(services: Services, state: str) -> AttemptId | None:
    """The attempt that the end of such a path names; None if we didn't make it."""
    attempt_id, _, seal = state.partition(".")
    ours = _seal(services, AttemptId(attempt_id))
    return AttemptId(attempt_id) if hmac.compare_digest(seal.encode(), ours.encode()) else None


def _seal(services: Services, attempt_id: AttemptId) -> str:
    subject = f"return {attempt_id}".encode()
    return urlsafe_b64encode(hmac.digest(services.secret_key, subject, "sha256")[:TOKEN_BYTES]).decode()

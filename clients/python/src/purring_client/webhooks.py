"""Events as they come in: the signature checked, the body typed.

Source: Standard Webhooks 1.0.0, https://github.com/standard-webhooks/standard-webhooks, read 2026-11-28.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping

from purring_client.errors import BadSignature, UnexpectedAnswer
from purring_client.events import EVENTS, Event
from purring_client.shapes import shaped
from purring_client.unknown import UnknownEvent

TOLERANCE_S = 5 * 60
_PREFIX = "whsec_"
_SCHEME = "v1,"


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, now_s: float | None = None) -> Event:
    """The event in a message of Purring's. `body` is what came, byte by byte; headers may be in any case.

    A kind of event that is newer than this package is an `UnknownEvent`.

    Raises:
        BadSignature: the message is not from Purring, was altered, or is more than five minutes old. Answer 400.
        ValueError: the secret can't be one.
    """
    named = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, timestamp, signatures = (named[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        age_s = (time.time() if now_s is None else now_s) - int(timestamp)
    except (KeyError, ValueError) as error:
        raise BadSignature("A header is missing, or can't be read: webhook-id, -timestamp, -signature.") from error
    if abs(age_s) > TOLERANCE_S:
        raise BadSignature("It was signed more than five minutes ago, or ahead; look at this machine's clock.")
    signed = hmac.new(_key(secret), f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    expected = _SCHEME.encode() + base64.b64encode(signed)
    if not any(hmac.compare_digest(expected, one.encode()) for one in signatures.split()):
        raise BadSignature("No signature fits: another secret, or the body isn't as it came.")
    return _event(body)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("The secret can't be read; it begins with whsec_ and is shown when it is made.") from error
    if not key:
        raise ValueError("The secret is empty.")
    return key


def _event(body: bytes) -> Event:
    told = json.loads(body)
    if not isinstance(told, dict):
        raise UnexpectedAnswer("The message is signed, but it is no event.")
    event: Event = shaped(EVENTS.get(str(told.get("type")), UnknownEvent), told)
    return event

"""`none`: no automatic retry; notices, warning and the end of the window still come."""

from __future__ import annotations

from datetime import datetime

from purring.domain.policies.base import Outlook


def propose(outlook: Outlook) -> tuple[datetime, ...]:  # noqa: ARG001 - the protocol's shape
    """Nothing."""
    return ()

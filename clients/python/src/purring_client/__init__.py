"""A client for Purring, which bills subscriptions and gets declined payments paid.

`Purring` and `AsyncPurring` call the API, `verify` takes events in. What is answered is in `models`, what comes in is
in `events`, the words of closed lists are in `words`, and what can go wrong is in `errors`.
"""

from __future__ import annotations

from purring_client.aio import AsyncPurring
from purring_client.client import Purring
from purring_client.errors import BadSignature, NoAnswer, Problem, PurringError
from purring_client.shapes import OMITTED
from purring_client.webhooks import verify

__all__ = ["OMITTED", "AsyncPurring", "BadSignature", "NoAnswer", "Problem", "Purring", "PurringError", "verify"]

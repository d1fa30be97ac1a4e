"""Where the demo's notices go: nobody is mailed, and the made-up customers read what came."""

from __future__ import annotations

from purring.domain.ids import DeliveryId
from purring.notices.message import Message
from purring.notices.send import Delivered, Outcome


class Mailbox:
    """Takes every message and says which ones came since the last look."""

    in_flight_max = 1

    def __init__(self) -> None:
        self._new: list[DeliveryId] = []

    def send(self, message: Message) -> Outcome:
        """Take it."""
        self._new.append(message.delivery_id)
        return Delivered()

    def close(self) -> None:
        """Keep nothing open."""

    def take(self) -> list[DeliveryId]:
        """What came since the last look, in order."""
        new, self._new = self._new, []
        return new

"""The mail server as our processes see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from purring.domain.card_number import holds_card_number
from purring.notices.message import Message
from purring.notices.send import Bounced, Deferred, Delivered, Outcome
from purring.simulator.faults import Fault

if TYPE_CHECKING:
    from purring.simulator.world import World


class MailServerBroke(Exception):
    """A connection that was cut in the middle."""


class Mailbox:
    """Takes every message, unless there is trouble; counts how often each went out."""

    in_flight_max = 1

    def __init__(self, world: World) -> None:
        self._world = world
        self.sent: dict[str, int] = {}
        self.last_sent_at = world.starts_at

    def send(self, message: Message) -> Outcome:
        """Take it, or say why not."""
        world = self._world
        trouble = self._trouble() if world.happens(Fault.MAIL_TROUBLE, 0.3) else None
        if trouble is not None:
            return trouble
        world.moments.somebody_acts("before_mail")
        if holds_card_number(f"{message.subject} {message.body} {message.body_html}"):
            world.broken("invariant 25", f"a card number stands in mail {message.delivery_id}")
        self.last_sent_at = world.clock.now()
        again = message.delivery_id in self.sent
        self.sent[message.delivery_id] = self.sent.get(message.delivery_id, 0) + 1
        world.trace.say(f"mail {message.delivery_id}: {message.subject}")
        world.trace.count("mails")
        if again:
            world.trace.saw("a mail went out twice under one Message-ID")
        world.moments.after_mail()
        return Delivered()

    def _trouble(self) -> Outcome:
        match self._world.dice.between("mail trouble", 1, 4):
            case 1:
                self._world.trace.saw("a mail bounced")
                return Bounced(detail="550 no such mailbox")
            case 2:
                return Deferred(detail="451 later", code=451)
            case 3:
                self._world.trace.saw("the whole mail server was away")
                return Deferred(detail="the server is away", affects_all=True)
            case _:
                raise MailServerBroke

    def close(self) -> None:
        """Keep nothing open."""

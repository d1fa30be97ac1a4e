"""Everything outside the core that operations need, in one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from purring.domain.calendar import Clock
from purring.domain.errors import ConfigError
from purring.domain.ids import IdMaker
from purring.domain.test_clock import ClockKey
from purring.gateways.base import FollowsTime, Gateway
from purring.notices.mailbox import Mailbox
from purring.notices.send import NullSender, Sender, SenderOf
from purring.notices.sms_request import ShortMessage
from purring.notices.verp import BounceAddress
from purring.operations.outbound import Outbound
from purring.store import Connection, leases
from purring.store.engine import Store
from purring.store.leases import Claim, Ring, Work

LEASE = timedelta(minutes=2)
"""How long claimed work belongs to its worker; longer than any gateway call may take."""

NO_GATEWAY_KEY_LIFETIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Made once by the composition root.

    `owner` names this worker on the leases it takes. `from_email`: our own address on mails. `in_flight_max`:
    gateway calls at once; with 1 they are made one after the other in the calling thread, so that a run can be
    repeated exactly. `batch_max`: rows claimed at once. `ring`: whose work is claimed next; `event_ring` is that of
    events on their way out, which have a thread of their own. `outbound`: who sends them; None: nobody. `base_url`:
    where people reach our pages; empty: nowhere, so that notices have no links. `secret_key`: what those are made with.
    `bounces`: where bounces of our mails go; None: to `from_email`. `mailbox`: where they lie until we take them in.
    `merchant_sends`: notices are handed on as events, and the merchant sends them. `sms_sender`: who sends text
    messages; None: nobody. `field_gateways`: whose fields people enter cards into; the first in the merchant's mode.
    `test_sender`, `test_sms_sender`: who sends what is told by a test clock. `test_clock`: the one that `clock` stands
    for, whose work alone is claimed; None: the real one. `is_timed`: it is known which one stands for what is done.
    """

    store: Store
    gateways: Mapping[str, Gateway]
    clock: Clock
    ids: IdMaker
    sender: Sender
    owner: str
    from_email: str = "billing@localhost"
    in_flight_max: int = 32
    batch_max: int = 200
    base_url: str = ""
    secret_key: bytes = field(default=b"", repr=False)
    bounces: BounceAddress | None = None
    mailbox: Mailbox | None = None
    merchant_sends: bool = False
    field_gateways: tuple[str, ...] = ("sandbox",)
    ring: Ring = field(default_factory=Ring)
    event_ring: Ring = field(default_factory=Ring)
    outbound: Outbound | None = None
    sms_sender: SenderOf[ShortMessage] | None = None
    test_sender: Sender = field(default_factory=NullSender)
    test_sms_sender: SenderOf[ShortMessage] | None = field(default_factory=NullSender)
    test_clock: ClockKey | None = None
    is_timed: bool = False

    def gateway(self, name: str) -> Gateway:
        """The gateway called `name`.

        Raises:
            ConfigError: this installation has none of that name.
        """
        try:
            return self.gateways[name]
        except KeyError:
            known = ", ".join(sorted(self.gateways)) or "none"
            raise ConfigError(f"no gateway {name!r} is configured; there are: {known}", field="gateway") from None

    def gateway_in(self, name: str, *, is_live: bool) -> Gateway:
        """The gateway called `name`, as long as it moves money exactly where the merchant's charges are to.

        By a test clock it is one for which that clock's time is, if it can follow one.

        Raises:
            ConfigError: there is none of that name, or it is in the other mode.
        """
        gateway = self.gateway(name)
        if gateway.capabilities.is_live is not is_live:
            own, other = ("live", "test") if is_live else ("test", "live")
            raise ConfigError(f"the gateway {name!r} is in {other} mode, the merchant in {own} mode", field="gateway")
        if self.test_clock is not None and isinstance(gateway, FollowsTime):
            return gateway.at(self.clock.now())
        return gateway

    def claim(
        self, conn: Connection, work: Work, now: datetime, *, limit: int | None = None, lease: timedelta | None = None
    ) -> list[Claim]:
        """Lease due rows to this worker: `batch_max` of them at most, of its test clock's if it walks one."""
        return leases.claim(
            conn,
            work,
            self.owner,
            now,
            limit=limit or self.batch_max,
            lease=lease or LEASE,
            ring=self.ring,
            clock=self.test_clock,
        )

    @property
    def key_lifetime(self) -> timedelta:
        """How long an idempotency key lives at whichever gateway forgets first; without any gateway none is sent."""
        lifetimes = (gateway.capabilities.key_lifetime for gateway in self.gateways.values())
        return min(lifetimes, default=NO_GATEWAY_KEY_LIFETIME)

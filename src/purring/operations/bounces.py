"""Mails that come back: stored first, as they came, then read, and held against the copy that they are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from purring.domain.customer import AddressState
from purring.domain.errors import InvalidInput, StaleWrite
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import DeliveryId, MerchantId, PersonId
from purring.notices.bounces import Report, ReportKind, read_report, unique_name
from purring.notices.mailbox import MAIL_BYTES_MAX, MAILBOX_ERRORS, Mailbox
from purring.operations.services import LEASE, Services
from purring.operations.transact import together_or_alone, told, transact
from purring.store import Connection, delivery_reports, events, inbound, leases
from purring.store.delivery_reports import Reported
from purring.store.inbound import Inbound, Received
from purring.store.leases import Claim, Work
from purring.store.notices import Delivery
from purring.store.schema import DeliveryStatus
from purring.telemetry.logs import log

MAIL = "mail"
"""The name under which mails are kept among the events from gateways."""

LOOKS_EVERY = timedelta(minutes=1)
AFTER_TROUBLE = timedelta(minutes=15)
"""How long a mailbox that can't be read is left alone: looking costs the worker a time-out."""

_STATUSES = {
    ReportKind.DELIVERED: DeliveryStatus.DELIVERED,
    ReportKind.DELAYED: DeliveryStatus.DELAYED,
    ReportKind.BOUNCED: DeliveryStatus.BOUNCED,
}


def receive_mails(services: Services, raws: Iterable[bytes]) -> int:
    """Store mails that came to the address for bounces, each once. Gives how many weren't stored before."""
    some = {_name(cut): cut for cut in (raw[:MAIL_BYTES_MAX] for raw in raws)}
    received = [Received(event_id=name, body=cut, headers={}) for name, cut in some.items()]
    with services.store.transaction() as conn:
        return inbound.store_many(conn, MAIL, received, services.clock.now())


def read_bounces(services: Services, mailbox: Mailbox) -> int:
    """Take in all new mails of a mailbox; each is stored before it is marked as read. Gives how many there were.

    Raises what MAILBOX_ERRORS lists.
    """
    total = 0
    while (count := mailbox.take(lambda raws: receive_mails(services, raws))) > 0:
        total += count
    return total


class BounceWatch:
    """Looks into the mailbox for bounces every so often, less often while it can't be read."""

    def __init__(self) -> None:
        """Look at the first occasion."""
        self._looks_at: datetime | None = None

    def look(self, services: Services) -> None:
        """Take in what is new, if there is a mailbox and it is time."""
        now = services.clock.now()
        if services.mailbox is None or (self._looks_at is not None and now < self._looks_at):
            return
        self._looks_at = now + LOOKS_EVERY
        try:
            read_bounces(services, services.mailbox)
        except MAILBOX_ERRORS as error:
            log.warning("bounces_unread", error=type(error).__name__)
            self._looks_at = now + AFTER_TROUBLE


def _name(raw: bytes) -> str:
    """What makes a mail one of a kind: its Message-ID; its content if it has none."""
    return unique_name(raw) or f"sha256:{sha256(raw).hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A mail that is claimed and was read."""

    claim: Claim
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """A report about a copy of ours."""

    copy: Delivery
    report: Report


def work_mails(services: Services, claims: Mapping[str, Claim], mails: Sequence[Inbound], now: datetime) -> None:
    """Work claimed mails."""
    together_or_alone(
        [_Held(claim=claims[mail.id], report=read_report(mail.body)) for mail in mails],
        lambda some: transact(services, lambda conn: _act(conn, services, some, now)),
        lambda one, error: _keep(services, one.claim, error),
    )


def _keep(services: Services, claim: Claim, error: Exception) -> None:
    """A report that can't act yet is tried again later."""
    with services.store.transaction() as conn:
        inbound.mark_failed(conn, [(claim, told(error))], services.owner, services.clock.now())


def _act(conn: Connection, services: Services, some: Sequence[_Held], now: datetime) -> list[_Held]:
    """Hold reports against their copies and mark the mails worked; what is about nothing of ours changes nothing."""
    claims = [one.claim for one in some]
    if leases.extend(conn, Work.INBOUND, claims, services.owner, services.clock.now() + LEASE) != len(claims):
        raise StaleWrite("Another worker has taken a mail over.")
    heard = _heard(conn, services, some)
    together = delivery_reports.sent_together(conn, [one.copy for one in heard.values()])
    meant = [replace(one, copy=copy) for one in heard.values() for copy in together[one.copy.id]]
    reported = {_reported(one): one for one in meant if one.report.kind in _STATUSES}
    spam = [one for one in heard.values() if one.report.kind is ReportKind.COMPLAINED]
    told_of = [reported[one] for one in delivery_reports.mark(conn, list(reported), now)] + spam
    bad = {_person(one): AddressState.BOUNCED for one in told_of if one.report.is_hard}
    delivery_reports.mark_addresses(conn, bad)
    unwanted = {_person(one): AddressState.COMPLAINED for one in spam}
    delivery_reports.mark_addresses(conn, unwanted, unless=AddressState.BOUNCED)
    drafts = [(one.copy.merchant_id, draft) for one in told_of if (draft := _event(one, now)) is not None]
    events.append(conn, drafts, services.ids)
    owners = [(one.claim, heard[one.claim.id].copy.merchant_id if one.claim.id in heard else None) for one in some]
    inbound.mark_worked(conn, owners, services.owner, now)
    return list(some)


def _heard(conn: Connection, services: Services, some: Sequence[_Held]) -> dict[str, _Heard]:
    """Find the copies that mails are about, by the mails' own ids.

    Raises InvalidInput if one isn't written down as sent yet: the report was quicker than we.
    """
    meant = {one.claim.id: _meant(services, one.report) for one in some if one.report.kind is not ReportKind.OTHER}
    copies = delivery_reports.find(conn, (which for which, _ in meant.values() if which))
    heard: dict[str, _Heard] = {}
    for one in some:
        which, is_signed = meant.get(one.claim.id, (None, False))
        copy = copies.get(which) if which else None
        if copy is None or not (is_signed or one.report.recipient.lower() == copy.person.email.lower()):
            continue
        if copy.status is DeliveryStatus.OWED:
            raise InvalidInput("the mail that is reported on isn't written down as sent yet; it is tried again")
        heard[one.claim.id] = _Heard(copy=copy, report=one.report)
    return heard


def _meant(services: Services, report: Report) -> tuple[DeliveryId | None, bool]:
    """Which copy a report is about, and whether we have signed that.

    Whoever has got a mail of ours knows its Message-ID; the address that the report came to was signed by us.
    """
    if services.bounces is not None:
        for address in report.sent_to:
            found = services.bounces.read(address)
            if found is not None:
                return found, True
    name = report.envelope_id or report.message_id.strip("<>").partition("@")[0]
    return (DeliveryId(name), False) if name.startswith("dlv_") else (None, False)


def _reported(one: _Heard) -> Reported:
    status = _STATUSES[one.report.kind]
    return Reported(copy=one.copy, status=status, code=one.report.code, problem=one.report.detail)


def _person(one: _Heard) -> tuple[MerchantId, PersonId]:
    return one.copy.merchant_id, one.copy.person.id


def _event(one: _Heard, now: datetime) -> EventDraft | None:
    """What happened, told of the notice; that a mail arrived or is late is told by its copy alone."""
    if one.report.kind not in _EVENTS:
        return None
    data = {
        "delivery_id": one.copy.id,
        "person_id": one.copy.person.id,
        "code": one.report.code,
        "is_hard": one.report.is_hard,
        "detail": one.report.detail,
    }
    return EventDraft(kind=_EVENTS[one.report.kind], object_id=one.copy.notice.id, at=now, data=data)


_EVENTS = {ReportKind.BOUNCED: EventKind.NOTICE_BOUNCED, ReportKind.COMPLAINED: EventKind.NOTICE_COMPLAINED}

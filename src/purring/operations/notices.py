"""Send owed notices: each person's copy is claimed, rendered in their language, handed over, and remembered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event
from typing import assert_never

from purring.domain.customer import AddressState, require_phone
from purring.domain.decide.settle import recovery_id
from purring.domain.errors import ConfigError, InvalidInput, PurringError
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import InvoiceId, MerchantId, PersonId
from purring.domain.notice import DECLINE_NOTICES, Channel
from purring.notices.bounces import blames_address, status_in
from purring.notices.contexts import Context
from purring.notices.look import Look
from purring.notices.message import Message
from purring.notices.render import Rendered, render
from purring.notices.send import Bounced, Deferred, Delivered, Outcome
from purring.notices.sms_request import ShortMessage
from purring.notices.sms_text import sms_text
from purring.notices.stored_context import from_json
from purring.operations import links
from purring.operations.charge import SEND_WITHIN
from purring.operations.looks import looks_of
from purring.operations.outgoing import Letter, letters
from purring.operations.services import Services
from purring.operations.transact import told, transact
from purring.store import Connection, delivery_reports, events, leases, notices
from purring.store.leases import Claim, Work
from purring.store.notices import Delivery, NotSent, Sent
from purring.store.schema import DeliveryStatus
from purring.telemetry.logs import log

COPIES_MAX = 50
"""Copies per batch: so many may go out twice if we die in between."""

MAIL_LEASE = timedelta(minutes=10)
"""How long claimed copies belong to their worker: longer than a mail server may take over one, begun late.

A mail server that has the text may look at it for minutes, and a copy that two workers hold goes out twice.
"""

SENDER_PAUSE = timedelta(minutes=5)
"""How long copies wait that nobody could try to send."""


def send_due(services: Services) -> int:
    """Send one batch of copies that are due. Gives how many were due.

    A copy is sent at least once: one that went out before a crash goes out again under the same Message-ID.
    """
    now = services.clock.now()
    limit = min(services.batch_max, COPIES_MAX)
    with services.store.transaction() as conn:
        claims = services.claim(conn, Work.DELIVERY, now, limit=limit, lease=MAIL_LEASE)
        batch = letters(conn, claims, services.owner, now, now + MAIL_LEASE) if claims else []
        links.mint(conn, services, [letter.copy for letter in batch])
        looks = looks_of(conn, {claim.merchant_id for claim in claims}) if claims else {}
    if not claims:
        _hang_up(services)
        return 0
    results = _send_all(services, batch, looks, now) if batch else []
    held = [claim for letter in batch for claim in letter.claims]
    transact(services, lambda conn: _remember(conn, services, held, results, now))
    return len(claims)


def _hang_up(services: Services) -> None:
    """Let go of connections, which are kept from batch to batch, and not while there is nothing to send."""
    services.sender.close()
    if services.sms_sender is not None:
        services.sms_sender.close()


def _send_all(
    services: Services, batch: Sequence[Letter], looks: Mapping[MerchantId, Look], now: datetime
) -> list[Sent | NotSent]:
    """Send letters while our lease is young, as many at once as the server bears, until it is found to take none.

    Mails go first: text messages, and a provider that is slow or away, take nothing from them.
    """
    batch = sorted(batch, key=lambda letter: letter.copy.channel is not Channel.EMAIL)
    away = {channel: Event() for channel in Channel}

    def send(letter: Letter) -> list[Sent | NotSent]:
        gone = away[letter.copy.channel]
        if gone.is_set() or services.clock.now() >= now + SEND_WITHIN or not _is_still_owed(services, letter):
            return []
        result = _send(services, letter, looks[letter.copy.merchant_id], now)
        if result is None:
            gone.set()
            return []
        return [replace(result, claim=claim) for claim in letter.claims]

    at_once = min(services.sender.in_flight_max, len(batch))
    if at_once == 1:
        results = list(map(send, batch))
    else:
        with ThreadPoolExecutor(at_once, "mail") as threads:
            results = list(threads.map(send, batch))
    return [result for some in results for result in some]


def _is_still_owed(services: Services, letter: Letter) -> bool:
    """Whether nothing that the letter tells of was taken back since it was claimed: the money may have come.

    Looked up for each letter, right before it is handed over: a batch takes seconds, and a letter that says a payment
    failed must not follow the payment. One look is little beside the mail server's answers.
    """
    if letter.copy.notice.kind not in DECLINE_NOTICES:
        return True
    keys = [(claim.merchant_id, claim.id) for claim in letter.claims]
    with services.store.reading() as conn:
        return notices.are_owed(conn, keys)


def _send(services: Services, letter: Letter, look: Look, now: datetime) -> Sent | NotSent | None:
    """Render one copy and hand it over; what can't be rendered or addressed is reported, never dropped.

    None: nothing can be sent now, which is not this copy's fault.
    """
    claim, copy = letter.claims[0], letter.copy
    try:
        outcome, sent = (
            _by_sms(services, letter) if copy.channel is Channel.SMS else _by_mail(services, letter, look, now)
        )
    except PurringError as error:
        return NotSent(claim=claim, problem=error.message, permanent=True)
    except Exception as error:  # noqa: BLE001 - one copy that breaks the sender must not hold up the others
        log.error("copy_failed", delivery_id=copy.id, error=told(error))
        return NotSent(claim=claim, problem=told(error))
    match outcome:
        case Delivered():
            return sent
        case Deferred(affects_all=True):
            log.warning("sender_away", channel=copy.channel.value, detail=outcome.detail)
            return None
        case Deferred():
            return NotSent(claim=claim, problem=outcome.detail)
        case Bounced():
            return NotSent(claim=claim, problem=outcome.detail, permanent=True, code=status_in(outcome.detail))
        case _:
            assert_never(outcome)


def _by_mail(services: Services, letter: Letter, look: Look, now: datetime) -> tuple[Outcome, Sent]:
    """Hand a mail over: what became of it, and what there is to remember if it went out."""
    copy = letter.copy
    rendered = rendered_for(copy, look, links.link_of(services, copy))
    message = _message(services, copy, rendered, now)
    outcome = services.sender.send(replace(message, reply_to=look.brand.reply_to or message.reply_to))
    body = links.without_link(services, copy, rendered.body_text)
    due = _due(services, copy, rendered, now) if services.merchant_sends else None
    sent = Sent(claim=letter.claims[0], subject=rendered.subject, body=body, locale=copy.person.locale, due=due)
    return outcome, sent


def _by_sms(services: Services, letter: Letter) -> tuple[Outcome, Sent]:
    """Likewise a text message. Raises PurringError if nobody sends any, or not to this person any more."""
    copy = letter.copy
    if services.sms_sender is None:
        raise ConfigError("Nobody sends text messages; set PURRING_SMS_URL.", field="sms_url")
    require_phone(copy.person.phone, takes_sms=True)
    if not copy.person.takes_sms:
        raise InvalidInput("This person takes no text messages any more.", field="takes_sms")
    text = short_for(copy, links.link_of(services, copy))
    message = ShortMessage(delivery_id=copy.id, to_phone=copy.person.phone, text=text)
    body = links.without_link(services, copy, text)
    return services.sms_sender.send(message), Sent(
        claim=letter.claims[0], subject="", body=body, locale=copy.person.locale
    )


def mark_read(
    services: Services, merchant_id: MerchantId, invoice_ids: Collection[InvoiceId], person_id: PersonId
) -> None:
    """Remember that a person has seen how some invoices stand, and with it what was sent to them about those.

    For people only: mail servers open the links in mails, too.
    """
    if not invoice_ids:
        return
    with services.store.transaction() as conn:
        notices.mark_read(conn, merchant_id, invoice_ids, person_id, services.clock.now())


def _remember(
    conn: Connection, services: Services, claims: Sequence[Claim], results: Sequence[Sent | NotSent], now: datetime
) -> None:
    """Write down what became of each copy; those that nobody tried wait a little, and that costs them no try."""
    tried = {result.claim for result in results}
    untried = [claim for claim in claims if claim not in tried]
    sent = [one for one in results if isinstance(one, Sent)]
    notices.mark_sent(conn, sent, services.owner, now)
    events.append(conn, _handed_on(conn, sent, now), services.ids)
    refused = [one for one in results if isinstance(one, NotSent)]
    notices.mark_failed(conn, refused, services.owner, now)
    _note_addresses(conn, services, [one for one in refused if blames_address(one.code, one.problem)], now)
    leases.extend(conn, Work.DELIVERY, untried, services.owner, services.clock.now() + SENDER_PAUSE)


def _due(services: Services, copy: Delivery, rendered: Rendered, now: datetime) -> EventDraft:
    """All that a merchant needs to send the notice itself; its link is put in when the event goes out."""
    message = _message(services, copy, rendered, now)
    data = {
        "delivery_id": copy.id,
        "person_id": copy.person.id,
        "kind": copy.notice.kind.value,
        "locale": copy.person.locale,
        "thread_id": message.thread,
        "to_name": message.to_name,
        "to_email": message.to_email,
        "to_phone": copy.person.phone,
        "from_name": message.from_name,
        "reply_to": message.reply_to,
        "subject": message.subject,
        "text": links.without_link(services, copy, message.body),
        "html": links.without_link(services, copy, message.body_html),
    }
    return EventDraft(kind=EventKind.NOTICE_DUE, object_id=copy.notice.id, at=now, data=data)


def _handed_on(conn: Connection, sent: Sequence[Sent], now: datetime) -> list[tuple[MerchantId, EventDraft]]:
    """The events of mails that the merchant sends, each once: as far as nobody else has taken the copy over."""
    drafts = {(one.claim.merchant_id, one.due.data["delivery_id"]): one.due for one in sent if one.due}
    if not drafts:
        return []
    copies = notices.deliveries(conn, [(merchant_id, str(which)) for merchant_id, which in drafts])
    ours = {key for key, copy in copies.items() if copy.status is DeliveryStatus.SENT and copy.sent_at == now}
    return [(merchant_id, draft) for (merchant_id, which), draft in drafts.items() if (merchant_id, which) in ours]


def _note_addresses(conn: Connection, services: Services, refused: Sequence[NotSent], now: datetime) -> None:
    """Remember which addresses a server has refused for good, so that somebody else is written to."""
    keys = [(one.claim.merchant_id, one.claim.id) for one in refused if one.permanent]
    if not keys:
        return
    found = notices.deliveries(conn, keys)
    copies = {key: copy for key, copy in found.items() if copy.channel is Channel.EMAIL}
    people = {(copy.merchant_id, copy.person.id): AddressState.BOUNCED for copy in copies.values()}
    delivery_reports.mark_addresses(conn, people)
    drafts = [
        (copy.merchant_id, bounced_event(copy, now, code=copy.code, is_hard=True, detail=copy.problem))
        for copy in copies.values()
        if copy.status is DeliveryStatus.FAILED
    ]
    events.append(conn, drafts, services.ids)


def bounced_event(copy: Delivery, now: datetime, *, code: str, is_hard: bool, detail: str) -> EventDraft:
    """A copy that came back, told of its notice."""
    data = {"delivery_id": copy.id, "person_id": copy.person.id, "code": code, "is_hard": is_hard, "detail": detail}
    return EventDraft(kind=EventKind.NOTICE_BOUNCED, object_id=copy.notice.id, at=now, data=data)


def rendered_for(copy: Delivery, look: Look, pay_url: str | None = None) -> Rendered:
    """The notice as this person reads it, in the merchant's look, with the link to its invoice if there is one."""
    return render(copy.notice.kind, _context(copy, pay_url), copy.person.locale, copy.person.name, look)


def short_for(copy: Delivery, pay_url: str | None = None) -> str:
    """The notice as this person reads it in a text message, with the link to its invoice if there is one."""
    return sms_text(_context(copy, pay_url), copy.person.locale)


def _context(copy: Delivery, pay_url: str | None) -> Context:
    link = {"pay_url": pay_url} if pay_url else {}
    return from_json(copy.notice.kind, {**copy.notice.context, **link})


def _message(services: Services, copy: Delivery, rendered: Rendered, now: datetime) -> Message:
    """The mail: its Message-ID follows from the delivery, its thread from the invoice's recovery."""
    notice, person = copy.notice, copy.person
    return Message(
        delivery_id=copy.id,
        thread=recovery_id(notice.invoice_id) if notice.invoice_id else notice.id,
        at=now,
        locale=person.locale,
        from_name=str(notice.context["merchant_name"]),
        from_email=services.from_email,
        to_name=person.name,
        to_email=person.email,
        reply_to=str(notice.context.get("support_email") or ""),
        subject=rendered.subject,
        body=rendered.body_text,
        body_html=rendered.body_html,
        envelope_from=services.bounces.of(copy.id) if services.bounces else "",
        images=rendered.images,
    )

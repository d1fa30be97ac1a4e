"""Claimed copies made ready to go out: some wait, some say what is true by now, some tell of other invoices too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from purring.domain.decide.going_out import as_of, goes_out_at, needs_facts, told_together
from purring.domain.facts import Facts
from purring.domain.ids import InvoiceId, MerchantId
from purring.domain.notice import DECLINE_NOTICES, Notice
from purring.domain.notice_terms import NoticeTerms
from purring.store import Connection, leases, merchants, notices
from purring.store.facts import Key, load_many
from purring.store.leases import Claim, Work
from purring.store.notices import Delivery

TAKEN_ALONG = timedelta(days=1)
"""Where a day's declines go out together, whatever would go out so soon after goes out now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message: the copy that it is sent as, and the claims of all copies that it stands for, its own first."""

    copy: Delivery
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claimed:
    """A copy with its claim, its merchant's terms, and the facts of its invoice where they matter."""

    claim: Claim
    copy: Delivery
    terms: NoticeTerms
    facts: Facts | None = None


def letters(conn: Connection, claims: Sequence[Claim], owner: str, now: datetime, until: datetime) -> list[Letter]:
    """Make claimed copies ready; those that have to wait are put off and let go of. `until`: how long claims last."""
    claimed = _with_terms(conn, claims)
    claimed += _taken_along(conn, claimed, owner, now, until)
    claimed = _with_facts(conn, claimed, now)
    waiting = {one.claim: at for one in claimed if (at := _goes_out_at(one, now)) > now}
    notices.put_off(conn, waiting, owner)
    return [_letter(group, now) for group in _grouped(one for one in claimed if one.claim not in waiting)]


def _with_terms(conn: Connection, claims: Sequence[Claim]) -> list[_Claimed]:
    copies = notices.deliveries(conn, [(claim.merchant_id, claim.id) for claim in claims])
    sellers = merchants.load(conn, {claim.merchant_id for claim in claims})
    return [
        _Claimed(
            claim=claim,
            copy=copies[claim.merchant_id, claim.id],
            terms=sellers[claim.merchant_id].policy.notices,
        )
        for claim in claims
    ]


def _taken_along(
    conn: Connection, claimed: Sequence[_Claimed], owner: str, now: datetime, until: datetime
) -> list[_Claimed]:
    """Claim the same people's other decline notices of the day, where the merchant wants them together.

    What another worker holds goes out by itself.
    """
    people = {(one.claim.merchant_id, one.copy.person.id) for one in claimed if _combines(one)}
    if not people:
        return []
    wanted = notices.owed_to(conn, people, now + TAKEN_ALONG) - {
        (one.claim.merchant_id, one.claim.id) for one in claimed
    }
    return _with_terms(conn, leases.claim_these(conn, Work.DELIVERY, wanted, owner, now, until=until))


def _combines(one: _Claimed) -> bool:
    return one.terms.combine_at is not None and one.copy.notice.kind in DECLINE_NOTICES


def _with_facts(conn: Connection, claimed: Sequence[_Claimed], now: datetime) -> list[_Claimed]:
    keys = {key for one in claimed if (key := _invoice(one)) and (_combines(one) or needs_facts(one.copy.notice, now))}
    cases: Mapping[Key, Facts] = load_many(conn, sorted(keys), now, lock=False) if keys else {}
    return [replace(one, facts=cases.get(key)) if (key := _invoice(one)) else one for one in claimed]


def _invoice(one: _Claimed) -> tuple[MerchantId, InvoiceId] | None:
    invoice_id = one.copy.notice.invoice_id
    return (one.claim.merchant_id, invoice_id) if invoice_id and one.copy.notice.kind in DECLINE_NOTICES else None


def _goes_out_at(one: _Claimed, now: datetime) -> datetime:
    at = goes_out_at(one.copy.notice, one.facts, one.terms, one.copy.customer, now)
    return max(at, one.copy.notice.due_at) if at > now else now


def _grouped(claimed: Iterable[_Claimed]) -> Iterable[list[_Claimed]]:
    """What goes to one person as one message."""
    groups: dict[tuple[str, ...], list[_Claimed]] = {}
    for one in claimed:
        alone = () if _combines(one) else (one.claim.id,)
        groups.setdefault((one.claim.merchant_id, one.copy.person.id, one.copy.channel, *alone), []).append(one)
    return groups.values()


def _letter(group: Sequence[_Claimed], now: datetime) -> Letter:
    """One message for a group: sent as the copy of the notice that speaks for the others."""
    true_now = [_true_now(one, now) for one in group]
    told = told_together(true_now) if len(group) > 1 else true_now[0]
    first = next(one for one in group if one.copy.notice.id == told.id)
    others = tuple(one.claim for one in group if one is not first)
    return Letter(copy=replace(first.copy, notice=told), claims=(first.claim, *others))


def _true_now(one: _Claimed, now: datetime) -> Notice:
    return as_of(one.copy.notice, one.facts, now) if one.facts else one.copy.notice

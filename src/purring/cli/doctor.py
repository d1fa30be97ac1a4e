"""`purring doctor`: whether everything is in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer

from purring.app import Gateways, make_logs, make_sender, open_services
from purring.cli.backup import progress_lines
from purring.cli.gateways import limits_of, pause_of
from purring.cli.output import say
from purring.config import SenderKind, Settings, load_settings, signer_of
from purring.domain.attempt import Absent
from purring.domain.errors import PurringError
from purring.domain.throttle import EVERYBODY
from purring.notices import dns_records
from purring.notices.smtp import SmtpSender
from purring.notices.verp import BounceAddress
from purring.operations.codes import unknown_codes_of
from purring.operations.gateways import gateway_limits
from purring.operations.lookup import all_merchants
from purring.operations.queue import queue_of
from purring.operations.reconcile import progress
from purring.operations.services import Services
from purring.store import invariants
from purring.telemetry.redaction import clean_text
from purring.web.portal import drift

NOT_IN_ORDER = 1
ASKED = "att_doctor"
"""A key that no attempt has: a gateway that answers well says that it doesn't know it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `note`: something to know, neither in order nor out of it."""

    well: bool
    text: str
    note: bool = False


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    *,
    payment_page: Annotated[
        bool, typer.Option("--payment-page", help="Only look at the page with the card field as visitors get it.")
    ] = False,
) -> None:
    """Check settings, database, gateway, and all that must hold among the data; exits with 1 if anything fails."""
    ill = 0
    for finding in _payment_page() if payment_page else _findings():
        mark = "note " if finding.note else "ok   "
        say(f"{mark if finding.well else 'FAILS'}  {finding.text}", style="" if finding.well else "red")
        ill += not finding.well
    if ill:
        raise typer.Exit(NOT_IN_ORDER)


def _findings() -> Iterator[Finding]:
    """Each check as soon as it is done; what needs an earlier one that failed isn't tried."""
    try:
        settings = load_settings()
        make_logs(settings)
        yield Finding(well=True, text="settings")
        yield from _gateways(Gateways(settings))
        with open_services(settings) as services:
            yield Finding(well=True, text=f"database: {services.store.url} answers and is migrated")
            yield from _mail(settings, services.bounces)
            yield from _invariants(services)
            yield from _limits(services)
            yield from _unknown_codes(services)
            yield from _waiting(services)
    except PurringError as error:
        yield Finding(well=False, text="\n       ".join(map(clean_text, (error.message, *error.details))))


def _payment_page() -> Iterator[Finding]:
    """Whether browsers get the scripts and the policy that we serve; what stands behind the sign-in can't be seen."""
    try:
        settings = load_settings()
        make_logs(settings)
        for one in drift.look_at(settings.base_url):
            yield Finding(well=one.is_well, text=clean_text(one.text))
        text = "the page with the field itself stands behind the sign-in: its markup and policy aren't seen from here"
        yield Finding(well=True, note=True, text=text)
    except PurringError as error:
        yield Finding(well=False, text="\n       ".join(map(clean_text, (error.message, *error.details))))


def _gateways(gateways: Gateways) -> Iterator[Finding]:
    for name, gateway in gateways.items():
        answer = gateway.find(ASKED)
        detail = "answers" if isinstance(answer, Absent) else getattr(answer, "detail", type(answer).__name__)
        yield Finding(well=isinstance(answer, Absent), text=f"gateway {name}: {clean_text(str(detail))}")
    gateways.close()


def _mail(settings: Settings, bounces: BounceAddress | None) -> Iterator[Finding]:
    """Whether the mail server takes us, and whether receivers can tell that we may send for our domain."""
    if settings.sender is not SenderKind.SMTP:
        return
    sender = make_sender(settings)
    assert isinstance(sender, SmtpSender)
    detail = sender.greet(settings.from_email.rpartition("@")[2])
    yield Finding(well=not detail, text=f"mail server: {detail or 'answers'}")
    signer = signer_of(settings)
    found = dns_records.findings(
        from_domain=settings.from_email.rpartition("@")[2],
        return_domain=(bounces.pattern if bounces else settings.from_email).rpartition("@")[2],
        dkim=(signer.domain, signer.selector) if signer else None,
    )
    for one in found:
        # What others publish is a note: it is none of this machine's faults, and it may be meant so.
        yield Finding(well=True, note=one.is_well is not True, text=one.text)


def _invariants(services: Services) -> Iterator[Finding]:
    with services.store.reading() as conn:
        results = invariants.check(conn, services.clock.now())
    held = sum(one.holds for one in results)
    yield Finding(well=held == len(results), text=f"invariants: {held}/{len(results)} hold")
    for one in results:
        if not one.holds:
            examples = ", ".join(one.examples)
            yield Finding(
                well=False, text=f"invariant {one.number}, {one.name}: {one.violations_count} not ({examples})"
            )


def _waiting(services: Services) -> Iterator[Finding]:
    """How much waits for a person, and how far a restored database is checked."""
    found = progress(services)
    if found is not None:
        yield Finding(well=True, note=True, text=" ".join(progress_lines(found)))
    counts = queue_of(services, limit=1).counts
    if counts:
        yield Finding(
            well=True, note=True, text=f"{sum(counts.values())} things wait for a person; see `purring queue`"
        )


def _limits(services: Services) -> Iterator[Finding]:
    """What holds charges back at gateways, over all workers."""
    now = services.clock.now()
    for one in gateway_limits(services):
        whose = "" if one.merchant_id == EVERYBODY else f" for {one.merchant_id}"
        if one.limits:
            yield Finding(well=True, note=True, text=f"gateway {one.gateway}{whose}: limited to {limits_of(one)}")
        if pause_of(one, now):
            text = f"gateway {one.gateway}: charges are paused because it kept failing, {pause_of(one, now)}"
            yield Finding(well=True, note=True, text=text)


def _unknown_codes(services: Services) -> Iterator[Finding]:
    """How many codes the rulebook doesn't list, for each merchant that has met any."""
    for merchant in all_merchants(services):
        found = unknown_codes_of(services, merchant.id)
        if found:
            times = sum(one.count for one in found)
            text = f"{merchant.name}: {len(found)} answers that the rulebook doesn't list, met {times} times"
            yield Finding(well=True, note=True, text=f"{clean_text(text)}; see `purring codes unknown`")

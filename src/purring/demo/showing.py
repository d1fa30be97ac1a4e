"""What a newcomer can open once the demo has been played: one customer for each interesting state and language."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TextIO

from purring.demo.world import World
from purring.domain.customer import Person
from purring.domain.standing import Standing, status
from purring.i18n.locales import negotiate
from purring.notices.send import ConsoleSender
from purring.operations import sign_in
from purring.operations.services import Services
from purring.store import invoices
from purring.store.facts import load_many
from purring.web.app import make_app
from purring.web.serve import serve
from purring.web.settings import WebSettings

AT_ONCE = 200
PORT = 7878
SECRET_KEY = b"a secret that everybody may know: the demo holds nobody's data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Somebody whose pages are worth opening, and why."""

    standing: Standing
    locale: str
    person: Person


def show(world: World, out: TextIO) -> None:
    """Serve portal and field until Ctrl-C, and print a link for each role. The clock stands where the play ended."""
    url = f"http://127.0.0.1:{_free_port()}"
    services = replace(world.services, base_url=url, secret_key=SECRET_KEY, sender=ConsoleSender(out))
    settings = WebSettings(base_url=url, port=int(url.rpartition(":")[2]))

    def announce(_address: str) -> None:
        out.write("\n".join(["", *lines(services, world)]) + "\n")
        out.flush()

    serve(make_app(services, settings), settings, announce)


def lines(services: Services, world: World) -> Iterator[str]:
    """The links, and what to try."""
    yield "Open these: each leads into the pages of one customer"
    for role in cast(world):
        link = sign_in.open_for(services, world.merchant.id, role.person.customer_id, role.person.id)
        yield f"  {role.standing.value.replace('_', ' '):12} {role.locale}  {link}"
    yield "The card 4242 4242 4242 4242 pays; docs/reference/sandbox.md has others. Codes to sign in are printed here."
    yield "Ctrl-C ends it."


def cast(world: World) -> list[Role]:
    """The first customer that shows each state in each language, in the order of the states."""
    found: dict[tuple[Standing, str], Role] = {}
    for role in _roles(world):
        found.setdefault((role.standing, role.locale), role)
    order = list(Standing)
    return sorted(found.values(), key=lambda role: (order.index(role.standing), role.locale))


def _roles(world: World) -> Iterator[Role]:
    """Everybody who manages billing at a customer with an invoice, with how their newest one stands."""
    merchant_id, now = world.merchant.id, world.clock.now()
    everybody = sorted(world.buyers)
    for first in range(0, len(everybody), AT_ONCE):
        some = everybody[first : first + AT_ONCE]
        with world.services.store.reading() as conn:
            keys = [(merchant_id, invoice_id) for invoice_id in invoices.newest_of(conn, merchant_id, some)]
            cases = load_many(conn, keys, now, lock=False)
        for facts in cases.values():
            person = facts.customer.people[0]
            yield Role(standing=status(facts, now).standing, locale=negotiate(person.locale), person=person)


def _free_port() -> int:
    """Our own port unless somebody has it."""
    for port in (PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port is free")

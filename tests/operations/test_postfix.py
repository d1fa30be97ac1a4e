"""Through a genuine Postfix with TLS and back: what it takes, what it refuses, and what it reports afterwards."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import pytest

from purring.clock import elapsed_s
from purring.notices.mailbox import Maildir
from purring.notices.smtp import SmtpSender, SmtpSettings
from purring.notices.verp import BounceAddress
from purring.operations.bounces import read_bounces
from purring.operations.customers import NewPerson
from purring.store.schema import DeliveryStatus
from tests.notices.postfix import BOUNCES, FOUND, GONE, KNOWN, UNKNOWN, Postfix, running_postfix
from tests.operations.test_bounces import copies, declined
from tests.world import Shop, World

WANTED = os.environ.get("PURRING_TEST_POSTFIX") == "1"
"""`make mailcheck` sets it: then it isn't enough that there is none."""

pytestmark = pytest.mark.skipif(not (FOUND or WANTED), reason="needs a Postfix, and root to run it; see make mailcheck")
S = DeliveryStatus


@pytest.fixture(scope="module")
def postfix() -> Iterator[Postfix]:
    """A server that runs for these tests."""
    assert FOUND, "there is no Postfix, or we aren't root; see make mailcheck"
    with TemporaryDirectory(prefix="purring-postfix-") as root, running_postfix(Path(root)) as running:
        yield running


@pytest.fixture
def world(world: World, postfix: Postfix) -> Iterator[World]:
    """A world whose mail goes through it, and whose bounces come back."""
    context = ssl.create_default_context()
    postfix.authority.configure_trust(context)
    settings = SmtpSettings(host="localhost", port=postfix.port, ssl_context=context, reports_success=True)
    sender = SmtpSender(settings, elapsed_s)
    address = BounceAddress(pattern=BOUNCES, secret=b"x" * 32)
    world.services = replace(
        world.services, sender=sender, bounces=address, from_email="billing@nordlys.test", in_flight_max=1
    )
    yield world
    sender.close()


def arrived(postfix: Postfix) -> list[Path]:
    """What lies in the mailbox of the one whom mail reaches."""
    return list((postfix.mailbox("kari") / "new").glob("*"))


def test_notices_go_out_and_come_back(world: World, shop: Shop, postfix: Postfix) -> None:
    """One arrives and that is reported, one is refused on the spot, one comes back from the next server."""
    before = len(arrived(postfix))
    people = [NewPerson(name="Kåre Ø", email=email, locale="nb") for email in (KNOWN, UNKNOWN, GONE)]
    declined(world, shop, *people)
    box = Maildir(path=postfix.mailbox("bounces"))
    taken = 0
    for _ in range(100):
        taken += read_bounces(world.services, box) if (box.path / "new").exists() else 0
        if taken >= 2:
            break
        Event().wait(0.1)
    world.work()
    found = {copy.person.email: (copy.status, copy.code, copy.person.is_reachable) for copy in copies(world)}
    assert {
        KNOWN: (S.DELIVERED, "2.0.0", True),
        UNKNOWN: (S.FAILED, "5.1.1", False),
        GONE: (S.BOUNCED, "5.1.1", False),
    } == found
    assert 1 == len(arrived(postfix)) - before
    assert [] == world.broken()

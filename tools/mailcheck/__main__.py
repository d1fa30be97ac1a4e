"""Send notices through a genuine Postfix with TLS, read what it reports, and look at what became of each copy.

Needs root: Postfix gives up rights that only root has. It is installed from Debian's packages if it isn't there, and
run in a throw-away directory on loopback; the machine's own, if there is one, is left alone.
"""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from purring.clock import elapsed_s
from purring.notices.mailbox import Maildir
from purring.notices.smtp import SmtpSender, SmtpSettings
from purring.notices.verp import BounceAddress
from purring.operations.bounces import read_bounces
from purring.operations.customers import NewPerson
from purring.store.engine import upgrade
from tests.operations.test_bounces import copies, declined
from tests.world import World
from tools.mailcheck.postfix import BOUNCES, GONE, KNOWN, UNKNOWN, Postfix, found, running_postfix

EXPECTED = {
    KNOWN: "delivered 2.0.0, address fine",
    UNKNOWN: "failed 5.1.1, address bounced",
    GONE: "bounced 5.1.1, address bounced",
}
PATIENCE_S = 30.0


def main() -> int:
    """Run the check; 0 if everything came out as it must."""
    if os.geteuid() != 0:
        print("Postfix can only be started by root: run this as root, or in a container.")
        return 2
    if found() is None:
        print("Installing Postfix ...")
        apt = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", "postfix"]):
            subprocess.run(["/usr/bin/apt-get", *command], check=True, env=apt, stdin=subprocess.DEVNULL)
    with TemporaryDirectory(prefix="purring-mailcheck-") as root, running_postfix(Path(root)) as postfix:
        got = _checked(postfix, Path(root))
    for address, expected in EXPECTED.items():
        right = got[address] == expected
        print(f"{'ok   ' if right else 'FAILS'}  {address}: {got[address]}{'' if right else f', not {expected}'}")
    return 0 if got == EXPECTED else 1


def _checked(postfix: Postfix, root: Path) -> dict[str, str]:
    """Tell three people of a decline, and say what is known of each copy once the reports are in."""
    url = f"sqlite:///{root}/purring.db"
    upgrade(url)
    world = World(url, root)
    context = ssl.create_default_context()
    postfix.authority.configure_trust(context)
    sender = SmtpSender(
        SmtpSettings(host="localhost", port=postfix.port, ssl_context=context, reports_success=True), elapsed_s
    )
    address = BounceAddress(pattern=BOUNCES, secret=b"x" * 32)
    world.services = replace(world.services, sender=sender, bounces=address, from_email="billing@nordlys.test")
    try:
        people = [NewPerson(name="Kåre Ø", email=email, locale="nb") for email in EXPECTED]
        declined(world, world.shop(), *people)
        sender.close()
        _take_in(world, Maildir(path=postfix.mailbox("bounces")))
        world.work()
        return {
            copy.person.email: f"{copy.status} {copy.code}, address {copy.person.email_state}" for copy in copies(world)
        }
    finally:
        world.close()


def _take_in(world: World, box: Maildir) -> None:
    """Wait for the two reports: one of the mail that arrived, one of the mail that the next server refused."""
    taken, until_s = 0, elapsed_s() + PATIENCE_S
    while taken < len(EXPECTED) - 1 and elapsed_s() < until_s:
        taken += read_bounces(world.services, box) if (box.path / "new").exists() else 0
        Event().wait(0.1)


if __name__ == "__main__":
    sys.exit(main())

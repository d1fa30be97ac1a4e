"""A Postfix of our own: installed on the machine, but run from a throw-away directory on loopback, with TLS.

It answers for `nordlys.test`, whose bounces end in a Maildir, and takes mail to `elsewhere.test` without knowing who is
there: that is found out at the next server, which refuses `gone@`. So it writes genuine reports.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

PATH = f"/usr/sbin:/usr/bin:/sbin:/bin:{os.environ.get('PATH', '')}"

BOUNCES = "bounces+{token}@nordlys.test"
GONE = "gone@elsewhere.test"
UNKNOWN = "nobody@nordlys.test"
KNOWN = "kari@nordlys.test"

_MAIN = """\
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
mail_owner = postfix
myhostname = mx.nordlys.test
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
maillog_file = {root}/log/postfix.log
maillog_file_prefixes = {root}
recipient_delimiter = +
virtual_mailbox_domains = nordlys.test
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = inline:{{ bounces@nordlys.test=bounces/ kari@nordlys.test=kari/ }}
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
relay_domains = elsewhere.test
transport_maps = inline:{{ elsewhere.test=smtp:[127.0.0.1]:{next_port} }}
smtpd_tls_cert_file = {root}/tls/cert.pem
smtpd_tls_key_file = {root}/tls/key.pem
smtpd_tls_security_level = encrypt
smtp_tls_security_level = none
smtp_host_lookup = native
disable_dns_lookups = yes
fast_flush_domains =
next_server_refuses = check_recipient_access inline:{{ {{ gone@elsewhere.test = 550 5.1.1 No such person }} }}, permit
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{next_port} inet n - n - - smtpd
  -o smtpd_tls_security_level=none
  -o smtpd_recipient_restrictions=$next_server_refuses
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


def found() -> str | None:
    """The program, if the machine has it."""
    return shutil.which("postfix", path=PATH)


@dataclass(frozen=True, kw_only=True)
class Postfix:
    """A running server: where it listens, whom it delivers to, and who certified it."""

    port: int
    mail: Path
    authority: trustme.CA

    def mailbox(self, name: str) -> Path:
        """Whose Maildir, made when the first mail comes."""
        return self.mail / name


@contextmanager
def running_postfix(root: Path) -> Iterator[Postfix]:
    """A server in a directory of its own, until the end of the `with`."""
    authority = trustme.CA()
    port, next_port = _free_port(), _free_port()
    _lay_out(root, authority, port=port, next_port=next_port)
    _run("start", root)
    try:
        yield Postfix(port=port, mail=root / "mail", authority=authority)
    finally:
        _run("stop", root)


def _lay_out(root: Path, authority: trustme.CA, *, port: int, next_port: int) -> None:
    for name in ("etc", "queue", "data", "log", "tls", "mail"):
        (root / name).mkdir()
    for reachable in (root, *root.parents):
        if reachable.owner() == "root" and reachable not in {Path("/"), Path("/tmp")}:  # noqa: S108 - as it is
            reachable.chmod(reachable.stat().st_mode | 0o711)
    nobody = pwd.getpwnam("nobody")
    values = {"root": root, "port": port, "next_port": next_port, "uid": nobody.pw_uid, "gid": nobody.pw_gid}
    (root / "etc" / "main.cf").write_text(_MAIN.format(**values))
    (root / "etc" / "master.cf").write_text(_MASTER.format(**values))
    certificate = authority.issue_cert("localhost")
    certificate.cert_chain_pems[0].write_to_path(root / "tls" / "cert.pem")
    certificate.private_key_pem.write_to_path(root / "tls" / "key.pem")
    shutil.chown(root / "data", "postfix")
    shutil.chown(root / "mail", "nobody")


def _run(command: str, root: Path) -> None:
    program = found()
    assert program
    called = [program, "-c", str(root / "etc"), command]
    subprocess.run(called, check=True, capture_output=True, timeout=60, env={**os.environ, "PATH": PATH})


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port

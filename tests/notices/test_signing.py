"""Signatures that receivers can check, by keys that nobody sees."""

from __future__ import annotations

import subprocess
from base64 import b64decode, b64encode
from dataclasses import replace

import dkim
import pytest

from purring.domain.errors import ConfigError
from purring.notices.compose import composed
from purring.notices.signing import Signer
from tests.notices.mails import MESSAGE

RSA_ARGS = ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]


@pytest.fixture(scope="module", params=["rsa", "ed25519", "ed25519-raw"])
def key(request: pytest.FixtureRequest) -> tuple[str, bytes]:
    """A private key, and the record that publishes its other half."""
    kind = str(request.param).partition("-")[0]
    private = _openssl("genpkey", *(RSA_ARGS if kind == "rsa" else ["-algorithm", "ED25519"]))
    public = _openssl("pkey", "-pubout", "-outform", "DER", given=private)
    published = public if kind == "rsa" else public[-32:]
    text = private.decode()
    if request.param == "ed25519-raw":
        text = b64encode(b64decode("".join(text.splitlines()[1:-1]))[-32:]).decode()
    return text, b"v=DKIM1; k=" + kind.encode() + b"; p=" + b64encode(published)


def _openssl(*args: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *args], input=given, capture_output=True, check=True).stdout


def _is_valid(mail: bytes, record: bytes) -> bool:
    """What a receiver finds out."""
    asked: list[bytes] = []

    def lookup(name: bytes, timeout: int = 5) -> bytes:
        del timeout
        asked.append(name)
        return record

    valid: bool = dkim.verify(mail, dnsfunc=lookup)
    assert [b"mail1._domainkey.nordlys.example."] == asked
    return valid


def test_a_receiver_believes_the_mail_and_no_other(key: tuple[str, bytes]) -> None:
    """The signature holds for what we wrote, and for nothing that was changed or added."""
    private, record = key
    signer = Signer(domain="nordlys.example", selector="mail1", key=private)
    mail = signer.sign(composed(replace(MESSAGE, body_html="<p>Kjære Kåre</p>")))
    assert _is_valid(mail, record)
    assert max(map(len, mail.split(b"\r\n"))) <= 80
    for before, after in (
        (b"Kj=C3=A6re", b"Hei"),
        (b"Reply-To: faktura@", b"Reply-To: tyv@"),
        (b"\r\nMIME-Version", b"\r\nFrom: Bank <x@bank.example>\r\nMIME-Version"),
        (b"\r\nMIME-Version", b"\r\nSubject: Din konto\r\nMIME-Version"),
    ):
        assert before in mail
        assert not _is_valid(mail.replace(before, after), record)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"key": "no key"}, "dkim_key"),
        ({"key": "-----BEGIN PRIVATE KEY-----\nbm8ga2V5\n-----END PRIVATE KEY-----\n"}, "dkim_key"),
        ({"key": b64encode(b"x" * 31).decode()}, "dkim_key"),
        ({"selector": ""}, "dkim_selector"),
        ({"domain": "nordlys.example\r\nX: y"}, "dkim_domain"),
    ],
)
def test_what_cannot_sign_is_refused_at_start(more: dict[str, str], field: str) -> None:
    """The message names the setting and never the key."""
    good = {"domain": "nordlys.example", "selector": "mail1", "key": b64encode(b"x" * 32).decode()}
    assert good["key"] not in repr(Signer(**good))
    with pytest.raises(ConfigError) as caught:
        Signer(**(good | more))
    assert field == caught.value.field
    assert "bm8ga2V5" not in str(caught.value)


def test_a_short_key_is_refused() -> None:
    """Receivers don't believe it."""
    short = _openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:768").decode()
    with pytest.raises(ConfigError, match="2048"):
        Signer(domain="nordlys.example", selector="mail1", key=short)

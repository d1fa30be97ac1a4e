"""Signing mails with DKIM, so that receivers see that our domain answers for them.

From and Subject are signed once more than they occur, so that nobody can add a second one that is shown instead.
Source: RFC 6376 (September 2011), RFC 8463 (September 2018) for Ed25519, RFC 8301 (January 2018) for key lengths.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

import dkim
from dkim.crypto import UnparsableKeyError, parse_pem_private_key

from purring.domain.errors import ConfigError

_ED25519_BYTES = 32
RSA_BITS_MIN = 1024  # Source: RFC 8301 §3.2: verifiers mustn't take less
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")
_SIGNED_TWICE = (b"from", b"subject")
_SIGNED = (
    *_SIGNED_TWICE,
    b"to",
    b"reply-to",
    b"date",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"auto-submitted",
    b"content-type",
    b"content-transfer-encoding",
    b"content-language",
    b"mime-version",
)
# What stands before the 32 bytes of an Ed25519 key in PKCS #8, as openssl writes it. Source: RFC 8410 §7 (August 2018).
_ED25519_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Signs as a domain, by the key that the domain publishes under `selector`.

    `key` is RSA or Ed25519: PEM as openssl writes it, or an Ed25519 key's 32 bytes in base 64.

    Raises ConfigError, which doesn't repeat the key, if it can't be used.
    """

    domain: str
    selector: str
    key: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse names and keys that could only fail with the first mail."""
        for name in ("domain", "selector"):
            if not _NAME.fullmatch(getattr(self, name)):
                raise ConfigError(f"A DKIM {name} is a name such as example.com or mail2026.", field=f"dkim_{name}")
        key = _read(self.key)
        if not isinstance(key, bytes) and key["modulus"].bit_length() < RSA_BITS_MIN:
            raise ConfigError(f"A DKIM key needs {RSA_BITS_MIN} bits; make one of 2048.", field="dkim_key")

    def sign(self, mail: bytes) -> bytes:
        """Put the signature before a mail."""
        key = _read(self.key)
        is_rsa = not isinstance(key, bytes)
        signature: bytes = dkim.sign(
            mail,
            self.selector.encode(),
            self.domain.encode(),
            _unix(self.key).encode() if is_rsa else key,
            signature_algorithm=b"rsa-sha256" if is_rsa else b"ed25519-sha256",
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*_SIGNED_TWICE, *_present(mail)],
        )
        return signature + mail


def _present(mail: bytes) -> list[bytes]:
    """The names of the headers that are there and get signed, in a fixed order."""
    head = mail.partition(b"\r\n\r\n")[0]
    names = {line.partition(b":")[0].lower() for line in head.split(b"\r\n") if line[:1] not in b" \t"}
    return [name for name in _SIGNED if name in names]


def _read(key: str) -> Mapping[str, int] | bytes:
    """An RSA key's numbers, or an Ed25519 key's 32 bytes in base 64.

    Raises ConfigError.
    """
    try:
        if "-----BEGIN" not in key:
            return _ed25519(b64decode(key.strip(), validate=True))
        body = "".join(line for line in key.splitlines() if not line.startswith("-----"))
        der = b64decode(body, validate=True)
        if der.startswith(_ED25519_PKCS8):
            return _ed25519(der[len(_ED25519_PKCS8) :])
        numbers: Mapping[str, int] = parse_pem_private_key(_unix(key).encode())
    except (binascii.Error, UnparsableKeyError, ValueError) as error:
        raise ConfigError(
            "The DKIM key can't be read; give an unencrypted RSA or Ed25519 key as openssl genpkey writes it.",
            field="dkim_key",
        ) from error
    return numbers


def _ed25519(raw: bytes) -> bytes:
    if len(raw) != _ED25519_BYTES:
        raise ValueError("an Ed25519 key has 32 bytes")
    return b64encode(raw)


def _unix(key: str) -> str:
    return "\n".join(key.splitlines()) + "\n"

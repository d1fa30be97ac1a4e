"""What a report says of a mail, whoever wrote it and in whatever form."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.errors import InvalidInput
from purring.domain.ids import DeliveryId
from purring.notices.bounces import Report, ReportKind, blames_address, read_report, unique_name
from purring.notices.verp import BounceAddress

BOUNCES = "bounces+{token}@nordlys.test"
REPORTS = Path(__file__).parent / "reports"
COPY = DeliveryId("dlv_01k6q3v8f0m2c4e6g8j0n2q4s6")
KARI = "kari@kunde.example"
ADDRESS = BounceAddress(pattern=BOUNCES, secret=b"x" * 32)
B, D, L, C, N = (
    ReportKind.BOUNCED,
    ReportKind.DELAYED,
    ReportKind.DELIVERED,
    ReportKind.COMPLAINED,
    ReportKind.OTHER,
)


def report(name: str) -> Report:
    """What a kept report says."""
    return read_report((REPORTS / f"{name}.eml").read_bytes())


@pytest.mark.parametrize(
    ("name", "kind", "code", "is_hard", "recipient"),
    [
        ("postfix-failed", B, "5.1.1", True, "gone@elsewhere.test"),
        ("postfix-delivered", L, "2.0.0", False, "kari@nordlys.test"),
        ("rfc3464-failed", B, "4.0.0", False, KARI),
        ("rfc3464-delayed", D, "4.0.0", False, KARI),
        ("gmail-full", B, "5.2.2", False, KARI),
        ("exchange-unknown", B, "5.1.10", True, KARI),
        ("spam-policy", B, "5.7.9", False, KARI),
        ("rfc6533-unknown", B, "5.1.1", True, "kåre@kunde.example"),
        ("rfc6533-base64", B, "5.1.1", True, "kåre@kunde.example"),
        ("rfc5965-complaint", C, "", False, KARI),
        ("qmail-unknown", B, "5.1.1", True, ""),
        ("exim-unknown", B, "", True, KARI),
        ("words-only", B, "", False, ""),
        ("absence", N, "", False, ""),
        ("challenge", N, "", False, ""),
        ("reply", N, "", False, ""),
        ("read-receipt", N, "", False, ""),
    ],
)
def test_what_each_report_says(name: str, kind: ReportKind, code: str, is_hard: bool, recipient: str) -> None:  # noqa: FBT001 - a column of the table above
    """Only a status or words that blame the address are held against it; answers are no bounces at all."""
    said = report(name)
    assert (kind, code, is_hard, recipient) == (said.kind, said.code, said.is_hard, said.recipient)


def test_every_kept_report_is_read() -> None:
    """None lies there unused, and each is traced to its mail by the address that it came to."""
    for path in REPORTS.iterdir():
        said = report(path.stem)
        assert COPY in {ADDRESS.read(address) for address in said.sent_to}, path


@pytest.mark.parametrize("name", ["rfc3464-failed", "gmail-full", "qmail-unknown", "exim-unknown", "rfc5965-complaint"])
def test_a_report_is_told_by_what_it_returns(name: str) -> None:
    """Where the address for bounces can't vary, the Message-ID in what came back says which mail it was."""
    assert f"<{COPY}@nordlys.test>" == report(name).message_id


def test_a_report_is_told_by_its_envelope_id() -> None:
    """Servers that know how repeat the name that the mail was handed over under."""
    assert COPY == report("postfix-failed").envelope_id == report("rfc6533-unknown").envelope_id


def test_what_is_kept_of_a_report_names_nobody() -> None:
    """Addresses in a server's words are left out."""
    for path in REPORTS.iterdir():
        assert "@" not in report(path.stem).detail


@given(st.binary(max_size=300))
def test_whatever_comes_is_read(raw: bytes) -> None:
    """A mailbox that anybody can write to holds anything."""
    frame = (REPORTS / "rfc6533-unknown.eml").read_bytes()
    for mail in (raw, frame[: len(raw) * 7] + raw, frame.replace(b"Action: failed", raw)):
        assert isinstance(read_report(mail), Report)
        assert len(unique_name(mail)) <= 300


@pytest.mark.parametrize(
    ("code", "words", "blamed"),
    [
        ("5.1.1", "", True),
        ("5.2.1", "", True),
        ("5.4.4", "", True),
        ("5.2.2", "user unknown", False),
        ("5.7.1", "user unknown", False),
        ("5.4.1", "Recipient address rejected: Access denied", False),
        ("4.1.1", "user unknown", False),
        ("5.0.0", "user unknown", True),
        ("", "550 No such user here", True),
        ("", "550 go away", False),
    ],
)
def test_an_address_is_blamed_for_what_only_it_can_mend(code: str, words: str, blamed: bool) -> None:  # noqa: FBT001 - a column of the table above
    """A full mailbox, a policy or a bad day aren't the address's fault; without a status the words decide."""
    assert blamed is blames_address(code, words)


# ---------------------------------------------------------------------------------------------------------------------
# Addresses that name a copy


def test_an_address_names_its_copy_and_nobody_can_make_one_up() -> None:
    """Letters may change their case on the way; one changed sign and the address names nothing."""
    address = ADDRESS.of(COPY)
    assert COPY == ADDRESS.read(address) == ADDRESS.read(address.upper())
    local, _, domain = address.partition("@")
    assert len(local) <= 64
    for place in range(len("bounces+"), len(local)):
        forged = local[:place] + ("b" if local[place] == "a" else "a") + local[place + 1 :]
        assert ADDRESS.read(f"{forged}@{domain}") is None
    assert BounceAddress(pattern=BOUNCES, secret=b"y" * 32).read(address) is None
    assert ADDRESS.read("bounces@nordlys.test") is None


def test_an_address_may_stay_the_same() -> None:
    """A server that doesn't let addresses vary gets one that names nothing."""
    fixed = BounceAddress(pattern="bounces@nordlys.test", secret=b"x" * 32)
    assert "bounces@nordlys.test" == fixed.of(COPY)
    assert fixed.read(fixed.of(COPY)) is None


@pytest.mark.parametrize(
    "pattern", ["bounces", "b@{token}", "bounces+{token}" * 2 + "@x.example", "b b{token}@x.example"]
)
def test_an_address_that_no_server_takes_is_refused(pattern: str) -> None:
    """Found out at start, not with the first mail."""
    with pytest.raises(InvalidInput, match="bounces"):
        BounceAddress(pattern=pattern, secret=b"x" * 32)

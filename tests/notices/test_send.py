"""Handing notices to a server: what is sent, and what each answer means."""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import trustme

from purring.domain.errors import ConfigError
from purring.domain.ids import DeliveryId
from purring.notices.send import Bounced, Deferred, Delivered, Outcome, brief
from purring.notices.smtp import SmtpSender, SmtpSettings, Tls
from tests.notices.mails import MESSAGE, NOTICE
from tests.notices.mailserver import PASSWORD, USER, Mailbox, mail_server


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A server in plain text."""
    with mail_server() as box:
        yield box


@pytest.fixture
def sender(mailbox: Mailbox) -> Iterator[SmtpSender]:
    """A sender to that server."""
    made = smtp_sender(settings(mailbox.port))
    yield made
    made.close()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Somebody to certify the server, whom no machine trusts by itself."""
    return trustme.CA()


def settings(port: int, **more: Any) -> SmtpSettings:
    """Settings for a server of the test's own."""
    plain = SmtpSettings(host="localhost", port=port, tls=Tls.NONE, timeout_s=5)
    return replace(plain, **more)


def smtp_sender(chosen: SmtpSettings, elapsed_s: Callable[[], float] = lambda: 0.0) -> SmtpSender:
    """A sender whose timer stands still unless the test turns it."""
    return SmtpSender(chosen, elapsed_s)


def server_context(authority: trustme.CA) -> ssl.SSLContext:
    """What the server shows to those who connect."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    """What a machine that trusts the authority checks with."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


# ---------------------------------------------------------------------------------------------------------------------
# What arrives


def test_a_notice_arrives_as_it_was_written(mailbox: Mailbox, sender: SmtpSender) -> None:
    """Subject, names and text survive the way, in Norwegian letters."""
    assert Delivered() == sender.send(MESSAGE)
    (mail,) = mailbox.mails
    assert NOTICE.subject == mail["Subject"]
    assert NOTICE.body_text == mail.get_content().replace("\r\n", "\n")
    assert mail["To"] == "Kåre Ødegård <kare@kunde.example>"
    assert mail["From"] == "Nordlys Skylagring <billing@nordlys.example>"
    assert mail["Reply-To"] == "faktura@nordlys.example"


def test_headers_say_what_machines_need_to_know(mailbox: Mailbox, sender: SmtpSender) -> None:
    """Stable id, thread, language, date, and that nobody should answer automatically."""
    sender.send(MESSAGE)
    (mail,) = mailbox.mails
    assert mail["Message-ID"] == "<dlv_01k6q3v8f0m2c4e6g8j0n2q4s6@nordlys.example>"
    assert mail["In-Reply-To"] == mail["References"] == "<rec_01k6q3v8f0m2c4e6g8j0n2q4s6@nordlys.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "nb"
    assert mail["Date"] == "Tue, 03 Nov 2026 09:00:00 +0000"
    assert mail.get_content_type() == "text/plain"


def test_lines_on_the_wire_are_short_and_ascii(mailbox: Mailbox, sender: SmtpSender) -> None:
    """Every server on the way can carry the mail. Source: RFC 5322 §2.1.1."""
    sender.send(MESSAGE)
    (raw,) = mailbox.raw
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78


def test_sending_again_makes_the_same_mail(mailbox: Mailbox, sender: SmtpSender) -> None:
    """A receiver that got it twice can tell."""
    sender.send(MESSAGE)
    sender.send(MESSAGE)
    assert mailbox.raw[0] == mailbox.raw[1]


def test_a_dot_on_a_line_of_its_own_does_not_end_the_mail(mailbox: Mailbox, sender: SmtpSender) -> None:
    """What stands after it arrives too."""
    sender.send(replace(MESSAGE, body="one\n.\nRCPT TO:<x@y.example>\n"))
    assert mailbox.mails[0].get_content().splitlines() == ["one", ".", "RCPT TO:<x@y.example>"]


# ---------------------------------------------------------------------------------------------------------------------
# One connection for a batch


def test_a_batch_goes_over_one_connection(mailbox: Mailbox, sender: SmtpSender) -> None:
    """The server sees one peer until the sender is closed, and another one afterwards."""
    for _ in range(5):
        sender.send(MESSAGE)
    assert len(mailbox.peers) == 1
    sender.close()
    sender.send(MESSAGE)
    assert len(mailbox.mails) == 6
    assert len(mailbox.peers) == 2


def test_a_dropped_connection_is_opened_again(mailbox: Mailbox, sender: SmtpSender) -> None:
    """A server that hung up between two messages costs neither of them."""
    sender.send(MESSAGE)
    mailbox.hang_up()
    assert Delivered() == sender.send(MESSAGE)
    assert len(mailbox.mails) == 2


def test_a_connection_nobody_used_for_long_is_not_used_again(mailbox: Mailbox) -> None:
    """Servers drop such connections, and a mail that is under way just then is lost or comes twice."""
    at_s = [0.0]
    sender = smtp_sender(settings(mailbox.port, idle_s=10), lambda: at_s[0])
    for at_s[0], peers in ((0, 1), (9, 1), (18.9, 1), (28.9, 2)):
        assert Delivered() == sender.send(MESSAGE)
        assert len(mailbox.peers) == peers
    sender.close()


def test_threads_share_the_connections(mailbox: Mailbox) -> None:
    """Each thread has a connection to itself while it sends; together they keep as many as there are threads."""
    sender = smtp_sender(settings(mailbox.port, connections_max=4))
    messages = [replace(MESSAGE, delivery_id=DeliveryId(f"dlv_{number}")) for number in range(40)]
    with ThreadPoolExecutor(sender.in_flight_max) as threads:
        assert [Delivered()] * 40 == list(threads.map(sender.send, messages))
    sender.close()
    assert sorted(one.message_id for one in messages) == sorted(str(mail["Message-ID"]) for mail in mailbox.mails)
    assert 1 <= len(mailbox.peers) <= 4


@pytest.mark.parametrize("reply", ["421 4.7.0 Too many messages on this connection"])
def test_a_server_that_has_enough_of_a_connection_gets_another(
    mailbox: Mailbox, sender: SmtpSender, reply: str
) -> None:
    """A server that closes before it was told of a recipient costs the message nothing."""
    sender.send(MESSAGE)
    mailbox.refuse_next(MESSAGE.from_email, reply)
    assert Delivered() == sender.send(MESSAGE)
    assert (2, 2) == (len(mailbox.mails), len(mailbox.peers))


def test_a_cut_after_the_text_says_that_it_may_have_arrived(mailbox: Mailbox, sender: SmtpSender) -> None:
    """Nobody can tell; it is this message's try, and the next one goes out over a new connection."""
    mailbox.hangs_up_after_text = True
    outcome = sender.send(MESSAGE)
    assert isinstance(outcome, Deferred)
    assert (True, False) == (outcome.may_have_arrived, outcome.affects_all)
    mailbox.hangs_up_after_text = False
    assert Delivered() == sender.send(MESSAGE)
    assert mailbox.raw[0] == mailbox.raw[1]


def test_a_server_that_looks_at_a_mail_for_long_is_waited_for(mailbox: Mailbox) -> None:
    """The wait for the last answer is longer than any other; past it the mail may have arrived."""
    mailbox.looks_s = 0.3
    patient = smtp_sender(settings(mailbox.port, timeout_s=0.2, accept_timeout_s=5))
    assert Delivered() == patient.send(MESSAGE)
    patient.close()
    hasty = smtp_sender(settings(mailbox.port, accept_timeout_s=0.1))
    outcome = hasty.send(MESSAGE)
    assert isinstance(outcome, Deferred)
    assert outcome.may_have_arrived
    hasty.close()


def test_one_refused_recipient_does_not_stop_the_batch(mailbox: Mailbox, sender: SmtpSender) -> None:
    """The next message goes out over the same connection."""
    mailbox.replies[MESSAGE.to_email] = "550 5.1.1 No such user"
    assert Bounced(detail="5.1.1 No such user", code=550) == sender.send(MESSAGE)
    assert Delivered() == sender.send(replace(MESSAGE, to_email="ola@kunde.example"))
    assert len(mailbox.peers) == 1


# ---------------------------------------------------------------------------------------------------------------------
# What answers mean


@pytest.mark.parametrize(
    ("where", "reply", "outcome"),
    [
        (MESSAGE.to_email, "450 4.2.0 Greylisted", Deferred(detail="4.2.0 Greylisted", code=450)),
        (MESSAGE.to_email, "452 4.2.2 Mailbox full", Deferred(detail="4.2.2 Mailbox full", code=452)),
        (MESSAGE.to_email, "550 5.1.1 Unknown", Bounced(detail="5.1.1 Unknown", code=550)),
        (MESSAGE.to_email, "530 5.7.0 Sign in", Deferred(detail="5.7.0 Sign in", code=530, affects_all=True)),
        (MESSAGE.to_email, "421 4.3.2 Bye", Deferred(detail="4.3.2 Bye", code=421, affects_all=True)),
        ("DATA", "451 4.3.0 Disk full", Deferred(detail="4.3.0 Disk full", code=451)),
        ("DATA", "554 5.7.1 Looks like spam", Bounced(detail="5.7.1 Looks like spam", code=554)),
        (MESSAGE.from_email, "451 4.4.3 No DNS", Deferred(detail="4.4.3 No DNS", code=451, affects_all=True)),
        (MESSAGE.from_email, "550 5.7.1 Not yours", Deferred(detail="5.7.1 Not yours", code=550, affects_all=True)),
    ],
)
def test_each_answer_says_whether_it_is_for_good(
    mailbox: Mailbox, sender: SmtpSender, where: str, reply: str, outcome: Outcome
) -> None:
    """4xx is later and 5xx never; but what the server holds against us is no verdict on the recipient."""
    mailbox.replies[where] = reply
    assert outcome == sender.send(MESSAGE)
    assert [] == mailbox.mails
    mailbox.replies.clear()
    assert Delivered() == sender.send(MESSAGE)


def test_a_server_that_is_not_there_defers_everything() -> None:
    """A refused connection is nobody's bounce."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    outcome = smtp_sender(settings(port)).send(MESSAGE)
    assert isinstance(outcome, Deferred)
    assert outcome.affects_all
    assert "refused" in outcome.detail


def test_a_server_that_says_nothing_defers_everything() -> None:
    """The time-out ends the wait."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcome = smtp_sender(settings(silent.getsockname()[1], timeout_s=0.2)).send(MESSAGE)
    assert isinstance(outcome, Deferred)
    assert outcome.affects_all


def test_an_address_outside_ascii_arrives_where_the_server_can(mailbox: Mailbox, sender: SmtpSender) -> None:
    """With SMTPUTF8 the letters stay as they are."""
    with mail_server(enable_SMTPUTF8=True) as modern:
        able = smtp_sender(settings(modern.port))
        assert Delivered() == able.send(replace(MESSAGE, to_email="kåre@kunde.example"))
        able.close()
        assert "kåre@kunde.example" in modern.mails[0]["To"]


def test_an_address_outside_ascii_bounces_where_the_server_cannot() -> None:
    """No later attempt would help."""
    with mail_server(enable_SMTPUTF8=False) as old:
        unable = smtp_sender(settings(old.port))
        assert isinstance(unable.send(replace(MESSAGE, to_email="kåre@kunde.example")), Bounced)
        assert Delivered() == unable.send(MESSAGE)
        unable.close()


# ---------------------------------------------------------------------------------------------------------------------
# TLS and passwords


def test_starttls_and_a_password(authority: trustme.CA) -> None:
    """The mail goes out encrypted, by somebody who signed in."""
    with mail_server(starttls=server_context(authority), require_starttls=True, auth_required=True) as box:
        signed_in = smtp_sender(
            settings(box.port, tls=Tls.STARTTLS, user=USER, password=PASSWORD, ssl_context=trusting(authority))
        )
        assert Delivered() == signed_in.send(MESSAGE)
        signed_in.close()
        assert len(box.mails) == 1


def test_tls_from_the_first_byte(authority: trustme.CA) -> None:
    """Port 465 works too."""
    with mail_server(implicit=server_context(authority)) as box:
        wrapped = smtp_sender(settings(box.port, tls=Tls.IMPLICIT, ssl_context=trusting(authority)))
        assert Delivered() == wrapped.send(MESSAGE)
        wrapped.close()


def test_a_wrong_password_is_our_fault(authority: trustme.CA) -> None:
    """Nobody bounces because an operator mistyped."""
    with mail_server(starttls=server_context(authority), auth_required=True) as box:
        wrong = smtp_sender(
            settings(box.port, tls=Tls.STARTTLS, user=USER, password="x", ssl_context=trusting(authority))
        )
        outcome = wrong.send(MESSAGE)
    assert isinstance(outcome, Deferred)
    assert (535, True) == (outcome.code, outcome.affects_all)


def test_a_stranger_in_between_gets_nothing(authority: trustme.CA) -> None:
    """A certificate that the machine doesn't trust ends the conversation before a word is said."""
    with mail_server(starttls=server_context(authority)) as box:
        outcome = smtp_sender(settings(box.port, tls=Tls.STARTTLS)).send(MESSAGE)
        assert isinstance(outcome, Deferred)
        assert outcome.affects_all
        assert [] == box.mails


def test_a_server_without_tls_is_not_trusted_with_plain_text(mailbox: Mailbox) -> None:
    """STARTTLS asked for and not offered: nothing is sent, and nobody bounces."""
    outcome = smtp_sender(settings(mailbox.port, tls=Tls.STARTTLS)).send(MESSAGE)
    assert isinstance(outcome, Deferred)
    assert outcome.affects_all
    assert [] == mailbox.mails


@pytest.mark.parametrize("more", [{"user": USER, "password": PASSWORD}, {"timeout_s": 0}])
def test_settings_that_leak_or_cannot_work_are_refused(more: dict[str, object]) -> None:
    """A password without TLS never travels."""
    with pytest.raises(ConfigError):
        settings(25, **more)


# ---------------------------------------------------------------------------------------------------------------------
# Discretion


def test_a_servers_words_name_nobody(mailbox: Mailbox, sender: SmtpSender) -> None:
    """What is stored with a delivery holds no address, whatever the server said."""
    mailbox.replies[MESSAGE.to_email] = f"550 5.1.1 <{MESSAGE.to_email}>: no such user"
    outcome = sender.send(MESSAGE)
    assert Bounced(detail="5.1.1 <address> no such user", code=550) == outcome
    assert "x" * 200 == brief("x" * 1000)


def test_nothing_about_people_is_logged_or_shown(
    mailbox: Mailbox, sender: SmtpSender, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the log nor a traceback's view of the objects holds an address, a text or a password."""
    with caplog.at_level(logging.DEBUG, logger="purring"):
        sender.send(MESSAGE)
    ours = [record for record in caplog.records if record.name.startswith("purring")]
    assert [] == ours
    assert MESSAGE.to_email not in repr(MESSAGE)
    assert MESSAGE.body not in repr(MESSAGE)
    assert PASSWORD not in repr(SmtpSettings(host="localhost", user=USER, password=PASSWORD))

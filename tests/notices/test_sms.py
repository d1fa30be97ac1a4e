"""Text messages: what they say in two parts, and a provider that gets exactly that, whatever it answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.clock import elapsed_s
from purring.domain.errors import ConfigError
from purring.domain.ids import DeliveryId
from purring.i18n.locales import LOCALES
from purring.notices.samples import Sample, samples, texted
from purring.notices.send import Bounced, Deferred, Delivered, Outcome
from purring.notices.sms import SmsSender
from purring.notices.sms_request import DEFAULT_BODY, FORM, ShortMessage, SmsSettings, Template
from purring.notices.sms_text import PARTS_MAX, parts
from tools.texts import short_path, shorts

PHONE = "+4790000000"
TEXT = 'Vik & Sønn: "Siste varsel" {secret} \\ +=&%20'
MESSAGE = ShortMessage(delivery_id=DeliveryId("dlv_1"), to_phone=PHONE, text=TEXT)
SECRET = "hush-9f"


# ---------------------------------------------------------------------------------------------------------------------
# What they say


@pytest.mark.parametrize("locale", LOCALES)
def test_text_messages_read_as_approved(locale: str) -> None:
    """Run `python -m tools.texts` after a change, and read the difference."""
    assert short_path(locale).read_text(encoding="utf-8") == shorts(locale)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("a" * 152 + "€" + "a" * 151, 2),  # the sign that is two septets isn't parted
        ("a" * 152 + "€" + "a" * 152, 3),
        ("ж" * 70, 1),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 67, 3),
    ],
)
def test_parts_are_counted_as_networks_do(text: str, count: int) -> None:
    """In septets where GSM 7-bit can write it, in UTF-16 units where not."""
    assert count == parts(text)


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=200)


@given(
    st.sampled_from(samples()), st.sampled_from(list(LOCALES)), NAMES.filter(lambda name: any(map(str.isalnum, name)))
)
def test_two_parts_hold_every_text(sample: Sample, locale: str, name: str) -> None:
    """Whatever the merchant is called: its name gives way, never the amount or the link."""
    text = texted(sample, locale, {"merchant_name": name})
    plain = texted(sample, locale)
    assert parts(text) <= PARTS_MAX
    for kept in ("https://betal.nordlys.example/i/Zx8kQ2vT7mWc4RbN", "990", "480", "249"):
        assert (kept in plain) == (kept in text.removeprefix(name))


def test_a_name_in_other_letters_keeps_what_counts() -> None:
    """What only looks foreign is written in the letters of the network; what is foreign leaves room for less."""
    last = next(one for one in samples() if one.name == "last_notice.retry_later")
    assert texted(last, "nb", {"merchant_name": "Škoda’s – Bar"}).startswith("Skoda's - Bar: Siste varsel. 1 990,00 kr")
    expected = "Ведомость: Last notice, NOK 1,990.00 unpaid. https://betal.nordlys.example/i/Zx8kQ2vT7mWc4RbN"
    assert expected == texted(last, "en", {"merchant_name": "Ведомость"})
    assert texted(last, "en", {"merchant_name": "x" * 190}).endswith("/i/Zx8kQ2vT7mWc4RbN")


# ---------------------------------------------------------------------------------------------------------------------
# How they are sent


@dataclass
class Provider:
    """A provider of text messages that answers as told; None: it hangs up."""

    status: int | None = 200
    answer: str = "{}"
    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def provider(**answers: Any) -> Iterator[Provider]:
    """One that listens."""
    told = Provider(**answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            if told.status is None:
                return
            self.send_response(told.status)
            self.send_header("Content-Length", str(len(told.answer.encode())))
            self.end_headers()
            self.wfile.write(told.answer.encode())

        def log_message(self, *args: object) -> None:
            del args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_address[1]}/send"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sent(told: Provider, **settings: Any) -> Outcome:
    """What becomes of the message."""
    given = {"headers": '{"Authorization": "Bearer {secret}", "Idempotency-Key": "{id}"}', "secret": SECRET}
    sender = SmsSender(SmsSettings(url=told.url, **{**given, **settings}), elapsed_s)
    try:
        return sender.send(MESSAGE)
    finally:
        sender.close()


def test_json_holds_the_values_and_nothing_else() -> None:
    """What a text says can't end it, and is no template itself."""
    with provider(status=202) as told:
        assert Delivered() == sent(told)
        assert Delivered() == sent(told)
    (path, headers, body), again = told.requests
    assert ("/send", f"Bearer {SECRET}", "dlv_1") == (path, headers["authorization"], headers["idempotency-key"])
    assert "application/json" == headers["content-type"]
    assert {"to": PHONE, "text": TEXT, "id": "dlv_1"} == json.loads(body)
    assert body == again[2]


def test_a_form_holds_the_values_and_nothing_else() -> None:
    """Likewise."""
    with provider() as told:
        outcome = sent(
            told, headers=json.dumps({"content-type": FORM}), body="To={to}&Body={text}&key={secret}&From=Vik+AS"
        )
    assert Delivered() == outcome
    expected = [("To", PHONE), ("Body", TEXT), ("key", SECRET), ("From", "Vik AS")]
    assert expected == parse_qsl(told.requests[0][2].decode())


@pytest.mark.parametrize(
    ("status", "answer", "success", "expected"),
    [
        (200, '{"messages": [{"status": "0"}]}', "messages.0.status=0", Delivered()),
        (200, '{"ok": true}', "ok=true", Delivered()),
        (200, '{"ok": false}', "ok=true", Deferred(detail="the provider's answer doesn't say ok=true")),
        (200, "<p>", "ok=true", Deferred(detail="the provider's answer has no ok", may_have_arrived=True)),
        (200, "[]", "0.ok=true", Deferred(detail="the provider's answer has no 0.ok", may_have_arrived=True)),
        (400, PHONE, "", Bounced(detail="the provider answered 400", code=400)),
        (403, PHONE, "", Bounced(detail="the provider answered 403", code=403)),
        (429, PHONE, "", Deferred(detail="the provider answered 429", code=429)),
        (503, PHONE, "", Deferred(detail="the provider answered 503", code=503)),
    ],
)
def test_an_answer_means_what_it_says(status: int, answer: str, success: str, expected: Outcome) -> None:
    """And is repeated nowhere, as it may hold the number."""
    with provider(status=status, answer=answer) as told:
        assert expected == sent(told, success=success)


@pytest.mark.parametrize("status", [301, 401])
def test_an_answer_about_us_holds_the_others_back(status: int) -> None:
    """A wrong secret or address is not one message's fault."""
    with provider(status=status) as told:
        outcome = sent(told)
    assert isinstance(outcome, Deferred)
    assert outcome.affects_all


def test_silence_may_mean_that_it_arrived(caplog: pytest.LogCaptureFixture) -> None:
    """A provider that hangs up, or is not there at all; nobody's number, words or secret come into a log or repr."""
    caplog.set_level(logging.DEBUG)
    with provider(status=None) as told:
        silent = sent(told)
    gone = sent(told)
    assert isinstance(silent, Deferred)
    assert isinstance(gone, Deferred)
    assert (True, False) == (silent.may_have_arrived, silent.affects_all)
    assert (False, True) == (gone.may_have_arrived, gone.affects_all)
    said = f"{caplog.text}{silent}{gone}{MESSAGE}{SmsSettings(url=told.url, secret=SECRET)}"
    assert not [leak for leak in (PHONE, PHONE[1:], "Siste varsel", SECRET) if leak in said]


@pytest.mark.parametrize(
    ("settings", "field_name"),
    [
        ({"url": "http://sms.example/send"}, "sms_url"),
        ({"url": "https:///send"}, "sms_url"),
        ({"method": "GET"}, "sms_method"),
        ({"headers": "Authorization: x"}, "sms_headers"),
        ({"headers": '{"X": 1}'}, "sms_headers"),
        ({"headers": '{"X": "{to}"}'}, "sms_headers"),
        ({"headers": '{"X": "{secret}"}', "secret": "a\nb"}, "sms_headers"),
        ({"headers": '{"Content-Type": "text/plain"}'}, "sms_headers"),
        ({"body": '{"to": {to}, "text": "{text}"}'}, "sms_body"),
        ({"body": '{"to": "{to}"}'}, "sms_body"),
        ({"body": '{"to": "{to}", "text": "{text}", "from": "{sender}"}'}, "sms_body"),
        ({"success": "ok"}, "sms_success"),
    ],
)
def test_a_request_that_could_only_fail_or_leak_is_refused(settings: dict[str, Any], field_name: str) -> None:
    """With the setting's own name."""
    with pytest.raises(ConfigError) as caught:
        SmsSettings(**{"url": "https://sms.example/send", **settings})
    assert field_name == caught.value.field


@given(st.text(), st.text())
def test_whatever_a_text_says_arrives_as_it_is(text: str, secret: str) -> None:
    """In JSON, whose template stays as it is around it."""
    settings = SmsSettings(
        url="https://sms.example", secret=secret, body=DEFAULT_BODY[:-1] + ', "n": [1, null, "{secret}"]}'
    )
    message = ShortMessage(delivery_id=DeliveryId("dlv_2"), to_phone=PHONE, text=text)
    expected = {"to": PHONE, "text": text, "id": "dlv_2", "n": [1, None, secret]}
    assert expected == json.loads(Template(settings).body(message))

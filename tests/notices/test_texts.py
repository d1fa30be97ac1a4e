"""What notices say: golden files that a person has read, and what must hold for every one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.calendar import zone
from purring.domain.decline import MASKED_REASONS, DeclineClass, DeclineReason
from purring.domain.money import EXPONENTS, MINOR_MAX, Money
from purring.domain.notice import DECLINE_NOTICES, NoticeKind
from purring.domain.policy import EndAction
from purring.domain.subscription import StatusReason, SubscriptionStatus
from purring.i18n.catalog import translator
from purring.i18n.format import format_date, format_money
from purring.i18n.locales import LOCALES, locales
from purring.notices.contexts import CONTEXTS
from purring.notices.reasons import NO_METHOD, no_method_text, reason_text
from purring.notices.render import Rendered, render
from purring.notices.samples import Sample, samples, written
from purring.notices.stored_context import from_json
from purring.notices.values import BRANDS
from tools.texts import GOLDEN, golden, golden_path, html_path, short_path

ZONES = ("UTC", "Europe/Oslo", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Kiritimati")
PROMISES = {"en": "We will try again", "nb": "Vi prøver igjen"}
ACCUSING = re.compile(r"stolen|stjålet|fraud|svindel|deceased|avdød|\bdød|avtatt|\w_\w", re.IGNORECASE)

# Anything that may come out of a database, except what UTF-8 can't write.
WORDS = st.text(st.characters(codec="utf-8"), max_size=40)
NAMES = WORDS.filter(lambda text: any(char.isalnum() for char in text))
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(datetime.isoformat)  # noqa: DTZ001 - Hypothesis wants naive bounds
SCHEMES = st.sampled_from([*BRANDS, "sepa", "ach", "bacs", "", "something_new"])
LAST4 = st.from_regex(r"[0-9]{4}", fullmatch=True) | st.just("")
METHODS = st.fixed_dictionaries(
    {"scheme": SCHEMES, "last4": LAST4}, optional={"kind": st.sampled_from(["card", "bank_account"])}
)
ITEMS = st.fixed_dictionaries(
    {"amount": st.builds(Money, st.integers(1, MINOR_MAX), st.sampled_from(sorted(EXPONENTS))).map(str)},
    optional={
        "invoice_number": st.from_regex(r"[0-9]{1,6}-[0-9]{1,6}", fullmatch=True),
        "product": NAMES,
        "charge_at": INSTANTS | st.none(),
        "access_ends_at": INSTANTS | st.none(),
    },
)
URLS = st.just("https://bank.example/confirm?token=a1&b=%20")
CONTEXT_VALUES = st.fixed_dictionaries(
    {
        "merchant_name": NAMES,
        "amount": st.builds(Money, st.integers(1, MINOR_MAX), st.sampled_from(sorted(EXPONENTS))).map(str),
        "timezone": st.sampled_from(ZONES),
    },
    optional={
        "support_email": st.just("billing@acme.example"),
        "invoice_number": st.from_regex(r"[0-9]{1,6}-[0-9]{1,6}", fullmatch=True),
        "product": NAMES,
        "reason": st.sampled_from([*DeclineReason, NO_METHOD]) | st.none(),
        "decline_class": st.sampled_from(DeclineClass) | st.none(),
        "method": METHODS | st.none(),
        "backup_used": METHODS | st.none(),
        "untied_method": METHODS | st.none(),
        "number": st.integers(1, 40),
        "next_attempt_at": INSTANTS | st.none(),
        "access_ends_at": INSTANTS | st.none(),
        "data_deleted_at": INSTANTS | st.none(),
        "paid_at": INSTANTS | st.none(),
        "paid_with": METHODS | st.none(),
        "charge_at": INSTANTS | st.none(),
        "expires_at": INSTANTS | st.none(),
        "items": st.lists(ITEMS, max_size=3),
        "status_reason": st.sampled_from(StatusReason) | st.none(),
        "end_action": st.sampled_from(EndAction) | st.none(),
        "status": st.sampled_from(SubscriptionStatus) | st.none(),
        "confirm_url": URLS | st.none(),
        "pay_url": URLS | st.none(),
        "a_key_of_the_future": st.just(1),
    },
)
EVERYTHING = (st.sampled_from(NoticeKind), CONTEXT_VALUES, st.sampled_from(locales()))


def rendered(kind: NoticeKind, context: Mapping[str, object], locale: str, name: str = "Kari Nordmann") -> Rendered:
    """A notice as its reader sees it."""
    return render(kind, from_json(kind, context), locale, name)


def local_day(context: Mapping[str, object], key: str, locale: str) -> str:
    """The weekday and date that a notice should show for an instant."""
    at = datetime.fromisoformat(str(context[key]))
    return format_date(at, locale, tz=zone(str(context["timezone"])), weekday=True, plain=True)


# ---------------------------------------------------------------------------------------------------------------------
# Golden files


@pytest.mark.parametrize(("sample", "locale"), list(golden()), ids=lambda value: getattr(value, "name", value))
def test_a_notice_reads_as_approved(sample: Sample, locale: str) -> None:
    """The text is the one that a person has read; `python -m tools.texts` writes it anew, to be read again."""
    assert golden_path(sample, locale).read_text(encoding="utf-8") == written(sample, locale)


def test_every_golden_file_belongs_to_a_sample() -> None:
    """No approved text is left over from a notice that nobody sends any more."""
    approved = {path(sample, locale) for sample, locale in golden() for path in (golden_path, html_path)}
    assert approved | set(map(short_path, LOCALES)) == set(GOLDEN.iterdir())


def test_every_kind_and_every_class_has_a_sample() -> None:
    """A new kind or class is read by a person in every language before it is sent."""
    shown = {(sample.kind, sample.context.get("decline_class")) for sample in samples()}
    assert set(NoticeKind) == {kind for kind, _ in shown}
    assert set(product(DECLINE_NOTICES, DeclineClass)) <= shown


# ---------------------------------------------------------------------------------------------------------------------
# Reasons


@pytest.mark.parametrize("locale", locales())
@pytest.mark.parametrize("reason", DeclineReason)
def test_every_reason_has_words_in_every_language(reason: DeclineReason, locale: str) -> None:
    """A reason without a text, or one that isn't translated, never reaches a customer."""
    text = reason_text(reason)
    said = {translator(locale).gettext(text.why), translator(locale).gettext(text.advice)}
    assert all(sentence.endswith(".") for sentence in said)
    assert (locale == "en") == (said == {text.why, text.advice})


@pytest.mark.parametrize("reason", sorted(MASKED_REASONS))
def test_what_only_the_holder_should_hear_reads_like_any_decline(reason: DeclineReason) -> None:
    """Whoever reads the notice learns nothing about a lost card or a suspicion."""
    assert reason_text(DeclineReason.GENERIC_DECLINE) == reason_text(reason)


def test_having_no_method_is_no_decline() -> None:
    """Its words are its own."""
    assert no_method_text() not in [reason_text(reason) for reason in DeclineReason]


# ---------------------------------------------------------------------------------------------------------------------
# What holds for every notice


@given(*EVERYTHING, WORDS)
def test_any_notice_can_be_rendered(
    kind: NoticeKind, context: Mapping[str, object], locale: str, recipient_name: str
) -> None:
    """Whatever was stored and whoever reads it: one line of subject, and a body of plain spaces without gaps."""
    notice = rendered(kind, context, locale, recipient_name)
    assert notice.subject.strip() == notice.subject != ""
    assert notice.subject.isprintable() or "\u200c" in notice.subject or "\u200d" in notice.subject
    assert not [char for char in notice.body_text if char.isspace() and char not in " \n"]
    assert "\n\n\n" not in notice.body_text
    assert "%(" not in notice.body_text.replace(str(context.get("product")), "")


@given(*EVERYTHING)
def test_a_retry_is_promised_only_when_one_is_planned(
    kind: NoticeKind, context: Mapping[str, object], locale: str
) -> None:
    """The promise stands in the text, with its day, exactly if the schedule has a next attempt."""
    named = {"merchant_name": "Acme", "product": context.get("product") and "Team"}
    body = rendered(kind, {**context, **named}, locale).body_text
    planned = context.get("next_attempt_at") is not None
    label = {"en": "Next attempt: ", "nb": "Neste forsøk: "}[locale]
    if kind not in {NoticeKind.PAYMENT_RECEIVED, NoticeKind.RECEIPT, NoticeKind.UPCOMING_CHARGE}:
        assert planned == (PROMISES[locale] in body)
    assert not planned or f"{label}{local_day(context, 'next_attempt_at', locale)}\n" in body


@given(*EVERYTHING)
def test_the_days_that_matter_are_named_if_known(kind: NoticeKind, context: Mapping[str, object], locale: str) -> None:
    """The day access ends and the day data is deleted stand in every notice that knows them, and in no other."""
    named = {"merchant_name": "Acme", "product": context.get("product") and "Team"}
    body = rendered(kind, {**context, **named}, locale).body_text
    labels = {
        "access_ends_at": r"Access end(s|ed): |Tilgangen opphør(er|te): ",
        "data_deleted_at": r"Data will be deleted: |Dataene slettes: ",
    }
    for key, label in labels.items():
        known = context.get(key) is not None
        assert known == bool(re.search(label, body))
        assert not known or local_day(context, key, locale) in body


@given(*EVERYTHING)
def test_no_notice_accuses_or_shows_a_code(kind: NoticeKind, context: Mapping[str, object], locale: str) -> None:
    """No reason, class or status is shown by its raw name, and nobody is called a thief."""
    plain = {**context, "merchant_name": "Acme", "product": "Team", "pay_url": None, "confirm_url": None}
    notice = rendered(kind, plain, locale)
    assert not ACCUSING.search(notice.subject + notice.body_text)


@given(*EVERYTHING)
def test_amount_and_merchant_are_said(kind: NoticeKind, context: Mapping[str, object], locale: str) -> None:
    """Every subject names the merchant; every body the amount, written as the language does, if one is at stake."""
    stored = {**context, "merchant_name": "Acme", "product": "", "amount": "1234.56 NOK"}
    notice = rendered(kind, stored, locale)
    at_stake = from_json(kind, stored).names_amount
    assert at_stake == (format_money(Money(123_456, "NOK"), locale, plain=True) in notice.body_text)
    assert "Acme" in notice.subject


def test_an_amount_is_at_stake_unless_nothing_is_owed() -> None:
    """A subscription ended on request, a method changed and a card that expires, with nothing due, leave it out."""
    least = {"merchant_name": "Acme", "amount": "1.00 NOK", "timezone": "UTC"}
    without = {kind for kind in NoticeKind if not from_json(kind, least).names_amount}
    assert {NoticeKind.SUBSCRIPTION_CANCELED, NoticeKind.METHOD_CHANGED, NoticeKind.CARD_EXPIRES_SOON} == without


@given(*EVERYTHING, st.from_regex(r"[0-9]{12,19}", fullmatch=True))
def test_never_more_than_the_last_four(
    kind: NoticeKind, context: Mapping[str, object], locale: str, number: str
) -> None:
    """Even if a whole number slipped into the context, no mail shows it."""
    method = {"kind": "card", "scheme": "visa", "last4": number}
    whole = dict.fromkeys(("method", "backup_used", "untied_method", "paid_with"), method)
    body = rendered(
        kind, {**context, "merchant_name": "Acme", "product": "", "invoice_number": "", "items": [], **whole}, locale
    )
    assert number[-5:] not in body.body_text


@given(st.sampled_from([NoticeKind.PAYMENT_DECLINED, NoticeKind.ACTION_NEEDED]), CONTEXT_VALUES, st.integers(3, 9))
def test_from_the_third_on_the_consequence_is_said(
    kind: NoticeKind, context: Mapping[str, object], number: int
) -> None:
    """A firm notice says outright on which day access ends, not only in its list of facts."""
    ending = {**context, "number": number, "access_ends_at": "2026-11-30T11:00:00Z", "timezone": "UTC"}
    body = rendered(kind, ending, "en").body_text
    assert re.search(r"access (will end|ends) on Monday, November 30, 2026, unless", body)
    assert "You keep your access for now" not in body


def test_one_or_two_notices_reassure() -> None:
    """The first two say that we try again by ourselves and that nothing changes; the third doesn't."""
    context = next(sample for sample in samples() if sample.name == "payment_declined.retry_later").context
    bodies = [rendered(NoticeKind.PAYMENT_DECLINED, {**context, "number": n}, "en").body_text for n in (1, 2, 3)]
    assert [True, True, False] == ["by ourselves" in body for body in bodies]
    assert [True, True, False] == ["Nothing changes for you until then" in body for body in bodies]


def test_who_paid_is_said_only_if_it_is_known() -> None:
    """An invoice paid by transfer names no card, though one is tied to the subscription."""
    context = next(sample for sample in samples() if sample.name == "payment_received.outside").context
    assert context["method"]
    assert "4242" not in rendered(NoticeKind.PAYMENT_RECEIVED, context, "en").body_text


@pytest.mark.parametrize("reason", StatusReason)
def test_an_end_on_request_is_nobodys_debt(reason: StatusReason) -> None:
    """Whoever asked for the end doesn't read that a payment is missing, even if one was once declined."""
    context = next(sample for sample in samples() if sample.name == "subscription_canceled.unpaid").context
    body = rendered(NoticeKind.SUBSCRIPTION_CANCELED, {**context, "status_reason": reason.value}, "en").body_text
    asked_for = reason in {StatusReason.CUSTOMER_REQUEST, StatusReason.MERCHANT_REQUEST}
    assert asked_for != ("because we didn't receive the payment" in body)


def test_an_unknown_language_gets_english() -> None:
    """A notice in the wrong language beats none."""
    context = samples()[0].context
    kind = samples()[0].kind
    assert rendered(kind, context, "en") == rendered(kind, context, "de")
    assert rendered(kind, context, "nb") == rendered(kind, context, "no-NO")


def test_a_name_can_forge_nothing() -> None:
    """A customer named like a header or with reversed letters stays one plain line."""
    context = samples()[0].context
    notice = rendered(samples()[0].kind, {**context, "merchant_name": "A\r\nBcc: x\u202eb"}, "en", "K\n\nPay here\x00")
    assert notice.subject == "Your payment to A Bcc: xb was declined"
    assert notice.body_text.startswith("Hello K Pay here,\n")


def test_every_kind_has_its_context() -> None:
    """A new kind needs a dataclass."""
    assert set(NoticeKind) == set(CONTEXTS)

"""Mandates: worded for one merchant and one reader, kept with the method they are for, and handed out as documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from purring.documents.paper import Document, Fact, Paper, Part, document
from purring.domain.calendar import local_date, zone
from purring.domain.customer import Customer, Person
from purring.domain.errors import NotFound
from purring.domain.ids import CustomerId, MandateId, MerchantId, MethodId, PersonId
from purring.domain.mandate import Mandate, mandate_terms
from purring.domain.merchant import Merchant
from purring.domain.payment_method import PaymentMethod
from purring.domain.rulebook.presentment import presentment_terms
from purring.i18n.catalog import Translator, translator
from purring.i18n.format import format_date, format_time
from purring.operations.invoice_paper import PAGE, label_of
from purring.operations.looks import looks_of
from purring.operations.services import Services
from purring.store import Connection, customers, mandates, merchants, methods
from purring.store.customers import anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A mandate's words before anybody agrees to them."""

    scheme: str
    version: str
    locale: str
    title: str
    paragraphs: tuple[str, ...]

    @property
    def text(self) -> str:
        """The title and the paragraphs, parted by empty lines."""
        return "\n\n".join((self.title, *self.paragraphs))

    @property
    def digest(self) -> str:
        """What tells these words from any others: a form says with it which ones were shown."""
        return sha256(f"{self.version} {self.locale} {self.text}".encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Somebody agrees to some words."""

    person_id: PersonId
    wording: Wording


def wording(services: Services, merchant: Merchant, scheme: str, locale: str) -> Wording:
    """What somebody agrees to who lets a merchant debit an account of a scheme, in their language."""
    terms, words = mandate_terms(scheme), translator(locale)
    notice = _notice(merchant, scheme, local_date(services.clock.now(), zone(merchant.timezone)), words)
    figures = {"merchant": merchant.name, "notice": notice}
    said = (*terms.paragraphs, *((terms.notice,) if notice and terms.notice else ()), *terms.closing)
    return Wording(
        scheme=scheme,
        version=terms.version,
        locale=locale,
        title=words.gettext(terms.title),
        paragraphs=tuple(_one_line(words.gettext(sentence) % figures) for sentence in said),
    )


def _one_line(sentence: str) -> str:
    """A paragraph, whatever a merchant is called."""
    return " ".join(sentence.split())


def _notice(merchant: Merchant, scheme: str, on: date, words: Translator) -> str:
    """How long before a debit its payer is told of it: as the merchant agrees, or else as the scheme demands."""
    demanded = presentment_terms(scheme, 1, on)
    if demanded.prenotification_days is None:
        return ""
    days, agreed = demanded.prenotification_days, merchant.policy.prenotification_days
    if agreed is None and demanded.in_working_days:
        return words.ngettext("%(days)s working day", "%(days)s working days", days) % {"days": days}
    days = days if agreed is None else agreed
    return words.ngettext("%(days)s day", "%(days)s days", days) % {"days": days} if days else ""


def keep(
    conn: Connection, services: Services, merchant_id: MerchantId, method_id: MethodId, consent: Consent
) -> Mandate:
    """Remember what was agreed for a method, in the transaction that adds it."""
    made = Mandate(
        id=MandateId(services.ids.new("man_")),
        method_id=method_id,
        person_id=consent.person_id,
        scheme=consent.wording.scheme,
        version=consent.wording.version,
        locale=consent.wording.locale,
        text=consent.wording.text,
        agreed_at=services.clock.now(),
    )
    mandates.add(conn, merchant_id, made)
    return made


def methods_with_mandate(services: Services, merchant_id: MerchantId, customer_id: CustomerId) -> set[MethodId]:
    """Those of a customer's methods whose mandate can be downloaded."""
    with services.store.reading() as conn:
        return mandates.methods_with(conn, merchant_id, customer_id)


def mandate_pdf(services: Services, merchant_id: MerchantId, customer_id: CustomerId, method_id: MethodId) -> Document:
    """A method's mandate as a document, in the words and the language in which it was agreed to.

    Raises NotFound.
    """
    with services.store.reading() as conn:
        found = mandates.of_method(conn, merchant_id, method_id)
        method = methods.get(conn, merchant_id, method_id)
        if found is None or method.customer_id != customer_id:
            raise NotFound(f"There is no mandate for {method_id} of this customer.", field="method_id")
        seller, owner = merchants.get(conn, merchant_id), customers.get(conn, merchant_id, customer_id)
        person = anybody(conn, [(merchant_id, found.person_id)])[merchant_id, found.person_id]
        brand = looks_of(conn, [merchant_id])[merchant_id].brand
    words = translator(found.locale)
    paper = Paper(
        locale=found.locale,
        title=found.title,
        sender=seller.name,
        color=brand.color,
        logo=brand.logo.data if brand.logo else None,
        recipient=(owner.name,),
        facts=_facts(found, method, owner, person),
        parts=(Part(sentences=found.paragraphs),),
        footer=brand.footer or (seller.name,),
        page=words.gettext(PAGE),
    )
    return document(paper, f"{found.title} {method.last4}")


def _facts(found: Mandate, method: PaymentMethod, owner: Customer, person: Person) -> tuple[Fact, ...]:
    words, tz = translator(found.locale), zone(owner.timezone)
    label = label_of(method, words)
    at = f"{format_date(found.agreed_at, found.locale, tz=tz)} {format_time(found.agreed_at, found.locale, tz=tz)}"
    return (
        (words.gettext("Reference"), found.id),
        (words.gettext("Account"), label[:1].upper() + label[1:]),
        (words.gettext("Name of the holder"), method.holder_name),
        (words.gettext("Agreed to by"), f"{person.name}, {at} ({tz.key})"),
        (words.gettext("Version"), found.version),
    )

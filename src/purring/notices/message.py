"""One mail to one person."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from purring.domain.errors import InvalidInput
from purring.domain.ids import DeliveryId, NoticeId, RecoveryId
from purring.notices.images import InlineImage

# Stricter than RFC 5321 §4.1.2: no quoted local parts, no address literals. Whoever needs those can't be mailed anyway.
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f@<>()\[\]\\,;:\"]{1,64}@(?:[\w-]{1,63}\.)*[\w-]{1,63}")
_ADDRESS_LENGTH_MAX = 254
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9_.-]{1,64}(?:@[A-Za-z0-9_.-]{1,64})?")
_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}(?:\.[a-z]{1,5})?")
_IMAGE_TYPE = re.compile(r"image/(?:png|jpeg|gif)")
_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*")
_TEXT = re.compile(r"[^\x00\ud800-\udfff]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One mail to one person: a text, and the same as HTML where there is any.

    `delivery_id` makes the Message-ID, which stays the same however often it is sent. `thread` (a recovery's or
    notice's id) keeps the mails about one payment together. `from_email` is our own address, `reply_to` the merchant's
    or "". `envelope_from` is where bounces go; "": to `from_email`.

    Raises InvalidInput that names the field, for anything that could forge a header or can't be an address.
    """

    delivery_id: DeliveryId
    thread: RecoveryId | NoticeId
    at: datetime
    locale: str
    from_name: str
    from_email: str
    to_name: str
    to_email: str = field(repr=False)
    reply_to: str
    subject: str
    body: str = field(repr=False)
    body_html: str = field(default="", repr=False)
    images: tuple[InlineImage, ...] = ()
    envelope_from: str = ""

    def __post_init__(self) -> None:
        """Refuse headers that would not be one line, and addresses that are none."""
        self._require(_TOKEN, "letters, digits, - and _ only", "delivery_id", "thread", "locale")
        self._require(_LINE, "one line without control characters", "from_name", "to_name", "subject")
        self._require(_TEXT, "text", "body", "body_html")
        for image in self.images:
            _require_image(image)
        self._require_address("from_email", "to_email")
        self._require_address(*(name for name in ("reply_to", "envelope_from") if getattr(self, name)))
        assert self.at.tzinfo is not None, self.at

    @property
    def message_id(self) -> str:
        """The Message-ID: the same at every attempt to send it."""
        return self._id(self.delivery_id)

    @property
    def thread_id(self) -> str:
        """What all mails of one thread refer to."""
        return self._id(self.thread)

    @property
    def return_path(self) -> str:
        """The address that a bounce of this mail is sent to."""
        return self.envelope_from or self.from_email

    @property
    def domain(self) -> str:
        """Our own domain, as the address we write from names it."""
        return self.from_email.rpartition("@")[2]

    def _require(self, pattern: re.Pattern[str], remedy: str, *names: str) -> None:
        for name in names:
            if not pattern.fullmatch(getattr(self, name)):
                raise InvalidInput(f"message {name} must be {remedy}", field=name)

    def _require_address(self, *names: str) -> None:
        for name in names:
            address = getattr(self, name)
            # A server that takes no SMTPUTF8 would lose mails to everybody if our own address needed it.
            if not (is_address(address) and (name == "to_email" or address.isascii())):
                raise InvalidInput(f"message {name} is not an e-mail address like name@example.com", field=name)

    def _id(self, local: str) -> str:
        return f"<{local}@{self.domain}>"


def _require_image(image: InlineImage) -> None:
    """Refuse what could forge a header, and what no mail program would show."""
    if not _CONTENT_ID.fullmatch(image.content_id):
        raise InvalidInput("an image's content id has letters, digits, and -_.@ only", field="content_id")
    if not _FILE_NAME.fullmatch(image.file_name):
        raise InvalidInput("an image's file name has letters, digits, - and _, and a suffix", field="file_name")
    if not _IMAGE_TYPE.fullmatch(image.media_type):
        raise InvalidInput("an image is image/png, image/jpeg or image/gif", field="media_type")


def is_address(text: str) -> bool:
    """Tell whether a text can be an e-mail address."""
    return len(text) <= _ADDRESS_LENGTH_MAX and _ADDRESS.fullmatch(text) is not None

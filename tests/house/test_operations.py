"""Operations on what a test clock may own are done as of that clock's time."""

from __future__ import annotations

import inspect
import pkgutil
from collections.abc import Callable, Iterator
from importlib import import_module

from purring import operations

OWNED = frozenset(
    f"{one}Id" for one in ("Attempt", "Customer", "Dispute", "Invoice", "Method", "Notice", "Refund", "Subscription")
)
"""Ids of what a test clock may own, as annotations name them."""

WITHOUT_TIME = {
    "account.bills",
    "customers.change_customer",
    "disputes.dispute_of",
    "invoice_paper.invoice_pdf",
    "messages.message_to",
    "messages.messages_to",
    "mandates.mandate_pdf",
    "mandates.methods_with_mandate",
    "people.add_person",
    "people.change_person",
    "people.change_role",
    "people.person_of",
    "story.copies_of_notice",
}
"""They ask no clock."""

BY_OTHERS = {"payment.under_way", "settle.settle", "tokens.add_once"}
"""What they call is timed."""

REAL_TIME = {
    "links.revoke_links",
    "people.remove_person",
    "refunds.ask_again",
    "refunds.refund",
    "refunds.settle_refund",
    "sign_in.open_for",
}
"""Gateways, sessions and links live by the real clock; a refund is booked as of its invoice's."""


def _operations() -> Iterator[tuple[str, Callable[..., object]]]:
    """Every public function that does something to one thing of a merchant's, under `module.name`."""
    for found in pkgutil.walk_packages(operations.__path__, "purring.operations."):
        module = import_module(found.name)
        for name, value in inspect.getmembers(module, inspect.isfunction):
            given = list(inspect.signature(value).parameters.values())
            named = ["services", "merchant_id"] == [one.name for one in given[:2]] and len(given) > 2
            if value.__module__ == found.name and name[0] != "_" and named and given[2].annotation in OWNED:
                yield f"{found.name.removeprefix('purring.operations.')}.{name}", value


def test_whatever_a_test_clock_owns_lives_by_it() -> None:
    """A new operation is `timed` or `changes_timed`, or stands above with its reason."""
    plain = {name for name, value in _operations() if not hasattr(value, "__wrapped__")}
    assert plain == WITHOUT_TIME | BY_OTHERS | REAL_TIME
    assert len(dict(_operations())) > 2 * len(plain)


def test_what_asks_no_clock_asks_none() -> None:
    """Where one begins to, it must be decided which."""
    asking = [name for name, value in _operations() if name in WITHOUT_TIME and "clock" in inspect.getsource(value)]
    assert [] == asking

"""The page of the customer's bank, where a charge that needs it is confirmed: two buttons, no scripts, no sign-in.

Whoever has pressed one is sent back to where the charge said, if that is an origin that the sandbox was started for.
"""

from __future__ import annotations

from html import escape
from sqlite3 import Row
from urllib.parse import parse_qs

from purring.domain.money import Money
from purring.gateways.sandbox import charges
from purring.gateways.sandbox.calls import Answered, Call

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sandbox bank</title>
<body><main><h1>Sandbox bank</h1><p>{sentence}</p>{form}{back}</main></body></html>
"""
_FORM = """
<form method="post">
<button name="succeed" value="yes">Confirm the payment</button>
<button name="succeed" value="no">Refuse it</button>
</form>"""

_BACK = """
<p><a href="{url}">Back, without an answer</a></p>"""


def page(call: Call) -> Answered:
    """GET /bank/KEY: what is asked, or what has become of it."""
    return _shown(call, charges.by_key(call.ledger, call.path["key"]))


def press(call: Call) -> Answered:
    """POST /bank/KEY: one of the buttons; on a charge that waits no longer they do nothing."""
    charge = charges.by_key(call.ledger, call.path["key"])
    choices = parse_qs(call.raw_body.decode("ascii", errors="replace")).get("succeed", [])
    if charge["status"] == "action_required" and choices in (["yes"], ["no"]):
        charges.end_waiting(call, charge, succeed=choices == ["yes"])
        if call.controls.settings.leads_back_to(charge["return_to"]):
            return Answered(status=303, body={}, headers={"Location": charge["return_to"]}, html="<!doctype html>")
    return _shown(call, charges.by_key(call.ledger, charge["key"]))


def _shown(call: Call, charge: Row) -> Answered:
    waits = charge["status"] == "action_required"
    amount = Money(charge["amount_minor"], charge["currency"])
    sentence = f"Pay {amount} for invoice {charge['invoice_id']}?" if waits else f"The payment is {charge['status']}."
    leads_back = call.controls.settings.leads_back_to(charge["return_to"])
    back = _BACK.format(url=escape(charge["return_to"])) if leads_back else ""
    html = _PAGE.format(sentence=escape(sentence), form=_FORM if waits else "", back=back)
    return Answered(status=200, body={}, html=html)

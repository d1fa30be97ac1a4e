"""The sandbox's own field for card and account numbers, on its own origin: a number goes in, a token comes out.

As a page of its own it sends the customer back to `return_to` with the token; inside a frame it tells the page around
it. Only origins that the sandbox was started for get a token.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit

from purring.gateways.numbers import fault_of
from purring.gateways.sandbox import tokens
from purring.gateways.sandbox.calls import Answered, Call, SandboxRefusal

PATH = "/field"
_EXPIRY = re.compile(r"\s*(\d{1,2})\s*/\s*(?:20)?(\d{2})\s*")
_TEXTS = {
    "en": {
        "title": "Card or bank account",
        "provider": "Sandbox payment provider",
        "number": "Card number, IBAN or account number",
        "hint": "Only test numbers, such as 4242 4242 4242 4242, are taken here. Put a dash between a routing number "
        "or sort code and the account.",
        "expiry": "Expiry date (MM/YY)",
        "save": "Continue",
        "error": "Error:",
        "not_a_test_number": "This is not one of the test numbers.",
        "card_number": "This card number has a typing error. Compare it with the card.",
        "iban": "This IBAN has a typing error or isn't whole. Compare it with your bank's.",
        "routing_number": "This routing number has a typing error. It has nine digits and stands first on your checks.",
        "norwegian_account": "This account number has a typing error. Norwegian ones have eleven digits.",
        "number_form": "Enter a card number, an IBAN, or a routing number or sort code, a dash and the account number.",
        "invalid_expiry": "Write the expiry date as it stands on the card, such as 04/31.",
    },
    "nb": {
        "title": "Kort eller bankkonto",
        "provider": "Betalingsleverandøren Sandbox",
        "number": "Kortnummer, IBAN eller kontonummer",
        "hint": "Her går det bare an å bruke testnumre, for eksempel 4242 4242 4242 4242. Sett bindestrek mellom "
        "routingnummer eller sort code og kontonummeret.",
        "expiry": "Utløpsdato (MM/ÅÅ)",
        "save": "Fortsett",
        "error": "Feil:",
        "not_a_test_number": "Dette er ikke et av testnumrene.",
        "card_number": "Det er en tastefeil i kortnummeret. Sammenlign det med kortet.",
        "iban": "Det er en tastefeil i IBAN-nummeret, eller det mangler noe. Sammenlign det med det du har fra banken.",
        "routing_number": "Det er en tastefeil i routingnummeret. Det har ni sifre.",
        "norwegian_account": "Det er en tastefeil i kontonummeret. Norske kontonumre har elleve sifre.",
        "number_form": "Skriv et kortnummer, et IBAN-nummer, eller routingnummer eller sort code, bindestrek og "
        "kontonummer.",
        "invalid_expiry": "Skriv utløpsdatoen slik den står på kortet, for eksempel 04/31.",
    },
}
_STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 26rem; padding: 1rem }
h1 { font-size: 1.25rem; margin: 0 }
label { display: block; font-weight: 600; margin-top: 1rem }
input { box-sizing: border-box; font: inherit; min-height: 2.75rem; padding: 0 .625rem; width: 100% }
button { font: inherit; font-weight: 600; margin-top: 1.25rem; min-height: 2.75rem; padding: 0 1.25rem }
.hint { margin: 0 } .error { border-left: .25rem solid #d4351c; padding-left: .75rem }
"""
_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{before}{title}</title><style>{style}</style></head>
<body><main><p class="hint">{provider}</p><h1>{title}</h1>{error}
<form method="post" autocomplete="on">
<label for="number">{number}</label>
<input id="number" name="number" inputmode="text" autocomplete="cc-number" required
 aria-describedby="{described}"{wrong}>
<p class="hint" id="hint">{hint}</p>
<label for="expiry">{expiry}</label>
<input id="expiry" name="expiry" inputmode="numeric" autocomplete="cc-exp" placeholder="04/31">
<button>{save}</button></form></main></body></html>
"""
_TELL = """<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{title}</title>
<script>parent.postMessage({message}, {origin})</script></html>
"""


def page(call: Call) -> Answered:
    """GET /field: the field, for `return_to` and `lang`; with `frame` it stands inside a page of that origin."""
    _return_to(call)
    return _shown(call)


def press(call: Call) -> Answered:
    """POST /field: the number becomes a token, which goes back to where the customer came from."""
    return_to = _return_to(call)
    typed = parse_qs(call.raw_body.decode("utf-8", errors="replace"))
    try:
        made = tokens.create(replace(call, body=_asked_for(typed))).body
    except SandboxRefusal as error:
        fault = fault_of(typed.get("number", [""])[0]) if error.code == "not_a_test_number" else None
        return _shown(call, problem=fault or error.code)
    if "frame" in call.query:
        return _told(call, str(made["token"]), return_to)
    mark = "&" if urlsplit(return_to).query else "?"
    location = f"{return_to}{mark}{urlencode({'token': str(made['token'])})}"
    return Answered(status=303, body={}, headers={"Location": location}, html="<!doctype html>")


def _asked_for(typed: dict[str, list[str]]) -> dict[str, object]:
    """What was typed, as the token endpoint takes it."""
    number, expiry = typed.get("number", [""])[0].strip(), typed.get("expiry", [""])[0].strip()
    if not expiry:
        return {"number": number}
    match = _EXPIRY.fullmatch(expiry)
    if match is None:
        raise SandboxRefusal(422, "invalid_expiry", "expiry: write MM/YY.")
    return {"number": number, "exp_month": int(match[1]), "exp_year": 2000 + int(match[2])}


def _return_to(call: Call) -> str:
    """Where the token goes: an address of an origin that this sandbox was started for, or of this machine."""
    return_to = call.query.get("return_to", "")
    if call.controls.settings.leads_back_to(return_to):
        return return_to
    raise SandboxRefusal(403, "origin_refused", "return_to: start the sandbox with --field-origin for this origin.")


def _shown(call: Call, problem: str = "") -> Answered:
    lang = "nb" if call.query.get("lang") == "nb" else "en"
    texts = _TEXTS[lang]
    said = {name: escape(text) for name, text in texts.items()}
    error = f'<p class="error" id="error" role="alert">{escape(texts.get(problem, problem))}</p>' if problem else ""
    marks = {
        "before": f"{said['error']} " if problem else "",
        "described": "error hint" if problem else "hint",
        "wrong": ' aria-invalid="true"' if problem and problem != "invalid_expiry" else "",
    }
    html = _PAGE.format(lang=lang, style=_STYLE, **{**said, **marks, "error": error})
    return Answered(status=422 if problem else 200, body={}, html=html)


def _told(call: Call, token: str, return_to: str) -> Answered:
    parts = urlsplit(return_to)
    lang = "nb" if call.query.get("lang") == "nb" else "en"
    html = _TELL.format(
        lang=lang,
        title=escape(_TEXTS[lang]["title"]),
        message=json.dumps({"purringToken": token}),
        origin=json.dumps(f"{parts.scheme}://{parts.netloc}"),
    )
    return Answered(status=200, body={}, html=html)

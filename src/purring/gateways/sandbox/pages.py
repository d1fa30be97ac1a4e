"""The reference page on the sandbox, written from its own tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from purring.domain.decline import Answer, DeclineReason
from purring.gateways.sandbox.api import FIXED, WITH_KEY
from purring.gateways.sandbox.events import Forgery
from purring.gateways.sandbox.numbers import NUMBERS, NUMBERS_BY_NAME, OTHER_BEHAVIORS, PLAIN_NUMBERS
from purring.gateways.sandbox.reasons import codes_for, networks
from purring.gateways.sandbox.script import WORDS
from purring.gateways.sandbox.settings import OutageKind

INTRO = """\
A payment provider of our own that behaves as told and forgets nothing. It runs as a process beside Purring, with its
own port and its own ledger file, and Purring reaches it over HTTP through the same client as every other gateway:

```
python -m purring.gateways.sandbox --ledger sandbox.db --port 8300
```

`--virtual-clock` lets the time move only by `POST /sandbox/clock`; `--key-lifetime-hours` says how long an
idempotency key lives (24); `--push-url` is where events are posted; `--stall-s` is how long a time-out keeps silent
before the connection is cut (0). It ends when its standard input does. In tests the same code answers within the
process.

Whoever lives by a test clock says in `Sandbox-Time` what time it is there: a charge that was asked for so waits by that
clock, and ends when it is asked about at the time where it would have ended.

Every request carries `Authorization: Bearer sk_test_…`; anything else is refused, live keys above all. No number of a
card or account is stored or logged, and whatever looks like a real one is refused."""

NAMES = """\
`tok_` and a name is a token by itself: a network, then, after an underscore, how it behaves: `tok_visa`,
`tok_sepa_mandate_revoked`. A dash and any letters or digits make another card that behaves the same: `tok_visa-42`.
Cards approve and bank accounts settle after three days unless the name says otherwise. The same card always has the
same fingerprint, whether it came by number, by name or as a network token (`"source": "network_token"`). An expiry
date is kept and shown, but changes no answer: a script does."""

SCRIPTS = """\
A script is the list of answers to come for one token. Each new charge takes one; a request that is sent again under
its key does not. ANSWER below is an approval or a decline. When the list is exhausted, its last answer repeats,
unless `afterwards` says another; a fault (time-out, unavailable, rate limited) never repeats by itself. `find
unknown` belongs to the charge before it. `timeout before` means that the charge never arrived, `timeout after` that
the money moved."""

LEDGER = """\
The ledger is the judge of "charged once". `movements` can only grow; `purring.gateways.sandbox.oracle` reads it
beside a running server: `captured_by_invoice`, `movements`, `seen_charges` (what the networks would have counted) and
`most_within` (the most charges of one card and amount in a rolling window). A charge may say in what form a bank debit
is to be presented (`entry_description`, `transaction_code`, `sequence_type`, `prenotification_days`); the ledger keeps
that as it came and settles as the script says. An idempotency key is forgotten when its lifetime is over, so a client
that sends it again is charged again, and found out; the charge itself is found for ever."""

EVENTS = """\
Events carry `Sandbox-Signature: t=SECONDS,v1=HEX`, an HMAC-SHA256 of `SECONDS.BODY` under the event secret, and are
refused more than five minutes off. They are posted to the push URL until they are taken, or fetched from
`/v1/events`. `POST /sandbox/events/plan` makes those to come late, several, lost (no copies) or held; held ones are
released in either order; `/sandbox/events/again` repeats one or forges it: {forgeries}."""

OUTAGES = (
    "An outage makes everything under `/v1` fail: {kinds}. Switches live as long as the server; scripts are stored."
)


def paragraphs() -> Iterator[str]:
    """The page below its title."""
    yield INTRO
    yield "## Tokens and test numbers"
    yield NAMES
    yield _table(("Number", "Token"), ((f"`{number}`", f"`tok_{name}`") for number, name in PLAIN_NUMBERS.items()))
    yield "What a name can add, the number of the Visa card that behaves so, and its script or the code it sends:"
    yield _table(("Name", "Visa number", "Answers"), _behaviors())
    yield f"Networks: {', '.join(f'`{network}`' for network in networks())}."
    yield "## Scripts"
    yield SCRIPTS
    yield "\n".join(f"- `{words}`" for words in WORDS)
    yield "## Events"
    yield EVENTS.format(forgeries=_listed(Forgery))
    yield "## Ledger"
    yield LEDGER
    yield "## API"
    yield "JSON in and out. `POST /v1/charges` and `POST /v1/refunds` need an `Idempotency-Key`."
    yield _table(("Request", "Does"), _routes())
    yield OUTAGES.format(kinds=_listed(OutageKind))


def _behaviors() -> Iterator[tuple[str, ...]]:
    for reason in DeclineReason:
        yield f"`{reason}`", _number(reason), _code(codes_for(reason, "visa"))
    for name, script in OTHER_BEHAVIORS.items():
        yield f"`{name}`", _number(name), ", ".join(f"`{words}`" for words in script)


def _number(behavior: str) -> str:
    number = NUMBERS_BY_NAME[f"visa_{behavior}"]
    assert NUMBERS[number] == f"visa_{behavior}", "each number has one name"
    return f"`{number}`"


def _code(codes: Answer) -> str:
    if codes.raw_code is not None:
        return f"`{codes.network} {codes.raw_code}`"
    return f"`{codes.gateway} {codes.gateway_code}`"


def _routes() -> Iterator[tuple[str, ...]]:
    """What each handler's docstring says after the colon."""
    handlers = [*FIXED.values(), *(handler for _, _, handler in WITH_KEY)]
    for handler in handlers:
        request, _, meaning = (handler.__doc__ or "").partition(": ")
        yield f"`{request}`", " ".join(meaning.split())


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, tuple("---" for _ in head), *rows])

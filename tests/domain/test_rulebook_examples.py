"""Every row of the rulebook beside an example that people wrote: what it decides, and what it doesn't, on either side.

The examples stand in `tests/domain/rulebook`, one file for each table and one line for each row. Whoever adds or
changes a row adds or changes its line; a row without a line fails here, and so does a line without a row. Each line is
played through `classify`, `permit`, `presentment_terms` or a recovery. Columns that a line leaves out are blank.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from purring.domain.attempt import Declined
from purring.domain.decline import Answer, DeclineClass, DeclineReason, classify
from purring.domain.errors import RefusalCode, Refused
from purring.domain.policy import Policy
from purring.domain.rulebook.advice import PROFILES
from purring.domain.rulebook.ceilings import Ceiling, Override
from purring.domain.rulebook.codes import Code, Kind, Table
from purring.domain.rulebook.limit_rows import ALWAYS, LIMITS
from purring.domain.rulebook.limits import NEVER, Limit, Use, limits_for, permit
from purring.domain.rulebook.presentment import TERMS, presentment_terms
from purring.domain.rulebook.schemes import EVERY_CARD
from purring.domain.rulebook.tables import TABLES, rule_id
from purring.domain.rulebook.updater import UPDATER_CODES, updater_code
from purring.domain.step import Charge
from purring.domain.stops import Stop, network_delay
from tests.domain import make
from tests.domain.make import no, yes
from tests.domain.story import Story

FOLDER = Path(__file__).parent / "rulebook"
TODAY = date(2026, 11, 23)
DAY = timedelta(hours=24)
TICK = timedelta(microseconds=1)

Line = dict[str, str]


def _lines(name: str) -> list[Line]:
    """The lines of one file, each column with something in it, if only a blank."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, restval=""))


def _since(line: Line) -> date | None:
    return date.fromisoformat(line["from"]) if line["from"] else None


# ---------------------------------------------------------------------------------------------------------------------
# Each row has a line


def test_every_table_has_its_file() -> None:
    """And no file is left over."""
    others = {"limits", "terms", "profiles", "updaters"}
    assert {table.id for table in TABLES} | others == {path.stem for path in FOLDER.glob("*.csv")}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.id)
def test_every_code_has_its_line(table: Table) -> None:
    """Known by code and first day; none stands twice."""
    rows = [(row.code, str(row.valid_from or "")) for row in table.codes]
    lines = [(line["code"], line["from"]) for line in _lines(table.id)]
    assert sorted(rows) == sorted(lines)
    assert len(lines) == len(set(lines))


def test_every_other_row_has_its_line() -> None:
    """Limits and terms known by id and first day, advice by the gateway's number, updaters' codes by service."""
    limits = [(limit.id, "" if limit.valid_from == ALWAYS else str(limit.valid_from)) for limit in LIMITS]
    assert sorted(limits) == sorted((line["limit"], line["from"]) for line in _lines("limits"))
    terms = [(row.id, "" if row.valid_from == ALWAYS else str(row.valid_from)) for row in TERMS]
    assert sorted(terms) == sorted((line["terms"], line["from"]) for line in _lines("terms"))
    profiles = [(gateway, sent) for gateway, profile in PROFILES.items() for sent in profile]
    assert sorted(profiles) == sorted((line["gateway"], line["sends"]) for line in _lines("profiles"))
    updaters = [(row.service, row.code) for row in UPDATER_CODES]
    assert sorted(updaters) == sorted((line["service"], line["code"]) for line in _lines("updaters"))


# ---------------------------------------------------------------------------------------------------------------------
# Codes

CODES = [(table, line) for table in TABLES for line in _lines(table.id)]
CODE_IDS = [f"{table.id}:{line['code']}{'@' + line['from'] if line['from'] else ''}" for table, line in CODES]
each_code = pytest.mark.parametrize(("table", "line"), CODES, ids=CODE_IDS)


def _row(table: Table, line: Line) -> Code:
    return next(row for row in table.codes if (row.code, row.valid_from) == (line["code"], _since(line)))


def _first_and_last(table: Table, line: Line) -> Iterator[date]:
    """The first and the last day on which the row speaks, today where there is none."""
    row = _row(table, line)
    last_day = row.valid_to - timedelta(days=1) if row.valid_to else TODAY
    yield _since(line) or last_day
    yield max(last_day, _since(line) or last_day)


def _network(table: Table) -> str:
    return "" if table.kind is Kind.GATEWAY else table.key.replace(EVERY_CARD, "jcb")


def _answer(table: Table, line: Line, beside: str | None = None) -> Answer:
    """An answer with this code, and others that mean the same as the network's `beside`: not enough funds."""
    code = line["code"].partition("-")[0].replace(EVERY_CARD, "a code that nobody lists")
    own = table.kind is Kind.GATEWAY
    return Answer(
        gateway=table.key if own else "stripe",
        network=_network(table) or ("visa" if beside else ""),
        advice_code=code if table.kind is Kind.ADVICE else None,
        raw_code=code if table.kind is Kind.RAW else beside,
        gateway_code=code if own else beside and "insufficient_funds",
    )


def _class(line: Line) -> DeclineClass:
    """The class of a decline that carries the code; approval in it contradicts itself."""
    return DeclineClass.UNKNOWN if line["class"] == "not_a_decline" else DeclineClass(line["class"])


@each_code
def test_a_code_means_what_its_line_says(table: Table, line: Line) -> None:
    """On its first day and on its last: class, reason, wait, stop, and whether it is listed at all."""
    for day in _first_and_last(table, line):
        verdict = classify(_answer(table, line), day)
        assert (_class(line), line["reason"]) == (verdict.decline_class, verdict.reason)
        assert (float(line["wait_hours"] or 0), line["stop"] == "card") == (
            (verdict.retry_after or timedelta()) / timedelta(hours=1),
            verdict.hard_stop,
        )
        assert ((rule_id(table, _row(table, line)),), line["code"] != EVERY_CARD) == (verdict.rules, verdict.known)


@each_code
def test_a_code_is_silent_beside_others_if_its_line_says_so(table: Table, line: Line) -> None:
    """Otherwise it is heard, whatever else the answer holds."""
    (day, *_) = _first_and_last(table, line)
    heard = rule_id(table, _row(table, line)) in classify(_answer(table, line, beside="51"), day).rules
    assert (line["beside_others"] != "silent") == heard


@pytest.mark.parametrize(
    ("table", "line"), [one for one in CODES if one[1]["from"]], ids=[name for name in CODE_IDS if "@" in name]
)
def test_a_dated_code_does_not_speak_the_day_before(table: Table, line: Line) -> None:
    """An older row does, or none."""
    first_day = date.fromisoformat(line["from"])
    before = classify(_answer(table, line), first_day - timedelta(days=1))
    assert line["class_the_day_before"] == before.decline_class
    assert rule_id(table, _row(table, line)) not in before.rules


@each_code
def test_what_is_shown_beside_a_decision_is_what_the_line_says(table: Table, line: Line) -> None:
    """The network's category, and whether the money may have moved all the same."""
    row = _row(table, line)
    assert (line["category"], line["uncertain"]) == (str(row.category or ""), row.uncertain)
    assert (line["stop"] or None) == row.stop


def _scheme(table: Table) -> str:
    return _network(table) or "visa"


def _begun(table: Table, line: Line, policy: Policy | None = None, *stops: Stop) -> Story:
    """An invoice of a day on which the row is in force, to be charged on method A; method B is on file too."""
    scheme = _scheme(table)
    (day, *_) = _first_and_last(table, line)
    issued_at = datetime.combine(day, time(8), UTC)
    facts = make.facts(
        make.method("a", scheme),
        make.method("b", scheme),
        policy=policy,
        invoice=make.invoice(invoice_on=day, issued_at=issued_at),
        stops={"fp_a": stops},
    )
    return Story(facts, issued_at)


def _is_planned(story: Story) -> bool:
    return any(isinstance(step.action, Charge) for step in story.plan.steps)


@each_code
def test_only_a_decline_for_later_leaves_retries_and_another_method_always_does(table: Table, line: Line) -> None:
    """The debt on the declined card or account stands on one side of the stop, the same debt on another beyond it."""
    story = _begun(table, line).work(Declined(answer=_answer(table, line))).send()
    assert (_class(line) is DeclineClass.RETRY_LATER) == _is_planned(story)
    story.at(story.now + TICK).tie(make.method("b", _scheme(table)))
    assert _is_planned(story)


@each_code
def test_a_stop_of_the_card_and_wrong_data_hold_for_the_next_debt_and_nothing_else_does(
    table: Table, line: Line
) -> None:
    """The next invoice's first charge becomes a request for another method, or is made."""
    declined = _begun(table, line).work(Declined(answer=_answer(table, line))).attempt
    assert declined.reason
    assert declined.decline_class
    stop = Stop(
        attempt_id=declined.id,
        invoice_id=make.sibling().invoice_id,
        at=declined.started_at - DAY,
        reason=declined.reason,
        decline_class=declined.decline_class,
        hard_stop=declined.hard_stop,
    )
    wrong_data = line["class"] == DeclineClass.UPDATE_METHOD or line["reason"] == DeclineReason.INCORRECT_PIN
    assert (line["stop"] != "card" and not wrong_data) == _is_planned(_begun(table, line, None, stop))


@pytest.mark.parametrize(
    ("table", "line"),
    [one for one in CODES if one[1]["wait_hours"]],
    ids=[name for name, (_, line) in zip(CODE_IDS, CODES, strict=True) if line["wait_hours"]],
)
def test_a_wait_ends_to_the_instant(table: Table, line: Line) -> None:
    """An operator is refused an instant before it is over, and may charge when it is; so the plan begins no earlier."""
    looser = Policy(
        version=2,
        ceilings=(Ceiling(limit_id="card-amount-24h", attempts_max=9),),
        overrides=(Override(limit_id="card-amount-24h", reason="to see the wait", by="Kari", at=make.YEAR_BEFORE),),
    )
    story = _begun(table, line, looser).work(Declined(answer=_answer(table, line)))
    over_at = story.now + timedelta(hours=int(line["wait_hours"]))
    assert over_at == network_delay(story.facts, story.own("pm_a"), story.now.date())
    assert over_at <= next(step.at for step in story.plan.steps if isinstance(step.action, Charge))
    story.at(over_at - TICK)
    with pytest.raises(Refused) as refused:
        story.retry(no())
    assert refused.value.code is RefusalCode.LIMIT_REACHED
    story.at(over_at).retry(yes())
    assert not story.invoice.is_open


# ---------------------------------------------------------------------------------------------------------------------
# Limits

FIRST_AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
EACH_LIMIT = _lines("limits")
each_limit = pytest.mark.parametrize(
    "line", EACH_LIMIT, ids=[f"{line['limit']}@{line['from'] or 'always'}" for line in EACH_LIMIT]
)


def _limits_on(line: Line, day: date) -> list[Limit]:
    """The editions of the limit that are in force on a day: one, or none."""
    schemes = {limit.scheme.replace(EVERY_CARD, "amex") for limit in LIMITS if limit.id == line["limit"]}
    return [limit for scheme in schemes for limit in limits_for(scheme, day) if limit.id == line["limit"]]


def _limit(line: Line) -> Limit:
    (limit,) = _limits_on(line, _since(line) or TODAY)
    return limit


def _uses(count: int) -> list[Use]:
    """So many attempts for one invoice, amount and card, a minute apart."""
    return [
        Use(at=FIRST_AT + timedelta(minutes=n), amount_minor=9900, currency="NOK", invoice_id="inv_1")
        for n in range(count)
    ]


def _open_at(line: Line, uses: list[Use], at: datetime, *, automatic: bool = True) -> datetime:
    return permit(
        [_limit(line)], uses, amount_minor=9900, currency="NOK", invoice_id="inv_1", automatic=automatic, at=at
    ).at  # fmt: skip


@each_limit
def test_a_limit_has_room_up_to_its_number_and_none_beyond(line: Line) -> None:
    """With one attempt less the next goes at once; with all of them it waits, or never goes."""
    count = int(line["attempts"])
    short, full = _uses(count - 1), _uses(count)
    at = full[-1].at
    assert at == _open_at(line, short, at)
    opens_at = NEVER if line["window"] == "from the first" else FIRST_AT + int(line["days"]) * DAY
    assert opens_at == _open_at(line, full, at)


@each_limit
def test_a_window_ends_to_the_instant(line: Line) -> None:
    """A rolling one opens when its oldest attempt has left it; one from the first attempt on closes after its last."""
    end_at = FIRST_AT + int(line["days"]) * DAY
    if line["window"] == "rolling":
        full = _uses(int(line["attempts"]))
        assert [end_at, end_at] == [_open_at(line, full, at) for at in (end_at - TICK, end_at)]
    else:
        once = _uses(1)
        assert [end_at, NEVER] == [_open_at(line, once, at) for at in (end_at, end_at + TICK)]


@each_limit
def test_a_limit_counts_what_its_line_says_and_holds_whom_it_says(line: Line) -> None:
    """Another amount or invoice leaves room where they are counted apart; a customer goes where only we are held."""
    full = _uses(int(line["attempts"]))
    at = full[-1].at
    has_room = {
        "card_amount": _open_at(line, [replace(use, amount_minor=1) for use in full], at) == at,
        "invoice": _open_at(line, [replace(use, invoice_id="inv_2") for use in full], at) == at,
    }
    assert {"card_amount": line["per"] == "card_amount", "invoice": line["per"] == "invoice"} == has_room
    assert (line["holds"] == "automatic") == (_open_at(line, full, at, automatic=False) == at)


@each_limit
def test_an_edition_holds_from_its_first_day_on(line: Line) -> None:
    """The day before, an older edition allowed another number, or nothing was limited."""
    first_day = _since(line)
    assert [int(line["attempts"])] == [limit.attempts_max for limit in _limits_on(line, first_day or TODAY)]
    if first_day:
        before = [str(limit.attempts_max) for limit in _limits_on(line, first_day - timedelta(days=1))]
        assert ([line["attempts_the_day_before"]] if line["attempts_the_day_before"] else []) == before


# ---------------------------------------------------------------------------------------------------------------------
# The form of debits, advice that is renumbered, updaters


@pytest.mark.parametrize("line", _lines("terms"), ids=lambda line: line["terms"])
def test_a_debit_has_the_form_that_its_line_says(line: Line) -> None:
    """From its first day on; the day before, nothing is demanded."""
    scheme, _, turn = line["terms"].partition("-")
    numbers = (1,) if turn == "first" else (2, 3)
    for number in numbers:
        terms = presentment_terms(scheme, number, _since(line) or TODAY)
        unit = "working" if terms.in_working_days else "calendar"
        notice = "" if terms.prenotification_days is None else f"{terms.prenotification_days} {unit} days"
        same = {"amount": terms.same_amount, "originator": terms.same_originator}
        assert (line["terms"], line["notice"]) == (terms.id, notice)
        assert (line["entry_description"], line["transaction_code"], line["sequence_type"]) == (
            terms.entry_description or "", terms.transaction_code or "", terms.sequence_type or "",
        )  # fmt: skip
        assert line["same"].split() == [name for name, demanded in same.items() if demanded]
    first_day = _since(line)
    if first_day:
        assert "none" == presentment_terms(scheme, numbers[0], first_day - timedelta(days=1)).id


@pytest.mark.parametrize("line", _lines("profiles"), ids=lambda line: f"{line['gateway']}:{line['sends']}")
def test_renumbered_advice_means_what_its_line_says(line: Line) -> None:
    """Through this gateway; through one without a profile the number is the network's own."""
    for gateway, meant in ((line["gateway"], line["means"]), ("stripe", line["sends"])):
        rules = classify(Answer(gateway=gateway, network="mastercard", advice_code=line["sends"]), TODAY).rules
        listed = any(one["code"] == meant for one in _lines("mastercard-advice"))
        assert (f"mastercard-advice:{meant if listed else EVERY_CARD}",) == rules


@pytest.mark.parametrize("line", _lines("updaters"), ids=lambda line: f"{line['service']}:{line['code']}")
def test_an_updaters_code_asks_what_its_line_says(line: Line) -> None:
    """However it is cased and spaced; through another service it says nothing."""
    found = updater_code(line["service"], f" {line['code'].lower()} ")
    assert found
    assert line["asks"] == found.effect
    assert updater_code("another service", line["code"]) is None

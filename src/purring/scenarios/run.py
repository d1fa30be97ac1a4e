"""Plays stories against the production engine on a virtual clock and says what came out differently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from purring.domain.errors import InvalidInput, PurringError
from purring.domain.money import Money, total
from purring.domain.notice import NoticeStatus
from purring.domain.policy import Policy
from purring.gateways.sandbox.oracle import movements
from purring.operations.customers import NewPerson, create_customer
from purring.operations.merchants import create_merchant
from purring.scenarios.act import Actor, add_method, hand_over, start_subscription
from purring.scenarios.actions import Action
from purring.scenarios.crash import Crashes
from purring.scenarios.expect import Comparison, Difference, News
from purring.scenarios.expected import Expect
from purring.scenarios.format import Finally
from purring.scenarios.given import CustomerPart
from purring.scenarios.moment import StoryTime
from purring.scenarios.observe import shown
from purring.scenarios.parse import Story, Timed, read_story
from purring.scenarios.part import Part
from purring.scenarios.player import Player
from purring.scenarios.trace import Trace
from purring.scenarios.world import World
from purring.store import merchants
from purring.store.engine import Store, open_store, upgrade
from purring.store.events import Event
from purring.store.invariants import check

RUN_ON_MAX = timedelta(days=100)
"""By then the invoices of a story have nothing more planned, or something is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a story. `trace`: a line for everything that happened; `ending`: how each invoice ended, by name."""

    differences: tuple[Difference, ...]
    trace: tuple[str, ...]
    ending: Mapping[str, str]

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.differences


def run_scenario(path: Path, database_url: str | None = None) -> Result:
    """Play a file on an empty database; without a URL, on an embedded one that is thrown away.

    Raises InvalidInput for a file that is no story, StoreUnavailable, ConfigError.
    """
    return run_story(read_story(path), database_url)


def run_story(story: Story, database_url: str | None = None, crashes: Crashes | None = None) -> Result:
    """Play a story, and let its worker die where `crashes` says. Raises as `run_scenario`."""
    with TemporaryDirectory(prefix="purring-story-") as directory:
        if database_url is None:
            database_url = f"sqlite:///{directory}/story.sqlite3"
            upgrade(database_url)
        store = open_store(database_url, durable=False)
        try:
            _require_empty(store)
            return _Run(story, store, Path(directory), crashes or Crashes()).result()
        finally:
            store.close()


def _require_empty(store: Store) -> None:
    """Refuse a database that holds somebody's data: a story moves the clock of everything in it."""
    store.check()
    with store.reading() as conn:
        if merchants.all_of(conn):
            raise InvalidInput(
                f"The database {store.url} is not empty; a story needs one of its own.", field="database_url"
            )


class _Run:
    """One playing of one story."""

    def __init__(self, story: Story, store: Store, directory: Path, crashes: Crashes) -> None:
        self._story = story
        self._world = World(story, store, directory, crashes)
        self._trace = Trace(self._world)
        self._player = Player(self._world, self._trace.aside, crashes)
        self._actor = Actor(self._world, self._player)
        self._differences: list[Difference] = []
        self._copies = 0

    def result(self) -> Result:
        try:
            if self._is_given():
                for entry in self._story.entries:
                    self._play(entry)
                self._end()
            ending = self._ending()
        finally:
            self._player.close()
            self._world.close()
        return Result(differences=tuple(self._differences), trace=tuple(self._trace.lines), ending=ending)

    # What is given

    def _is_given(self) -> bool:
        """Give it all; what the operations refuse ends the story before it begins."""
        try:
            self._give()
        except PurringError as error:
            self._differ("given", error.message)
            return False
        return True

    def _give(self) -> None:
        """Put everything that is given into the store, as the operations would."""
        given, world = self._story.scenario.given, self._world
        part = given.merchant
        merchant = create_merchant(
            world.services,
            name=part.name,
            timezone=part.timezone,
            locale=part.locale,
            support_email=part.support_email,
            policy=part.policy.over(Policy()),
        )
        world.merchant_id = merchant.id
        for name, customer in given.customers.items():
            self._give_customer(name, customer, part.timezone)
        for name, method in given.methods.items():
            add_method(world, name, method)
        for name, subscription in given.subscriptions.items():
            start_subscription(world, name, subscription)
        for name, invoice in given.invoices.items():
            hand_over(world, name, invoice)

    def _give_customer(self, name: str, part: CustomerPart, timezone: str) -> None:
        people = [
            NewPerson(name=person.name, email=person.email, locale=person.locale, role=person.role)
            for person in part.people
        ] or [NewPerson(name="Billing", email=f"billing@{name}.example", locale=part.locale)]
        customer = create_customer(
            self._world.services,
            self._world.merchant_id,
            name=part.name or name.capitalize(),
            timezone=part.timezone or timezone,
            locale=part.locale,
            country=part.country,
            people=people,
        )
        self._world.customers[name] = customer.id

    # What happens

    def _play(self, timed: Timed) -> None:
        """Let time pass up to an entry, do what it says, and compare."""
        self._player.advance(timed.at)
        before = self._trace.catch_up()
        for action in timed.entry.do:
            self._act(action, timed)
            before += self._trace.catch_up()
        self._player.work()
        before += self._trace.catch_up()
        self._compare(timed.entry.expect, timed.reckoned, before)
        self._copies = len(self._world.outbox.messages)

    def _act(self, action: Action, timed: Timed) -> None:
        """Do one thing, and see whether it was to be refused."""
        what = f"{action.name.replace('_', ' ')} {_said(action.details, self._world)}"
        self._trace.heading(f"line {timed.line}: {what}".rstrip())
        try:
            self._actor.act(action, timed.reckoned)
        except PurringError as error:
            self._refused(action, error, timed)
            return
        if action.refused is not None:
            self._differ(action.name, f"expected it to be refused with {action.refused.code.value}, but it was done")

    def _refused(self, action: Action, error: PurringError, timed: Timed) -> None:
        self._trace.aside(f"refused: {error.code}: {error.message}")
        if action.refused is None:
            self._differ(action.name, f"line {timed.line}: {error.message}")
            return
        if error.code != action.refused.code:
            self._differ(action.name, f"expected {action.refused.code.value}, was {error.code}: {error.message}")
        listed = [self._world.name_of(thing_id) for thing_id in error.details]
        missing = [name for name in action.refused.names if name not in listed]
        if missing:
            self._differ(
                action.name, f"expected the refusal to list {', '.join(missing)}; it lists {', '.join(listed)}"
            )

    def _compare(self, expect: Expect | None, reckoned: StoryTime, events: Sequence[Event]) -> None:
        if expect is None:
            return
        copies = self._world.copies()
        news = News(copies=copies[self._copies :], copies_before=copies[: self._copies], events=events)
        found = Comparison(self._world, reckoned).differences(expect, news)
        self._differences += found
        self._trace.heading("as expected" if not found else f"not as expected: {'; '.join(map(str, found))}")

    def _differ(self, about: str, text: str) -> None:
        at = self._world.local(self._world.clock.now())
        self._differences.append(Difference(at=at, about=about.replace("_", " "), text=text))

    # How it ends

    def _end(self) -> None:
        """Run on until nothing more is planned, compare for the last time, and check the invariants."""
        self._check_invariants()
        ending = self._story.scenario.finally_ or Finally()
        before = self._digest()
        ids = list(self._world.invoices().values())
        self._player.advance(self._world.clock.now() + RUN_ON_MAX, is_over=lambda: not self._world.has_plans(ids))
        events = self._trace.catch_up()
        if self._world.has_plans(ids):
            self._differ("finally", f"after {RUN_ON_MAX.days} days there is still something planned")
        if ending.nothing_more:
            self._require_nothing_more(before)
        last = self._story.entries[-1]
        reckoned = replace(last.reckoned, previous_at=last.at)
        self._compare(ending.expect, reckoned, events)
        self._check_invariants()

    def _digest(self) -> dict[str, str]:
        """What can still change about each invoice, in words."""
        return {name: self._state(name) for name in self._world.invoices()}

    def _state(self, name: str) -> str:
        facts = self._world.facts(name)
        recovery = facts.recovery.status.value if facts.recovery else "none"
        subscription = facts.subscription.status.value if facts.subscription else "none"
        sent = sum(notice.status is NoticeStatus.SENT for notice in facts.notices)
        attempts = [attempt.status.value for attempt in facts.attempts]
        return (
            f"{facts.invoice.status.value}, recovery {recovery}, subscription {subscription}, "
            f"attempts {', '.join(attempts) or 'none'}, {sent} notices sent"
        )

    def _require_nothing_more(self, before: Mapping[str, str]) -> None:
        for name, state in before.items():
            if self._state(name) != state:
                self._differ(f"finally, invoice {name}", f"expected nothing more; was {state}; is {self._state(name)}")

    def _ending(self) -> dict[str, str]:
        """Where each invoice stands, and what the gateway holds for it."""
        held, ending = _held_by_gateway(self._world), {}
        for name, invoice_id in self._world.invoices().items():
            invoice = self._world.facts(name).invoice
            taken = ", ".join(map(str, sorted(held.get(invoice_id, [])))) or "nothing"
            ending[name] = f"{invoice.status}, paid {invoice.paid_minor}, at the gateway {taken}"
        return ending

    def _check_invariants(self) -> None:
        world = self._world
        with world.services.store.reading() as conn:
            results = check(conn, world.clock.now(), _held_by_gateway(world))
        for result in results:
            if not result.holds:
                self._differ(f"invariant {result.number}", f"{result.name}: broken by {', '.join(result.examples)}")


def _held_by_gateway(world: World) -> dict[str, list[Money]]:
    """What the gateway has taken for each invoice and still holds, charge by charge."""
    held: defaultdict[tuple[str, str], list[Money]] = defaultdict(list)
    for one in movements(world.sandbox.ledger_path):
        came_in = one.kind in {"captured", "chargeback_reversed"}
        held[one.invoice_id, one.key].append(one.amount if came_in else -one.amount)
    by_invoice: defaultdict[str, list[Money]] = defaultdict(list)
    for (invoice_id, _), parts in held.items():
        rest = total(parts, parts[0].currency)
        by_invoice[invoice_id] += [rest] if rest else []
    return by_invoice


def _said(details: Part, world: World) -> str:
    """What the file says about an action, in one line."""
    fields = ((name, getattr(details, name)) for name in type(details).model_fields if name in details.model_fields_set)
    return ", ".join(f"{name.rstrip('_')} {shown(value, world)}" for name, value in fields if name not in _SCRIPT)


_SCRIPT = {"answers", "afterwards"}


# ---------------------------------------------------------------------------------------------------------------------
# The command


def main(paths: Sequence[Path], *, trace: bool, database_url: str | None, out: TextIO) -> int:
    """Play files one after the other, each with a report; 0: all as they say, 1: one is not, 2: one is no story."""
    if database_url is not None and len(paths) > 1:
        out.write("Each story needs an empty database: give one file, or leave the database out.\n")
        return 2
    codes = [_report(path, trace=trace, database_url=database_url, out=out) for path in paths]
    return max(codes, default=0)


def _report(path: Path, *, trace: bool, database_url: str | None, out: TextIO) -> int:
    try:
        story = read_story(path)
        result = run_story(story, database_url)
    except InvalidInput as error:
        out.write(f"{error.message}\n")
        return 2
    out.write(f"{'ok  ' if result.passed else 'FAIL'} {path.name}: {story.scenario.title}\n")
    shown = [*(f"  {line}" for line in result.trace)] if trace else []
    shown += [f"  {difference}" for difference in result.differences]
    out.write("".join(f"{line}\n" for line in shown))
    return 0 if result.passed else 1

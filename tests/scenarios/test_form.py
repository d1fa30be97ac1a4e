"""A file that is no story is refused with its line, with what is wrong, and with what would be right."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.errors import InvalidInput
from purring.scenarios.act import DEEDS
from purring.scenarios.actions import Action
from purring.scenarios.parse import BYTES_MAX, parse_story, read_story
from purring.scenarios.part import keys_of
from tests.scenarios.stories import STORY, spoiled


def _complaint(text: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        parse_story(text, "story.yaml")
    return caught.value.message


WRONG = {
    "unknown key at the top": (
        ("title:", "titel:"),
        "story.yaml:1: unknown key titel; the keys here are title, tells, begins, given, timeline, finally.",
    ),
    "unknown key in an expectation": (
        ("status: past_due", "state: past_due"),
        "story.yaml:12: timeline[1].expect.subscriptions.main: unknown key state; the keys here are status, reason, ",
    ),
    "unknown action": (
        ("  - at: day 2\n", "  - at: day 2\n    do: [{fly: {}}]\n"),
        "story.yaml:15: timeline[2].do[1]: unknown key fly; the keys here are add_method, ",
    ),
    "missing key": (("price: 249.00 NOK, ", ""), "story.yaml:7: given.subscriptions.main.price is needed."),
    "unknown status": (
        ("status: past_due", "status: overdue"),
        "story.yaml:12: timeline[1].expect.subscriptions.main.status: expected 'trialing', 'active', 'past_due', ",
    ),
    "amount in wrong units": (
        ("249.00 NOK", "249.001 NOK"),
        "story.yaml:7: given.subscriptions.main.price: '249.001 NOK' has 3 decimals but NOK has 2; round it to 2.",
    ),
    "amount without a currency": (("249.00 NOK", "249"), "story.yaml:7: given.subscriptions.main.price: '249' is not "),
    "unknown currency": (("249.00 NOK", "249.00 NKR"), "'NKR' is not an active ISO 4217 currency"),
    "unknown answer": (
        ("decline insufficient_funds", "refuse"),
        "story.yaml:5: given.methods.visa.answers[1]: 'refuse' is not a sandbox answer; write one of: approve; ",
    ),
    "unknown reason": (("insufficient_funds", "no_money"), "'no_money' is not a decline reason; use one of: "),
    "unknown network": (("card: visa", "card: vissa"), "'vissa' is no card network; use one of visa, mastercard,"),
    "card and account": (
        ("card: visa", "card: visa, bank_account: sepa"),
        "story.yaml:5: given.methods.visa: write either card or bank_account.",
    ),
    "unknown language": (("language: en", "language: xx"), "'xx' is not a language we have; use one of en, nb."),
    "time with a T": (
        ("at: 2026-05-01\n", "at: 2026-05-01T10:00\n"),
        "story.yaml:9: timeline[1].at: '2026-05-01T10:00' has a T between day and time; write a space.",
    ),
    "time with an offset": (
        ("at: 2026-05-01\n", "at: 2026-05-01 10:00+02:00\n"),
        "'2026-05-01 10:00+02:00' is no moment; write it like one of ",
    ),
    "time that no clock shows": (
        ("at: 2026-05-01\n", "at: 2026-05-01 25:00\n"),
        "25:00 is shown by no clock; write 00:00 to 23:59.",
    ),
    "unknown zone": (("at: 2026-05-01\n", "at: 2026-05-01 Mars/Olympus\n"), "'Mars/Olympus' is not a time zone"),
    "day that isn't": (("at: 2026-05-01\n", "at: 2026-02-30\n"), "'2026-02-30' is no date; write it like 2026-03-04."),
    "entries out of order": (
        ("at: day 2", "at: 2026-04-30"),
        "story.yaml:14: this comes before 2026-05-01 23:59, where the story already is; put it in its place.",
    ),
    "time that the clocks skip": (
        ("at: day 2", "at: 2027-03-28 02:30"),
        "story.yaml:14: The clocks of Europe/Oslo skip 02:30 on 2027-03-28; write another time.",
    ),
    "number where text belongs": (
        ("{card: visa,", "{card: 5,"),
        "story.yaml:5: given.methods.visa.card: '5' is no card network",
    ),
    "text where a number belongs": (
        ("method: visa}", "method: visa, quantity: many}"),
        "story.yaml:7: given.subscriptions.main.quantity: expected a whole number.",
    ),
    "policy that can't be kept": (
        ("given:\n", "given:\n  merchant: {policy: {window_days: 200}}\n"),
        "story.yaml:4: given.merchant.policy: policy window_days must be 1 to 90 days.",
    ),
    "unknown clause": (
        ("attempts: 1", "barrier: no.reason"),
        "story.yaml:11: timeline[1].expect.invoices.main.barrier: 'no.reason' is no clause; use none or one of ",
    ),
    "entry without anything": (
        ("    expect:\n      invoices: {main: {status: paid, attempts: 2}}\n", ""),
        "story.yaml:14: timeline[2]: nothing happens here and nothing is expected; write do or expect.",
    ),
    "two actions in one": (
        ("  - at: day 2\n", "  - at: day 2\n    do: [{resume: {invoice: main}, skip_next: {invoice: main}}]\n"),
        "story.yaml:15: timeline[2].do[1]: expected one action, found resume, skip_next.",
    ),
    "a key twice": (("tells:", "title: another\ntells:"), "story.yaml:2: title stands here twice; keep one."),
    "an alias": (
        ("[§1.2]", "&all [§1.2]\nnote: *all"),
        "story.yaml:3: anchors and aliases are not read; write it out.",
    ),
    "a tag": (("249.00 NOK", "!!float 249.00"), "story.yaml:7: tags such as tag:yaml.org,2002:float are not read"),
    "broken YAML": (("tells: [§1.2]", "tells: [§1.2"), "story.yaml:3: is not YAML: expected ',' or ']'"),
    "no section": (("§1.2", "chapter one"), "'chapter one' is no section of the behaviour; write §1 or §1.2."),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named_with_its_line_and_remedy(name: str) -> None:
    """Each thing that can be wrong has a complaint of its own, on the line where it stands."""
    (old, new), expected = WRONG[name]
    assert expected in _complaint(spoiled(old, new))


def test_a_story_without_expectations_is_refused() -> None:
    """A story that says nothing must be true can't fail, so it isn't one."""
    silent = STORY[: STORY.index("timeline:")] + "timeline:\n  - at: day 1\n    do: [{pause: {invoice: main}}]\n"
    assert "the story expects nothing; say what must be true in an expect" in _complaint(silent)


def test_everything_that_is_wrong_is_named_at_once() -> None:
    """Two mistakes give two lines."""
    complaint = _complaint(spoiled("status: past_due", "status: overdue").replace("card: visa", "card: vissa"))
    assert ["story.yaml:5", "story.yaml:12"] == [":".join(line.split(":")[:2]) for line in complaint.splitlines()]


@pytest.mark.parametrize("text", ["", "just words", "- a\n- list", "[" * 5000])
def test_what_is_no_mapping_is_no_story(text: str) -> None:
    """An empty file, a text, a list and a heap of brackets are refused, not choked on."""
    assert "story.yaml" in _complaint(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file, one that isn't UTF-8 and one that is far too long each have their message."""
    for name, content in (("latin.yaml", "title: blåbær".encode("latin-1")), ("long.yaml", b"#" * (BYTES_MAX + 1))):
        (tmp_path / name).write_bytes(content)
    for name, message in {"none.yaml": "No such file", "latin.yaml": "not UTF-8", "long.yaml": "is longer"}.items():
        with pytest.raises(InvalidInput, match=message):
            read_story(tmp_path / name)


def test_words_of_yaml_mean_what_they_look_like() -> None:
    """`NO` is Norway, `on` is a word, 10:00 is a time of day and a date is a date."""
    text = spoiled("given:\n", "given:\n  merchant: {policy: {retry_at: 09:30}}\n  customers: {no: {country: NO}}\n")
    story = parse_story(text, "story.yaml")
    assert "NO" == story.scenario.given.customers["no"].country
    assert 9 == getattr(story.scenario.given.merchant.policy.retry_at, "hour", None)


def test_every_action_of_the_form_is_done() -> None:
    """What can be written can be done, and the other way round."""
    assert set(keys_of(Action)) - {"refused"} == set(DEEDS)


@given(st.text(max_size=200) | st.builds(lambda at, new: STORY[:at] + new + STORY[at:], st.integers(0, 700), st.text()))
def test_no_text_makes_the_reader_stumble(text: str) -> None:
    """Whatever is written, it is a story with entries, or it is refused as bad input and nothing else."""
    with suppress(InvalidInput):
        assert parse_story(text, "story.yaml").entries

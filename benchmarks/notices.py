"""How many notices one core renders and composes a minute, beside two floors measured in the same run.

Every sample in every language, each with another person, invoice and amount, so that nothing but templates and formats
is found in a cache: the context read from JSON's values, subject, text, HTML, and the whole mail as bytes. The floors:
`str.format` of a fixed text and a fixed HTML of the same length, and those composed. Handing
over to a mail server isn't part of it: benchmarks/handing_over.py measures that.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.shared.results import figure, merge
from purring.domain.ids import DeliveryId, NoticeId
from purring.i18n.locales import locales
from purring.notices.compose import composed
from purring.notices.message import Message
from purring.notices.render import Rendered, render
from purring.notices.samples import Sample, samples
from purring.notices.stored_context import from_json

CLAIMED_A_MINUTE = 10_000
AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
FIXED_TEXT = "Hello {name},\n\n" + "The payment of {amount} was declined.\n" * 15
FIXED_HTML = "<p>Hello {name},</p>\n" + "<p style='color:#1f2328'>The payment of {amount} was declined.</p>\n" * 200

Job = tuple[Sample, str, int]


def jobs(rounds: int) -> list[Job]:
    """Every sample in every language, so many times, each with a number of its own."""
    pairs = [(sample, locale) for sample in samples() for locale in locales()] * rounds
    return [(sample, locale, number) for number, (sample, locale) in enumerate(pairs, 1)]


def rendered(job: Job) -> Rendered:
    """One notice, from its stored context."""
    sample, locale, number = job
    stored = {**sample.context, "invoice_number": f"2026-{number:06d}", "amount": f"{number}.50 NOK"}
    return render(sample.kind, from_json(sample.kind, stored), locale, f"Kari Nordmann {number}")


def mailed(job: Job) -> bytes:
    """One notice as the bytes of its mail."""
    notice = rendered(job)
    return composed(message(job[2], notice.subject, notice.body_text, notice.body_html))


def formatted(job: Job) -> tuple[str, str]:
    """The floor of rendering: fixed texts with two values filled in."""
    values = {"name": f"Kari Nordmann {job[2]}", "amount": f"{job[2]}.50 NOK"}
    return FIXED_TEXT.format(**values), FIXED_HTML.format(**values)


def formatted_mail(job: Job) -> bytes:
    """The floor of a whole mail: the same as bytes."""
    text, html = formatted(job)
    return composed(message(job[2], "Your payment was declined", text, html))


def message(number: int, subject: str, text: str, html: str) -> Message:
    """A mail to nobody."""
    return Message(
        delivery_id=DeliveryId(f"dlv_{number}"),
        thread=NoticeId(f"ntc_{number}"),
        at=AT,
        locale="en",
        from_name="Nordlys Skylagring",
        from_email="billing@nordlys.example",
        to_name=f"Kari Nordmann {number}",
        to_email=f"kari{number}@example.com",
        reply_to="",
        subject=subject,
        body=text,
        body_html=html,
    )


def ms_each(call: Callable[[Job], object], those: list[Job], repeats: int) -> float:
    """Milliseconds of CPU for one notice: the median of some rounds."""
    taken = []
    for _ in range(repeats):
        started = time.process_time()
        for job in those:
            call(job)
        taken.append((time.process_time() - started) / len(those) * 1e3)
    return statistics.median(taken)


def write_down(a_minute: dict[str, float]) -> None:
    """Keep each figure beside its floor."""
    against = {"rendered": "fixed texts, formatted", "rendered and composed": "fixed texts, formatted and composed"}
    found = [
        figure(f"notices a minute, {name}", a_minute[name], "a minute", against=floor, against_value=a_minute[floor])
        for name, floor in against.items()
    ]
    merge(found)


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="times that each sample is rendered in a round")
    parser.add_argument("--repeats", type=int, default=5, help="rounds, of which the median counts")
    parser.add_argument("--no-results", action="store_true", help="write nothing down")
    given = parser.parse_args()
    those = jobs(given.rounds)
    mailed(those[0])
    gc.freeze()
    contests: dict[str, Callable[[Job], object]] = {
        "rendered": rendered,
        "rendered and composed": mailed,
        "fixed texts, formatted": formatted,
        "fixed texts, formatted and composed": formatted_mail,
    }
    a_minute = {name: 60_000 / ms_each(call, those, given.repeats) for name, call in contests.items()}
    print(f"{'':40}{'a minute':>12}{'ms each':>10}")
    for name, rate in a_minute.items():
        print(f"{name:40}{rate:12,.0f}{60_000 / rate:10.3f}")
    found = a_minute["rendered and composed"]
    print(f"\nclaimed: {CLAIMED_A_MINUTE:,} a minute: {'kept' if found >= CLAIMED_A_MINUTE else 'MISSED'}")
    if not given.no_results:
        write_down(a_minute)
    return int(found < CLAIMED_A_MINUTE)


if __name__ == "__main__":
    sys.exit(main())

"""`purring merchant brand`, `purring notices text` and `preview` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from purring.cli.notices import NO_BROWSER
from purring.i18n.locales import locales
from purring.notices.samples import samples
from tests.cli.conftest import Purring, run
from tests.notices.pictures import png

RETRY = "payment_declined.retry"


def test_a_brand_is_shown_as_it_will_look(purring: Purring, tmp_path: Path) -> None:
    """A color that can't be read as a link is said to be darkened there; the button keeps it."""
    (tmp_path / "logo.png").write_bytes(png())
    out = purring(
        "merchant", "brand", "--color", "#FFD400", "--logo", "logo.png", "--reply-to", "a@b.example", "--footer", "B AS"
    ).out
    assert out.splitlines()[1:] == [
        "  color: #ffd400, with black text on buttons",
        "  links: #8a7200, since text in #ffd400 can't be read on white",
        f"  logo: 400 × 100 pixels, {len(png())} bytes",
        "  answers go to: a@b.example",
        "  footer: B AS",
    ]
    out = purring("merchant", "brand", "--no-logo", "--reply-to", "", "--footer", "", "--color", "#222").out
    assert out.splitlines()[1:] == [
        "  color: #222222, with white text on buttons",
        "  logo: none",
        "  answers go to: the support address",
    ]
    said = purring("merchant", "brand", *("--footer", "x" * 200) * 4)
    assert (65, True) == (said.exit_code, "at most 6 lines and 600 characters" in said.err)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--color", "red"), "write it like #0b5fff"),
        (("--logo", "nothing.png"), "nothing.png can't be read"),
        (("--logo", "a.png", "--no-logo"), "either --logo or --no-logo"),
        (("--reply-to", "nobody"), "looks like name@example.com"),
        (("--reply-to", "a@b.example\nBcc: x@y.example"), "looks like name@example.com"),
    ],
)
def test_a_brand_that_no_mail_could_show_is_refused(
    settings: pytest.MonkeyPatch, words: tuple[str, ...], told: str
) -> None:
    """The message says what would do; no database is asked."""
    said = run("merchant", "brand", *words)
    assert (65, True) == (said.exit_code, told in said.err), said.err


def test_a_text_is_tried_saved_listed_and_reset(purring: Purring) -> None:
    """Each step says what it did; a dry run saves nothing."""
    new = ("notices", "text", "set", RETRY, "Again on {next_attempt_on}.", "--locale", "en")
    tried = purring(*new, "--dry-run").out
    assert "Again on Tuesday, November 10, 2026." in tried
    assert tried.endswith("Nothing was saved.\n")
    assert [] == purring("notices", "text", "list", "--own").out.splitlines()[1:]
    assert "Again on Tuesday" in purring(*new).out
    assert ["yours"] == [line.split()[2] for line in purring("notices", "text", "list", "--own").out.splitlines()[1:]]
    shown = purring("notices", "text", "show", RETRY).out
    assert "Ours:  We will try again by ourselves on {next_attempt_on}.\nYours: Again on {next_attempt_on}." in shown
    assert "Must name: {next_attempt_on}\nMay name:  {amount}, {merchant_name}\n" in shown
    assert "Texts of your own: 1; no longer fitting: 0." in purring("notices", "text", "check").out
    assert f"{RETRY} is ours again in en.\n" == purring("notices", "text", "reset", RETRY, "--locale", "en").out
    assert 66 == purring("notices", "text", "reset", RETRY, "--locale", "en").exit_code


def test_all_texts_are_listed_in_both_languages(purring: Purring) -> None:
    """With the values they name."""
    lines = purring("notices", "text", "list").out.splitlines()
    assert any(line.startswith("shared.button_pay") and line.endswith("Betal nå") for line in lines)
    assert any(line.startswith("shared.button_pay") and line.endswith("Pay now") for line in lines)


def test_a_preview_needs_no_database_and_no_browser(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a browser it writes everything but pictures, and says how to get those."""
    settings.setenv("PATH", str(tmp_path))
    said = run("notices", "preview", "out")
    count = len(samples()) * len(locales())
    assert f"{count} notices: out/index.html\n{NO_BROWSER}\n" == said.out
    assert count == len(list((tmp_path / "out").glob("*.txt")))
    index = (tmp_path / "out" / "index.html").read_text()
    assert all(f'href="{sample.name}.nb.html"' in index for sample in samples())


def test_a_preview_shows_a_merchants_own_look(purring: Purring, tmp_path: Path) -> None:
    """Its name, its words, and its logo as a file beside the HTML."""
    (tmp_path / "logo.png").write_bytes(png())
    purring("merchant", "brand", "--logo", "logo.png")
    purring("notices", "text", "set", "shared.goodbye", "Cheers!", "--locale", "en")
    assert 0 == purring("notices", "preview", "out", "--no-pictures", "-m", "Booking AS").exit_code
    assert png() == (tmp_path / "out" / "logo.png").read_bytes()
    html = (tmp_path / "out" / "receipt.charged.en.html").read_text()
    assert all(part in html for part in ('src="logo.png" alt="Booking AS"', "Cheers!"))


def test_a_folder_or_browser_that_isnt_there_is_named(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The message says what to mend."""
    (tmp_path / "file").touch()
    said = run("notices", "preview", "file/out", "--no-pictures")
    assert (65, True) == (said.exit_code, "can't be written" in said.err)
    settings.setenv("PURRING_CHROMIUM", "no-such-browser")
    assert "PURRING_CHROMIUM names no-such-browser" in run("notices", "preview", "out").err

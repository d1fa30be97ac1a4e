"""The tutorial works as it is written, with every program that it starts."""

from __future__ import annotations

from pathlib import Path

import httpx2

from tests.docs.terminals import ROOT, reader


def test_the_first_hour_works(tmp_path: Path) -> None:
    """Every command of it, from an empty directory to a payment that was declined and got paid."""
    page = (ROOT / "docs" / "tutorial" / "first-hour.md").read_text()
    before, heading, after = page.partition("## 5. Let a week go by")
    assert heading
    with reader(tmp_path) as developer:
        developer.follow(before)
        (link,) = {word for line in developer.screens["work"].shown for word in line.split() if "://127" in word}
        shown = httpx2.get(link, follow_redirects=True, trust_env=False)
        assert 200 == shown.status_code
        assert developer.session["invoice"].number in shown.text
        developer.follow(after)
        developer.session["purring"].close()

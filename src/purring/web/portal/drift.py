"""Whether visitors get the page with the gateway's field as we serve it, asked at our own address from outside.

The page itself stands behind a sign-in. Its scripts don't, nor does the page that people sign in on, and both go the
same way through whatever proxy or CDN stands before us.

Source: PCI DSS 4.0.1, requirement 11.6.1 (changes of the page's headers and scripts, as browsers get them, are found).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx2

from purring.web.portal.payment_page import SCRIPTS, PageScript
from purring.web.security import CSP

TIMEOUT_S = 10
SIGN_IN = "/sign-in"

Get = Callable[[str], httpx2.Response]
"""Fetches a path of ours, as a browser would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One thing that was looked at: whether it is as we serve it, and if not, what to do."""

    is_well: bool
    text: str


class Loaded(HTMLParser):
    """What a page loads, runs and leads to. `inline`: whatever could act or change its look without a file of ours."""

    def __init__(self, page: str) -> None:
        """Read it."""
        super().__init__()
        self.scripts: list[str] = []
        self.inline: list[str] = []
        self.origins: set[str] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Sort one element and what stands in it."""
        given = {name: value or "" for name, value in attrs}
        if tag == "script":
            self.scripts.append(given.get("src", "inline"))
        if tag in {"style", "base", "iframe", "object", "embed"}:
            self.inline.append(tag)
        self.inline += [name for name in given if name.startswith(("on", "hx-")) or name in {"style", "srcdoc"}]
        for value in given.values():
            parts = urlsplit(value)
            if parts.netloc:
                self.origins.add(f"{parts.scheme}://{parts.netloc}")
            elif parts.scheme in {"javascript", "data"}:
                self.inline.append(value)


def look_at(base_url: str) -> list[Seen]:
    """Look at an installation that is served under an address."""
    with httpx2.Client(base_url=base_url, timeout=TIMEOUT_S, follow_redirects=False) as client:
        return list(look(client.get))


def look(get: Get) -> Iterator[Seen]:
    """Compare what comes with what the inventory lists; ends at the first address that can't be reached."""
    try:
        for script in SCRIPTS:
            yield _script(get(script.path), script)
        yield from _page(get(SIGN_IN))
    except httpx2.HTTPError as error:
        reason = f"{type(error).__name__}: {error}"
        yield Seen(
            is_well=False,
            text=f"payment page: can't be reached ({reason}); start `purring serve`, or mend PURRING_BASE_URL.",
        )


def _script(answer: httpx2.Response, script: PageScript) -> Seen:
    """Whether a script comes as it was recorded."""
    if answer.status_code != httpx2.codes.OK:
        return Seen(
            is_well=False, text=f"{answer.url}: answers {answer.status_code}; let what stands before us pass it on."
        )
    found = sha256(answer.content).hexdigest()
    if found != script.sha256:
        remedy = "take no cards until you know who changed it; a proxy that rewrites scripts must leave this one alone"
        return Seen(
            is_well=False, text=f"{answer.url}: is another script than this version's (SHA-256 {found}); {remedy}."
        )
    return Seen(is_well=True, text=f"{answer.url}: is the script that the inventory lists")


def _page(answer: httpx2.Response) -> Iterator[Seen]:
    """Whether a page of ours comes with our policy, and with nothing that we don't put there."""
    policy = answer.headers.get("content-security-policy", "")
    is_ours = policy == CSP
    said = "has our Content-Security-Policy" if is_ours else f"has the Content-Security-Policy {policy!r}"
    yield Seen(
        is_well=is_ours, text=f"{answer.url}: {said}{'' if is_ours else '; let what stands before us pass ours on.'}"
    )
    loaded = Loaded(answer.text)
    added = [*loaded.scripts, *loaded.inline]
    said = "loads no script and nothing inline" if not added else f"holds what isn't ours: {', '.join(added)[:200]}"
    yield Seen(is_well=not added, text=f"{answer.url}: {said}{'; turn off what adds it.' if added else ''}")

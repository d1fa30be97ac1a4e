"""Every notice in a folder, as HTML, text and pictures, with an index, so that a person can look them through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path

from purring.i18n.locales import LOCALES
from purring.notices.browser import Browser
from purring.notices.look import Look
from purring.notices.render import Rendered
from purring.notices.samples import Sample, rendered, samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One way to look at a mail."""

    name: str
    width: int
    dark: bool = False
    images: bool = True


SHOTS = (
    Shot(name="wide", width=640),
    Shot(name="wide-dark", width=640, dark=True),
    Shot(name="phone", width=320),
    Shot(name="phone-dark", width=320, dark=True),
)
WITHOUT_IMAGES = Shot(name="phone-without-images", width=320, images=False)

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Notices</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}
figure{display:inline-block;margin:0 1rem 1rem 0;vertical-align:top}img{border:1px solid #8888;max-width:100%}
h3{margin-bottom:.2rem}small{color:#6a737d}</style></head><body><h1>Notices</h1>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One notice in one language, and its files below the folder."""

    sample: Sample
    locale: str
    notice: Rendered

    @property
    def stem(self) -> str:
        """What its files' names begin with."""
        return f"{self.sample.name}.{self.locale}"


def write_preview(
    folder: Path, look: Look, browser: Browser | None, context: Mapping[str, object] | None = None
) -> int:
    """Write everything, pictures only with a browser. Gives how many notices there are.

    `context` stands in the place of made-up values: the merchant's own name, say.

    Raises OSError if the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages = [
        Page(sample=sample, locale=locale, notice=rendered(sample, locale, look, context))
        for sample in samples()
        for locale in LOCALES
    ]
    shots = (*SHOTS, WITHOUT_IMAGES) if look.brand.logo else SHOTS
    for page in pages:
        _write(folder, page)
        for shot in shots if browser else ():
            assert browser
            picture = browser.picture(
                folder / f"{page.stem}.html", width=shot.width, dark=shot.dark, images=shot.images
            )
            (folder / f"{page.stem}.{shot.name}.png").write_bytes(picture)
    index = "".join(_index(pages, shots if browser else ()))
    (folder / "index.html").write_text(index, encoding="utf-8")
    return len(pages)


def _write(folder: Path, page: Page) -> None:
    html = page.notice.body_html
    for image in page.notice.images:
        (folder / image.file_name).write_bytes(image.data)
        html = html.replace(f"cid:{image.content_id}", image.file_name)
    (folder / f"{page.stem}.html").write_text(html, encoding="utf-8")
    text = f"Subject: {page.notice.subject}\n\n{page.notice.body_text}"
    (folder / f"{page.stem}.txt").write_text(text, encoding="utf-8")


def _index(pages: list[Page], shots: tuple[Shot, ...]) -> Iterator[str]:
    yield _HEAD
    for kind, of_kind in groupby(pages, key=lambda page: page.sample.kind):
        yield f"<h2>{kind}</h2>\n"
        for page in of_kind:
            yield f"<h3>{escape(page.notice.subject)}</h3>\n"
            yield f'<p><small>{page.stem}</small> · <a href="{page.stem}.html">HTML</a> · '
            yield f'<a href="{page.stem}.txt">text</a></p>\n'
            for shot in shots:
                name = f"{page.stem}.{shot.name}.png"
                yield f'<figure><a href="{name}"><img loading="lazy" src="{name}" width="{shot.width // 2}" '
                yield f'alt="{page.stem}, {shot.name}"></a><figcaption>{shot.name}</figcaption></figure>\n'
    yield "</body></html>\n"

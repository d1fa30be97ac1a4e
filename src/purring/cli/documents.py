"""`purring docs`: the reference of exactly this version, where there is no checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from purring.cli import reference
from purring.cli.output import say
from purring.domain.errors import InvalidInput
from purring.domain.rulebook import page_index
from purring.domain.rulebook import pages as rulebook
from purring.gateways.sandbox import pages as sandbox
from purring.imports import reference as imports
from purring.notices import reference as notices


def add_to(app: typer.Typer) -> None:
    """Add the command, which describes all commands of `app`."""

    @app.command("docs")
    def docs(
        directory: Annotated[Path, typer.Argument(help="Where the pages go; made if missing.")] = Path("purring-docs"),
    ) -> None:
        """Write the reference of this version as Markdown: commands, settings, import, declines, notices, sandbox."""
        pages = {
            "cli": ("Commands", reference.command_paragraphs(app)),
            "settings": ("Settings", reference.settings_paragraphs()),
            "import": ("Import", imports.paragraphs()),
            "rulebook/README": (page_index.TITLE, page_index.index()),
            **{f"rulebook/{page.name}": (page.title, rulebook.paragraphs(page)) for page in rulebook.PAGES},
            "notices": ("Notices", notices.paragraphs()),
            "sandbox": ("The sandbox gateway", sandbox.paragraphs()),
        }
        try:
            (directory / "rulebook").mkdir(parents=True, exist_ok=True)
            for name, (title, paragraphs) in pages.items():
                (directory / f"{name}.md").write_text("\n\n".join([f"# {title}", *paragraphs]) + "\n", encoding="utf-8")
        except OSError as error:
            raise InvalidInput(f"{directory} can't be written: {error.strerror}; name another one.") from None
        say(f"{len(pages)} pages in {directory}.")

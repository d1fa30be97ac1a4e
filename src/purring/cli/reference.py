"""The reference pages of commands and settings, made from the code that reads them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

import typer.main
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from typer.core import TyperArgument

from purring.config import FIELDS, FILE, PREFIX, SECRETS, variable
from purring.domain.errors import EXIT_CODES

SETTINGS_INTRO = f"""\
Settings come from the environment. Each has a default that works on one machine, so none is needed to begin with.
An empty variable counts as none. A variable that starts with `{PREFIX}` and isn't listed is refused: it can only be
a slip of the pen. What is wrong is reported all at once, by name, with exit code 78, and never with its value.

A secret may also come from a file: `{PREFIX}<NAME>{FILE}` is its path, and the line break at its end doesn't count."""

CLI_INTRO = """\
`purring COMMAND --help` says the same. Tables are plain where the output is no terminal. Errors go to standard error as
`error: ...`, with what to do about them; `purring --debug COMMAND` shows where an unexpected one comes from.

| exit code | means |
| --- | --- |"""

EXIT_MEANINGS = {
    0: "all is well",
    1: "`doctor` found something that is not in order, or a story came out differently",
    2: "the command line can't be understood, or a file is no story",
    130: "interrupted",
}


def settings_paragraphs() -> Iterator[str]:
    """The page of settings below its title, in Markdown."""
    yield SETTINGS_INTRO
    rows = [
        f"| `{variable(name)}` | {_default(field)} | {field.description}{choices(field.annotation)} |"
        for name, field in FIELDS.items()
    ]
    yield "\n".join(["| variable | default | says |", "| --- | --- | --- |", *rows])
    yield f"Secrets, which may come from a file: {', '.join(f'`{variable(name)}`' for name in SECRETS)}."


def _default(field: FieldInfo) -> str:
    value = field.default
    shown = value.get_secret_value() if isinstance(value, SecretStr) else value
    return f"`{shown}`" if shown != "" else "–"


def command_paragraphs(app: typer.Typer) -> Iterator[str]:
    """The page of commands below its title, in Markdown."""
    yield "\n".join([CLI_INTRO, *(f"| {code} | {meaning} |" for code, meaning in sorted(_exit_codes().items()))])
    yield from _commands(typer.main.get_command(app), "purring")


def _exit_codes() -> dict[int, str]:
    codes = dict(EXIT_MEANINGS)
    for error, code in EXIT_CODES.items():
        codes[code] = ", ".join(filter(None, [codes.get(code), f"`{error.__name__}`"]))
    return codes


# Any: Typer keeps the types of its commands and parameters to itself.
def _commands(command: Any, name: str) -> Iterator[str]:  # noqa: ANN401 - as above
    inner = getattr(command, "commands", None)
    if inner is not None:
        for inner_name, one in inner.items():
            yield from _commands(one, f"{name} {inner_name}")
        return
    yield f"## {name}"
    yield " ".join(str(command.help).split())
    yield f"`{' '.join([name, *map(_usage, command.params)])}`"
    rows = [f"| {_spelled(one)} | {_says(one)} |" for one in command.params if getattr(one, "help", None)]
    if rows:
        yield "\n".join(["| | |", "| --- | --- |", *rows])


def _usage(parameter: Any) -> str:  # noqa: ANN401 - as above
    if isinstance(parameter, TyperArgument):
        shown = f"{_metavar(parameter)}{'...' if parameter.nargs == -1 else ''}"
        return shown if parameter.required else f"[{shown}]"
    return f"[{parameter.opts[0]}{'' if parameter.is_flag else f' {_metavar(parameter)}'}]"


def _spelled(parameter: Any) -> str:  # noqa: ANN401 - as above
    if isinstance(parameter, TyperArgument):
        return f"`{_metavar(parameter)}`"
    return ", ".join(f"`{name}`" for name in parameter.opts)


def _metavar(parameter: Any) -> str:  # noqa: ANN401 - as above
    return str(parameter.metavar or parameter.name.strip("_").upper())


def _says(parameter: Any) -> str:  # noqa: ANN401 - as above
    kind = parameter.type_descriptor.annotation
    has_default = parameter.default not in (None, "", False)
    return f"{parameter.help}{choices(kind)}{f' Default: `{parameter.default}`.' if has_default else ''}"


def choices(kind: object) -> str:
    """The members of a closed list, as a sentence of its own; nothing for any other type."""
    if not (isinstance(kind, type) and issubclass(kind, Enum)):
        return ""
    return f" One of {', '.join(f'`{member.value}`' for member in kind)}."

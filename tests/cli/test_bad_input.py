"""Each kind of bad input: its own clear message, its own exit code, nothing half-written."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from purring.cli.guard import GuardedGroup
from purring.domain.errors import RefusalCode, Refused
from tests.cli.conftest import Purring, run

CUSTOMERS = "external_id,name\nC-1,Fjord\n"


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def test_wrong_settings_are_named_each(settings: pytest.MonkeyPatch) -> None:
    """Exit code 78, one line per setting, no value."""
    settings.setenv("PURRING_POLL_S", "soon-ish")
    settings.setenv("PURRING_SMPT_PASSWORD", "hunter2")
    said = run("doctor")
    assert 1 == said.exit_code
    said = run("work", "--once")
    assert 78 == said.exit_code
    assert "error: 2 settings are wrong." in said.err
    assert "PURRING_POLL_S: " in said.err
    assert "did you mean PURRING_SMTP_PASSWORD" in said.err
    assert [] == [value for value in ("soon-ish", "hunter2") if value in said.err + said.out]


def test_an_unreachable_server_is_told_without_its_password(settings: pytest.MonkeyPatch) -> None:
    """Exit code 69; the URL shows where, not the password."""
    url = f"postgresql://purring:hunter2@127.0.0.1:{_free_port()}/purring"
    settings.setenv("PURRING_DATABASE_URL", url)
    for command in (("merchant", "list"), ("db", "check"), ("db", "upgrade")):
        said = run(*command)
        assert 69 == said.exit_code
        assert "check that it runs" in said.err
        assert "hunter2" not in said.err


@pytest.mark.parametrize("url", ["sqlite:///missing/purring.db", "sqlite:///no-database.txt"])
def test_a_file_that_cannot_be_a_database_is_told(settings: pytest.MonkeyPatch, url: str, tmp_path: Path) -> None:
    """Exit code 69, and the file is as it was."""
    _write(tmp_path / "no-database.txt", "Dear diary, " * 100)
    settings.setenv("PURRING_DATABASE_URL", url)
    said = run("merchant", "list")
    assert 69 == said.exit_code
    assert "can't be used" in said.err
    assert "Dear diary, " * 100 == (tmp_path / "no-database.txt").read_text()


def test_a_url_of_no_known_kind_is_a_wrong_setting(settings: pytest.MonkeyPatch) -> None:
    """Exit code 78, with the two kinds that there are."""
    settings.setenv("PURRING_DATABASE_URL", "mysql://me:hunter2@db/purring")
    said = run("merchant", "list")
    assert 78 == said.exit_code
    assert "use sqlite:///" in said.err
    assert "hunter2" not in said.err


def test_an_empty_database_is_made_ready_or_says_how(settings: pytest.MonkeyPatch, bare_database_url: str) -> None:
    """An SQLite file is migrated when it is first used; a PostgreSQL needs `purring db upgrade`, once."""
    settings.setenv("PURRING_DATABASE_URL", bare_database_url)
    if bare_database_url.startswith("postgresql"):
        said = run("merchant", "list")
        assert 69 == said.exit_code
        assert "run `purring db upgrade`" in said.err
        assert 0 == run("db", "upgrade").exit_code
    said = run("merchant", "list")
    assert (0, "id  name") == (said.exit_code, said.out[:8])
    assert 0 == run("db", "upgrade").exit_code
    assert 0 == run("db", "check").exit_code


def test_unknown_columns_are_named_with_those_there_are(purring: Purring, tmp_path: Path) -> None:
    """Exit code 65, and none of the file's rows is there."""
    path = _write(tmp_path / "customers.csv", "external_id,name,shoe_size\nC-1,Fjord,44\n")
    said = purring("import", path)
    assert 65 == said.exit_code
    assert "error: There is no column 'shoe_size'; there are: kind, external_id, name" in said.err
    assert 66 == purring("show", "customer", "C-1").exit_code


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "invoices.csv",
            "number,customer,amount,currency,invoice_on\nF-1,C-1,1990.50,JPY,2026-11-20\n",
            "line 2, amount: '1990.50 JPY' has 2 decimals but JPY has 0; round it to 0.",
        ),
        (
            "methods.csv",
            "customer,type,gateway,token,scheme,last4,backup_consent_at\nC-1,card,sandbox,t,visa,4242,2026-11-01T10:00\n",
            "line 2, backup_consent_at: '2026-11-01T10:00' has no time zone; add Z for UTC or an offset",
        ),
        (
            "people.csv",
            "customer,name,email\nC-2,Kari,kari@x.example\n",
            "line 2, customer: there is no customer C-2; import it first, or mend the reference.",
        ),
        (
            "customers.csv",
            "external_id,name\nC-2,4242 4242 4242 4242\n",
            "line 2, name: it holds what looks like a card number; send the gateway's token instead",
        ),
    ],
    ids=["units", "naive", "reference", "card"],
)
def test_a_bad_row_is_told_with_line_field_and_remedy(
    purring: Purring, tmp_path: Path, name: str, text: str, words: str
) -> None:
    """Exit code 65; with --all-or-nothing the good rows stay out too, without it they come in."""
    assert 0 == purring("import", _write(tmp_path / "first.csv", CUSTOMERS), "--kind", "customer").exit_code
    said = purring("import", _write(tmp_path / name, text))
    assert 65 == said.exit_code
    assert words in said.err
    assert "4242 4242" not in said.err
    assert "Nothing new: the database is as it was." in said.out


def test_the_good_rows_around_a_bad_one(purring: Purring, tmp_path: Path) -> None:
    """They come in, unless all or nothing was asked for; a dry run brings in none."""
    path = _write(tmp_path / "customers.csv", f"{CUSTOMERS}C-2,\nC-3,Elv\n")
    for option, verdict in (
        ("--dry-run", "A dry run: nothing was imported. 2 rows would be."),
        ("--all-or-nothing", "Nothing was imported, because 1 rows are bad."),
    ):
        said = purring("import", path, option)
        assert (65, True) == (said.exit_code, verdict in said.out)
        assert "line 3, name: it is missing; fill it in." in said.err
        assert 66 == purring("show", "customer", "C-3").exit_code
    said = purring("import", path)
    assert (65, True) == (said.exit_code, "2 rows were imported, 1 were not." in said.out)
    assert 0 == purring("show", "customer", "C-3").exit_code


def test_another_merchants_things_are_not_found(purring: Purring, tmp_path: Path) -> None:
    """Exit code 66 and the same words as for what nobody has, whatever it is called by."""
    assert 0 == purring("merchant", "create", "Other Ltd").exit_code
    path = _write(tmp_path / "customers.csv", CUSTOMERS)
    assert 0 == purring("import", path, "--merchant", "Other Ltd").exit_code
    theirs = purring("show", "customer", "C-1", "-m", "Other Ltd").out.split("id ", 1)[1].split()[0]
    for name in ("C-1", theirs, "cus_00000000000000000000000000"):
        said = purring("show", "customer", name, "--merchant", "Booking AS")
        assert (66, f"error: There is no customer {name};") == (said.exit_code, said.err.partition(" give")[0])


def test_several_merchants_must_be_told_apart(purring: Purring) -> None:
    """Exit code 65 without a name, 66 with one that nobody has."""
    assert 0 == purring("merchant", "create", "Other Ltd").exit_code
    said = purring("show", "customer", "C-1")
    assert (65, True) == (said.exit_code, "say which one with --merchant" in said.err)
    assert 66 == purring("show", "customer", "C-1", "-m", "Nobody").exit_code
    assert 0 == purring("merchant", "create", "Other Ltd").exit_code
    assert 65 == purring("show", "customer", "C-1", "-m", "Other Ltd").exit_code


def test_without_a_merchant_the_remedy_is_to_make_one(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit code 66."""
    said = run("import", _write(tmp_path / "customers.csv", CUSTOMERS))
    assert (66, True) == (said.exit_code, "purring merchant create" in said.err)


@pytest.mark.parametrize(
    ("words", "exit_code", "message"),
    [
        (("import", "missing.csv"), 66, "There is no file missing.csv"),
        (("show", "invoice", "F-404"), 66, "There is no invoice F-404"),
        (("show", "recovery", "rec_00000000000000000000000000"), 66, "There is no invoice rec_"),
        (("notices", "show", "inv_00000000000000000000000000"), 65, "is no notice id"),
        (("notices", "show", "ntc_00000000000000000000000000"), 66, "There is no notice"),
        (("merchant", "create", "X", "--timezone", "Oslo"), 65, "use an IANA name"),
        (("recovery", "pause", "F-1", "--until", "2026-11-30T10:00"), 65, "has no time zone"),
        (("recovery", "paid", "F-1", "--amount", "5 kroner", "--reference", "x"), 65, "is not an amount"),
        (("demo", "--customers", "0"), 65, "customers: 0 is out of range"),
        (("docs", "customers.csv"), 65, "can't be written"),
    ],
)
def test_every_other_slip_has_its_own_words(
    purring: Purring, tmp_path: Path, words: tuple[str, ...], exit_code: int, message: str
) -> None:
    """A short message on standard error, no trace, and an exit code that scripts can go by."""
    _write(tmp_path / "customers.csv", CUSTOMERS)
    said = purring(*words)
    assert (exit_code, True) == (said.exit_code, message in said.err)
    assert said.err.startswith("error: ")
    assert "Traceback" not in said.err


def test_a_story_that_is_no_yaml_is_refused(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit code 2, with the file and the place."""
    said = run("scenario", _write(tmp_path / "broken.yaml", "title: [unclosed\n"))
    assert 2 == said.exit_code
    assert "broken.yaml" in said.out


def test_an_unexpected_error_is_short_and_can_be_looked_into() -> None:
    """Exit code 70 and a number that stays the same; with --debug the error itself comes through."""
    faulty = typer.Typer(cls=GuardedGroup)

    @faulty.callback()
    def before(*, debug: bool = False) -> None:
        """Take --debug."""

    @faulty.command()
    def divide(by: int) -> None:
        """Divide one by a number."""
        typer.echo(1 // by)

    first, second = (CliRunner().invoke(faulty, ["divide", "0"]) for _ in range(2))
    assert (70, first.stderr) == (first.exit_code, second.stderr)
    assert "ZeroDivisionError, fault " in first.stderr
    assert "Traceback" not in first.stderr
    assert isinstance(CliRunner().invoke(faulty, ["--debug", "divide", "0"]).exception, ZeroDivisionError)


def test_a_refusal_lists_what_stands_in_the_way() -> None:
    """The ids are printed below the message; they may be what the person needs next."""
    refusing = typer.Typer(cls=GuardedGroup)

    @refusing.callback()
    def before() -> None:
        """Make it a group."""

    @refusing.command()
    def remove() -> None:
        """Try to remove a method."""
        raise Refused(RefusalCode.METHOD_IN_USE, details=("sub_1", "sub_2"))

    result = CliRunner().invoke(refusing, ["remove"])
    assert 75 == result.exit_code
    assert ["  sub_1", "  sub_2"] == result.stderr.splitlines()[1:]

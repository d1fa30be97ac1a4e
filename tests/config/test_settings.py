"""Settings come from the environment, and what is wrong with them is said once, by name, never with a value."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from purring.config import FIELDS, PREFIX, SECRETS, Environment, SenderKind, Settings, load_settings, variable
from purring.domain.errors import ConfigError, exit_code

WRONG = {
    "PURRING_SANDBOX_URL": "ftp://sandbox",
    "PURRING_SENDER": "pigeon",
    "PURRING_SMTP_PORT": "70000",
    "PURRING_SMTP_TLS": "perhaps",
    "PURRING_LOG_LEVEL": "loud",
    "PURRING_LOG_FORMAT": "xml",
    "PURRING_BATCH_MAX": "0",
    "PURRING_IN_FLIGHT_MAX": "dozens",
    "PURRING_POLL_S": "-1",
    "PURRING_FROM_EMAIL": "nobody",
}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin each test with an environment that says nothing about Purring."""
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def _problems(error: ConfigError) -> tuple[str, ...]:
    return error.details or (error.message,)


def test_nothing_needs_to_be_set() -> None:
    """Without any variable there is an SQLite file in the current directory, and notices are printed."""
    settings = load_settings()
    assert "sqlite:///purring.db" == settings.database_url.get_secret_value()
    assert SenderKind.CONSOLE is settings.sender


def test_an_empty_variable_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many tools hand on variables that nobody filled in."""
    monkeypatch.setenv("PURRING_BATCH_MAX", "")
    assert FIELDS["batch_max"].default == load_settings().batch_max


@pytest.mark.parametrize(("name", "value"), WRONG.items())
def test_a_wrong_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The message begins with the variable, the exit code is 78, and the value isn't repeated."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert caught.value.message.startswith(f"{name}: ")
    assert name == caught.value.field
    assert value not in caught.value.message.replace(name, "")
    assert 78 == exit_code(caught.value)


def test_every_problem_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to start ten times to learn of ten slips."""
    for name, value in (WRONG | {"PURRING_DATABSE_URL": "sqlite:///x"}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    named = {problem.partition(":")[0] for problem in _problems(caught.value)}
    # An address can only be judged among settings that could be read.
    assert (WRONG.keys() | {"PURRING_DATABSE_URL"}) - {"PURRING_FROM_EMAIL"} == named


def test_a_slip_of_the_pen_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that nobody reads is refused, with the name that was probably meant."""
    monkeypatch.setenv("PURRING_DATABSE_URL", "postgresql://me:hunter2@db/purring")
    with pytest.raises(ConfigError, match="did you mean PURRING_DATABASE_URL") as caught:
        load_settings()
    assert "hunter2" not in caught.value.message


def test_the_tests_own_variables_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """PURRING_TEST_... belongs to the suite."""
    monkeypatch.setenv("PURRING_TEST_POSTGRES_URL", "postgresql://somewhere")
    assert Settings() == load_settings()


@pytest.mark.parametrize("name", [name for name in SECRETS if name != "dkim_key"])
def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    """The file's line break doesn't count, and the value shows up in no representation of the settings."""
    (tmp_path / "secret").write_text("hunter2hunter2\n")
    monkeypatch.setenv(f"{variable(name)}_FILE", str(tmp_path / "secret"))
    settings = load_settings()
    assert "hunter2hunter2" == getattr(settings, name).get_secret_value()
    assert "hunter2" not in repr(settings)


def test_the_key_of_mails_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Which must be one, so that no other text will do; several lines long, as openssl writes it."""
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem = Ed25519PrivateKey.generate().private_bytes(*form).decode()
    (tmp_path / "dkim.pem").write_text(pem)
    monkeypatch.setenv("PURRING_DKIM_KEY_FILE", str(tmp_path / "dkim.pem"))
    monkeypatch.setenv("PURRING_DKIM_SELECTOR", "mail1")
    monkeypatch.setenv("PURRING_FROM_EMAIL", "billing@vik.example")
    settings = load_settings()
    assert pem.rstrip() == settings.dkim_key.get_secret_value()
    assert pem.splitlines()[1] not in repr(settings)


def test_a_secret_given_twice_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Which of two values counts is nobody's guess."""
    (tmp_path / "secret").write_text("one")
    monkeypatch.setenv("PURRING_SMTP_PASSWORD_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("PURRING_SMTP_PASSWORD", "two")
    with pytest.raises(ConfigError, match="PURRING_SMTP_PASSWORD: it is given twice"):
        load_settings()


def test_a_secret_whose_file_is_missing_or_no_text_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Both problems name the variable and the reason."""
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setenv("PURRING_SMTP_PASSWORD_FILE", str(tmp_path / "bytes"))
    monkeypatch.setenv("PURRING_SANDBOX_KEY_FILE", str(tmp_path / "missing"))
    with pytest.raises(ConfigError) as caught:
        load_settings()
    problems = {problem.partition(":")[0]: problem for problem in _problems(caught.value)}
    assert "not UTF-8 text" in problems["PURRING_SMTP_PASSWORD_FILE"]
    assert "No such file" in problems["PURRING_SANDBOX_KEY_FILE"]


def test_only_secrets_have_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """PURRING_SENDER_FILE would be a slip of the pen."""
    monkeypatch.setenv("PURRING_SENDER_FILE", "/etc/hostname")
    with pytest.raises(ConfigError, match="PURRING_SENDER_FILE: there is no such setting"):
        load_settings()


def test_mail_needs_a_server_and_an_address_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sender smtp can't do without either."""
    monkeypatch.setenv("PURRING_SENDER", "smtp")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    named = {problem.partition(":")[0] for problem in _problems(caught.value)}
    assert {"PURRING_SMTP_HOST", "PURRING_FROM_EMAIL"} == named
    monkeypatch.setenv("PURRING_SMTP_HOST", "mail.example")
    monkeypatch.setenv("PURRING_FROM_EMAIL", "billing@booking.example")
    assert "mail.example" == load_settings().smtp_host


def test_a_password_never_travels_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing in without TLS is refused."""
    monkeypatch.setenv("PURRING_SMTP_USER", "me")
    monkeypatch.setenv("PURRING_SMTP_TLS", "none")
    with pytest.raises(ConfigError, match="PURRING_SMTP_TLS: a password would travel in plain text"):
        load_settings()


def test_every_setting_says_what_it_is_for() -> None:
    """The reference page has a sentence for each."""
    assert [] == [name for name, field in Settings.model_fields.items() if not (field.description or "").endswith(".")]


PRODUCTION = {
    "PURRING_ENVIRONMENT": "production",
    "PURRING_BASE_URL": "https://pay.example",
    "PURRING_SECRET_KEY": "q" * 32,
    "PURRING_SANDBOX_KEY": "sk_test_own",
    "PURRING_SANDBOX_EVENT_SECRET": "whsec_own",
}


def test_production_takes_secrets_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """With all of them set and links through TLS there is nothing to complain about."""
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    assert Environment.PRODUCTION is load_settings().environment


@pytest.mark.parametrize("name", sorted(PRODUCTION.keys() - {"PURRING_ENVIRONMENT"}))
def test_production_refuses_what_only_a_developer_may_have(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A default secret, or a base URL without TLS, keeps it from starting."""
    for other, value in PRODUCTION.items():
        monkeypatch.setenv(other, value)
    monkeypatch.delenv(name)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert {name} == {problem.partition(":")[0] for problem in _problems(caught.value)}


def test_production_needs_a_secret_that_nobody_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short secret key is refused."""
    for name, value in (PRODUCTION | {"PURRING_SECRET_KEY": "q" * 31}).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="32 characters") as caught:
        load_settings()
    assert "PURRING_SECRET_KEY" == caught.value.field


def test_only_addresses_can_be_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy's name could come to mean another machine."""
    monkeypatch.setenv("PURRING_TRUSTED_PROXIES", "10.0.0.0/8, proxy")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert "PURRING_TRUSTED_PROXIES" == caught.value.field

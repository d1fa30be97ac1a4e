"""Nothing in the repository leans on the machine it was written on, and a fresh machine is told what it lacks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tools.check import Check, Result, summary

ROOT = Path(__file__).resolve().parents[2]
TEXTS = {".css", ".csv", ".html", ".jsonl", ".md", ".po", ".py", ".svg", ".toml", ".txt", ".yaml", ".yml", ""}
OURS = ("src", "tests", "tools", "docs", "scenarios", "examples", "benchmarks", ".ci")
MACHINE_PATH = re.compile(r"(?<![\w.<}/-])/(?:root|home|Users|work)/\w")
REGISTRY_HOST = re.compile(r"\b(?:pypi|pythonhosted|npmjs|crates)\.(?:org|io|com)\b")


def _texts() -> list[Path]:
    inside = [path for folder in OURS for path in (ROOT / folder).rglob("*")]
    at_top = [path for path in ROOT.iterdir() if path.name in {"Makefile", "pyproject.toml"} or path.suffix == ".md"]
    return [path for path in (*at_top, *inside) if path.is_file() and path.suffix in TEXTS]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY_HOST], ids=["machine", "registry"])
def test_no_file_names_a_machine_or_a_registry(pattern: re.Pattern[str]) -> None:
    """Where packages come from and where the checkout lies is the user's business."""
    found = {str(path.relative_to(ROOT)): pattern.search(path.read_text()) for path in _texts()}
    assert {} == {name: match[0] for name, match in found.items() if match}


def test_the_lock_knows_one_registry_and_no_local_file() -> None:
    """Every locked package but our own two comes from the default registry, with a hash for every file."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    others = [package for package in packages if package["name"] not in {"purring", "purring-client"}]
    sources = {next(iter(package["source"].items())) for package in others}
    assert 1 == len(sources)
    assert {"registry"} == {kind for kind, _ in sources}
    files = [file for package in others for file in (*package.get("wheels", []), package.get("sdist"))]
    assert [] == [file for file in files if file and not file["hash"].startswith("sha256:")]


def _setup(tmp_path: Path, python: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "setup", tmp_path / "tools" / "setup")
    environment = {"PATH": f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin", "PYTHON": python}
    return subprocess.run(
        [tmp_path / "tools" / "setup"], env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def _pretender(tmp_path: Path, name: str, body: str) -> str:
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return name


def test_a_machine_without_a_new_enough_python_is_told_so(tmp_path: Path) -> None:
    """The set-up names the version it needs and the variable that chooses another Python."""
    done = _setup(tmp_path, _pretender(tmp_path, "python2", "exit 1"))
    assert 1 == done.returncode
    assert "Purring needs Python 3.11 or newer, and found none as python2." in done.stderr
    assert "make PYTHON=" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_python_without_venv_is_told_which_package_to_install(tmp_path: Path) -> None:
    """Debian packages ensurepip apart: the set-up names the package, with the right version."""
    half = _pretender(tmp_path, "half", 'case "$2" in *ensurepip*) exit 1;; *print*) echo 3.12;; esac')
    done = _setup(tmp_path, half)
    assert 1 == done.returncode
    assert "sudo apt-get install python3.12-venv" in done.stderr


def test_the_summary_names_what_failed() -> None:
    """One line for each check, and the failed ones again in the last line."""
    good = Result(check=Check(name="lint", command=("ruff",)), exit_code=0, wall_s=1.0)
    bad = Result(check=Check(name="types", command=("mypy",)), exit_code=1, wall_s=2.5)
    assert "  failed: types, 3.5 s" == summary([good, bad]).splitlines()[-1]
    assert "  all is well, 1.0 s" == summary([good]).splitlines()[-1]

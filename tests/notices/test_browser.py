"""Pictures are taken by telling a browser over a pipe; here a stand-in that speaks as much of the protocol."""

from __future__ import annotations

import sys
from base64 import b64encode
from pathlib import Path

import pytest

from purring.domain.errors import ConfigError
from purring.notices.browser import Browser
from purring.notices.look import Look
from purring.notices.preview import write_preview
from tests.notices.pictures import png
from tests.notices.test_html import BRANDED

STAND_IN = f"""#!{sys.executable}
import json, os
unread = b""
while True:
    while b"\\0" not in unread:
        more = os.read(3, 65536)
        if not more:
            raise SystemExit
        unread += more
    line, _, unread = unread.partition(b"\\0")
    asked = json.loads(line)
    answers = {{
        "Target.createTarget": {{"targetId": "T"}},
        "Target.attachToTarget": {{"sessionId": "S"}},
        "Page.getLayoutMetrics": {{"cssContentSize": {{"height": 480.4}}}},
        "Page.captureScreenshot": {{"data": {b64encode(png()).decode()!r}}},
    }}
    said = [{{"id": asked["id"], "result": answers.get(asked["method"], {{}})}}]
    if asked["method"] == "Page.navigate":
        said.append({{"method": "Page.loadEventFired", "params": {{}}}})
    for one in said:
        os.write(4, json.dumps(one).encode() + b"\\0")
"""
REFUSES = STAND_IN.replace('"result": answers.get(asked["method"], {})', '"error": {"message": "not today"}')


def program(folder: Path, source: str) -> str:
    """A program that can be started."""
    path = folder / "browser"
    path.write_text(source)
    path.chmod(0o755)
    return str(path)


def test_every_notice_has_its_pictures(tmp_path: Path) -> None:
    """Wide and on a phone, light and dark; without images only where there is one."""
    with Browser(program(tmp_path, STAND_IN)) as browser:
        plain = write_preview(tmp_path / "plain", Look(), browser)
        branded = write_preview(tmp_path / "branded", BRANDED, browser)
    pictures = {name: list((tmp_path / name).glob("*.*.*.*.png")) for name in ("plain", "branded")}
    assert (4 * plain, 5 * branded) == (len(pictures["plain"]), len(pictures["branded"]))
    assert {png()} == {path.read_bytes() for path in pictures["plain"]}
    index = (tmp_path / "plain" / "index.html").read_text()
    assert all(path.name in index for path in pictures["plain"])


@pytest.mark.parametrize(
    ("source", "told"), [(REFUSES, "can't do Target.createTarget: not today"), ("#!/bin/sh\n", "does it start")]
)
def test_a_browser_that_refuses_or_dies_is_an_error(tmp_path: Path, source: str, told: str) -> None:
    """It says what to look at, and nothing hangs."""
    with pytest.raises(ConfigError, match=told), Browser(program(tmp_path, source)):
        pass

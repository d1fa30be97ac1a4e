"""Pictures of mails, taken by a Chromium that is told what to do through a pipe.

Source: the Chrome DevTools Protocol, version 1.3; `--remote-debugging-pipe` reads from file 3 and writes to file 4, one
JSON object after the other, each followed by a zero byte.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from purring.domain.errors import ConfigError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--headless",
    "--remote-debugging-pipe",
    "--hide-scrollbars",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
)
# The browser wants its pipe as files 3 and 4, which may be in use where we are.
_LAUNCH = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""

_PATIENCE_S = 60.0
_CHUNK = 1 << 20
_FREE_FROM = 10


def find_browser(configured: str) -> str | None:
    """The program to take pictures with: the one configured, or the first Chromium on the path.

    Raises ConfigError if the one configured isn't there.
    """
    if configured:
        found = shutil.which(configured)
        if found is None:
            raise ConfigError(f"PURRING_CHROMIUM names {configured}, which is no program.", field="PURRING_CHROMIUM")
        return found
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Browser:
    """One Chromium with a profile of its own, for as long as the `with` lasts.

    Raises ConfigError when it doesn't start, doesn't answer or can't do what it is asked.
    """

    def __init__(self, program: str) -> None:
        self._profile = TemporaryDirectory(prefix="purring-chromium-", ignore_cleanup_errors=True)
        self._last_id = 0
        self._unread = b""
        theirs_in, self._out = _pipe()
        self._in, theirs_out = _pipe()
        # Root has no other user to hide behind, and what is shown is our own.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [program, *_FLAGS, *sandbox, f"--user-data-dir={self._profile.name}", "about:blank"]
        self._process = subprocess.Popen(  # noqa: S603 - a browser that the operator chose
            [sys.executable, "-c", _LAUNCH, str(theirs_in), str(theirs_out), *command],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._session: str | None = None

    def __enter__(self) -> Self:
        """Open a page."""
        try:
            target = self._ask("Target.createTarget", {"url": "about:blank"})["targetId"]
            self._session = self._ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
            self._ask("Page.enable")
            self._ask("Network.enable")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.close()

    def close(self) -> None:
        """End the browser and forget its profile."""
        os.close(self._out)
        os.close(self._in)
        self._process.kill()
        self._process.wait()
        self._profile.cleanup()

    def picture(self, page: Path, *, width: int, dark: bool = False, images: bool = True) -> bytes:
        """A file as PNG, as long as it is, in a window of some width."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", {"features": [scheme]})
        self._ask("Network.setBlockedURLs", {"urls": [] if images else ["*.png", "*.jpg"]})
        self._size(width, 1)
        self._ask("Page.navigate", {"url": page.absolute().as_uri()})
        self._wait_for("Page.loadEventFired")
        height = int(self._ask("Page.getLayoutMetrics")["cssContentSize"]["height"])
        self._size(width, height)
        return b64decode(self._ask("Page.captureScreenshot", {"format": "png"})["data"])

    def _size(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._ask("Emulation.setDeviceMetricsOverride", size)

    def _ask(self, method: str, params: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        self._last_id += 1
        asked = {"id": self._last_id, "method": method, "params": params or {}}
        if self._session:
            asked["sessionId"] = self._session
        try:
            os.write(self._out, json.dumps(asked).encode() + b"\0")
        except OSError:
            raise ConfigError("The browser ended by itself; does it start from a shell?") from None
        while True:
            told = self._next()
            if told.get("id") == self._last_id:
                if "error" in told:
                    raise ConfigError(f"The browser can't do {method}: {told['error'].get('message')}.")
                result: Mapping[str, Any] = told["result"]
                return result

    def _wait_for(self, event: str) -> None:
        while self._next().get("method") != event:
            pass

    def _next(self) -> Mapping[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._in], [], [], _PATIENCE_S)
            more = os.read(self._in, _CHUNK) if ready else b""
            if not more:
                raise ConfigError("The browser doesn't answer; does it start from a shell?")
            self._unread += more
        line, _, self._unread = self._unread.partition(b"\0")
        told: Mapping[str, Any] = json.loads(line)
        return told


def _pipe() -> tuple[int, int]:
    """A pipe whose ends are none of the files that the browser wants it as."""
    ends = os.pipe()
    reading, writing = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _FREE_FROM) for end in ends)
    for end in ends:
        os.close(end)
    return reading, writing

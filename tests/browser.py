"""Chromium without a window, driven over its DevTools protocol: what tests of pages look through."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-port=0",
)  # fmt: skip
PATIENCE = 30.0
WIDE, NARROW = (1280, 900), (390, 844)


def found() -> str:
    """Where Chromium is. Without one such tests are skipped, or fail where it is required: see `services.py`."""
    program = os.environ.get("PROXYCTL_TEST_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        reason = "there is no chromium to look at pages with"
        if os.environ.get("PROXYCTL_TEST_SERVICES") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    return program


class Tab:
    """One page. What it says on its console, and what it may not do, is in `complaints`."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._last = 0
        self.complaints: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Any:
        self._last += 1
        self._line.send(json.dumps({"id": self._last, "method": method, "params": params}))
        while True:
            told = json.loads(self._line.recv(timeout=PATIENCE))
            if told.get("id") == self._last:
                assert "error" not in told, told
                return told["result"]
            self._hear(told)

    def _hear(self, told: Any) -> None:
        params = told.get("params", {})
        if told["method"] == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif told["method"] == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif told["method"] == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.complaints.append(
                str([each.get("value", each.get("description")) for each in params["args"]])
            )

    def run(self, script: str) -> Any:
        """What an expression gives; a promise is waited for."""
        told = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def go(self, url: str) -> None:
        """Open a page and wait until its scripts have run."""
        self.run("window.__before = true")
        self.call("Page.navigate", url=url)
        self.until("!window.__before && document.readyState === 'complete'")

    def until(self, condition: str) -> Any:
        """Wait for an expression to be true; its value."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                value = self.run(condition)
            except AssertionError:
                value = None  # the page is on its way
            if value:
                return value
            assert time.monotonic() < deadline, (
                f"{condition} does not become true:\n{self.text()}\n{self.complaints}"
            )
            time.sleep(0.02)

    def text(self) -> str:
        """What a reader sees."""
        return str(self.run("document.body.innerText"))

    def sees(self, words: str) -> None:
        self.until(f"document.body.innerText.includes({json.dumps(words)})")

    def click(self, label: str, inside: str = "body") -> None:
        """Click the visible button or link with this text, once it is there."""
        script = f"""(() => {{
          const all = [...document.querySelectorAll({json.dumps(inside)} + ' :is(button, a, summary)')];
          const hit = all.find(e => e.innerText.trim() === {json.dumps(label)} && e.checkVisibility() && !e.disabled);
          if (hit) hit.click();
          return Boolean(hit);
        }})()"""
        self.until(script)

    def fill(self, selector: str, value: str) -> None:
        """Write into a field, or choose in a list, as a user does."""
        script = f"""(() => {{
          const field = document.querySelector({json.dumps(selector)});
          if (!field) return false;
          if (field.tagName === 'SELECT' && ![...field.options].some(o => o.value === {json.dumps(value)})) return false;
          field.value = {json.dumps(value)};
          field.dispatchEvent(new Event('input', {{bubbles: true}}));
          field.dispatchEvent(new Event('change', {{bubbles: true}}));
          return true;
        }})()"""
        self.until(script)

    def size(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def prefer(self, scheme: str) -> None:
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def clear_cookies(self) -> None:
        self.call("Network.clearBrowserCookies")

    def picture(self, path: Path) -> None:
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def too_wide(self) -> list[str]:
        """What stands out at the right of the window, but for what scrolls by itself."""
        script = """(() => {
          const width = document.documentElement.clientWidth;
          const scrolls = e => e && (['auto', 'scroll', 'hidden'].includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
          return [...document.querySelectorAll('body *')]
            .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > width + 1 && !scrolls(e.parentElement))
            .map(e => e.tagName + '.' + e.className + ': ' + (e.innerText || '').slice(0, 60));
        })()"""
        return list(self.run(script))


@contextmanager
def browser(directory: Path) -> Iterator[Tab]:
    """A Chromium of its own with an empty profile in `directory`."""
    program = found()
    log = directory / "chromium.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={directory / 'profile'}", "about:blank"],
            stdout=out,
            stderr=out,
            env={**os.environ, "HOME": str(directory)},
        )
    try:
        with connect(
            _address(process, directory / "profile" / "DevToolsActivePort", log), max_size=None
        ) as line:
            yield _first_tab(line)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _address(process: subprocess.Popen[bytes], file: Path, log: Path) -> str:
    deadline = time.monotonic() + 2 * PATIENCE
    while not (file.exists() and len(lines := file.read_text().split()) == 2):
        assert process.poll() is None and time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(0.02)
    return f"ws://127.0.0.1:{lines[0]}{lines[1]}"


class _Session:
    """The line of one tab within that of the browser."""

    def __init__(self, line: ClientConnection, session: str) -> None:
        self._line = line
        self._session = session

    def send(self, text: str) -> None:
        self._line.send(json.dumps({**json.loads(text), "sessionId": self._session}))

    def recv(self, timeout: float) -> Any:
        while True:
            told = self._line.recv(timeout=timeout)
            if json.loads(told).get("sessionId") == self._session:
                return told


def _first_tab(line: ClientConnection) -> Tab:
    def call(number: int, method: str, **params: Any) -> Any:
        line.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(line.recv(timeout=PATIENCE))
            if told.get("id") == number:
                return told["result"]

    target = call(1, "Target.createTarget", url="about:blank")["targetId"]
    session: Any = _Session(
        line, call(2, "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    )
    return Tab(session)

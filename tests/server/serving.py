"""A server as a process of its own, on a site of the test's making."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from engine.server.serve import serve
from engine.server.startup import Plan, StartRefused
from engine.spec.settings import LogSettings, Settings

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0

SITE = """\
version: 1
providers:
  fast: {dialect: mock, base_url: "scripted:"}
  slow: {dialect: mock, base_url: "scripted:", params: {chunks: [one, two, three], interval: 30}}
models:
  fast: {targets: [fast/m]}
  slow: {targets: [slow/m]}
"""


def one_model(name: str) -> str:
    return f"version: 1\nmodels: {{{name}: {{targets: [fast/m]}}}}\n"


@dataclass
class Process:
    """`lines` is what it printed so far, both streams."""

    popen: subprocess.Popen[str]
    log: Path
    url: str = ""
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=PATIENCE, trust_env=False))

    @property
    def lines(self) -> str:
        return self.log.read_text()

    def config(self) -> dict[str, Any]:
        """As a new connection is told, so by whichever worker takes it; a dead worker's are taken again."""
        with httpx.Client(timeout=PATIENCE, trust_env=False) as client:
            while True:
                try:
                    data: dict[str, Any] = client.get(f"{self.url}/admin/config").json()
                except httpx.TransportError:
                    assert self.popen.poll() is None, self.lines
                    continue
                return data

    def state(self, file: str) -> str | None:
        return (self.config()["files"].get(file) or {}).get("state")

    def pids(self) -> list[int]:
        return [worker["pid"] for worker in self.config()["workers"]]

    def models(self) -> set[str]:
        """The models of one new connection, so of whichever worker takes it."""
        with httpx.Client(timeout=PATIENCE, trust_env=False) as client:
            return {entry["id"] for entry in client.get(f"{self.url}/v1/models").json()["data"]}

    def ask(self, model: str = "fast") -> httpx.Response:
        body = {"model": model, "messages": [{"role": "user", "content": "hello you"}]}
        return self.client.post(f"{self.url}/v1/chat/completions", json=body)

    def generations(self) -> set[str]:
        config = self.config()
        return {worker["generation"] for worker in config["workers"]} | {config["generation"]}

    def until(self, holds: Callable[[], bool], seconds: float = PATIENCE) -> float:
        """Seconds until something holds; fails when it takes too long or the process ends."""
        began = time.monotonic()
        while not holds():
            took = time.monotonic() - began
            assert took < seconds, f"not within {seconds} s:\n{self.lines}"
            time.sleep(0.01)
        return time.monotonic() - began

    def until_ready(self) -> None:
        """Until it says where it serves."""
        self.until(lambda: "serving http" in self.lines or self.popen.poll() is not None)
        found = re.search(r"serving (http://\S+)", self.lines)
        assert found, self.lines
        self.url = found[1]

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def end(self) -> int:
        """Wait for its end; the exit code."""
        return self.popen.wait(PATIENCE)


@contextmanager
def serving(site: Path, tmp: Path, *, wait: bool = True, **options: Any) -> Iterator[Process]:
    """`options`: those of `Settings`, and `allow_partial`, `method`. Nothing of it outlives the block.

    There is no database unless the test says where: `storage=None` is the default file.
    """
    log = tmp / "log"
    run_dirs = tmp / "run"
    run_dirs.mkdir(exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "tests.server.serving",
        json.dumps({"site": str(site), "port": 0, "storage": "off", **options}),
    ]
    with log.open("w") as out:
        popen = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=out,
            stderr=out,
            text=True,
            start_new_session=True,
            env={**os.environ, "TMPDIR": str(run_dirs)},
        )
    process = Process(popen, log)
    try:
        if wait:
            process.until_ready()
        yield process
    finally:
        process.client.close()
        if popen.poll() is None:
            os.killpg(popen.pid, signal.SIGKILL)
            popen.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(options: dict[str, Any]) -> int:
    site, partial = Path(options.pop("site")), options.pop("allow_partial", False)
    method = options.pop("method", "fork")
    settings = Settings(**options, log=LogSettings("debug", "text"))
    try:
        return serve(Plan(site, settings), allow_partial=partial, method=method)
    except StartRefused as refused:
        print(refused, *refused.diagnostics, sep="\n", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))

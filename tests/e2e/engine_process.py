"""Runs `proxyctl serve` as users do: a process of its own on a site directory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_site(site: Path, **files: str) -> None:
    """`write_site(tmp_path, demo="…yaml…")` writes routes.d/demo.yaml."""
    (site / "routes.d").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (site / "routes.d" / f"{name}.yaml").write_text(textwrap.dedent(text))


class EngineProcess:
    """`with EngineProcess(site) as engine:` waits until it is ready; `.url` is its address."""

    def __init__(self, site: Path, *flags: str, env: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = site / "engine.log"
        self._command = [sys.executable, "-m", "engine.cli.main", "--site", str(site), "serve"]
        self._command += ["--port", str(self.port), *flags]
        self._env = {**os.environ, **(env or {})}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> EngineProcess:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._env)
        deadline = time.monotonic() + 90
        while not self.ready():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return self

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            assert self.process is not None
            self.process.kill()
            raise

"""What every client of `ports.Upstream` must do, on both event loops, against a server that misbehaves.

Where httpx legitimately differs, the test stands in `test_stricter.py`, with the difference in its words.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import uvloop

from engine.adapters.upstream_http1 import Http1Upstream
from engine.adapters.upstream_httpx import HttpxUpstream
from engine.ports import Upstream

CLIENTS: dict[str, Callable[[], Upstream]] = {"http1": Http1Upstream, "httpx": HttpxUpstream}


@pytest.hookimpl(optionalhook=True)
def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(params=CLIENTS)
async def upstream(request: pytest.FixtureRequest) -> AsyncIterator[Upstream]:
    made = CLIENTS[request.param]()
    yield made
    await made.aclose()


@pytest.fixture
async def http1() -> AsyncIterator[Http1Upstream]:
    made = Http1Upstream()
    yield made
    await made.aclose()


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate that it signed itself, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate, and there is none")
    made = tmp_path_factory.mktemp("tls") / "server.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(made), "-out", f"{made}.crt"]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    made.write_text(made.read_text() + Path(f"{made}.crt").read_text())
    return made

"""Streams and the connections behind them: who leaves, who is slow, who must end."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.engine_process import EngineProcess, write_site
from tests.e2e.upstream import Answer, Request, TestUpstream

SITE = """
version: 1
dialects: {{mapped: {{extends: openai, passthrough: false}}}}
providers:
  up: {{dialect: openai, base_url: "{url}/v1"}}
  mapped: {{dialect: mapped, base_url: "{url}/v1"}}
models:
  "plain/*": {{targets: ["up/*"]}}
  "mapped/*": {{targets: ["mapped/*"]}}
"""
PIECE = 64 * 1024


def frame(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(body)}\n\n".encode()


class Upstream:
    """Answers by the model's name; `written` counts the frames that the connection took."""

    def __init__(self) -> None:
        self.written = 0

    def __call__(self, request: Request) -> Answer:
        pieces = {"ticks": self.ticks, "flood": self.flood, "short": self.short}[request.json["model"]]
        return Answer(200, {"content-type": "text/event-stream"}, pieces())

    def ticks(self) -> Iterator[bytes | float]:
        for _ in range(600):
            yield frame("tick")
            yield 0.05

    def flood(self) -> Iterator[bytes]:
        for _ in range(4000):
            self.written += 1
            yield frame("x" * PIECE)

    def short(self) -> Iterator[bytes | float]:
        for _ in range(20):
            yield frame("tick")
            yield 0.05
        yield frame("", "stop") + b"data: [DONE]\n\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[tuple[EngineProcess, TestUpstream, Upstream]]:
    behaviour = Upstream()
    with TestUpstream(behaviour) as server:
        write_site(tmp_path, main=SITE.format(url=server.url))
        with EngineProcess(tmp_path) as engine:
            yield engine, server, behaviour


def until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def body(model: str) -> dict[str, Any]:
    return {"model": model, "stream": True, "messages": [{"role": "user", "content": "hi"}]}


@pytest.mark.parametrize("way", ["plain", "mapped"])
def test_a_client_that_leaves_ends_the_upstream_call(world: Any, way: str) -> None:
    engine, server, _ = world
    with httpx.stream("POST", f"{engine.url}/v1/chat/completions", json=body(f"{way}/ticks")) as answer:
        next(answer.iter_raw())
        assert server.closed == 0
    assert until(lambda: server.closed == 1)


@pytest.mark.parametrize("way", ["plain", "mapped"])
def test_a_slow_reader_slows_its_upstream(world: Any, way: str) -> None:
    """Of 250 MB only what fits into buffers leaves the upstream while the client does not read."""
    engine, _, behaviour = world
    with socket.create_connection(("127.0.0.1", engine.port)) as client:
        raw = json.dumps(body(f"{way}/flood")).encode()
        head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(raw)}\r\n\r\n"
        client.sendall(head.encode() + raw)
        assert client.recv(1000)
        seen = -1
        while seen != behaviour.written:
            seen = behaviour.written
            time.sleep(0.5)
        assert 0 < seen * PIECE < 64 * 2**20
        assert engine.process is not None
        status = Path(f"/proc/{engine.process.pid}/status")
        if status.exists():
            resident = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
            assert int(resident.split()[1]) < 200_000


def test_streams_may_end_before_the_process_does(world: Any) -> None:
    engine, _, _ = world
    with httpx.stream("POST", f"{engine.url}/v1/chat/completions", json=body("mapped/short")) as answer:
        lines = answer.iter_lines()
        next(lines)
        engine.process.send_signal(signal.SIGTERM)
        rest = list(lines)
    assert rest[-1] == "data: [DONE]" or "data: [DONE]" in rest
    assert engine.process.wait(20) == 0


def test_a_stream_that_outlasts_the_grace_ends_with_an_error(tmp_path: Path) -> None:
    with TestUpstream(Upstream()) as server:
        write_site(tmp_path, main=SITE.format(url=server.url))
        with EngineProcess(tmp_path, "--shutdown-grace", "300ms") as engine:
            with httpx.stream(
                "POST", f"{engine.url}/v1/chat/completions", json=body("mapped/ticks")
            ) as answer:
                lines = answer.iter_lines()
                next(lines)
                assert engine.process is not None
                engine.process.send_signal(signal.SIGTERM)
                rest = [line for line in lines if line]
            assert "error" in json.loads(rest[-1].removeprefix("data: "))
            assert engine.process.wait(20) == 0


def test_it_listens_beyond_loopback_for_known_clients_only(tmp_path: Path) -> None:
    write_site(
        tmp_path,
        main="version: 1\nproviders: {m: {dialect: mock, base_url: 'scripted:'}}\nmodels: {m: {targets: [m/m]}}\n",
    )
    engine = EngineProcess(tmp_path, "--host", "0.0.0.0")
    with pytest.raises(AssertionError, match="auth: none"), engine:
        pass
    key = {"E2E_CLIENT": "k-123456"}
    write_site(tmp_path, clients='version: 1\nclients: {web: {key: "${env:E2E_CLIENT}", models: [m]}}\n')
    with EngineProcess(tmp_path, "--host", "0.0.0.0", env={**os.environ, **key}) as engine:
        url = f"{engine.url}/v1/chat/completions"
        ask = {**body("m"), "stream": False}
        assert httpx.post(url, json=ask).status_code == 401
        wrong = httpx.post(url, json=ask, headers={"authorization": "Bearer nope"})
        assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
        assert httpx.post(url, json=ask, headers={"authorization": "Bearer k-123456"}).status_code == 200
        assert httpx.get(f"{engine.url}/admin/config").status_code in (401, 403, 404)
        assert "k-123456" not in engine.log.read_text()

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine.bench.bodies import PATH, body
from engine.bench.generator import send
from engine.bench.order import WORD, Order
from engine.bench.servers import Server, free_port, python
from tests.bench.serving import plan


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    upstream, bare = free_port(), free_port()
    logs: Path = tmp_path_factory.mktemp("bare")
    with (
        Server("upstream", python("engine.bench.upstream", str(upstream)), upstream, logs / "upstream"),
        Server("bare", python("engine.bench.bare", str(bare), str(upstream)), bare, logs / "bare"),
    ):
        yield bare


@pytest.mark.parametrize("pause", [0.0, 0.001])
def test_streams_pass(port: int, pause: float) -> None:
    order = Order(events=50, pause=pause)
    result = send(plan(port, order, stream=True))
    assert (result.requests, result.errors, result.events) == (5, 0, 250)


def test_whole_answers_pass_too(port: int) -> None:
    answer = httpx.post(f"http://127.0.0.1:{port}{PATH}", content=body("1 kB", "m", Order(events=3)))
    assert json.loads(answer.text)["choices"][0]["message"]["content"].count(WORD) == 3


def test_a_stream_that_the_upstream_cuts_is_cut(port: int) -> None:
    content = body("1 kB", "m", Order(events=100, dies=5), stream=True)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"http://127.0.0.1:{port}{PATH}", content=content)

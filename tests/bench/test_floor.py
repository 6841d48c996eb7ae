from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine.bench.bodies import PATH, body
from engine.bench.floor import LARGEST, make_app
from engine.bench.generator import send
from engine.bench.order import Order
from engine.bench.servers import Server, free_port, python
from tests.bench.serving import plan


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = free_port()
    log: Path = tmp_path_factory.mktemp("floor") / "log"
    with Server("floor", python("engine.bench.floor", str(port)), port, log) as server:
        yield server


def test_its_answers_are_right(floor: Server) -> None:
    result = send(plan(floor.port))
    assert (result.requests, result.errors) == (5, 0)


def test_it_parses_what_it_gets(floor: Server) -> None:
    url = f"http://127.0.0.1:{floor.port}{PATH}"
    assert httpx.post(url, content=b"{").status_code == 500
    assert httpx.post(url, content=body("1 MB", "m", Order())).status_code == 200


def test_it_takes_the_largest_body_and_logs_nothing() -> None:
    app = make_app()
    assert app.config.REQUEST_MAX_SIZE == LARGEST and not app.config.ACCESS_LOG

"""Keys made, rotated and revoked at run time, with several workers, on a file and on a database server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.engine_process import EngineProcess, write_site
from tests.e2e.test_clients import ask, soon
from tests.storage.databases import KINDS, database_of

SITE = """
version: 1
providers: {demo: {dialect: mock, base_url: "scripted:"}}
models: {fast: {targets: [demo/demo]}, smart: {targets: [demo/demo]}}
groups: {search: {models: [fast]}}
clients: {ops: {key: "sha256:0000000000000000000000000000000000000000000000000000000000000000"}}
"""
WORKERS = ("--workers", "4")
# Requests on connections of their own, so that all workers are among those who answer.
MANY = 16


@pytest.fixture(params=KINDS[:2])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with database_of(request.param, tmp_path) as url:
        yield url


def admin(url: str, method: str, path: str, body: Any = None) -> Any:
    with httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
        return client.request(method, f"/admin/clients{path}", json=body).json()


def command(site: Path, storage: str, *arguments: str) -> Any:
    """`proxyctl clients …` in a process of its own."""
    line = [
        sys.executable,
        "-m",
        "engine.cli.main",
        "--site",
        str(site),
        "clients",
        *arguments,
        "--format",
        "json",
    ]
    done = subprocess.run(
        line, capture_output=True, check=True, env={"PROXYCTL_STORAGE": storage, "PATH": ""}
    )
    return json.loads(done.stdout)


def all_say(url: str, key: str, answer: tuple[int, str | None], model: str = "fast") -> bool:
    return {ask(url, key, model) for _ in range(MANY)} == {answer}


GOOD, BAD, HIDDEN = (200, None), (401, "invalid_api_key"), (404, "model_not_found")


def asks_database(url: str) -> bool:
    return "clients" in admin(url, "GET", "")


def test_every_worker_follows(tmp_path: Path, storage: str) -> None:
    write_site(tmp_path, clients=SITE)
    with EngineProcess(tmp_path, *WORKERS, "--storage", storage) as engine:
        url = engine.url
        soon(lambda: asks_database(url))
        first = admin(url, "POST", "", {"name": "app", "groups": ["search"]})["key"]
        soon(lambda: all_say(url, first, GOOD))
        assert all_say(url, first, HIDDEN, "smart")
        second = admin(url, "POST", "/app/rotate", {"grace": "1h"})["key"]
        soon(lambda: all_say(url, second, GOOD))
        assert all_say(url, first, GOOD)
        admin(url, "POST", "/app/revoke")
        soon(lambda: all_say(url, first, BAD) and all_say(url, second, BAD))
        # Somebody works on the database itself.
        third = command(tmp_path, storage, "create", "cli", "--model", "smart")["key"]
        soon(lambda: all_say(url, third, GOOD, "smart"))
        command(tmp_path, storage, "revoke", "cli")
        soon(lambda: all_say(url, third, BAD))
        log = engine.log.read_text()
    assert "internal error" not in log
    assert not any(key in log for key in (first, second, third))


def test_keys_are_there_at_the_next_start_though_the_database_is_not(tmp_path: Path) -> None:
    write_site(tmp_path, clients=SITE)
    storage = f"sqlite:///{tmp_path / 'db' / 'x.db'}"
    (tmp_path / "db").mkdir()
    with EngineProcess(tmp_path, *WORKERS, "--storage", storage) as engine:
        soon(lambda: asks_database(engine.url))
        key = admin(engine.url, "POST", "", {"name": "app"})["key"]
        soon(lambda: all_say(engine.url, key, GOOD))
    with EngineProcess(tmp_path, *WORKERS, "--storage", storage) as engine:
        assert all_say(engine.url, key, GOOD)
    gone = tmp_path / "gone"
    (tmp_path / "db").rename(gone)
    with EngineProcess(tmp_path, *WORKERS, "--storage", storage) as engine:
        assert all_say(engine.url, key, GOOD)
        error = admin(engine.url, "POST", "/app/revoke")["error"]
        assert error["code"] == "storage_away"
        gone.rename(tmp_path / "db")
        soon(lambda: asks_database(engine.url), 30)
        admin(engine.url, "POST", "/app/revoke")
        soon(lambda: all_say(engine.url, key, BAD))

"""Edits under load: no request fails, and every worker comes to serve the last good state."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.engine_process import EngineProcess, write_site

MOCK = """
version: 1
providers: {mock: {dialect: mock, base_url: "scripted:", params: {text: "hello"}}}
models: {steady: {targets: [mock/one]}}
"""


def alias(name: str) -> str:
    return f"version: 1\nmodels: {{{name}: {{targets: [mock/one]}}}}\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    write_site(tmp_path, mock=MOCK)
    return tmp_path


@pytest.fixture
def engine(site: Path) -> Iterator[EngineProcess]:
    with EngineProcess(site, "--workers", "2") as running:
        yield running


def until(condition: Callable[[], Any], seconds: float = 5.0) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.02)


def config(engine: EngineProcess) -> dict[str, Any]:
    return dict(httpx.get(f"{engine.url}/admin/config").json())


def models(engine: EngineProcess) -> set[str]:
    return {model["id"] for model in httpx.get(f"{engine.url}/v1/models").json()["data"]}


def ask(engine: EngineProcess, model: str) -> int:
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
    return httpx.post(f"{engine.url}/v1/chat/completions", json=body, timeout=20).status_code


def agreed(engine: EngineProcess) -> bool:
    state = config(engine)
    return len(state["workers"]) == 2 and {w["generation"] for w in state["workers"]} == {state["generation"]}


def test_an_edit_is_served_by_all_workers(engine: EngineProcess, site: Path) -> None:
    before = config(engine)["generation"]
    (site / "routes.d" / "new.yaml").write_text(alias("added"))
    assert until(lambda: config(engine)["generation"] != before and agreed(engine))
    assert all("added" in models(engine) for _ in range(10))
    (site / "routes.d" / "new.yaml").unlink()
    assert until(lambda: config(engine)["generation"] == before and agreed(engine))


def test_a_broken_file_keeps_its_last_good_version(engine: EngineProcess, site: Path) -> None:
    path = site / "routes.d" / "edit.yaml"
    path.write_text(alias("first"))
    assert until(lambda: "first" in models(engine) and agreed(engine))
    path.write_text("version: 1\nmodels: {second: {targets: [nowhere/x]}}\n")
    state = until(lambda: (c := config(engine))["files"]["routes.d/edit.yaml"]["state"] == "rejected" and c)
    found = state["files"]["routes.d/edit.yaml"]["diagnostics"]
    assert found[0]["line"] == 2 and "nowhere" in found[0]["message"]
    assert "first" in models(engine)
    (site / "routes.d" / "other.yaml").write_text(alias("other"))
    assert until(lambda: "other" in models(engine)), "the other files move on"
    path.write_text(alias("third"))
    assert until(lambda: {"third", "other"} <= models(engine) and agreed(engine))
    assert "first" not in models(engine)


def test_a_deleted_file_that_is_still_used_stays(engine: EngineProcess, site: Path) -> None:
    (site / "routes.d" / "user.yaml").write_text(alias("user"))
    assert until(lambda: "user" in models(engine))
    (site / "routes.d" / "mock.yaml").unlink()
    state = until(
        lambda: (c := config(engine))["files"].get("routes.d/mock.yaml", {}).get("state") == "rejected" and c
    )
    assert (
        "still used by routes.d/user.yaml:2"
        in state["files"]["routes.d/mock.yaml"]["diagnostics"][0]["message"]
    )
    assert ask(engine, "steady") == 200


def test_configmap_swap(tmp_path: Path) -> None:
    """Kubernetes: routes.d/x.yaml -> ..data/x.yaml, ..data -> ..v1; the swap never names the YAML."""
    routes = tmp_path / "routes.d"
    routes.mkdir()
    for version, name in (("..v1", "one"), ("..v2", "two")):
        (routes / version).mkdir()
        (routes / version / "x.yaml").write_text(MOCK.replace("steady", name))
    (routes / "..data").symlink_to("..v1")
    (routes / "x.yaml").symlink_to("..data/x.yaml")
    with EngineProcess(tmp_path) as engine:
        assert models(engine) == {"one"}
        (routes / "..next").symlink_to("..v2")
        (routes / "..next").rename(routes / "..data")
        assert until(lambda: models(engine) == {"two"})


def test_no_request_fails_while_files_are_edited(engine: EngineProcess, site: Path) -> None:
    statuses: list[int] = []
    over = threading.Event()

    def load() -> None:
        with httpx.Client(timeout=20) as client:
            body = {"model": "steady", "messages": [{"role": "user", "content": "hi"}]}
            while not over.is_set():
                statuses.append(client.post(f"{engine.url}/v1/chat/completions", json=body).status_code)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    path = site / "routes.d" / "busy.yaml"
    for round_ in range(40):
        path.write_text(alias(f"a{round_}") if round_ % 2 == 0 else "version: 1\nmodels: {broken: {\n")
        time.sleep(0.1)
    path.write_text(alias("last"))
    assert until(lambda: "last" in models(engine) and agreed(engine))
    assert all("last" in models(engine) for _ in range(10))
    over.set()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200} and len(statuses) > 50

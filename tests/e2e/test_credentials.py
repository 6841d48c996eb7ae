"""Credentials that change while requests run: directories, exact rotation."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.engine_process import EngineProcess, write_site
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer

ASK = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}

SITE = """
    version: 1
    providers:
      up: {dialect: openai, base_url: "%s/v1", pool: keys}
    pools:
      keys: %s
    models: {m: {targets: [up/x]}}
"""


def key_of(request: Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def completion(request: Request) -> Answer:
    message = {"role": "assistant", "content": key_of(request)}
    return json_answer({"id": "1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})


def ask(client: httpx.Client, engine: EngineProcess) -> str:
    answer = client.post(f"{engine.url}/v1/chat/completions", json=ASK)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["choices"][0]["message"]["content"])


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def load(engine: EngineProcess) -> Iterator[list[str]]:
    """Requests one after the other on connections of their own; what each said."""
    heard: list[str] = []
    stop = threading.Event()

    def ask_on() -> None:
        with httpx.Client(timeout=20) as client:
            while not stop.is_set():
                heard.append(ask(client, engine))

    with ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask_on) for _ in range(4)]
        try:
            yield heard
        finally:
            stop.set()
        for each in asking:
            each.result()


def put(directory: Path, name: str, **data: Any) -> None:
    directory.mkdir(exist_ok=True)
    fresh = directory / f".{name}"
    fresh.write_text(json.dumps(data))
    fresh.replace(directory / name)


def test_a_directory_changes_under_load(tmp_path: Path) -> None:
    creds = tmp_path / "creds"
    put(creds, "a.json", token="key-aaaaaa", ends=time.time() + 3600)
    form = "{credentials: [{directory: creds, key: =token, expires: =ends}]}"
    with TestUpstream(completion) as upstream:
        write_site(tmp_path, a=SITE % (upstream.url, form))
        with EngineProcess(tmp_path, "--workers", "2") as engine, load(engine) as heard:
            until(lambda: "key-aaaaaa" in heard)
            put(creds, "b.json", token="key-bbbbbb")
            until(lambda: "key-bbbbbb" in heard)
            put(creds, "a.json", token="key-cccccc")
            until(lambda: set(heard[-40:]) == {"key-bbbbbb", "key-cccccc"})
            (creds / "a.json").unlink()
            until(lambda: set(heard[-40:]) == {"key-bbbbbb"})
            put(creds, "d.json", other="a-secret-value")
            told = files(engine)
            while "creds/d.json" not in told:
                told = files(engine)
            assert told["creds/d.json"]["state"] == "rejected"
            assert "`key: =token` gives no text" in told["creds/d.json"]["diagnostics"][0]["message"]
            assert "routes.d/a.yaml" in told
        said = engine.log.read_text()
        assert "credential file skipped" in said
        assert not any(secret in said for secret in ("a-secret-value", "key-aaaaaa", "key-bbbbbb"))


def files(engine: EngineProcess) -> dict[str, Any]:
    found = httpx.get(f"{engine.url}/admin/config").json()["files"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("strategy", ["round_robin", "least_used"])
def test_rotation_is_exact_over_four_workers(tmp_path: Path, strategy: str) -> None:
    keys = [f"key-{number}" * 3 for number in range(4)]
    written = ", ".join(f"{{id: k{number}, key: {key}}}" for number, key in enumerate(keys))
    with TestUpstream(completion) as upstream:
        write_site(tmp_path, a=SITE % (upstream.url, f"{{strategy: {strategy}, credentials: [{written}]}}"))
        with EngineProcess(tmp_path, "--workers", "4") as engine:

            def ask_often(times: int) -> list[str]:
                # A connection of its own for each, so that all workers serve.
                limits = httpx.Limits(max_keepalive_connections=0)
                with httpx.Client(timeout=30, limits=limits) as client:
                    return [ask(client, engine) for _ in range(times)]

            with ThreadPoolExecutor(8) as pool:
                heard = Counter(key for keys in pool.map(ask_often, [50] * 8) for key in keys)
    # To look and to use are two steps for `least_used`: workers that look at once may choose the same.
    leeway = 0 if strategy == "round_robin" else 8
    assert set(heard) == set(keys)
    assert all(abs(heard[key] - 100) <= leeway for key in keys), heard


def command(site: Path, *arguments: str, typed: str = "") -> str:
    """What `proxyctl credentials …` says, beside a server that runs."""
    whole = [sys.executable, "-m", "engine.cli.main", "--site", str(site), "credentials", *arguments]
    done = subprocess.run(whole, input=typed, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def standing(engine: EngineProcess) -> dict[str, Any]:
    answer = httpx.get(f"{engine.url}/admin/credentials", timeout=20)
    return {each["id"]: each for each in answer.json()["credentials"]}


def served(engine: EngineProcess, times: int = 12) -> set[str]:
    """The keys that requests go up with, on connections of their own so that all workers are asked."""
    with httpx.Client(timeout=20, limits=httpx.Limits(max_keepalive_connections=0)) as client:
        return {ask(client, engine) for _ in range(times)}


def test_commands_reach_all_workers(tmp_path: Path) -> None:
    declared = "{credentials: [{id: main, key: key-main-1}]}"
    with TestUpstream(completion) as upstream:
        write_site(tmp_path, a=SITE % (upstream.url, declared))
        with EngineProcess(tmp_path, "--workers", "2") as engine:
            assert served(engine) == {"key-main-1"}
            said = command(tmp_path, "add", "keys", "spare", typed="key-spare-secret\n")
            until(lambda: served(engine) == {"key-main-1", "key-spare-secret"})
            said += command(tmp_path, "disable", "keys", "main", "--reason", "leaked")
            until(lambda: served(engine) == {"key-spare-secret"})
            assert (standing(engine)["main"]["state"], standing(engine)["main"]["why"]) == (
                "disabled",
                "leaked",
            )
            said += command(tmp_path, "list", "--url", engine.url)
            said += command(tmp_path, "enable", "keys", "main")
            said += command(tmp_path, "rekey")
            until(lambda: served(engine) == {"key-main-1", "key-spare-secret"})
            said += command(tmp_path, "delete", "keys", "spare")
            until(lambda: served(engine) == {"key-main-1"})
        assert "key-spare-secret" not in said + engine.log.read_text()
        stored = [path for path in (tmp_path / ".proxyctl").rglob("*") if path.is_file()]
        assert stored and not any(b"key-spare-secret" in path.read_bytes() for path in stored)


def test_a_refused_key_is_off_until_its_probe_works(tmp_path: Path) -> None:
    refused = {"key-bad-1"}

    def answer(request: Request) -> Answer:
        if key_of(request) in refused:
            return json_answer({"error": {"message": f"no such key {key_of(request)}"}}, 401)
        return json_answer({"data": []}) if request.path == "/v1/models" else completion(request)

    pool = (
        "{on_error: {auth: {disable: true}}, probe: {every: 1s}, "
        "credentials: [{id: bad, key: key-bad-1}, {id: good, key: key-good-1}]}"
    )
    with TestUpstream(answer) as upstream:
        write_site(tmp_path, a=SITE % (upstream.url, pool))
        with EngineProcess(tmp_path, "--workers", "2") as engine:
            assert served(engine) == {"key-good-1"}
            state = standing(engine)["bad"]
            assert (state["state"], state["why"]) == ("disabled", "the platform refused it")
            chats = [each for each in upstream.requests if each.path == "/v1/chat/completions"]
            assert sum(key_of(each) == "key-bad-1" for each in chats) == 1, (
                "asked once, then by its probe alone"
            )
            until(lambda: "probe failed" in engine.log.read_text())
            assert standing(engine)["bad"]["state"] == "disabled"
            refused.clear()
            until(lambda: served(engine) == {"key-good-1", "key-bad-1"})
            assert standing(engine)["bad"]["state"] == "ready"
            until(lambda: "credential works again" in engine.log.read_text())
            assert "key-bad-1" not in engine.log.read_text()

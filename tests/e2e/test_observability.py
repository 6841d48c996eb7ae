"""A real server under a little of everything: what can be seen of it, and that no secret is among it."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.adapters.catalogue import CATALOGUE, OF_A_WORKER
from tests.adapters.collector import Collector, collecting
from tests.e2e.engine_process import EngineProcess, free_port, write_site
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer, sse_answer

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0

# Marked in a way that no pattern for keys knows, so that nothing but care keeps them out.
MARK = "m4rk3d"
KEYS = {
    "POOL_KEY": f"{MARK}-pool-key-0001", "QUERY_KEY": f"{MARK}-query-key-02", "HEADER_KEY": f"{MARK}-header-003",
    "CLIENT_KEY": f"{MARK}-client-0004", "ADMIN_KEY": f"{MARK}-admin-00005", "TRACE_KEY": f"{MARK}-trace-00006",
    "DSN_PASSWORD": f"{MARK}-dsn-00000007",
}  # fmt: skip
FILE_KEY, OWN_KEY = f"{MARK}-file-key-008", f"{MARK}-own-key-0009"
SECRETS = (*KEYS.values(), FILE_KEY, OWN_KEY)

SETTINGS = """
workers: 2
admin: {key: "${env:ADMIN_KEY}"}
log: {format: json}
storage: "postgresql://proxyctl:${env:DSN_PASSWORD}@127.0.0.1:CLOSED/usage"
state: "redis://:${env:DSN_PASSWORD}@127.0.0.1:CLOSED/0"
tracing: {endpoint: "COLLECTOR", headers: {x-collector-key: "${env:TRACE_KEY}"}}
"""
ROUTES = """
    version: 1
    dialects:
      queried: {extends: openai, auth: [{query: key, value: =credential.key}]}
    rules:
      hide: {apply: [{match: nightingale, with: "[project]"}]}
    pools:
      files: {credentials: [{directory: creds}]}
    providers:
      good: {dialect: openai, base_url: "UPSTREAM/good", key: "${env:POOL_KEY}", headers: {x-extra: "${env:HEADER_KEY}"}}
      bad: {dialect: openai, base_url: "UPSTREAM/bad", key: "${env:POOL_KEY}", headers: {x-extra: "${env:HEADER_KEY}"}, breaker: {failures: 3, window: 30s, open: 60s}}
      query: {dialect: queried, base_url: "UPSTREAM/bad", key: "${env:QUERY_KEY}"}
      gone: {dialect: queried, base_url: "http://127.0.0.1:CLOSED", key: "${env:QUERY_KEY}"}
      files: {dialect: openai, base_url: "UPSTREAM/bad", pool: files}
      own: {dialect: openai, base_url: "UPSTREAM/bad", credential: client}
    models:
      smart: {targets: [bad/m, good/m], price: {input: 1, output: 2}}
      good: {targets: [good/m], rules: hide}
      bad: {targets: [bad/m, query/m, gone/m, files/m]}
      own: {targets: [own/m]}
    clients:
      web: {key: "${env:CLIENT_KEY}", limits: {rpm: 1000}}
      small: {key: "sha256:81db8ebbbbc69c6c6ad4a6aa92b76e0c08af547da236b9e2c9dbe1d8285a8130", limits: {rpm: 1}}
    endpoints:
      chat: {path: /v1/chat/completions, surface: openai-chat}
      raw: {path: "/raw/{path}", pass: bad}
"""

WHOLE = {
    "id": "x",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "a nightingale"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
}


def chunk(text: str | None, finish: str | None = None) -> dict[str, Any]:
    delta = {"content": text} if text else {}
    return {"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def upstream(request: Request) -> Answer:
    """What is asked at `bad` comes back as an error that repeats everything that was sent."""
    if request.path.startswith("/bad"):
        told = f"{request.path} {json.dumps(request.headers)} {request.headers.get('authorization', '')}"
        return json_answer({"error": {"message": told, "code": told[:60]}}, 500)
    if request.json.get("stream"):
        usage = {"id": "x", "choices": [], "usage": WHOLE["usage"]}
        return sse_answer(chunk("a nightin"), chunk("gale"), chunk(None, "stop"), usage)
    return json_answer(WHOLE)


@dataclass
class Scene:
    engine: EngineProcess
    collector: Collector
    site: Path
    answers: list[httpx.Response]
    calls: list[Request]

    def admin(self, path: str) -> httpx.Response:
        """A page, from whichever worker takes the connection; one that is dying is not the last."""
        headers = {"authorization": f"Bearer {KEYS['ADMIN_KEY']}"}
        while True:
            try:
                return httpx.get(
                    f"{self.engine.url}{path}", headers=headers, timeout=PATIENCE, trust_env=False
                )
            except httpx.TransportError:
                assert self.engine.process is not None and self.engine.process.poll() is None

    def metrics(self) -> str:
        return self.admin("/metrics").text


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ask(url: str, model: str, key: str = KEYS["CLIENT_KEY"], **more: Any) -> httpx.Response:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": "the nightingale"}],
        **more.pop("body", {}),
    }
    headers = {"authorization": f"Bearer {key}", **more}
    return httpx.post(
        f"{url}/v1/chat/completions", json=body, headers=headers, timeout=PATIENCE, trust_env=False
    )


def traffic(url: str) -> list[httpx.Response]:
    streamed = {"body": {"stream": True}}
    parent = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    answers = [ask(url, "smart", **parent)]
    answers += [ask(url, model, **streamed) for model in ("smart", "good")]
    answers += [ask(url, "good"), ask(url, "good", body={"seed": 1}), ask(url, "none"), ask(url, "bad")]
    answers += [ask(url, "own", **{"x-api-key": OWN_KEY}), ask(url, "good", key=f"{MARK}-own-key-0009")]
    answers += [ask(url, "bad") for _ in range(4)]
    answers += [ask(url, "good", key="small") for _ in range(3)]
    wrong = {"authorization": f"Bearer {OWN_KEY}"}
    for path, headers in (
        ("/v1/models", {}),
        ("/nowhere", {}),
        ("/admin/config", wrong),
        ("/metrics", wrong),
    ):
        where = f"{url}{path}?key={OWN_KEY}"
        answers.append(httpx.get(where, headers=headers, timeout=PATIENCE, trust_env=False))
    auth = {"authorization": f"Bearer {KEYS['CLIENT_KEY']}"}
    answers.append(httpx.post(f"{url}/raw/v1", json={}, headers=auth, timeout=PATIENCE, trust_env=False))
    return answers


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    site = tmp_path_factory.mktemp("site")
    (site / "creds").mkdir()
    (site / "creds" / "one.json").write_text(json.dumps({"key": FILE_KEY}))
    with TestUpstream(upstream) as up, collecting() as collector:
        closed = str(free_port())
        filled = {"UPSTREAM": up.url, "CLOSED": closed, "COLLECTOR": collector.url}
        write_site(site, demo=fill(ROUTES, filled))
        (site / "proxyctl.yaml").write_text(fill(SETTINGS, filled))
        with EngineProcess(site, env=KEYS) as engine:
            made = Scene(engine, collector, site, traffic(engine.url), up.requests)
            until(lambda: len([s for s in collector.spans if s["kind"] == 2]) >= 13)
            yield made


def fill(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def samples(text: str) -> dict[str, float]:
    rows = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    assert len({name for name, _, _ in rows}) == len(rows), "a series stands twice"
    return {name: float(value) for name, _, value in rows}


def family(series: str) -> str:
    name = series.partition("{")[0]
    base = re.sub(r"_(?:bucket|sum|count)$", "", name)
    return base if base in CATALOGUE else name


def test_the_scrape_is_well_formed(scene: Scene) -> None:
    text = scene.metrics()
    found = {family(name) for name in samples(text)}
    for kind in ("HELP", "TYPE"):
        told = re.findall(rf"^# {kind} (\S+) ", text, re.MULTILINE)
        assert len(told) == len(set(told)) and set(told) == found
    assert found <= set(CATALOGUE), "every metric has its line in the catalogue"
    for name, value in samples(text).items():
        if "_bucket{" in name and 'le="+Inf"' in name:
            count = name.replace("_bucket{", "_count{").replace(',le="+Inf"', "")
            assert samples(text)[count] == value


def test_counts_are_those_of_the_requests(scene: Scene) -> None:
    found = samples(scene.metrics())

    def total(name: str, *labels: str) -> float:
        return sum(
            value
            for key, value in found.items()
            if key.partition("{")[0] == name and all(x in key for x in labels)
        )

    assert total("proxyctl_requests_total", 'alias="good"', 'status="200"') == 4
    assert total("proxyctl_time_to_first_byte_seconds_count") == 2
    assert total("proxyctl_tokens_total", 'alias="smart"', 'kind="prompt"') == 6
    assert total("proxyctl_cost_usd_total", 'alias="smart"') == pytest.approx(2 * 11e-6)
    assert total("proxyctl_unpriced_requests_total", 'alias="good"') == 4
    assert total("proxyctl_client_requests_total", 'client="web"', 'status="2xx"') == 5
    assert total("proxyctl_rule_matches_total", 'on="answer"') == 4
    assert total("proxyctl_failovers_total", 'changed="target"') >= 2
    assert total("proxyctl_workers") == 2 and total("proxyctl_build_info") == 1


# What does not happen in these tests, or happens elsewhere.
RARE = {
    "proxyctl_breaker_closes_total", "proxyctl_config_reload_total", "proxyctl_retries_total",
    "proxyctl_unsupported_parameters_total",
}  # fmt: skip
SEEN = {
    "proxyctl_requests_total", "proxyctl_request_duration_seconds", "proxyctl_time_to_first_byte_seconds",
    "proxyctl_requests_in_flight", "proxyctl_tokens_total", "proxyctl_cost_usd_total", "proxyctl_upstream_errors_total",
    "proxyctl_failovers_total", "proxyctl_breaker_opens_total", "proxyctl_refusals_total", "proxyctl_workers",
    "proxyctl_client_requests_total", "proxyctl_config_last_reload_successful", "process_resident_memory_bytes",
    "proxyctl_limit_refusals_total",
}  # fmt: skip


def test_the_dashboard_shows_what_there_is(scene: Scene) -> None:
    board = json.loads((ROOT / "dashboards" / "proxyctl.json").read_text())
    text = json.dumps(board)
    named = {family(name) for name in re.findall(r"(?:proxyctl|process)_[a-z_]+", text)}
    found = {family(name) for name in samples(scene.metrics())}
    assert named - found <= RARE and named <= set(CATALOGUE)
    assert named >= SEEN
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids)) and board["uid"] == "proxyctl"
    variables = {variable["name"] for variable in board["templating"]["list"]}
    used = set(re.findall(r"\$\{?([a-z]+)\}?", text))
    assert {"datasource", "job", "model", "provider"} <= variables and used - {"rate", "all"} <= variables
    assert all(
        target["expr"].count("(") == target["expr"].count(")")
        for panel in board["panels"]
        for target in panel.get("targets", ())
    )


def test_alerts_and_docs_name_metrics_that_exist() -> None:
    text = (ROOT / "docs" / "observability.md").read_text()
    named = {family(name) for name in re.findall(r"\b(?:proxyctl|process)_[a-z_]+", text)}
    assert named == set(CATALOGUE)


def test_a_trace_goes_through(scene: Scene) -> None:
    mine = [span for span in scene.collector.spans if span["trace"] == "0af7651916cd43dd8448eb211c80319c"]
    (request,) = [span for span in mine if span["kind"] == 2]
    attempts = [span for span in mine if span["kind"] == 3]
    assert (
        request["parent"] == "b7ad6b7169203331" and request["attributes"]["gen_ai.request.model"] == "smart"
    )
    assert [span["failed"] for span in attempts][-1] is False and attempts[0]["failed"]
    assert all(span["parent"] == request["id"] for span in attempts)
    carried = [call.headers.get("traceparent", "") for call in scene.calls]
    assert {f"00-{span['trace']}-{span['id']}-01" for span in attempts} <= set(carried)
    assert scene.collector.headers[0]["x-collector-key"] == KEYS["TRACE_KEY"]


def test_lines_of_requests_say_what_came_of_them(scene: Scene) -> None:
    def rows() -> list[dict[str, Any]]:
        lines = scene.engine.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    until(lambda: any(row["event"] == "request" and row.get("alias") == "smart" for row in rows()))
    row = next(r for r in rows() if r["event"] == "request" and r.get("alias") == "smart" and r.get("stream"))
    assert (row["client"], row["provider"], row["target"], row["status"]) == ("web", "good", "good/m", 200)
    assert row["credential"] == "good" and row["attempts"] == 1 and row["usage"] == {"prompt": 3, "output": 4}
    assert row["ms"] >= row["first_byte_ms"] > 0 and row["cost"] == pytest.approx(11e-6)
    assert len(row["trace_id"]) == 32 and row["request_id"]
    other = [
        line
        for line in scene.engine.log.read_text().splitlines()
        if line and not line.startswith(("{", "proxyctl "))
    ]
    assert other == [], "one format"


def test_no_count_falls_when_a_worker_dies(scene: Scene) -> None:
    def pids() -> set[int]:
        return {worker["pid"] for worker in scene.admin("/admin/config").json()["workers"]}

    for victim in sorted(pids()):
        before = samples(scene.metrics())
        os.kill(victim, signal.SIGKILL)
        until(lambda victim=victim: len(pids()) == 2 and victim not in pids())
        after = samples(scene.metrics())
        fallen = {
            name
            for name, value in before.items()
            if family(name) not in OF_A_WORKER
            and CATALOGUE[family(name)].kind != "gauge"
            and after[name] < value
        }
        assert fallen == set()
        assert not any(f'pid="{victim}"' in name for name in after)


ADMIN_PAGES = ("config", "targets", "credentials", "clients", "usage")


def test_no_secret_is_anywhere(scene: Scene) -> None:
    """Every upstream error repeats all that was sent; the database refuses; keys of callers are wrong."""
    places = {f"answer {number}": seen(answer) for number, answer in enumerate(scene.answers)}
    places |= {f"page {name}": seen(scene.admin(f"/admin/{name}")) for name in ADMIN_PAGES}
    places["metrics"] = seen(scene.admin("/metrics"))
    scene.engine.stop()
    places["spans"] = scene.collector.raw
    kept = [path for path in scene.site.rglob("*") if path.is_file() and "creds" not in path.parts]
    places |= {path.name: path.read_bytes() for path in kept}
    assert {"engine.log", "page targets", "spans", "answer 0"} <= set(places)
    found = {(secret, name) for secret in SECRETS for name, data in places.items() if secret.encode() in data}
    assert found == set()


def seen(answer: httpx.Response) -> bytes:
    return answer.content + str(answer.headers).encode()

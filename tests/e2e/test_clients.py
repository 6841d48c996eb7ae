"""Clients of a real server with several workers: keys, networks, tokens."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.adapters.signing import key_set, public, token
from tests.e2e.engine_process import EngineProcess, write_site

SITE = """
version: 1
providers: {demo: {dialect: mock, base_url: "scripted:"}}
models:
  smart: {targets: [demo/demo], access: {groups: [search]}}
  fast: {targets: [demo/demo]}
groups: {search: {}}
clients:
  ops: {key: ops-key-0123456789, ips: [192.0.2.0/24]}
  old: {key: old-key-0123456789, expires: 2020-01-01}
  lister: {key: lister-key-0123456789, endpoints: openai-models}
  people:
    jwt: {jwks_file: keys.json, issuer: "https://issuer.test", audience: proxyctl, name: =claims.sub, groups: =claims.groups}
"""


def ask(url: str, key: str | None, model: str = "fast", **headers: str) -> tuple[int, Any]:
    """A request on a connection of its own, so that any worker may get it."""
    sent = {"authorization": f"Bearer {key}"} if key else {}
    body = {"model": model, "messages": [{"role": "user", "content": "hi"}]}
    with httpx.Client(trust_env=False, timeout=20) as client:
        reply = client.post(f"{url}/v1/chat/completions", json=body, headers={**sent, **headers})
    return reply.status_code, reply.json().get("error", {}).get("code")


def soon(holds: Callable[[], bool], within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_who_comes_in(tmp_path: Path) -> None:
    write_site(tmp_path, clients=SITE)
    (tmp_path / "keys.json").write_text(key_set(public("one")))
    (tmp_path / "proxyctl.yaml").write_text("trusted_proxies: 127.0.0.0/8\n")
    ends = time.time() + 600
    good = token(exp=ends, groups=["search"])
    with EngineProcess(tmp_path, "--workers", "4") as engine:
        url = engine.url
        assert ask(url, None) == (401, "invalid_api_key")
        assert ask(url, "ops-key-0123456789") == (403, "ip_not_allowed")
        assert ask(url, "ops-key-0123456789", **{"x-forwarded-for": "192.0.2.7"}) == (200, None)
        assert ask(url, "ops-key-0123456789", **{"x-forwarded-for": "192.0.2.7, 203.0.113.1"})[0] == 403
        assert ask(url, "old-key-0123456789") == (401, "expired")
        assert ask(url, "lister-key-0123456789") == (403, "endpoint_not_allowed")
        for _ in range(12):
            assert ask(url, good, "smart") == (200, None)
        assert ask(url, token(exp=ends), "smart") == (404, "model_not_found")
        assert ask(url, token(exp=ends, sub="ops")) == (401, "invalid_token")
        assert ask(url, token(exp=time.time() - 61)) == (401, "expired")
        new = token("two", exp=ends)
        assert ask(url, new) == (401, "invalid_token")
        # The issuer changes its key: every worker takes the new one and nothing by the old one.
        fresh = tmp_path / "fresh"
        fresh.write_text(key_set(public("two")))
        os.replace(fresh, tmp_path / "keys.json")
        soon(lambda: all(ask(url, new) == (200, None) for _ in range(12)))
        soon(lambda: all(ask(url, good, "smart") == (401, "invalid_token") for _ in range(12)))
    text = engine.log.read_text()
    assert "internal error" not in text and not any(secret in text for secret in (good, new, "ops-key"))

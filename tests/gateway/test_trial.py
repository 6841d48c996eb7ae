"""A chat with one credential: what came back, or what is wrong, without its key and without a trace on others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.config.site import SiteFiles
from engine.errors import EngineError, ErrorClass
from engine.gateway.trial import Tried, model_of, try_chat
from engine.snapshot.compile import compile_site
from engine.snapshot.model import Snapshot
from tests.gateway.playbook import Environment, Json, Status
from tests.server.vaulted import Vaulted

SITE = """
version: 1
providers:
  up: {dialect: openai, base_url: "https://up.test/v1", pool: keys}
  open: {dialect: openai, base_url: "https://open.test/v1", pool: keys}
pools:
  keys: {credentials: [{id: a, key: key-secret-aaaa}, {id: b, key: key-secret-bbbb}]}
models: {m: {targets: [up/large-1]}, "*": {targets: [{provider: open}]}}
"""


@pytest.fixture
def vaulted(tmp_path: Path) -> Vaulted:
    return Vaulted(tmp_path)


@pytest.fixture
def snapshot() -> Snapshot:
    made = compile_site(SiteFiles({"routes.d/a.yaml": SITE.encode()}), Environment({})).snapshot
    assert made is not None
    return made


async def test_what_came_back(vaulted: Vaulted, snapshot: Snapshot) -> None:
    provider, (_, declared) = snapshot.providers["up"], snapshot.pools["keys"].credentials
    second = replace(declared, expires=1.0, models=("other-*",))
    answer = {"id": "1", "model": "large-1-x", "choices": [{"index": 0, "message": {"content": "OK"}}]}
    vaulted.upstream.script = [Json(answer)]
    tried = await try_chat(vaulted.outside, snapshot, provider, second)
    assert tried == Tried("OK", "large-1-x", tried.usage)
    call = vaulted.upstream.calls[-1]
    assert call.headers["authorization"] == "Bearer key-secret-bbbb"
    assert b'"large-1"' in call.body


async def test_what_is_wrong_is_told_once_and_held_against_nobody(
    vaulted: Vaulted, snapshot: Snapshot
) -> None:
    provider, (first, _) = snapshot.providers["up"], snapshot.pools["keys"].credentials
    said = {"error": {"message": "bad key key-secret-aaaa", "code": "invalid_api_key"}}
    vaulted.upstream.script = [Status(401, said)]
    with pytest.raises(EngineError, match="API key") as caught:
        await try_chat(vaulted.outside, snapshot, provider, first)
    assert caught.value.info.error_class is ErrorClass.AUTH
    assert "secret" not in str(caught.value)
    assert len(vaulted.upstream.calls) == 1
    assert not any(vaulted.counters._marks.values())


def test_a_model_must_be_named_where_clients_name_it(snapshot: Snapshot) -> None:
    assert model_of(snapshot, snapshot.providers["up"]) == "large-1"
    with pytest.raises(EngineError, match="name a model of 'open'"):
        model_of(snapshot, snapshot.providers["open"])

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.config.site import SiteFiles
from engine.errors import EngineError
from engine.gateway.access import visible_names
from engine.gateway.model_lists import fetch_list, listed_names
from engine.snapshot.compile import compile_site
from engine.snapshot.model import Client, Snapshot
from tests.gateway.playbook import Environment, Game, Json, Line, Refuses, Status, compiled, site

SITE = """
  lists:
    extends: plain
    operations:
      models: {request: {method: GET, path: /list}, response: {models: {$each: =data.data, $as: m, $do: {id: =m.id}}}}
providers:
  a: {dialect: lists, base_url: "https://a.test", key: sk-of-provider-a, list_models: true}
  b: {dialect: lists, base_url: "https://b.test", key: k2}
models:
  "a/*": {targets: ["a/*"]}
  "big-*": {targets: [{provider: a, model: "large-*"}]}
  "same": {targets: [{provider: b, model: z}]}
  "z*": {targets: [{provider: b}]}
  "fixed-*": {targets: [{provider: a, model: one}]}
  "a/hidden*": {targets: ["a/hidden*"], access: {clients: [boss]}}
"""


def names(snapshot: Snapshot) -> list[str]:
    return [name for name, _ in listed_names(snapshot, LISTS)]


LISTS = {"a": ["one", "large-x", "hidden-1"], "b": ["z", "zz", "y"], "gone": ["q"]}


def test_names_are_those_that_globs_would_pass_on() -> None:
    assert names(compiled(SITE)) == ["a/hidden-1", "a/large-x", "a/one", "big-x", "z", "zz"]


def test_a_client_sees_what_it_may_ask_for() -> None:
    snapshot = compiled(SITE)
    snapshot = replace(snapshot, listed=listed_names(snapshot, LISTS))
    assert visible_names(snapshot, None) == ["a/large-x", "a/one", "big-x", "same", "z", "zz"]
    assert visible_names(snapshot, Client("boss", (), ("a/*",))) == ["a/hidden-1", "a/large-x", "a/one"]


def fetched(*script: Line) -> tuple[Game, list[str]]:
    game = Game(SITE)
    game.upstream.script = list(script)
    return game, game.run(fetch_list(game.gateway.outside, game.snapshot.providers["a"]))


def test_a_list_is_fetched_with_the_providers_credential() -> None:
    game, found = fetched(Json({"data": [{"id": "b"}, {"id": "a"}, {"id": "b"}, {"x": 1}]}))
    assert found == ["a", "b"]
    call = game.upstream.calls[0]
    assert (call.method, call.url, call.headers["authorization"]) == (
        "GET", "https://a.test/list", "Bearer sk-of-provider-a",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (Status(401, {"message": "no sk-of-provider-a here"}), "no .* here"),
        (Refuses(), "refused"),
        (Json({"data": None}), "no list of models"),
    ],
)
def test_what_is_no_list_is_an_error_without_secrets(line: Line, why: str) -> None:
    with pytest.raises(EngineError, match=why) as failed:
        fetched(line)
    assert "sk-of-provider-a" not in failed.value.info.message


def test_a_provider_that_cannot_be_asked() -> None:
    for changed in ('{dialect: plain, base_url: "https://p.test", list_models: true}',
                    '{dialect: lists, base_url: "https://p.test", credential: client, list_models: true}'):  # fmt: skip
        text = f"{SITE}".replace("  b: {", f"  p: {changed}\n  b: {{", 1)
        made = compile_site(SiteFiles({"routes.d/site.yaml": site(text)}), Environment({}))
        assert [item.code for item in made.diagnostics if item.is_error] == ["no-model-list"]

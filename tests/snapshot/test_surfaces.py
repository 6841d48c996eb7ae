"""Surfaces of a site, and those that ship."""

from __future__ import annotations

import pytest

from engine.snapshot.cache import Cache
from engine.snapshot.library import shipped
from engine.snapshot.surfaces import Surfaces, shipped_names, shipped_surface
from engine.surfaces.declared.surface import DeclaredSurface
from tests.snapshot.sites import MOCK, codes, compiled, served

OWN = "surfaces: {mine: {endpoints: {mine: {path: /mine, operation: chat}}, decode: {turns: [{role: user, parts: =body.say}]}, encode: {whole: {said: =text}}}}\n"


def test_a_surface_of_the_site_answers_on_its_own_path() -> None:
    snapshot = served(a=MOCK + OWN)
    assert isinstance(snapshot.surfaces["mine"], DeclaredSurface)
    endpoint = next(one for one in snapshot.endpoints if one.name == "mine")
    assert (endpoint.path, endpoint.methods, endpoint.kind, endpoint.surface) == (
        "/mine",
        ("POST",),
        "surface",
        "mine",
    )


def test_without_endpoints_every_shipped_surface_is_served() -> None:
    snapshot = served(a=MOCK)
    assert set(shipped_names()) <= snapshot.surfaces.keys()
    names = {endpoint.name for endpoint in snapshot.endpoints}
    assert names >= {name for one in shipped().surfaces.values() for name in one.endpoints}


def test_with_endpoints_only_what_they_speak() -> None:
    name = next(iter(shipped().surfaces))
    snapshot = served(a=MOCK + f"endpoints: {{mine: {{path: /x, surface: {name}}}}}")
    assert set(snapshot.surfaces) == {"openai-chat", name}
    kinds = {endpoint.kind for endpoint in snapshot.endpoints if endpoint.name != "mine"}
    assert "surface" not in kinds and "models" in kinds


def test_a_shipped_surface_is_compiled_once() -> None:
    for name in shipped().surfaces:
        assert shipped_surface(name) is shipped_surface(name) is not None
    assert shipped_surface("nobodys") is None


def test_mistakes_are_told_at_their_place() -> None:
    assert codes(compiled(a="surfaces:\n  a: {decode: {turns: =bdy}}")) == [
        ("routes.d/a.yaml", 3, "unknown-name")
    ]
    assert codes(compiled(a="surfaces:\n  a: {decode: {schema: {typ: object}}}")) == [
        ("routes.d/a.yaml", 3, "bad-schema")
    ]
    assert codes(compiled(a="surfaces:\n  a: {extends: gone}")) == [("routes.d/a.yaml", 3, "unknown-surface")]


def test_what_a_header_is_like_wants_a_header() -> None:
    text = OWN.replace("operation: chat", "operation: chat, header_like: 'sdk-*'")
    right = text.replace("header_like", "header: user-agent, header_like")
    found = [{code for *_, code in codes(compiled(a=each))} for each in (text, right)]
    assert ["missing-key" in each for each in found] == [True, False]


def test_one_may_extend_another_and_has_paths_of_its_own() -> None:
    text = OWN + "  \n"
    snapshot = served(a=MOCK + text, b="surfaces: {other: {extends: mine, endpoints: {other: {path: /o}}}}")
    assert [one.path for one in snapshot.endpoints if one.surface == "other"] == ["/o"]


def test_a_shipped_surface_waits_until_it_is_asked_for() -> None:
    table = Surfaces({}, Cache()).table(["openai-chat", *shipped().surfaces, "nobodys"])
    assert len(table) == 1 + len(shipped().surfaces) and "nobodys" not in table
    assert {one.name for one in table.offered()} == set(table)
    assert table.get("nobodys") is None and table.get("openai-chat") is table["openai-chat"]
    with pytest.raises(KeyError):
        table["nobodys"]

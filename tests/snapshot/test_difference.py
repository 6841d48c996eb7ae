from __future__ import annotations

import pytest

from engine.config.site import SiteFiles
from engine.diagnostics import Problems
from engine.snapshot.description import Declared, describe
from engine.snapshot.difference import Change, compare

BASE = "models: {fast: {targets: [p/a, p/b, p/c]}}"


def described(text: str) -> Declared:
    return describe(SiteFiles({"routes.d/a.yaml": f"version: 1\n{text}".encode()}), str, Problems())


def changes(before: str, after: str) -> list[Change]:
    return compare(described(before), described(after))


def places(before: str, after: str) -> list[str]:
    signs = {"added": "+", "removed": "-", "changed": "~"}
    return [f"{signs[each.kind]} {each.place}" for each in changes(before, after)]


def test_objects_that_came_and_went() -> None:
    before = "providers: {old: {dialect: mock}, kept: {dialect: mock}}"
    after = "models: {smart: {targets: [kept/x]}}\nproviders: {kept: {dialect: mock}}"
    assert places(before, after) == ["- providers.old", "+ models.smart"]
    gone, came = changes(before, after)
    assert gone.before["dialect"] == "mock" and gone.after is None
    assert came.before is None and came.after["targets"][0]["provider"] == "kept"


def test_a_value_that_changed() -> None:
    after = "models: {fast: {targets: [{provider: p, model: a, weight: 2}, p/b, p/c]}}"
    assert changes(BASE, after) == [Change("models", "fast", "targets[0].weight", "changed", 1, 2)]


@pytest.mark.parametrize(
    ("targets", "found"),
    [
        ("[p/x, p/a, p/b, p/c]", ["+ models.fast.targets[0]"]),
        ("[p/a, p/x, p/b, p/c]", ["+ models.fast.targets[1]"]),
        ("[p/a, p/b, p/c, p/x]", ["+ models.fast.targets[3]"]),
        ("[p/a, p/c]", ["- models.fast.targets[1]"]),
        ("[p/a, p/x, p/c]", ["~ models.fast.targets[1].model"]),
        ("[]", ["- models.fast.targets"]),
    ],
)
def test_items_of_lists(targets: str, found: list[str]) -> None:
    assert places(BASE, f"models: {{fast: {{targets: {targets}}}}}") == found


def test_credentials_are_found_by_their_ids() -> None:
    before = "pools: {a: {credentials: [{id: main, weight: 1}, {id: spare}]}}"
    after = "pools: {a: {credentials: [{id: new}, {id: spare}, {id: main, weight: 3}]}}"
    assert places(before, after) == [
        "~ pools.a.credentials[main].weight",
        "+ pools.a.credentials[new]",
        "~ pools.a.credentials",
    ]
    order = changes(before, after)[-1]
    assert (order.before, order.after) == (["main", "spare"], ["spare", "main"])


def test_credentials_without_ids_go_by_their_places() -> None:
    before = "pools: {a: {credentials: [{id: x}, {directory: d}]}}"
    after = "pools: {a: {credentials: [{id: x}, {directory: e}]}}"
    assert places(before, after) == ["~ pools.a.credentials[1].directory"]


def test_names_with_dots_are_quoted() -> None:
    before, after = "models: {gpt-4.1: {params: {a: 1}}}", "models: {gpt-4.1: {params: {a: 2}}}"
    assert places(before, after) == ['~ models."gpt-4.1".params.a']


def test_a_changed_secret_is_a_change_that_shows_nothing() -> None:
    (found,) = changes("clients: {c: {key: first-key}}", "clients: {c: {key: other-key}}")
    assert (found.path, found.kind, found.before, found.after) == (
        "key[0]",
        "changed",
        "(secret)",
        "(secret)",
    )


def test_the_order_is_that_of_sections_and_names() -> None:
    after = "rules: {r: {}}\nclients: {b: {}, a: {}}\nproviders: {z: {}}"
    assert places("", after) == ["+ providers.z", "+ clients.a", "+ clients.b", "+ rules.r"]


def test_nothing_changed() -> None:
    assert changes(BASE, BASE) == []

from __future__ import annotations

from dataclasses import dataclass

import pytest

from engine.registry import Registry, discover, nearest
from engine.wire import framings


@dataclass(frozen=True)
class Thing:
    name: str


def test_a_registry_knows_its_names_and_refuses_duplicates() -> None:
    registry: Registry[Thing] = Registry("thing")
    registry.add(Thing("b"))
    registry.add(Thing("a"))
    assert (registry.names(), registry.get("a"), registry.get("c")) == (["a", "b"], Thing("a"), None)
    assert "a" in registry and list(registry) == [Thing("b"), Thing("a")]
    with pytest.raises(ValueError, match="duplicate thing 'a'"):
        registry.add(Thing("a"))


def test_discovery_registers_the_spec_of_every_module() -> None:
    found = discover(framings, Registry("framing"))
    assert {"sse", "ndjson", "json-array"} <= set(found.names())


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("tagrets", ["targets", "params"], "targets"),
        ("Targets", ["targets"], "targets"),
        ("xyz", ["targets", "params"], None),
        ("sse", ["sse"], "sse"),
        ("", ["targets"], None),
    ],
)
def test_nearest_has_a_threshold(name: str, known: list[str], meant: str | None) -> None:
    assert nearest(name, known) == meant

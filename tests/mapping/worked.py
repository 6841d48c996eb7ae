"""The worked maps of the study, in the layout that dialects have now."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.config.yaml import parse_yaml
from engine.diagnostics import Diagnostic, Problems, in_order
from engine.mapping.dialect import Dialect, compile_dialect
from engine.tree import Entry, Mapping

SKETCH = Path(__file__).resolve().parents[3] / "shared" / "sketch"
NEEDED = pytest.mark.skipif(not SKETCH.exists(), reason="the study's worked maps are not here")
OPERATION = ("request", "stream", "response")


def adapted(node: Mapping) -> Mapping:
    """`request`, `stream` and `response` stood at the top; they belong to the operation `chat`."""
    entries = {entry.key: entry for entry in node if entry.key != "name"}
    inside = {key: entries.pop(key) for key in OPERATION if key in entries}
    chat = Entry("chat", node.at, Mapping(inside, node.at))
    operations = Mapping({"chat": chat}, node.at)
    return Mapping({**entries, "operations": Entry("operations", node.at, operations)}, node.at)


# `json` of a tool result was never null when the maps were drawn.
SINCE = {"response: =p.json}": 'response: "=p.json || {output: p.text}"}'}


@cache
def compiled(path: Path) -> tuple[Dialect, list[Diagnostic]]:
    found = Problems()
    text = path.read_text()
    for old, new in SINCE.items():
        text = text.replace(old, new)
    node = parse_yaml(path.name, text.encode(), found)
    assert node is not None
    dialect = compile_dialect(path.stem, adapted(node), found, framings=None, path="")
    return dialect, in_order(found.items)


def cases(part: str) -> list[tuple[str, dict[str, Any]]]:
    """Fixtures that have `part`, by the name of their map."""
    if not SKETCH.exists():
        return []
    files = sorted((SKETCH / "fixtures").glob("*.test.yaml"))
    tests = [(file.name.split(".")[0], yaml.safe_load(file.read_text())["tests"]) for file in files]
    return [
        (map_, case) for map_, listed in tests for case in listed if part in case or part in case["expect"]
    ]

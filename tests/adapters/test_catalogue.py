"""The conventions of Prometheus, as `promtool check metrics` has them, held for every metric that there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from engine.adapters.catalogue import CATALOGUE, OF_A_WORKER, About

ENGINE = Path(__file__).parents[2] / "engine"
NAME = re.compile(r"(?:proxyctl|process)_[a-z][a-z0-9_]*[a-z0-9]")
# Base units, and words for what has none.
NOT_BASE = re.compile(r"_(?:ms|milliseconds|minutes|hours|kb|kilobytes|mb|megabytes|percent)(?:_|$)")
RESERVED = ("_bucket", "_count", "_sum")


@pytest.mark.parametrize(("name", "about"), CATALOGUE.items(), ids=list(CATALOGUE))
def test_names_follow_the_conventions(name: str, about: About) -> None:
    kind = OF_A_WORKER.get(name, about.kind)
    assert NAME.fullmatch(name) and not NOT_BASE.search(name) and not name.endswith(RESERVED)
    assert name.endswith("_total") == (kind == "counter")
    assert kind != "histogram" or name.endswith("_seconds")
    assert about.kind not in name.split("_")
    assert about.help.endswith(".") and "\n" not in about.help
    assert list(about.buckets) == sorted(set(about.buckets))


def test_every_metric_of_the_engine_is_in_the_catalogue_and_the_reverse() -> None:
    used = {
        node.value
        for path in ENGINE.rglob("*.py")
        if path.name != "catalogue.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value)
    }
    assert set(CATALOGUE) <= used

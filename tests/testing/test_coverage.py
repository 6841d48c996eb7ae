from __future__ import annotations

import sys

from engine.spec.dialect import Dialect as Declared
from engine.testing.coverage import Tracer, WatchedTable, coverage, heirs, uncovered
from engine.testing.runner import run
from tests.testing.sample import ROUTES, STREAM, bench, case, parse


def declared() -> dict[str, Declared]:
    document = parse(ROUTES, "routes.d/acme.yaml").document
    assert document is not None
    return dict(document.dialects)


async def missed(*tests: str) -> list[tuple[str, str]]:
    on = bench()
    dialect = on.dialect("acme")
    assert dialect is not None
    tracer = Tracer([dialect])
    with tracer:
        results = [result async for result in run(map(case, tests), on)]
    assert all(result.passed for result in results), results
    assert sys.gettrace() is None
    return [(point.kind, point.label) for point in uncovered(coverage(declared(), tracer))]


async def test_what_no_test_entered() -> None:
    stream = "".join(f"  {line}\n" for line in STREAM.splitlines())
    found = await missed(f"name: n\ndialect: acme\nexpect: {{finish: stop}}\nstream: |\n{stream}")
    assert found == [("table key", "finish.cut"), ("$when", "=chat.tools"), ("case", "oops")]


async def test_without_a_test_everything_is_missed() -> None:
    found = await missed()
    assert (
        ("definition", "said") in found
        and ("case", "hello") in found
        and ("table key", "finish.end") in found
    )


def test_a_watched_table_is_a_table() -> None:
    asked: set[str] = set()
    table = WatchedTable({"a": 1}, asked)
    assert (table.get("a"), table.get("b"), table.get("c", 3), table["a"]) == (1, None, 3, 1)
    assert asked == {"a", "b", "c"}


def test_heirs_count_for_what_they_inherit() -> None:
    text = ROUTES.replace(
        "providers:\n", "  acme-two: {extends: acme}\n  acme-three: {extends: acme-two}\nproviders:\n", 1
    )
    document = parse(text, "routes.d/acme.yaml").document
    assert document is not None
    assert heirs("acme", document.dialects) == {"acme", "acme-two", "acme-three"}
    assert heirs("acme-three", document.dialects) == {"acme-three"}

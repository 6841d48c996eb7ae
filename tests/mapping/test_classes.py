from __future__ import annotations

import pytest

from engine.diagnostics import Problems
from engine.mapping.classes import check_class
from tests.mapping.templates import spot

TABLES = "{good: {a: quota, b: auth}, bad: {a: quota, b: quotas, c: 1}}"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("quota", []),
        ("quotas", ["quotas"]),
        ("'${data.x}'", []),
        ("=data.x", []),
        ("=data.x || 'auth'", []),
        ("=data.x || 'aut'", ["aut"]),
        ("=not_null(data.x, 'aut')", ["aut"]),
        ("=if(data.x == 'zzz', 'auth', 'aut')", ["aut"]),
        ("=get(tables.good, data.x)", []),
        ("=get(tables.bad, data.x)", ["quotas", None]),
        ("=get(tables.none, data.x)", []),
        ("=get(data.bad, data.x)", []),
        ("=`null`", []),
        ("=data.x ||", []),
        ("{$switch: []}", []),
    ],
)
def test_classes_that_load_can_see(text: str, wrong: list[str | None]) -> None:
    problems = Problems()
    written = text if text.startswith(("'", "{")) else f'"{text}"'
    check_class(spot(written, "error.map.class"), spot(TABLES, "tables"), problems)
    assert [item.message.split(";")[0] for item in problems.items] == [
        f"unknown error class {word!r}" for word in wrong
    ]


def test_without_tables_there_is_nothing_to_look_up() -> None:
    problems = Problems()
    check_class(spot('"=get(tables.good, data.x)"'), None, problems)
    assert not problems.items

from __future__ import annotations

from engine.spec.request import Request

from .reading import read


def test_each_part_may_be_null_to_remove_what_extends_brings() -> None:
    found = read(Request, "{method: GET, path: /x, query: null, headers: {a: =model}, body: null}")
    assert found.method is not None and found.headers is not None
    assert read(Request, "{}").path is None

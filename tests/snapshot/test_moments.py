from __future__ import annotations

import pytest

from engine.config.yaml import parse_node
from engine.diagnostics import Problems
from engine.snapshot.moments import moment, moment_of


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (1893456000, 1893456000.0),
        ("1893456000", 1893456000.0),
        ("2030-01-01", 1893456000.0),
        ("2030-01-01T00:00:00Z", 1893456000.0),
        ("2030-01-01T01:00:00+01:00", 1893456000.0),
    ],
)
def test_a_moment(value: object, seconds: float) -> None:
    assert moment(value) == seconds


@pytest.mark.parametrize("value", [True, None, "soon", "", "2030-13-01", [1]])
def test_no_moment(value: object) -> None:
    with pytest.raises(ValueError):
        moment(value)


def test_of_a_file_it_is_told_where() -> None:
    problems = Problems()
    node = parse_node("f", b"tomorrow", problems)
    assert moment_of(node, problems, "clients.a.expires") is None
    assert [(item.code, item.path) for item in problems.items] == [("bad-date", "clients.a.expires")]
    assert moment_of(None, problems, "") is None

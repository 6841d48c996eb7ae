from __future__ import annotations

import pytest

from engine.errors import RequestRefused
from engine.events import Inbound
from engine.server.admin.part import Part
from engine.server.own_pages import Asked

NAMES = ["alpha", "Beta", "gamma", "alphabet"]


def part(**query: str) -> Part:
    return Part.of(Asked(Inbound("GET", "/", query, {}, b"", "req")))


@pytest.mark.parametrize(
    ("query", "chosen", "total"),
    [
        ({}, NAMES, 4),
        ({"q": "ALPHA"}, ["alpha", "alphabet"], 2),
        ({"limit": "2", "offset": "1"}, ["Beta", "gamma"], 4),
        ({"offset": "9"}, [], 4),
        ({"q": "b", "limit": "1"}, ["Beta"], 2),
        ({"limit": "0"}, [], 4),
    ],
)
def test_a_part_is_chosen(query: dict[str, str], chosen: list[str], total: int) -> None:
    asked = part(**query)
    assert (list(asked.choose(NAMES)), asked.total) == (chosen, total)


@pytest.mark.parametrize("query", [{"limit": "-1"}, {"offset": "x"}, {"limit": "9" * 20}])
def test_what_is_no_number(query: dict[str, str]) -> None:
    with pytest.raises(RequestRefused):
        part(**query)

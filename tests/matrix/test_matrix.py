"""Every cell of docs/matrix.md: client protocol, platform, feature."""

from __future__ import annotations

import pytest

from tests.matrix.cells import CLIENTS, FEATURES, MORE, Lost, cell
from tests.matrix.engine import dialects
from tests.matrix.page import PAGE, page

WRITE = "run: python -m tests.matrix"


@pytest.mark.parametrize("dialect", dialects())
@pytest.mark.parametrize("surface", [made.surface for made in CLIENTS])
def test_nothing_is_lost_in_silence(surface: str, dialect: str) -> None:
    lost = []
    for feature in FEATURES | MORE:
        try:
            cell(surface, dialect, feature)
        except Lost as reason:
            lost.append(str(reason))
    assert not lost, "\n".join(lost)


def test_the_page_says_what_came_of_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), WRITE

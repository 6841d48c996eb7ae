from __future__ import annotations

import pytest

from engine.spec.timeouts import Timeouts

from .reading import accepts, read


def test_timeouts_are_seconds() -> None:
    found = read(Timeouts, "{connect: 5s, first_byte: 500ms, total: 10m}")
    assert (found.connect, found.first_byte, found.idle, found.total) == (5.0, 0.5, None, 600.0)


@pytest.mark.parametrize("text", ["5s", "{connect: 5}", "{conect: 5s}", "{connect: null}"])
def test_what_is_no_timeout(text: str) -> None:
    assert not accepts(Timeouts, text)

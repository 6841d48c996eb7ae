from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.wire.cuts import bytewise, cut_at, cuts


@given(st.binary(max_size=200), cuts)
def test_pieces_make_up_the_whole(data: bytes, places: list[int]) -> None:
    assert b"".join(cut_at(data, places)) == data
    assert b"".join(bytewise(data)) == data


def test_a_cut_is_a_cut() -> None:
    assert cut_at(b"abcdef", [2, 4]) == [b"ab", b"cd", b"ef"]

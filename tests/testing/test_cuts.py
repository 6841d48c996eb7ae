from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.testing.cuts import BYTEWISE_LIMIT, pieces, ways


@given(st.binary(max_size=2000))
def test_every_way_gives_back_the_same_bytes(data: bytes) -> None:
    found = dict(ways(data))
    assert all(b"".join(cut) == data for cut in found.values())
    assert found["whole"] == [data]
    assert all(len(piece) == 1 for piece in found["byte by byte"])
    assert all(piece for name, cut in found.items() if name != "whole" for piece in cut)


def test_cuts_are_the_same_on_every_run_and_differ_by_seed() -> None:
    data = bytes(range(256)) * 8
    assert pieces(data, 1) == pieces(data, 1)
    assert pieces(data, 1) != pieces(data, 2)
    assert [len(piece) for piece in pieces(data, 1)][:4] == [25, 17, 28, 5]


def test_huge_data_is_not_cut_into_bytes() -> None:
    assert "byte by byte" not in dict(ways(b"x" * (BYTEWISE_LIMIT + 1)))

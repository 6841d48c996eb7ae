"""Feed a framing the same bytes whole, byte by byte and at cuts of hypothesis' choosing."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import strategies as st

from engine.events import Frame
from engine.wire.registry import FRAMINGS

LIMIT = 1 << 20


def read(framing: str, pieces: Iterable[bytes], limit: int = LIMIT) -> list[Frame]:
    """All frames of a stream that arrives as `pieces`."""
    spec = FRAMINGS.get(framing)
    assert spec, framing
    stream = spec.open(limit)
    frames = [frame for piece in pieces for frame in stream.feed(piece)]
    return frames + stream.close()


def whole(framing: str, data: bytes, limit: int = LIMIT) -> list[Frame]:
    return read(framing, [data], limit)


def bytewise(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


def cut_at(data: bytes, places: Iterable[int]) -> list[bytes]:
    bounds = [0, *sorted({place % (len(data) + 1) for place in places}), len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]


cuts = st.lists(st.integers(min_value=0, max_value=1 << 20), max_size=12)


def assert_same_at_any_cut(framing: str, data: bytes) -> list[Frame]:
    """The frames of `data`, checked to be the same byte by byte and at every single cut."""
    expected = whole(framing, data)
    assert read(framing, bytewise(data)) == expected
    for place in range(len(data)):
        assert read(framing, [data[:place], data[place:]]) == expected
    return expected

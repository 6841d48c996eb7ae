"""Ways to cut the bytes of a stream into pieces: an answer must not depend on where the network cuts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise

RANDOM_WAYS = 3
MEAN_PIECE = 17
BYTEWISE_LIMIT = 200_000  # beyond this, one byte at a time takes longer than it can find out


def ways(data: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """(name, pieces): whole, byte by byte, and at cuts that depend on nothing but the data."""
    yield "whole", [data]
    if len(data) <= BYTEWISE_LIMIT:
        yield "byte by byte", [data[i : i + 1] for i in range(len(data))]
    for seed in range(1, RANDOM_WAYS + 1):
        yield f"at random cuts, seed {seed}", pieces(data, seed)


def pieces(data: bytes, seed: int) -> list[bytes]:
    """`data` cut where a hash chain of `seed` says: about `MEAN_PIECE` bytes each, the same on every run."""
    cuts, position, block = [0], 0, b""
    while position < len(data):
        if not block:
            block = hashlib.sha256(f"{seed}/{position}".encode()).digest()
        position += 1 + block[0] % (2 * MEAN_PIECE - 1)
        block = block[1:]
        cuts.append(min(position, len(data)))
    return [data[start:end] for start, end in pairwise(cuts)]

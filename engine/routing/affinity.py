"""Chance that is the same each time: where a key belongs among targets, and whether it is within a share.

Rendezvous hashing: each target draws a number for the key, the best one has it. So a target that is lost
moves only what was its own, and a new one takes its share evenly from all.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from math import inf, log
from typing import Protocol, TypeVar


class Labelled(Protocol):
    @property
    def label(self) -> str: ...

    @property
    def weight(self) -> float: ...


L = TypeVar("L", bound=Labelled)

# A number of so many bits is exact as a float.
BITS = 53


def unit(*names: str) -> float:
    """A number in (0, 1) that the names alone decide."""
    digest = blake2b("\0".join(names).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return ((int.from_bytes(digest) >> (64 - BITS)) + 0.5) / float(2**BITS)


def by_affinity(options: Sequence[L], key: str) -> list[L]:
    """The options in the order of their draw for `key`, each first for a share of keys by its weight."""
    return sorted(options, key=lambda option: _distance(unit(key, option.label), option.weight))


def _distance(draw: float, weight: float) -> float:
    """Of exponential draws with rates `weight`, each is the least with the share of its rate."""
    return -log(draw) / weight if weight > 0 else inf


def within(share: float, name: str, key: str) -> bool:
    """Whether `key` belongs to the share of keys that `name` takes."""
    return unit(name, key) < share

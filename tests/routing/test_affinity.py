"""The same each time, in the shares that were asked for, and steady when a target is lost."""

from collections import Counter
from dataclasses import dataclass

import pytest

from engine.routing.affinity import by_affinity, unit, within


@dataclass(frozen=True)
class Option:
    label: str
    weight: float = 1.0


KEYS = [f"client-{n}" for n in range(10_000)]


def firsts(*options: Option) -> dict[str, str]:
    return {key: by_affinity(options, key)[0].label for key in KEYS}


def test_a_unit_is_decided_by_all_names() -> None:
    assert unit("a", "b") == unit("a", "b")
    assert len({unit("a", "b"), unit("ab"), unit("b", "a"), unit("a", "b", "")}) == 4
    assert all(0 < unit(key) < 1 for key in KEYS)


@pytest.mark.parametrize("name", ["", "\udc80", "日本"])
def test_any_text_is_a_key(name: str) -> None:
    assert 0 < unit(name, name) < 1


def test_shares_follow_the_weights() -> None:
    """Hashes are the same everywhere, so these counts are exact."""
    counts = Counter(firsts(Option("a"), Option("b"), Option("c", 2.0)).values())
    assert counts == {"a": 2479, "b": 2502, "c": 5019}


def test_a_weight_of_none_stands_last() -> None:
    assert [option.label for option in by_affinity([Option("a", 0.0), Option("b")], "k")] == ["b", "a"]


def test_a_lost_target_moves_only_its_own() -> None:
    before, after = firsts(Option("a"), Option("b"), Option("c")), firsts(Option("a"), Option("c"))
    assert {key for key in KEYS if before[key] != after[key]} == {key for key in KEYS if before[key] == "b"}


def test_what_a_lost_target_had_is_spread_as_its_order_said() -> None:
    options = [Option("a"), Option("b"), Option("c")]
    left = [option for option in options if option.label != "b"]
    for key in KEYS[:200]:
        rest = [option for option in by_affinity(options, key) if option.label != "b"]
        assert by_affinity(left, key) == rest


def test_a_share_of_keys() -> None:
    inside = {key for key in KEYS if within(0.05, "smart", key)}
    assert len(inside) == 500
    assert inside <= {key for key in KEYS if within(0.1, "smart", key)}
    assert inside != {key for key in KEYS if within(0.05, "fast", key)}
    assert not any(within(0.0, "smart", key) for key in KEYS)
    assert all(within(1.0, "smart", key) for key in KEYS)

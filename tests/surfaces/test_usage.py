from __future__ import annotations

from typing import Any

import pytest

from engine.surfaces.usage import merge, settle, whole_number


def settled(*events: dict[str, Any]) -> dict[str, Any] | None:
    counts: dict[str, Any] = {}
    for fields in events:
        merge(counts, fields)
    return settle(counts)


@pytest.mark.parametrize(
    ("events", "prompt", "input", "output", "visible", "total"),
    [
        # cached tokens counted in the prompt, reasoning in the output
        (
            [{"prompt": 100, "cache_read": 60, "output": 20, "reasoning": 5, "total": 120}],
            100,
            40,
            20,
            15,
            120,
        ),
        # cached tokens beside the input; the output counts up
        ([{"input": 25, "cache_read": 100, "output": 1}, {"output": 89}], 125, 25, 89, 89, 214),
        ([{"input": 3, "cache_read": 4, "cache_write": 5, "output": 6}], 12, 3, 6, 6, 18),
        # reasoning beside what is visible
        ([{"prompt": 10, "visible": 7, "reasoning": 5, "total": 22}], 10, 10, 12, 7, 22),
        # a total fills what is missing, and stands as it came
        ([{"prompt": 3, "total": 3}], 3, 3, 0, 0, 3),
        ([{"output": 4, "total": 9}], 5, 5, 4, 4, 9),
        ([{"total": 9}], 0, 0, 9, 9, 9),
        ([{"prompt": 1, "output": 1, "total": 5}], 1, 1, 1, 1, 5),
        ([{"output": 7}], 0, 0, 7, 7, 7),
        # every event tells all so far
        (
            [{"prompt": 10, "output": 1, "total": 11}, {"prompt": 10, "output": 5, "total": 15}],
            10,
            10,
            5,
            5,
            15,
        ),
        # numbers written otherwise; what is no number does not count
        ([{"prompt": "12", "output": 3.0, "total": None, "cache_read": "many"}], 12, 12, 3, 3, 15),
        ([{"prompt": 0, "output": 0}], 0, 0, 0, 0, 0),
        ([{"cache_read": 5, "prompt": 3}], 3, 0, 0, 0, 3),
    ],
)
def test_arithmetic(
    events: list[dict[str, Any]], prompt: int, input: int, output: int, visible: int, total: int
) -> None:
    found = settled(*events)
    assert found is not None
    counted = {name: found[name] for name in ("prompt", "input", "output", "visible", "total")}
    assert counted == {
        "prompt": prompt, "input": input, "output": output, "visible": visible, "total": total
    }  # fmt: skip


def test_details_are_there_only_when_they_came() -> None:
    bare = {"prompt", "input", "output", "visible", "total"}
    assert set(settled({"prompt": 1}) or ()) == bare
    full = settled({"prompt": 9, "cache_read": 0, "cache_write": 2, "reasoning": 0})
    assert full and set(full) == bare | {"cache_read", "cache_write", "reasoning"}


def test_nothing_counted_is_no_usage() -> None:
    assert settled() is settled({}, {"prompt": None, "output": "x", "total": True}) is None


def test_details_merge() -> None:
    found = settled(
        {"prompt": 1, "details": {"cost": 1, "prompt": {"audio_tokens": 1}}}, {"details": {"cost": 2}}
    )
    assert found and found["details"] == {"cost": 2, "prompt": {"audio_tokens": 1}}


@pytest.mark.parametrize("value", [None, True, "", "-1", "1.5", "²", 1.5, [], {}, float("nan")])
def test_what_is_no_count(value: object) -> None:
    assert whole_number(value) is None

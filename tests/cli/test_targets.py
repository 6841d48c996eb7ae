"""How targets stand, as text."""

from __future__ import annotations

import io
from typing import Any

from engine.cli.console import Console
from engine.cli.targets import all_well, write_targets

TARGET: dict[str, Any] = {
    "provider": "a", "aliases": ["smart", "cheap"], "breaker": "closed", "tried_from": None, "failures": 0,
    "in_flight": None, "first_token": None, "whole_answer": None,
}  # fmt: skip
PROVIDER: dict[str, Any] = {"off": None, "health": None, "resting": {}}


def written(told: dict[str, Any]) -> list[list[str]]:
    stream = io.StringIO()
    write_targets(told, Console(stream))
    return [line.split() for line in stream.getvalue().splitlines()]


def test_all_is_well() -> None:
    told = {"targets": {"a/m": TARGET}, "providers": {"a": PROVIDER}}
    assert written(told)[1:] == [["a/m", "closed", "0", "-", "-", "-", "smart,", "cheap"]]
    assert all_well(told)


def test_a_target_that_is_left_alone() -> None:
    open_ = {
        **TARGET,
        "breaker": "open",
        "tried_from": 60.0,
        "failures": 5,
        "in_flight": 2,
        "first_token": 0.25,
    }
    told = {
        "targets": {"a/m": open_, "a/n": {**TARGET, "breaker": "half_open", "aliases": []}},
        "providers": {},
    }
    assert written(told)[1:] == [
        ["a/m", "open", "until", "00:01:00Z", "5", "2", "0.250s", "-", "smart,", "cheap"],
        ["a/n", "half", "open", "0", "-", "-", "-", "-"],
    ]
    assert not all_well(told)


def test_providers() -> None:
    told = {
        "targets": {},
        "providers": {
            "a": {"off": "missing A_KEY", "health": None, "resting": {}},
            "b": {"off": None, "health": "unwell", "resting": {"one": 60.0, "two": None}},
        },
    }
    assert [" ".join(words) for words in written(told)[2:]] == [
        "provider a: off, missing A_KEY",
        "provider b: unwell",
        "provider b: credential one rests until 00:01:00Z",
        "provider b: credential two rests",
    ]
    assert not all_well(told)

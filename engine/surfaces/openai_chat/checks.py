"""Checks of one value: each returns, or raises `Wrong`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.surfaces.openai_chat.refusals import (
    Wrong,
    empty,
    missing,
    out_of_range,
    unknown_value,
    wrong_type,
)

Check = Callable[[Any], None]

NUMBER = (int, float)


def boolean(value: Any) -> None:
    if not isinstance(value, bool):
        wrong_type(value, "a boolean")


def string(value: Any) -> None:
    if not isinstance(value, str):
        wrong_type(value, "a string")


def filled_string(value: Any) -> None:
    if not isinstance(value, str):
        wrong_type(value, "a string")
    if not value:
        empty("string")


def object_(value: Any) -> None:
    if not isinstance(value, dict):
        wrong_type(value, "an object")


def integer(low: int | None = None, high: int | None = None) -> Check:
    def check(value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            wrong_type(value, "an integer")
        within(value, low, high)

    return check


def number(low: float, high: float) -> Check:
    def check(value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, NUMBER):
            wrong_type(value, "a number")
        within(value, low, high)

    return check


def within(value: float, low: float | None, high: float | None) -> None:
    if (low is not None and value < low) or (high is not None and value > high):
        out_of_range(value, low, high)


def array(of: Check, expected: str, uncommon: Callable[[list[Any]], list[Any]] | None = None) -> Check:
    """A list of what `of` accepts; `uncommon` leaves out, in less time, most items that are right."""

    def check(value: Any) -> None:
        if not isinstance(value, list):
            wrong_type(value, expected)
        for item in value if uncommon is None else uncommon(value):
            try:
                of(item)
            except Wrong as wrong:
                wrong.inside(f"[{place_of(item, value)}]")
                raise

    return check


def place_of(item: Any, items: list[Any]) -> int:
    return next(place for place, each in enumerate(items) if each is item)


strings = array(string, "a string or an array of strings")


def string_or_strings(value: Any) -> None:
    if not isinstance(value, str):
        strings(value)


def shape(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with these fields; null is absent, further fields are nobody's business here."""
    rules = [(name, check, True) for name, check in required.items()]
    rules += [(name, check, False) for name, check in (optional or {}).items()]

    def check(value: Any) -> None:
        if not isinstance(value, dict):
            wrong_type(value, "an object")
        name = ""
        try:
            for name, check_field, is_required in rules:
                given = value.get(name)
                if given is not None:
                    check_field(given)
                elif is_required:
                    missing()
        except Wrong as wrong:
            wrong.inside(f".{name}")
            raise

    return check


def variants(field: str, checks: Mapping[str, Check]) -> Check:
    """An object that says in `field` which of the checks is meant for it."""

    def known(value: Any) -> None:
        string(value)
        if value not in checks:
            unknown_value(value, checks)

    has_field = shape({field: known})

    def check(value: Any) -> None:
        kind = value.get(field) if isinstance(value, dict) else None
        if isinstance(kind, str) and kind in checks:
            checks[kind](value)
        else:
            has_field(value)

    return check


def words(*known: str) -> Check:
    def check(value: Any) -> None:
        string(value)
        if value not in known:
            unknown_value(value, known)

    return check

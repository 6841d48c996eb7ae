from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.errors import RequestRefused
from engine.surfaces.openai_chat import refusals
from engine.surfaces.openai_chat.refusals import Wrong


def told(raise_: Callable[..., object], *args: object) -> tuple[str, str]:
    with pytest.raises(Wrong) as caught:
        raise_(*args)
    return caught.value.tell("a.b"), caught.value.code


def test_messages_are_those_that_clients_know() -> None:
    assert told(refusals.missing) == ("Missing required parameter: 'a.b'.", "missing_required_parameter")
    assert told(refusals.wrong_type, "x", "an integer") == (
        "Invalid type for 'a.b': expected an integer, but got a string instead.", "invalid_type",
    )  # fmt: skip
    assert told(refusals.unknown_value, "x", ("p", "q", "r")) == (
        "Invalid value: 'x'. Supported values are: 'p', 'q' and 'r'.", "invalid_value",
    )  # fmt: skip
    assert told(refusals.unknown_value, "x", ("p",))[0].endswith("are: 'p'.")
    assert told(refusals.wrong_value, "a URL") == ("Invalid 'a.b': expected a URL.", "invalid_value")
    assert told(refusals.empty, "array") == (
        "Invalid 'a.b': empty array. Expected array with minimum length 1, but got an empty one.", "empty_array",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "low", "high", "message", "code"),
    [
        (
            0,
            1,
            128,
            "integer below minimum value. Expected a value >= 1, but got 0",
            "integer_below_min_value",
        ),
        (
            200,
            1,
            128,
            "integer above maximum value. Expected a value <= 128, but got 200",
            "integer_above_max_value",
        ),
        (
            2.5,
            0,
            2,
            "decimal above maximum value. Expected a value <= 2, but got 2.5",
            "decimal_above_max_value",
        ),
        (
            -0.5,
            0,
            2,
            "decimal below minimum value. Expected a value >= 0, but got -0.5",
            "decimal_below_min_value",
        ),
    ],
)
def test_ranges(value: float, low: float, high: float, message: str, code: str) -> None:
    assert told(refusals.out_of_range, value, low, high) == (f"Invalid 'a.b': {message} instead.", code)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "a boolean"), (1, "an integer"), (1.5, "a decimal number"), ("", "a string"), ([], "an array"),
        ({}, "an object"), (None, "null"),
    ],
)  # fmt: skip
def test_kinds(value: object, name: str) -> None:
    assert refusals.kind_of(value) == name


def test_the_path_grows_from_within() -> None:
    wrong = Wrong("c", lambda param: f"bad {param}")
    wrong.inside(".x")
    wrong.inside("[2]")
    with pytest.raises(RequestRefused) as caught:
        wrong.refuse("list")
    info = caught.value.info
    assert (info.message, info.param, info.code) == ("bad list[2].x", "list[2].x", "c")
    assert (info.status, info.type) == (400, "invalid_request_error")

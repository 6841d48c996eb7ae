from __future__ import annotations

from typing import Any

import pytest

from engine.errors import ErrorClass, ErrorInfo
from engine.mapping.error import wait
from tests.mapping.templates import CLOCK, dialect, good, scope

MAP = "{class: =data.c, message: =data.m, code: =data.k, param: =data.p, retry_after: =data.r}"


def info(
    error: str, data: Any, status: int = 500, text: str = "", headers: dict[str, str] | None = None
) -> ErrorInfo:
    return good(f"error: {error}").error.info(data, status, headers or {}, text, scope())


def test_what_the_map_says() -> None:
    given = {"c": "quota", "m": "gone", "k": "k1", "p": "model", "r": 3}
    assert info(f"{{map: {MAP}}}", given) == ErrorInfo(ErrorClass.QUOTA, "gone", "k1", "model", 3.0)


def test_what_it_does_not_say_comes_from_the_answer() -> None:
    found = info(f"{{map: {MAP}}}", {}, 429, " slow down \n", {"retry-after": "7"})
    assert found == ErrorInfo(ErrorClass.RATE_LIMIT, "slow down", None, None, 7.0)


def test_an_unknown_class_counts_as_that_of_the_status() -> None:
    assert info(f"{{map: {MAP}}}", {"c": "strange"}, 404).error_class is ErrorClass.NOT_FOUND
    assert info(f"{{map: {MAP}}}", {"c": 4}, 200).error_class is ErrorClass.UPSTREAM


def test_no_rules_at_all() -> None:
    error = good("{}").error
    assert not error.when({"code": 1}, 200, {}, "", scope())
    assert error.info(None, 503, {}, "", scope()) == ErrorInfo(
        ErrorClass.OVERLOADED, "the upstream answered with status 503"
    )


def test_values_of_other_types_become_text() -> None:
    found = info(f"{{map: {MAP}}}", {"m": {"a": ["é"]}, "k": 4101, "p": ["x"]})
    assert (found.message, found.code, found.param) == ('{"a": ["é"]}', "4101", '["x"]')


def test_long_texts_are_cut() -> None:
    assert len(info("{map: {}}", None, text="x" * 5000).message) == 1000


def test_errors_with_a_good_status() -> None:
    error = good("error: {when: '=data.code && data.code != `0`'}").error
    assert [error.when({"code": code}, 200, {}, "", scope()) for code in (0, 7, None)] == [False, True, False]


@pytest.mark.parametrize(
    ("condition", "reads"),
    [
        ("data.code", False),
        ("status == `200` && headers.a && text", False),
        ("params.strict && data.code", True),
        ("strict && data.code", True),
        ("now() > data.until", True),
    ],
)
def test_a_condition_that_reads_the_answer_alone_needs_no_request(condition: str, reads: bool) -> None:
    made, _ = dialect(f'let: {{strict: true}}\nerror: {{when: "={condition}"}}')
    error = made.error
    assert error.reads_request is reads
    given = scope(params={"strict": True}) if reads else None
    assert error.when({"code": 1, "until": 0}, 200, {"a": "b"}, "t", given)


def test_the_names_of_an_error() -> None:
    found = info(
        '{map: {message: "${status} ${headers.a} ${text} ${data.x}"}}', {"x": 1}, 500, "t", {"a": "b"}
    )
    assert found.message == "500 b t 1"


def test_the_map_may_be_computed() -> None:
    error = "{map: {$spread: {$switch: [{when: =data.m, then: {message: =data.m}}]}, code: =data.k}}"
    assert (info(error, {"m": "a", "k": "b"}).message, info(error, {"k": "b"}, text="t").message) == (
        "a",
        "t",
    )


def test_a_map_that_fails_hides_no_error() -> None:
    found = info('{map: {message: "${data.m}"}}', {"m": None}, 429, "the text")
    assert found.error_class is ErrorClass.RATE_LIMIT
    assert found.message.startswith("the text (mapping failed at d.yaml:1:")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (7, 7.0), (0.5, 0.5), ("7", 7.0), (" 1.5 ", 1.5), ("37s", 37.0), ("1m30s", 90.0), ("20ms", 0.02),
        ("Tue, 14 Nov 2023 22:13:30 GMT", 10.0), ("Tue, 14 Nov 2023 22:13:00 GMT", 0.0), (-3, 0.0),
        (1e400, 366 * 86400.0), ("9" * 400, 366 * 86400.0), (float("nan"), None),
        ("6m0s", 360.0), ("1h2m3.5s", 3723.5), ("2023-11-14T22:13:30Z", 10.0), ("2023-11-14T23:13:31+01:00", 11.0),
        ("2023-11-14T22:13:20.5", 0.5), ("2023-99-14T22:13:30Z", None), ("2023-11-14", None),
        (["1s", None, "6m0s", "soon"], 360.0), ([], None), ([None], None),
        (None, None), (True, None), ("soon", None), ("", None), ("7 s", None), ({}, None),
    ],
)  # fmt: skip
def test_waiting(value: Any, seconds: float | None) -> None:
    assert CLOCK == 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT
    assert wait(value, scope()) == seconds


def test_mistakes() -> None:
    text = "tables: {c: {a: quota, b: quotas}}\nerror: {map: {clas: x, class: \"=get(tables.c, data.x) || 'upstrem'\"}}"
    found = dialect(text)[1]
    assert [(item.code, item.at.line, item.at.column, item.hint) for item in found] == [
        ("unknown-class", 1, 27, "did you mean 'quota'?"),
        ("unknown-error-field", 2, 15, "did you mean 'class'?"),
        ("unknown-class", 2, 31, "did you mean 'upstream'?"),
    ]


@pytest.mark.parametrize(
    ("condition", "reads"),
    [("=data.failed", False), ("=contains(text, 'oops')", True), ("=status == `200`", False)],
)
def test_a_condition_says_whether_it_reads_the_text(condition: str, reads: bool) -> None:
    assert good(f'error: {{when: "{condition}"}}').error.reads_text is reads

from __future__ import annotations

import pytest

from tests.mapping.templates import checked, problems, render


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{a: =body.none, b: null, c: [], d: {}, e: '', f: 0, g: false}",
         {"b": None, "c": [], "d": {}, "e": "", "f": 0, "g": False}),
        ("[=body.none, null, [], =body.zero]", [None, [], 0]),
        ("{a: {b: =body.none}}", {"a": {}}),
        ("=body.none", None),
        ("=body.zero", 0),
        ("{a: {$when: =body.none, x: 1}, b: {$when: =body.zero, x: 1}}", {"b": {"x": 1}}),
    ],
)  # fmt: skip
def test_the_null_rule(text: str, result: object) -> None:
    assert render(text, body={"zero": 0}) == result


def test_keys_that_begin_with_a_dollar_are_escaped() -> None:
    assert render("{$$ref: =body.a, $$$x: 1, l: {$$id: 2}}", body={"a": 1}) == {
        "$ref": 1,
        "$$x": 1,
        "l": {"$id": 2},
    }


def test_text_without_an_equals_sign_is_literal() -> None:
    assert render("[body.a, a=b, ' =x', $x]") == ["body.a", "a=b", " =x", "$x"]


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("[a, =body.l]", ["a", [1, 2]]),
        ("[a, [b, c]]", ["a", ["b", "c"]]),
        ("[a, {$value: =body.l}]", ["a", 1, 2]),
        ("[a, {$value: [b, [c]]}]", ["a", "b", ["c"]]),
        ("[a, {$when: =body.l, $value: [b, c]}]", ["a", "b", "c"]),
        ("[a, {$switch: [{when: =body.l, then: [b, =body.l]}]}]", ["a", "b", [1, 2]]),
        ("[a, {$switch: [{when: =body.l, then: {b: =body.l}}]}]", ["a", {"b": [1, 2]}]),
        ("[a, {$let: {x: =body.l}, $in: =x}]", ["a", 1, 2]),
        ("[a, {$compact: []}]", ["a"]),
        ("[a, {$literal: [b, c]}]", ["a", "b", "c"]),
    ],
)
def test_splicing(text: str, result: object) -> None:
    assert render(text, body={"l": [1, 2]}) == result


class TestDirectives:
    def test_unknown_ones_are_named_once(self) -> None:
        found = checked("{k: {$eech: =body.x, $do: y}}")[1]
        assert [(item.code, item.hint, item.path) for item in found] == [
            ("unknown-directive", "did you mean '$each'?", "k.$eech")
        ]

    def test_a_foreign_key_is_told_how_to_be_literal(self) -> None:
        assert (
            checked("{$anchor_of_nothing: 1}")[1][0].hint
            == "a literal key that begins with $ is written with $$"
        )

    @pytest.mark.parametrize(
        ("text", "column"),
        [
            ("{$value: 1, $literal: 2}", 13),
            ("{$value: 1, other: 2}", 13),
            ("{$do: 1}", 2),
            ("{$when: =body.a, $do: 1}", 18),
            ("{$each: =body.l, $do: 1, $in: 2}", 26),
            ("{$spread: =body, $then: 2}", 18),
        ],
    )
    def test_one_row_in_a_mapping(self, text: str, column: int) -> None:
        assert problems(text) == [("directive-conflict", 1, column)]

    def test_all_problems_are_told_in_one_pass(self) -> None:
        text = "{a: =bdy.x, b: {$cll: x}, c: '${', d: [=f()], e: {$when: x, y: =z}}"
        assert [code for code, _, _ in problems(text)] == [
            "unknown-name", "unknown-directive", "expression-syntax", "unknown-function", "missing-equals",
            "unknown-name",
        ]  # fmt: skip


class TestGuard:
    def test_it_guards_keys_and_directives(self) -> None:
        assert render("{a: {$when: =body.t, $each: =body.l, $as: x, $do: =x}}", body={"t": 1, "l": [1]}) == {
            "a": [1]
        }

    def test_a_boolean_is_a_condition(self) -> None:
        assert render("{a: {$when: true, x: 1}, b: {$when: false, x: 1}}") == {"a": {"x": 1}}

    def test_literal_text_is_not(self) -> None:
        assert problems("{a: {$when: 'body.x', x: 1}}") == [("missing-equals", 1, 13)]
        assert problems("{a: {$when: {$value: =body.x}, x: 1}}") == [("missing-equals", 1, 13)]

"""Every directive is documented by examples, and the examples hold."""

from __future__ import annotations

from copy import deepcopy

import pytest

from engine.diagnostics import Severity
from engine.errors import RequestRefused
from engine.mapping.directive import Directive
from engine.mapping.names import VIEWS
from engine.mapping.registry import COMPANIONS, DIRECTIVES
from engine.mapping.sinks import Back
from engine.registry import Example
from engine.surfaces.chat import Chat, Fields
from tests.mapping.templates import chat_scope, checked, problems, program, render, scope, spot, unit

EXAMPLES = [(directive, example) for directive in DIRECTIVES for example in directive.examples]


@pytest.mark.parametrize(("directive", "example"), EXAMPLES, ids=lambda value: getattr(value, "text", None))
def test_examples(directive: Directive, example: Example) -> None:
    root = f"{{defs: {directive.definitions}}}" if directive.definitions else "{}"
    run = program(example.text, directive.position, root)
    given = deepcopy(dict(example.given or {}))  # `$set` writes into what it is given
    try:
        result = run(scope(**given))
    except RequestRefused as refused:
        info = refused.info
        told = {"status": info.status, "message": info.message, "param": info.param, "code": info.code}
        result = {name: value for name, value in told.items() if value is not None}
    assert result == example.result


def test_every_row_of_the_design_is_there() -> None:
    assert set(DIRECTIVES.names()) >= {
        "$when", "$value", "$switch", "$each", "$let", "$spread", "$call", "$compact", "$nullable", "$raise",
        "$literal", "$set", "$unsupported",
    }  # fmt: skip
    assert set(COMPANIONS) >= {"$as", "$where", "$do", "$key", "$then", "$in"}


@pytest.mark.parametrize("directive", list(DIRECTIVES), ids=lambda directive: directive.name)
def test_every_directive_is_documented(directive: Directive) -> None:
    assert directive.summary.endswith(".") and directive.examples


class TestSwitch:
    def test_else_before_the_last_arm_is_an_error(self) -> None:
        text = "$switch:\n  - else: a\n  - when: =body.x\n    then: b\n"
        assert ("else-not-last", 2, 5) in problems(text)

    def test_arms_after_one_that_always_matches_are_unreachable(self) -> None:
        text = "$switch:\n  - when: =`true`\n    then: a\n  - when: =body.x\n    then: b\n  - else: c\n"
        assert problems(text) == [("unreachable-arm", 4, 11), ("unreachable-arm", 6, 11)]

    def test_a_condition_that_is_never_true(self) -> None:
        assert problems("$switch:\n  - when: false\n    then: a\n") == [("unreachable-arm", 2, 11)]

    def test_the_same_condition_twice(self) -> None:
        text = "$switch:\n  - when: =body.x\n    then: a\n  - when: = body.x\n    then: b\n"
        assert problems(text) == [("unreachable-arm", 4, 11)]

    def test_unreachable_arms_are_warnings(self) -> None:
        run, found = checked("{$switch: [{when: true, then: a}, {else: b}]}")
        assert [item.severity for item in found] == [Severity.WARNING] and run(scope()) == "a"

    @pytest.mark.parametrize(
        ("arm", "place"),
        [("{when: =body.a, than: x}", ("bad-arguments", 1, 28)), ("{when: =body.a}", ("bad-arguments", 1, 12)),
         ("{then: x}", ("bad-arguments", 1, 12)), ("x", ("bad-arguments", 1, 12))],
    )  # fmt: skip
    def test_arms_of_another_shape(self, arm: str, place: tuple[str, int, int]) -> None:
        assert problems(f"{{$switch: [{arm}]}}") == [place]

    def test_arms_are_a_list(self) -> None:
        assert problems("{$switch: {when: =body.a, then: x}}") == [("bad-arguments", 1, 11)]

    def test_a_condition_without_its_equals_sign(self) -> None:
        assert problems("{$switch: [{when: body.a, then: x}]}") == [("missing-equals", 1, 19)]


class TestEach:
    def test_a_list_under_do_contributes_its_elements(self) -> None:
        assert render("{$each: =body, $as: x, $do: [=x, b]}", body=[1, 2]) == [1, "b", 2, "b"]

    def test_a_list_in_a_list_under_do_contributes_one(self) -> None:
        assert render("{$each: =body, $as: x, $do: [[=x, b]]}", body=[1, 2]) == [[1, "b"], [2, "b"]]

    def test_an_expression_that_yields_a_list_is_one_element(self) -> None:
        assert render("{$each: =body, $as: x, $do: =x}", body=[[1], [2, 3]]) == [[1], [2, 3]]

    def test_it_is_spliced_into_the_list_around_it(self) -> None:
        text = "[0, {$each: =body, $as: x, $do: {$each: =x, $as: y, $do: =y}}, 9]"
        assert render(text, body=[[1], [2, 3]]) == [0, 1, 2, 3, 9]

    def test_a_null_list_yields_nothing(self) -> None:
        assert render("{k: {$each: =body.none, $do: 1}, l: [{$each: =body.none, $do: 1}]}", body={}) == {
            "l": []
        }

    def test_an_empty_list_yields_an_empty_list(self) -> None:
        assert render("{k: {$each: =body, $do: 1}}", body=[]) == {"k": []}

    def test_the_index_counts_elements_that_are_left_out(self) -> None:
        text = "{$each: =body, $as: [x, i], $where: \"=x != 'a'\", $do: =i}"
        assert render(text, body=["a", "b", "a", "c"]) == [1, 3]

    def test_names_of_the_loops_around_stay_visible(self) -> None:
        text = "{$each: =body.a, $as: x, $do: {$each: =body.b, $as: y, $do: {x: =x, y: =y, n: =body.n}}}"
        assert render(text, body={"a": [1], "b": [2], "n": 3}) == [{"x": 1, "y": 2, "n": 3}]

    def test_then_in_a_list_is_spliced(self) -> None:
        text = "[0, {$each: =body, $as: x, $do: =x, $then: =reverse(it)}]"
        assert render(text, body=[1, 2]) == [0, 2, 1]

    def test_an_object_with_an_entry_for_each_element(self) -> None:
        text = "{$each: =body, $as: x, $key: =x.k, $do: {$value: =x.v}}"
        body = [{"k": "a", "v": 1}, {"k": None, "v": 2}, {"k": 3, "v": 4}, {"k": "b"}]
        assert render(text, body=body) == {"a": 1, "3": 4}

    def test_what_is_wrong_with_its_keys(self) -> None:
        assert problems("{$each: =body}") == [("bad-arguments", 1, 2)]
        assert problems("{$each: body.x, $do: 1}") == [("missing-equals", 1, 9)]
        assert problems("{$each: =body, $as: [x, x], $do: 1}") == [("bad-arguments", 1, 21)]
        assert problems("{$each: =body, $as: 1, $do: 1}") == [("bad-arguments", 1, 21)]


class TestSpread:
    def test_a_key_that_yields_nothing_removes_the_copy(self) -> None:
        assert render("{$spread: =body, a: =body.none}", body={"a": 1, "b": None}) == {"b": None}

    def test_a_null_spreads_nothing(self) -> None:
        assert render("{$spread: [=body.none, {c: 1}], a: 2}", body={}) == {"c": 1, "a": 2}

    def test_the_source_stays_as_it_is(self) -> None:
        body = {"a": 1}
        assert render("{$spread: =body, a: 2}", body=body) == {"a": 2} and body == {"a": 1}

    def test_text_cannot_be_spread(self) -> None:
        assert problems("{$spread: body, a: 1}") == [("missing-equals", 1, 11)]


class TestLet:
    def test_a_name_that_yields_nothing_is_null(self) -> None:
        assert render("{$let: {a: =body.none}, $in: {k: =a, l: {$nullable: =a}}}", body={}) == {"l": None}

    def test_what_is_wrong_with_its_names(self) -> None:
        assert problems("{$let: [a], $in: 1}") == [("bad-arguments", 1, 8)]
        assert problems("{$let: {a-b: 1}, $in: 1}") == [("bad-arguments", 1, 9)]
        assert problems("{$let: {b: =a, a: 1}, $in: =b}") == [("unknown-name", 1, 13)]


class TestRefusal:
    def test_its_class_decides_the_status(self) -> None:
        with pytest.raises(RequestRefused) as refused:
            render("{$raise: {message: too much, class: rate_limit}}")
        assert (refused.value.info.status, refused.value.info.type) == (429, "rate_limit_error")

    def test_what_is_wrong_with_its_keys(self) -> None:
        assert problems("{$raise: {param: x}}") == [("bad-arguments", 1, 10)]
        assert problems("{$raise: {message: m, parm: x}}") == [("bad-arguments", 1, 23)]
        assert problems("{$raise: {message: m, class: rate}}") == [("unknown-class", 1, 30)]


class TestSet:
    def test_it_stands_in_streams_only(self) -> None:
        assert problems("{$set: {a: 1}}", view="request") == [("misplaced-directive", 1, 2)]
        assert problems("{$set: a}") == [("bad-arguments", 1, 8)]


class TestCall:
    ROOT = "{defs: {pair: {$args: [a, b], $do: {a: =a, b: =b}}}}"

    def test_arguments_are_checked(self) -> None:
        assert problems("{$call: pair, a: 1, b: 2}", root=self.ROOT) == []
        assert problems("{$call: pair, a: 1}", root=self.ROOT) == [("bad-arguments", 1, 9)]
        assert problems("{$call: pair, a: 1, b: 2, c: 3}", root=self.ROOT) == [("bad-arguments", 1, 27)]
        assert problems("{$call: pare, a: 1, b: 2}", root=self.ROOT) == [("unknown-def", 1, 9)]

    def test_there_are_no_definitions_outside_of_dialects(self) -> None:
        assert problems("{$call: pair}", view="endpoint", root=self.ROOT) == [("unknown-def", 1, 9)]


class TestCompact:
    @pytest.mark.parametrize(("value", "result"), [("", {}), ([], {}), ({}, {}), (None, {}), (0, {"k": 0}), (False, {"k": False})])  # fmt: skip
    def test_zero_and_false_are_not_empty(self, value: object, result: object) -> None:
        assert render("{k: {$compact: =body.v}}", body={"v": value}) == result


class TestUnsupported:
    def test_what_is_reported_is_known_afterwards(self) -> None:
        run, found = checked("{a: 1, b: {$when: =body.seed, $unsupported: seed}}", "request")
        seen = scope(body={"seed": 5})
        assert not found and run(seen) == {"a": 1} and seen.lost == ["seed"]
        quiet = scope(body={})
        assert run(quiet) == {"a": 1} and quiet.lost == []

    def test_of_a_list_what_the_client_asked_for_is_reported(self) -> None:
        run, found = checked("{a: 1, b: {$unsupported: =body.refused}}", "request")
        body = {
            "model": "m",
            "messages": [{"role": "user", "content": "x"}],
            "seed": 5,
            "n": 1,
            "stop": [],
            "refused": ["n", "seed", "stop", "top_k"],
        }
        seen = chat_scope(body)
        assert not found and run(seen) == {"a": 1} and seen.lost == ["seed"]

    def test_a_client_of_another_protocol_has_other_names(self) -> None:
        run, _ = checked("{b: {$unsupported: =body.refused}}", "request")
        chat = Chat({"sampling": {}}, Fields({"seed": lambda body: 5, "effort": lambda body: "low"}))
        seen = scope(body={"refused": ["seed", "reasoning_effort", "n", "logit_bias"]}, chat=chat)
        assert run(seen) == {} and seen.lost == ["seed", "reasoning_effort"]

    def test_it_stands_in_requests_only_and_takes_a_name(self) -> None:
        assert problems("[{$unsupported: seed}]") == [("misplaced-directive", 1, 3)]
        assert [item.code for item in checked("[{$unsupported: [a]}]", "request")[1]] == ["bad-arguments"]


class TestCallInALoop:
    """A definition is written where a loop calls it, unless it calls others in a loop of its own and is called
    elsewhere, too.
    """

    GIVEN = ({"n": 1}, {"list": [5, 6]}, {"n": 1, "list": [7]})

    def code(self, text: str, root: str) -> str:
        home = unit(root)
        home.program(VIEWS["request"], "template", lambda block: block.write(spot(text), Back()))
        return home.module.source()

    @pytest.mark.parametrize(
        "body",
        ["{n: =p.n}", "=p.n", "=p.list", "[=p.n]", "{$when: =p.n, $value: [=p.n, =p]}", "{$compact: =p.list}",
         "{$each: =p.list, $as: x, $do: [=x, =p.n]}", "{$let: {x: =p.n}, $in: {k: =x}}",
         "{$switch: [{when: =p.n, then: =p.n}, {else: {k: =p.list}}]}"],
    )  # fmt: skip
    def test_it_gives_what_a_call_gives(self, body: str) -> None:
        root = f"{{defs: {{d: {{$args: [p], $do: {body}}}}}}}"
        items = "{$each: =body, $as: x, $do: {$call: d, p: =x}}"
        keys = "{$each: =body, $as: x, $do: {k: {$call: d, p: =not_null(x)}}}"
        assert "def_d" not in self.code(items, root) + self.code(keys, root)
        called = [render("[{$call: d, p: =body}]", "request", root, body=one) for one in self.GIVEN]
        assert render(items, "request", root, body=self.GIVEN) == [each for some in called for each in some]
        called = [render("{k: {$call: d, p: =body}}", "request", root, body=one) for one in self.GIVEN]
        assert render(keys, "request", root, body=self.GIVEN) == called

    def test_it_sees_its_arguments_alone(self) -> None:
        root = "{defs: {d: {$args: [p], $do: =x}}}"
        text = "{$each: =body, $as: x, $do: {$call: d, p: =x}}"
        assert {code for code, _, _ in problems(text, "request", root)} == {"unknown-name"}

    def test_what_loops_is_called(self) -> None:
        tree = "{v: =n.v, c: {$each: =n.c, $as: x, $do: {$call: t, n: =x}}}"
        root = f"{{defs: {{t: {{$args: [n], $do: {tree}}}}}}}"
        assert "def_t" in self.code("{$each: =body, $as: x, $do: {$call: t, n: =x}}", root)

    def test_what_is_called_once_may_loop(self) -> None:
        one = "one: {$args: [p], $do: {$each: =p, $as: x, $do: {$call: two, q: =x}}}"
        two = "two: {$args: [q], $do: {n: =q}}"
        top = "top: {$do: {$each: =body, $as: x, $do: {$call: one, p: =x}}}"
        root, text = f"{{defs: {{{top}, {one}, {two}}}}}", "{$call: top}"
        code = self.code(text, root)
        assert "def_top" in code and "def_one" not in code and "def_two" not in code
        assert render(text, "request", root, body=[[1, 2], [3]]) == [{"n": 1}, {"n": 2}, {"n": 3}]
        again = f"{{defs: {{{top}, {one}, {two}, more: {{$do: {{$call: one, p: =body}}}}}}}}"
        assert "def_one" in self.code(text, again)

    def test_definitions_that_only_call_each_other_end(self) -> None:
        call = "{$args: [p], $do: {$each: =p, $as: x, $do: {$call: %s, p: =x}}}"
        root = f"{{defs: {{a: {call % 'b'}, b: {call % 'a'}}}}}"
        assert render("{$call: a, p: =body}", "request", root, body=[[[[]], []]]) == []

    def test_no_more_loops_in_one_another_than_python_has_room_for(self) -> None:
        inner, text = "=p", "{$call: d, p: =x0}"
        for _ in range(10):
            inner = f"{{$each: [1], $do: {inner}}}"
            text = f"{{$each: [1], $as: x0, $do: {text}}}"
        root = f"{{defs: {{d: {{$args: [p], $do: {inner}}}}}}}"
        assert "def_d" in self.code(text, root)
        assert render(text, "request", root) == [1]

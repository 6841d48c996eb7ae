from __future__ import annotations

import pytest

from engine.errors import MappingFailed
from engine.mapping.names import VIEWS
from engine.mapping.sinks import Back
from tests.mapping.templates import problems, program, render, scope, spot, unit


class TestLet:
    ROOT = "{let: {first: \"=uid('n')\", second: \"=join('-', [first, first])\"}}"

    def test_evaluated_once_and_only_when_read(self) -> None:
        seen: list[str] = []
        run = program("[=second, =first, =second]", root=self.ROOT)
        given = scope()
        given._ids = lambda prefix: seen.append(prefix) or "id"
        assert run(given) == ["id-id", "id", "id-id"] and seen == ["n"]

    def test_not_evaluated_when_nobody_reads_it(self) -> None:
        root = "{let: {broken: '=to_number(body.x) && length(body.x)', fine: =body.y}}"
        assert render("=fine", root=root, body={"x": 4, "y": 1}) == 1

    def test_shared_by_the_positions_of_one_attempt(self) -> None:
        run = program("=first", root=self.ROOT)
        attempt = scope()
        assert run(attempt) == run(attempt.fork(data=1)) == "n1"
        assert run(attempt.renew()) == "n2"

    def test_a_name_sees_those_before_it(self) -> None:
        home = unit("{let: {a: =b, b: =body.x}}")
        assert [(item.code, item.path) for item in home.problems.items] == [("unknown-name", "let.a")]

    def test_null_is_remembered_too(self) -> None:
        root = "{let: {none: \"=if(uid('x') == 'x1', `null`, 'again')\"}}"
        assert render("[{$nullable: =none}, {$nullable: =none}]", root=root) == [None, None]

    def test_a_let_may_be_any_template(self) -> None:
        root = "{let: {u: {$when: =body.x, n: =body.x}}}"
        assert render("=u.n", root=root, body={"x": 3}) == 3
        assert render("=u.n", root=root, body={}) is None

    def test_names_of_the_engine_are_taken(self) -> None:
        home = unit("{let: {body: 1, a-b: 2, tables: 3}}")
        assert [item.code for item in home.problems.items] == ["bad-name"] * 3

    def test_it_always_means_the_clients_headers(self) -> None:
        root = "{let: {agent: =headers.a}}"
        given = {"headers": {"a": "client"}, "reply_headers": {"a": "upstream"}}
        assert render("[=agent, =headers.a]", view="error", root=root, **given) == ["client", "upstream"]


class TestDefinitions:
    TREE = "{defs: {t: {$args: [n], $do: {v: =n.v, c: {$each: =n.c, $as: x, $do: {$call: t, n: =x}}}}}}"

    def test_recursion(self) -> None:
        given = {"v": 1, "c": [{"v": 2}, {"v": 3, "c": []}]}
        assert render("{$call: t, n: =body}", root=self.TREE, body=given) == {
            "v": 1, "c": [{"v": 2}, {"v": 3, "c": []}]
        }  # fmt: skip

    @pytest.mark.parametrize(("depth", "fails"), [(64, False), (65, True)])
    def test_recursion_has_a_bound(self, depth: int, fails: bool) -> None:
        node: dict[str, object] = {"v": 0}
        for number in range(1, depth):
            node = {"v": number, "c": [node]}
        run = program("{$call: t, n: =body}", root=self.TREE)
        if not fails:
            assert run(scope(body=node))["v"] == depth - 1
            return
        with pytest.raises(MappingFailed, match="'t' calls itself more than 64 deep") as failure:
            run(scope(body=node))
        assert failure.value.where.startswith("t.yaml:1:")

    def test_endless_recursion_ends(self) -> None:
        with pytest.raises(MappingFailed, match="more than 64 deep"):
            render("{$call: a}", root="{defs: {a: {$do: {$call: b}}, b: {$do: {$call: a}}}}")

    def test_a_definition_sees_no_local_names_of_its_caller(self) -> None:
        text = "{$let: {x: 1}, $in: {$call: d}}"
        assert problems(text, root="{defs: {d: {$do: =x}}}") == [("unknown-name", 1, 19)]

    def test_it_sees_the_names_of_the_place_it_is_called_from(self) -> None:
        root = "{defs: {d: {$do: =data.x}}}"
        assert render("{$call: d}", view="stream", root=root, data={"x": 1}) == 1
        assert problems("{$call: d}", view="request", root=root) == [("unknown-name", 1, 19)]

    def test_a_list_under_do_is_spliced_into_a_list(self) -> None:
        root = "{defs: {d: {$args: [a], $do: [=a, {$each: =a, $as: x, $do: =x}]}}}"
        assert render("[0, {$call: d, a: =body}]", root=root, body=[1]) == [0, [1], 1]
        assert render("{k: {$call: d, a: =body}}", root=root, body=[1]) == {"k": [[1], 1]}

    def test_an_expression_that_yields_a_list_is_spliced_by_the_call(self) -> None:
        assert render("[0, {$call: d}]", root="{defs: {d: {$do: =body}}}", body=[1, 2]) == [0, 1, 2]

    def test_nothing_is_nothing_and_null_is_null(self) -> None:
        root = "{defs: {none: {$do: =body.none}, null_: {$do: null}}}"
        assert render("{a: {$call: none}, b: {$call: null_}}", root=root, body={}) == {"b": None}

    @pytest.mark.parametrize(
        "text",
        ["d: 1", "d: {$args: [a]}", "d: {$args: a, $do: 1}", "d: {$args: [a, a], $do: 1}", "d: {$arg: [a], $do: 1}",
         "d: {$args: [1], $do: 1}"],
    )  # fmt: skip
    def test_what_is_wrong_with_a_definition(self, text: str) -> None:
        assert [item.code for item in unit(f"{{defs: {{{text}}}}}").problems.items] == ["bad-arguments"]

    def test_unused_ones_are_checked_too(self) -> None:
        assert problems("1", root="{defs: {d: {$do: =nme}, e: {$do: [=data, =status, =payload]}}}") == [
            ("unknown-name", 1, 19)
        ]


def test_what_python_cannot_compile_is_a_problem() -> None:
    text = "=body.x"
    for _ in range(25):
        text = f"{{$each: =body.l, $do: {text}}}"
    home = unit()
    where = spot(text)
    made = home.program(VIEWS["request"], "p", lambda block: block.write(where, Back()))
    home.build(where)
    assert [item.code for item in home.problems.items] == ["too-complex"]
    with pytest.raises(RuntimeError):
        made(scope())


@pytest.mark.parametrize("definition", ["{a: 1}", "[1]", "{$args: x, $do: =x}", "{$args: [x]}"])
def test_a_definition_that_is_none_is_one_mistake_however_often_it_is_called(definition: str) -> None:
    root = f"{{defs: {{f: {definition}}}}}"
    assert {code for code, _, _ in problems("[{$call: f, x: 1}, {$call: f}]", root=root)} == {"bad-arguments"}

from __future__ import annotations

import pytest

from engine.errors import MappingFailed, RequestRefused
from engine.expression.parse import parse
from engine.mapping.texts import is_own
from tests.mapping.templates import dialect, good, scope


def path(text: str, **names: object) -> str:
    made = good(
        "let: {op: \"=if(chat.stream, 'stream?alt=sse', 'whole')\"}\ntables: {t: {a: 'b?c=d#e'}}\n"
        f"operations: {{chat: {{request: {{path: {text}, body: [=op, \"=get(tables.t, 'a')\"]}}}}}}"
    )
    request = made.operations["chat"].request
    assert request is not None
    return request.render(scope(**names)).path


class TestPath:
    @pytest.mark.parametrize(
        ("model", "text"),
        [
            ("plain-1.5_x~", "/m/plain-1.5_x~:go"),
            ("vendor/name:tag@x", "/m/vendor/name:tag@x:go"),
            ("a?b=c&d#e%f g", "/m/a%3Fb=c&d%23e%25f%20g:go"),
            ("ü\n", "/m/%C3%BC%0A:go"),
            ("a..b", "/m/a..b:go"),
            (7, "/m/7:go"),
        ],
    )
    def test_values_are_encoded(self, model: object, text: str) -> None:
        assert path('"/m/${model}:go"', model=model) == text

    @pytest.mark.parametrize("model", ["..", "../admin", "a/../b"])
    def test_values_cannot_climb_out(self, model: str) -> None:
        with pytest.raises(RequestRefused) as refused:
            path('"/m/${model}"', model=model)
        assert refused.value.info.param == "model"

    def test_the_dialects_own_words_may_hold_a_query(self) -> None:
        assert path('"/m:${op}"') == "/m:whole"
        assert path("\"/m:${if(model, 'a?b=c', 'd')}\"", model="x") == "/m:a?b=c"
        assert path("\"=if(model, '/a?b=c', '/d')\"", model="x") == "/a?b=c"
        assert path('"/m${params.q}"', params={"q": "?a=%20b c"}) == "/m?a=%20b%20c"
        assert path("\"/${get(tables.t, 'a')}\"") == "/b?c=d%23e"

    def test_a_whole_expression_is_encoded_where_it_holds_values(self) -> None:
        assert path("=body.path", body={"path": "/a?b"}) == "/a%3Fb"

    def test_null_fails(self) -> None:
        with pytest.raises(MappingFailed):
            path('"/m/${model}"', model=None)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("'a'", True), ("op", True), ("model", False), ("op || model", False), ("op && 'x'", True),
        ("if(model, op, 'x')", True), ("if(op, model, 'x')", False), ("get(op, model)", True),
        ("get(body, op)", False), ("join('/', [op, 'x'])", True), ("join('/', [op, model])", False),
        ("op.x[0]", True), ("body.x", False), ("@", False), ("lower(model)", False),
    ],
)  # fmt: skip
def test_own_words(text: str, own: bool) -> None:
    assert is_own(parse(text), {"op"}) is own


def headers(text: str, **names: object) -> dict[str, str]:
    request = (
        good(f"operations: {{chat: {{request: {{path: /, headers: {text}}}}}}}").operations["chat"].request
    )
    assert request is not None
    return request.render(scope(**names)).headers


class TestHeaders:
    def test_values_become_text_and_nulls_are_left_out(self) -> None:
        body = {"n": 1, "b": True, "s": "x"}
        text = "{a: =body.n, b: =body.b, c: =body.s, d: =body.none, e: 5, f: true, g: null, h: 'y'}"
        expected = {"a": "1", "b": "true", "c": "x", "e": "5", "f": "true", "h": "y"}
        assert headers(text, body=body) == expected

    def test_one_that_interpolates_only_a_null_is_left_out(self) -> None:
        text = '{a: "Bearer ${credential.key}", b: "${params.x}/${params.y}"}'
        assert headers(text, credential=None, params={}) == {}
        assert headers(text, credential={"key": "k"}, params={"x": 1, "y": 2}) == {
            "a": "Bearer k",
            "b": "1/2",
        }

    def test_one_null_among_others_fails(self) -> None:
        with pytest.raises(MappingFailed):
            headers('{b: "${params.x}/${params.y}"}', params={"x": 1})

    @pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\x00b"])
    def test_a_value_cannot_end_its_header(self, value: str) -> None:
        with pytest.raises(MappingFailed, match="control character"):
            headers("{a: =body.v}", body={"v": value})
        with pytest.raises(MappingFailed, match="control character"):
            headers('{a: "x ${body.v}"}', body={"v": value})

    def test_the_root_may_be_computed(self) -> None:
        assert headers("=body.h", body={"h": {"a": 1, "b": None}}) == {"a": "1"}
        assert headers("{$when: =body.h, a: 1}", body={}) == {}

    def test_objects_and_lists_are_refused_at_load(self) -> None:
        for value in ("{x: 1}", "[x]"):
            found = dialect(f"operations: {{chat: {{request: {{headers: {{a: {value}}}}}}}}}")[1]
            assert [item.code for item in found] == ["wrong-type"]

    def test_so_is_text_that_no_header_can_hold(self) -> None:
        found = dialect('operations: {chat: {request: {headers: {a: "x\\ny"}}}}')[1]
        assert [item.code for item in found] == ["wrong-type"]

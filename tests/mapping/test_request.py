from __future__ import annotations

import pytest

from engine.errors import MappingFailed, RequestRefused
from engine.mapping.request import Rendered
from tests.mapping.templates import chat, dialect, scope


def rendered(request: str, **names: object) -> Rendered:
    indented = "\n".join(f"  {line}" for line in request.strip().splitlines())
    program = chat(f"request:\n{indented}").operations["chat"].request
    assert program is not None
    return program.render(scope(**names))


def test_each_part_is_a_template_with_a_root_of_its_own() -> None:
    found = rendered(
        """
method: {$switch: [{when: =body, then: PUT}, {else: GET}]}
path: {$switch: [{when: =body.x, then: "/a/${body.x}"}, {else: /b}]}
query: {$when: =body.q, q: =body.q, n: 1, f: false, none: =body.none}
headers: {$spread: =body.h, x-a: "${body.x}"}
body: {$each: =body.l, $as: x, $do: {x: =x}}
""",
        body={"x": "v", "q": "w", "h": {"x-b": 1, "x-c": None}, "l": [1]},
    )
    assert found == Rendered(
        "PUT", "/a/v", {"q": "w", "n": "1", "f": "false"}, {"x-b": "1", "x-a": "v"}, [{"x": 1}]
    )


def test_what_is_not_written() -> None:
    assert rendered("path: /x") == Rendered("POST", "/x", None, {}, None)
    assert rendered("path: /x\nquery: {$when: =body, a: 1}").query is None


@pytest.mark.parametrize(
    ("query", "column"), [("=body.list", 15), ("{a: =body.list}", 14), ("=body.text", 15)]
)
def test_a_query_that_is_none_fails_at_its_place(query: str, column: int) -> None:
    with pytest.raises(MappingFailed) as failure:
        rendered(f"path: /x\nquery: {query}", body={"list": [1], "text": "a=b"})
    assert failure.value.where == f"d.yaml:5:{column}"


def test_a_request_may_be_refused() -> None:
    with pytest.raises(RequestRefused, match="no"):
        rendered("path: /x\nbody: {a: {$raise: no}}")


def test_a_path_s_own_text_is_encoded_where_it_must_be() -> None:
    assert rendered('path: "/é x/${model}?a=%20ü"', model="m").path == "/%C3%A9%20x/m?a=%20%C3%BC"
    assert rendered('path: "/é"').path == "/%C3%A9"


def test_a_request_that_passes_has_the_client_s_body_and_no_other() -> None:
    program = (
        chat("request: {path: /x, headers: {a: b}, body: {$raise: {message: no}}}").operations["chat"].request
    )
    assert program is not None
    body = {"messages": []}
    assert program.render_around(body, scope(body=body)) == Rendered("POST", "/x", None, {"a": "b"}, body)
    with pytest.raises(RequestRefused):
        program.render(scope(body=body))


@pytest.mark.parametrize(
    ("written", "fixed"),
    [
        ("{path: '/${model}:${chat.stream}', headers: {a: '${params.a}'}, body: =body}", True),
        ("{path: /x, headers: {$call: fixed}}", True),
        ("{path: /x, headers: {$call: varying}}", False),
        ("{path: '/${body.x}'}", False),
        ("{path: '/${chat.seed}'}", False),
        ("{path: /x, query: {r: =route.name}}", False),
        ("{path: /x, method: {$switch: [{when: =headers.a, then: PUT}]}}", False),
        ("{path: /x, headers: {id: =uid('r')}}", False),
        ("{path: /x, headers: {a: {$when: =model, $unsupported: seed}}}", False),
    ],
)
def test_a_head_is_fixed_when_it_reads_nothing_of_the_request(written: str, fixed: bool) -> None:
    defs = "defs: {fixed: {$do: {a: =params.a}}, varying: {$do: {a: =client.name}}}"
    made, _ = dialect(f"{defs}\noperations: {{chat: {{request: {written}}}}}")
    program = made.operations["chat"].request
    assert program is not None and program.fixed is fixed


def test_the_headers_that_a_head_reads_are_known() -> None:
    made, _ = dialect("operations: {chat: {request: {path: '/${headers.b}', headers: {x: =headers.a}}}}")
    program = made.operations["chat"].request
    assert program is not None and (program.fixed, program.headers) == (False, ("a", "b"))
    made, _ = dialect("operations: {chat: {request: {path: /x, headers: {x: =to_json(headers)}}}}")
    program = made.operations["chat"].request
    assert program is not None and program.headers is None

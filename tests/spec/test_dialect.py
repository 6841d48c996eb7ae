from __future__ import annotations

import pytest

from engine.spec.dialect import Dialect
from engine.tree import Mapping

from .reading import accepts, bind, read

DESIGN = r"""
wire: ollama
passthrough: true
params: {max_tokens: 4096, beta: null}
tables: {finish: {stop: stop, length: length}}
let: {answers: =chat.turns}
defs: {part: {$args: [p], $do: =p}}
auth: {header: Authorization, value: "Bearer ${credential.key}"}
operations:
  chat:
    request: {method: POST, path: /api/chat, headers: {a: b}, body: {model: =model, stream: "=chat.stream || `false`"}}
    stream: {frames: ndjson, state: {n: 0}, events: [{text: =data.text}]}
    response: {from: stream}
    mode: always
    prefetch: images
  submit:
    request: {path: /x}
    response:
      steps: [{request: {path: /y}, until: =data.done, every: 500ms, max: 20}]
      events: []
  embeddings: {request: {}, response: {data: =data, usage: {a: 1}}}
  models: {request: {method: GET, path: /api/tags}, response: {models: []}}
error: {when: =data.error, map: {class: x, message: =data.error, code: =data.code, retry_after: =headers.x}}
login: {start: {}, poll: {}}
tests: [{name: t, given: {body: {}}, expect: {completion: {}}}]
"""


def test_the_dialect_of_the_design() -> None:
    found = read(Dialect, DESIGN)
    chat, submit = found.operations["chat"], found.operations["submit"]
    assert (found.wire, found.passthrough, found.params) == (
        "ollama",
        True,
        {"max_tokens": 4096, "beta": None},
    )
    assert (found.auth[0].header, chat.stream.frames, chat.response.from_) == (
        "Authorization",
        "ndjson",
        "stream",
    )
    assert (chat.mode, chat.prefetch) == ("always", ("images",))
    assert (submit.response.steps[0].every, submit.response.steps[0].max) == (0.5, 20)
    assert list(found.operations["embeddings"].response.results) == ["data", "usage"]
    assert isinstance(found.node, Mapping) and found.tests[0].name == "t"


def test_auth_may_be_a_list_and_a_scheme_takes_its_own_inputs() -> None:
    found = read(
        Dialect,
        "{auth: [{header: a, value: b}, {query: k, value: v}, {scheme: sigv4, region: =credential.region}]}",
    )
    assert [each.header or each.query or each.scheme for each in found.auth] == ["a", "k", "sigv4"]
    assert list(found.auth[2].inputs) == ["region"]


def test_modes_by_model() -> None:
    assert read(Dialect, "{mode: {'o1-*': never, '*': asked}}").mode == {"o1-*": "never", "*": "asked"}


def test_null_removes_what_is_extended() -> None:
    text = "{extends: base, auth: null, wire: null, error: {map: null}, operations: {a: null, chat: {stream: null, request: {body: null}}}}"
    found, binding = bind(Dialect, text)
    assert accepts(Dialect, text) and found.wire is None and list(found.operations) == ["chat"]
    assert [(ref.kind, ref.name) for ref in binding.references] == [("dialect", "base")]


@pytest.mark.parametrize(
    "text",
    ["{operation: {}}", "{auth: {header: a, query: b}}", "{auth: {value: x}}", "{passthrough: auto}", "{mode: sometimes}",
     "{operations: {chat: {requests: {}}}}", "{operations: {chat: {request: {methd: POST}}}}", "{error: {whn: x}}",
     "{operations: {chat: {stream: {events: [], select: =x}}}}", "{operations: {chat: {response: {from: body}}}}",
     "{operations: {chat: {response: {from: stream, events: []}}}}", "{operations: {chat: {prefetch: [videos]}}}",
     "{operations: {chat: {response: {steps: [{until: =x}]}}}}", "{operations: {chat: {stream: {default: skip}}}}"],
)  # fmt: skip
def test_what_is_no_dialect(text: str) -> None:
    assert not accepts(Dialect, text)

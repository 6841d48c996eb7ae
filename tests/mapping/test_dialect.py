from __future__ import annotations

import pytest

from engine.mapping.dialect import Prefetch, read_modes
from tests.mapping.templates import dialect, good, scope, spot


def test_all_of_it() -> None:
    made = good(
        """
wire: w
passthrough: true
params: {max: 4, none: null}
features: {vision: ["v-*", "w"], tools: "t-*"}
tables: {t: {a: 1}}
login: {link: =login.url, poll: {request: {path: /p}}, store: {key: =data.token}}
auth: {header: a, value: =tables.t.a}
operations:
  chat: {request: {path: /c}, prefetch: images}
  models: {request: {method: GET, path: /m}, response: {models: =data}, prefetch: [images, files], takes_urls: "https://a/*"}
"""
    )
    assert (made.name, made.wire, made.passthrough) == ("d", "w", True)
    assert made.params == {"max": 4, "none": None}
    assert made.features == {"vision": ("v-*", "w"), "tools": ("t-*",)}
    assert made.tables == {"t": {"a": 1}}
    assert made.login is not None and len(made.auth) == 1
    chat, models = made.operations["chat"].prefetch, made.operations["models"].prefetch
    assert chat == Prefetch(frozenset({"image"})) and made.prefetch is chat
    assert models == Prefetch(frozenset({"image", "file"}), ("https://a/*",))


def test_what_is_not_written() -> None:
    made = good("operations: {chat: {request: {path: /}}}")
    chat = made.operations["chat"]
    assert (made.wire, made.passthrough, made.params, made.features, made.auth) == (None, False, {}, {}, ())
    assert (chat.stream, chat.response, chat.steps, chat.mode) == (None, None, (), "asked")
    assert (chat.reads_body, chat.reads_chat) == (frozenset(), frozenset())


def test_modes() -> None:
    made = good(
        "mode: {'a-*': never, '*': always, 'a-b*': asked}\n"
        "operations: {chat: {request: {path: /}}, other: {request: {path: /}, mode: never}}"
    )
    chat, other = made.operations["chat"], made.operations["other"]
    assert [chat.mode_for(model) for model in ("a-1", "a-b1", "z")] == ["never", "asked", "always"]
    assert (chat.mode, other.mode, other.mode_for("a-b1")) == ("always", "never", "never")
    assert read_modes(None) == () and read_modes(spot("always")) == (("*", "always"),)


def test_what_the_request_reads() -> None:
    made = good(
        "let: {x: =body.top_k}\n"
        'operations: {chat: {request: {path: "/${model}", headers: {h: =body.user}, body: {a: =x, b: =chat.stop}}, '
        "response: {events: [{text: =body.unread}]}}}"
    )
    chat = made.operations["chat"]
    assert chat.reads_body == {"top_k", "user"} and chat.reads_chat == {"stop"}


@pytest.mark.parametrize(
    "path", ["chat.turns[:-1]", "chat.turns[*].parts", "chat.turns[1:].parts[].text", "chat.turns[-1]"]
)
def test_a_projection_reads_its_field_alone(path: str) -> None:
    made = good(f'operations: {{chat: {{request: {{path: /, body: {{a: "={path}"}}}}}}}}')
    assert made.operations["chat"].reads_chat == {"turns"}


def test_mistakes_leave_the_rest_working() -> None:
    made, found = dialect(
        "operations: {chat: {request: {path: /, body: {a: =nme, b: 1}}, stream: {}}, other: {}}"
    )
    assert [item.code for item in found] == ["unknown-name", "missing-key", "missing-key"]
    request = made.operations["chat"].request
    assert request is not None and request.render(scope()).body == {"b": 1}
    assert made.operations["other"].request is None


class TestUnused:
    TEXT = (
        "tables: {used: {a: 1}, extra: {}}\nlet: {one: =tables.used.a, two: '=`1`'}\n"
        "defs: {three: {$do: 1}}\noperations: {chat: {request: {path: /, body: =one}}}"
    )

    def test_names_that_nothing_reads_are_warnings(self) -> None:
        found = dialect(self.TEXT)[1]
        assert [(item.code, item.path, item.is_error) for item in found] == [
            ("unused-name", "dialects.d.tables.extra", False),
            ("unused-name", "dialects.d.let.two", False),
            ("unused-name", "dialects.d.defs.three", False),
        ]

    def test_but_not_those_that_a_dialect_inherits(self) -> None:
        assert dialect(f"extends: base\n{self.TEXT}")[1] == []


def test_paths_name_the_place_in_the_document() -> None:
    found = dialect("operations: {chat: {request: {path: /, body: [{a: =nme}]}}}")[1]
    assert [item.path for item in found] == ["dialects.d.operations.chat.request.body.0.a"]

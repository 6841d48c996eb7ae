from __future__ import annotations

import pytest

from engine.events import CHAT_FIELDS
from engine.mapping.names import VIEWS, Reads
from engine.mapping.sight import suggestion
from engine.mapping.sinks import Back
from tests.mapping.templates import chat_scope, checked, problems, program, render, scope, spot, unit

ROOT = "{tables: {finish: {end: stop}, size: {n: 3}}, let: {two: '=`2`'}}"


def message(text: str, view: str = "request", root: str = ROOT) -> tuple[str, str | None]:
    found = checked(text, view, root)[1]
    return found[0].message, found[0].hint


def test_an_unknown_name_tells_the_known_ones() -> None:
    assert message("=modl") == (
        "unknown name 'modl'; names here: body, chat, client, credential, features, headers, model, params, "
        "route, tables, two",
        "did you mean 'model'?",
    )


@pytest.mark.parametrize(
    ("text", "hint"),
    [("=messages", "did you mean 'body.messages'?"), ("=temperature", "did you mean 'chat.temperature'?"),
     ("=zzzzzz", None)],
)  # fmt: skip
def test_a_parameter_without_its_body(text: str, hint: str | None) -> None:
    assert message(text)[1] == hint


def test_a_view_has_its_own_names() -> None:
    for view in VIEWS.values():
        for known in view.names:
            assert problems(f"{{k: ={known}}}", view=view.name) == []
    assert problems("=data", view="request") == [("unknown-name", 1, 2)]
    assert problems("=claims.sub", view="request") == [("unknown-name", 1, 2)]


def test_chat_is_closed() -> None:
    assert message("=chat.max_tokn") == ("chat has no field 'max_tokn'", "did you mean 'max_tokens'?")
    assert problems("=chat.max_tokn") == [("unknown-field", 1, 7)]


def test_tables_are_closed_and_constant() -> None:
    assert render("=get(tables.finish, body.x)", root=ROOT, body={"x": "end"}) == "stop"
    assert render("=tables.size.n", root=ROOT) == 3
    assert render("=keys(tables)", root=ROOT) == ["finish", "size"]
    assert problems("=get(tables.finsh, body.x)", root=ROOT) == [("unknown-table", 1, 13)]
    assert message("=tables.finsh.a") == (
        "unknown table 'finsh'; tables here: finish, size", "did you mean 'finish'?"
    )  # fmt: skip


def test_a_body_that_is_no_object_has_no_fields() -> None:
    assert render("{k: =body.x, whole: =body}", body=[1]) == {"whole": [1]}


def test_the_upstreams_headers_stand_before_the_clients_where_there_are_some() -> None:
    names = {"headers": {"a": "client"}, "reply_headers": {"a": "upstream"}}
    assert render("=headers.a", view="request", **names) == "client"
    assert render("=headers.a", view="error", **names) == "upstream"


def test_a_directory_knows_every_key() -> None:
    assert render("=bearer_token", view="directory", data={"bearer_token": "x"}) == "x"


def test_the_root_holds_all_names() -> None:
    whole = render("=@", view="target", body={"a": 1}, client={"name": "c"})
    assert whole["body"] == {"a": 1} and whole["client"] == {"name": "c"} and whole["chat"]["turns"] is None


def test_chat_as_a_whole_is_an_object() -> None:
    given = chat_scope({"model": "m", "n": 2, "messages": [{"role": "user", "content": "hi"}]})
    assert render("=chat", view="request", chat=given.chat)["n"] == 2


def test_local_names_hide_others() -> None:
    assert render("{$each: =body, $as: model, $do: =model.x}", body=[{"x": 1}], model="m") == [1]


def reads(text: str, root: str = "{}") -> Reads:
    home = unit(root)
    where = spot(text)
    return home.reads(home.program(VIEWS["request"], "", lambda block: block.write(where, Back())))


class TestReads:
    def test_fields_are_noted_through_let_and_defs(self) -> None:
        root = "{let: {a: =body.x, unused: =body.y}, defs: {d: {$do: =chat.seed}}}"
        found = reads("{k: =a, l: {$call: d}, m: =body.z.w}", root)
        assert found.body_fields == {"x", "z"} and found.chat_fields == {"seed"}

    def test_the_bare_names_read_everything(self) -> None:
        assert reads("{$spread: =body}").body_fields is None
        assert reads("=chat").chat_fields == set(CHAT_FIELDS)


def test_suggestions_have_a_threshold() -> None:
    assert suggestion("modle", ["model", "body"]) == "did you mean 'model'?"
    assert suggestion("zzz", ["model", "body"]) is None


def test_now_and_uid_come_from_the_scope() -> None:
    run = program("[=now(), =now(), \"=uid('x-')\", \"=uid('x-')\"]", view="request")
    assert run(scope()) == [1_700_000_000.0, 1_700_000_000.0, "x-1", "x-2"]

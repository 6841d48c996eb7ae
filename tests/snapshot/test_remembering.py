"""`remember:` of endpoints."""

from __future__ import annotations

from tests.snapshot.sites import MOCK, compiled, served

STORE = "conversations: {main: {}}"


def test_a_chat_of_a_surface_may_be_written_down() -> None:
    remember = "remember: {conversations: main, conversation: '=headers.\"x-s\"'}"
    snapshot = served(
        mock=MOCK, a=f"{STORE}\nendpoints: {{c: {{path: /c, surface: openai-chat, {remember}}}}}"
    )
    built = next(each for each in snapshot.endpoints if each.name == "c").remember
    assert built is not None and built.store.name == "main" and built.user is None


def test_nothing_else_may() -> None:
    remember = "remember: {conversations: main, conversation: s}"
    found = compiled(
        mock=MOCK,
        a=STORE,
        b=f"endpoints: {{c: {{path: /c, action: health, {remember}}}, d: {{path: /d, pass: mock, {remember}}}}}",
        e=f"endpoints: {{e: {{path: /e, surface: openai-embeddings, {remember}}}}}",
    ).diagnostics
    assert [item.code for item in found if item.is_error] == ["nothing-to-remember"] * 3


def test_a_store_or_a_name_that_is_not_there() -> None:
    text = "endpoints: {{c: {{path: /c, surface: openai-chat, remember: {{conversations: {}, conversation: {}}}}}}}"
    found = compiled(mock=MOCK, a=STORE, b=text.format("mian", "s")).diagnostics
    assert [(item.code, item.hint) for item in found if item.is_error] == [
        ("unknown-conversation", "did you mean 'main'?")
    ]
    found = compiled(mock=MOCK, a=STORE, b=text.format("main", "=chat.id")).diagnostics
    assert [item.path for item in found if item.is_error] == ["endpoints.c.remember.conversation"]

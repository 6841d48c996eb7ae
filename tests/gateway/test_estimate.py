"""About how many tokens: words count, pictures count as pictures."""

from typing import Any

from engine.gateway.estimate import ANSWER, MEDIA, prompt_tokens, tokens_of
from engine.surfaces.chat import Chat
from engine.surfaces.openai_chat.decode import decode


def chat(*messages: dict[str, Any], **body: Any) -> Chat:
    return decode({"model": "m", "messages": list(messages), **body})


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def test_four_bytes_are_a_token() -> None:
    few, many = prompt_tokens(chat(user("a" * 400))), prompt_tokens(chat(user("a" * 800)))
    assert many - few == 100


def test_all_words_count() -> None:
    bare = prompt_tokens(chat(user("hi")))
    words = "w" * 400
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": "' + words + '"}'}}
    longer = [
        chat({"role": "system", "content": words}, user("hi")),
        chat(user([{"type": "text", "text": words}])),
        chat(user("hi"), tools=[{"type": "function", "function": {"name": "f", "description": words}}]),
        chat(
            user("hi"),
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "1", "content": words},
        ),
    ]
    assert all(prompt_tokens(one) >= bare + 95 for one in longer)


def test_other_scripts_take_more() -> None:
    assert prompt_tokens(chat(user("日本語の文章" * 100))) > prompt_tokens(chat(user("a" * 600)))


def test_scripts_may_stand_side_by_side_and_halves_of_pairs_count() -> None:
    bare = prompt_tokens(chat(user("abcd"))) - 1
    parts = [{"type": "text", "text": text} for text in ("a" * 40, "é" * 20, "\ud83d" * 20)]
    assert prompt_tokens(chat(user(parts))) == bare + (40 + 40 + 60) // 4


def test_a_picture_is_one_however_large() -> None:
    def picture(size: int) -> Chat:
        url = "data:image/png;base64," + "A" * size
        return chat(user([{"type": "image_url", "image_url": {"url": url}}]))

    assert prompt_tokens(picture(400)) == prompt_tokens(picture(400_000)) >= MEDIA


def test_the_answer_is_what_was_asked_for() -> None:
    assert tokens_of(chat(user("hi")))[1] == ANSWER
    assert tokens_of(chat(user("hi"), max_tokens=7))[1] == 7

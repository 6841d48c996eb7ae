from __future__ import annotations

from typing import Any

from openai.types.chat import ChatCompletion

from engine.events import Event
from engine.surfaces.openai_chat.completion import completion
from tests.surfaces.events import DONE, call, finish, folded, meta, reasoning, start, text, usage
from tests.surfaces.openai_chat.reading import strict


def answer(*events: Event) -> dict[str, Any]:
    made = completion(folded(events), meta())
    strict(ChatCompletion, made)
    return made


def message(*events: Event) -> dict[str, Any]:
    found: dict[str, Any] = answer(*events, DONE)["choices"][0]["message"]
    return found


def test_a_whole_answer() -> None:
    assert answer(start(), text("A"), text("B"), finish("length"), usage(prompt=3, output=4)) == {
        "id": "up-1",
        "object": "chat.completion",
        "created": 1700000000,
        "model": "m-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "AB", "refusal": None},
                "logprobs": None,
                "finish_reason": "length",
            }
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    }


def test_what_the_upstream_does_not_say() -> None:
    made = answer(text("a"), DONE)
    assert (made["id"], made["model"], made["created"]) == ("chatcmpl-1", "alias", 1700000000)
    assert "usage" not in made and "service_tier" not in made and "system_fingerprint" not in made


def test_what_the_upstream_says_of_itself() -> None:
    told = Event(
        "start", {"id": "x", "model": "y", "created": 5, "fingerprint": "fp", "service_tier": "flex"}
    )
    made = answer(told, text("a"), DONE)
    assert made["system_fingerprint"] == "fp" and made["service_tier"] == "flex" and made["created"] == 5


def test_content_is_null_when_there_is_something_else() -> None:
    assert message(call(id="t", name="f", arguments={"x": 1})) == {
        "role": "assistant",
        "content": None,
        "refusal": None,
        "tool_calls": [{"id": "t", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}],
    }
    assert message(text(""), call(name="f"))["content"] is None
    assert message(text("a"), call(name="f"))["content"] == "a"
    assert message(Event("refusal", {"text": "no"})) == {
        "role": "assistant",
        "content": None,
        "refusal": "no",
    }
    assert message(text(""))["content"] == ""
    assert message(finish("content_filter"))["content"] is None


def test_reasoning_comes_back_as_it_went() -> None:
    found = message(
        reasoning("a"), reasoning(signature="s"), reasoning("b"), reasoning(extra={"k": 1}), text("t")
    )
    assert found["reasoning_content"] == "ab"
    assert found["reasoning_details"] == [
        {"type": "reasoning.text", "index": 0, "text": "a", "signature": "s"},
        {"type": "reasoning.encrypted", "index": 2, "extra_content": {"k": 1}},
    ]
    assert "reasoning_details" not in message(reasoning("a"), text("t"))


def test_choices() -> None:
    made = answer(text("a", 0), call(1, name="f"), finish("stop", 0), finish("stop", 1))
    assert [(choice["index"], choice["finish_reason"]) for choice in made["choices"]] == [
        (0, "stop"), (1, "tool_calls"),
    ]  # fmt: skip


def test_the_rest() -> None:
    token = {"token": "a", "logprob": -0.5, "bytes": [97], "top_logprobs": []}
    made = answer(
        text("a"),
        Event("logprobs", {"content": [token]}),
        Event("citation", {"url": "u", "title": "t", "start_index": 1, "end_index": 2}),
        Event("citation", {"document": 5}),
        Event("audio", {"id": "a", "data": "QQ==", "transcript": "hello"}),
        Event("image", {"data": "QQ==", "media_type": "image/webp", "extra": {"google": {"s": 1}}}),
        Event("image", {"url": "https://x.test/a.png"}),
        Event("extra", {"conversation_id": "c"}),
        usage(prompt=9, cache_read=4, cache_write=2, output=5, reasoning=3),
        DONE,
    )
    (choice,) = made["choices"]
    assert choice["logprobs"] == {"content": [token], "refusal": None}
    assert choice["message"]["annotations"] == [
        {"type": "url_citation", "url_citation": {"url": "u", "title": "t", "start_index": 1, "end_index": 2}}
    ]
    assert choice["message"]["audio"] == {"id": "a", "data": "QQ==", "transcript": "hello", "expires_at": 0}
    assert choice["message"]["images"] == [
        {
            "type": "image_url",
            "index": 0,
            "image_url": {"url": "data:image/webp;base64,QQ=="},
            "extra_content": {"google": {"s": 1}},
        },
        {"type": "image_url", "index": 1, "image_url": {"url": "https://x.test/a.png"}},
    ]
    assert made["x_proxyctl"] == {"conversation_id": "c", "citations": [{"document": 5}]}
    assert made["usage"]["prompt_tokens_details"] == {"cached_tokens": 4, "cache_write_tokens": 2}
    assert made["usage"]["completion_tokens_details"] == {"reasoning_tokens": 3}


def test_a_completion_changes_nothing_that_it_is_made_of() -> None:
    once = folded([text("a"), Event("citation", {"document": 5}), Event("extra", {"citations": [1]}), DONE])
    assert completion(once, meta()) == completion(once, meta())
    assert completion(once, meta())["x_proxyctl"] == {"citations": [1, {"document": 5}]}

from __future__ import annotations

import base64

import pytest

from engine.surfaces.answer import Thought
from engine.surfaces.choice import Choice, joined
from tests.surfaces.events import counting


def choice(keep: bool = True) -> Choice:
    return Choice(0, counting(), keep)


@pytest.mark.parametrize(
    ("finish", "with_call", "reason"),
    [
        (None, False, "stop"),
        ("stop", False, "stop"),
        ("stop", True, "tool_calls"),
        (None, True, "tool_calls"),
        ("length", True, "length"),
        ("content_filter", True, "content_filter"),
        ("tool_calls", True, "tool_calls"),
        ("tool_calls", False, "stop"),
    ],
)
def test_the_reason_is_corrected(finish: str | None, with_call: bool, reason: str) -> None:
    made = choice()
    made.finish = finish
    if with_call:
        made.tool_calls.feed({"name": "f"})
    assert made.reason == made.result().finish == reason


def test_no_text_is_not_the_empty_text() -> None:
    silent, empty = choice(), choice()
    empty.add_text("")
    assert (silent.result().text, empty.result().text) == (None, "")


def test_thoughts_end_with_their_signature() -> None:
    made = choice()
    for fields in (
        {"text": "a"},
        {"text": "b"},
        {"signature": "s1"},
        {"text": "c", "signature": "s2"},
        {"text": "d"},
        {"extra": {"sealed": "x"}},
        {"text": "e"},
    ):
        made.add_reasoning(fields)
    result = made.result()
    assert result.thoughts == (
        Thought("ab", "s1"),
        Thought("c", "s2"),
        Thought("d"),
        Thought("", None, {"sealed": "x"}),
        Thought("e"),
    )
    assert result.reasoning == "abcde"


def test_pieces_are_joined() -> None:
    made = choice()
    for piece in ("no", "pe"):
        made.add_refusal(piece)
    made.add_logprobs({"content": [1]})
    made.add_logprobs({"content": [2], "refusal": [3]})
    made.add_citation({"url": "u"})
    made.add_audio({"id": "a", "data": base64.b64encode(b"x").decode(), "transcript": "he"})
    made.add_audio({"data": base64.b64encode(b"yz").decode(), "transcript": "llo"})
    made.add_audio({"expires_at": 5})
    result = made.result()
    assert result.refusal == "nope"
    assert result.logprobs == {"content": [1, 2], "refusal": [3]}
    assert result.citations == [{"url": "u"}]
    assert result.audio == {
        "id": "a",
        "transcript": "hello",
        "expires_at": 5,
        "data": base64.b64encode(b"xyz").decode(),
    }


def test_without_keep_nothing_is_kept() -> None:
    made = choice(keep=False)
    made.add_text("a")
    made.add_reasoning({"text": "b"})
    made.add_refusal("c")
    made.add_citation({"url": "u"})
    made.add_logprobs({"content": [1]})
    made.add_audio({"data": "eA=="})
    made.add_image({"data": "eA=="})
    assert made.result() == choice(keep=False).result().__class__(
        0, "stop", text="", tool_calls=[], citations=[]
    )


def test_base64_that_is_none_is_joined_as_text() -> None:
    assert joined(["a", "b!"]) == "ab!"
    assert joined(["not base64"]) == "not base64"

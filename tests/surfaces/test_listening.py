"""A client protocol overheard: clients see no difference, and what they were told is known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.events import Event, Inbound
from engine.surfaces.answer import Folded, FoldedChoice, Meta
from engine.surfaces.listening import Listening, Note
from engine.surfaces.registry import compiled_in

PLAIN = compiled_in()["openai-chat"]
META = Meta("c-1", "small", 7, lambda prefix: f"{prefix}1")
BODY: dict[str, Any] = {"model": "small", "messages": [], "stream": True}
EVENTS = [
    Event("start", {"id": "r-1", "model": "m-1"}),
    Event("text", {"text": "hel"}),
    Event("text", {"text": "lo"}),
    Event("usage", {"prompt": 3, "output": 2}),
    Event("finish", {"reason": "stop"}),
    Event("done", {}),
]


def asked(note: Note | None) -> Any:
    return SimpleNamespace(body=BODY, inbound=Inbound("POST", "/", {}, {}, b"", "r"), note=note)


def test_a_stream_is_what_it_was_and_is_noted() -> None:
    note = Note()
    plain = PLAIN.stream(asked(None), BODY, META).encode(EVENTS)
    assert Listening(PLAIN).stream(asked(note), BODY, META).encode(EVENTS) == plain
    answer = note.answer()
    assert answer is not None and note.complete
    assert (answer["text"], answer["model"], answer["usage"]["output"]) == ("hello", "m-1", 2)


def test_a_stream_that_is_not_over_is_not_complete() -> None:
    note = Note()
    Listening(PLAIN).stream(asked(note), BODY, META).encode(EVENTS[:2])
    answer = note.answer()
    assert answer is not None and (answer["text"], note.complete) == ("hel", False)


def test_a_second_attempt_begins_anew() -> None:
    note = Note()
    Listening(PLAIN).stream(asked(note), BODY, META).encode(EVENTS[:2])
    Listening(PLAIN).stream(asked(note), BODY, META).encode(EVENTS)
    answer = note.answer()
    assert answer is not None and answer["text"] == "hello"


def test_a_whole_answer() -> None:
    note, folded = (
        Note(),
        Folded({"model": "m-1"}, [FoldedChoice(0, "stop", "hi")], {"prompt": 1, "output": 1, "total": 2}, {}),
    )
    assert note.answer() is None and not note.complete
    assert Listening(PLAIN).whole(folded, META, asked(note)) == PLAIN.whole(folded, META, asked(None))
    answer = note.answer()
    assert answer is not None and (answer["text"], note.complete) == ("hi", True)


def test_all_else_is_the_protocol_s_own_and_nothing_passes_unread() -> None:
    listening: Any = Listening(PLAIN)
    assert (listening.name, listening.wire, listening.passthrough) == (PLAIN.name, PLAIN.wire, None)
    assert listening.stream(asked(None), BODY, META).encode(EVENTS)

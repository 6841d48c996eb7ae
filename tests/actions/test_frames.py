from __future__ import annotations

from engine.actions.frames import frames_of


def test_objects_are_json_and_texts_are_themselves() -> None:
    assert frames_of({"chunk": "é"}) == 'data: {"chunk":"é"}\n\n'.encode()
    assert frames_of("[DONE]") == b"data: [DONE]\n\n"
    assert frames_of([{"done": True}, "[DONE]"]) == b'data: {"done":true}\n\ndata: [DONE]\n\n'


def test_a_text_of_several_lines_stays_one_frame() -> None:
    assert frames_of("a\nb\r\nc") == b"data: a\ndata: b\ndata: c\n\n"


def test_nothing_sends_nothing() -> None:
    assert frames_of(None) == frames_of({}) == frames_of([]) == b""

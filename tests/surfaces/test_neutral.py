from __future__ import annotations

import orjson

from engine.errors import ErrorClass, ErrorInfo
from engine.events import Event
from engine.surfaces.answer import Folded, FoldedChoice, Meta
from engine.surfaces.neutral import NEUTRAL, LineEncoder, error_of, events_of, whole_of

META = Meta("id-1", "m", 7, str)


def test_an_error_comes_back_as_it_was() -> None:
    info = ErrorInfo(ErrorClass.QUOTA, "no", "c", "p", 3.0, 402, "t")
    assert error_of(orjson.dumps(NEUTRAL.error(info))) == info


def test_nothing_is_written_before_the_answer_begins() -> None:
    encoder = LineEncoder(META)
    assert encoder.encode([Event("start", {"id": "x"})]) == b""
    told = list(events_of(encoder.encode([Event("text", {"text": "hi"}, 1)])))
    assert told == [Event("start", {"id": "x", "model": "m", "created": 7}), Event("text", {"text": "hi"}, 1)]
    assert list(events_of(encoder.encode([Event("done", {})]))) == [Event("done", {})]


def test_a_whole_answer_has_the_names_of_templates_and_a_completion() -> None:
    told = whole_of(Folded({}, [FoldedChoice(0, "stop", "hi")]), META)
    assert (told["text"], told["finish"], told["model"]) == ("hi", "stop", "m")
    assert told["completion"]["choices"][0]["message"]["content"] == "hi"

from __future__ import annotations

from engine.surfaces.answer import Folded, FoldedChoice, Thought


def test_the_text_of_an_answer_is_that_of_its_first_choice() -> None:
    assert Folded({}, [FoldedChoice(0, "stop", text="a"), FoldedChoice(1, "stop", text="b")]).text == "a"
    assert Folded({}, [FoldedChoice(0, "stop")]).text == ""
    assert Folded({}, []).text == ""


def test_reasoning_is_all_thoughts() -> None:
    assert FoldedChoice(0, "stop", thoughts=[Thought("a", "s"), Thought("b")]).reasoning == "ab"
    assert FoldedChoice(0, "stop", thoughts=[Thought("", "s")]).reasoning is None

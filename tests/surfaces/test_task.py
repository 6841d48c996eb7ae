"""A request of another operation, seen as a chat of one turn."""

from __future__ import annotations

from engine.gateway.estimate import tokens_of
from engine.operations import OPERATIONS
from engine.surfaces.task import Task, unread

EMBEDDINGS = OPERATIONS["embeddings"]


def test_its_words_are_one_turn_and_no_answer_is_paid_for() -> None:
    task = Task(EMBEDDINGS, {"input": ["a" * 400, "b"]})
    assert task.turns == [{"role": "user", "parts": [{"type": "text", "text": t} for t in ("a" * 400, "b")]}]
    assert (task.system, task.stream) == ([], False)
    prompt, answer = tokens_of(task)
    assert 100 <= prompt < 150 and answer == 0


def test_without_words_there_is_no_turn() -> None:
    assert Task(EMBEDDINGS, {}).turns == []


def test_what_the_client_sent_is_all_but_the_model_and_what_the_surface_does_itself() -> None:
    body = {"model": "m", "input": "a", "encoding_format": "base64", "dimensions": 2, "user": None}
    assert Task(EMBEDDINGS, body).sent == {"input", "dimensions"}
    assert list(Task(EMBEDDINGS, body, ["odd"]).unread) == ["odd"]


def test_what_nothing_reads_is_unread() -> None:
    assert unread({"a": 1, "b": 2, "c": None}, {"a"}) == ["b"]
    assert unread({"a": 1}, None) == []

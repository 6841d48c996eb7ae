"""The table of operations: the words of a request, the results of an answer."""

from __future__ import annotations

import pytest

from engine.operations import OPERATIONS


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_is_needed_is_among_the_results(name: str) -> None:
    kind = OPERATIONS[name]
    assert kind.name == name and kind.needed in kind.results
    assert {"usage", "model", "id"} <= kind.results.keys()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("a", ["a"]),
        (["a", "b"], ["a", "b"]),
        ([1, 22], ["1 22"]),
        ([[1, 2], [3]], ["1 2", "3"]),
        ([{"text": "a"}, {"title": "b"}], ["a"]),
        (None, []),
    ],
)
def test_the_words_of_an_input(given: object, words: list[str]) -> None:
    assert list(OPERATIONS["embeddings"].words({"input": given})) == words


def test_a_rerank_has_its_query_and_its_documents() -> None:
    assert list(OPERATIONS["rerank"].words({"query": "q", "documents": ["a", {"text": "b"}]})) == [
        "q",
        "a",
        "b",
    ]

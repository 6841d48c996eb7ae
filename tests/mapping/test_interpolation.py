from __future__ import annotations

import pytest

from engine.errors import MappingFailed
from engine.mapping.interpolation import Piece, UnclosedError, pieces
from tests.mapping.templates import checked, problems, render


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a ${b} c", ["a ", "b", " c"]),
        ("${a}${b}", ["a", "b"]),
        ("${ {a: b}.a }", [" {a: b}.a "]),
        ("${join('}', a)}x", ["join('}', a)", "x"]),
        (r"${'it\'s }'}", [r"'it\'s }'"]),
        ("${`{\"a\": \"}\"}`}", ["`{\"a\": \"}\"}`"]),
        ("a $b {c}", ["a $b {c}"]),
        ("", []),
    ],
)  # fmt: skip
def test_pieces(text: str, parts: list[str]) -> None:
    found = list(pieces(text))
    assert [piece.text for piece in found] == parts
    assert all(text[piece.start :].startswith(piece.text) for piece in found)


def test_a_piece_knows_whether_it_is_an_expression() -> None:
    assert list(pieces("x${y}")) == [Piece("x", 0, False), Piece("y", 3, True)]


def test_an_unclosed_one_is_found() -> None:
    with pytest.raises(UnclosedError) as error:
        list(pieces("ab ${c"))
    assert error.value.start == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [("x", "<x>"), (1, "<1>"), (1.5, "<1.5>"), (True, "<true>"), (False, "<false>"), ("", "<>")],
)
def test_values_as_text(value: object, text: str) -> None:
    assert render('"<${body.v}>"', body={"v": value}) == text


@pytest.mark.parametrize("value", [None, {}, {"a": 1}, [], ["a"]])
def test_null_and_objects_fail_at_their_place(value: object) -> None:
    with pytest.raises(MappingFailed) as failure:
        render('{a: "<${body.v}>"}', body={"v": value})
    assert failure.value.where == "t.yaml:1:9"


def test_mistakes_are_placed_by_the_character() -> None:
    assert problems('"a ${bdy} ${body.x +}"') == [("unknown-name", 1, 6), ("arithmetic", 1, 20)]
    assert problems('"ab ${c"') == [("expression-syntax", 1, 5)]


def test_positions_inside_block_text() -> None:
    assert checked("a: |\n  one\n  two ${nme}\n")[1][0].at.line == 3
    assert checked("a: |\n  one\n  two ${nme}\n")[1][0].at.column == 9

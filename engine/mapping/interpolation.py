"""Cutting `text ${expr} text` into its pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Piece(NamedTuple):
    """Literal text, or an expression; `start` is the offset of its first character in the whole."""

    text: str
    start: int
    is_expression: bool


class UnclosedError(Exception):
    """`${` without its `}`; `start` is the offset of the `$`."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


def has_expressions(text: str) -> bool:
    return "${" in text


def pieces(text: str) -> Iterator[Piece]:
    """The pieces in order, empty literals left out. Raises `UnclosedError`."""
    index = 0
    while (start := text.find("${", index)) >= 0:
        if start > index:
            yield Piece(text[index:start], index, False)
        end = closing(text, start + 2)
        if end is None:
            raise UnclosedError(start)
        yield Piece(text[start + 2 : end], start + 2, True)
        index = end + 1
    if index < len(text):
        yield Piece(text[index:], index, False)


def closing(text: str, index: int) -> int | None:
    """The offset of the `}` that closes a `${` whose expression begins at `index`."""
    depth = 0
    while index < len(text):
        char = text[index]
        if char in "'\"`":
            index = after_quote(text, index)
            continue
        if char == "{":
            depth += 1
        elif char == "}":
            if depth == 0:
                return index
            depth -= 1
        index += 1
    return None


def after_quote(text: str, index: int) -> int:
    """The offset behind the quoted part that begins at `index`; a backslash escapes."""
    quote = text[index]
    index += 1
    while index < len(text) and text[index] != quote:
        index += 2 if text[index] == "\\" else 1
    return index + 1

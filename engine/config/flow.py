"""Expressions that a comma has split.

In `{x: =get(a, b)}` YAML ends the value at the comma and takes `b)` for a key without a value. That is
valid YAML and never what was meant, so it is one error at the comma, and the expression is put together
again: what follows is checked as it was meant.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace
from itertools import takewhile
from typing import Any, NamedTuple

from engine.config.places import Source, Written
from engine.diagnostics import Problems
from engine.tree import Entry, Node, Scalar

MESSAGE = "this comma splits the expression"
HINT = 'inside {{ }} and [ ] a comma ends the value: quote it, "{}"'

# Where the value of a flow mapping or an item of a flow sequence begins with an expression.
BEGIN = re.compile(r"(?:[{,]\s*[^\s{}\[\],'\"]+:\s+|[\[,]\s*)(?==)")


class Item(NamedTuple):
    """An item of a flow sequence, written as `text[start:end]`."""

    node: Node
    start: int
    end: int


class Pair(NamedTuple):
    """An entry of a mapping: where its key and its value are written."""

    entry: Entry
    key_start: int
    key_end: int
    start: int
    end: int


def rejoin_pairs(source: Source, pairs: list[Pair], problems: Problems) -> list[Pair]:
    """The entries of a flow mapping."""
    joined: list[Pair] = []
    rest = deque(pairs)
    while rest:
        pair = rest.popleft()
        if _is_open(pair.entry.value):
            bare = takewhile(lambda following: following.start >= following.end, rest)
            ends = [following.key_end for following in bare]
            if taken := _taken(source, pair.start, ends):
                node = _joined(source, pair.start, ends[taken - 1], pair.end, problems)
                pair = pair._replace(entry=replace(pair.entry, value=node))
                _drop(rest, taken)
        joined.append(pair)
    return joined


def rejoin_items(source: Source, items: list[Item], problems: Problems) -> list[Node]:
    """The items of a flow sequence."""
    nodes: list[Node] = []
    rest = deque(items)
    while rest:
        item = rest.popleft()
        node = item.node
        if _is_open(node):
            ends = [following.end for following in rest]
            if taken := _taken(source, item.start, ends):
                node = _joined(source, item.start, ends[taken - 1], item.end, problems)
                _drop(rest, taken)
        nodes.append(node)
    return nodes


def _drop(rest: deque[Any], count: int) -> None:
    for _ in range(count):
        rest.popleft()


def _is_open(node: Node) -> bool:
    if not (isinstance(node, Scalar) and node.plain and isinstance(node.value, str)):
        return False
    return node.value.startswith("=") and _depth(node.value) > 0


def _taken(source: Source, start: int, ends: list[int]) -> int:
    """How many of the parts that end at `ends` belong to the expression at `start`; 0 when none closes it."""
    closes = (number for number, end in enumerate(ends, 1) if _depth(source.text[start:end]) == 0)
    return next(closes, 0)


def _joined(source: Source, start: int, end: int, comma: int, problems: Problems) -> Scalar:
    text = source.text[start:end]
    at = source.position(source.text.index(",", comma))
    problems.error(at, "split-expression", MESSAGE, hint=HINT.format(text))
    return Scalar(text, source.position(start), True, Written(source, start, end, None, text))


def split_in(line: str) -> tuple[int, str] | None:
    """The comma that splits an expression of a flow collection on this line, as an offset, and the hint.

    For text that is no YAML any more, since the comma stands beside a quote: `{x: =join(', ', y)}`.
    """
    for found in BEGIN.finditer(line):
        start = found.end()
        comma = line.find(",", start)
        if comma >= 0 and _depth(line[start:comma]) > 0:
            ends = (end for end in range(comma, len(line)) if _depth(line[start : end + 1]) == 0)
            end = next((end + 1 for end in ends if line[end] == ")"), None)
            return comma, HINT.format(line[start:end] if end else "=…")
    return None


def _depth(text: str) -> int:
    """Parentheses that stay open, those in quotes not counted."""
    depth, quote = 0, ""
    for character in text:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"`":
            quote = character
        else:
            depth += (character == "(") - (character == ")")
    return depth

"""Where a character of a value stands in the file, in every style that YAML has."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.config.places import Source
from engine.config.yaml import Loader, PurePython, parse_node
from engine.diagnostics import Position, Problems
from engine.tree import Mapping, Scalar


def scalar_of(text: str, loader: type = Loader) -> Scalar:
    """The value of the key `k` in a file."""
    problems = Problems()
    root = parse_node("f", text.encode(), problems, loader)
    assert isinstance(root, Mapping), problems.items
    node = root.get("k")
    assert isinstance(node, Scalar) and isinstance(node.value, str)
    return node


def character(text: str, at: Position) -> str:
    lines = text.split("\n")
    line = lines[at.line - 1] + "\n"
    return line[at.column - 1]


def test_source_knows_lines_as_editors_do() -> None:
    source = Source("f", "a\r\nb\u2028c\rd")
    assert [source.position(index).line for index in range(len(source.text))] == [1, 1, 1, 2, 2, 2, 2, 3]
    assert source.position(3) == Position("f", 2, 1)
    assert source.line(2) == "b\u2028c\r"


@pytest.mark.parametrize("loader", [Loader, PurePython])
@pytest.mark.parametrize(
    ("text", "part", "place"),
    [
        ("k: =body.x + 1", "+", (1, 12)),
        ("k: '=it''s + 1'", "+", (1, 12)),
        ('k: "a\\tb\\u00e9 + 1"', "+", (1, 16)),
        ('k: "a\\\n   b + 1"', "+", (2, 6)),
        ('k: "a\n\n   b + 1"', "+", (3, 6)),
        ("k: one\n  two + 1", "+", (2, 7)),
        ("k: one\n\n  two + 1", "+", (3, 7)),
        ("k: |\n  one\n  two + 1\n", "+", (3, 7)),
        ("k: |2\n    one\n  two + 1\n", "+", (3, 7)),
        ("k: |-\n\n\n  one\n    two + 1\n\n\n", "+", (5, 9)),
        ("k: >\n  one\n  two\n\n  three + 1\n", "+", (5, 9)),
        ("k: >+\n  one\n    deeper + 1\n  two\n\n", "+", (3, 12)),
        ("k: &anchor # why\n  |\n  one + 1\n", "+", (3, 7)),
        ("k: 'né \U0001f600 + 1'", "+", (1, 10)),
        ("k: |\r\n  one\r\n  two + 1\r\n", "+", (3, 7)),
    ],
)
def test_the_place_of_a_character(text: str, part: str, place: tuple[int, int], loader: type) -> None:
    node = scalar_of(text, loader)
    at = node.at_offset(str(node.value).index(part))
    assert (at.line, at.column) == place


def test_past_the_end_is_behind_the_last_character() -> None:
    assert scalar_of("k: abc").at_offset(3) == Position("f", 1, 7)
    assert scalar_of('k: "a\\tc"').at_offset(99) == Position("f", 1, 9)
    assert scalar_of("k: ''").at_offset(0) == Position("f", 1, 4)


words = st.text(st.sampled_from("abcé=().é'\"\\:#-\U0001f600"), min_size=1, max_size=6)
lines = st.lists(st.tuples(st.integers(0, 3), st.lists(words, max_size=4)), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(lines, st.sampled_from(["|", ">", "|-", ">-", "|+", ">+", "|2", ">2-"]))
def test_block_scalars_are_exact(content: list[tuple[int, list[str]]], style: str) -> None:
    """Every character of a literal or folded value, white space included, is found where it was written."""
    written = "\n".join(" " * indent + " ".join(parts) if parts else "" for indent, parts in content)
    first = next((line for line in written.split("\n") if line.strip()), "")
    assume(first and ("2" in style or not first.startswith(" ")))
    text = f"k: {style}\n{textwrap.indent(written, '  ')}\nend: 1\n"
    exactly(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(words, min_size=1, max_size=3), min_size=1, max_size=4), st.sampled_from("'\""))
def test_quoted_scalars_are_exact(content: list[list[str]], quote: str) -> None:
    written = "\n   ".join(" ".join(parts) for parts in content)
    escaped = (
        written.replace("\\", "\\\\").replace('"', '\\"') if quote == '"' else written.replace("'", "''")
    )
    exactly(f"k: {quote}{escaped}{quote}\nend: 1\n", escapes=quote == '"')


def exactly(text: str, *, escapes: bool = False) -> None:
    node = scalar_of(text)
    value = str(node.value)
    before = Position("f", 0, 0)
    for offset, expected in enumerate(value):
        at = node.at_offset(offset)
        assert at > before
        before = at
        found = character(text, at)
        if expected == " " and found == "\n":
            continue  # a fold
        assert found == ("\\" if escapes and expected in '\\"' else expected)

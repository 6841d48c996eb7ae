"""From an offset in a scalar's value back to its exact place in the file.

YAML folds lines, strips indentation and knows escapes, so a value is not the text that was written. The
scanners here walk the written text by the same rules and note, for every character of the value, the index
of the character that made it. They run only when a message needs a place.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from engine.diagnostics import Position

BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")
GAP = re.compile(r"[ \t]*(?:\r\n|[\n\r\x85\u2028\u2029])[ \t\n\r\x85\u2028\u2029]*|[ \t]+")
PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+(?:#[^\n]*)?)+)*")
HEX_LENGTH = {"x": 2, "u": 4, "U": 8}


class Source:
    """The text of one file; knows line and column (from 1, in characters) of every index."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text

    @cached_property
    def line_starts(self) -> list[int]:
        """Lines as editors count them: only LF, CR and CRLF end one."""
        return [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", self.text))]

    def position(self, index: int) -> Position:
        line = bisect_right(self.line_starts, index)
        return Position(self.file, line, index - self.line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        ends = [*self.line_starts[1:], len(self.text)]
        return self.text[self.line_starts[number - 1] : ends[number - 1]]

    def after_properties(self, index: int) -> int:
        """Where the node itself begins, behind its anchor and tag."""
        found = PROPERTIES.match(self.text, index)
        return found.end() if found else index


@dataclass(slots=True)
class Written:
    """How a scalar of this `value` is written: as `source.text[start:end]`, in a style.

    `style` is None for plain text, else one of ' " | >. Called with an offset, it says where that character
    of the value stands; past the end, the place behind the last one.
    """

    source: Source
    start: int
    end: int
    style: str | None
    value: str

    def __call__(self, offset: int) -> Position:
        if self.style is None and self.end - self.start == len(self.value):
            return self.source.position(self.start + min(offset, len(self.value)))
        indexes = list(self.indexes())
        if offset < len(indexes):
            return self.source.position(indexes[offset])
        return self.source.position(indexes[-1] + 1 if indexes else self.start)

    def indexes(self) -> Iterator[int]:
        """For each character of the value the index in the file's text of what made it."""
        if self.style in ("|", ">"):
            return _block(self)
        inset = 0 if self.style is None else 1
        return _flow(self.source.text, self.start + inset, self.end - inset, self.style)


def _flow(text: str, index: int, end: int, style: str | None) -> Iterator[int]:
    """Plain and quoted text: gaps with line breaks fold, quotes and backslashes escape."""
    while index < end:
        gap = GAP.match(text, index, end)
        if gap:
            breaks = _breaks(text, index, gap.end())
            yield from (breaks[1:] or breaks) if breaks else range(index, gap.end())
            index = gap.end()
        elif style == '"' and text[index] == "\\":
            escaped = GAP.match(text, index + 1, end)
            breaks = _breaks(text, index, escaped.end()) if escaped else []
            yield from breaks[1:] if breaks else (index,)
            index = escaped.end() if escaped and breaks else index + 2 + HEX_LENGTH.get(text[index + 1], 0)
        else:
            yield index
            index += 2 if style == "'" and text[index] == "'" else 1


def _breaks(text: str, start: int, end: int) -> list[int]:
    return [found.start() for found in BREAK.finditer(text, start, end)]


class _Line(NamedTuple):
    """One line of a block scalar: its text (indentation stripped) and the index of its break."""

    begin: int
    end: int
    line_break: int

    @property
    def filled(self) -> bool:
        return self.end > self.begin


def _block(written: Written) -> Iterator[int]:
    """Literal and folded blocks."""
    text = written.source.text
    header, lines = _lines(written)
    last = max((number for number, line in enumerate(lines) if line.filled), default=-1)
    for number, line in enumerate(lines):
        yield from range(line.begin, line.end)
        if number > last:
            keeps = "+" in header
        elif number == last:
            keeps = "-" not in header
        else:
            keeps = written.style == "|" or _keeps_break(text, lines, number)
        if keeps and line.line_break < len(text):
            yield line.line_break


def _keeps_break(text: str, lines: list[_Line], number: int) -> bool:
    """Whether the break after a line of a folded block makes a character of its own.

    Between two lines of text a single break is a space; when empty lines follow, only theirs count. Lines
    that are indented deeper keep their breaks.
    """
    line = lines[number]
    if not line.filled:
        return True
    following = next(candidate for candidate in lines[number + 1 :] if candidate.filled)
    deeper = text[line.begin] in " \t" or text[following.begin] in " \t"
    return deeper or lines[number + 1] == following


def _lines(written: Written) -> tuple[str, list[_Line]]:
    """The header (`|-2`, say) and the lines below it."""
    text, start, end = written.source.text, written.start, written.end
    breaks = [(found.start(), found.end()) for found in BREAK.finditer(text, start, end)]
    if not breaks:
        return text[start:end], []
    starts = [end for _, end in breaks]
    ends = [start for start, _ in breaks[1:]]
    if starts[-1] < end:
        ends.append(end)
    rows = list(zip(starts, ends, strict=False))
    indent = _indent([text[first:last] for first, last in rows], written.value)
    header = text[start : breaks[0][0]].partition("#")[0]
    return header, [_Line(first + indent, max(first + indent, last), last) for first, last in rows]


def _indent(rows: list[str], value: str) -> int:
    """Columns that were stripped: those of the first line of text, less the spaces that its value kept."""
    kept = value.lstrip("\n")
    kept_spaces = len(kept) - len(kept.lstrip(" "))
    widths = [len(row) - len(row.lstrip(" ")) for row in rows if row.strip(" ")]
    return max(widths[0] - kept_spaces, 0) if widths else 0

"""Text for people: colour when a terminal shows it, plain text otherwise."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

STYLES = {
    "error": "31;1",
    "warning": "33;1",
    "good": "32",
    "added": "32",
    "removed": "31",
    "dim": "2",
    "bold": "1",
    "name": "36",
}


def wants_colour(stream: TextIO) -> bool:
    """Colour on a terminal, unless NO_COLOR is set (https://no-color.org) or the terminal is dumb."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


@dataclass(frozen=True, slots=True)
class Console:
    """One stream and whether it shows colour."""

    stream: TextIO
    colour: bool = False

    @classmethod
    def stdout(cls) -> Console:
        return cls(sys.stdout, wants_colour(sys.stdout))

    @classmethod
    def stderr(cls) -> Console:
        return cls(sys.stderr, wants_colour(sys.stderr))

    def paint(self, style: str, text: str) -> str:
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self.colour and text else text

    def line(self, text: str = "") -> None:
        self.stream.write(text + "\n")

    def table(self, rows: Iterable[Sequence[str]], *, header: Sequence[str]) -> None:
        """Rows in columns as wide as their widest cell; the last column is not padded."""
        body = [list(row) for row in rows]
        widths = [max(len(cell) for cell in column) for column in zip(header, *body, strict=True)]
        for row, style in [(list(header), "dim"), *((row, "") for row in body)]:
            cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
            text = "  ".join([*cells, row[-1]]).rstrip()
            self.line(self.paint(style, text) if style else text)


def counted(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

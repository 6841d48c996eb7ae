"""Globs as the whole site means them: `*` any text, `?` one character, all else literal; case counts.

Square brackets are no class here, since model names have them (`name[1m]`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


def is_glob(text: str) -> bool:
    return "*" in text or "?" in text


def literal_prefix(glob: str) -> str:
    """What stands before the first `*` or `?`; every text that matches begins with it."""
    return re.split(r"[*?]", glob, maxsplit=1)[0]


@lru_cache(maxsize=16384)
def compile_glob(glob: str) -> re.Pattern[str]:
    """For `fullmatch`; group 1 is what the first `*` stood for. Runs in linear time for each `*`.

    Each `*` but the last is matched lazily and for good (an atomic group), so nothing backtracks.
    """
    head, *rest = [re.escape(piece).replace(r"\?", ".") for piece in re.split(r"\*+", glob)]
    pattern = head
    for index, piece in enumerate(rest):
        star = "(.*{})" if index == 0 else ".*{}"
        last = index == len(rest) - 1
        pattern += star.format("") + piece if last else f"(?>{star.format('?')}{piece})"
    return re.compile(pattern, re.DOTALL)


def matches(glob: str, text: str) -> bool:
    return compile_glob(glob).fullmatch(text) is not None


def matches_any(globs: Iterable[str], text: str) -> bool:
    return any(matches(glob, text) for glob in globs)

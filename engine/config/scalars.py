"""What a plain scalar means: the core schema of YAML 1.2, where `on`, `no` and `12:30` are text."""

from __future__ import annotations

import re

Plain = None | bool | int | float | str

WORDS: dict[str, Plain] = {
    "": None,
    "~": None,
    **{word: None for word in ("null", "Null", "NULL")},
    **{word: True for word in ("true", "True", "TRUE")},
    **{word: False for word in ("false", "False", "FALSE")},
    **{word: float("inf") for word in (".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF")},
    **{word: float("-inf") for word in ("-.inf", "-.Inf", "-.INF")},
    **{word: float("nan") for word in (".nan", ".NaN", ".NAN")},
}
NUMBER = re.compile(
    r"(?P<int>[-+]?[0-9]+)|0o(?P<oct>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
)
BASES = {"int": 10, "oct": 8, "hex": 16}
MAX_DIGITS = 1000  # a longer run of digits stays text; Python refuses to convert more than 4300


def resolve(text: str) -> Plain:
    """The typed value of plain text."""
    if text in WORDS:
        return WORDS[text]
    if text[0] not in "+-.0123456789" or len(text) > MAX_DIGITS:
        return text
    found = NUMBER.fullmatch(text)
    if found is None:
        return text
    group = found.lastgroup or "float"
    return int(found[group], BASES[group]) if group in BASES else float(text)

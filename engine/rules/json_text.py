"""The strings in a JSON text, rewritten while it comes in pieces; keys, numbers and form stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from engine.rules.rewriter import Chain

_LONE = re.compile("[\ud800-\udfff]")
_PLAIN = re.compile(r'[^"\\]+')
_FORM = re.compile(r'[^"{}\[\],:]+')
_ESCAPE = re.compile(
    r'\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|["\\/bfnrt])'
)
# The beginning of an escape, which the next piece may complete; a high surrogate waits for its low one.
_CUT = re.compile(r"\\(?:u(?:[0-9a-fA-F]{0,3}|[dD][89abAB][0-9a-fA-F]{2}(?:\\(?:u[0-9a-fA-F]{0,3})?)?))?")


class JsonText:
    """`feed` pieces, then `end`. What is no JSON passes as it is, from where that shows."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._reset()

    def _reset(self) -> None:
        self._held = ""
        self._inside: list[str] = []
        self._key_next = False
        self._mode = FORM

    def feed(self, piece: str) -> str:
        text, at = self._held + piece, 0
        self._held = ""
        out: list[str] = []
        while at < len(text) and not self._held:
            at = READERS[self._mode](self, text, at, out)
        return "".join(out)

    def end(self) -> str:
        rest = (_encoded(self._chain.end()) if self._mode == VALUE else "") + self._held
        self._reset()
        return rest

    def whole(self, text: str) -> str:
        return self.feed(text) + self.end()

    def _form(self, text: str, at: int, out: list[str]) -> int:
        """Whatever stands outside of strings."""
        plain = _FORM.match(text, at)
        if plain:
            out.append(plain.group())
            return plain.end()
        sign = text[at]
        out.append(sign)
        if sign == '"':
            self._mode = KEY if self._key_next else VALUE
        elif sign in "{[":
            self._inside.append(sign)
            self._key_next = sign == "{"
        elif sign in "}]":
            if self._inside:
                self._inside.pop()
            self._key_next = False
        else:
            self._key_next = sign == "," and self._inside[-1:] == ["{"]
        return at + 1

    def _key(self, text: str, at: int, out: list[str]) -> int:
        plain = _PLAIN.match(text, at)
        if plain:
            out.append(plain.group())
            return plain.end()
        if text[at] == '"':
            self._mode = FORM
        elif at + 1 == len(text):
            self._held = text[at:]
            return at
        length = 1 if text[at] == '"' else 2
        out.append(text[at : at + length])
        return at + length

    def _string(self, text: str, at: int, out: list[str]) -> int:
        plain = _PLAIN.match(text, at)
        if plain:
            out.append(_encoded(self._chain.feed(plain.group())))
            return plain.end()
        if text[at] == '"':
            out.append(_encoded(self._chain.end()) + '"')
            self._mode = FORM
            return at + 1
        if _CUT.fullmatch(text, at):
            self._held = text[at:]
            return at
        escape = _ESCAPE.match(text, at)
        if escape is None:
            out.append(_encoded(self._chain.end()))
            self._mode = BROKEN
            return at
        out.append(_encoded(self._chain.feed(json.loads(f'"{escape.group()}"'))))
        return escape.end()

    def _as_it_is(self, text: str, at: int, out: list[str]) -> int:
        out.append(text[at:])
        return len(text)


FORM, KEY, VALUE, BROKEN = range(4)
READERS: tuple[Callable[[JsonText, str, int, list[str]], int], ...] = (
    JsonText._form,
    JsonText._key,
    JsonText._string,
    JsonText._as_it_is,
)


def _encoded(text: str) -> str:
    """As it stands between the quotes of a JSON string; half a surrogate pair stays an escape."""
    if not text:
        return ""
    return json.dumps(text, ensure_ascii=_LONE.search(text) is not None)[1:-1]

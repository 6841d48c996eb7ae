"""Text to terms: the official JMESPath grammar, with offsets, hints and bounds.

The `jmespath` package tokenizes and parses; this module adds what its syntax tree lacks (positions),
refuses what it accepts by mistake (`f(a b)`, `!a.b`) and turns its errors into `ExpressionError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jmespath.exceptions import EmptyExpressionError, LexerError, ParseError
from jmespath.lexer import Lexer
from jmespath.parser import Parser

from engine.expression.json_text import loads
from engine.memo import Memo

MAX_LENGTH = 10_000
MAX_DEPTH = 100
MAX_DIGITS = 300
"""Bounds of one expression: characters, nesting, digits of a number."""

SYNTAX = "expression-syntax"


class ExpressionError(Exception):
    """A mistake in an expression, found at load.

    `code` is one of expression-syntax, unknown-name, unknown-function, wrong-arity, wrong-type,
    negation-precedence, bare-number, arithmetic; `offset` counts characters of the text from 0.
    """

    def __init__(self, code: str, message: str, offset: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.offset = offset
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Term:
    """One node of an expression. `start` is the offset of its first character; `quoted`: a field as `"name"`.

    | kind | value | children |
    |---|---|---|
    | current | | |
    | field | the name | |
    | literal | the JSON value | |
    | chain | | each is evaluated on the result of the one before |
    | index | the position | |
    | slice | (start, stop, step) | |
    | flatten | | base |
    | project, values | | base, what to take of each element |
    | filter | | base, what to take, condition |
    | list | | the elements |
    | dict | tuple of keys | the values |
    | compare | eq ne lt lte gt gte | left, right |
    | and, or | | left, right |
    | not | | operand |
    | call | the function's name | arguments |
    | expref | | body |
    """

    kind: str
    value: Any = None
    children: tuple[Term, ...] = ()
    start: int = 0
    quoted: bool = False


def parse(text: str) -> Term:
    """The terms of `text`. Raises `ExpressionError`."""
    return _parsed[text]


def _parse(text: str) -> Term:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(SYNTAX, f"the expression is longer than {MAX_LENGTH} characters", MAX_LENGTH)
    try:
        return _term(_OffsetParser().read(text), 0, 1)
    except EmptyExpressionError:
        raise ExpressionError(SYNTAX, "the expression is empty", 0) from None
    except LexerError as error:
        raise _bad_character(text, error) from None
    except ParseError as error:
        raise _unexpected(text, error.lex_position) from None


# Dialects that extend one another have most of their expressions in common.
_parsed: Memo[str, Term] = Memo(_parse, 256)

# What a character that JMESPath does not know was probably meant to be: code, hint.
_FOREIGN: dict[str, tuple[str, str]] = {
    "+": ("arithmetic", "JMESPath has no arithmetic; use add(a, b)"),
    "-": ("arithmetic", "JMESPath has no arithmetic; use sub(a, b)"),
    "*": ("arithmetic", "JMESPath has no arithmetic; use mul(a, b)"),
    "/": ("arithmetic", "JMESPath has no arithmetic; use mul(a, b) with the reciprocal"),
    "=": (SYNTAX, "equality is written =="),
    "?": (SYNTAX, "a choice is written if(condition, then, else)"),
    "$": (SYNTAX, "names are written without $"),
    "“": (SYNTAX, "text is written in straight quotes: 'text'"),
    "’": (SYNTAX, "text is written in straight quotes: 'text'"),
    "‘": (SYNTAX, "text is written in straight quotes: 'text'"),
}
_WORDS = {"and": "use &&", "or": "use ||", "not": "use !", "in": "use contains(list, value)", "is": "use =="}


def _bad_character(text: str, error: LexerError) -> ExpressionError:
    offset: int = error.lexer_position
    shown = text[offset : offset + 1]
    if "Unclosed" in error.message:
        message = f"the {shown} that opens here is never closed"
        return ExpressionError(SYNTAX, message, offset, f"add the closing {shown}")
    if shown == "`":
        return _bad_literal(offset)
    if shown == '"':
        return ExpressionError(SYNTAX, "not a valid quoted name", offset, 'inside "…" JSON\'s escapes apply')
    if shown == "-" and re.compile(r"(?<=\w)-[A-Za-z]").match(text, offset):
        return ExpressionError("arithmetic", "unexpected '-'", offset, _dashed(text, offset))
    code, hint = _FOREIGN.get(shown, (SYNTAX, None))
    return ExpressionError(code, f"unexpected {shown!r}", offset, hint)


def _dashed(text: str, offset: int) -> str:
    before = re.search(r"\w+$", text[:offset])
    after = re.match(r"[\w-]+", text[offset:])
    name = (before.group() if before else "") + (after.group() if after else "")
    return f'a name with - is quoted: "{name}"; a difference is written sub(a, b)'


def _bad_literal(offset: int) -> ExpressionError:
    hint = "text is written 'text'; backticks hold JSON: `4096`"
    return ExpressionError(SYNTAX, "not valid JSON between backticks", offset, hint)


def _unexpected(text: str, offset: int) -> ExpressionError:
    """A token that cannot stand where it stands."""
    if offset >= len(text):
        return ExpressionError(SYNTAX, "the expression ends too early", len(text), _still_open(text))
    found = _TOKEN.match(text, offset)
    word = found.group() if found else text[offset]
    code, hint = _FOREIGN.get(word, (SYNTAX, _WORDS.get(word)))
    if text[:offset].split()[-1:] == ["not"]:
        hint = _WORDS["not"]
    if word in _CLOSING.values() and not _still_open(text[:offset]):
        hint = f"nothing is open here that {word!r} could close"
    return ExpressionError(code, f"unexpected {word!r}", offset, hint)


def _still_open(text: str) -> str | None:
    """Which bracket at the end of a text waits for its other half."""
    waiting = []
    for bracket in re.findall(r"[(){}\[\]]", _QUOTED.sub("", text)):
        if bracket in _CLOSING:
            waiting.append(_CLOSING[bracket])
        elif waiting and waiting[-1] == bracket:
            waiting.pop()
    return f"is a {waiting[-1]!r} missing?" if waiting else None


_CLOSING = {"(": ")", "[": "]", "{": "}"}
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_TOKEN = re.compile(r"\w+|'[^']*'|\"[^\"]*\"|`[^`]*`")


class _StrictLexer(Lexer):  # type: ignore[misc]
    """The official lexer without its deprecated literals (`` `foo` `` for text), with bounded numbers."""

    def _consume_literal(self) -> dict[str, Any]:
        start: int = self._position
        lexeme = self._consume_until("`").replace("\\`", "`")
        try:
            value = loads(lexeme)
        except ValueError:
            raise _bad_literal(start) from None
        return {"type": "literal", "value": value, "start": start, "end": self._position}

    def _consume_number(self) -> str:
        start: int = self._position
        digits: str = super()._consume_number()
        if len(digits) > MAX_DIGITS:
            raise ExpressionError(SYNTAX, "the number is too long", start)
        return digits


_LOOSER = ("dot", "filter", "flatten")
"""Tokens that bind looser than `!`, although they look as if they belonged to what it negates."""


class _OffsetParser(Parser):  # type: ignore[misc]
    """The official parser; its nodes get a `start`, and it is strict where the original is lax."""

    def read(self, text: str) -> dict[str, Any]:
        self._text = text
        self._tokens = list(_StrictLexer().tokenize(text))
        self._index = 0
        self._depth = 0
        node: dict[str, Any] = self._expression()
        token = self._lookahead_token(0)
        if token["type"] == "number" and str(token["value"]).startswith("-"):
            offset = token["start"]
            raise ExpressionError("arithmetic", "unexpected '-'", offset, _FOREIGN["-"][1])
        if token["type"] != "eof":
            raise _unexpected(self._text, token["start"])
        return node

    def _expression(self, binding_power: int = 0) -> dict[str, Any]:
        token = self._lookahead_token(0)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _too_deep(token["start"])
        self._advance()
        nud = getattr(self, f"_token_nud_{token['type']}", self._error_nud_token)
        left: dict[str, Any] = nud(token)
        left.setdefault("start", token["start"])
        while binding_power < self.BINDING_POWER[self._current_token()]:
            left = self._led(left)
        self._depth -= 1
        return left

    def _led(self, left: dict[str, Any]) -> dict[str, Any]:
        token = self._lookahead_token(0)
        led = getattr(self, f"_token_led_{token['type']}", None)
        if led is None:
            raise _unexpected(self._text, token["start"])
        if left["type"] == "not_expression" and token["type"] in _LOOSER and "wrapped" not in left:
            raise self._negated(left)
        self._advance()
        start = left["start"]
        node: dict[str, Any] = led(left)
        node.setdefault("start", start)
        return node

    def _negated(self, left: dict[str, Any]) -> ExpressionError:
        message = "'!' binds tighter than what follows, so this tests the first part only"
        return ExpressionError(
            "negation-precedence", message, left["start"], "put the whole path in parentheses: !(a.b)"
        )

    def _token_nud_lparen(self, token: dict[str, Any]) -> dict[str, Any]:
        node = self._expression()
        self._match("rparen")
        return {**node, "wrapped": True}

    def _token_nud_quoted_identifier(self, token: dict[str, Any]) -> dict[str, Any]:
        if self._current_token() == "lparen":
            raise ExpressionError(SYNTAX, "a function's name is not quoted", token["start"])
        return {"type": "field", "children": [], "value": token["value"], "quoted": True}

    def _error_nud_token(self, token: dict[str, Any]) -> dict[str, Any]:
        if token["type"] == "number":
            number = re.compile(r"-?\d+(\.\d+)?").match(self._text, token["start"])
            shown = number.group() if number else str(token["value"])
            raise ExpressionError(
                "bare-number", f"a bare {shown}", token["start"], f"number literals are written `{shown}`"
            )
        raise _unexpected(self._text, token["start"])

    def _separated(self, closing: str, item: Callable[[], Any]) -> list[Any]:
        """Items with exactly one comma between them, up to `closing`."""
        items = [item()]
        while self._current_token() != closing:
            if self._current_token() != "comma":
                self._raise_parse_error_maybe_eof("comma", self._lookahead_token(0))
            self._advance()
            items.append(item())
        self._advance()
        return items

    def _token_led_lparen(self, left: dict[str, Any]) -> dict[str, Any]:
        if left["type"] != "field":
            raise ExpressionError(SYNTAX, "this cannot be called", self._tokens[self._index - 1]["start"])
        if self._current_token() == "rparen":
            self._advance()
            arguments = []
        else:
            arguments = self._separated("rparen", self._expression)
        return {"type": "function_expression", "children": arguments, "value": left["value"]}

    def _parse_multi_select_hash(self) -> dict[str, Any]:
        return {"type": "multi_select_dict", "children": self._separated("rbrace", self._pair)}

    def _pair(self) -> dict[str, Any]:
        key = self._lookahead_token(0)
        if key["type"] == "literal":
            raise ExpressionError(SYNTAX, "a key is a name", key["start"], 'write name or "any name"')
        self._match_multiple_tokens(["quoted_identifier", "unquoted_identifier"])
        self._match("colon")
        return {"type": "key_val_pair", "children": [self._expression()], "value": key["value"]}


def _too_deep(offset: int) -> ExpressionError:
    return ExpressionError(SYNTAX, f"the expression nests deeper than {MAX_DEPTH}", offset)


# Node types of the package -> kinds of terms.
_KINDS = {
    "identity": "current",
    "current": "current",
    "field": "field",
    "literal": "literal",
    "subexpression": "chain",
    "index_expression": "chain",
    "pipe": "chain",
    "index": "index",
    "slice": "slice",
    "flatten": "flatten",
    "projection": "project",
    "value_projection": "values",
    "filter_projection": "filter",
    "multi_select_list": "list",
    "multi_select_dict": "dict",
    "comparator": "compare",
    "and_expression": "and",
    "or_expression": "or",
    "not_expression": "not",
    "function_expression": "call",
    "expref": "expref",
}


def _term(node: dict[str, Any], start: int, depth: int) -> Term:
    start = node.get("start", start)
    if depth > MAX_DEPTH:
        raise _too_deep(start)
    kind = _KINDS[node["type"]]
    if kind == "slice":
        return _slice(node, start)
    if kind == "dict":
        children = tuple(_term(pair["children"][0], start, depth + 1) for pair in node["children"])
        return Term(kind, tuple(pair["value"] for pair in node["children"]), children, start)
    children = tuple(_term(child, start, depth + 1) for child in node["children"])
    if kind == "chain":
        return _chain(children, start)
    return Term(kind, node.get("value"), children, start, "quoted" in node)


def _slice(node: dict[str, Any], start: int) -> Term:
    if node["children"][2] == 0:
        raise ExpressionError(SYNTAX, "the step of a slice cannot be 0", start)
    return Term("slice", tuple(node["children"]), (), start)


def _chain(children: tuple[Term, ...], start: int) -> Term:
    """One flat chain: nested ones are spliced in, steps that change nothing are left out."""
    flat = [step for child in children for step in (child.children if child.kind == "chain" else (child,))]
    steps = tuple(step for step in flat if step.kind != "current") or (Term("current", None, (), start),)
    return steps[0] if len(steps) == 1 else Term("chain", None, steps, start)

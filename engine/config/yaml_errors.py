"""What a YAML syntax error means, and what to do about it.

libyaml and PyYAML's own scanner word the same fault differently; both are read by this table, so a message
does not depend on which of them is installed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import yaml

from engine.config.flow import MESSAGE, split_in
from engine.config.places import Source


class Fault(NamedTuple):
    """A syntax error at index `at` of the text."""

    at: int
    message: str
    hint: str | None = None
    code: str = "yaml-syntax"


class Marks(NamedTuple):
    """Where a parser stopped, and where the construct began that it was reading (or None)."""

    problem: int
    context: int | None


SECRET = re.compile(
    r"(?i)(?:key|secret|token|password|bearer|authorization)[\"']?\s*:\s*[\"']?+(?!\$\{(?:env|file|setting):|=|sha256:)\S"
)
# A default that stands in for a secret, in a line whose key or variable is named like one.
NAMED = r"key|secret|token|password|bearer|authorization"
DEFAULTED = re.compile(
    rf"(?i)(?:(?:{NAMED})[\"']?\s*:[^,{{}}\[\]]*\$\{{env:\w+|\$\{{env:\w*(?:{NAMED})\w*):-[^}}\s]"
)
QUOTE_FLOW = "inside { } or [ ] an expression with [ ] { } or , must be quoted"
LINE = re.compile(r"^([ \t]*(?:- +)*)(.*)$", re.MULTILINE)
QUOTE_COLON = "the {} contains ': '; put it in single quotes, or on its own line after '|'"


def may_hold_secret(line: str) -> bool:
    """Whether a line of a file that is not understood yet looks as if a secret were written in it."""
    return SECRET.search(line) is not None


def holds_default(line: str) -> bool:
    """Whether a line holds what is taken for a secret when its variable is not set."""
    return DEFAULTED.search(line) is not None


def fault_of(error: yaml.MarkedYAMLError, source: Source) -> Fault:
    mark = error.problem_mark or error.context_mark
    problem = min(mark.index if mark else 0, len(source.text))
    marks = Marks(problem, error.context_mark.index if error.context_mark else None)
    if split := _split(source, marks):
        return split
    text = f"{error.problem} {error.context or ''}"
    for pattern, explain in EXPLANATIONS:
        if re.search(pattern, text):
            return explain(source, marks)
    return Fault(problem, error.problem or "not valid YAML")


def _split(source: Source, marks: Marks) -> Fault | None:
    """A comma that split an expression is the cause, whatever the parser stumbled over after it."""
    last = source.position(marks.problem).line
    first = last if marks.context is None else source.position(marks.context).line
    for number in {first, last}:
        if found := split_in(source.line(number)):
            return Fault(source.line_starts[number - 1] + found[0], MESSAGE, found[1], "split-expression")
    return None


def _character(source: Source, index: int) -> str:
    return repr(source.text[index]) if index < len(source.text) else "the end of the file"


def _cannot_start(source: Source, marks: Marks) -> Fault:
    found = source.text[marks.problem : marks.problem + 1]
    if found == "\t":
        return Fault(marks.problem, "a tab cannot indent YAML", "use spaces")
    hint = "a value cannot begin with it: write =… for an expression, or quote the text"
    return Fault(marks.problem, f"unexpected character {found!r}", hint)


def _colon(source: Source, marks: Marks) -> Fault:
    begin = source.text.rfind("\n", 0, marks.problem) + 1
    before = source.text[begin : marks.problem]
    if not re.search(r":\s", before):
        if missing := _colon_before(source, begin):
            return missing
        hint = "is a ':' missing on the line before, or the indentation off?"
        return Fault(marks.problem, "mapping values are not allowed here", hint)
    what = "expression" if re.search(r":\s+=", before) else "text"
    return Fault(marks.problem, "mapping values are not allowed here", QUOTE_COLON.format(what))


def _colon_before(source: Source, begin: int) -> Fault | None:
    """The line before the one that begins at an index, if that is where a ':' is missing."""
    for found in reversed(list(LINE.finditer(source.text, max(begin - 1000, 0), begin))):
        text = found[2].rstrip()
        if text and not text.startswith("#"):
            if re.search(r":(?:\s|$)|^[\"'\[{|>&*]", text):
                return None
            message = "the ':' needs a space behind it" if ":" in text else "a ':' is missing on this line"
            return Fault(found.start(2), message, "a mapping is written key: value")
    return None


def _no_colon(source: Source, marks: Marks) -> Fault:
    start = marks.problem if marks.context is None else marks.context
    key = source.text[start:].splitlines()[0].strip()
    return Fault(start, f"a ':' is missing after '{key}'", "a mapping is written key: value")


def _flow(source: Source, marks: Marks) -> Fault:
    opened = source.text[marks.context] if marks.context is not None else "{"
    closing = "]" if opened == "[" else "}"
    message = f"expected ',' or '{closing}', but found {_character(source, marks.problem)}"
    line = source.position(marks.problem if marks.context is None else marks.context).line
    if line == source.position(marks.problem).line:
        return Fault(marks.problem, message, QUOTE_FLOW)
    message += f" (the '{opened}' is on line {line})"
    return Fault(marks.problem, message, f"is a '{closing}' missing? {QUOTE_FLOW}")


def _block(source: Source, marks: Marks) -> Fault:
    begin = source.text.rfind("\n", 0, marks.problem) + 1
    before = source.text[begin : marks.problem].strip(" \t-")
    if before:
        message = "text after the end of the value"
        return Fault(marks.problem, message, "put the whole value in one pair of quotes")
    message = "this line does not belong to the block above it"
    return Fault(marks.problem, message, "is the indentation right? keys of one mapping stand in one column")


def _unclosed(source: Source, marks: Marks) -> Fault:
    start = marks.context if marks.context is not None else marks.problem
    return Fault(start, "this quoted text is never closed", f"add the closing {source.text[start]}")


def _escape(source: Source, marks: Marks) -> Fault:
    index = marks.problem if source.text[marks.problem : marks.problem + 1] == "\\" else marks.problem - 1
    hint = "double the backslash, or use single quotes, where it is an ordinary character"
    return Fault(index, f"unknown escape '{source.text[index : index + 2]}'", hint)


def _alias(source: Source, marks: Marks) -> Fault:
    name = re.compile(r"\*?([^\s,\]}]*)").match(source.text, marks.problem)
    hint = "a text that begins with * must be quoted"
    return Fault(marks.problem, f"no anchor '&{name[1] if name else ''}' stands before this alias", hint)


def _anchor_name(source: Source, marks: Marks) -> Fault:
    start = marks.context if marks.context is not None else marks.problem
    found = source.text[start : start + 1]
    return Fault(start, f"{found!r} needs a name", f"a text that begins with {found} must be quoted")


def _no_space(source: Source, marks: Marks) -> Fault:
    return Fault(marks.problem, "unexpected ':'", "a key's ':' needs a space behind it; other text is quoted")


def _directive(source: Source, marks: Marks) -> Fault:
    """A `%` where a document begins; without one, a line that stands outside of the document."""
    begin = source.text.rfind("%", 0, marks.problem + 1)
    if begin < 0 or source.text[:begin].rpartition("\n")[2].strip():
        return _block(source, marks)
    return Fault(begin, "a line that begins with '%' is a YAML directive", "quote the text")


def _dash(source: Source, marks: Marks) -> Fault:
    begin = source.text.rfind("\n", 0, marks.problem) + 1
    if not source.text[begin : marks.problem].strip():
        return _block(source, marks)
    hint = "begin the list on a line of its own, or quote the text"
    return Fault(marks.problem, "a list cannot begin behind other text", hint)


def _question(source: Source, marks: Marks) -> Fault:
    hint = "a text that begins with '? ' must be quoted"
    return Fault(marks.problem, "'?' cannot stand here", hint)


def _header(source: Source, marks: Marks) -> Fault:
    hint = "the text of | and > begins on the next line; other text that begins with them must be quoted"
    return Fault(marks.problem, "a comment or the end of the line is wanted here", hint)


def _no_node(source: Source, marks: Marks) -> Fault:
    found = _character(source, marks.problem)
    message = f"a value is wanted here, but found {found}"
    return Fault(marks.problem, message, "is a comma or a bracket too many?")


def _tab(source: Source, marks: Marks) -> Fault:
    index = source.text.find("\t", marks.problem)
    return Fault(max(index, marks.problem), "a tab cannot indent YAML", "use spaces")


EXPLANATIONS: list[tuple[str, Callable[[Source, Marks], Fault]]] = [
    (r"violates indentation|tab character where an indentation", _tab),
    (r"sequence entries are not allowed", _dash),
    (r"mapping keys are not allowed", _question),
    (r"expected comment or line break|expected a comment or a line break|expected chomping", _header),
    (r"did not find expected node content|expected the node content", _no_node),
    (r"could not find expected ':'", _no_colon),
    (r"unexpected ':'", _no_space),
    (r"directive|<document start>", _directive),
    (r"cannot start any token", _cannot_start),
    (r"mapping values are not allowed", _colon),
    (r"expected ',' or ", _flow),
    (r"unexpected end of stream.*quoted|unexpected document separator.*quoted", _unclosed),
    (r"unknown escape", _escape),
    (r"undefined alias", _alias),
    (r"expected alphabetic or numeric.*(alias|anchor)", _anchor_name),
    (r"expected key|expected <block end>|expected '-' indicator", _block),
]

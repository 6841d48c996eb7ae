"""Test cases as the text of a `*.test.yaml`: of a new file, or behind those that stand in one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from textwrap import indent
from typing import Any

import yaml

from engine.config.interpolate import PLACEHOLDER
from engine.config.yaml import parse_yaml
from engine.diagnostics import Problems
from engine.tree import Sequence, to_data

HEAD = "# yaml-language-server: $schema=../schemas/test.schema.json\nversion: 1\ntests:\n"
# Words that no version of YAML takes for something else, if PyYAML's own does not.
PLAIN = re.compile(r"[A-Za-z_][\w./-]*(?: [\w./-]+)*")


class Unwritten(Exception):
    """The text would not say what it should; the message says why, and what to do."""


class _Dumper(yaml.SafeDumper):
    """Long lines stay, text of several lines is a block, the same object twice is written twice."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None if PLAIN.fullmatch(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def file_of(case: Mapping[str, Any]) -> str:
    """A file with one case. Raises `Unwritten`."""
    return _checked(HEAD + _item(case, "  "), [case])


def appended(text: str, case: Mapping[str, Any], file: str) -> str:
    """The file with a case more; what stands in it stays as it is. Raises `Unwritten`."""
    tree = parse_yaml(file, text.encode(), Problems())
    tests = tree.get("tests") if tree else None
    if not isinstance(tests, Sequence) or not tests.items:
        raise Unwritten(f"{file} is no file of tests that one can be added to; name another one")
    dash = " " * (tests.at.column - 1)
    before = text if text.endswith("\n") else f"{text}\n"
    try:
        return _checked(before + _item(case, dash), [*to_data(tests), case])
    except Unwritten:
        message = f"a case cannot be added at the end of {file}, where the list of `tests:` has to end"
        raise Unwritten(f"{message}; name another file") from None


def _item(case: Mapping[str, Any], dash: str) -> str:
    width = float("inf")
    text: str = yaml.dump([case], Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=width)
    # A text that ends the document with blank lines gets a mark, behind which nothing could be added.
    return indent(text.removesuffix("\n...\n") + "\n" if text.endswith("\n...\n") else text, dash)


def _checked(text: str, cases: list[Any]) -> str:
    """What is read again must be what was meant."""
    if found := PLACEHOLDER.search(yaml.dump(cases[-1], Dumper=_Dumper, width=float("inf"))):
        raise Unwritten(f"{found[0]} stands in what was said, which a file of tests would fill in")
    tree = parse_yaml("", text.encode(), Problems())
    if tree is None or to_data(tree).get("tests") != cases:
        raise Unwritten("what was said cannot be written as YAML without a change")
    return text

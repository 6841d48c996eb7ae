"""What `${setting:NAME}` stands for: what was kept when somebody changed it, else what the site says.

Settings are declared in any route file and used in all, so that they are read before the files are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.config.interpolate import fill
from engine.config.site import Content, is_test_file
from engine.config.yaml import parse_yaml
from engine.diagnostics import Problems
from engine.ports import Secrets
from engine.spec.base import Binding
from engine.spec.forms import of_text
from engine.spec.objects import Object
from engine.spec.setting import Setting
from engine.tree import Mapping as Tree

SECTION = "settings"
KEPT = "settings.json"
BAD = "bad-setting"
LONGEST = 20_000
JSON_TYPES = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}


@dataclass(frozen=True, slots=True)
class Value:
    """A setting as it is now. `text` is what a placeholder is filled with, None for nothing.

    `file` is where it is kept; `kept` tells whether it was changed at run time.
    """

    name: str
    declared: Setting
    file: str
    text: str | None = field(repr=False)
    kept: bool = False

    @property
    def value(self) -> Any:
        """Of its JSON type; None when there is none."""
        if self.text is None or (self.text == "" and self.declared.type != "text"):
            return None
        return (
            self.text if self.declared.type == "text" else of_text(JSON_TYPES[self.declared.type], self.text)
        )


Values = Mapping[str, Value]
# The settings of a file as it was parsed, before anything is filled in.
Sections = dict[bytes, Tree | None]


@dataclass(frozen=True, slots=True)
class Source:
    """Where settings come from: `data` is the site's data directory. With `mock` nothing kept counts."""

    secrets: Secrets
    data: str
    mock: bool = False


def values(
    files: Mapping[str, Content], source: Source, sections: Sections, before: Values, problems: Problems
) -> Values:
    """All settings of a site. `sections` are remembered between calls.

    What is kept and cannot be used is an error, or a warning where `before` has what held until now: that
    goes on. What is wrong with a declaration is said when its file is checked.
    """
    found: dict[str, Value] = {}
    kept = _Kept(source)
    for path in sorted(files):
        for name, declared in _declared(path, files[path], source, sections):
            if name not in found:
                file = declared.file or f"{source.data}/{KEPT}"
                found[name] = _value(name, declared, file, kept, before.get(name), problems)
    return found


def of_json(declared: Setting, value: Any) -> str:
    """What somebody gives, as the text that stands for it. Raises ValueError, which does not show it."""
    text = _text(value)
    if declared.type != "text":
        try:
            number = of_text(JSON_TYPES[declared.type], text)
        except ValueError:
            raise ValueError(f"expected {_a(declared.type)}") from None
        if declared.type != "boolean":
            _check_bounds(declared, number)
        return text
    if len(text) > LONGEST:
        raise ValueError(f"longer than {LONGEST} characters")
    if declared.choices is not None and text not in declared.choices:
        raise ValueError(f"expected {' or '.join(declared.choices)}")
    if text.startswith("=") or "${" in text or any(ord(sign) < 32 and sign != "\n" for sign in text):
        raise ValueError("a text does not begin with '=', and has no '${' and no control characters")
    return text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    if isinstance(value, str | int | float):
        return str(value)
    raise ValueError("expected a text, a number or true or false")


def _check_bounds(declared: Setting, number: float) -> None:
    if declared.minimum is not None and number < declared.minimum:
        raise ValueError(f"at least {declared.minimum:g}")
    if declared.maximum is not None and number > declared.maximum:
        raise ValueError(f"at most {declared.maximum:g}")


def _a(type_name: str) -> str:
    return {"integer": "a whole number", "number": "a number", "boolean": "true or false"}[type_name]


def _value(
    name: str, declared: Setting, file: str, kept: _Kept, before: Value | None, problems: Problems
) -> Value:
    default = None if declared.default is None else _text(declared.default)
    try:
        held = kept.of(file)
        if held.get(name) is None:
            return Value(name, declared, file, default)
        return Value(name, declared, file, of_json(declared, held[name]), kept=True)
    except ValueError as exc:
        message = f"what {file} says of the setting {name!r} cannot be used: {exc}"
        hint = f"mend {file}, or take it out there"
        path = f"{SECTION}.{name}"
        if before is not None:
            problems.warning(declared.at, BAD, f"{message}; what held before goes on", hint=hint, path=path)
            return before
        problems.error(declared.at, BAD, message, hint=hint, path=path)
        return Value(name, declared, file, None)


class _Kept:
    """The files in which changes are kept, each read once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._read: dict[str, Mapping[str, Any]] = {}

    def of(self, file: str) -> Mapping[str, Any]:
        """Raises ValueError for a file that holds something else."""
        if self._source.mock:
            return {}
        if file not in self._read:
            self._read[file] = _parsed(self._source.secrets.file(file))
        return self._read[file]


def _parsed(text: str | None) -> Mapping[str, Any]:
    if text is None or not text.strip():
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        raise ValueError("it is not valid JSON") from None
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")
    return found


def _declared(
    path: str, content: Content, source: Source, sections: Sections
) -> Iterator[tuple[str, Setting]]:
    """The settings that a file declares, as far as they can be read."""
    if not isinstance(content, bytes) or SECTION.encode() not in content or is_test_file(path):
        return
    if content not in sections:
        root = parse_yaml(path, content, Problems())
        section = root.get(SECTION) if isinstance(root, Tree) else None
        sections[content] = section if isinstance(section, Tree) else None
    section = sections[content]
    if section is None:
        return
    filled = fill(section, source.secrets, Problems(), mock=source.mock).node
    assert isinstance(filled, Tree)
    for entry in filled:
        bound = Object(Setting).bind(entry.value, (SECTION, entry.key), Binding(Problems(), source.mock))
        if isinstance(bound, Setting):
            yield entry.key, bound

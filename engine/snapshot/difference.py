"""What a change of a site means: which objects came, went, or say something else now."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Literal, NamedTuple

from engine.snapshot.description import Data, Declared, Leaf, shown

Kind = Literal["added", "removed", "changed"]
PLAIN = re.compile(r"[\w*/@:-]+")


class Change(NamedTuple):
    """`path` leads from the object to what changed (`targets[0].weight`), empty for the whole object.

    `before` and `after` are plain data without a secret, None for what is not there.
    """

    section: str
    name: str
    path: str
    kind: Kind
    before: Any
    after: Any

    @property
    def place(self) -> str:
        """`models.fast.targets[0].weight`"""
        joint = "." if self.path and not self.path.startswith("[") else ""
        return f"{self.section}.{word(self.name)}{joint}{self.path}"


class _Found(NamedTuple):
    path: str
    before: Data | None
    after: Data | None


def compare(before: Declared, after: Declared) -> list[Change]:
    """All changes: sections in the order of the format, names and keys by the alphabet."""
    return [
        Change(section, name, found.path, _kind(found), shown(found.before), shown(found.after))
        for section in after
        for name in sorted(before[section].keys() | after[section].keys())
        for found in _differences("", before[section].get(name), after[section].get(name))
    ]


def word(name: str) -> str:
    """A name as a step of a place: in quotes where its dots would be taken for steps."""
    return name if PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)


def _kind(found: _Found) -> Kind:
    if found.before is None:
        return "added"
    return "removed" if found.after is None else "changed"


def _differences(path: str, before: Data | None, after: Data | None) -> Iterator[_Found]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        dot = f"{path}." if path else ""
        for key in sorted(before.keys() | after.keys()):
            yield from _differences(f"{dot}{word(key)}", before.get(key), after.get(key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(path, before, after)
    else:
        yield _Found(path, before, after)


def _of_lists(path: str, before: list[Data], after: list[Data]) -> Iterator[_Found]:
    """Items that have ids are found by them. Of others, what is the same at both ends is left aside."""
    old, new = _by_id(before), _by_id(after)
    if old is not None and new is not None:
        for name in dict.fromkeys((*old, *new)):
            yield from _differences(f"{path}[{word(name)}]", old.get(name), new.get(name))
        if _common(old, new) != _common(new, old):
            yield _Found(path, _names(_common(old, new)), _names(_common(new, old)))
        return
    first = alike(before, after)
    end = alike(before[first:][::-1], after[first:][::-1])
    pairs = zip_longest(before[first : len(before) - end], after[first : len(after) - end])
    for index, (one, other) in enumerate(pairs, first):
        yield from _differences(f"{path}[{index}]", one, other)


def _by_id(items: list[Data]) -> dict[str, Data] | None:
    """The items by their ids; None if not each has one of its own."""
    found: dict[str, Data] = {}
    for item in items:
        if isinstance(item, dict) and "id" in item:
            found[str(shown(item["id"]))] = item
    return found if len(found) == len(items) else None


def _common(of: Mapping[str, Data], other: Mapping[str, Data]) -> list[str]:
    return [name for name in of if name in other]


def _names(names: Sequence[str]) -> Data:
    return [Leaf(name, name) for name in names]


def alike(before: Sequence[object], after: Sequence[object]) -> int:
    """How many items at the beginning are the same."""
    pairs = zip(before, after, strict=False)
    return next(
        (index for index, (one, other) in enumerate(pairs) if one != other), min(len(before), len(after))
    )

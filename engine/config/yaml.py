"""YAML text into a tree with exact places.

YAML 1.2 core values, duplicate keys refused, anchors and `<<` as in YAML 1.1, and bounds on everything that
a hostile or broken file could blow up. libyaml does the scanning when it is there; PyYAML's own scanner
gives the same trees and the same messages without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from sys import intern
from typing import Any, NoReturn

import yaml

from engine.config.flow import MESSAGE, Item, Pair, rejoin_items, rejoin_pairs, split_in
from engine.config.places import Source, Written
from engine.config.scalars import resolve
from engine.config.yaml_errors import fault_of, may_hold_secret
from engine.diagnostics import Position, Problems, Related
from engine.tree import Entry, Mapping, Node, Scalar, Sequence

MAX_BYTES = 16 * 2**20
MAX_DEPTH = 100
MAX_ALIASED_NODES = 100_000

UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CORE_TAGS = {
    "tag:yaml.org,2002:null": type(None),
    "tag:yaml.org,2002:bool": bool,
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
}
TEXT_TAGS = ("!", "tag:yaml.org,2002:str")
COLLECTION_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


class PurePython(yaml.SafeLoader):
    """PyYAML's own scanner, with tabs between tokens allowed as libyaml (and YAML) allow them."""

    def scan_to_next_token(self) -> None:
        super().scan_to_next_token()
        while self.peek() == "\t" and (self.flow_level or not self.allow_simple_key):
            self.forward()
            super().scan_to_next_token()


Loader: type[Any] = getattr(yaml, "CSafeLoader", PurePython)


def parse_yaml(file: str, raw: bytes, problems: Problems, loader: type[Any] = Loader) -> Mapping | None:
    """The document's tree; None when there is none, and then `problems` says why."""
    node = parse_node(file, raw, problems, loader)
    if node is None or isinstance(node, Mapping):
        return node
    what = "a list" if isinstance(node, Sequence) else "a single value"
    problems.error(node.at, "wrong-type", f"expected a mapping (key: value), but the file is {what}")
    return None


def parse_node(file: str, raw: bytes, problems: Problems, loader: type[Any] = Loader) -> Node | None:
    """Like `parse_yaml`, for a document whose root may be anything but empty."""
    text = _decode(file, raw, problems)
    if text is None:
        return None
    source = Source(file, text)
    try:
        return _Builder(source, loader(text), problems).document()
    except _Refused as refused:
        if (split := split_in(source.line(refused.at.line))) and refused.code == "wrong-type":
            begin = source.line_starts[refused.at.line - 1]
            problems.error(source.position(begin + split[0]), "split-expression", MESSAGE, hint=split[1])
        else:
            problems.error(refused.at, refused.code, refused.message, hint=refused.hint)
    except yaml.MarkedYAMLError as error:
        fault = fault_of(error, source)
        at = source.position(fault.at)
        secret = may_hold_secret(source.line(at.line))
        problems.error(at, fault.code, fault.message, hint=fault.hint, secret=secret)
    return None


def _decode(file: str, raw: bytes, problems: Problems) -> str | None:
    if len(raw) > MAX_BYTES:
        problems.error(Position(file), "file-too-large", f"the file is larger than {MAX_BYTES // 2**20} MiB")
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "ignore")
        hint = "it looks like UTF-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else None
        at = Source(file, before).position(len(before))
        problems.error(at, "encoding", "the file is not UTF-8", hint=hint or "save it as UTF-8")
        return None
    found = UNPRINTABLE.search(text)
    if found:
        hint = f'write it as "\\u{ord(found[0]):04x}" in double quotes' if found[0] < "\uffff" else None
        message = f"control character U+{ord(found[0]):04X}"
        problems.error(Source(file, text).position(found.start()), "control-character", message, hint=hint)
        return None
    return text


def _start(event: Any) -> int:
    index: int = event.start_mark.index
    return index


class _Refused(Exception):
    """The document breaks a rule that leaves no tree."""

    def __init__(self, at: Position, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.at, self.code, self.message, self.hint = at, code, message, hint


class _Anchored:
    """A finished node under an anchor: nodes in it, aliases counted in, and levels below it."""

    __slots__ = ("height", "node", "size")

    def __init__(self, node: Node, size: int, height: int) -> None:
        self.node, self.size, self.height = node, size, height


class _Builder:
    """Events into nodes, one document."""

    def __init__(self, source: Source, events: Any, problems: Problems) -> None:
        self.source = source
        self.events = events
        self.problems = problems
        self.anchors: dict[str, _Anchored | None] = {}
        self.count = 0
        self.aliased = 0
        self.deepest = 0  # of the container that was finished last, and what stands in it

    def document(self) -> Node | None:
        self.events.get_event()  # stream start
        start = self.events.get_event()
        root: Node | None = None
        if isinstance(start, yaml.DocumentStartEvent):
            root = self.node(self.events.get_event(), 0, None)
            self.events.get_event()  # document end
            following = self.events.get_event()
            if isinstance(following, yaml.DocumentStartEvent):
                at = self.source.position(_start(following))
                hint = "one file holds one document: move the rest into a file of its own"
                raise _Refused(at, "second-document", "a second document begins here", hint)
        if root is None or (isinstance(root, Scalar) and root.plain and root.value is None):
            raise _Refused(
                Position(self.source.file), "empty-file", "the file is empty: 'version' is missing"
            )
        return root

    def node(self, event: Any, depth: int, owner: Position | None) -> Node:
        """One node. `owner` is the place that stands for a value that is not written at all."""
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, depth)
        if depth > MAX_DEPTH:
            self.refuse(event, "nesting", f"nested deeper than {MAX_DEPTH} levels")
        start = _start(event)
        if event.anchor or event.tag:
            start = self.source.after_properties(start)
        name, before = event.anchor, self.count
        if name:
            self.anchors[name] = None
        self.count += 1
        self.deepest = 0
        node = self.build(event, start, depth, owner)
        if name:
            self.anchors[name] = _Anchored(node, self.count - before, self.deepest)
        return node

    def build(self, event: Any, start: int, depth: int, owner: Position | None) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, start, owner)
        if event.tag and event.tag not in (*COLLECTION_TAGS, "!"):
            self.refuse_tag(event)
        at = self.source.position(start)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(event, at, depth)
        return self.mapping(event, at, depth)

    def alias(self, event: Any, depth: int) -> Node:
        anchored = self.anchors.get(event.anchor)
        if event.anchor not in self.anchors:
            unknown = yaml.MarkedYAMLError(problem="undefined alias", problem_mark=event.start_mark)
            raise unknown
        if anchored is None:
            self.refuse(event, "nesting", f"the alias '*{event.anchor}' stands inside its own anchor")
        self.count += anchored.size
        self.aliased += anchored.size
        if self.aliased > MAX_ALIASED_NODES:
            self.refuse(event, "nesting", f"aliases expand to more than {MAX_ALIASED_NODES} nodes")
        if depth + anchored.height > MAX_DEPTH:
            self.refuse(event, "nesting", f"nested deeper than {MAX_DEPTH} levels by this alias")
        self.deepest = anchored.height
        return anchored.node

    def scalar(self, event: Any, start: int, owner: Position | None) -> Scalar:
        text: str = event.value
        end = event.end_mark.index
        style = event.style or None
        if style is None and start >= end and owner is not None and not event.tag:
            return Scalar(None, owner)
        at = self.source.position(start)
        place = Written(self.source, start, end, style, text)
        if event.tag in TEXT_TAGS or (style is not None and event.tag is None):
            return Scalar(text, at, style is None, place)
        value = resolve(text)
        if event.tag and (type(value) is not CORE_TAGS.get(event.tag) or style is not None):
            self.refuse_tag(event)
        return Scalar(value, at, True, place if isinstance(value, str) else None)

    def sequence(self, event: Any, at: Position, depth: int) -> Sequence:
        items: list[Node] = []
        written: list[Item] = []
        height = 0
        while not isinstance(following := self.events.get_event(), yaml.SequenceEndEvent):
            node = self.node(following, depth + 1, self.source.position(_start(following)))
            height = max(height, self.deepest + 1)
            items.append(node)
            if event.flow_style:
                written.append(Item(node, *_span(following)))
        self.deepest = height
        if event.flow_style:
            items = rejoin_items(self.source, written, self.problems)
        return Sequence(tuple(items), at)

    def mapping(self, event: Any, at: Position, depth: int) -> Mapping:
        pairs: list[Pair] = []
        merged: dict[str, Entry] = {}
        height = 0
        while not isinstance(key_event := self.events.get_event(), yaml.MappingEndEvent):
            key, key_at = self.key(key_event)
            value_event = self.events.get_event()
            value = self.node(value_event, depth + 1, key_at)
            height = max(height, self.deepest + 1)
            if key == "<<" and not key_event.style:
                self.merge(value, key_at, merged)
            else:
                pairs.append(Pair(Entry(key, key_at, value), *_span(key_event), *_span(value_event)))
        self.deepest = height
        if event.flow_style:
            pairs = rejoin_pairs(self.source, pairs, self.problems)
        entries = self.unique(pair.entry for pair in pairs)
        if merged:
            entries = {**{key: entry for key, entry in merged.items() if key not in entries}, **entries}
        return Mapping(entries, at, bool(event.flow_style))

    def unique(self, entries: Iterable[Entry]) -> dict[str, Entry]:
        """By key; of a duplicate the first counts."""
        kept: dict[str, Entry] = {}
        for entry in entries:
            first = kept.setdefault(entry.key, entry)
            if first is not entry:
                message = f"duplicate key '{entry.key}' (first at line {first.key_at.line})"
                related = (Related(first.key_at, "first here"),)
                self.problems.error(entry.key_at, "duplicate-key", message, related=related)
        return kept

    def key(self, event: Any) -> tuple[str, Position]:
        """The text of a key as it is written: `on`, `4015` and `null` are keys like others."""
        if isinstance(event, yaml.AliasEvent):
            node = self.alias(event, 0)
            if isinstance(node, Scalar) and isinstance(node.value, str):
                return node.value, self.source.position(_start(event))
        if not isinstance(event, yaml.ScalarEvent):
            self.refuse(event, "wrong-type", "a key must be a single value")
        start = _start(event)
        if event.anchor or event.tag:
            start = self.source.after_properties(start)
        at = self.source.position(start)
        if not event.value and not event.style:
            raise _Refused(at, "yaml-syntax", "a key is missing before the ':'")
        if event.anchor:
            node = Scalar(event.value, at)
            self.anchors[event.anchor] = _Anchored(node, 1, 0)
        return intern(event.value), at  # the same few keys stand in thousands of objects

    def merge(self, value: Node, at: Position, merged: dict[str, Entry]) -> None:
        """`<<`: what is merged first wins, and explicit keys win over all of it."""
        for source in value.items if isinstance(value, Sequence) else (value,):
            if not isinstance(source, Mapping):
                hint = "write an alias of a mapping, or a list of them"
                self.problems.error(at, "merge-key", "'<<' merges mappings only", hint=hint)
                return
            for entry in source:
                merged.setdefault(entry.key, entry)

    def refuse(self, event: Any, code: str, message: str) -> NoReturn:
        raise _Refused(self.source.position(_start(event)), code, message)

    def refuse_tag(self, event: Any) -> NoReturn:
        at = self.source.position(_start(event))
        tag = event.tag.replace("tag:yaml.org,2002:", "!!")
        hint = "an expression that begins with '!' is written =!(…); other text is quoted"
        raise _Refused(at, "custom-tag", f"the tag '{tag}' means nothing here", hint)


def _span(event: Any) -> tuple[int, int]:
    return _start(event), event.end_mark.index

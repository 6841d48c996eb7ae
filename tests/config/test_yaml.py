from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config import yaml as module
from engine.config.yaml import Loader, PurePython, parse_node, parse_yaml
from engine.diagnostics import Problems
from engine.tree import Mapping, Node, Scalar, Sequence, to_data

from .cases import CASES, split

LOADERS = [Loader, PurePython]

# `{key:}`: libyaml refuses it, PyYAML's own scanner reads a key without a value.
DIFFERENT = {"yaml-no-space"}
CASE_FILES = sorted(path for path in CASES.glob("*.yaml") if path.stem not in DIFFERENT)


def parse(text: str, loader: type = Loader) -> Node:
    problems = Problems()
    node = parse_node("f", text.encode(), problems, loader)
    assert node is not None, problems.items
    assert not problems.items
    return node


def errors(raw: str | bytes, loader: type = Loader) -> list[tuple[int, int, str]]:
    problems = Problems()
    parse_yaml("f", raw.encode() if isinstance(raw, str) else raw, problems, loader)
    return [(item.at.line, item.at.column, item.code) for item in problems.items]


def test_the_fast_loader_is_there() -> None:
    assert Loader is not PurePython


@pytest.mark.parametrize("path", CASE_FILES, ids=lambda path: path.stem)
def test_both_loaders_say_the_same(path: Path) -> None:
    files, _ = split(path.read_bytes().decode())
    for name, raw in files.items():
        fast, slow = Problems(), Problems()
        first, second = parse_node(name, raw, fast, Loader), parse_node(name, raw, slow, PurePython)
        assert fast.items == slow.items
        assert (first and everything(first)) == (second and everything(second))


def everything(node: Node) -> object:
    """A tree with all of its places."""
    if isinstance(node, Mapping):
        entries = [(entry.key, entry.key_at, everything(entry.value)) for entry in node]
        return ("mapping", node.at, node.flow, entries)
    if isinstance(node, Sequence):
        return ("sequence", node.at, [everything(item) for item in node.items])
    last = len(node.value) if isinstance(node.value, str) else 0
    return (node.value, node.at, node.plain, [node.at_offset(offset) for offset in range(last)])


def test_places_of_keys_and_values() -> None:
    root = parse("a: 1\nbb:\n  - x\n  - {c: d}\n")
    assert isinstance(root, Mapping)
    assert (root.entries["bb"].key_at.line, root.entries["bb"].key_at.column) == (2, 1)
    inner = root.get("bb")
    assert isinstance(inner, Sequence) and isinstance(inner.items[1], Mapping)
    assert str(inner.items[0].at) == "f:3:5" and str(inner.items[1].at) == "f:4:5"
    assert inner.items[1].flow and not root.flow
    assert str(inner.items[1].entries["c"].value.at) == "f:4:9"


def test_a_value_that_is_not_written_stands_at_its_key() -> None:
    root = parse("a: 1\nempty:\n")
    assert isinstance(root, Mapping)
    assert str(root.entries["empty"].value.at) == "f:2:1"


def test_a_byte_order_mark_is_fine() -> None:
    problems = Problems()
    root = parse_yaml("f", b"\xef\xbb\xbfa: 1\n", problems)
    assert root is not None and str(root.entries["a"].key_at) == "f:1:1"


@pytest.mark.parametrize(
    ("raw", "place"),
    [(b"a: 1\nb: \xff\n", (2, 4)), (b"\xff\xfea\x00", (1, 1)), (b"ok: \xc3", (1, 5))],
)
def test_text_must_be_utf8(raw: bytes, place: tuple[int, int]) -> None:
    assert errors(raw) == [(*place, "encoding")]


def test_keys_are_what_is_written() -> None:
    assert to_data(parse("on: 1\n4015: 2\nnull: 3\n1.0: 4\ntrue: 5\n")) == {
        "on": 1, "4015": 2, "null": 3, "1.0": 4, "true": 5,
    }  # fmt: skip


def test_core_tags_hold_their_types() -> None:
    assert to_data(parse("a: !!str 5\nb: !!int 5\nc: !!map {}\nd: ! 7\n")) == {
        "a": "5", "b": 5, "c": {}, "d": "7",
    }  # fmt: skip
    assert errors("a: !!int x\n") == [(1, 4, "custom-tag")]
    assert errors("a: !!set {}\n") == [(1, 4, "custom-tag")]


def test_merge_explicit_keys_win_whatever_the_order() -> None:
    text = "base: &b {x: 1, y: 1}\nover: {y: 2, <<: *b}\nmany: {<<: [{x: 9}, *b], z: 3}\n"
    assert to_data(parse(text)) == {
        "base": {"x": 1, "y": 1}, "over": {"x": 1, "y": 2}, "many": {"x": 9, "y": 1, "z": 3},
    }  # fmt: skip


def test_merged_entries_keep_the_place_where_they_are_written() -> None:
    root = parse("base: &b\n  x: 1\nover:\n  <<: *b\n")
    assert isinstance(root, Mapping)
    over = root.get("over")
    assert isinstance(over, Mapping) and str(over.entries["x"].key_at) == "f:2:3"


def test_an_anchored_value_stands_behind_its_anchor() -> None:
    root = parse("a: &name =body.x\nb: &m\n  c: 1\n")
    assert isinstance(root, Mapping)
    scalar = root.get("a")
    assert isinstance(scalar, Scalar)
    assert (scalar.at.column, scalar.at_offset(1).column) == (10, 11)


@pytest.mark.parametrize("loader", LOADERS)
def test_nesting_is_bounded(loader: type) -> None:
    assert errors("a: " + "[" * 99 + "]" * 99, loader) == []
    assert errors("a: " + "[" * 5000 + "]" * 5000, loader) == [(1, 104, "nesting")]
    assert errors("a:\n" + "".join(" " * n + "- \n" for n in range(1, 10)), loader) == []


def test_aliases_cannot_blow_up() -> None:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9)]
    found = errors("\n".join(lines))
    assert [code for *_, code in found] == ["nesting"] and found[0][0] == 5


def test_aliases_cannot_nest_without_end() -> None:
    lines = ["l0: &l0 [x]"] + [f"l{n}: &l{n} [*l{n - 1}]" for n in range(1, 120)]
    found = errors("\n".join(lines))
    assert [code for *_, code in found] == ["nesting"] and 95 < found[0][0] < 103


def test_a_file_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    assert errors("a: 12345678\n") == [(1, 1, "file-too-large")]


def test_parse_yaml_wants_a_mapping() -> None:
    assert errors("[1]") == [(1, 1, "wrong-type")]
    assert errors("- 1\n- 2\n") == [(1, 1, "wrong-type")]


yaml_text = st.text(st.sampled_from("ab:- \n\t{}[],&*!|>'\"#%@`=~01.x\\"), max_size=60)


@settings(max_examples=400, deadline=None)
@given(yaml_text)
def test_no_text_breaks_the_parser(text: str) -> None:
    """Whatever stands in a file ends as a tree or as diagnostics within the file."""
    problems = Problems()
    node = parse_node("f", text.encode(), problems)
    assert node is not None or problems.has_errors
    lines = text.count("\n") + 1
    assert all(1 <= item.at.line <= lines + 1 and item.at.column >= 1 for item in problems.items)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40))
def test_no_bytes_break_the_parser(raw: bytes) -> None:
    problems = Problems()
    assert parse_node("f", raw, problems) is not None or problems.has_errors

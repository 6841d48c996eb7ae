from __future__ import annotations

from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.interpolate import Filled, fill
from engine.config.yaml import parse_yaml
from engine.diagnostics import Problems
from engine.tree import Scalar, scalars, to_data

from .cases import Secrets


def filled(text: str, *, mock: bool = False) -> tuple[Filled, Problems]:
    problems = Problems()
    root = parse_yaml("f", text.encode(), problems)
    assert root is not None
    return fill(root, Secrets(), problems, mock=mock), problems


def only(node: Filled) -> Scalar:
    (found,) = scalars(node.node)
    return found


@pytest.mark.parametrize(
    ("text", "value", "origin"),
    [
        ('"${env:KEY}"', "s3cr3t-value", ("env:KEY",)),
        ('"a-${env:KEY}-b"', "a-s3cr3t-value-b", ("env:KEY",)),
        ('"${env:NOPE:-x}"', "x", ("env:NOPE",)),
        ('"${env:NOPE:-}"', "", ("env:NOPE",)),
        ('"${env:EMPTY:-x}"', "x", ("env:EMPTY",)),
        ('"${env:KEY:-x}"', "s3cr3t-value", ("env:KEY",)),
        ('"${env:NOPE:-a:-b}"', "a:-b", ("env:NOPE",)),
        ('"${file:/run/secrets/key}"', "s3cr3t-file", ("file:/run/secrets/key",)),
        ('"${env:KEY}${env:PORT}"', "s3cr3t-value9000", ("env:KEY", "env:PORT")),
        ('"${body.x} ${env:KEY}"', "${body.x} s3cr3t-value", ("env:KEY",)),
        ('"${credential.key}"', "${credential.key}", ()),
        ('"$env:KEY"', "$env:KEY", ()),
    ],
)
def test_placeholders_are_filled(text: str, value: str, origin: tuple[str, ...]) -> None:
    found, problems = filled(f"a: {text}")
    assert (only(found).value, only(found).origin) == (value, origin)
    assert not problems.items and not found.missing


def test_keys_are_never_filled() -> None:
    found, _ = filled('"${env:KEY}": 1')
    assert to_data(found.node) == {"${env:KEY}": 1}


def test_what_is_filled_in_cannot_change_the_structure() -> None:
    class Hostile(Secrets):
        ENV: ClassVar[dict[str, str]] = {"X": "a: {b: [1]}\nc: 2"}

    root = parse_yaml("f", b'k: "${env:X}"', Problems())
    assert root is not None
    assert to_data(fill(root, Hostile(), Problems()).node) == {"k": "a: {b: [1]}\nc: 2"}


@pytest.mark.parametrize("name", ["NOPE", "EMPTY"])
def test_a_missing_variable_is_noted_with_its_place(name: str) -> None:
    found, problems = filled(f'a:\n  b: ["x", "pre ${{env:{name}}}"]')
    (missing,) = found.missing
    assert (str(missing.at), missing.path, missing.source) == ("f:2:17", ("a", "b", 1), f"env:{name}")
    assert [node.missing for node in scalars(found.node)] == [(), (f"env:{name}",)]
    assert not problems.items


def test_a_missing_file_is_noted() -> None:
    found, _ = filled('a: "${file:/nope}"')
    assert [missing.reason() for missing in found.missing] == ["file '/nope' is empty or cannot be read"]


@pytest.mark.parametrize("text", ["${env:1X}", "${env:}", "${env:A B}", "${file:}", "${env:A-B}"])
def test_a_placeholder_must_make_sense(text: str) -> None:
    found, problems = filled(f'a: "x {text}"')
    assert [(item.code, item.at.column) for item in problems.items] == [("bad-placeholder", 7)]
    assert only(found).value == f"x {text}"


def test_mocked_secrets_are_not_read_and_none_is_missing() -> None:
    found, problems = filled('a: ["${env:KEY}", "${env:NOPE}", "${file:/nope}", "${env:NOPE:-d}"]', mock=True)
    assert to_data(found.node) == {"a": ["mock", "mock", "mock", "d"]}
    assert not found.missing and not problems.items


def test_places_in_a_filled_text_are_those_of_the_file() -> None:
    found, _ = filled("a: \"=get(x, '${env:KEY}') + 1\"")
    node = only(found)
    assert node.at_offset(str(node.value).index("+")).column == 27
    assert node.at_offset(str(node.value).index("s3cr3t")).column == 14


def test_a_tree_without_placeholders_stays_the_same_object() -> None:
    root = parse_yaml("f", b"a: [1, {b: c}]", Problems())
    assert root is not None and fill(root, Secrets(), Problems()).node is root


@given(st.text(max_size=30))
def test_any_text_between_braces_is_safe(inside: str) -> None:
    root = parse_yaml("f", b"a: 1", Problems())
    assert root is not None
    node = Scalar("${env:" + inside + "}", root.at)
    assert isinstance(fill(node, Secrets(), Problems()).node, Scalar)


def test_settings_are_filled_in_and_told() -> None:
    problems = Problems()
    root = parse_yaml(
        "f", b'a: ["${setting:A}", "${setting:B:-x}", "${setting:C}", "${setting:AA}"]', problems
    )
    assert root is not None
    found = fill(root, Secrets(), problems, settings={"A": "one", "B": None, "C": None})
    assert to_data(found.node) == {"a": ["one", "x", "", "${setting:AA}"]}
    assert [missing.source for missing in found.missing] == ["setting:C"]
    assert "nobody has set it" in found.missing[0].reason()
    assert found.settings == {"A": "one", "B": None, "C": None, "AA": None}
    (only_problem,) = problems.items
    assert (only_problem.code, only_problem.hint) == ("unknown-setting", "did you mean 'A'?")

from __future__ import annotations

from dataclasses import dataclass

import pytest
from jsonschema import Draft202012Validator

from engine.mapping.registry import DIRECTIVES
from engine.spec.template import VALUES, template_definitions


@dataclass(frozen=True)
class Sample:
    name: str
    summary: str = "Says something."
    keys: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    open: bool = False


DEFINITIONS = template_definitions(
    [Sample("$when"), Sample("$loop", keys=("$do", "$as"), required=("$do",)), Sample("$copy", open=True)]
)
TEMPLATE = Draft202012Validator({"$ref": "#/$defs/template", "$defs": DEFINITIONS})


@pytest.mark.parametrize(
    "data",
    [1, None, "=x", [], {}, {"a": {"b": [1]}}, {"$when": 1, "a": 2}, {"$loop": 1, "$do": 2}, {"$copy": 1, "a": 2},
     {"$loop": 1, "$do": 2, "$as": "x", "$when": 3}, {"$loop": 1, "$do": 2, "$as": ["x", "i"]}, {"$$loop": 1},
     {"$args": ["a"], "$do": 1}, {"$do": 1}],
)  # fmt: skip
def test_templates(data: object) -> None:
    assert list(TEMPLATE.iter_errors(data)) == []


@pytest.mark.parametrize(
    "data",
    [{"$lop": 1}, {"$loop": 1}, {"$loop": 1, "$do": 2, "a": 3}, {"$loop": 1, "$do": 2, "$copy": 3}, {"a": [{"$copy": 1, "$x": 2}]},
     {"$loop": 1, "$do": 2, "$as": 5}, {"$loop": 1, "$do": {"$lop": 1}}, {"$args": "a", "$do": 1}],
)  # fmt: skip
def test_one_fault_is_one_error(data: object) -> None:
    assert len(list(TEMPLATE.iter_errors(data))) == 1


def test_the_definitions_refer_to_one_another_only() -> None:
    text = str(DEFINITIONS)
    assert all(f"#/$defs/{name}" in text for name in DEFINITIONS)


def test_what_is_said_of_keys_is_said_of_keys_that_there_are() -> None:
    known = {key for each in DIRECTIVES for key in (each.name, *each.keys)} | {"$args"}
    assert VALUES.keys() <= known

"""The schema files are what the classes say, and they help an editor: one typo, one error."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from jsonschema import Draft202012Validator

from engine.mapping.registry import DIRECTIVES
from engine.spec.schema import ROOTS, editor_schema, runtime_schema, schema_text

SCHEMAS = Path(__file__).parents[2] / "schemas"
LIBRARY = Path(__file__).parents[2] / "engine" / "library"
EDITOR = {name: editor_schema(name, DIRECTIVES) for name in ROOTS}
ROUTE = Draft202012Validator(EDITOR["route"])


@pytest.mark.parametrize("name", ROOTS)
def test_the_schema_files_are_up_to_date(name: str) -> None:
    file = SCHEMAS / f"{name}.schema.json"
    written = file.read_text(encoding="utf-8")
    assert written == schema_text(name, DIRECTIVES), "write it anew: proxyctl schema --write schemas"


@pytest.mark.parametrize("name", ROOTS)
def test_the_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(EDITOR[name])
    Draft202012Validator.check_schema(runtime_schema(ROOTS[name]))


def described(schema: Any, path: str = "") -> list[str]:
    """Places of properties that an editor could say nothing about."""
    missing = []
    if isinstance(schema, dict):
        own = schema.get("properties", {}) if "x-label" in schema else {}
        missing += [f"{path}.{key}" for key, part in own.items() if "description" not in part]
        for key, part in schema.items():
            missing += described(part, f"{path}/{key}")
    elif isinstance(schema, list):
        for part in schema:
            missing += described(part, path)
    return missing


@pytest.mark.parametrize("name", ROOTS)
def test_every_key_has_a_description(name: str) -> None:
    assert described(EDITOR[name]) == []


OWN = [*LIBRARY.rglob("*.yaml"), *(LIBRARY.parents[1] / "routes.d").glob("*.yaml")]
OWN += [*(LIBRARY.parents[1] / "examples").rglob("routes.d/*.yaml")]


@pytest.mark.parametrize("path", sorted(OWN), ids=lambda path: path.name)
def test_what_is_shipped_fits_the_schema_for_editors(path: Path) -> None:
    name = "test" if path.name.endswith(".test.yaml") else "route"
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=Core)
    errors = [
        f"{list(error.absolute_path)}: {error.message[:80]}"
        for error in Draft202012Validator(EDITOR[name]).iter_errors(data)
    ]
    assert errors == []


class Core(yaml.CSafeLoader):
    """PyYAML with the booleans of YAML 1.2, as editors read files."""


Core.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if not tag.endswith((":bool", ":timestamp"))]
    for first, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def operation(body: str, stream: str = "{frames: sse, events: []}") -> dict[str, Any]:
    text = f"""
version: 1
dialects:
  d:
    operations:
      chat:
        request: {{method: POST, path: /x, body: {body}}}
        stream: {stream}
"""
    data: dict[str, Any] = yaml.load(text, Loader=Core)
    return data


@pytest.mark.parametrize(
    "body",
    ["{a: =b, c: [1, {d: e}]}", "{$each: =x, $as: y, $do: {z: =y}}", "{$when: =x, a: 1}", "{$spread: =x, a: 1}",
     "{$switch: [{when: =x, then: 1}, {else: 2}]}", "{$let: {x: 1}, $in: =x}", "{$call: f, a: 1, b: {c: 2}}",
     "{$literal: {$eech: 1}}", "{$$key: 1}", "{$compact: {a: 1}}", "{$each: =x, $as: [y, i], $do: 1}", "=x", "[]"],
)  # fmt: skip
def test_good_templates_give_no_error(body: str) -> None:
    assert list(ROUTE.iter_errors(operation(body))) == []


@pytest.mark.parametrize(
    "body",
    ["{$eech: =x, a: 1}", "{a: {$each: =x, $dp: 1, $do: 1}}", "{$each: =x}", "{$switch: [{when: =x, than: 1}]}",
     "{$switch: []}", "{$value: =x, a: 1}", "[{a: {$let: {x: 1}}}]", "{$call: 5}", "{$each: =x, $as: 5, $do: 1}"],
)  # fmt: skip
def test_one_typo_in_a_template_is_one_error(body: str) -> None:
    assert len(list(ROUTE.iter_errors(operation(body)))) == 1


@pytest.mark.parametrize(
    "data",
    [
        {"version": 1, "modls": {}},
        {"version": 1, "models": {"m": {"targets": [{"provider": "p", "weigth": 1}]}}},
        {"version": 1, "models": {"m": {"targets": ["no slash"]}}},
        {"version": 1, "providers": {"p": {"dialect": "d", "base_url": "https://h", "retry": "on"}}},
        {
            "version": 1,
            "providers": {"p": {"dialect": "d", "base_url": "https://h", "timeout": {"total": "5"}}},
        },
        {"version": 1, "clients": {"c": {"key": "a b"}}},
        {"version": 1, "endpoints": {"e": "on"}},
        {"version": 1, "pools": {"p": {"strategy": "rotat", "credentials": []}}},
        {"version": 1, "pools": {"p": {"every": "ten", "credentials": []}}},
    ],
)
def test_one_typo_is_one_error_in_an_editor(data: dict[str, Any]) -> None:
    assert len(list(ROUTE.iter_errors(data))) == 1


def test_templates_are_opaque_at_run_time() -> None:
    jsonschema.validate(operation("{$eech: 1}"), runtime_schema(ROOTS["route"]))

"""What a setting stands for: what was kept of it, else what the site says; what cannot be used is said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from engine.config.runtime_settings import Source, Value, Values, of_json, values
from engine.diagnostics import Position, Problems, Severity
from engine.spec.setting import Setting

DECLARED = """
version: 1
settings:
  WORD: {default: "${env:WORD:-from the site}", label: A word}
  TIMES: {type: integer, default: 3, minimum: 0, maximum: 9, file: config/old.json}
  LOUD: {type: boolean, default: false, file: config/old.json}
  SECRET: {secret: true}
  ONE_OF: {choices: [a, b], default: a}
"""


class Kept:
    def __init__(self, files: Mapping[str, str] | None = None, env: Mapping[str, str] | None = None) -> None:
        self.files, self._env = dict(files or {}), dict(env or {})

    def env(self, name: str) -> str | None:
        return self._env.get(name)

    def file(self, path: str) -> str | None:
        return self.files.get(path)


def found(secrets: Kept, *, before: Values | None = None, mock: bool = False) -> tuple[Values, Problems]:
    problems = Problems()
    files = {"routes.d/a.yaml": DECLARED.encode(), "routes.d/b.yaml": b"version: 1\nmodels: {}"}
    return values(files, Source(secrets, ".data", mock), {}, before or {}, problems), problems


def shown(found: Values) -> dict[str, Any]:
    return {name: value.value for name, value in found.items()}


def test_what_the_site_says_and_what_was_kept() -> None:
    plain, _ = found(Kept())
    assert shown(plain) == {"WORD": "from the site", "TIMES": 3, "LOUD": False, "SECRET": None, "ONE_OF": "a"}
    assert shown(found(Kept(env={"WORD": "of the environment"}))[0])["WORD"] == "of the environment"
    kept = {
        ".data/settings.json": json.dumps({"WORD": "kept", "SECRET": "s3", "other": 1}),
        "config/old.json": json.dumps({"TIMES": "7", "LOUD": True}),
    }
    now, problems = found(Kept(kept, {"WORD": "of the environment"}))
    assert shown(now) == {"WORD": "kept", "TIMES": 7, "LOUD": True, "SECRET": "s3", "ONE_OF": "a"}
    assert {name for name, value in now.items() if value.kept} == {"WORD", "TIMES", "LOUD", "SECRET"}
    assert "s3" not in repr(now["SECRET"]) and not problems.items
    assert shown(found(Kept(kept), mock=True)[0])["WORD"] == "from the site", (
        "a test reads nothing of the machine"
    )


@pytest.mark.parametrize("text", ["{", "[1]", '{"TIMES": "many"}', '{"TIMES": 10}', '{"TIMES": {"a": 1}}'])
def test_what_cannot_be_used_is_an_error_at_first_and_changes_nothing_later(text: str) -> None:
    now, problems = found(Kept({"config/old.json": text}))
    assert now["TIMES"].text is None
    first = problems.items[0]
    assert (first.code, first.at.line, first.severity) == ("bad-setting", 5, Severity.ERROR)
    assert "config/old.json" in first.message and "many" not in first.message
    before, _ = found(Kept({"config/old.json": '{"TIMES": 8}'}))
    later, problems = found(Kept({"config/old.json": text}), before=before)
    assert later["TIMES"].value == 8
    assert {item.severity for item in problems.items} == {Severity.WARNING}


@pytest.mark.parametrize(
    ("declared", "given", "text"),
    [
        ({}, "a b", "a b"),
        ({}, ["a", "b"], "a,b"),
        ({}, 5, "5"),
        ({"type": "integer"}, "5", "5"),
        ({"type": "number"}, 0.5, "0.5"),
        ({"type": "boolean"}, True, "true"),
        ({"type": "boolean"}, "False", "False"),
    ],
)
def test_given_as_json(declared: dict[str, Any], given: Any, text: str) -> None:
    assert of_json(Setting(at=Position("f"), **declared), given) == text


@pytest.mark.parametrize(
    ("declared", "given", "said"),
    [
        ({"type": "integer"}, 1.5, "a whole number"),
        ({"type": "integer"}, True, "a whole number"),
        ({"type": "boolean"}, 1, "true or false"),
        ({"type": "number", "minimum": 1}, 0, "at least 1"),
        ({"type": "number", "maximum": 1}, 2, "at most 1"),
        ({"choices": ("a", "b")}, "c", "a or b"),
        ({}, {"a": 1}, "expected a text"),
        ({}, "=credential.key", "does not begin"),
        ({}, "x${credential.key}", "no '\\$"),
        ({}, "a\0b", "control"),
        ({}, "x" * 20_001, "longer"),
    ],
)
def test_refused(declared: dict[str, Any], given: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        of_json(Setting(at=Position("f"), **declared), given)


def test_a_number_that_is_not_set_has_no_value() -> None:
    assert Value("N", Setting(at=Position("f"), type="integer"), "f", "").value is None

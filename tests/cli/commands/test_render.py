from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.cli.exits import Exit
from engine.cli.main import main
from tests.cli.sites import site

PROMPTS = """version: 1
prompts:
  greeting:
    system: You are {{ mood }}.
    user: "Greet {{ name }}{% for each in others %}, {{ each }}{% endfor %}."
    variables:
      mood: {type: string, default: friendly}
      name: {type: string, maxLength: 5}
      others: {type: array, default: []}
  title: {versions: [{version: long, user: "A title for {{ text }}"}, {version: short, user: "Name {{ text }}"}]}
  asked: {file: asked.toml}
"""
TOML = '[system]\ncontent = "As it {{ stands }}."\n[user]\ntemplate = "{{ question }}"\n'


@pytest.fixture
def root(tmp_path: Path) -> str:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "asked.toml").write_text(TOML)
    return site(tmp_path, prompts=PROMPTS)


def rendered(root: str, *arguments: str) -> int:
    return main(["--site", root, "render", *arguments])


def test_the_parts_of_a_prompt(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert rendered(root, "greeting", "--var", "name=Ann", "--var", "mood=a=b") == Exit.GOOD
    assert capsys.readouterr().out == "# system\nYou are a=b.\n# user\nGreet Ann.\n"


def test_as_json_with_values_that_are_no_text(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("greeting", "--format", "json", "--var", "name=5", "--var", 'others=["Bob", "Cy"]')
    assert rendered(root, *arguments) == Exit.GOOD
    told = json.loads(capsys.readouterr().out)
    assert told == {"system": "You are friendly.", "user": "Greet 5, Bob, Cy.", "version": "1"}


def test_one_of_several_versions_and_one_of_a_file(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert rendered(root, "title", "--var", "text=x", "--wording", "short") == Exit.GOOD
    assert capsys.readouterr().out == "# user\nName x\n"
    assert rendered(root, "asked", "--var", "question=Why?") == Exit.GOOD
    assert capsys.readouterr().out == "# system\nAs it {{ stands }}.\n# user\nWhy?\n"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["greting"], Exit.USAGE, "did you mean 'greeting'?"),
        (["title", "--wording", "odd"], Exit.USAGE, "there is long, short"),
        (["greeting", "--var", "name"], Exit.USAGE, "NAME=VALUE"),
        (["greeting", "--var", "nmae=x"], Exit.USAGE, "did you mean 'name'?"),
        (["greeting", "--var", "mood=x"], Exit.ERRORS, "the variable 'name' of prompt 'greeting' is missing"),
        (["greeting", "--var", "name=Annabel"], Exit.ERRORS, "name"),
    ],
)
def test_what_does_not_fit(
    root: str, arguments: list[str], code: Exit, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rendered(root, *arguments) == code
    assert told in capsys.readouterr().err

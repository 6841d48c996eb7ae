from __future__ import annotations

import pytest

from engine.spec.prompt import Prompt

from .reading import accepts, read


def test_a_prompt_of_a_file() -> None:
    assert read(Prompt, "{file: git_error.toml}").file == "git_error.toml"


def test_an_inline_prompt_in_both_forms() -> None:
    short = read(Prompt, "{system: S, user: 'U {{ x }}', variables: {x: {type: string}}, version: 2}")
    long = read(Prompt, "{system: {content: S}, user: {template: U}}")
    assert (short.system, short.user, short.version) == ("S", "U {{ x }}", 2)
    assert (long.system.content, long.user.template) == ("S", "U")


def test_versions_share_the_requests() -> None:
    found = read(Prompt, "{versions: [{file: a.toml, weight: 9, version: a}, {user: U, version: b}]}")
    assert [(each.version, each.weight) for each in found.versions] == [("a", 9.0), ("b", 1.0)]


@pytest.mark.parametrize(
    "text", ["{file: a, system: b}", "{system: 5}", "{system: {text: S}}", "{versions: [a.toml]}"]
)
def test_what_is_no_prompt(text: str) -> None:
    assert not accepts(Prompt, text)

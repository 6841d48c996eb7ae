from __future__ import annotations

import pytest

from engine.errors import RequestRefused
from engine.prompts.prompt import Prompt, Version
from engine.prompts.template import TextTemplate


def made(*texts: str, **more: object) -> Prompt:
    versions = tuple(Version(f"v{n}", "Be brief.", TextTemplate(text)) for n, text in enumerate(texts, 1))
    return Prompt("greet", versions, **more)  # type: ignore[arg-type]


def test_the_parts_and_the_version() -> None:
    assert made("Hi {{ name }}").render({"name": "Ann"}, lambda: 0.0) == ("Be brief.", "Hi Ann", "v1")


def test_versions_share_by_weight() -> None:
    prompt = made("one", "two")
    assert [prompt.render({}, lambda r=r: r).version for r in (0.1, 0.9)] == ["v1", "v2"]  # type: ignore[misc]


def test_a_missing_variable_is_refused_by_name() -> None:
    with pytest.raises(RequestRefused) as refused:
        made("Hi {{ name }}").render({"name": None}, lambda: 0.0)
    assert (refused.value.info.param, refused.value.info.status) == ("name", 400)


def test_defaults_and_guards_make_a_variable_optional() -> None:
    prompt = made("{{ a }}{{ b }}{{ c|default('') }}", defaults={"b": "!"})
    assert prompt.needed == {"a"}
    assert prompt.render({"a": "x"}, lambda: 0.0).user == "x!"


def test_the_system_part_has_variables_too_unless_it_is_a_plain_text() -> None:
    both = Prompt(
        "p", (Version("1", TextTemplate("Speak {{ tongue }}."), TextTemplate("{{ tongue|d('') }}!")),)
    )
    assert both.variables == both.needed == {"tongue"}
    assert both.render({"tongue": "{{ tongue }}"}, lambda: 0.0)[:2] == (
        "Speak {{ tongue }}.",
        "{{ tongue }}!",
    )
    with pytest.raises(RequestRefused):
        both.render({}, lambda: 0.0)
    plain = Prompt("p", (Version("1", "Speak {{ tongue }}.", None),))
    assert (plain.needed, plain.render({}, lambda: 0.0).system) == (frozenset(), "Speak {{ tongue }}.")

from __future__ import annotations

import pytest

from engine.prompts.template import BadTemplate, RenderFailed, TextTemplate


def test_values_are_put_in_and_never_read() -> None:
    template = TextTemplate("{{ a }} and {{ b }}")
    assert template.variables == {"a", "b"}
    assert template.render({"a": "{{ b }} {% raw %}", "b": "<&>"}) == "{{ b }} {% raw %} and <&>"


def test_loops_conditions_and_filters() -> None:
    template = TextTemplate(
        "{% for x in items %}{{ loop.index }}/{{ loop.length }} {{ x|upper }}\n{% endfor %}"
    )
    assert template.render({"items": ["a", "b"]}) == "1/2 A\n2/2 B\n"
    optional = TextTemplate("{% if name is defined %}Hi {{ name }}{% endif %}{{ more|default('!') }}")
    assert optional.render({}) == "!"
    assert optional.optional == {"name", "more"}


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(RenderFailed) as failed:
        TextTemplate("{{ a }}").render({})
    assert failed.value.variable == "a"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n{{ b", 2),
        ("\n\n{% include 'x' %}", 3),
        ("{% import 'x' as y %}", 1),
        ("{% macro m() %}{{ m() }}{% endmacro %}", 1),
        ("{{ x.__class__() }}", 1),
        ("{{ x.ljust(1000000000) }}", 1),
        ("{{ x|center(1000000000) }}", 1),
        ("{% for x in y recursive %}{{ loop(x) }}{% endfor %}", 1),
    ],
)
def test_what_prompts_have_no_use_for_is_refused_at_its_line(text: str, line: int) -> None:
    with pytest.raises(BadTemplate) as refused:
        TextTemplate(text)
    assert refused.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        "{% for a in x %}{% for b in x %}{% for c in x %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in x %}{{ long }}{% endfor %}",
        "{{ long|replace('a', long) }}",
        "{{ x|join(long) }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 9 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ x.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ x + 1 }}",
    ],
)
def test_no_template_runs_for_long_or_reaches_anything(text: str) -> None:
    with pytest.raises(RenderFailed):
        TextTemplate(text).render({"x": list(range(2000)), "long": "a" * 10_000})

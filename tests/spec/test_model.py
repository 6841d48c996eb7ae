from __future__ import annotations

import pytest

from engine.spec.model import Model, Target
from engine.tree import Scalar

from .reading import accepts, bind, read

DESIGN = """
strategy: first
targets:
  - {provider: anthropic, model: claude-sonnet-4-5, weight: 9}
  - {provider: openai, model: gpt-5-mini, weight: 1, when: "=!(chat.tools)"}
  - "openai/org/model"
  - {dialect: openai, base_url: =profile.url, model: =profile.model, key: =profile.key}
fallback: [cheap]
params: {temperature: 0.2}
price: {input: 3.00, output: 15.00, cache_read: 0.30, per: 1M}
access: {clients: [web, "team-*"]}
mirror: {target: openai/m, share: 10%}
"""


def test_the_model_of_the_design() -> None:
    found = read(Model, DESIGN)
    first, second, short, built = found.targets
    assert (first.provider, first.weight, second.when.value) == ("anthropic", 9.0, "=!(chat.tools)")
    assert (short.provider, short.model.value, short.weight) == ("openai", "org/model", 1.0)
    assert (built.provider, built.dialect, built.base_url.value) == (None, "openai", "=profile.url")
    assert found.fallback == ("cheap",) and found.price.per == 10**6 and found.price.input == 3.0
    assert found.access.clients == ("web", "team-*") and found.mirror.share == 0.1


def test_a_short_target_knows_where_its_parts_stand() -> None:
    found, binding = bind(Target, "'p/model'")
    assert isinstance(found.model, Scalar) and (found.at.column, found.model.at.column) == (1, 4)
    assert [(ref.kind, ref.name) for ref in binding.references] == [("provider", "p")]


def test_references() -> None:
    found = bind(Model, DESIGN)[1].references
    assert {(ref.kind, ref.name) for ref in found} == {
        ("provider", "anthropic"), ("provider", "openai"), ("dialect", "openai"), ("model", "cheap"),
        ("client-glob", "web"), ("client-glob", "team-*"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cls", "text"),
    [(Target, "p"), (Target, "{model: m}"), (Target, "{provider: p, dialect: d}"), (Target, "{provider: p, weight: x}"),
     (Model, "{strategy: best}"), (Model, "{price: {input: -1}}"), (Model, "{price: {per: lots}}"), (Model, "{access: [web]}"),
     (Model, "{mirror: {share: 10%}}")],
)  # fmt: skip
def test_what_is_no_model(cls: type, text: str) -> None:
    assert not accepts(cls, text)

"""Rules, compiled, and which of them hold for a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from engine.memo import Memo
from engine.rules.automaton import Automaton
from engine.rules.rewriter import Replace

REQUEST, ANSWER = "request", "answer"


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """`on`: request, answer · `parts`: as in `spec.rule` · `longest`: what may be held back of a text."""

    name: str
    on: frozenset[str]
    parts: frozenset[str]
    automaton: Automaton
    replacements: Sequence[Replace]
    longest: int


ByPart = Mapping[str, tuple[Rule, ...]]


class Applied(NamedTuple):
    """The rules of one request, by what they read; in the order in which they apply."""

    request: ByPart
    answer: ByPart

    def names(self, side: str) -> tuple[str, ...]:
        rules = (rule for part in getattr(self, side).values() for rule in part)
        return tuple(dict.fromkeys(rule.name for rule in rules))


class RuleBook:
    """All rules of a site. `applied[names]`: those that hold for every request, then those of these names."""

    def __init__(self, rules: Mapping[str, Rule], always: Sequence[str]) -> None:
        self.rules = rules
        self.always = tuple(always)
        self.applied: Memo[tuple[str, ...], Applied | None] = Memo(partial(_applied, rules, self.always))


def _applied(rules: Mapping[str, Rule], always: tuple[str, ...], names: tuple[str, ...]) -> Applied | None:
    used = [rules[name] for name in dict.fromkeys((*always, *names)) if name in rules]
    return Applied(_by_part(used, REQUEST), _by_part(used, ANSWER)) if used else None


def _by_part(rules: Sequence[Rule], side: str) -> ByPart:
    found: dict[str, tuple[Rule, ...]] = {}
    for rule in rules:
        if side in rule.on:
            for part in rule.parts:
                found[part] = (*found.get(part, ()), rule)
    return found

"""Keyword rules: from what is declared to automata."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from engine.diagnostics import Problems
from engine.expression.regex import PatternError
from engine.rules.automaton import Automaton, Pattern, width
from engine.rules.rewriter import Replace
from engine.rules.rule import Rule, RuleBook
from engine.snapshot.cache import Cache
from engine.spec.rule import Replacement
from engine.spec.rule import Rule as DeclaredRule

# What a pattern without an end of its own may match, unless it says otherwise.
LONGEST = 256


def build_rules(declared: Mapping[str, DeclaredRule], cache: Cache, problems: Problems) -> RuleBook | None:
    """None when a site has no rules, so that its requests need not ask. Those with errors are left out."""
    if not declared:
        return None
    built = {
        name: cache.make("rule", name, (rule,), partial(_rule, name, rule), problems)
        for name, rule in declared.items()
    }
    always = [name for name, rule in declared.items() if rule.always]
    return RuleBook({name: rule for name, rule in built.items() if rule is not None}, always)


def _rule(name: str, declared: DeclaredRule, problems: Problems) -> Rule | None:
    path = f"rules.{name}.apply"
    if not declared.apply:
        problems.error(declared.place("apply"), "empty-rule", f"rule '{name}' replaces nothing", path=path)
        return None
    longest = [
        _longest(replacement, f"{path}.{index}", problems) for index, replacement in enumerate(declared.apply)
    ]
    if None in longest:
        return None
    try:
        automaton = Automaton([_pattern(replacement) for replacement in declared.apply])
    except PatternError as error:
        problems.error(declared.place("apply"), "bad-pattern", str(error), path=path)
        return None
    return Rule(
        name,
        frozenset(declared.on),
        frozenset(declared.parts),
        automaton,
        tuple(map(_replace, declared.apply)),
        max(each or 0 for each in longest),
    )


def _pattern(replacement: Replacement) -> Pattern:
    text = replacement.match if replacement.regex is None else replacement.regex
    return Pattern(text or "", replacement.regex is not None, replacement.ignore_case, replacement.words)


def _longest(replacement: Replacement, path: str, problems: Problems) -> int | None:
    """How long its matches are at most, None when it is wrong."""
    key = "match" if replacement.regex is None else "regex"
    at, where = replacement.place(key), f"{path}.{key}"
    if replacement.mask is not None and len(replacement.mask) != 1:
        message = "a mask is one character, which stands for each of the text's own"
        problems.error(replacement.place("mask"), "bad-mask", message, path=f"{path}.mask")
        return None
    try:
        found = width(_pattern(replacement))
    except PatternError as error:
        problems.error(at, "bad-pattern", str(error), path=where)
        return None
    if found.least == 0:
        problems.error(at, "empty-match", "this matches where nothing stands", path=where)
        return None
    if found.most is None and replacement.longest is None:
        message = f"this pattern has no longest match; {LONGEST} characters are looked at"
        hint = "say how long it may be: `longest: N`, or bound it: {1,64} instead of +"
        problems.warning(at, "unbounded-pattern", message, hint=hint, path=where)
    bounds = (each for each in (found.most, replacement.longest) if each is not None)
    return max(found.least, min(bounds, default=LONGEST))


def _replace(replacement: Replacement) -> Replace:
    with_, mask = replacement.with_, replacement.mask
    return (lambda _: with_) if with_ is not None else (lambda found: (mask or "") * len(found))

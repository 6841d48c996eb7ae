"""Aliases and their targets: from what is declared to what is served from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import NamedTuple

from engine.diagnostics import Problems
from engine.globs import is_glob
from engine.limits.allowance import allowance
from engine.mapping.template import Template
from engine.snapshot.accounts import breaker, retry_policy
from engine.snapshot.cache import Cache
from engine.snapshot.model import Alias, Canary, Mirror, Provider, Target, Watched
from engine.snapshot.prices import Paid, Prices, priced
from engine.snapshot.unserved import later
from engine.spec.model import Model as DeclaredModel
from engine.spec.model import Target as DeclaredTarget
from engine.tree import Node, Scalar

EXPLORE = 0.05


class Written(NamedTuple):
    """A target as it is declared, where, and what was looked up for it."""

    path: str
    declared: DeclaredTarget
    provider: Provider | None
    paid: Paid


def build_aliases(
    declared: Mapping[str, DeclaredModel],
    providers: Mapping[str, Provider],
    prices: Prices,
    cache: Cache,
    problems: Problems,
) -> list[tuple[str, Alias]]:
    """Every alias with those of its targets whose provider exists; the reference check names the others."""

    def build(name: str, model: DeclaredModel) -> Alias:
        written = tuple(
            Written(path, target, providers.get(target.provider or ""), priced(model, target, prices))
            for path, target in _declared(name, model)
        )
        return cache.make("model", name, (model, *written), partial(_alias, name, model, written), problems)

    return [(name, build(name, model)) for name, model in declared.items()]


def _declared(name: str, model: DeclaredModel) -> Iterable[tuple[str, DeclaredTarget]]:
    """The targets, those of the canary and of the mirror behind them; a path is the key of its target."""
    path = f"models.{name}"
    yield from ((f"{path}.targets.{index}", target) for index, target in enumerate(model.targets))
    for key, beside in (("canary", model.canary), ("mirror", model.mirror)):
        if beside is not None:
            yield f"{path}.{key}.target", beside.target


def _alias(name: str, model: DeclaredModel, written: tuple[Written, ...], problems: Problems) -> Alias:
    made = {each.path: _target(each, name, model, problems) for each in written}
    canary, mirror = (
        made.pop(f"models.{name}.canary.target", None),
        made.pop(f"models.{name}.mirror.target", None),
    )
    return Alias(
        name=name,
        at=model.at,
        strategy=model.strategy,
        targets=tuple(target for target in made.values() if target is not None),
        fallback=model.fallback,
        params=model.params,
        override=model.override,
        access=model.access.clients if model.access else None,
        access_groups=model.access.groups if model.access else (),
        mode=model.mode,
        allowance=allowance("model", name, model.limits),
        rules=model.rules,
        retry=None if model.retry is None else retry_policy(model.retry),
        breaker=None if model.breaker is None else breaker(model.breaker),
        by=model.by or "client",
        explore=EXPLORE if model.explore is None else model.explore,
        canary=Canary(canary, model.canary.share, model.canary.by) if canary and model.canary else None,
        mirror=Mirror(mirror, model.mirror.share) if mirror and model.mirror else None,
    )


def _target(written: Written, alias: str, model: DeclaredModel, problems: Problems) -> Target | None:
    path, declared, provider, paid = written
    if declared.provider is None and declared.dialect is not None:
        later(problems, declared.place("dialect"), path, "a target without a provider")
    if provider is None:
        return None
    when = Template.compile(declared.when, "target", problems, f"{path}.when") if declared.when else None
    return Target(
        provider,
        _model(declared.model, alias, f"{path}.model", problems),
        declared.weight,
        when,
        declared.at,
        paid.price,
        paid.prices,
        model.context if declared.context is None else declared.context,
    )


def _model(node: Node | None, alias: str, path: str, problems: Problems) -> str | Template | None:
    """A plain name, or a template if it holds an expression."""
    if node is None:
        return None
    if isinstance(node, Scalar) and isinstance(node.value, str):
        if "*" in node.value and not is_glob(alias):
            hint = "write the whole name, or make the alias a glob"
            message = f"the alias {alias!r} is no glob, so there is nothing for * to stand for"
            problems.error(node.at, "bad-glob", message, hint=hint, path=path)
        if not (node.value.startswith("=") or "${" in node.value):
            return node.value
    return Template.compile(node, "target", problems, path)


def watched(aliases: Iterable[tuple[str, Alias]]) -> Watched | None:
    """The providers of which strategies want to know more than their files say; None: of none."""
    named: dict[str, set[str]] = {"least_busy": set(), "lowest_latency": set()}
    for _, alias in aliases:
        if alias.strategy in named:
            named[alias.strategy] |= {target.provider.name for target in alias.targets}
    found = Watched(frozenset(named["least_busy"]), frozenset(named["lowest_latency"]))
    return found if any(found) else None

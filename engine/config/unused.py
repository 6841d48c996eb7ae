"""Warnings about names: those that nobody uses, and lists of access that mean nobody."""

from __future__ import annotations

from bisect import bisect_left
from itertools import takewhile

from engine.config.index import Index
from engine.diagnostics import Problems
from engine.globs import is_glob, literal_prefix, matches
from engine.spec.base import dotted

GLOBS = (
    "client-glob",
    "group-glob",
    "model-glob",
)  # kinds of references that may name several things, or nothing yet
WARNED = {
    "provider": "no model and no endpoint",
    "pool": "no provider",
    "prompt": "no endpoint",
    "rule": "no model, provider, client or group",
}


def unused_names(index: Index, problems: Problems) -> None:
    """Providers, pools and prompts that nothing refers to; other names are used from outside."""
    used = {(reference.kind, reference.name) for reference in index.references}
    used |= {("rule", name) for name in _always(index)}
    for (kind, name), at in index.declared.items():
        if kind in WARNED and (kind, name) not in used:
            message = f"{kind} '{name}' is never used: {WARNED[kind]} names it"
            problems.warning(at, f"unused-{kind}", message, path=f"{kind}s.{name}")


def _always(index: Index) -> list[str]:
    """Rules that hold without being named."""
    documents = [file.document for file in index.in_path_order if file.document]
    return [name for document in documents for name, rule in document.rules.items() if rule.always]


def unknown_clients(index: Index, problems: Problems) -> None:
    """`access` for clients that there are not. Where tokens name their bearers, any name may come."""
    if any(
        client.jwt and client.jwt.name
        for file in index.in_path_order
        if file.document
        for client in file.document.clients.values()
    ):
        return
    _warn_unmatched(index, "client", problems)


def unknown_groups(index: Index, problems: Problems) -> None:
    """`access` for groups that there are not; those of tokens and of keys made at run time count no more."""
    _warn_unmatched(index, "group", problems)


def unmatched_aliases(index: Index, problems: Problems) -> None:
    """`models` of a client that match no alias."""
    _warn_unmatched(index, "model", problems)


def _warn_unmatched(index: Index, kind: str, problems: Problems) -> None:
    names = sorted(index.by_kind.get(kind, ()))
    known: dict[str, bool] = {}
    for reference in index.references:
        if reference.kind != f"{kind}-glob":
            continue
        pattern = reference.name
        if pattern not in known:
            known[pattern] = index.resolve(kind, pattern) is not None or _matches_one(pattern, names)
        if not known[pattern]:
            near = index.suggest(kind, pattern)
            hint = f"did you mean '{near}'?" if near else None
            what = f"'{pattern}' matches no {kind}" if is_glob(pattern) else f"there is no {kind} '{pattern}'"
            path = dotted(reference.path)
            problems.warning(reference.at, f"unknown-{kind}", what, hint=hint, path=path)


def _matches_one(pattern: str, names: list[str]) -> bool:
    """Whether a glob matches one of the sorted names; only those with its prefix are tried."""
    if not is_glob(pattern):
        return False
    prefix = literal_prefix(pattern)
    candidates = (names[position] for position in range(bisect_left(names, prefix), len(names)))
    return any(matches(pattern, name) for name in takewhile(lambda name: name.startswith(prefix), candidates))

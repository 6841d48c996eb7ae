"""What only all files together can tell: names that are declared twice, are missing, or lead nowhere.

Every diagnostic stands in the file that refers. The rules are the list `RULES`; each reads the index that
is made of all files once, so that thousands of files are one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set

from engine.config.cycles import Edge, cycles
from engine.config.document import Name, ParsedFile
from engine.config.index import Index
from engine.config.paths import same_paths
from engine.config.unused import GLOBS, unknown_clients, unknown_groups, unmatched_aliases, unused_names
from engine.diagnostics import Diagnostic, Problems, Related, in_order
from engine.spec.base import Reference, dotted
from engine.spec.document import KINDS

MISSING_HINTS = {
    "env": "set it, or give a default: ${env:NAME:-default}",
    "file": "make the file, readable and not empty",
    "setting": "set it, or give it a default, or write ${setting:NAME:-default}",
}


NOTHING: Mapping[str, str] = {}


def check(
    files: Mapping[str, ParsedFile], shipped: Set[Name], mounts: Mapping[str, str] = NOTHING
) -> list[Diagnostic]:
    """Check all files of a site together. `shipped`: the (kind, name) of what the library has.

    `mounts`: see `paths.mounted`.
    """
    index = Index(files, shipped, mounts)
    problems = Problems()
    for rule in RULES:
        rule(index, problems)
    return in_order(problems.items)


def _duplicates(index: Index, problems: Problems) -> None:
    for file in index.in_path_order:
        for (kind, name), at in file.names.items():
            first = index.declared[kind, name]
            if first is not at:
                message = f"{kind} '{name}' is already declared in {first.file}:{first.line}"
                problems.error(at, "duplicate-name", message, related=(Related(first, "first here"),))


def _unknown(index: Index, problems: Problems) -> None:
    for reference in index.references:
        known = reference.kind in GLOBS or index.resolve(reference.kind, reference.name) is not None
        if not known:
            problems.extend([_unknown_name(index, reference)])


def _unknown_name(index: Index, reference: Reference) -> Diagnostic:
    kind, name = reference.kind, reference.name
    return Diagnostic(
        reference.at,
        f"unknown-{kind}",
        f"there is no {kind} '{name}'",
        hint=_did_you_mean(index, kind, name),
        path=dotted(reference.path),
        missing_name=(kind, name),
    )


def _did_you_mean(index: Index, kind: str, name: str) -> str | None:
    """A name of the kind that is near; else the same name among other kinds; else the few names there are."""
    known = index.by_kind.get(kind, [])
    near = index.suggest(kind, name)
    if near:
        return f"did you mean '{near}'?"
    others = [other for other in KINDS.values() if other != kind and (other, name) in index.declared]
    if others:
        return f"'{name}' is {_a(others[0])}, not {_a(kind)}"
    if not known:
        return f"no {kind} is declared"
    return f"there are {', '.join(sorted(known))}" if len(known) <= 8 else None


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _shadowing(index: Index, problems: Problems) -> None:
    for kind, name in sorted(index.shipped & index.declared.keys()):
        if kind == "endpoint":  # to declare a standing one is how it is changed
            continue
        message = f"{kind} '{name}' takes the place of the shipped one"
        problems.warning(index.declared[kind, name], "shadows-shipped", message, path=f"{kind}s.{name}")


def _fallback_cycles(index: Index, problems: Problems) -> None:
    edges: dict[str, list[Edge]] = {}
    for reference in index.placed.get(("models", "fallback"), ()):
        target = index.resolve("model", reference.name)
        if target is not None:
            edges.setdefault(reference.owner[1], []).append(Edge(target, reference.at))
    _report_cycles("fallback-cycle", "fallback", edges, problems)


def _extends_cycles(index: Index, problems: Problems) -> None:
    """A dialect that extends its own name extends the shipped one."""
    for key, kind in (("dialects", "dialect"), ("surfaces", "surface")):
        edges: dict[str, list[Edge]] = {}
        for reference in index.placed.get((key, "extends"), ()):
            own = reference.owner[1:] == (reference.name,) and (kind, reference.name) in index.shipped
            if not own:
                edges.setdefault(reference.owner[1], []).append(Edge(reference.name, reference.at))
        _report_cycles("extends-cycle", "extends", edges, problems)


def _report_cycles(code: str, what: str, edges: Mapping[str, list[Edge]], problems: Problems) -> None:
    for names, places in cycles(edges):
        message = f"{what} goes round in a circle: {' → '.join([*names, names[0]])}"
        related = tuple(Related(at, "and here") for at in places[:-1])
        problems.error(places[-1], code, message, related=related)


def _missing_secrets(index: Index, problems: Problems) -> None:
    """A placeholder that could not be filled, unless only optional providers need it."""
    excused = _excused(index)
    for file in index.in_path_order:
        for missing in file.missing:
            if missing.owner in excused:
                continue
            kind = missing.source.partition(":")[0]
            optional = missing.owner[0] in ("providers", "pools")
            hint = MISSING_HINTS[kind] + ("; or mark the provider optional: true" if optional else "")
            problems.error(
                missing.at, f"missing-{kind}", missing.reason(), hint=hint, path=dotted(missing.path)
            )


def _providers_of_pools(index: Index) -> dict[str, list[str]]:
    """Pool → the providers that use it."""
    users: dict[str, list[str]] = {}
    for reference in index.placed.get(("providers", "pool"), ()):
        users.setdefault(reference.name, []).append(reference.owner[1])
    return users


def _optional_providers(index: Index) -> set[str]:
    return {
        name
        for file in index.in_path_order
        if file.document
        for name, provider in file.document.providers.items()
        if provider.optional
    }


def _excused(index: Index) -> set[tuple[str, ...]]:
    """The objects whose missing secrets only switch something off."""
    optional = _optional_providers(index)
    pools = {pool for pool, users in _providers_of_pools(index).items() if optional.issuperset(users)}
    return {("providers", name) for name in optional} | {("pools", name) for name in pools}


RULES: tuple[Callable[[Index, Problems], None], ...] = (
    _duplicates,
    _unknown,
    _shadowing,
    _fallback_cycles,
    _extends_cycles,
    _missing_secrets,
    same_paths,
    unknown_clients,
    unknown_groups,
    unmatched_aliases,
    unused_names,
)

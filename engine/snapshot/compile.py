"""`compile_site`: the one function behind validate, test, serve and reload.

Files are read (each by itself, cached), checked against one another, and built into a snapshot. All
problems of all files are found in one run.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.config.document import Name, ParsedFile
from engine.config.references import check
from engine.config.site import SiteFiles
from engine.diagnostics import Diagnostic, Position, Problems, in_order
from engine.ports import Secrets
from engine.routing.aliases import AliasTable
from engine.snapshot.accounts import Accounts, PoolGaps, build_pools
from engine.snapshot.actions import Around
from engine.snapshot.aliases import build_aliases, watched
from engine.snapshot.cache import Cache
from engine.snapshot.clients import build_clients, build_groups, build_tokens, check_key_files
from engine.snapshot.credentials import check_probes
from engine.snapshot.dialects import Dialects
from engine.snapshot.library import shipped, shipped_names
from engine.snapshot.model import Notice, Provider, Snapshot
from engine.snapshot.prices import build_prices
from engine.snapshot.prompts import build_prompts
from engine.snapshot.routes import (
    build_endpoints,
    check_off,
    served_surfaces,
    standard_names,
)
from engine.snapshot.rules import build_rules
from engine.snapshot.stores import build_stores
from engine.snapshot.surfaces import Surfaces
from engine.snapshot.surfaces import shipped_names as shipped_surface_names
from engine.snapshot.unserved import check_dialects

SECTIONS = (
    "providers", "pools", "models", "endpoints", "clients", "groups", "conversations", "dialects", "surfaces",
    "rules", "prices", "prompts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compilation:
    """`snapshot` is None when there is an error among the `diagnostics`; `files` are as parsed."""

    snapshot: Snapshot | None
    diagnostics: tuple[Diagnostic, ...]
    files: Mapping[str, ParsedFile]


def compile_site(
    site: SiteFiles, secrets: Secrets, *, mock: bool = False, cache: Cache | None = None
) -> Compilation:
    """Compile all files of a site. `mock` fills in secrets that are not there; a cache has its own say.

    Never raises for what stands in a file.
    """
    cache = cache or Cache(mock)
    kept = Problems()
    cache.learn(site, secrets, kept)
    files = {path: cache.read(path, content, secrets) for path, content in site.files.items()}
    own = [found for file in files.values() for found in file.diagnostics]
    across = check(files, shipped_names() | _standing(files), site.settings.mounts)
    snapshot, built = _build(site, files, secrets, cache)
    found = tuple(in_order([*site.warnings, *kept.items, *own, *across, *built]))
    broken = any(item.is_error for item in found)
    return Compilation(None if broken else snapshot, found, files)


def _standing(files: Mapping[str, ParsedFile]) -> frozenset[Name]:
    """The endpoints that nobody has to declare: those of the shipped surfaces, and of the site's own."""
    documents = [file.document for file in files.values() if file.document is not None]
    own = [
        name for each in documents for surface in each.surfaces.values() for name in surface.endpoints or ()
    ]
    return frozenset(("endpoint", name) for name in (*standard_names(), *own))


def _build(
    site: SiteFiles, files: Mapping[str, ParsedFile], secrets: Secrets, cache: Cache
) -> tuple[Snapshot, list[Diagnostic]]:
    problems = Problems()
    declared = _declared(files)
    dialects = Dialects(declared["dialects"], shipped().dialects, cache)
    dialects.compile_all(declared["dialects"])
    gaps = Gaps.of(files)
    pool_gaps = gaps.pools(declared["pools"])
    pools = build_pools(declared["pools"], pool_gaps, site.settings, secrets, cache, problems)
    accounts = Accounts(pools, pool_gaps, dialects, site.settings, cache)
    providers = {
        name: built
        for name, provider in declared["providers"].items()
        if (built := accounts.provider(name, provider, gaps.provider(name), problems)) is not None
    }
    check_probes(declared["pools"], providers, problems)
    surfaces = Surfaces(declared["surfaces"], cache)
    served = served_surfaces(declared["endpoints"], declared["surfaces"], surfaces)
    check_dialects(declared["dialects"], problems)
    check_off(declared["endpoints"], _places(files, "endpoint"), problems)
    groups = build_groups(declared["groups"])
    if not cache.mock:
        check_key_files(declared["clients"], secrets, problems)
    aliases = build_aliases(declared["models"], providers, build_prices(declared["prices"]), cache, problems)
    prompts = build_prompts(declared["prompts"], site.prompts, cache, problems)
    stores = build_stores(declared["conversations"], prompts, cache, problems)
    names = (*shipped_surface_names(), *declared["surfaces"]), (*shipped().dialects, *declared["dialects"])
    around = Around(prompts, stores, surfaces.get, names[0], dialects.get, names[1], site.settings.mounts)
    fields, headers = _own_keys(providers)
    snapshot = Snapshot(
        generation=generation(site),
        settings=site.settings,
        aliases=AliasTable.build(aliases),
        providers=providers,
        pools=pools,
        clients=build_clients(declared["clients"], groups, problems),
        groups=groups,
        caller_fields=fields,
        caller_headers=headers,
        tokens=build_tokens(declared["clients"], cache, problems),
        endpoints=build_endpoints(declared["endpoints"], providers, served, around, problems),
        surfaces=served,
        notices=_notices(providers),
        watched=watched(aliases),
        rules=build_rules(declared["rules"], cache, problems),
        values=cache.values,
        prompts=prompts,
    )
    return snapshot, [*problems.items, *dialects.problems.items, *surfaces.problems.items]


def _own_keys(providers: Mapping[str, Provider]) -> tuple[frozenset[str], frozenset[str]]:
    """The fields of bodies, and the headers, in which callers bring keys of their own."""
    keys = [each.caller_key for each in providers.values() if each.caller_key is not None]
    fields = frozenset(key.body for key in keys if key.body is not None)
    return fields, frozenset(key.header for key in keys if key.header is not None)


def _declared(files: Mapping[str, ParsedFile]) -> dict[str, dict[str, Any]]:
    """Every section of all files as one map; of duplicates, which are errors, the first in path order."""
    merged: dict[str, dict[str, Any]] = {section: {} for section in SECTIONS}
    for path in sorted(files):
        document = files[path].document
        if document is None:
            continue
        for section in SECTIONS:
            for name, value in getattr(document, section).items():
                merged[section].setdefault(name, value)
    return merged


def _places(files: Mapping[str, ParsedFile], kind: str) -> dict[str, Position]:
    """Where each name of a kind stands; of duplicates, the first."""
    places: dict[str, Position] = {}
    for path in sorted(files):
        for (declared, name), at in files[path].names.items():
            if declared == kind:
                places.setdefault(name, at)
    return places


# One for all, since a large site has thousands of objects without any.
NO_GAP: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Gaps:
    """The secrets that could not be had, by the object that needs them: (section, name, …) → sources."""

    missing: Mapping[tuple[str, ...], frozenset[str]]

    @classmethod
    def of(cls, files: Mapping[str, ParsedFile]) -> Gaps:
        found: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for file in files.values():
            for gap in file.missing:
                source = gap.source.removeprefix("env:")
                found[gap.owner].add(source)
                found[tuple(map(str, gap.path[:4]))].add(source)
        return cls({owner: frozenset(sources) for owner, sources in found.items()})

    def provider(self, name: str) -> frozenset[str]:
        return self.missing.get(("providers", name), NO_GAP)

    def pools(self, declared: Mapping[str, Any]) -> PoolGaps:
        return {
            name: tuple(
                self.missing.get(("pools", name, "credentials", str(index)), NO_GAP)
                for index in range(len(pool.credentials))
            )
            for name, pool in declared.items()
        }


def _notices(providers: Mapping[str, Provider]) -> tuple[Notice, ...]:
    return tuple(
        Notice(provider.at, f"provider {provider.name!r} is off: {provider.off}")
        for provider in providers.values()
        if provider.off is not None
    )


def generation(site: SiteFiles) -> str:
    """A hash of all that was compiled: the same files give the same generation on every worker."""
    digest = hashlib.sha256()
    for kind, files in (("route", site.files), ("prompt", site.prompts)):
        for path in sorted(files):
            content = files[path]
            if isinstance(content, bytes):
                digest.update(f"{kind}\0{path}\0{len(content)}\0".encode())
                digest.update(content)
    return digest.hexdigest()[:16]

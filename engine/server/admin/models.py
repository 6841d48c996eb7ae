"""`GET /admin/aliases`: what clients may ask for, and where each alias leads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.server.admin.part import Part
from engine.server.own_pages import Asked, OwnPage, admin_page
from engine.server.page import Page, json_page
from engine.snapshot.model import Alias, Snapshot, Target

Json = dict[str, Any]


def model_pages(serving: Callable[[], Snapshot | None]) -> dict[str, OwnPage]:
    """The page by its path."""

    async def aliases(asked: Asked) -> Page:
        snapshot, part = serving(), Part.of(asked)
        known = all_aliases(snapshot) if snapshot else {}
        chosen = part.choose(sorted(known))
        return json_page({"aliases": [alias_data(known[name]) for name in chosen], "total": part.total})

    return {"/admin/aliases": admin_page(GET=aliases)}


def all_aliases(snapshot: Snapshot) -> dict[str, Alias]:
    """Exact names and globs."""
    table = snapshot.aliases
    return {**table.exact, **{glob.name: glob.value for group in table.globs.values() for glob in group}}


def alias_data(alias: Alias) -> Json:
    beside = {"canary": alias.canary, "mirror": alias.mirror}
    return {
        "name": alias.name,
        "at": f"{alias.at.file}:{alias.at.line}",
        "strategy": alias.strategy,
        "targets": [_target(target) for target in alias.targets],
        "fallback": list(alias.fallback),
        "access": _access(alias),
        **{
            name: {**_target(each.target), "share": each.share} if each else None
            for name, each in beside.items()
        },
    }


def _target(target: Target) -> Json:
    """`model` None: the client's own name goes upstream; `=…`: the request says which."""
    model = target.model if target.model is None or isinstance(target.model, str) else "=…"
    return {
        "provider": target.provider.name,
        "model": model,
        "weight": target.weight,
        "when": target.when is not None,
        "off": target.provider.off,
    }


def _access(alias: Alias) -> Json | None:
    """Who may use it: globs of clients and of groups; None: everybody."""
    if alias.access is None:
        return None
    return {"clients": list(alias.access), "groups": list(alias.access_groups)}

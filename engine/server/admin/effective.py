"""`GET /admin/effective`: what is in force, with every default filled in and every secret left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from engine.server.own_pages import Asked, OwnPage, admin_page
from engine.server.page import Page, json_page
from engine.server.vault.standing import pools_of
from engine.snapshot.model import Endpoint, Provider, Snapshot
from engine.spec.settings import Settings

Json = dict[str, Any]

# In the place of a secret that is set.
SET = "…"


def effective_pages(settings: Settings, serving: Callable[[], Snapshot | None]) -> dict[str, OwnPage]:
    """The page by its path."""

    async def effective(_: Asked) -> Page:
        snapshot = serving()
        told = {"settings": settings_data(settings), **(site_data(snapshot) if snapshot else {})}
        return json_page(plain(told))

    return {"/admin/effective": admin_page(GET=effective)}


def settings_data(settings: Settings) -> Json:
    """Boot settings as they are in force."""
    told: Json = plain(settings)
    told["admin_key"] = SET if settings.admin_key else None
    told["secret_key"] = len(settings.secret_key)
    told["storage"] = without_password(settings.storage)
    told["state"] = without_password(settings.state)
    if told["tracing"] is not None:
        told["tracing"]["headers"] = _masked(told["tracing"]["headers"])
    return told


def site_data(snapshot: Snapshot) -> Json:
    """What the site's files come to; aliases are in `/admin/aliases`."""
    return {
        "generation": snapshot.generation,
        "providers": {name: provider_data(each) for name, each in snapshot.providers.items()},
        "pools": {
            name: {
                "strategy": pool.strategy,
                "every": pool.every,
                "credentials": [each.id for each in pool.credentials],
                "directories": len(pool.directories),
            }
            for name, pool in pools_of(snapshot).items()
        },
        "endpoints": [endpoint_data(each) for each in snapshot.endpoints],
        "groups": {
            name: {"models": each.models, "limits": each.limits} for name, each in snapshot.groups.items()
        },
        "notices": [f"{each.at}: {each.message}" for each in snapshot.notices],
    }


def provider_data(provider: Provider) -> Json:
    return {
        "at": f"{provider.at.file}:{provider.at.line}",
        "dialect": provider.dialect.name,
        "base_url": without_password(provider.base_url),
        "pool": provider.pool.name if provider.pool else None,
        "client_key": provider.caller_key.words if provider.caller_key else None,
        "login": provider.dialect.login is not None,
        "off": provider.off,
        "headers": _masked(provider.headers),
        "timeouts": provider.timeouts,
        "unsupported": provider.unsupported,
        "mode": provider.mode,
        "passthrough": provider.passthrough,
        "retry": provider.retry,
        "breaker": provider.breaker,
        "health": provider.health,
        "limits": provider.limits,
    }


def endpoint_data(endpoint: Endpoint) -> Json:
    return {
        "name": endpoint.name,
        "path": endpoint.path,
        "methods": list(endpoint.methods),
        "kind": endpoint.kind,
        "surface": endpoint.surface,
        "auth": endpoint.auth,
        "provider": endpoint.provider.name if endpoint.provider else None,
    }


def without_password(url: str | None) -> str | None:
    """The URL without what may stand before its host and behind its path."""
    if url is None or "://" not in url:
        return url
    parts = urlsplit(url)
    _, at, host = parts.netloc.rpartition("@")
    return urlunsplit((parts.scheme, f"{SET}@{host}" if at else host, parts.path, "", ""))


def plain(value: Any) -> Any:
    """What JSON has words for; of anything else what it says of itself."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, list | tuple | frozenset | set):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _masked(headers: Mapping[str, str]) -> Json:
    return dict.fromkeys(headers, SET)

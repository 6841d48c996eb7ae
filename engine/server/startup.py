"""The first load of a site, and what must hold before anything listens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.adapters.collector import undisturbed
from engine.adapters.site_files import SiteReader
from engine.adapters.tracer import MISSING, is_installed
from engine.config.site import Content, SiteFiles
from engine.diagnostics import Diagnostic
from engine.ports import Clock, Secrets
from engine.server.listen import is_loopback
from engine.server.published import Published
from engine.snapshot import reconcile
from engine.snapshot.cache import Cache
from engine.snapshot.model import Snapshot
from engine.snapshot.reconcile import Accepted
from engine.spec.settings import Settings

MAX_OFF_SHOWN = 8


@dataclass(frozen=True)
class Plan:
    """What to serve: the site's directory, its boot settings, and the flags that they came from."""

    site: Path
    settings: Settings
    flags: Mapping[str, str | None] = field(default_factory=dict)


class StartRefused(Exception):
    """The server does not start; `diagnostics` say where, when it is the site's fault.

    `sources` are the files by name, for excerpts.
    """

    def __init__(
        self,
        message: str,
        diagnostics: tuple[Diagnostic, ...] = (),
        sources: Mapping[str, Content] | None = None,
    ) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics
        self.sources = sources or {}


@dataclass(frozen=True)
class Loaded:
    """A snapshot, what was published of it, the cache that it was compiled with, and the files by name."""

    published: Published
    snapshot: Snapshot
    cache: Cache
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, Content] = field(default_factory=dict)


def first_load(plan: Plan, secrets: Secrets, clock: Clock, *, allow_partial: bool) -> Loaded:
    """Read and compile the site. Raises `StartRefused` for an error in it, unless the rest may be served."""
    site = SiteReader(plan.site, plan.settings).read_now().site
    with undisturbed():
        loaded, found = _load(site, secrets, clock)
    errors = [item for item in found if item.is_error]
    if loaded is None or (errors and not allow_partial):
        count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        raise StartRefused(f"the site has {count}; nothing is served", found, site.files)
    if _lost_clients(loaded.snapshot, site, secrets, loaded.cache):
        message = "the files that declare clients have errors; without them everybody could come in"
        raise StartRefused(message, found, site.files)
    refuse_open_door(plan.settings, loaded.snapshot)
    refuse_missing_extra(plan.settings)
    return loaded


def load_accepted(
    accepted: Accepted,
    settings: Settings,
    secrets: Secrets,
    clock: Clock,
    cache: Cache,
    *,
    partial: bool = True,
) -> Snapshot | None:
    """Compile what was accepted elsewhere. None when that fails here: a secret is gone, say.

    If it may be `partial`, the files that fail are left out instead, unless nothing else says who may call.
    """
    site = SiteFiles(accepted.files, accepted.prompts, settings)
    whole = reconcile.reload(accepted, site, secrets, cache, clock.now()).snapshot
    if whole is not None or not partial:
        return whole
    rest = reconcile.reload(Accepted(), site, secrets, cache, clock.now())
    if rest.snapshot is None or _lost_clients(rest.snapshot, site, secrets, cache):
        return None
    return rest.snapshot


def refuse_missing_extra(settings: Settings) -> None:
    """Raises `StartRefused` when something is set that needs a package which is not there."""
    if settings.tracing is not None and not is_installed():
        raise StartRefused(MISSING)


def refuse_open_door(settings: Settings, snapshot: Snapshot) -> None:
    """Raises `StartRefused` when everybody on the network could use the site's credentials."""
    if is_loopback(settings.host) or snapshot.clients or settings.auth == "none":
        return
    if settings.admin_key is not None:
        return  # clients can be made, and nobody comes in before
    raise StartRefused(
        f"{settings.host} can be reached by other machines and no clients are declared: declare `clients:` "
        "in a route file, or listen on 127.0.0.1, or set `admin: {key: …}` and make clients at run "
        "time, or write `auth: none` in proxyctl.yaml to let everybody in"
    )


def start_line(url: str, snapshot: Snapshot, workers: int = 1) -> str:
    """The one line that a start prints."""
    off = [provider.name for provider in snapshot.providers.values() if provider.off is not None]
    on = len(snapshot.providers) - len(off)
    parts = [_count(len(snapshot.aliases.names()), "alias", "es"), _count(on, "provider", "s")]
    if workers > 1:
        parts.append(f"{workers} workers")
    shown = ", ".join(sorted(off)[:MAX_OFF_SHOWN]) + (", …" if len(off) > MAX_OFF_SHOWN else "")
    return f"proxyctl serving {url} ({', '.join(parts)}{f'; {len(off)} off: {shown}' if off else ''})"


def _load(site: SiteFiles, secrets: Secrets, clock: Clock) -> tuple[Loaded | None, tuple[Diagnostic, ...]]:
    cache, now = Cache(tests=False), clock.now()
    result = reconcile.reload(Accepted(), site, secrets, cache, now)
    if result.snapshot is None:
        return None, result.diagnostics
    published = Published(result.snapshot.generation, now, result.accepted)
    loaded = Loaded(published, result.snapshot, cache, result.diagnostics, site.files)
    return loaded, result.diagnostics


def _lost_clients(snapshot: Snapshot, site: SiteFiles, secrets: Secrets, cache: Cache) -> bool:
    """Whether there are no clients although files that were left out declare some."""
    if snapshot.clients:
        return False
    parsed = (cache.read(path, content, secrets) for path, content in site.files.items())
    return any(kind == "client" for file in parsed for kind, _ in file.names)


def _count(number: int, noun: str, plural: str) -> str:
    return f"{number} {noun}{'' if number == 1 else plural}"

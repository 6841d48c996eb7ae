"""Boot settings: flags over environment over `proxyctl.yaml` over defaults, and one table of them all.

Flags and variables are put into the tree of the file before it is checked, so a wrong port is the same
diagnostic wherever it was written; its place is then `--port` or `PROXYCTL_PORT`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.config import structure
from engine.config.interpolate import fill
from engine.config.yaml import parse_node, parse_yaml
from engine.diagnostics import Diagnostic, Position, Problems, in_order
from engine.ports import Secrets
from engine.spec.base import Binding, Spec, dotted
from engine.spec.objects import Field, Object, fields_of
from engine.spec.settings import (
    LimitSettings,
    Listen,
    Log,
    LogSettings,
    Prefetch,
    PrefetchSettings,
    Settings,
    Shutdown,
    SiteFile,
    SiteLimits,
    Tracing,
    TracingSettings,
    Usage,
    UsageSettings,
)
from engine.spec.shapes import Items, Nullable, Text
from engine.tree import Entry, Node, Scalar, Sequence
from engine.tree import Mapping as Tree

FILE = "proxyctl.yaml"

# A day is summed up whole; a spool has two segments of each worker.
LEAST_KEPT, LEAST_SPOOL = 86400.0, 16 * 2**20

# What levels are called elsewhere.
LEVELS = {"warn": "warning", "critical": "error", "fatal": "error", "trace": "debug"}

# Settings that this version reads and does not act on.
IDLE = ("state",)


@dataclass(frozen=True, slots=True)
class BootSetting:
    """One boot setting. `name` is its name in flags (`limit_body`), `path` its place in the file."""

    name: str
    path: tuple[str, ...]
    field: Field

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return "PROXYCTL_" + self.name.upper()

    @property
    def doc(self) -> str:
        return self.field.about.doc


def boot_settings() -> tuple[BootSetting, ...]:
    """Every boot setting, in the order of the file."""
    return tuple(_settings(SiteFile, ()))


def _settings(cls: type[Spec], path: tuple[str, ...]) -> list[BootSetting]:
    found = []
    for item in fields_of(cls):
        if item.about.boot:
            found.append(BootSetting(item.about.boot, (*path, item.key), item))
        elif isinstance(item.shape, Object):
            found += _settings(item.shape.cls, (*path, item.key))
    return found


@dataclass(frozen=True, slots=True)
class Boot:
    """`settings` has the default wherever something is wrong; `diagnostics` say what."""

    settings: Settings
    diagnostics: tuple[Diagnostic, ...]


def read_settings(
    raw: bytes | None,
    environment: Mapping[str, str],
    flags: Mapping[str, str | None],
    secrets: Secrets,
    *,
    mock: bool = False,
) -> Boot:
    """Boot settings out of the bytes of `proxyctl.yaml` (None: no file), PROXYCTL_… variables, and flags.

    `flags` go by name (`limit_body`), None for those that were not given. Raises nothing.
    """
    problems = Problems()
    tree = _file(raw, secrets, problems, mock)
    for setting in boot_settings():
        given = flags.get(setting.name)
        source = setting.flag if given is not None else setting.variable
        text = given if given is not None else environment.get(setting.variable)
        if text is not None and (given is not None or text != ""):
            node = _node(setting.field, text, source, problems)
            tree = tree if node is None else _put(tree, setting.path, node)
    tree = _plain_level(tree)
    structure.check(tree, "site", problems, mock=mock)
    bound = Object(SiteFile).bind(tree, (), Binding(problems, mock))
    _warn_idle(bound, problems)
    return Boot(_flat(bound), tuple(in_order(problems.items)))


def _warn_idle(bound: Any, problems: Problems) -> None:
    """What may be set and does nothing yet is said, never passed over in silence."""
    for key in IDLE:
        if getattr(bound, key, None) not in (None, "off"):
            message = f"`{key}` has no effect in this version"
            problems.warning(bound.place(key), "not-in-this-version", message, path=key)


def _file(raw: bytes | None, secrets: Secrets, problems: Problems, mock: bool) -> Tree:
    """The tree of the file; an empty one sets nothing."""
    nothing = Tree({}, Position(FILE))
    if raw is None or not raw.strip():
        return nothing
    tree = parse_yaml(FILE, raw, problems)
    if tree is None:
        return nothing
    filled = fill(tree, secrets, problems, mock=mock)
    for missing in filled.missing:
        kind = missing.source.partition(":")[0]
        problems.error(missing.at, f"missing-{kind}", missing.reason(), path=dotted(missing.path))
    return filled.node if isinstance(filled.node, Tree) else nothing


def _node(field: Field, text: str, source: str, problems: Problems) -> Node | None:
    """A value out of a flag or a variable: text as it is, lists by commas, all else as YAML."""
    at, shape = Position(source), field.shape
    inner = shape.inner if isinstance(shape, Nullable) else shape
    if isinstance(inner, Text):
        return Scalar(text, at, origin=(source,))
    if isinstance(inner, Items) and not text.lstrip().startswith("["):
        origin = (source,) if field.about.secret else ()
        return Sequence(tuple(Scalar(part.strip(), at, origin=origin) for part in text.split(",")), at)
    node = parse_node(source, text.encode(), problems)
    return Scalar(node.value, at, origin=(source,)) if isinstance(node, Scalar) else node


def _plain_level(tree: Tree) -> Tree:
    """`log.level` in our words: variables of other programs say INFO, or warn."""
    log = tree.get("log")
    level = log.get("level") if isinstance(log, Tree) else None
    if not isinstance(level, Scalar) or not isinstance(level.value, str):
        return tree
    said = level.value.strip().lower()
    return _put(tree, ("log", "level"), replace(level, value=LEVELS.get(said, said)))


def _put(tree: Tree, path: tuple[str, ...], node: Node) -> Tree:
    """The tree with `node` at `path`; what stands in the way is replaced."""
    first, *rest = path
    if rest:
        inside = tree.get(first)
        node = _put(inside if isinstance(inside, Tree) else Tree({}, node.at), tuple(rest), node)
    before = tree.entries.get(first)
    entry = Entry(first, before.key_at if before else node.at, node)
    return Tree({**tree.entries, first: entry}, tree.at, tree.flow)


def _tracing(declared: Tracing | None) -> TracingSettings | None:
    if declared is None:
        return None
    return TracingSettings(declared.endpoint, dict(declared.headers), declared.sample, declared.service)


def _prefetch(declared: Prefetch | None) -> PrefetchSettings:
    if declared is None:
        return PrefetchSettings()
    return PrefetchSettings(declared.size, declared.count, declared.timeout)


def _flat(bound: Any) -> Settings:
    """`SiteFile` with its parts as `Settings`, which is what the rest of the engine reads."""
    site: SiteFile = bound if isinstance(bound, SiteFile) else SiteFile(at=Position(FILE))
    at = site.at
    listen, log = site.listen or Listen(at=at), site.log or Log(at=at)
    limits, usage = site.limits or SiteLimits(at=at), site.usage or Usage(at=at)
    return Settings(
        env_file=site.env_file,
        host=listen.host,
        port=listen.port,
        workers=site.workers,
        admin_key=site.admin.key if site.admin else None,
        auth=site.auth,
        data=site.data,
        storage=site.storage,
        secret_key=site.secret_key,
        state=site.state,
        usage=UsageSettings(max(usage.keep, LEAST_KEPT), max(usage.spool, LEAST_SPOOL)),
        metrics=site.metrics,
        docs=site.docs,
        tracing=_tracing(site.tracing),
        log=LogSettings(log.level, log.format),
        limits=LimitSettings(
            limits.body, limits.response, limits.event, limits.header, limits.nesting, limits.concurrency
        ),
        prefetch=_prefetch(site.prefetch),
        shutdown_grace=(site.shutdown or Shutdown(at=at)).grace,
        cors_origins=site.cors.origins if site.cors else (),
        mounts=dict(site.mounts),
        retry=site.retry,
        breaker=site.breaker,
        on_error=site.on_error,
        trusted_proxies=site.trusted_proxies,
        allow_addresses=site.allow_addresses,
    )

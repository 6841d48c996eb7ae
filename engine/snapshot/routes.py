"""Aliases, clients and endpoints: from what is declared to what is served from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from engine.diagnostics import Position, Problems
from engine.globs import is_glob
from engine.mapping.template import Template
from engine.registry import nearest
from engine.routing.registry import STRATEGIES
from engine.snapshot.accounts import retry_policy
from engine.snapshot.model import Alias, Client, Endpoint, Provider, Target
from engine.snapshot.unserved import later
from engine.spec.client import Client as DeclaredClient
from engine.spec.conversation import Conversations
from engine.spec.endpoint import Endpoint as DeclaredEndpoint
from engine.spec.model import Model as DeclaredModel
from engine.spec.model import Target as DeclaredTarget
from engine.surfaces.registry import SURFACES
from engine.tree import Node, Scalar

HUB = "openai-chat"
EVERYBODY = "none"
ACTION_KEYS = ("request", "with", "response", "status", "stream", "errors")


def build_aliases(
    declared: Mapping[str, DeclaredModel], providers: Mapping[str, Provider], problems: Problems
) -> list[tuple[str, Alias]]:
    """Every alias with those of its targets whose provider exists; the reference check names the others."""
    return [(name, _alias(name, model, providers, problems)) for name, model in declared.items()]


def _alias(name: str, model: DeclaredModel, providers: Mapping[str, Provider], problems: Problems) -> Alias:
    path = f"models.{name}"
    if model.strategy not in STRATEGIES:
        later(problems, model.place("strategy"), f"{path}.strategy", f"the strategy {model.strategy!r}")
    for key in ("mirror", "breaker", "price"):
        if getattr(model, key) not in (None, "off"):
            later(problems, model.place(key), f"{path}.{key}", f"`{key}`", refuse=False)
    targets = [
        _target(target, name, f"{path}.targets.{index}", providers, problems)
        for index, target in enumerate(model.targets)
    ]
    return Alias(
        name=name,
        at=model.at,
        strategy=model.strategy,
        targets=tuple(target for target in targets if target is not None),
        fallback=model.fallback,
        params=dict(model.params),
        override=dict(model.override),
        access=model.access.clients if model.access else None,
        mode=model.mode,
        retry=None if model.retry is None else retry_policy(model.retry),
    )


def _target(
    declared: DeclaredTarget, alias: str, path: str, providers: Mapping[str, Provider], problems: Problems
) -> Target | None:
    if declared.provider is None:
        if declared.dialect is not None:
            later(problems, declared.place("dialect"), path, "a target without a provider")
        return None
    provider = providers.get(declared.provider)
    if provider is None:
        return None
    when = Template.compile(declared.when, "target", problems, f"{path}.when") if declared.when else None
    model = _model(declared.model, alias, f"{path}.model", problems)
    return Target(provider, model, declared.weight, when, declared.at)


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


def build_clients(declared: Mapping[str, DeclaredClient], problems: Problems) -> tuple[Client, ...]:
    """Keys become digests here and are known no more."""
    clients = []
    for name, client in declared.items():
        for key, refused in (("jwt", True), ("ips", True), ("expires", True), ("limits", False)):
            if getattr(client, key) is not None:
                path = f"clients.{name}.{key}"
                later(problems, client.place(key), path, f"`{key}` of a client", refuse=refused)
        digests = tuple(digest(key) for key in client.key or ())
        clients.append(Client(name, digests, client.models))
    return tuple(clients)


def digest(key: str) -> str:
    """`sha256:…` as it is written, any other key hashed: 64 hex digits."""
    written = key.removeprefix("sha256:")
    return written.lower() if written != key else hashlib.sha256(key.encode()).hexdigest()


def build_endpoints(
    declared: Mapping[str, DeclaredEndpoint | str], providers: Mapping[str, Provider], problems: Problems
) -> tuple[Endpoint, ...]:
    """The declared endpoints; the standard ones too, unless the site declares its own, less those `off`."""
    off = {name for name, endpoint in declared.items() if isinstance(endpoint, str)}
    own = {name: endpoint for name, endpoint in declared.items() if not isinstance(endpoint, str)}
    built = [_endpoint(name, endpoint, providers, problems) for name, endpoint in own.items()]
    standard = standard_endpoints()
    if own:
        # A list of models belongs to whatever surface is served.
        standard = [endpoint for endpoint in standard if endpoint.kind == "models"]
    taken = off | own.keys()
    kept = [endpoint for endpoint in standard if endpoint.name not in taken]
    return tuple([*(endpoint for endpoint in built if endpoint is not None), *kept])


def standard_endpoints() -> list[Endpoint]:
    """What a site serves that says nothing about endpoints."""
    return [
        Endpoint(standard.name, standard.path, standard.methods, standard.kind, surface.name)
        for surface in SURFACES
        for standard in surface.endpoints
    ]


def _endpoint(
    name: str, declared: DeclaredEndpoint, providers: Mapping[str, Provider], problems: Problems
) -> Endpoint | None:
    path = f"endpoints.{name}"
    auth = _auth(declared, path, problems)
    if declared.action is not None:
        later(problems, declared.place("action"), f"{path}.action", "an endpoint with an action")
        return None
    _warn_of_action_keys(declared, path, problems)
    if declared.pass_ is not None:
        provider = providers.get(declared.pass_)
        methods = declared.methods or ("GET", "POST", "PUT", "PATCH", "DELETE")
        return Endpoint(name, declared.path, methods, "pass", HUB, auth, provider) if provider else None
    if declared.surface is None or declared.surface not in SURFACES:
        return None
    return Endpoint(name, declared.path, declared.methods or ("POST",), "surface", declared.surface, auth)


def _warn_of_action_keys(declared: DeclaredEndpoint, path: str, problems: Problems) -> None:
    """What an endpoint may say beside an action, and this one has none."""
    kind = "pass" if declared.pass_ is not None else "surface"
    for key in ACTION_KEYS:
        if getattr(declared, f"{key}_" if key == "with" else key) is not None:
            later(problems, declared.place(key), f"{path}.{key}", f"`{key}` beside `{kind}`", refuse=False)


def _auth(declared: DeclaredEndpoint, path: str, problems: Problems) -> str:
    if declared.auth in (None, "clients"):
        return "clients"
    if declared.auth == EVERYBODY:
        return EVERYBODY
    later(problems, declared.place("auth"), f"{path}.auth", "a token or a password for one endpoint")
    return "clients"


def check_off(
    declared: Mapping[str, DeclaredEndpoint | str], places: Mapping[str, Position], problems: Problems
) -> None:
    """`NAME: off` is for standard endpoints; `places` say where each name stands."""
    standard = [endpoint.name for endpoint in standard_endpoints()]
    for name, endpoint in declared.items():
        if isinstance(endpoint, str) and name not in standard:
            near = nearest(name, standard)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(standard)}"
            message = f"there is no standard endpoint {name!r} to turn off"
            problems.warning(places[name], "unknown-endpoint", message, hint=hint, path=f"endpoints.{name}")


def check_stores(declared: Mapping[str, Conversations], problems: Problems) -> None:
    """Conversations are kept by actions, which a later version has."""
    for name, store in declared.items():
        path = f"conversations.{name}"
        later(problems, store.at, path, "a store of conversations", refuse=False)


def check_surfaces(declared: Mapping[str, Any], problems: Problems) -> None:
    """A site's own surfaces are described by the language, and compiled by a later version."""
    for name, surface in declared.items():
        at: Position = surface.at
        later(problems, at, f"surfaces.{name}", "a surface of your own")

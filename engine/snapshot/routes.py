"""Endpoints: from what is declared to what is served from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from engine.actions.action import Action
from engine.actions.errors import ErrorShape, Failure, Stage
from engine.actions.program import Bearer
from engine.config.paths import mounted
from engine.diagnostics import Position, Problems
from engine.errors import ErrorInfo
from engine.mapping.spot import text_of
from engine.operations import CHAT
from engine.registry import nearest
from engine.snapshot.actions import Around, build_action, build_bearer, build_errors
from engine.snapshot.library import shipped as shipped_library
from engine.snapshot.model import Endpoint, Provider
from engine.snapshot.remembering import build_remembering, refuse_remembering
from engine.snapshot.surfaces import Offered, Surfaces, SurfaceTable
from engine.snapshot.surfaces import shipped_names as shipped_surfaces
from engine.spec.endpoint import Endpoint as DeclaredEndpoint
from engine.spec.endpoint import EndpointAuth
from engine.surfaces.registry import SURFACES
from engine.surfaces.reworded import Reworded
from engine.surfaces.surface import Surface, speaking
from engine.surfaces.surface import spoken as operations_of
from engine.tree import Scalar

HUB = "openai-chat"
BESIDE_NO_SURFACE = ("request", "profile", "response", "status", "stream")
ACTION_KEYS = ("request", "profile", "with", "response", "status", "stream", "errors", "error_status")


def build_endpoints(
    declared: Mapping[str, DeclaredEndpoint | str],
    providers: Mapping[str, Provider],
    surfaces: SurfaceTable,
    around: Around,
    problems: Problems,
) -> tuple[Endpoint, ...]:
    """The declared endpoints; the standard ones too, unless the site declares its own, less those `off`.

    `surfaces` are those of `served_surfaces`.
    """
    off = {name for name, endpoint in declared.items() if isinstance(endpoint, str)}
    own = {name: endpoint for name, endpoint in declared.items() if not isinstance(endpoint, str)}
    built = [_built(name, one, providers, surfaces, around, problems) for name, one in own.items()]
    standard = standard_endpoints(surfaces.offered())
    if own:
        # A list of models, say, belongs to whatever surface is served.
        standard = [endpoint for endpoint in standard if endpoint.kind not in ("surface", "operation")]
    taken = off | own.keys()
    # Who speaks a path's protocol with an accent goes where the path goes.
    gone = {endpoint.path for endpoint in standard if endpoint.name in off and endpoint.header is None}
    kept = [
        endpoint
        for endpoint in standard
        if endpoint.name not in taken and not (endpoint.header_like and endpoint.path in gone)
    ]
    return tuple([*(endpoint for endpoint in built if endpoint is not None), *kept])


def served_surfaces(
    declared: Mapping[str, DeclaredEndpoint | str], own: Iterable[str], surfaces: Surfaces
) -> SurfaceTable:
    """The surfaces that endpoints speak, the hub, and the site's own; all, where no endpoint is declared."""
    named = [one.surface for one in declared.values() if not isinstance(one, str) and one.surface]
    any_declared = any(not isinstance(one, str) for one in declared.values())
    wanted = [HUB, *named] if any_declared else shipped_surfaces()
    return surfaces.table(dict.fromkeys([*wanted, *own]))


def standard_endpoints(surfaces: Iterable[Surface | Offered] = SURFACES) -> list[Endpoint]:
    """What a site serves that says nothing about endpoints."""
    return [
        Endpoint(
            standard.name,
            standard.path,
            standard.methods,
            standard.kind,
            surface.name,
            header=standard.header,
            header_like=standard.header_like,
            answer=standard.answer,
            operation=standard.operation,
        )
        for surface in surfaces
        for standard in surface.endpoints
    ]


def _built(name: str, declared: DeclaredEndpoint, *rest: Any) -> Endpoint | None:
    endpoint = _endpoint(name, declared, *rest)
    return replace(endpoint, keyed=True) if endpoint is not None and declared.auth == "clients" else endpoint


def _endpoint(
    name: str,
    declared: DeclaredEndpoint,
    providers: Mapping[str, Provider],
    surfaces: SurfaceTable,
    around: Around,
    problems: Problems,
) -> Endpoint | None:
    path = f"endpoints.{name}"
    auth, token = _auth(declared, path, problems)
    where = mounted(declared.at.file, declared.path, around.mounts)
    if declared.surface is None:
        kind = "an action" if declared.action is not None else "`pass`"
        refuse_remembering(declared, path, kind, problems)
    if declared.action is not None:
        program = build_action(name, declared, around, problems)
        if program is None:
            return None
        _check_guard(declared, program.action, auth, problems)
        methods = declared.methods or (("GET",) if program.action.reads else ("POST",))
        return Endpoint(name, where, methods, "action", HUB, auth, action=program, token=token)
    _warn_of_action_keys(declared, path, problems)
    if declared.pass_ is not None:
        provider = providers.get(declared.pass_)
        if provider is not None and provider.rules:
            message = f"`pass` relays bytes: the rules of provider {provider.name!r} do not hold here"
            problems.warning(declared.place("pass"), "rules-not-applied", message, path=f"{path}.pass")
        methods = declared.methods or ("GET", "POST", "PUT", "PATCH", "DELETE")
        if declared.allow is not None and not declared.path.endswith("{path}"):
            message = "`allow` is about what a last {path} stands for, and this path has none"
            problems.error(declared.place("allow"), "no-path-name", message, path=f"{path}.allow")
        if provider is None:
            return None
        return Endpoint(name, where, methods, "pass", HUB, auth, provider, token=token, allow=declared.allow)
    if declared.surface is None or declared.surface not in surfaces:
        return None
    methods = declared.methods or ("POST",)
    spoken = _spoken(name, declared, surfaces, around, problems)
    built = Endpoint(name, where, methods, "surface", spoken, auth, token=token)
    endpoint = _of_surface(built, declared, surfaces[declared.surface], problems)
    if endpoint is None or endpoint.operation != CHAT:
        refuse_remembering(declared, path, "another operation", problems)
        return endpoint
    remember = build_remembering(name, declared, surfaces[spoken], around.stores, problems)
    return endpoint if remember is None else replace(endpoint, remember=remember)


def _of_surface(
    built: Endpoint, declared: DeclaredEndpoint, surface: Surface, problems: Problems
) -> Endpoint | None:
    """The chat of a surface, or what else it is asked for."""
    asked = speaking(surface, declared.operation)
    if asked is None:
        has = ", ".join(operations_of(surface))
        said = "more than one operation" if declared.operation is None else f"no {declared.operation!r}"
        message = f"the surface {surface.name!r} has {said}"
        at = declared.place("surface" if declared.operation is None else "operation")
        hint = f"write operation: one of {has}"
        problems.error(at, "unknown-operation", message, hint=hint, path=f"endpoints.{built.name}")
        return None
    if asked.operation == CHAT:
        return built
    return replace(built, kind="operation", operation=asked.operation)


def _spoken(
    name: str, declared: DeclaredEndpoint, surfaces: SurfaceTable, around: Around, problems: Problems
) -> str:
    """The surface of an endpoint; one of its own, where it tells errors in another way or names a model."""
    assert declared.surface is not None
    model, fixed = _own_model(declared, f"endpoints.{name}.with", problems)
    tells = declared.errors is not None or declared.error_status is not None
    shape = build_errors(declared, f"endpoints.{name}", around, problems) if tells else None
    if model is None and shape is None:
        return declared.surface
    own = f"{declared.surface}@{name}"
    spoken: Any = reworded(
        surfaces[declared.surface], shape, model, words=declared.errors is not None, fixed=fixed
    )
    surfaces.add(own, spoken)
    return own


def reworded(
    surface: Surface, shape: ErrorShape | None, model: str | None, *, words: bool, fixed: bool = False
) -> Reworded:
    """With `words` the shape's bodies, too, and not its statuses alone."""
    if shape is None:
        return Reworded(surface, None, None, model, fixed)

    def body(info: ErrorInfo) -> Any:
        return shape.body(Failure(info, Stage.ACTION))

    def status(info: ErrorInfo) -> int:
        return shape.status_of(Failure(info, Stage.ACTION))

    return Reworded(surface, body if words else None, status, model, fixed)


def _own_model(declared: DeclaredEndpoint, path: str, problems: Problems) -> tuple[str | None, bool]:
    """`with: {model: NAME}` beside a surface: asked where a request names no model; `fixed: true`: always."""
    if declared.with_ is None:
        return None, False
    inputs = declared.with_.inputs
    for key in inputs.keys() - {"fixed"}:
        message = f"`{key}` has no effect beside `surface`, where only `model` and `fixed` may stand"
        problems.warning(declared.with_.place(key), "no-effect", message, path=f"{path}.{key}")
    name = text_of(declared.with_.model) if declared.with_.model is not None else None
    said = inputs.get("fixed")
    fixed = said.value if isinstance(said, Scalar) else said is not None and None
    if not isinstance(fixed, bool) or (fixed and not name):
        message = "`fixed` is true or false, and stands beside the `model` that is always asked"
        problems.error(declared.with_.place("fixed"), "invalid-value", message, path=f"{path}.fixed")
    return name or None, fixed is True


def _check_guard(declared: DeclaredEndpoint, action: Action, auth: str, problems: Problems) -> None:
    """What is for the operator is not for everybody."""
    if not action.guarded or auth in ("password", "token"):
        return
    message = f"the action {action.name!r} is for the operator, and {{}} may call this endpoint"
    hint = "write `auth: password`, or `auth: {bearer: …}`"
    if auth == "none":
        problems.error(declared.place("auth"), "open-endpoint", message.format("everybody"), hint=hint)
    else:
        problems.warning(declared.place("action"), "open-endpoint", message.format("any client"), hint=hint)


def _warn_of_action_keys(declared: DeclaredEndpoint, path: str, problems: Problems) -> None:
    """What an endpoint may say beside an action, and this one has none."""
    kind = "pass" if declared.pass_ is not None else "surface"
    for key in ACTION_KEYS if declared.surface is None else BESIDE_NO_SURFACE:
        if getattr(declared, f"{key}_" if key == "with" else key) is not None:
            message = f"`{key}` has no effect beside `{kind}`; it is for actions"
            problems.warning(declared.place(key), "no-effect", message, path=f"{path}.{key}")


def _auth(declared: DeclaredEndpoint, path: str, problems: Problems) -> tuple[str, Bearer | None]:
    if isinstance(declared.auth, EndpointAuth):
        return "token", build_bearer(declared.auth, path, problems)
    return declared.auth or "clients", None


def check_off(
    declared: Mapping[str, DeclaredEndpoint | str], places: Mapping[str, Position], problems: Problems
) -> None:
    """`NAME: off` is for standard endpoints; `places` say where each name stands."""
    standard = standard_names()
    for name, endpoint in declared.items():
        if isinstance(endpoint, str) and name not in standard:
            near = nearest(name, standard)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(standard)}"
            message = f"there is no standard endpoint {name!r} to turn off"
            problems.warning(places[name], "unknown-endpoint", message, hint=hint, path=f"endpoints.{name}")


def standard_names() -> list[str]:
    """Of everything that ships."""
    shipped = [name for surface in shipped_library().surfaces.values() for name in surface.endpoints]
    return [*(endpoint.name for endpoint in standard_endpoints()), *shipped]

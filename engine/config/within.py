"""Checks inside one file that a schema cannot make, as a list of small rules over bound objects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Set

from engine.diagnostics import Position, Problems, Related
from engine.globs import is_glob
from engine.spec.document import RouteFile
from engine.spec.endpoint import Endpoint
from engine.spec.model import Model, Target
from engine.spec.pool import Credential, Pool
from engine.spec.shapes import is_plain_secret
from engine.tree import Node, Scalar, to_data

SECRET_NAME = re.compile(r"(?i)(?:secret|token|password|private_key)$")
Names = Mapping[tuple[str, str], Position]


def check_within(document: RouteFile, names: Names, broken: Set[tuple[str, ...]], problems: Problems) -> None:
    """Check all objects but those of `broken` (top-level key, name), of which parts are left out."""
    for name, model in document.models.items():
        if ("models", name) not in broken:
            for check in MODEL_CHECKS:
                check(name, model, names["model", name], f"models.{name}", problems)
    for name, pool in document.pools.items():
        if ("pools", name) not in broken:
            _credentials(name, pool, names["pool", name], problems)
    for name, endpoint in document.endpoints.items():
        if isinstance(endpoint, Endpoint):
            _path(name, endpoint, problems)


def _has_target(name: str, model: Model, at: Position, path: str, problems: Problems) -> None:
    if not model.targets:
        hint = "write targets: [provider/model]"
        problems.error(at, "no-target", f"model '{name}' has no target", hint=hint, path=path)


def _stars(name: str, model: Model, at: Position, path: str, problems: Problems) -> None:
    """The `*` of a target stands for what the alias's `*` matched, so there must be one."""
    for index, target in enumerate(model.targets):
        upstream = _text(target)
        if upstream and "*" in upstream and not is_glob(name):
            hint = "a '*' in a target repeats what the alias's own '*' matched"
            message = f"'{upstream}' has a '*', but the alias '{name}' has none"
            where = f"{path}.targets.{index}.model"
            problems.error(_model_at(target), "no-star", message, hint=hint, path=where)


def _reachable(name: str, model: Model, at: Position, path: str, problems: Problems) -> None:
    for index, target, reason in _unreachable(model):
        where = f"{path}.targets.{index}"
        problems.warning(target.at, "unreachable-target", f"this target is never tried: {reason}", path=where)


def _unreachable(model: Model) -> Iterator[tuple[int, Target, str]]:
    """Targets that the strategy cannot come to: those without weight, and repetitions."""
    seen: dict[tuple[object, ...], int] = {}
    for index, target in enumerate(model.targets):
        key = (target.provider, target.dialect, _identity(target.model), _identity(target.base_url))
        if model.strategy == "weighted" and target.weight == 0:
            yield index, target, "its weight is 0"
        elif key in seen:
            yield index, target, f"it repeats target {seen[key] + 1}, which has no condition"
        elif target.when is None:
            seen[key] = index


def _idle(name: str, model: Model, at: Position, path: str, problems: Problems) -> None:
    """What only another strategy would read."""
    for key, strategy in (("by", "sticky"), ("explore", "lowest_latency")):
        if getattr(model, key) is not None and model.strategy != strategy:
            message = f"`{key}` has no effect: the strategy {model.strategy!r} does not read it"
            hint = f"it is for `strategy: {strategy}`"
            problems.warning(model.place(key), "idle-key", message, hint=hint, path=f"{path}.{key}")


def _identity(node: Node | None) -> str:
    return repr(to_data(node)) if node is not None else ""


def _text(target: Target) -> str | None:
    """The upstream model, when it is written as text and no expression."""
    value = target.model.value if isinstance(target.model, Scalar) else None
    return value if isinstance(value, str) and not value.startswith("=") and "${" not in value else None


def _model_at(target: Target) -> Position:
    return target.model.at if target.model else target.at


MODEL_CHECKS: tuple[Callable[[str, Model, Position, str, Problems], None], ...] = (
    _has_target,
    _stars,
    _reachable,
    _idle,
)


def _credentials(name: str, pool: Pool, at: Position, problems: Problems) -> None:
    """Each credential has its own id. `credentials: []` says that all of them come at run time."""
    path = f"pools.{name}.credentials"
    seen: dict[str, Position] = {}
    for index, credential in enumerate(pool.credentials):
        _open_secrets(credential, f"{path}.{index}", problems)
        if credential.write is not None and credential.directory is None:
            message, hint = "`write` says how files of a `directory` are written", "write directory: PATH"
            problems.error(
                credential.place("write"), "no-directory", message, hint=hint, path=f"{path}.{index}"
            )
        if credential.id is None:
            continue
        first = seen.setdefault(credential.id, credential.at)
        if first is not credential.at:
            message = f"credential '{credential.id}' is already there (line {first.line})"
            related = (Related(first, "first here"),)
            problems.error(
                credential.at, "duplicate-name", message, path=f"{path}.{index}.id", related=related
            )


def _open_secrets(credential: Credential, path: str, problems: Problems) -> None:
    """Further names of a credential are open, but some are secrets by their name."""
    for name, node in credential.extra.items():
        if SECRET_NAME.search(name) and isinstance(node, Scalar) and is_plain_secret(node):
            message, hint = f"'{name}' is a secret in plain text", 'write "${env:NAME}" or "${file:PATH}"'
            problems.warning(node.at, "plain-secret", message, hint=hint, path=f"{path}.{name}", secret=True)


def _path(name: str, endpoint: Endpoint, problems: Problems) -> None:
    """Parameters of a path have different names, and `{path}` ends it."""
    found = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{") and part.endswith("}")]
    message = None
    if len(set(found)) < len(found):
        message = "two parameters of this path have one name"
    elif "path" in found and not endpoint.path.endswith("/{path}"):
        message = "{path} takes the rest of the URL, so it must come last"
    if message:
        problems.error(endpoint.at, "bad-path", message, path=f"endpoints.{name}.path")

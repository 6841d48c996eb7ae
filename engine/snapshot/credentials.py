"""Credentials of a pool: from what is declared to what is served from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from engine.config import structure
from engine.config.yaml import parse_yaml
from engine.credentials.model import Credential, Directory, State, Steering
from engine.diagnostics import Problems
from engine.errors import RequestRefused
from engine.mapping.scope import Scope
from engine.mapping.template import Template
from engine.operations import OPERATIONS
from engine.ports import Secrets
from engine.snapshot.model import Provider
from engine.snapshot.moments import HINT, moment, moment_of
from engine.spec.base import Binding
from engine.spec.limits import RateLimits
from engine.spec.objects import Object
from engine.spec.pool import Credential as Declared
from engine.spec.pool import CredentialFile, PoolState
from engine.spec.pool import Pool as DeclaredPool
from engine.tree import Node, Scalar, at_path, to_data


def declared_credential(
    declared: Declared, default_id: str, secrets: Secrets, problems: Problems, path: str
) -> Credential:
    """One that stands in a route file, or in a JSON file that it names."""
    data = _file_data(declared, secrets, problems, path)
    data.update({name: to_data(node) for name, node in declared.extra.items()})
    key = declared.key if declared.key is not None else data.get("key")
    id_ = declared.id or default_id
    expires = moment_of(declared.expires, problems, f"{path}.expires")
    named = {**data, "id": id_, "key": key}
    return Credential(id_, key, declared.weight, declared.models, expires, named, declared.limits)


def _file_data(declared: Declared, secrets: Secrets, problems: Problems, path: str) -> dict[str, Any]:
    """The names of the JSON file that a credential points at."""
    if declared.file is None:
        return {}
    text = secrets.file(declared.file)
    try:
        data = json.loads(text) if text is not None else None
    except ValueError:
        data = None
    if isinstance(data, dict):
        return data
    reason = "cannot be read" if text is None else "is not a JSON object"
    problems.error(declared.at, "bad-credential-file", f"the file {declared.file!r} {reason}", path=path)
    return {}


# Of the files of a directory.
ENDING = ".json"

Writer = Callable[[Mapping[str, Any], float], tuple[str | None, dict[str, Any]]]

# --- directories ---------------------------------------------------------------------------------------


class Form(NamedTuple):
    """What all files of a directory have in common. `names` are templates over a file's own names."""

    key: Template | None
    expires: Template | None
    names: Mapping[str, Template]
    weight: float
    models: tuple[str, ...] | None
    limits: RateLimits | None


def directory(declared: Declared, problems: Problems, path: str) -> Directory:
    assert declared.directory is not None

    def compiled(name: str, node: Node) -> Template:
        return Template.compile(node, "directory", problems, f"{path}.{name}")

    if declared.id is not None:
        message = "`id` has no effect beside `directory`: each file's name is its id"
        problems.warning(declared.place("id"), "no-effect", message, path=f"{path}.id")
    key = Scalar(declared.key, declared.place("key")) if declared.key is not None else None
    form = Form(
        compiled("key", key) if key else None,
        compiled("expires", declared.expires) if declared.expires else None,
        {name: compiled(name, node) for name, node in declared.extra.items()},
        declared.weight,
        declared.models,
        declared.limits,
    )
    write = declared.write and _writer(declared.write, problems, f"{path}.write")
    state = _state(declared.state, problems, f"{path}.state") if declared.state else None
    ignore = declared.ignore if state is None else (*declared.ignore, state.file)
    return Directory(
        declared.directory, partial(_of_file, form), str(declared.at), write or None, ignore, state
    )


def without_directory(declared: Declared, problems: Problems, path: str) -> None:
    """What is about files has no effect on one credential."""
    for key in ("write", "state", "ignore"):
        if getattr(declared, key):
            message = f"`{key}` has no effect without a `directory`"
            problems.warning(declared.place(key), "no-effect", message, path=f"{path}.{key}")


def _state(declared: PoolState, problems: Problems, path: str) -> State:
    def compiled(name: str, node: Node | None) -> Template | None:
        return None if node is None else Template.compile(node, "directory", problems, f"{path}.{name}")

    selected = compiled("selected", declared.selected)
    rotation = compiled("rotation", declared.rotation)

    def read(data: Mapping[str, Any]) -> Steering:
        scope = Scope(data=data)
        named = selected(scope) if selected else None
        id_ = named.removesuffix(ENDING) if isinstance(named, str) else None
        return Steering(id_ or None, rotation is None or rotation(scope) is not False)

    return State(declared.file, read)


def _writer(declared: CredentialFile, problems: Problems, path: str) -> Writer:
    def compiled(name: str, node: Node) -> Template:
        return Template.compile(node, "directory.file", problems, f"{path}.{name}")

    named = compiled("name", declared.name) if declared.name is not None else None
    names = {name: compiled(f"file.{name}", node) for name, node in declared.file.items()}

    def write(credential: Mapping[str, Any], now: float) -> tuple[str | None, dict[str, Any]]:
        """Raises `EngineError`, which names no value."""
        scope = Scope(clock=lambda: now, credential=credential)
        given = named(scope) if named else None
        whole = {name: value for name, each in names.items() if (value := each(scope)) is not None}
        return (str(given) if given is not None else None), whole

    return write


def _of_file(form: Form, id_: str, data: Mapping[str, Any], now: float) -> Credential:
    """Raises `EngineError` that names no value of the file."""
    scope = Scope(clock=lambda: now, data=data)
    named = {name: value for name, template in form.names.items() if (value := template(scope)) is not None}
    key = form.key(scope) if form.key else data.get("key")
    if not isinstance(key, str) or not key:
        what = f"`key: {form.key.text}` gives no text" if form.key else "it has no text under `key`"
        raise RequestRefused(what, code="no_key")
    written = form.expires(scope) if form.expires else None
    try:
        expires = None if written is None else moment(written)
    except ValueError as exc:
        raise RequestRefused(f"`expires` gives no time; {HINT}", code="bad_date") from exc
    whole = {**data, **named, "id": id_, "key": key}
    return Credential(id_, key, form.weight, form.models, expires, whole, form.limits)


def check_probes(
    declared: Mapping[str, DeclaredPool], providers: Mapping[str, Provider], problems: Problems
) -> None:
    """A probe needs a platform that can do what it asks for."""
    for name, pool in declared.items():
        users = [each for each in providers.values() if each.pool is not None and each.pool.name == name]
        if pool.probe is None or not users:
            continue
        operation = pool.probe.operation
        if not any(operation in user.dialect.operations for user in users):
            # The others need something to work on.
            known = sorted({title for user in users for title in user.dialect.operations} - OPERATIONS.keys())
            message = f"no platform of the pool {name!r} has the operation {operation!r}"
            hint = f"there is {', '.join(known)}" if known else None
            at, path = pool.probe.place("operation"), f"pools.{name}.probe.operation"
            problems.error(at, "unknown-operation", message, hint=hint, path=path)


# --- stored at run time --------------------------------------------------------------------------------


def stored_credential(row: Mapping[str, Any], fields: Mapping[str, Any]) -> Credential:
    """One that came at run time: its row, and what of it was encrypted. Raises `RequestRefused`."""
    id_, key = row["id"], fields.get("key")
    models = tuple(row["models"]) if row["models"] else None
    data = {**fields, "id": id_}
    limits = limits_of(row["limits"])
    return Credential(id_, key, row["weight"], models, row["expires"], data, limits)


def limits_of(data: Any) -> RateLimits | None:
    """`limits` as JSON, as they are written in a file. Raises `RequestRefused` for what are none."""
    if data is None:
        return None
    problems = Problems()
    # Checked where they would stand in a file: one description of the format does for both.
    written = {"version": 1, "pools": {"p": {"credentials": [{"limits": data}]}}}
    node = parse_yaml("limits", json.dumps(written).encode(), problems)
    if node is not None:
        structure.check(node, "route", problems)
    if node is None or problems.has_errors:
        what = "; ".join(item.message for item in problems.items)
        raise RequestRefused(f"limits: {what}", param="limits", code="bad_limits")
    bound = Object(RateLimits).bind(at_path(node, list(LIMITS)), (), Binding(problems))
    return bound if isinstance(bound, RateLimits) else None


LIMITS: tuple[str | int, ...] = ("pools", "p", "credentials", 0, "limits")

"""`dialects:` a platform, compiled: everything that a request needs, as functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from engine.diagnostics import Problems
from engine.globs import matches
from engine.mapping.after import AfterProgram, compile_after
from engine.mapping.auth import AuthProgram, compile_auth
from engine.mapping.error import ErrorProgram, compile_error
from engine.mapping.heritage import Heritage, Parts
from engine.mapping.login import LoginProgram, compile_login
from engine.mapping.program import Program
from engine.mapping.request import RequestProgram, compile_request
from engine.mapping.response import ResponseProgram, compile_response
from engine.mapping.spot import Spot, text_of
from engine.mapping.steps import Steps, compile_cancel, compile_steps
from engine.mapping.stream import StreamProgram, compile_stream
from engine.mapping.unit import Unit, Used
from engine.registry import Registry
from engine.signing.registry import SCHEMES
from engine.signing.scheme import Scheme
from engine.tree import Mapping as Tree
from engine.tree import Scalar, to_data

ASKED = "asked"
Modes = tuple[tuple[str, str], ...]


# `prefetch` → the type of the parts that it means.
PREFETCHED = {"images": "image", "files": "file", "audio": "audio"}


@dataclass(frozen=True, slots=True)
class Prefetch:
    """What a platform takes as bytes only: types of parts; `besides`: globs on URLs that it takes."""

    parts: frozenset[str]
    besides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One capability of a platform.

    `reads_body`: the client's parameters that the request reads, None for all of them · `names_body`: those
    that it reads by their names · `reads_chat`: the fields of `chat` that it reads · `mode`: asked | always |
    never, for models that `modes` does not name · `wire`: the wire format of an operation beside the chat ·
    `steps`: the calls that follow before an answer is there, `opening`: before its stream is, `after`: the
    call when that has ended · `cancel`: the call that ends what they wait for.
    """

    name: str
    request: RequestProgram | None
    stream: StreamProgram | None
    response: ResponseProgram | None
    steps: Steps
    mode: str
    modes: Modes
    reads_body: frozenset[str] | None
    names_body: frozenset[str]
    reads_chat: frozenset[str]
    prefetch: Prefetch | None
    wire: str | None = None
    opening: Steps = ()
    after: AfterProgram | None = None
    cancel: RequestProgram | None = None

    @property
    def is_one_call(self) -> bool:
        """Whether the answer to the request is the answer, and nothing has to be called off."""
        return not (self.steps or self.opening or self.after or self.cancel)

    def mode_for(self, model: str) -> str:
        """Whether a stream is asked of the platform, for an upstream model."""
        for glob, mode in self.modes:
            if matches(glob, model):
                return mode
        return self.mode


@dataclass(frozen=True, slots=True)
class Dialect:
    """A platform. `features` maps a feature to globs of upstream models.

    `passthrough_unless`: the parameters of a provider with which nothing passes.
    """

    name: str
    wire: str | None
    passthrough: bool
    params: Mapping[str, Any]
    features: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, Any]
    auth: tuple[AuthProgram, ...]
    operations: Mapping[str, Operation]
    error: ErrorProgram
    login: LoginProgram | None = None
    prefetch: Prefetch | None = None
    """That of `chat`, which every request asks for."""
    passthrough_unless: frozenset[str] = frozenset()
    functions_only: bool = False
    heritage: Heritage | None = None
    """For dialects that extend it; None where it has mistakes."""
    any_program: Program | None = None
    """One of those that are its own, for coverage."""


def compile_dialect(
    name: str,
    node: Tree,
    problems: Problems,
    *,
    framings: frozenset[str] | None = None,
    schemes: Registry[Scheme] = SCHEMES,
    path: str | None = None,
    parent: Dialect | None = None,
) -> Dialect:
    """Compile a dialect whose `extends` was merged. Its structure counts as checked, its templates do not.

    `framings` are the names that exist (None: any). Mistakes go to `problems`; what has none
    still works. `parent` is what it extends: parts of which nothing changed are that one's.
    """
    own = Problems()
    spot = Spot(node, f"dialects.{name}" if path is None else path)
    unit = Unit(own, spot)
    parts = Parts(unit, spot, parent.heritage if parent else None)
    operations = _operations(parts, unit, spot, framings)
    auth, error, login = (spot.get(key) for key in ("auth", "error", "login"))
    dialect = Dialect(
        name=name,
        wire=_text(spot, "wire"),
        passthrough=_flag(spot, "passthrough"),
        params=_data(spot, "params"),
        features={title: _texts(globs) for title, globs in _data(spot, "features").items()},
        tables=_data(spot, "tables"),
        auth=parts.part("auth", (auth,), lambda: compile_auth(unit, auth, schemes)),
        operations=operations,
        error=parts.part("error", (error,), lambda: compile_error(unit, error)),
        login=parts.part("login", (login,), lambda: compile_login(unit, login)),
        prefetch=chat.prefetch if (chat := operations.get("chat")) else None,
        functions_only=_flag(spot, "functions_only"),
        passthrough_unless=frozenset(_texts(_listed(spot, "passthrough_unless"))),
        any_program=next(iter(unit.programs), None),
    )
    parts.check_unused()
    if not own.has_errors and spot.get("extends") is None:
        note_unused(spot, unit.used, own)
    unit.build(spot)
    problems.extend(own.items)
    return dialect if own.items else replace(dialect, heritage=parts.heritage(node))


def note_unused(spot: Spot, used: Used, problems: Problems) -> None:
    """Warn of names that nothing reads; a dialect that extends another cannot help those that it inherits."""
    for kind, names in (("tables", used.tables), ("let", used.lets), ("defs", used.defs)):
        written = spot.get(kind)
        for entry in written.entries() if written else ():
            if written and entry.key not in names:
                message = f"nothing uses {entry.key!r} of {kind}"
                problems.warning(entry.key_at, "unused-name", message, path=written.below(entry.key))


def _operations(
    parts: Parts, unit: Unit, spot: Spot, framings: frozenset[str] | None
) -> dict[str, Operation]:
    written, mode = spot.get("operations"), spot.get("mode")
    modes = read_modes(mode)
    operations: dict[str, Operation] = {}
    for entry in written.entries() if written else ():
        at = Spot(entry.value, f"{spot.below('operations')}.{entry.key}")
        making = partial(_operation, parts, unit, entry.key, at, modes, framings)
        operations[entry.key] = parts.part(entry.key, (at, mode), making)
    return operations


def _operation(
    parts: Parts, unit: Unit, title: str, spot: Spot, inherited: Modes, framings: frozenset[str] | None
) -> Operation:
    request, stream, response = (spot.get(part) for part in ("request", "stream", "response"))
    if request is None:
        unit.problems.error(spot.at, "missing-key", f"the operation {title!r} has no request", path=spot.path)
    sent = compile_request(unit, request) if request else None
    streamed = parts.part(
        f"{title}.stream", (stream,), lambda: compile_stream(unit, stream, framings) if stream else None
    )
    read = parts.part(
        f"{title}.response",
        (response, stream),
        lambda: compile_response(unit, response, streamed, title) if response else None,
    )
    steps = compile_steps(unit, response.get("steps") if response else None)
    opening = compile_steps(unit, stream.get("steps") if stream else None, to_stream=True)
    after = compile_after(unit, stream.get("after") if stream else None, has_steps=bool(opening))
    cancel = compile_cancel(unit, spot.get("cancel"), has_steps=bool(steps or opening))
    further = [*steps, *opening, *([after.step] if after else ())]
    requests = [sent, cancel, *(step.request for step in further)]
    reads = unit.reads(*(program for one in requests if one is not None for program in one.programs))
    modes = (*read_modes(spot.get("mode")), *inherited)
    return Operation(
        name=title,
        request=sent,
        stream=streamed,
        response=read,
        steps=steps,
        mode=next((mode for glob, mode in modes if glob == "*"), ASKED),
        modes=modes,
        reads_body=reads.body_fields,
        names_body=frozenset(reads.body),
        reads_chat=reads.chat_fields,
        prefetch=_prefetch(spot),
        wire=_text(spot, "wire"),
        opening=opening,
        after=after,
        cancel=cancel,
    )


def _prefetch(spot: Spot) -> Prefetch | None:
    kinds, besides = (spot.get(key) for key in ("prefetch", "takes_urls"))
    written = to_data(kinds.node) if kinds else None
    parts = frozenset(PREFETCHED[kind] for kind in _texts(written or ()) if kind in PREFETCHED)
    except_for = to_data(besides.node) if besides else None
    return Prefetch(parts, _texts(except_for or ())) if parts else None


def read_modes(spot: Spot | None) -> Modes:
    """`mode: always`, or `{glob: mode}`; a longer glob beats a shorter one."""
    data = to_data(spot.node) if spot else None
    if isinstance(data, str):
        return (("*", data),)
    pairs = data.items() if isinstance(data, dict) else ()
    return tuple(sorted(((glob, str(mode)) for glob, mode in pairs), key=lambda pair: -len(pair[0])))


def _text(spot: Spot, key: str) -> str | None:
    found = spot.get(key)
    return text_of(found.node) if found else None


def _flag(spot: Spot, key: str) -> bool:
    found = spot.get(key)
    return bool(found and isinstance(found.node, Scalar) and found.node.value is True)


def _data(spot: Spot, key: str) -> dict[str, Any]:
    found = spot.get(key)
    data = to_data(found.node) if found else None
    return data if isinstance(data, dict) else {}


def _listed(spot: Spot, key: str) -> Any:
    found = spot.get(key)
    return to_data(found.node) if found else []


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),)

"""`proxyctl explain --endpoint`: what an endpoint with an action would ask for. Nothing is sent."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from engine.actions.program import ActionProgram
from engine.errors import EngineError, RequestRefused
from engine.events import Inbound
from engine.gateway.access import visible_names
from engine.gateway.acting import scope_of
from engine.gateway.asking import NOBODY
from engine.gateway.explain import explain
from engine.gateway.scrub import MASK
from engine.snapshot.model import Client, Endpoint, Snapshot

Json = dict[str, Any]


class Asked(Exception):
    """The action wants something of the world: that is as far as it goes here."""

    def __init__(self, what: str, args: Mapping[str, Any]) -> None:
        super().__init__(what)
        self.what = what
        self.args_ = dict(args)


class Looking:
    """Implements `ports.Tools`, and carries nothing out."""

    request_id = "explain"

    def __init__(self, snapshot: Snapshot, client: Client | None, now: float) -> None:
        self._snapshot = snapshot
        self._client = client
        self._now = now

    @property
    def caller(self) -> Mapping[str, Any]:
        return self._client.facts if self._client else NOBODY

    def now(self) -> float:
        return self._now

    def uid(self, prefix: str) -> str:
        return f"{prefix}…"

    def random(self) -> float:
        return 0.0

    def count(self, metric: str, labels: Mapping[str, str]) -> None:
        return None

    def models(self) -> Sequence[str]:
        return visible_names(self._snapshot, self._client)

    async def ask(
        self,
        body: Mapping[str, Any],
        *,
        credential: str | None = None,
        target: Any = None,
        shown: bool = True,
    ) -> Mapping[str, Any]:
        raise Asked("ask", body)

    async def perform(
        self, operation: str, body: Mapping[str, Any], *, credential: str | None = None
    ) -> Mapping[str, Any]:
        raise Asked(operation, body)

    async def emit(self, event: Mapping[str, Any]) -> None:
        return None

    async def do(self, verb: str, args: Mapping[str, Any]) -> Any:
        raise Asked(verb, args)

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        work.close()


async def explain_endpoint(
    snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, client: Client | None, now: float
) -> Json:
    """`{endpoint, path, methods, auth, action, streams, inputs, does, asks, error, plan}`.

    `does`: a verb of the server, with its arguments · `asks`: the chat request, in the hub's words; `plan`:
    what `explain` tells of it · `error`: what the client would get at once.
    """
    program = endpoint.action
    assert program is not None
    told: Json = {
        "endpoint": endpoint.name,
        "path": endpoint.path,
        "methods": list(endpoint.methods),
        "auth": endpoint.auth,
        "action": program.action.name,
    }
    told |= dict.fromkeys(("streams", "inputs", "does", "asks", "error", "plan"))
    try:
        await _look(told, program, snapshot, inbound, client, now)
    except Asked as asked:
        if asked.what == "ask":
            told["asks"] = asked.args_
            told["plan"] = explain(snapshot, asked.args_, {}, client, now=now)
        else:
            told["does"] = {"verb": asked.what, "args": asked.args_}
    except EngineError as error:
        told["error"] = {"status": error.info.status, "code": error.info.code, "message": error.info.message}
    return told


async def _look(
    told: Json,
    program: ActionProgram,
    snapshot: Snapshot,
    inbound: Inbound,
    client: Client | None,
    now: float,
) -> None:
    """Raises `Asked`, and `EngineError`."""
    scope = scope_of(snapshot, inbound, client, lambda: now, lambda prefix: f"{prefix}…")
    wrong = program.check.wrong(scope.body) if program.check else []
    if wrong:
        raise RequestRefused(wrong[0].message, param=wrong[0].param, code=wrong[0].code)
    given = program.inputs.given(program.action, scope)
    told["streams"] = program.streams(scope)
    told["inputs"] = {name: _shown(name, value) for name, value in given.items()}
    await program.action.run(given, Looking(snapshot, client, now))


def _shown(name: str, value: Any) -> Any:
    if name == "credential":
        return MASK
    return value if isinstance(value, str | int | float | bool | list | dict | None) else value.name

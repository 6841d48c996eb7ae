"""A small chat with one credential, through all that a request goes through: what does come back?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import orjson

from engine.credentials.model import Credential, Penalty, Pool
from engine.errors import CLASS_RULES, EngineError, ErrorClass, ErrorInfo, RequestRefused, class_of_status
from engine.events import Inbound
from engine.gateway.gateway import Gateway
from engine.gateway.outside import Outside
from engine.routing.aliases import AliasTable
from engine.routing.breaker import OFF
from engine.routing.failover import RetryPolicy
from engine.snapshot.model import Alias, Provider, Snapshot, Target

SURFACE = "openai-chat"
ALIAS = "trial"
MESSAGE = "Say OK."
LONGEST_TOLD = 2000
AUTH_TYPE = CLASS_RULES[ErrorClass.AUTH].type


@dataclass(frozen=True, slots=True)
class Tried:
    """What came back: the text, cut, and the model that the platform names."""

    text: str
    model: str | None
    usage: dict[str, Any] | None = None


async def try_chat(
    outside: Outside,
    snapshot: Snapshot,
    provider: Provider,
    credential: Credential,
    model: str | None = None,
    message: str = MESSAGE,
) -> Tried:
    """Ask once, with this credential alone; nothing of it is held against anybody, or billed to a client.

    `model` is the platform's own name. Raises `EngineError`, in which no secret stands.
    """
    alone = _alone(snapshot, provider, credential, model or model_of(snapshot, provider))
    gateway = Gateway(
        outside.upstream, outside.clock, outside.entropy, outside.counters, outside.telemetry, None
    )
    body = orjson.dumps({"model": ALIAS, "messages": [{"role": "user", "content": message}]})
    inbound = Inbound("POST", "/", {}, {}, body, outside.entropy.uid("trial"))
    answer = await gateway.chat(alone, SURFACE, inbound, None)
    assert isinstance(answer.body, bytes)
    told = orjson.loads(answer.body)
    if answer.status != 200:
        raise EngineError(_failure(answer.status, told["error"]))
    said = (told.get("choices") or [{}])[0].get("message") or {}
    text = said.get("content") or said.get("reasoning_content") or ""
    return Tried(str(text)[:LONGEST_TOLD], told.get("model"), told.get("usage"))


def model_of(snapshot: Snapshot, provider: Provider) -> str:
    """Some model that the site asks for there. Raises `RequestRefused` when only clients say which."""
    exact, globs = snapshot.aliases.exact.values(), snapshot.aliases.globs.values()
    for alias in (*exact, *(glob.value for group in globs for glob in group)):
        for target in alias.targets:
            named = target.model if isinstance(target.model, str) and "*" not in target.model else None
            if named is not None and target.provider.name == provider.name:
                return named
    message = f"name a model of {provider.name!r} to try: the site asks it for whatever clients say"
    raise RequestRefused(message, param="model", code="no_model")


def _alone(snapshot: Snapshot, provider: Provider, credential: Credential, model: str) -> Snapshot:
    free = dict.fromkeys(ErrorClass, Penalty())
    tried = replace(credential, expires=None, models=None, limits=None)  # whatever is known of it
    pool = Pool(f"{provider.name} ({ALIAS})", credentials=(tried,), on_error=free)
    once = RetryPolicy(attempts=1)
    bound = replace(provider, pool=pool, caller_key=None, retry=once, breaker=OFF, allowance=None)
    alias = Alias(ALIAS, provider.at, "first", (Target(bound, model),))
    return replace(snapshot, aliases=AliasTable.build([(ALIAS, alias)]), watched=None)


def _failure(status: int, error: dict[str, Any]) -> ErrorInfo:
    found = ErrorClass.AUTH if error.get("type") == AUTH_TYPE else class_of_status(status)
    return ErrorInfo(found, str(error.get("message")), error.get("code"), status_override=status)

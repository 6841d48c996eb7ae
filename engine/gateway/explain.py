"""`proxyctl explain`: where a request would go, and as what. Pure; nothing is sent, nothing secret shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import orjson

from engine.credentials.model import Credential, Pool
from engine.credentials.pool import NO_REST, rank
from engine.credentials.strategy import Draw
from engine.errors import EngineError, ErrorInfo
from engine.events import Call, Inbound
from engine.gateway.access import find_alias
from engine.gateway.course import nothing_to_try
from engine.gateway.explain_access import access
from engine.gateway.explain_limits import own_limits, place_limits
from engine.gateway.explain_routing import Still, routing, standing
from engine.gateway.media import as_if_fetched
from engine.gateway.plan import Leg, Place, Skipped, legs, places
from engine.gateway.prepare import Prepared, prepare
from engine.gateway.request import Request, params_of
from engine.gateway.rewriting import names_of, rules_of, with_rules
from engine.gateway.scrub import MASK, OPEN_NAMES
from engine.gateway.text_tools import as_functions
from engine.mapping.dialect import Operation
from engine.mapping.steps import Step
from engine.routing.failover import VERDICT_WORDS, rows
from engine.snapshot.model import Client, Provider, Snapshot
from engine.surfaces.forms import is_form, read_form
from engine.surfaces.surface import speaking

HUB = "openai-chat"

# Headers that hold a secret, whatever their exact name.
SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie|signature", re.IGNORECASE)

Json = dict[str, Any]


class Asks(NamedTuple):
    """How it is asked: a surface, its operation (None: its chat, or its only one), names in its path."""

    surface: str = HUB
    operation: str | None = None
    names: Mapping[str, str] = {}


CHAT = Asks()


def explain(
    snapshot: Snapshot,
    body: Json,
    headers: Mapping[str, str],
    client: Client | None,
    *,
    asks: Asks = CHAT,
    now: float = 0.0,
) -> Json:
    """The plan for a client's body: alias, targets in order with their requests, failover table.

    `{model, alias, access, limits, legs: [{alias, name, params, override, targets: [...], skipped: [...]}],
    failover, verdicts, error}`; `error`: the answer that the client would get at once, or None. `now` is what
    templates see. Raises `LookupError` for a surface that does not exist, or has no such operation.
    """
    home = snapshot.surfaces.get(asks.surface)
    surface = speaking(home, asks.operation) if home is not None else None
    if surface is None:
        raise LookupError(f"no surface {asks.surface!r} has {asks.operation or 'one operation alone'!r}")
    raw = orjson.dumps(body)
    shown_headers = {name.lower(): value for name, value in headers.items()}
    inbound = Inbound("POST", "", {}, masked_headers(shown_headers), raw, "explain", names=asks.names)
    told: Json = {"model": body.get("model"), "alias": None, "access": None, "limits": [], "legs": []}
    told["error"] = None
    try:
        request = Request(snapshot, surface, inbound, client, body, surface.model_of(body, inbound))
        told["access"] = access(snapshot, request.model, client, now)
        told["alias"] = _alias(request)
        told["limits"] = own_limits(request, find_alias(snapshot, request.model, client).value)
        told["legs"] = [_leg(request, leg, now) for leg in legs(request)]
        if not any(leg["targets"] for leg in told["legs"]):
            skipped = [Skipped(**each) for leg in told["legs"] for each in leg["skipped"]]
            raise nothing_to_try(request.model, skipped)
    except EngineError as error:
        told["error"] = _error(error.info)
    told["failover"] = rows()
    told["verdicts"] = {verdict.value: words for verdict, words in VERDICT_WORDS.items()}
    return told


def _alias(request: Request) -> Json:
    found = find_alias(request.snapshot, request.model, request.client)
    why = "exact name" if found.name == request.model else f"glob; * stands for {found.captured!r}"
    return {"name": found.name, "why": why, "at": str(found.value.at), "fallback": list(found.value.fallback)}


def _leg(request: Request, leg: Leg, now: float) -> Json:
    params, override = params_of(leg.alias, request.client)
    canary = leg.alias.canary
    found, skipped = places(request, leg, partial(Still, request))
    if canary is not None:
        found.sort(key=lambda place: place.target is canary.target)
    return {
        "alias": leg.alias.name,
        "name": leg.name,
        **routing(leg, found),
        "params": dict(params),
        "override": dict(override),
        "targets": [_target(request, place, now) for place in found],
        "skipped": [{"provider": s.provider, "cause": s.cause, "reason": s.reason} for s in skipped],
    }


def _target(request: Request, place: Place, now: float) -> Json:
    provider = place.provider
    told: Json = {
        "provider": provider.name,
        "model": place.model,
        "weight": place.target.weight,
        "when": place.target.when.text if place.target.when else None,
        "dialect": provider.dialect.name,
        "credentials": _credentials(provider, place.model, now),
        **standing(place),
        **place_limits(request, place),
    }
    rules = rules_of(request, place)
    told["rules"] = names_of(rules)
    try:
        place, _ = as_functions(request, place)
        if rules is not None:
            place = with_rules(request, place, rules.request)
        place = as_if_fetched(request, place)
        prepared = prepare(
            request, place, _masked_credential(provider), lambda: now, lambda prefix: f"{prefix}…"
        )
    except EngineError as error:
        return {**told, "error": _error(error.info)}
    shown = _prepared(prepared, provider)
    if rules is not None and rules.answer:
        shown["passthrough"] = False  # what is rewritten is read
    return {**told, **shown}


def _prepared(prepared: Prepared, provider: Provider) -> Json:
    return {
        "passthrough": prepared.passing,
        "stream": prepared.asked,
        "unsupported": {"policy": provider.unsupported, "parameters": list(prepared.lost)},
        "request": _call(prepared.call, provider),
        "follows": _follows(prepared.operation, asked=prepared.asked),
    }


def _follows(operation: Operation, *, asked: bool) -> Json | None:
    """The calls that may come after the first one, as they are written: their values stand in its answer."""
    if not (operation.steps or operation.opening):
        return None
    return {
        "stream": [_step(step) for step in operation.opening] if asked else [],
        "after": _step(operation.after.step) if asked and operation.after else None,
        "steps": [_step(step) for step in operation.steps],
        "cancel": operation.cancel.words if operation.cancel else None,
    }


def _step(step: Step) -> Json:
    return {"call": step.request.words, **step.told, "every": step.every, "max": step.max}


def _call(call: Call, provider: Provider) -> Json:
    kind = call.headers.get("content-type", "")
    body: Any = orjson.loads(call.body) if call.body and not is_form(kind) else None
    if is_form(kind):
        body = read_form(call.body, kind, {})
    headers = {
        name: MASK if value in provider.secrets else value
        for name, value in masked_headers(call.headers).items()
    }
    if call.grant is not None:
        headers["authorization"] = f"Bearer {MASK}"
    return {"method": call.method, "url": call.url, "headers": headers, "body": body}


def _credentials(provider: Provider, model: str, now: float) -> Json | None:
    """The pool, and who in it may serve the model, as far as the files can tell."""
    if provider.caller_key is not None:
        return {"source": "client", "where": provider.caller_key.words}
    if provider.pool is None:
        return None
    pool: Pool = provider.pool
    # In the order written: which one is next only a running server knows.
    written = replace(pool, strategy="round_robin")
    ranking = rank(written, model, now, NO_REST, Draw(lambda: 0, lambda: 0.0))
    usable = [credential.id for credential in ranking.ready]
    return {
        "source": "pool",
        "pool": pool.name,
        "strategy": pool.strategy,
        "usable": usable,
        "unfit": [credential.id for credential in pool.credentials if credential.id not in usable],
        "directories": [directory.path for directory in pool.directories],
        "probe": pool.probe.every if pool.probe else None,
    }


def _masked_credential(provider: Provider) -> Credential | None:
    """Stands for whichever credential is chosen: the first one's names, without their values."""
    if provider.caller_key is not None:
        return Credential("client", MASK, data={"id": "client", "key": MASK})
    if provider.pool is None or not provider.pool.credentials:
        return None
    first = provider.pool.credentials[0]
    return replace(first, key=MASK, data={name: _masked(name, value) for name, value in first.data.items()})


def _masked(name: str, value: Any) -> Any:
    if name in OPEN_NAMES:
        return value
    if isinstance(value, Mapping):
        return {inner: _masked(inner, deep) for inner, deep in value.items()}
    return MASK if isinstance(value, str) else value


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers that may be shown: of those that hold secrets only the name, and the word `Bearer`."""
    return {
        name: _masked_value(value) if SECRET_HEADER.search(name) else value for name, value in headers.items()
    }


def _masked_value(value: str) -> str:
    scheme, _, rest = value.partition(" ")
    return f"{scheme} {MASK}" if rest and scheme.lower() in ("bearer", "basic") else MASK


def _error(info: ErrorInfo) -> Json:
    return {
        "status": info.status,
        "class": info.error_class.value,
        "code": info.code,
        "message": info.message,
    }

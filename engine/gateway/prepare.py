"""One upstream request, ready to send: scope, rendering, URL, headers, auth. Pure; `explain` shows it too."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import orjson

from engine.credentials.model import Credential
from engine.errors import MappingFailed, RequestRefused
from engine.events import Call
from engine.gateway.plan import Leg, Place
from engine.gateway.request import Request
from engine.globs import matches_any
from engine.mapping.dialect import Operation
from engine.mapping.request import Rendered
from engine.mapping.scope import Scope
from engine.snapshot.model import Provider
from engine.surfaces.surface import dropped

OPERATION = "chat"

Now = Callable[[], float]
Ids = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Prepared:
    """`asked`: a stream is asked of the upstream · `passing`: its bytes may pass through as they are.

    `lost` names the client's parameters that the mapping does not carry.
    """

    call: Call
    operation: Operation
    scope: Scope
    asked: bool
    passing: bool
    lost: tuple[str, ...]


def prepare(request: Request, place: Place, credential: Credential | None, now: Now, ids: Ids) -> Prepared:
    """Raises `RequestRefused`, and `MappingFailed` where the mapping meets what it cannot transform."""
    provider = place.target.provider
    operation = provider.dialect.operations.get(OPERATION)
    if operation is None or operation.request is None:
        message = f"the dialect {provider.dialect.name!r} has no operation {OPERATION!r}"
        raise MappingFailed(message, str(provider.at))
    asked = asks_stream(place, operation)
    passing = may_pass(request, provider, wanted=bool(place.leg.chat.stream), asked=asked)
    scope = _scope(request, place, credential, asked, now, ids)
    rendered = operation.request.render(scope)
    lost = () if passing else _lost(request, place.leg, operation, scope)
    if lost and provider.unsupported == "reject":
        message = f"provider {provider.name!r} does not support {', '.join(lost)}"
        raise RequestRefused(message, param=lost[0], code="unsupported_parameter")
    payload = _passed(request, place) if passing else encode_body(rendered.body, provider)
    call = signed_call(provider, rendered, payload, scope)
    return Prepared(call, operation, scope, asked, passing, lost)


def asks_stream(place: Place, operation: Operation) -> bool:
    """Whether a stream is asked of the upstream: what it can do, then `mode`, then the client's wish."""
    if operation.stream is None or operation.response is None:
        return operation.stream is not None
    mode = place.leg.alias.mode or place.target.provider.mode or operation.mode_for(place.model)
    return bool(place.leg.chat.stream) if mode == "asked" else mode == "always"


def may_pass(request: Request, provider: Provider, *, wanted: bool, asked: bool) -> bool:
    dialect, surface = provider.dialect, request.surface
    alike = dialect.passthrough and provider.passthrough and dialect.wire == surface.wire
    return alike and surface.passthrough is not None and wanted is asked


def _lost(request: Request, leg: Leg, operation: Operation, scope: Scope) -> tuple[str, ...]:
    """What the mapping does not read at all, and what it says itself that it cannot carry."""
    unread = dropped(leg.chat, request.surface, operation.reads_body, operation.reads_chat)
    return tuple(dict.fromkeys([*unread, *scope.lost]))


def _passed(request: Request, place: Place) -> bytes:
    """The client's own bytes, patched no more than is needed."""
    passthrough = request.surface.passthrough
    assert passthrough is not None
    untouched = place.leg.body is request.body
    raw = request.inbound.body if untouched else orjson.dumps(place.leg.body)
    return passthrough.patch(raw, place.leg.body, place.model)


def _scope(
    request: Request, place: Place, credential: Credential | None, asked: bool, now: Now, ids: Ids
) -> Scope:
    leg, provider = place.leg, place.target.provider
    chat = leg.chat
    if bool(chat.stream) is not asked:
        # A mapping reads `chat.stream` as what is asked of the upstream.
        chat = copy.copy(chat)
        chat.stream = asked
    return Scope(
        clock=now,
        ids=ids,
        body=leg.body,
        chat=chat,
        model=place.model,
        params=provider.params,
        features=features(provider, place.model),
        route=route_of(request, place),
        client={"name": request.client.name} if request.client else None,
        credential=credential.data if credential else None,
        headers=request.inbound.headers,
    )


def route_of(request: Request, place: Place) -> dict[str, Any]:
    """What templates know of the way: `route.*`."""
    return {
        "surface": request.surface.name,
        "alias": place.leg.alias.name,
        "name": place.leg.name,
        "provider": place.target.provider.name,
        "target": place.label,
    }


def features(provider: Provider, model: str) -> dict[str, bool]:
    """Every feature that the dialect or the provider names: whether the upstream model has it."""
    return {name: matches_any(globs, model) for name, globs in provider.features.items()}


def encode_body(body: Any, provider: Provider) -> bytes:
    if body is None:
        return b""
    try:
        return orjson.dumps(body)
    except TypeError as exc:
        raise MappingFailed(f"the request's body is not JSON: {exc}", str(provider.at)) from exc


def signed_call(provider: Provider, rendered: Rendered, payload: bytes, scope: Scope) -> Call:
    """The call with the credential in it. The provider's headers win over the dialect's, auth over all."""
    url = address(provider.base_url, rendered.path, rendered.query)
    headers = {} if rendered.body is None else {"content-type": "application/json"}
    for more in (rendered.headers, provider.headers):
        for name, value in more.items():
            headers[name.lower()] = value
    extra: dict[str, str] = {}
    for program in provider.dialect.auth:
        if program.signs and scope.payload is None:
            scope = _signing_scope(scope, rendered.method, url, payload)
        for kind, name, value in program.apply(scope, rendered):
            if kind == "header":
                headers[name.lower()] = value
            else:
                extra[name] = value
    return Call(
        method=rendered.method,
        url=with_query(url, extra) if extra else url,
        headers=headers,
        body=payload,
        timeouts=provider.timeouts,
        channel=provider.channel,
        max_header_bytes=provider.limits.header,
    )


def _signing_scope(scope: Scope, method: str, url: str, payload: bytes) -> Scope:
    """Auth sees the request line and the payload as they are sent; the payload is text, as JSON always is."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    text = payload.decode("utf-8", "surrogateescape")
    return scope.fork(method=method, path=parts.path or "/", query=query, payload=text)


def address(base_url: str, path: str, query: Mapping[str, str] | None) -> str:
    """Base URL and path joined by one slash; the path's own query, then `query`."""
    slash = "" if path.startswith(("/", "?")) or not path else "/"
    return with_query(f"{base_url.rstrip('/')}{slash}{path}", query)


def with_query(url: str, query: Mapping[str, str] | None) -> str:
    """The URL with more parameters behind those that it has."""
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query, quote_via=quote)}"

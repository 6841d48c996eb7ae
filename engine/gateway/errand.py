"""Calls that no client asked for: logins, refreshes, probes. One call each, whose whole answer is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from engine.credentials.model import Credential
from engine.errors import EngineError, ErrorClass, ErrorInfo, MappingFailed, UpstreamFailed
from engine.events import Call, new_call
from engine.gateway.outside import Outside
from engine.gateway.prepare import address, encode_body, signed_call, with_query
from engine.gateway.reading import Body, Deadlines
from engine.gateway.scrub import scrub, secrets_of
from engine.mapping.request import Rendered
from engine.mapping.scope import Scope
from engine.snapshot.model import Provider

FORM = "application/x-www-form-urlencoded"
ELSEWHERE = ("http://", "https://")


class Reached(NamedTuple):
    """A whole answer of any status; `data` is its JSON, None when it is none."""

    status: int
    headers: Mapping[str, str]
    text: str
    data: Any

    @property
    def seen(self) -> dict[str, Any]:
        """As a scope has it."""
        return {"status": self.status, "reply_headers": self.headers, "text": self.text, "data": self.data}


async def reach(outside: Outside, provider: Provider, call: Call) -> Reached:
    """Raises `UpstreamFailed` when there is no answer."""
    deadlines, body = Deadlines(call.timeouts), None
    try:
        reply = await deadlines.wait(outside.upstream.send(call))
        body = Body(reply, deadlines, provider.limits.response)
        text = (await body.whole()).decode("utf-8", "replace")
        return Reached(reply.status, reply.headers, text, _json_or_none(text))
    finally:
        if body is not None:
            await body.aclose()
        deadlines.close()


def fault_of(provider: Provider, reached: Reached, scope: Scope) -> ErrorInfo | None:
    """What is wrong, if the answer is an error by its status or by the dialect's own rules."""
    error, seen = provider.dialect.error, (reached.data, reached.status, reached.headers, reached.text)
    good = 200 <= reached.status < 300
    if good and not error.when(*seen, scope):
        return None
    if 300 <= reached.status < 400:
        message = f"the upstream answered with status {reached.status}, which is not followed"
        return ErrorInfo(ErrorClass.UPSTREAM, message, "unexpected_status")
    return error.info(*seen, scope)


def unsigned_call(provider: Provider, rendered: Rendered) -> Call:
    """A call with no credential but what it says itself; a path may be a whole URL, a body a form."""
    elsewhere = rendered.path.startswith(ELSEWHERE)
    url = (
        with_query(rendered.path, rendered.query)
        if elsewhere
        else address(provider.base_url, rendered.path, rendered.query)
    )
    headers = {name.lower(): value for name, value in rendered.headers.items()}
    if not elsewhere:
        headers |= {name.lower(): value for name, value in provider.headers.items()}
    payload = _payload(provider, rendered.body, headers)
    limit = provider.limits.header
    return new_call(
        (rendered.method, url, headers, payload, provider.timeouts, provider.channel, limit, None, None)
    )


def _payload(provider: Provider, body: Any, headers: dict[str, str]) -> bytes:
    if body is None:
        return b""
    if headers.get("content-type", "").startswith(FORM) and isinstance(body, dict):
        return urlencode({name: value for name, value in body.items() if value is not None}).encode()
    headers.setdefault("content-type", "application/json")
    return encode_body(body, provider)


async def try_operation(outside: Outside, provider: Provider, credential: Credential, operation: str) -> None:
    """Call an operation with a credential. Raises `EngineError` if it does not work; no secret is in it."""
    try:
        await _try_operation(outside, provider, credential, operation)
    except EngineError as failure:
        raise EngineError(scrub(failure.info, secrets_of(credential, provider.secrets))) from failure


async def _try_operation(
    outside: Outside, provider: Provider, credential: Credential, operation: str
) -> None:
    found = provider.dialect.operations.get(operation)
    if found is None or found.request is None:
        message = f"the dialect {provider.dialect.name!r} has no operation {operation!r}"
        raise MappingFailed(message, str(provider.at))
    scope = bare_scope(outside, provider, credential)
    rendered = found.request.render(scope)
    call = signed_call(provider, rendered, encode_body(rendered.body, provider), scope)
    fault = fault_of(provider, await reach(outside, provider, call), scope)
    if fault is not None:
        raise UpstreamFailed(fault)


def bare_scope(outside: Outside, provider: Provider, credential: Credential | None = None) -> Scope:
    """What templates see without a client and a request."""
    return Scope(
        clock=outside.clock.now,
        ids=outside.entropy.uid,
        params=provider.params,
        features={},
        headers={},
        credential=credential.data if credential else None,
    )


def _json_or_none(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None

"""`kind: pass` endpoints: a request goes on as it is, with the provider's credential instead of the client's.

One attempt, no mapping: status, headers and bytes of the answer are the upstream's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from engine.credentials.model import Credential
from engine.errors import (
    EngineError,
    EngineUnavailable,
    ErrorInfo,
    class_of_status,
)
from engine.events import Call, Inbound
from engine.gateway.access import KEY_HEADERS, caller_credential, is_key_of, missing_key
from engine.gateway.answer import Answer, error_answer
from engine.gateway.keys import penalise, ranking
from engine.gateway.outside import Outside
from engine.gateway.prepare import signed_call
from engine.gateway.reading import Body, Deadlines
from engine.gateway.report import Report
from engine.gateway.scrub import scrub, secrets_of
from engine.mapping.error import wait
from engine.mapping.request import Rendered
from engine.mapping.scope import Scope
from engine.routing.failover import Stage
from engine.snapshot.model import Client, Endpoint, Provider, Snapshot
from engine.surfaces.registry import SURFACES

# RFC 9110, section 7.6.1: they are about one connection, not about the message.
HOP_BY_HOP = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip

# Set anew for the call, or none of the upstream's business.
NOT_SENT = HOP_BY_HOP | set(KEY_HEADERS) | {"host", "content-length", "accept-encoding", "cookie", "expect"}

# Set anew by the server, or meant for us.
NOT_RETURNED = HOP_BY_HOP | {"content-length", "content-type", "set-cookie", "date", "server"}


class RelayStream(AsyncIterator[bytes]):
    """The upstream's bytes. Raises `UpstreamFailed` when they break off: the client must see that, too."""

    def __init__(self, body: Body, report: Report, status: int) -> None:
        self._body = body
        self._report = report
        self._status = status

    def __aiter__(self) -> RelayStream:
        return self

    async def __anext__(self) -> bytes:
        self._body.deadlines.progressed()
        try:
            chunk = await self._body.next()
        except (EngineError, asyncio.CancelledError):
            await self.aclose()
            raise
        if chunk is None:
            await self.aclose()
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        self._report.finish(self._status, None)
        await self._body.aclose()


async def relay(
    outside: Outside,
    snapshot: Snapshot,
    endpoint: Endpoint,
    inbound: Inbound,
    rest: str,
    client: Client | None,
) -> Answer:
    """`rest` is what follows the base URL, path and query as the client sent them. Errors are answers too."""
    surface = SURFACES.get(endpoint.surface)
    assert surface is not None and endpoint.provider is not None
    provider = endpoint.provider
    report = Report(outside, inbound.request_id, endpoint.name, client.name if client else None)
    report.provider = provider.name
    credential: Credential | None = None
    try:
        credential = _credential(outside, snapshot, provider, inbound, client)
        call = _call(provider, inbound, rest, credential, client)
        report.attempts = 1
        return await _send(outside, snapshot, provider, call, credential, report)
    except EngineError as error:
        info = scrub(error.info, secrets_of(credential))
        report.failure(Stage.CONNECT, info)
        report.finish(info.status, None, info)
        return error_answer(surface, info, report.headers())


async def _send(
    outside: Outside,
    snapshot: Snapshot,
    provider: Provider,
    call: Call,
    credential: Credential | None,
    report: Report,
) -> Answer:
    deadlines = Deadlines(provider.timeouts)
    try:
        reply = await deadlines.wait(outside.upstream.send(call))
    except (EngineError, asyncio.CancelledError):
        deadlines.close()
        raise
    if reply.status >= 400:
        after = wait(reply.headers.get("retry-after"), outside.clock)
        error = ErrorInfo(class_of_status(reply.status), "", retry_after=after)
        penalise(outside, provider.pool, credential, error, snapshot.generation)
    headers = {name: value for name, value in reply.headers.items() if name not in NOT_RETURNED}
    stream = RelayStream(Body(reply, deadlines, provider.limits.response), report, reply.status)
    content_type = reply.headers.get("content-type", "")
    return Answer(reply.status, {**headers, **report.headers()}, content_type, stream)


def _credential(
    outside: Outside, snapshot: Snapshot, provider: Provider, inbound: Inbound, client: Client | None
) -> Credential | None:
    """Raises `EngineError` when there is none to use."""
    if provider.off is not None:
        raise EngineUnavailable(f"provider {provider.name!r} is off: {provider.off}", code="provider_off")
    if provider.caller_credential:
        key = caller_credential(inbound.headers, client)
        if key is None:
            message = "send your own key for the upstream as `x-api-key` or `authorization`"
            raise missing_key(message)
        return key
    if provider.pool is None:
        return None
    ranked = ranking(outside, provider.pool, None, snapshot.generation)
    usable = ranked.ready or tuple(credential for _, credential in ranked.cooling)
    if not usable:
        message = f"pool {provider.pool.name!r} has no usable credential"
        raise EngineUnavailable(message, code="no_credential")
    return usable[0]


def _call(
    provider: Provider, inbound: Inbound, rest: str, credential: Credential | None, client: Client | None
) -> Call:
    path, _, query = rest.partition("?")
    kept = "&".join(
        pair for pair in query.split("&") if pair and not is_key_of(pair.partition("=")[2], client)
    )
    rendered = Rendered(
        inbound.method, f"{path}?{kept}" if kept else path, None, _sent(inbound, client), None
    )
    scope = Scope(
        params=provider.params,
        features={},
        headers=inbound.headers,
        client={"name": client.name} if client else None,
        credential=credential.data if credential else None,
    )
    return signed_call(provider, rendered, inbound.body, scope)


def _sent(inbound: Inbound, client: Client | None) -> dict[str, str]:
    named = {name.strip().lower() for name in inbound.headers.get("connection", "").split(",")}
    return {
        name: value
        for name, value in inbound.headers.items()
        if name not in NOT_SENT and name not in named and not is_key_of(value, client)
    }

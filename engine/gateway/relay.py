"""`kind: pass` endpoints: a request goes on as it is, with the provider's credential instead of the client's.

One attempt, no mapping: status, headers and bytes of the answer are the upstream's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from itertools import chain
from urllib.parse import unquote_plus

from engine.credentials.model import Credential
from engine.errors import (
    EngineError,
    EngineUnavailable,
    ErrorInfo,
    class_of_status,
)
from engine.events import Call, Inbound, Upload
from engine.gateway.access import KEY_HEADERS, bare_key, caller_credential, is_key_of, missing_key
from engine.gateway.admission import NONE, NOTHING, Admission, Refused, of_attempt
from engine.gateway.answer import Answer, error_answer
from engine.gateway.keys import penalise, ranking
from engine.gateway.outside import Outside
from engine.gateway.own_keys import without_keys
from engine.gateway.prepare import signed_call
from engine.gateway.reading import Body, Deadlines
from engine.gateway.record import GONE
from engine.gateway.report import Report, tried
from engine.gateway.request import NO_KEYS, parse_body
from engine.gateway.scrub import ScrubbedPieces, scrub, scrub_text, secrets_of
from engine.mapping.error import wait
from engine.mapping.request import Rendered
from engine.mapping.scope import Scope
from engine.routing.failover import Stage
from engine.snapshot.model import Client, Endpoint, Provider, Snapshot

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
    """The upstream's bytes without the `secrets`. Raises `UpstreamFailed` when they break off: the client
    must see that, too."""

    def __init__(self, body: Body, report: Report, status: int, secrets: tuple[str, ...] = ()) -> None:
        self._body = body
        self._report = report
        self._status = status
        self._pieces = ScrubbedPieces(secrets) if secrets else None

    def __aiter__(self) -> RelayStream:
        return self

    async def __anext__(self) -> bytes:
        self._body.deadlines.progressed()
        try:
            chunk = await self._next()
        except EngineError as failure:
            self._report.finish(self._status, None, failure.info)
            await self.aclose()
            raise
        except asyncio.CancelledError:
            await self.aclose()
            raise
        if chunk is None:
            self._report.finish(self._status, None)
            await self.aclose()
            raise StopAsyncIteration
        return chunk

    async def _next(self) -> bytes | None:
        """The next bytes, never empty, without the secrets; None at the end."""
        if self._pieces is None:
            return await self._body.next()
        while True:
            chunk = await self._body.next()
            if safe := self._pieces.feed(chunk):
                return safe
            if chunk is None:
                return None

    async def aclose(self) -> None:
        """Before its end: the client has left."""
        self._report.finish(GONE, None)
        await self._body.aclose()


class Paced(AsyncIterator[bytes]):
    """Implements `events.Upload`: the upstream is waited for from the last piece on, not from the first."""

    def __init__(self, upload: Upload, deadlines: Deadlines) -> None:
        self.length = upload.length
        self._pieces = aiter(upload)
        self._deadlines = deadlines

    async def __anext__(self) -> bytes:
        self._deadlines.rest()
        piece = await anext(self._pieces, b"")
        self._deadlines.again()
        if not piece:
            raise StopAsyncIteration
        return piece


async def relay(
    outside: Outside,
    snapshot: Snapshot,
    endpoint: Endpoint,
    inbound: Inbound,
    rest: str,
    client: Client | None,
) -> Answer:
    """`rest` is what follows the base URL, path and query as the client sent them. Errors are answers too."""
    surface = snapshot.surfaces.get(endpoint.surface)
    assert surface is not None and endpoint.provider is not None
    provider = endpoint.provider
    report = Report(outside, inbound.request_id, endpoint.name, client, operation=endpoint.asks)
    report.provider = provider.name
    report.trace_from(inbound)
    credential: Credential | None = None
    try:
        inbound, brought = _taken_out(snapshot, provider, inbound)
        credentials = credentials_of(outside, provider, inbound, brought, client)
        credential = await admitted(report, provider, credentials)
        call = relayed_call(outside, provider, inbound, rest, credential, client, snapshot.caller_headers)
        report.attempts = 1
        if report.trace is not None:
            report.trace.attempt(tried(provider, credential.id if credential else None, "", False))
            call = call._replace(headers={**call.headers, **report.trace.headers()})
        return await _send(outside, provider, call, credential, report)
    except EngineError as error:
        info = scrub(error.info, secrets_of(credential, provider.secrets))
        if report.attempts:  # else nothing was sent that could have failed
            report.failure(Stage.CONNECT, info)
        report.finish(info.status, None, info)
        return error_answer(surface, info, report.headers())
    except asyncio.CancelledError:
        report.finish(GONE, None)
        raise
    finally:
        if report.admission is not None:
            report.admission.close()


async def _send(
    outside: Outside,
    provider: Provider,
    call: Call,
    credential: Credential | None,
    report: Report,
) -> Answer:
    deadlines = Deadlines(provider.timeouts)
    if call.upload is not None:
        call = call._replace(upload=Paced(call.upload, deadlines))
    try:
        reply = await deadlines.wait(outside.upstream.send(call))
    except (EngineError, asyncio.CancelledError):
        deadlines.close()
        raise
    report.began()
    if reply.status >= 400:
        after = wait(reply.headers.get("retry-after"), outside.clock)
        error = ErrorInfo(class_of_status(reply.status), "", retry_after=after)
        penalise(outside, provider.pool, credential, error)
    # Upstreams repeat in an error what they were sent; other answers are the upstream's own to the byte.
    secrets = secrets_of(credential, provider.secrets) if reply.status >= 400 else ()
    headers = {
        name: scrub_text(value, secrets) for name, value in reply.headers.items() if name not in NOT_RETURNED
    }
    stream = RelayStream(Body(reply, deadlines, provider.limits.response), report, reply.status, secrets)
    content_type = reply.headers.get("content-type", "")
    if report.admission is not None:
        report.admission.keep()
    return Answer(reply.status, {**headers, **report.headers()}, content_type, stream)


async def admitted(
    report: Report, provider: Provider, credentials: Iterable[Credential | None]
) -> Credential | None:
    """The first of some credentials that the limits allow. Raises `EngineError` when there is none."""
    outside, client = report.outside, report.client
    refused: Refused | None = None
    for credential in credentials:
        allowances = of_attempt(outside, provider, credential)
        if report.admission is None:
            own = client.allowances if client else NONE
            if not own and not allowances:
                return credential
            report.admission = Admission(outside, own, lambda: NOTHING)
        refused = await report.admission.enter(allowances, None)
        if refused is None:
            return credential
    assert refused is not None
    raise EngineError(refused.info)


def _taken_out(snapshot: Snapshot, provider: Provider, inbound: Inbound) -> tuple[Inbound, Mapping[str, str]]:
    """The request without the key that its body brings. Raises `RequestRefused` when that is no JSON."""
    where = provider.caller_key
    if where is None or where.body is None:
        return inbound, NO_KEYS
    if not inbound.body:
        return inbound, NO_KEYS
    body = parse_body(inbound.body, snapshot.settings.limits.nesting)
    rest, _, brought = without_keys(inbound, body, (where.body,))
    return rest, brought


def credentials_of(
    outside: Outside,
    provider: Provider,
    inbound: Inbound,
    brought: Mapping[str, str],
    client: Client | None,
) -> Iterable[Credential | None]:
    """Those to try, in order, one at least. Raises `EngineError` when there is none to use."""
    if provider.off is not None:
        raise EngineUnavailable(f"provider {provider.name!r} is off: {provider.off}", code="provider_off")
    if provider.caller_key is not None:
        key = caller_credential(provider.caller_key, inbound.headers, brought, client)
        if key is None:
            raise missing_key(f"send your own key for the upstream {provider.caller_key.words}")
        return (key,)
    if provider.pool is None:
        return (None,)
    ranked = ranking(outside, provider.pool, None, client, inbound.headers)
    usable = chain(ranked.ready, (credential for _, credential in ranked.cooling))
    first = next(usable, None)
    if first is None:
        message = f"pool {provider.pool.name!r} has no usable credential"
        raise EngineUnavailable(message, code="no_credential")
    return chain((first,), usable)


def relayed_call(
    outside: Outside,
    provider: Provider,
    inbound: Inbound,
    rest: str,
    credential: Credential | None,
    client: Client | None,
    private: Collection[str],
) -> Call:
    """`private`: headers in which callers bring keys, for whichever provider."""
    path, _, query = rest.partition("?")
    kept = "&".join(
        pair
        for pair in query.split("&")
        if pair and not is_key_of(unquote_plus(pair.partition("=")[2]), client)
    )
    headers = _sent(inbound, client, private)
    rendered = Rendered(inbound.method, f"{path}?{kept}" if kept else path, None, headers, None)
    scope = Scope(
        clock=outside.clock.now,
        params=provider.params,
        features={},
        headers=inbound.headers,
        client=client.facts if client else None,
        credential=credential.data if credential else None,
    )
    return signed_call(provider, rendered, inbound.body, scope)._replace(upload=inbound.upload)


def _sent(inbound: Inbound, client: Client | None, private: Collection[str]) -> dict[str, str]:
    named = {name.strip().lower() for name in inbound.headers.get("connection", "").split(",")}
    return {
        name: value
        for name, value in inbound.headers.items()
        if not (name in NOT_SENT or name in named or name in private or is_key_of(bare_key(value), client))
    }

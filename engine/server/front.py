"""The handler of every request: bytes to `Inbound`, `Outgoing` to bytes."""

from __future__ import annotations

import asyncio
import re
import traceback
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from sanic import HTTPResponse, Request
from sanic.exceptions import RequestCancelled

from engine.errors import EngineError, RequestRefused
from engine.events import Inbound
from engine.ports import Entropy, Telemetry
from engine.server.body import read_body
from engine.server.drain import Drain, shutting_down
from engine.server.ingress import Ingress, Outgoing
from engine.server.page import error_page
from engine.server.refusals import info_of, too_deep
from engine.spec.settings import LimitSettings

REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")
MAX_QUERY_FIELDS = 1000
GONE = 499
STREAM_HEADERS = {"cache-control": "no-cache", "x-accel-buffering": "no"}


class Front:
    """Handles the requests of one worker."""

    def __init__(
        self, ingress: Ingress, drain: Drain, limits: LimitSettings, entropy: Entropy, telemetry: Telemetry
    ) -> None:
        self._ingress = ingress
        self._drain = drain
        self._limits = limits
        self._entropy = entropy
        self._telemetry = telemetry

    async def handle(self, request: Request) -> HTTPResponse | None:
        """The answer, or None when it was streamed. Raises `EngineError` and faults for `refuse`."""
        with self._drain.enter():
            try:
                body = await read_body(request, self._limits.body)
                query = query_of(request.query_string)
                request.ctx.inbound = inbound = self._inbound(request, body, query)
                outgoing = await self._ingress.answer(inbound)
                if isinstance(outgoing.body, bytes):
                    return HTTPResponse(
                        outgoing.body, outgoing.status, outgoing.headers, outgoing.content_type
                    )
                await self._stream(request, outgoing, outgoing.body)
                return None
            except asyncio.CancelledError:
                if not self._drain.cut:
                    raise
                _uncancel()
                raise shutting_down() from None
            except (RecursionError, orjson.JSONEncodeError) as exc:
                raise EngineError(too_deep()) from exc
            finally:
                if self._drain.closing:
                    _hang_up_after(request)

    def refuse(self, request: Request, exception: Exception) -> HTTPResponse:
        """The answer to what did not come to an answer."""
        if isinstance(exception, RequestCancelled):
            return HTTPResponse(status=GONE)
        inbound: Inbound | None = getattr(request.ctx, "inbound", None)
        if inbound is None:
            inbound = request.ctx.inbound = self._inbound(request, b"", {})
        info = info_of(exception, self._limits.body, inbound.request_id)
        if info.code == "internal_error":
            self._tell(request, exception)
        outgoing = self._ingress.outgoing(self._ingress.refusal(info), inbound)
        assert isinstance(outgoing.body, bytes)
        return HTTPResponse(outgoing.body, outgoing.status, outgoing.headers, outgoing.content_type)

    def _inbound(self, request: Request, body: bytes, query: Mapping[str, str]) -> Inbound:
        headers: dict[str, str] = {}
        for name, value in request.headers.items():
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return Inbound(
            method=request.method,
            path=request.path,
            query=query,
            raw_query=request.query_string,
            headers=headers,
            body=body,
            request_id=self._request_id(headers),
            remote=request.ip,
        )

    def _request_id(self, headers: Mapping[str, str]) -> str:
        given = headers.get("x-request-id", "")
        return given if REQUEST_ID.fullmatch(given) else self._entropy.uid("req")

    async def _stream(self, request: Request, outgoing: Outgoing, body: AsyncIterator[bytes]) -> None:
        """Send each piece as it comes, waiting while the client does not read; cut off, it looks so."""
        whole = False
        try:
            response = await request.respond(
                status=outgoing.status,
                headers={**STREAM_HEADERS, **outgoing.headers},
                content_type=outgoing.content_type,
            )
            try:
                async for piece in body:
                    await response.send(piece)
            except asyncio.CancelledError:
                last = last_words(outgoing) if self._drain.cut else None
                if last is None:
                    raise
                _uncancel()
                await response.send(last)
            whole = True
        except EngineError:
            # A passed-on answer that breaks off has no words for it; the connection breaks off as well.
            raise asyncio.CancelledError from None
        except Exception as exc:  # noqa: BLE001  too late for an answer, and the framework would not tell of it
            self._tell(request, exc)
            raise asyncio.CancelledError from None
        finally:
            if not whole:
                _abort(request)
            await _close(body)

    def _tell(self, request: Request, exception: Exception) -> None:
        inbound: Inbound | None = getattr(request.ctx, "inbound", None)
        trace = "".join(traceback.format_exception(exception))
        request_id = inbound.request_id if inbound else None
        fields = {"request_id": request_id, "path": request.path, "trace": trace}
        self._telemetry.log("error", "internal error", fields)


def query_of(text: str) -> dict[str, str]:
    """Raises `RequestRefused` for a query of too many fields."""
    if not text:
        return {}
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS))
    except ValueError as exc:
        raise RequestRefused("the query has too many fields", code="bad_request") from exc


def last_words(outgoing: Outgoing) -> bytes | None:
    """The event that ends a stream which a shutdown cuts off; None where the format has no such event."""
    if not outgoing.content_type.startswith("text/event-stream"):
        return None
    page = error_page(shutting_down().info, surface=outgoing.surface)
    return b"data: " + page.body + b"\n\n"


def _uncancel() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


def _abort(request: Request) -> None:
    transport: Any = request.transport
    transport.abort()


def _hang_up_after(request: Request) -> None:
    """Take no further request from this connection."""
    stream: Any = request.stream
    if stream is not None:
        stream.keep_alive = False


async def _close(body: AsyncIterator[bytes]) -> None:
    closing: Callable[[], Any] | None = getattr(body, "aclose", None)
    if closing is not None:
        await closing()

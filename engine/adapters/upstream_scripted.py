"""Upstream calls that are answered in the process: the body of the call says what the answer shall be.

A `scripted:` base URL makes a provider that needs no network: its dialect renders, as the request's body,

    {status, headers, delay, interval, frames: [{event?, data}], body, break_after}

`frames` become server-sent events, `body` is the whole answer instead; `delay` (seconds) passes before the
status, `interval` between frames; after `break_after` frames the connection is lost.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Call

Sleep = Callable[[float], Awaitable[None]]

STREAM_TYPE = "text/event-stream"
JSON_TYPE = "application/json"


@dataclass(slots=True)
class ScriptedReply:
    """Implements `ports.Reply`."""

    status: int
    headers: Mapping[str, str]
    pieces: list[bytes]
    interval: float
    broken: bool
    sleep: Sleep
    closed: bool = field(default=False, init=False)

    def arrived(self) -> bytes | None:
        return None

    async def chunks(self) -> AsyncIterator[bytes]:
        for number, piece in enumerate(self.pieces):
            if number and self.interval:
                await self.sleep(self.interval)
            if self.closed:
                return
            yield piece
        if self.broken:
            raise UpstreamFailed(
                ErrorInfo(ErrorClass.UPSTREAM, "the scripted connection was lost", "connection_lost")
            )

    async def aclose(self) -> None:
        self.closed = True


class ScriptedUpstream:
    """Implements `ports.Upstream`."""

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self.sleep = sleep

    async def send(self, call: Call) -> ScriptedReply:
        script = _script(call.body)
        if script.get("delay"):
            await self.sleep(float(script["delay"]))
        pieces, content_type = _pieces(script)
        headers = {str(name).lower(): str(value) for name, value in (script.get("headers") or {}).items()}
        broken = script.get("break_after")
        return ScriptedReply(
            status=int(script.get("status") or 200),
            headers={"content-type": content_type, **headers},
            pieces=pieces if broken is None else pieces[: int(broken)],
            interval=float(script.get("interval") or 0.0),
            broken=broken is not None,
            sleep=self.sleep,
        )

    async def aclose(self) -> None:
        return None


def _script(body: bytes) -> dict[str, Any]:
    try:
        script = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as exc:
        raise _misfit(f"the script is no JSON: {exc}") from exc
    if not isinstance(script, dict):
        raise _misfit("the script must be an object")
    numbers = [
        name for name in ("status", "delay", "interval", "break_after") if not _is_count(script.get(name))
    ]
    if numbers:
        raise _misfit(f"`{numbers[0]}` of the script must be a number that is not negative")
    return script


def _is_count(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool) and value >= 0)


def _pieces(script: Mapping[str, Any]) -> tuple[list[bytes], str]:
    """The body in the pieces it arrives in, and its content type."""
    frames = script.get("frames")
    if isinstance(frames, list):
        return [_frame(frame) for frame in frames], STREAM_TYPE
    body = script.get("body")
    if body is None:
        return [], JSON_TYPE
    return [body.encode() if isinstance(body, str) else orjson.dumps(body)], JSON_TYPE


def _frame(frame: object) -> bytes:
    named = frame if isinstance(frame, dict) else {"data": frame}
    data = named.get("data")
    text = data if isinstance(data, str) else orjson.dumps(data).decode()
    lines = [f"event: {named['event']}"] if named.get("event") else []
    lines += [f"data: {line}" for line in text.split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


def _misfit(message: str) -> UpstreamFailed:
    return UpstreamFailed(ErrorInfo(ErrorClass.INVALID, message, "bad_script"))

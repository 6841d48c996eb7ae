"""Calls that need a token get it on their way out; one that the platform took back is replaced once."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from engine.adapters.access_tokens import AccessTokens
from engine.adapters.token_answer import Token
from engine.errors import UpstreamFailed
from engine.events import Call
from engine.ports import Clock, Reply, Upstream

REFUSED = 401
# A token as young as this is refused for reasons that another one would meet, too.
YOUNG = 60.0


class GrantedUpstream:
    """Implements `ports.Upstream`."""

    def __init__(self, upstream: Upstream, tokens: AccessTokens, clock: Clock) -> None:
        self._upstream = upstream
        self._tokens = tokens
        self._clock = clock

    def send(self, call: Call) -> Coroutine[Any, Any, Reply]:
        return self._upstream.send(call) if call.grant is None else self._granted(call)

    async def _granted(self, call: Call) -> Reply:
        token = await self._tokens.get(call)
        reply = await self._upstream.send(with_token(call, token))
        if reply.status != REFUSED or self._clock.now() - token.obtained < YOUNG:
            return reply
        try:
            another = await self._tokens.get(call, refused=token)
        except UpstreamFailed:
            return reply
        except asyncio.CancelledError:
            await reply.aclose()
            raise
        if call.upload is not None:  # which has been read
            return reply
        await reply.aclose()
        return await self._upstream.send(with_token(call, another))

    async def aclose(self) -> None:
        await self._upstream.aclose()


def with_token(call: Call, token: Token) -> Call:
    return call._replace(headers={**call.headers, "authorization": f"Bearer {token.value}"}, grant=None)

"""A token endpoint and the platform behind it, in the process; several workers over one run directory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from engine.adapters.access_tokens import AccessTokens
from engine.adapters.safe import Safe
from engine.adapters.token_shelf import Shelf
from engine.adapters.upstream_granted import GrantedUpstream
from engine.errors import ErrorInfo, UpstreamFailed
from engine.events import Call, Grant
from engine.signing.schemes.oauth2 import SPEC
from tests.gateway.playbook import Json, Line, Refuses, Reply, ScriptedReply, Status, Time, VirtualLoop, World

URL = "https://login.test/token"
SECRET = "client-secret-1"
HELD = {"client_id": "me", "client_secret": SECRET}


def grant(**more: Any) -> Grant:
    found = SPEC.signature(None, {"token_url": URL, **more}, HELD).grant  # type: ignore[arg-type]
    assert found is not None
    return found


def call(**more: Any) -> Call:
    return Call("POST", "https://api.test/chat", {"x-a": "1"}, b"{}", grant=grant(**more))


class Endpoint:
    """Implements `ports.Upstream`. Tokens are `token-1`, `token-2`, …; the platform takes those in `good`."""

    def __init__(self) -> None:
        self.lasts: Any = 3600
        self.failing: Line | None = None
        self.takes = 0.0
        self.asked: list[dict[str, str]] = []
        self.bearers: list[str] = []
        self.revoked: set[str] = set()

    async def send(self, call: Call) -> ScriptedReply:
        if call.url != URL:
            return ScriptedReply(self._platform(call))
        self.asked.append(dict(parse_qsl(call.body.decode())))
        number = len(self.asked)
        if self.takes:
            await asyncio.sleep(self.takes)
        if isinstance(self.failing, Refuses):
            raise UpstreamFailed(ErrorInfo(self.failing.error_class, self.failing.message))
        answer = {"access_token": f"token-{number}", "expires_in": self.lasts, "token_type": "Bearer"}
        return ScriptedReply(self.failing or Json(answer))

    def _platform(self, call: Call) -> Reply:
        bearer = call.headers["authorization"].removeprefix("Bearer ")
        self.bearers.append(bearer)
        return Status(401) if bearer in self.revoked else Json({"ok": True})

    async def aclose(self) -> None:
        return None


class Workers:
    """`count` workers of one server; `run` plays a scene in virtual time."""

    def __init__(self, run_dir: Path, count: int = 4) -> None:
        self.timeline = Time()
        self.world = World(self.timeline)
        self.endpoint = Endpoint()
        self.run_dir = run_dir
        safe = Safe(["a key for tests only"], run_dir)
        self.shelves = [Shelf(run_dir / "tokens", safe) for _ in range(count)]
        world: Any = self.world
        self.tokens = [
            AccessTokens(self.endpoint, shelf, world, self.world.uid, world) for shelf in self.shelves
        ]
        self.upstreams = [GrantedUpstream(self.endpoint, tokens, world) for tokens in self.tokens]

    def run(self, scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
        async def whole() -> None:
            tending = [asyncio.ensure_future(tokens.run()) for tokens in self.tokens]
            try:
                await scene()
            finally:
                for task in tending:
                    task.cancel()

        with asyncio.Runner(loop_factory=lambda: VirtualLoop(self.timeline)) as runner:
            runner.run(whole())

    async def ask(self, *workers: int, times: int = 1, **more: Any) -> list[int]:
        """Calls at the same time, through each of these workers; their statuses."""
        sends = [self.upstreams[worker].send(call(**more)) for worker in workers for _ in range(times)]
        return [reply.status for reply in await asyncio.gather(*sends)]

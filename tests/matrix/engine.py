"""The engine without a socket: official SDKs call it, every shipped dialect stands behind it, platforms are simulated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from types import ModuleType
from typing import Any

import httpx
import orjson

from engine.adapters.counters import LocalCounters
from engine.config.site import SiteFiles
from engine.events import Call, Inbound
from engine.gateway.gateway import Gateway
from engine.ports import Reply
from engine.server.access.auth import AdminDoor, Door
from engine.server.front import query_of
from engine.server.ingress import Ingress, Outgoing, Served
from engine.snapshot.compile import compile_site
from engine.snapshot.library import NoSecrets, shipped
from engine.testing.world import CountingIds, FixedClock, RecordedReply, Silence
from tests.matrix.platforms import anthropic, bedrock, google, openai, others, responses
from tests.matrix.script import Body, Platform, Script

OWN: dict[str, Callable[[str], Platform]] = {
    "anthropic": anthropic.platform,
    "gemini": google.platform,
    "bedrock": bedrock.platform,
    "bedrock-invoke": bedrock.invoke,
    "ollama": others.ollama,
    "cohere": others.cohere,
    "dashscope": others.dashscope,
    "coze": others.coze,
    "coze-workflow": others.coze_workflow,
    "dify": others.dify,
    "replicate": others.replicate,
    "openai": openai.platform,
    "openai-responses": responses.platform,
}
# Of each platform, a model that can do the most; a dialect's features go by the name.
MODELS = {
    "anthropic": "claude-sonnet-4-5",
    "openai-responses": "gpt-5-mini",
    "bedrock": "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "bedrock-invoke": "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "gemini": "gemini-2.5-flash",
    "vertex": "gemini-2.5-flash",
    "groq": "openai/gpt-oss-120b",
    "cohere": "command-a-reasoning-08-2025",
    "ollama": "gpt-oss:20b",
    "dashscope": "qwen3.5-plus",
    "dashscope-openai": "qwen3.5-plus",
    "moonshot": "kimi-k2.5",
    "mistral": "mistral-medium-latest",
    "zhipu": "glm-5.2",
    "xai": "grok-4.3",
    "qianfan": "ernie-5.0",
    "ark": "doubao-seed-1-6-251015",
    "coze": "7380",
    "coze-workflow": "7380",
    "replicate": "meta/llama",
}
CREDENTIALS = {
    "bedrock": "{key: AKID, secret: s3cret, region: us-east-1}",
    "bedrock-invoke": "{key: AKID, secret: s3cret, region: us-east-1}",
    "vertex": "{key: token, project: p, location: us-central1}",
}


def dialects() -> list[str]:
    """Every shipped dialect that can chat; of the mock, nothing goes up."""
    return [name for name in sorted(shipped().dialects) if "chat" in operations(name) and name != "mock"]


def operations(name: str) -> set[str]:
    own = shipped().dialects[name]
    found = set(own.operations or {})
    return found | (operations(own.extends) if own.extends in shipped().dialects else set())


@cache
def platform(dialect: str) -> Platform:
    """How the platform of a dialect answers: as its own file says, or as the dialect that it extends does."""
    kin: str | None = dialect
    while kin is not None:
        if kin in OWN:
            return OWN[kin](dialect)
        kin = shipped().dialects[kin].extends
    raise LookupError(f"tests/matrix/platforms has no answers for the dialect {dialect!r}")


def site(address: str = "https://{name}.test") -> bytes:
    """One provider and one alias for each dialect."""
    lines = ["version: 1", "providers:"]
    for name in dialects():
        key = f"pool: {name}" if name in CREDENTIALS else "key: sk-test"
        lines.append(
            f"  {name}: {{dialect: {name}, base_url: '{address.format(name=name)}', retry: off, breaker: off, on_error: off, {key}}}"
        )
    lines.append("pools:")
    lines += [f"  {name}: {{credentials: [{keys}]}}" for name, keys in CREDENTIALS.items()]
    lines.append("models:")
    lines += [
        f"  {name}: {{targets: [{{provider: {name}, model: '{MODELS.get(name, 'up')}'}}]}}"
        for name in dialects()
    ]
    return "\n".join(lines).encode()


class Simulator:
    """Implements `ports.Upstream`: the platform that a call goes to plays the script in its own format."""

    def __init__(self) -> None:
        self.script = Script()
        self.replay: Callable[[Call], Awaitable[Reply]] | None = None  # instead of a script
        self.calls: list[Call] = []

    async def send(self, call: Call) -> Reply:
        self.calls.append(call)
        if self.replay is not None:
            return await self.replay(call)
        name = httpx.URL(call.url).host.removesuffix(".test")
        played = self._played(platform(name), call)
        headers = {"content-type": played.content_type, **played.headers}
        return RecordedReply(played.status, headers, tuple(cut(played.data)))

    def _played(self, speaker: Platform, call: Call) -> Body:
        if self.script.fails:
            return speaker.fail
        body = orjson.loads(call.body) if call.body else {}
        if speaker.stream is not None and speaker.streams(httpx.URL(call.url).path, body):
            return speaker.stream(self.script)
        return speaker.whole(self.script)

    async def aclose(self) -> None:
        return None


def cut(data: bytes) -> list[bytes]:
    """In pieces that end anywhere, within characters and frames, too."""
    return [data[at : at + 41] for at in range(0, len(data), 41)]


@dataclass
class Engine:
    """`calls`: what went up since `play`; `answered`: status, headers and body of the last answer."""

    ingress: Ingress
    upstream: Simulator
    loop: asyncio.AbstractEventLoop
    answered: Outgoing | None = None
    body: bytes = b""

    def play(self, script: Script) -> None:
        """From now on, platforms answer so."""
        self.upstream.script = script
        self.upstream.calls.clear()

    def sent(self) -> str:
        """What went up, as text."""
        return "\n".join(call.body.decode() for call in self.upstream.calls)

    def lost(self) -> list[str]:
        told = self.answered.headers.get("x-proxyctl-unsupported", "") if self.answered else ""
        return told.split(", ") if told else []

    def handle(self, request: Any, module: ModuleType) -> Any:
        """Answer a request of an HTTP client."""
        self.answered, self.body = self.loop.run_until_complete(self._answer(inbound_of(request)))
        headers = {**self.answered.headers, "content-type": self.answered.content_type}
        return module.Response(self.answered.status, headers=headers, content=self.body, request=request)

    def post(
        self, path: str, headers: Mapping[str, str], body: bytes, script: Script | None = None
    ) -> tuple[int, str]:
        """Status and body of the answer to a request that no SDK made."""
        self.play(script or Script())
        inbound = Inbound("POST", path, {}, headers, body, "test", "127.0.0.1")
        self.answered, self.body = self.loop.run_until_complete(self._answer(inbound))
        return self.answered.status, self.body.decode()

    async def _answer(self, inbound: Inbound) -> tuple[Outgoing, bytes]:
        outgoing = await self.ingress.answer(inbound)
        if isinstance(outgoing.body, bytes):
            return outgoing, outgoing.body
        return outgoing, b"".join([piece async for piece in outgoing.body])

    def transport(self, module: ModuleType = httpx) -> Any:
        """For a client of httpx, or of its fork."""
        engine = self

        class InProcess(module.BaseTransport):  # type: ignore[misc, name-defined]
            def handle_request(self, request: Any) -> Any:
                request.read()
                return engine.handle(request, module)

        return InProcess()


def inbound_of(request: Any) -> Inbound:
    raw_path, _, query = request.url.raw_path.decode().partition("?")
    headers: Mapping[str, str] = {name.lower(): value for name, value in request.headers.items()}
    return Inbound(
        request.method, raw_path, query_of(query), headers, request.content, "test", "127.0.0.1", query
    )


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The one of this process: compiling every dialect takes a second."""
    upstream, clock = Simulator(), FixedClock()
    gateway = Gateway(upstream, clock, CountingIds(), LocalCounters(), Silence())
    compiled = compile_site(SiteFiles({"routes.d/all.yaml": site()}), NoSecrets())
    assert compiled.snapshot is not None, [item for item in compiled.diagnostics if item.is_error]
    ingress = Ingress(
        gateway, {}, Door(open_to_all=True, local=False), AdminDoor(None, local=True), Silence()
    )
    ingress.served = Served.of(compiled.snapshot)
    return Engine(ingress, upstream, asyncio.new_event_loop())

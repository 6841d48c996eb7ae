"""From a client's request to an answer: path, method, key, then the gateway or a page of the server's own.

Knows nothing of sockets or the web framework.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from urllib.parse import unquote

from engine.errors import EngineError, EngineUnavailable, ErrorClass, ErrorInfo, RequestRefused
from engine.events import Inbound
from engine.gateway.access import find_alias, visible_names
from engine.ports import Telemetry
from engine.server.auth import AdminDoor, ClientKeys, Door
from engine.server.cors import cors_headers, preflight_headers
from engine.server.endpoints import MODELS, PASS, EndpointTable, Hit
from engine.server.page import HUB, Page, error_page, json_page
from engine.snapshot.model import Client, Endpoint, Snapshot
from engine.surfaces.registry import SURFACES
from engine.surfaces.surface import ModelEntry

REFUSALS = "proxyctl_refusals_total"


class Answer(Protocol):
    """What the gateway answers with, and what `Page` is."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content_type(self) -> str: ...
    @property
    def body(self) -> bytes | AsyncIterator[bytes]: ...


class Outgoing(NamedTuple):
    """An answer as it goes out, with every header. `surface` shapes what must be said in mid-stream."""

    status: int
    headers: dict[str, str]
    content_type: str
    body: bytes | AsyncIterator[bytes]
    surface: str = HUB


class Answering(Protocol):
    """The gateway."""

    async def chat(
        self, snapshot: Snapshot, surface_name: str, inbound: Inbound, client: Client | None
    ) -> Answer: ...

    async def relay(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, rest: str, client: Client | None
    ) -> Answer: ...


PageMaker = Callable[[Inbound], Awaitable[Page]]


@dataclass(frozen=True, slots=True)
class Served:
    """One snapshot with what the ingress looks up in it; requests keep theirs to the end."""

    snapshot: Snapshot
    endpoints: EndpointTable
    keys: ClientKeys

    @classmethod
    def of(cls, snapshot: Snapshot) -> Served:
        return cls(snapshot, EndpointTable.build(snapshot.endpoints), ClientKeys.build(snapshot.clients))


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A page of the server itself. An endpoint of the site at the same path wins, unless it is `admin`."""

    methods: tuple[str, ...]
    make: PageMaker
    admin: bool = False


class Ingress:
    """`served` is swapped by a reload: one reference, read once by each request."""

    def __init__(
        self,
        gateway: Answering,
        pages: Mapping[str, OwnPage],
        door: Door,
        admin_door: AdminDoor,
        telemetry: Telemetry,
        check_room: Callable[[], None] = lambda: None,
    ) -> None:
        """`check_room` raises `EngineUnavailable` when no endpoint may be used now."""
        self.served: Served | None = None
        self._gateway = gateway
        self._pages = pages
        self._door = door
        self._admin_door = admin_door
        self._telemetry = telemetry
        self._check_room = check_room

    async def answer(self, inbound: Inbound) -> Outgoing:
        """The answer to a request, whatever it is. Raises only for faults of the engine's own."""
        served, surface = self.served, HUB
        try:
            page = self._pages.get(inbound.path)
            hits = served.endpoints.match(inbound.path) if served and not (page and page.admin) else []
            surface = hits[0].endpoint.surface if hits else HUB
            if hits and served:
                answer = await self._endpoint(served, hits, inbound)
            elif page:
                answer = await self._own_page(page, inbound)
            else:
                raise _nowhere(served, inbound)
        except EngineError as exc:
            answer = self.refusal(exc.info, surface)
        return self.outgoing(answer, inbound, surface)

    def refusal(self, info: ErrorInfo, surface: str = HUB) -> Page:
        self._telemetry.count(REFUSALS, {"code": info.code or "", "status": str(info.status)})
        return error_page(info, surface=surface)

    def outgoing(self, answer: Answer, inbound: Inbound, surface: str = HUB) -> Outgoing:
        headers = {
            **answer.headers,
            "x-request-id": inbound.request_id,
            **cors_headers(self._readers(inbound), inbound.headers),
        }
        if self.served is not None:
            headers.setdefault("x-proxyctl-generation", self.served.snapshot.generation)
        return Outgoing(answer.status, headers, answer.content_type, answer.body, surface)

    def _readers(self, inbound: Inbound) -> Sequence[str]:
        """The admin pages may be open to this machine; that is no invitation to the pages in its browser."""
        page = self._pages.get(inbound.path)
        if page and page.admin:
            return self._door.origins
        return self._door.readers(self.served.keys if self.served else None, inbound)

    async def _own_page(self, page: OwnPage, inbound: Inbound) -> Answer:
        if not _takes(page.methods, inbound.method):
            return _other_method(page.methods, inbound)
        if page.admin:
            self._admin_door.admit(inbound)
        return await page.make(inbound)

    async def _endpoint(self, served: Served, hits: Sequence[Hit], inbound: Inbound) -> Answer:
        hit = next((hit for hit in hits if _takes(hit.endpoint.methods, inbound.method)), None)
        if hit is None:
            return _other_method([method for hit in hits for method in hit.endpoint.methods], inbound)
        self._check_room()
        endpoint = hit.endpoint
        client = None if endpoint.auth == "none" else self._door.admit(served.keys, inbound)
        if endpoint.kind == MODELS:
            return _models(served.snapshot, hit, client)
        if endpoint.kind == PASS:
            rest = _rest(hit, inbound)
            return await self._gateway.relay(served.snapshot, endpoint, inbound, rest, client)
        _refuse_encoded(inbound)
        return await self._gateway.chat(served.snapshot, endpoint.surface, inbound, client)


def _models(snapshot: Snapshot, hit: Hit, client: Client | None) -> Page:
    """The names that a client may ask for, or one of them. Raises `RequestRefused` when it may not."""
    surface = SURFACES.get(hit.endpoint.surface) or SURFACES.get(HUB)
    assert surface is not None
    for captured in hit.captured.values():
        name = unquote(captured)
        find_alias(snapshot, name, client)
        return json_page(surface.model(ModelEntry(name)))
    return json_page(surface.models(ModelEntry(name) for name in visible_names(snapshot, client)))


def _rest(hit: Hit, inbound: Inbound) -> str:
    """What follows the base URL: the `{path}` of the endpoint and the query, as sent."""
    path = f"/{hit.captured['path']}" if "path" in hit.captured else ""
    return f"{path}?{inbound.raw_query}" if inbound.raw_query else path


def _refuse_encoded(inbound: Inbound) -> None:
    encoding = inbound.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", ""):
        raise RequestRefused(
            f"the body comes with content-encoding {encoding[:40]!r}; only identity is read here",
            status=415,
            code="unsupported_content_encoding",
        )


def _takes(methods: Sequence[str], method: str) -> bool:
    return method in methods or (method == "HEAD" and "GET" in methods)


def _other_method(methods: Sequence[str], inbound: Inbound) -> Page:
    """A page may ask first what is allowed; any other method is refused."""
    allowed = sorted({*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])})
    allow = {"allow": ", ".join(allowed)}
    if inbound.method == "OPTIONS":
        return Page(204, headers={**allow, **preflight_headers(allowed, inbound.headers)})
    info = ErrorInfo(
        ErrorClass.INVALID,
        f"{inbound.method[:20]} is not allowed on {inbound.path[:200]}, but {allow['allow']}",
        "method_not_allowed",
        status_override=405,
    )
    return error_page(info, allow)


def _nowhere(served: Served | None, inbound: Inbound) -> EngineError:
    if served is None:
        return EngineUnavailable("nothing is loaded yet", code="not_ready", retry_after=1.0)
    where = f"{inbound.method[:20]} {inbound.path[:200]}"
    hint = served.endpoints.suggest(inbound.path[:200])
    return RequestRefused(f"no endpoint answers {where}; {hint}", status=404, code="unknown_url")

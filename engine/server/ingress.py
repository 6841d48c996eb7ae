"""From a client's request to an answer: path, method, key, then the gateway or a page of the server's own.

Knows nothing of sockets or the web framework.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple, Protocol
from urllib.parse import unquote

from engine.actions.errors import Failure, Stage
from engine.actions.program import ActionProgram
from engine.errors import EngineError, EngineUnavailable, ErrorClass, ErrorInfo, RequestRefused
from engine.events import FixedHeaders, Inbound
from engine.gateway.acting import failure_answer
from engine.gateway.answer import Joining
from engine.ports import KeysWanted, Telemetry
from engine.server.access.auth import AdminDoor, ClientKeys, Door
from engine.server.access.cors import cors_headers, preflight_headers
from engine.server.access.endpoint_token import CHALLENGE, admit_token
from engine.server.endpoints import ACTION, OPERATION, PASS, EndpointTable, Hit
from engine.server.http1.answer import NO_MORE
from engine.server.http1.websocket import check_handshake, wants_socket
from engine.server.own_pages import Asked, OwnPage, PageHit, PageMaker, PageTable
from engine.server.page import Answer, Page, error_page
from engine.server.surface_pages import SURFACE_PAGES, SurfacePage, surface_of
from engine.snapshot.model import Client, Endpoint, Snapshot
from engine.surfaces.surface import Surface

REFUSALS = "proxyctl_refusals_total"
READING = ("GET", "HEAD")
Kind = Callable[[Snapshot, Hit, Inbound, Client | None], Awaitable[Answer]]
Words = Surface | ActionProgram
"""What shapes the errors of an endpoint."""


class Outgoing(NamedTuple):
    """An answer as it goes out: its own headers, and those that it has alike with others.

    `words` shape what must be said in mid-stream.
    """

    status: int
    headers: dict[str, str]
    shared: FixedHeaders
    content_type: str
    body: bytes | AsyncIterator[bytes]
    words: Words | None = None
    session: Joining | None = None


new_outgoing = partial(tuple.__new__, Outgoing)
"""`Outgoing(…)` of a tuple, see `engine.events.new_event`."""


class Answering(Protocol):
    """The gateway."""

    async def chat(
        self, snapshot: Snapshot, surface_name: str, inbound: Inbound, client: Client | None
    ) -> Answer: ...

    async def count(
        self, snapshot: Snapshot, surface: Surface, inbound: Inbound, client: Client | None
    ) -> Answer: ...

    async def perform(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, client: Client | None
    ) -> Answer: ...

    async def relay(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, rest: str, client: Client | None
    ) -> Answer: ...

    async def act(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, client: Client | None
    ) -> Answer: ...

    async def remember(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, client: Client | None
    ) -> Answer: ...

    async def realtime(
        self, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, rest: str, client: Client | None
    ) -> Answer: ...

    def refused(self, endpoint: Endpoint, inbound: Inbound, info: ErrorInfo) -> None: ...


@dataclass(frozen=True, slots=True)
class Served:
    """One snapshot with what the ingress looks up in it; requests keep theirs to the end."""

    snapshot: Snapshot
    endpoints: EndpointTable
    keys: ClientKeys

    @classmethod
    def of(cls, snapshot: Snapshot, keys: ClientKeys | None = None) -> Served:
        """`keys`: those of more than the snapshot's own clients."""
        known = ClientKeys.build(snapshot.clients) if keys is None else keys
        return cls(snapshot, EndpointTable.build(snapshot.endpoints), known)


async def no_keys(_: str) -> None:
    """There are no tokens whose keys could be looked for."""


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
        refresh: Callable[[str], Awaitable[None]] = no_keys,
    ) -> None:
        """`check_room` raises `EngineUnavailable` when no endpoint may be used now.

        `refresh` waits for the keys of tokens, see `ports.Tokens`.
        """
        self.served: Served | None = None
        self._gateway = gateway
        self._pages = PageTable.build(pages)
        self._door = door
        self._admin_door = admin_door
        self._telemetry = telemetry
        self._check_room = check_room
        self._refresh = refresh
        self._kinds = self._kinds_of_endpoints()

    def renew(self, change: Callable[[Snapshot], Snapshot]) -> None:
        """What is served, with something else in it; requests under way keep what they have."""
        if self.served is not None:
            self.served = replace(self.served, snapshot=change(self.served.snapshot))

    async def answer(self, inbound: Inbound) -> Outgoing:
        """The answer to a request, whatever it is. Raises only for faults of the engine's own."""
        served, words = self.served, None
        hits: Sequence[Hit] = ()
        try:
            own = self._pages.find(inbound.path)
            hits = served.endpoints.match(inbound.path) if served and not (own and own.page.admin) else ()
            if hits and served:
                hit = pick(hits, inbound)
                endpoint = (hit or hits[0]).endpoint
                words = endpoint.action or served.snapshot.surfaces.get(endpoint.surface)
                if hit is None:
                    return self.outgoing(_other_method(hits, inbound, words), inbound, words)
                if hit.captured and endpoint.kind != PASS:
                    inbound = inbound._replace(names=decoded(hit.captured))
                try:
                    client = self._admit(served, endpoint, inbound)
                except KeysWanted as wanted:
                    client = await self._admit_later(served, endpoint, inbound, wanted)
                answer = await self._kinds[endpoint.kind](served.snapshot, hit, inbound, client)
            elif own:
                answer = await self._own_page(own, inbound)
            else:
                raise _nowhere(served, inbound)
        except EngineError as exc:
            answer = self.refusal(exc.info, words, CHALLENGE if asks_token(hits, exc.info) else None)
            if hits:
                self._gateway.refused(hits[0].endpoint, inbound, exc.info)
        return self.outgoing(answer, inbound, words)

    def passes_on(self, inbound: Inbound) -> bool:
        """Whether a request goes on as it is, so that nothing need be read of its body before it is sent."""
        served = self.served
        if served is None or self._pages.find(inbound.path):
            return False
        hit = pick(served.endpoints.match(inbound.path), inbound)
        provider = hit.endpoint.provider if hit is not None and hit.endpoint.kind == PASS else None
        return provider is not None and provider.streams_uploads

    def refusal(
        self, info: ErrorInfo, words: Words | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        self._telemetry.counter(REFUSALS, {"code": info.code or "", "status": str(info.status)}).add()
        return _error(info, headers or {}, words)

    def outgoing(self, answer: Answer, inbound: Inbound, words: Words | None = None) -> Outgoing:
        served = self.served
        headers = {"x-proxyctl-generation": served.snapshot.generation} if served else {}
        shared = answer.headers
        if not isinstance(shared, FixedHeaders):
            headers |= shared
            shared = NO_MORE
        headers["x-request-id"] = inbound.request_id
        if "origin" in inbound.headers:
            headers |= cors_headers(self._readers(inbound), inbound.headers)
        return new_outgoing(
            (answer.status, headers, shared, answer.content_type, answer.body, words, answer.session)
        )

    def _readers(self, inbound: Inbound) -> Sequence[str]:
        """The admin pages may be open to this machine; that is no invitation to the pages in its browser."""
        own = self._pages.find(inbound.path)
        if own and own.page.admin:
            return self._door.origins
        return self._door.readers(self.served.keys if self.served else None, inbound)

    async def _own_page(self, own: PageHit, inbound: Inbound) -> Answer:
        make = own.page.maker(inbound.method)
        if make is None:
            return _method_refused(own.page.methods, inbound)
        asked = Asked(inbound, own.names)
        if not own.page.admin or own.page.open:
            return await make(asked)
        self._admin_door.admit(inbound)
        return await (make(asked) if inbound.method in READING else self._change(make, asked))

    async def _change(self, make: PageMaker, asked: Asked) -> Answer:
        """A change by the operator, and its line in the log."""
        status = 500
        try:
            answer = await make(asked)
            status = answer.status
            return answer
        except EngineError as refused:
            status = refused.info.status
            raise
        finally:
            inbound = asked.inbound
            fields = {"request_id": inbound.request_id, "who": asked.who, "status": status}
            self._telemetry.log(
                "info", "admin", fields, {"method": inbound.method, "path": inbound.path[:200]}
            )

    def _admit(self, served: Served, endpoint: Endpoint, inbound: Inbound) -> Client | None:
        """Who asks; None is nobody in particular. Raises `EngineError`, or `KeysWanted`."""
        self._check_room()
        if endpoint.auth == "clients":
            return self._door.admit(served.keys, inbound, endpoint.name, keyed=endpoint.keyed)
        self._admit_other(endpoint, inbound)
        return None

    def _admit_other(self, endpoint: Endpoint, inbound: Inbound) -> None:
        """Where something else than a client's key is asked for, or nothing. Raises `RequestRefused`."""
        if endpoint.token is not None:
            admit_token(endpoint.token, inbound)
        elif endpoint.auth == "password":
            self._admin_door.admit(inbound)

    async def _admit_later(
        self, served: Served, endpoint: Endpoint, inbound: Inbound, wanted: KeysWanted
    ) -> Client | None:
        """Whoever brings a token of a new key waits until keys have been looked for."""
        await self._refresh(wanted.source)
        try:
            return self._door.admit(served.keys, inbound, endpoint.name, keyed=endpoint.keyed)
        except KeysWanted as still:
            message = "the keys by which tokens are checked are being fetched"
            raise EngineUnavailable(message, code="token_keys_unavailable", retry_after=1.0) from still

    # What answers an endpoint, by its kind

    def _kinds_of_endpoints(self) -> Mapping[str, Kind]:
        pages = {kind: partial(_page, make) for kind, make in SURFACE_PAGES.items()}
        return {
            **pages,
            "surface": self._chat,
            OPERATION: self._operation,
            ACTION: self._action,
            "count": self._count,
            PASS: self._pass,
            "realtime": self._realtime,
        }

    def _chat(
        self, snapshot: Snapshot, hit: Hit, inbound: Inbound, client: Client | None
    ) -> Awaitable[Answer]:
        _refuse_encoded(inbound)
        endpoint = hit.endpoint
        if endpoint.remember is not None:
            return self._gateway.remember(snapshot, endpoint, inbound, client)
        return self._gateway.chat(snapshot, endpoint.surface, inbound, client)

    def _operation(
        self, snapshot: Snapshot, hit: Hit, inbound: Inbound, client: Client | None
    ) -> Awaitable[Answer]:
        _refuse_encoded(inbound)
        return self._gateway.perform(snapshot, hit.endpoint, inbound, client)

    def _action(
        self, snapshot: Snapshot, hit: Hit, inbound: Inbound, client: Client | None
    ) -> Awaitable[Answer]:
        _refuse_encoded(inbound)
        return self._gateway.act(snapshot, hit.endpoint, inbound, client)

    def _count(
        self, snapshot: Snapshot, hit: Hit, inbound: Inbound, client: Client | None
    ) -> Awaitable[Answer]:
        return self._gateway.count(snapshot, surface_of(snapshot, hit.endpoint), inbound, client)

    def _pass(
        self, snapshot: Snapshot, hit: Hit, inbound: Inbound, client: Client | None
    ) -> Awaitable[Answer]:
        if wants_socket(inbound.headers):
            return self._realtime(snapshot, hit, inbound, client)
        return self._gateway.relay(snapshot, hit.endpoint, inbound, _rest(hit, inbound), client)

    def _realtime(
        self, snapshot: Snapshot, hit: Hit, inbound: Inbound, client: Client | None
    ) -> Awaitable[Answer]:
        check_handshake(inbound.method, inbound.headers)
        return self._gateway.realtime(snapshot, hit.endpoint, inbound, _rest(hit, inbound), client)


async def _page(
    make: SurfacePage, snapshot: Snapshot, hit: Hit, inbound: Inbound, client: Client | None
) -> Answer:
    return make(snapshot, hit.endpoint, inbound, client)


def _rest(hit: Hit, inbound: Inbound) -> str:
    """What follows the base URL: the `{path}` of the endpoint and the query, as sent."""
    path = f"/{hit.captured['path']}" if "path" in hit.captured else ""
    return f"{path}?{inbound.raw_query}" if inbound.raw_query else path


def _refuse_encoded(inbound: Inbound) -> None:
    encoding = inbound.headers.get("content-encoding")
    if encoding is not None and (encoding := encoding.strip().lower()) not in ("identity", ""):
        raise RequestRefused(
            f"the body comes with content-encoding {encoding[:40]!r}; only identity is read here",
            status=415,
            code="unsupported_content_encoding",
        )


def pick(hits: Sequence[Hit], inbound: Inbound) -> Hit | None:
    """The first endpoint that takes the method, and whose header is there if it asks for one."""
    method = inbound.method
    for hit in hits:
        endpoint = hit.endpoint
        if (method in endpoint.methods or (method == "HEAD" and "GET" in endpoint.methods)) and (
            endpoint.header is None or _says(endpoint, inbound.headers.get(endpoint.header))
        ):
            return hit
    return None


def _says(endpoint: Endpoint, said: str | None) -> bool:
    like = endpoint.header_like
    return said is not None and (like is None or like.fullmatch(said) is not None)


def decoded(captured: Mapping[str, str]) -> dict[str, str]:
    return {name: unquote(value) for name, value in captured.items()}


def asks_token(hits: Sequence[Hit], info: ErrorInfo) -> bool:
    """Whether somebody was refused for want of the token of an endpoint."""
    return info.status == 401 and any(hit.endpoint.token is not None for hit in hits)


def _error(info: ErrorInfo, headers: Mapping[str, str], words: Words | None) -> Answer:
    """An error in the words of the endpoint that it came to."""
    if isinstance(words, ActionProgram):
        return failure_answer(words, Failure(info, Stage.DOOR), headers)
    return error_page(info, headers, words)


def _other_method(hits: Iterable[Hit], inbound: Inbound, words: Words | None) -> Answer:
    return _method_refused([method for hit in hits for method in hit.endpoint.methods], inbound, words)


def _method_refused(methods: Iterable[str], inbound: Inbound, words: Words | None = None) -> Answer:
    """A page may ask first what is allowed; any other method is refused."""
    known = {*methods}
    allowed = sorted(known | {"OPTIONS", *(["HEAD"] if "GET" in known else [])})
    allow = {"allow": ", ".join(allowed)}
    if inbound.method == "OPTIONS":
        return Page(204, headers={**allow, **preflight_headers(allowed, inbound.headers)})
    info = ErrorInfo(
        ErrorClass.INVALID,
        f"{inbound.method[:20]} is not allowed on {inbound.path[:200]}, but {allow['allow']}",
        "method_not_allowed",
        status_override=405,
    )
    return _error(info, allow, words)


def _nowhere(served: Served | None, inbound: Inbound) -> EngineError:
    if served is None:
        return EngineUnavailable("nothing is loaded yet", code="not_ready", retry_after=1.0)
    where = f"{inbound.method[:20]} {inbound.path[:200]}"
    hint = served.endpoints.suggest(inbound.path[:200])
    return RequestRefused(f"no endpoint answers {where}; {hint}", status=404, code="unknown_url")

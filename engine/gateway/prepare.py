"""One upstream request, ready to send: scope, rendering, URL, headers, auth. Pure; `explain` shows it too."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import orjson

from engine.credentials.model import Credential
from engine.errors import MappingFailed, RequestRefused
from engine.events import Call, FixedHeaders, Grant, new_call
from engine.gateway.plan import Place
from engine.gateway.request import Request
from engine.gateway.scrub import MASK
from engine.mapping.auth import AuthProgram
from engine.mapping.dialect import Operation
from engine.mapping.request import Rendered
from engine.mapping.scope import Scope
from engine.operations import CHAT
from engine.signing.scheme import Outgoing, Signature, SigningFailed
from engine.snapshot.model import Provider
from engine.surfaces.forms import is_form, patched_form, write_form
from engine.surfaces.surface import dropped

NOTHING_LOST: tuple[str, ...] = ()

# Of each provider: one for each credential and model.
HEADS_KEPT = 1024
LONGEST_KEY = 512
HeadKey = tuple[Any, ...]
"""What goes into a head that is kept: the id of the credential, the upstream's model, `chat.stream`, the
operation, and the headers of the client that it reads.
"""

Now = Callable[[], float]
Ids = Callable[[str], str]


class Head(NamedTuple):
    """A call without its body; `credential` is the one that is in it."""

    method: str
    url: str
    headers: dict[str, str]
    credential: Credential | None = None
    grant: Grant | None = None


class Scoped:
    """What the mapping sees, made when it is asked for: a request that passes may not need it."""

    __slots__ = ("_arguments", "_made")

    def __init__(self, *arguments: Any) -> None:
        self._arguments = arguments
        self._made: Scope | None = None

    def get(self) -> Scope:
        if self._made is None:
            self._made = _scope(*self._arguments)
        return self._made


class Prepared(NamedTuple):
    """`asked`: a stream is asked of the upstream · `passing`: its bytes may pass through as they are.

    `lost` names the client's parameters that the mapping does not carry.
    """

    call: Call
    operation: Operation
    scoped: Scoped
    asked: bool
    passing: bool
    lost: tuple[str, ...]

    @property
    def scope(self) -> Scope:
        return self.scoped.get()


new_prepared = partial(tuple.__new__, Prepared)
"""`Prepared(…)` of a tuple, without the detour through its keyword-taking constructor."""


def prepare(request: Request, place: Place, credential: Credential | None, now: Now, ids: Ids) -> Prepared:
    """Raises `RequestRefused`, and `MappingFailed` where the mapping meets what it cannot transform."""
    provider, stream = place.provider, place.leg.chat.stream
    wanted = bool(stream)
    name = request.surface.operation
    operation = provider.dialect.operations.get(name)
    if operation is None or operation.request is None:
        message = f"the dialect {provider.dialect.name!r} has no operation {name!r}"
        raise MappingFailed(message, str(provider.at))
    asked = asks_stream(place, operation, wanted=wanted)
    passing = may_pass(request, place, name) and wanted is asked
    if wanted is not asked:
        stream = asked  # a mapping reads `chat.stream` as what is asked of the upstream
    program, scoped = operation.request, Scoped(request, place, credential, stream, now, ids)
    if request.surface.form is not None and sends_form(request, operation, passing=passing):
        return _with_form(request, place, operation, scoped, credential, passing=passing)
    key: HeadKey = (credential.id if credential else None, place.model, stream, name)
    if program.headers:
        key += tuple(map(request.inbound.headers.get, program.headers))
    head = _kept(provider, key, credential)
    rendered: Rendered | None = None
    if passing:
        payload, lost = _passed(request, place), NOTHING_LOST
    else:
        scope = scoped.get()
        scope.chat.compute(operation.reads_chat)
        rendered = program.render(scope) if head is None else None
        body = rendered.body if rendered else program.render_body(scope)
        lost = _lost(request, place, operation, scope)
        payload = encode_body(body, provider)
    if head is None or not payload:
        rendered = rendered or program.render_around(place.leg.body if passing else None, scoped.get())
        head = _signed(provider, rendered, payload, scoped.get(), credential)
        if program.headers is not None and payload and all(map(is_short, key)):
            head = _shared(provider, key, head)
    call = _call(provider, head, payload)
    return new_prepared((call, operation, scoped, asked, passing, lost))


def sends_form(request: Request, operation: Operation, *, passing: bool) -> bool:
    """A client's own form passes as one; of others the mapping says it."""
    if passing:
        return is_form(request.inbound.headers.get("content-type", ""))
    return operation.request is not None and operation.request.form


def _with_form(
    request: Request,
    place: Place,
    operation: Operation,
    scoped: Scoped,
    credential: Credential | None,
    *,
    passing: bool,
) -> Prepared:
    """A form, whose head is like no other's: its boundary depends on what is in it. Raises as `prepare`."""
    program, provider, scope, leg = operation.request, place.provider, scoped.get(), place.leg
    assert program is not None
    lost = NOTHING_LOST
    if not passing:
        rendered = program.render(scope)
        if not isinstance(rendered.body, dict):
            raise MappingFailed("a form is an object of its fields", str(provider.at))
        payload, kind = write_form(rendered.body)
        lost = _lost(request, place, operation, scope)
    else:
        rendered = program.render_around(None, scope)
        kind = request.inbound.headers["content-type"]
        if leg.body is request.body:
            payload = patched_form(request.inbound.body, kind, "model", place.model)
        else:
            payload, kind = write_form({**leg.body, "model": place.model})
    rendered = rendered._replace(body=None, headers={**rendered.headers, "content-type": kind})
    head = _signed(provider, rendered, payload, scope, credential)
    streams = bool(leg.chat.stream)
    return Prepared(_call(provider, head, payload), operation, scoped, streams, passing, lost)


def is_short(part: Any) -> bool:
    """Whether a part of a key may be kept: headers are the client's, and may be of any length."""
    return not isinstance(part, str) or len(part) <= LONGEST_KEY


def prepare_operation(
    request: Request, place: Place, credential: Credential | None, operation: Operation, now: Now, ids: Ids
) -> tuple[Call, Scope]:
    """The call of an operation beside the chat, whose whole answer is wanted. Raises as `prepare` does."""
    assert operation.request is not None
    scope = _scope(request, place, credential, False, now, ids)
    if may_pass(request, place, operation.name):
        rendered, payload = operation.request.render_around({}, scope), _passed(request, place)
    else:
        scope.chat.compute(operation.reads_chat)
        rendered = operation.request.render(scope)
        payload = encode_body(rendered.body, place.provider)
    return signed_call(place.provider, rendered, payload, scope), scope


def _kept(provider: Provider, key: HeadKey, credential: Credential | None) -> Head | None:
    """The head of an earlier call with this credential; another one may have had its id."""
    head: Head | None = provider.heads.get(key)
    return head if head is not None and head.credential is credential else None


def _shared(provider: Provider, key: HeadKey, head: Head) -> Head:
    """The same, kept for further calls if all that goes into their heads is in the key."""
    if provider.caller_key is not None or not all(program.fixed for program in provider.dialect.auth):
        return head
    if len(provider.heads) >= HEADS_KEPT:
        provider.heads.clear()
    shared = provider.heads[key] = head._replace(headers=FixedHeaders(head.headers))
    return shared


def asks_stream(place: Place, operation: Operation, *, wanted: bool) -> bool:
    """Whether a stream is asked of the upstream: what it can do, then `mode`, then the client's wish."""
    if operation.name != CHAT:
        return wanted
    if operation.stream is None or operation.response is None:
        return operation.stream is not None
    mode = place.leg.alias.mode or place.provider.mode or operation.mode_for(place.model)
    return wanted if mode == "asked" else mode == "always"


def may_pass(request: Request, place: Place, operation: str) -> bool:
    """Whether both sides mean the same by the same bytes, as far as the request goes."""
    surface = request.surface
    alike = place.provider.passing.get(operation) == surface.wire and surface.passthrough is not None
    return alike and place.leg.chat.passes


def _lost(request: Request, place: Place, operation: Operation, scope: Scope) -> tuple[str, ...]:
    """What the mapping does not read at all, and what it says itself that it cannot carry.

    Raises `RequestRefused` where the provider wants nothing lost.
    """
    provider = place.provider
    chat, surface = place.leg.chat, request.surface
    # Another protocol's parameters are carried by their names: `body` as a whole is not what its client sent.
    body = operation.reads_body if surface.hub else operation.names_body
    dropping = dropped(chat, surface, body, operation.reads_chat)
    if not dropping and not scope.lost and not chat.unread:
        return NOTHING_LOST
    lost = tuple(dict.fromkeys([*chat.unread, *surface.renamed([*dropping, *scope.lost])]))
    if provider.unsupported == "reject":
        message = f"provider {provider.name!r} does not support {', '.join(lost)}"
        raise RequestRefused(message, param=lost[0], code="unsupported_parameter")
    return lost


def _passed(request: Request, place: Place) -> bytes:
    """The client's own bytes, patched no more than is needed; a leg's body is in the words of the hub."""
    surface = request.surface
    passthrough = surface.passthrough
    assert passthrough is not None
    body = place.leg.body if surface.hub else request.body
    return passthrough.patch(request.inbound.body if body is request.body else None, body, place.model)


def _scope(
    request: Request, place: Place, credential: Credential | None, stream: bool | None, now: Now, ids: Ids
) -> Scope:
    leg, provider = place.leg, place.provider
    chat = leg.chat
    if chat.stream is not stream:
        chat = copy.copy(chat)
        chat.stream = stream
    # One by one: `Scope` itself looks whether names are known, and objects plain, as all of these are.
    scope = Scope(clock=now, ids=ids)
    scope.body = leg.body
    scope.chat = chat
    scope.model = place.model
    scope.params = provider.params
    scope.features = provider.features_of[place.model]
    scope.route = route_of(request, place)
    scope.client = request.client.facts if request.client else None
    scope.credential = credential.data if credential else None
    scope.headers = request.inbound.headers
    return scope


def route_of(request: Request, place: Place) -> dict[str, Any]:
    """What templates know of the way: `route.*`."""
    return {
        "surface": request.surface.name,
        "alias": place.leg.alias.name,
        "name": place.leg.name,
        "provider": place.provider.name,
        "target": place.label,
    }


def encode_body(body: Any, provider: Provider) -> bytes:
    if body is None:
        return b""
    try:
        return orjson.dumps(body)
    except TypeError as exc:
        raise MappingFailed(f"the request's body is not JSON: {exc}", str(provider.at)) from exc


def signed_call(provider: Provider, rendered: Rendered, payload: bytes, scope: Scope) -> Call:
    """The call with the credential in it."""
    return _call(provider, _signed(provider, rendered, payload, scope), payload)


def _call(provider: Provider, head: Head, payload: bytes) -> Call:
    method, url, headers, _, grant = head
    limit = provider.limits.header
    return new_call((method, url, headers, payload, provider.timeouts, provider.channel, limit, grant, None))


def _signed(
    provider: Provider,
    rendered: Rendered,
    payload: bytes,
    scope: Scope,
    credential: Credential | None = None,
) -> Head:
    """The provider's headers win over the dialect's, auth over all."""
    url = rendered.url and with_query(rendered.url, rendered.query)
    url = url or address(provider.base_url, rendered.path, rendered.query)
    headers = {} if rendered.body is None else {"content-type": "application/json"}
    for more in (rendered.headers, provider.headers):
        for name, value in more.items():
            headers[name.lower()] = value
    extra: dict[str, str] = {}
    grant: Grant | None = None
    for program in provider.dialect.auth:
        if program.signs and scope.payload is None:
            scope = _signing_scope(scope, rendered.method, url, payload)
        if program.scheme is not None:
            outgoing = Outgoing(rendered.method, with_query(url, extra), headers, payload, scope.now())
            signed = _signature(provider, program, scope, outgoing)
            headers |= signed.headers
            grant = signed.grant or grant
            continue
        for kind, name, value in program.apply(scope, rendered):
            if kind == "header":
                headers[name.lower()] = value
            else:
                extra[name] = value
    return Head(rendered.method, with_query(url, extra) if extra else url, headers, credential, grant)


def _signature(provider: Provider, program: AuthProgram, scope: Scope, outgoing: Outgoing) -> Signature:
    try:
        return program.sign(scope, outgoing)
    except SigningFailed as exc:
        if MASK in (scope.credential or {}).values():
            return Signature({"authorization": MASK})  # `explain` has nothing to sign with
        raise MappingFailed(str(exc), str(provider.at)) from exc


def _signing_scope(scope: Scope, method: str, url: str, payload: bytes) -> Scope:
    """Auth sees the request line and the payload as they are sent; the payload is text, as JSON always is."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    text = payload.decode("utf-8", "surrogateescape")
    return scope.fork(method=method, path=parts.path or "/", query=query, payload=text)


def address(base_url: str, path: str, query: Mapping[str, str] | None) -> str:
    """Base URL and path joined by one slash; the path's own query, then `query`.

    Each `../` that a path begins with takes a segment off the base URL. Names from outside hold none: see
    `runtime.path_value`.
    """
    while path.startswith("../"):
        path, base_url = path[3:], above(base_url)
    slash = "" if path.startswith(("/", "?")) or not path else "/"
    return with_query(f"{base_url.rstrip('/')}{slash}{path}", query)


def above(base_url: str) -> str:
    """Without the last segment of its path, if it has any."""
    head, slash, _ = base_url.rstrip("/").rpartition("/")
    return head if slash and not head.endswith("/") else base_url


def with_query(url: str, query: Mapping[str, str] | None) -> str:
    """The URL with more parameters behind those that it has."""
    if not query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query, quote_via=quote)}"

"""The OpenAPI document of what is served: an operation for each method of each endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine import __version__
from engine.server.access.auth import KEY_HEADERS
from engine.server.apidocs.bodies import Body, action_body, body_of
from engine.server.endpoints import NAME, PASS
from engine.snapshot.model import Endpoint, Snapshot

Json = dict[str, Any]

ACTION = "action"
WRITING = ("POST", "PUT", "PATCH")
SHOWN = ("GET", "POST", "PUT", "PATCH", "DELETE")
ERROR_REF = {"$ref": "#/components/schemas/Error"}
CLIENT_KEY = "clientKey"

ABOUT = (
    "What this server answers, as it is loaded now. Paths, models and keys are those of the site; this page "
    "follows a reload."
)


def document(snapshot: Snapshot, *, keys_asked: bool) -> Json:
    """OpenAPI 3.1. `keys_asked`: there are clients, so nobody comes in without a key."""
    paths: dict[str, Json] = {}
    known: dict[str, str] = {}
    # What asks for a header stands at a path of another endpoint, mostly: that one is told of first.
    for endpoint in sorted(snapshot.endpoints, key=lambda each: each.header is not None):
        shape = NAME.sub("{}", endpoint.path)
        item = paths.setdefault(known.setdefault(shape, endpoint.path), {})
        for method in endpoint.methods:
            if method in SHOWN:
                _put(item, method, endpoint, keys_asked)
    return {
        "openapi": "3.1.0",
        "info": {"title": "proxyctl", "version": __version__, "description": ABOUT},
        "paths": {path: item for path, item in sorted(paths.items()) if item},
        "components": {
            "schemas": {"Error": _error_schema()},
            "securitySchemes": dict(_schemes(snapshot, keys_asked)),
        },
        "tags": [{"name": tag} for tag in sorted({_tag(each) for each in snapshot.endpoints})],
    }


def _put(item: Json, method: str, endpoint: Endpoint, keys_asked: bool) -> None:
    held = item.get(method.lower())
    if held is None:
        item[method.lower()] = _operation(endpoint, method, keys_asked)
    elif endpoint.header is not None:
        told = "" if endpoint.header_like is None else f" of the clients of `{endpoint.surface}`"
        held["description"] += (
            f"\n\nWith the header `{endpoint.header}`{told} it speaks `{endpoint.surface}` instead."
        )


def _operation(endpoint: Endpoint, method: str, keys_asked: bool) -> Json:
    body = _body(endpoint)
    operation: Json = {
        "operationId": endpoint.name if len(endpoint.methods) == 1 else f"{endpoint.name}-{method.lower()}",
        "tags": [_tag(endpoint)],
        "summary": body.summary,
        "description": _described(endpoint, body),
        "responses": _responses(body),
        "security": _security(endpoint, keys_asked),
    }
    parameters = [*_path_parameters(endpoint), *_header_parameters(endpoint)]
    if parameters:
        operation["parameters"] = parameters
    if method in WRITING:
        media = {"schema": body.request} if body.request is not None else {}
        content = {name: media for name in body.takes}
        operation["requestBody"] = {"required": endpoint.kind not in (PASS, ACTION), "content": content}
    return operation


def _body(endpoint: Endpoint) -> Body:
    if endpoint.action is not None:
        return action_body(endpoint.action)
    if endpoint.kind == PASS:
        provider = endpoint.provider.name if endpoint.provider else ""
        return Body(
            f"Passed on to {provider}",
            "Bytes go to the provider as they are, and come back so.",
            takes=("*/*",),
        )
    return body_of(endpoint)


def _described(endpoint: Endpoint, body: Body) -> str:
    parts = [body.about]
    if endpoint.path.endswith("{path}"):
        parts.append("`{path}` stands for the rest of the path, slashes too.")
    return "\n\n".join(part for part in parts if part)


def _responses(body: Body) -> Json:
    content: Json = {name: {} for name in body.gives}
    if "application/json" in content and body.response is not None:
        content["application/json"] = {"schema": body.response}
    if body.streams:
        content["text/event-stream"] = {"schema": {"type": "string"}}
    failed = {"application/json": {"schema": ERROR_REF if body.usual_errors else {}}}
    return {
        "200": {"description": "The answer.", "content": content},
        "4XX": {"description": "The request is refused.", "content": failed},
        "5XX": {"description": "The model cannot be reached, or failed.", "content": failed},
    }


def _path_parameters(endpoint: Endpoint) -> Iterator[Json]:
    for name in dict.fromkeys(NAME.findall(endpoint.path)):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _header_parameters(endpoint: Endpoint) -> Iterator[Json]:
    if endpoint.header is not None:
        yield {"name": endpoint.header, "in": "header", "required": True, "schema": {"type": "string"}}


def _tag(endpoint: Endpoint) -> str:
    if endpoint.kind in (ACTION, PASS):
        return {ACTION: "actions", PASS: "passthrough"}[endpoint.kind]
    return endpoint.surface


# Who may call


def _security(endpoint: Endpoint, keys_asked: bool) -> list[Mapping[str, Sequence[str]]]:
    """One of these will do; none is needed where the list is empty."""
    if endpoint.auth == "none":
        return []
    if endpoint.auth == "clients":
        return [{name: []} for name in _client_schemes()] if keys_asked or endpoint.keyed else []
    return [{_own_scheme(endpoint): []}]


def _schemes(snapshot: Snapshot, keys_asked: bool) -> Iterator[tuple[str, Json]]:
    if keys_asked or any(endpoint.keyed for endpoint in snapshot.endpoints):
        yield from _client_schemes().items()
    for endpoint in snapshot.endpoints:
        if endpoint.auth not in ("none", "clients"):
            about = (
                "The password of the site."
                if endpoint.auth == "password"
                else f"The token of `{endpoint.name}`."
            )
            yield _own_scheme(endpoint), {"type": "http", "scheme": "bearer", "description": about}


def _own_scheme(endpoint: Endpoint) -> str:
    return "password" if endpoint.auth == "password" else f"token-{endpoint.name}"


def _client_schemes() -> dict[str, Json]:
    bearer = {"type": "http", "scheme": "bearer", "description": "The key of a client."}
    headers = {name: {"type": "apiKey", "in": "header", "name": name} for name in KEY_HEADERS}
    return {CLIENT_KEY: bearer, **headers}


def _error_schema() -> Json:
    text = {"type": ["string", "null"]}
    inside = {"message": {"type": "string"}, "type": {"type": "string"}, "param": text, "code": text}
    return {
        "type": "object",
        "properties": {"error": {"type": "object", "properties": inside, "required": ["message", "type"]}},
        "required": ["error"],
    }

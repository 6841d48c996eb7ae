"""oauth2: a token that an endpoint gives for the credential, as bearer (RFC 6749, section 4.4; RFC 7523)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote_plus

from engine.events import Grant
from engine.registry import Example
from engine.signing.assertion import assertion
from engine.signing.grant import grant
from engine.signing.scheme import Scheme, SigningFailed

ASSERTS = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LASTS = 300

# Headers and fields of the form.
Proof = tuple[dict[str, str], dict[str, Any]]


def _grant(inputs: Mapping[str, Any]) -> Grant:
    default = "body" if inputs.get("client_secret") or not inputs.get("private_key") else "private_key_jwt"
    way = str(inputs.get("client_auth") or default)
    prove = PROOFS.get(way)
    if prove is None:
        raise SigningFailed(
            f"unknown client_auth {way!r} of the scheme 'oauth2'; there are {', '.join(PROOFS)}"
        )
    needed = "private_key" if way == "private_key_jwt" else "client_secret"
    if not inputs.get(needed):
        raise SigningFailed(f"the scheme 'oauth2' needs `{needed}`")
    fields = inputs.get("fields") or {}
    if not isinstance(fields, Mapping):
        raise SigningFailed("`fields` of the scheme 'oauth2' is no object")

    def asking(now: float, ids: Callable[[str], str]) -> Proof:
        headers, proof = prove(inputs, now, ids)
        scope = inputs.get("scope")
        asked = {
            "grant_type": "client_credentials",
            "scope": " ".join(map(str, scope)) if isinstance(scope, list | tuple) else scope,
            "audience": inputs.get("audience"),
        }
        return headers, {**asked, **proof, **fields}

    return grant("oauth2", inputs, asking, ("client_secret", "private_key"))


def _in_body(inputs: Mapping[str, Any], _: float, __: Callable[[str], str]) -> Proof:
    return {}, {"client_id": inputs["client_id"], "client_secret": inputs["client_secret"]}


def _in_header(inputs: Mapping[str, Any], _: float, __: Callable[[str], str]) -> Proof:
    pair = f"{quote_plus(str(inputs['client_id']))}:{quote_plus(str(inputs['client_secret']))}"
    return {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}, {}


def _signed(inputs: Mapping[str, Any], now: float, ids: Callable[[str], str]) -> Proof:
    client, begin = inputs["client_id"], int(now)
    claims = {
        "iss": client,
        "sub": client,
        "aud": inputs["token_url"],
        "jti": ids("jwt_"),
        "iat": begin,
        "nbf": begin,
        "exp": begin + LASTS,
    }
    head = {"kid": inputs.get("private_key_id"), "x5t": inputs.get("thumbprint")}
    known = {name: value for name, value in head.items() if value}
    proof = assertion(inputs["private_key"], claims, known)
    return {}, {"client_id": client, "client_assertion_type": ASSERTS, "client_assertion": proof}


PROOFS: dict[str, Callable[[Mapping[str, Any], float, Callable[[str], str]], Proof]] = {
    "body": _in_body,
    "header": _in_header,
    "private_key_jwt": _signed,
}

SPEC = Scheme(
    name="oauth2",
    summary="A token that an endpoint gives for client credentials, as bearer; got once for all workers, and "
    "renewed ahead of its end.",
    inputs={
        "token_url": "The endpoint.",
        "scope": "What the token is for: a text, or a list.",
        "audience": "Whom it is for, where the endpoint asks for that.",
        "fields": "Further fields of the form, which win over the others; `grant_type`, say.",
        "client_auth": "How the client proves itself: body, header or private_key_jwt; `body` unless the "
        "credential has a private key and no secret.",
        "client_id": "The client; else the credential's.",
        "client_secret": "Its secret; else the credential's.",
        "private_key": "Its RSA key in PEM, for private_key_jwt; else the credential's.",
        "private_key_id": "The `kid` of that key; else the credential's.",
        "thumbprint": "The `x5t` of the key's certificate; else the credential's.",
    },
    required=frozenset({"token_url"}),
    held=("client_id", "client_secret", "private_key", "private_key_id", "thumbprint"),
    secrets=("client_id",),
    grant=_grant,
    examples=(
        Example(
            "POST https://a.test/\n\n{}",
            {
                "url": "https://login.test/token",
                "body": "grant_type=client_credentials&scope=a+b&client_id=me&client_secret=s%26s",
            },
            {
                "token_url": "https://login.test/token",
                "scope": ["a", "b"],
                "client_id": "me",
                "client_secret": "s&s",
            },
        ),
        Example(
            "POST https://a.test/\n\n{}",
            {
                "url": "https://login.test/token",
                "authorization": "Basic bWU6cw==",
                "body": "grant_type=client_credentials&audience=https%3A%2F%2Fa.test&tenant=t",
            },
            {
                "token_url": "https://login.test/token",
                "audience": "https://a.test",
                "client_auth": "header",
                "fields": {"tenant": "t"},
                "client_id": "me",
                "client_secret": "s",
            },
        ),
        Example("GET https://a.test/", {}, {"token_url": "https://login.test/token"}),
    ),
)

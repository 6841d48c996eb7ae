"""`clients:`, who may call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from engine.spec.base import Rule, Spec, field, spec
from engine.spec.limits import ClientLimits
from engine.tree import Node

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "HS256"
]


@spec
class Jwt(Spec):
    """Callers that bring a signed token."""

    LABEL = "jwt"
    RULES = (Rule(("jwks_file", "jwks_url"), required=True),)

    jwks_file: str | None = field("The keys, relative to the site.", default=None)
    jwks_url: str | None = field("Where the keys are fetched.", default=None, form="url")
    issuer: str | None = field("The `iss` that it must have.", default=None)
    audience: tuple[str, ...] | None = field("The `aud` that it must have.", default=None, one_or_list=True)
    algorithms: tuple[Algorithm, ...] | None = field("Signatures that are accepted.", default=None)
    name: Node | None = field("What the caller is called.", default=None, example="=claims.sub")
    groups: Node | None = field("The caller's groups.", default=None, example="=claims.groups")
    models: Node | None = field(
        "Aliases, or globs, to which a token is bound beside all else.",
        default=None,
        example="=claims.models",
    )
    leeway: float = field("Clocks may differ by this.", default=60.0, form="duration", example="60s")


@spec
class Client(Spec):
    """Who may call, for what, and how much."""

    LABEL = "clients"
    RULES = (Rule(("key", "jwt"), required=True),)

    key: tuple[str, ...] | None = field(
        "The key, or keys: `sha256:…`, or from the environment or a file.",
        default=None, form="client_key", secret=True, one_or_list=True, example="${env:WEB_KEY}",
    )  # fmt: skip
    jwt: Jwt | None = field("Callers that bring a signed token.", default=None)
    models: tuple[str, ...] | None = field(
        "Aliases that may be asked for, or globs.",
        default=None,
        form="glob",
        ref="model-glob",
        one_or_list=True,
    )
    groups: tuple[str, ...] = field("Groups that it belongs to.", default=(), ref="group", one_or_list=True)
    endpoints: tuple[str, ...] | None = field(
        "Endpoints that may be used, by their names or globs.", default=None, form="glob", one_or_list=True
    )
    limits: ClientLimits | None = field("How much may be used.", default=None)
    params: Mapping[str, Any] = field("Defaults for what it leaves out.", default={})
    override: Mapping[str, Any] = field("Values that win over its own.", default={})
    rules: tuple[str, ...] = field(
        "Keyword rules for what it asks and gets.", default=(), ref="rule", one_or_list=True
    )
    ips: tuple[str, ...] | None = field(
        "Networks that it may call from.", default=None, form="cidr", one_or_list=True, example=["10.0.0.0/8"]
    )
    expires: Node | None = field("When it ends: seconds since 1970, or a date.", default=None)

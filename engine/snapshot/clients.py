"""Groups and clients: from what is declared, or stored at run time, to what a caller is let in by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

from engine.diagnostics import Problems
from engine.globs import matches_any
from engine.limits.allowance import allowance
from engine.mapping.template import Template
from engine.memo import Memo
from engine.networks import networks_of, within
from engine.ports import Secrets, TokenCheck
from engine.snapshot.cache import Cache
from engine.snapshot.model import Client, Gate, Group, Terms, TokenRule
from engine.snapshot.moments import moment_of
from engine.spec.client import Client as DeclaredClient
from engine.spec.group import Group as DeclaredGroup

ENDPOINTS_KEPT = 64

# The signatures that tokens may have: with others, who can check a token can make one.
ASYMMETRIC = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip


def build_groups(declared: Mapping[str, DeclaredGroup]) -> dict[str, Group]:
    return {
        name: Group(name, group.limits, group.models, group.params, group.override, group.rules)
        for name, group in declared.items()
    }


def build_clients(
    declared: Mapping[str, DeclaredClient], groups: Mapping[str, Group], problems: Problems
) -> tuple[Client, ...]:
    """Keys become digests here and are known no more."""
    clients = []
    for name, client in declared.items():
        digests = tuple(digest(key) for key in client.key or ())
        clients.append(client_of(name, digests, _terms(name, client, problems), groups))
    return tuple(clients)


def build_tokens(
    declared: Mapping[str, DeclaredClient], cache: Cache, problems: Problems
) -> tuple[TokenRule, ...]:
    """Of the clients that bring signed tokens, what is asked of these."""

    def build(name: str, client: DeclaredClient) -> TokenRule:
        return cache.make("tokens", name, (client,), partial(_token_rule, name, client), problems)

    return tuple(build(name, client) for name, client in declared.items() if client.jwt is not None)


def check_key_files(declared: Mapping[str, DeclaredClient], secrets: Secrets, problems: Problems) -> None:
    """A file of keys may come later, since it is read again when it changes: this is a warning."""
    for name, client in declared.items():
        file = client.jwt.jwks_file if client.jwt else None
        if client.jwt and file is not None and secrets.file(file) is None:
            hint = "make it, readable and not empty; tokens are refused until it is there"
            message = f"the file {file!r} cannot be read"
            at, path = client.jwt.place("jwks_file"), f"clients.{name}.jwt.jwks_file"
            problems.warning(at, "missing-jwks", message, hint=hint, path=path)


def _token_rule(name: str, client: DeclaredClient, problems: Problems) -> TokenRule:
    jwt = client.jwt
    assert jwt is not None
    path = f"clients.{name}.jwt"
    if jwt.audience is None:
        hint = "say `audience:`, so that tokens which were made for other services are refused"
        problems.warning(jwt.at, "any-audience", "tokens for any audience are let in", hint=hint, path=path)

    def compiled(key: str) -> Template | None:
        node = getattr(jwt, key)
        return None if node is None else Template.compile(node, "jwt", problems, f"{path}.{key}")

    check = TokenCheck(
        f"file:{jwt.jwks_file}" if jwt.jwks_file is not None else jwt.jwks_url or "",
        jwt.issuer,
        jwt.audience,
        jwt.algorithms or ASYMMETRIC,
        jwt.leeway,
    )
    # What is wrong with its terms is told with the client.
    terms = _terms(name, client, Problems())
    return TokenRule(name, check, terms, compiled("name"), compiled("groups"), compiled("models"))


def _terms(name: str, client: DeclaredClient, problems: Problems) -> Terms:
    expires = moment_of(client.expires, problems, f"clients.{name}.expires")
    return Terms(
        client.models, client.groups, client.endpoints, client.limits, client.params, client.override,
        client.ips, expires, client.rules,
    )  # fmt: skip


def client_of(name: str, digests: tuple[str, ...], terms: Terms, groups: Mapping[str, Group]) -> Client:
    """The client on these terms. Groups that are not declared count for nothing."""
    member = tuple(group for group in dict.fromkeys(terms.groups) if group in groups)
    joined = [groups[group] for group in member]
    own = allowance("client", name, terms.limits)
    return Client(
        name=name,
        digests=digests,
        models=_models(terms, joined),
        groups=member,
        params=_merged(group.params for group in joined) | dict(terms.params),
        override=_merged(group.override for group in joined) | dict(terms.override),
        limits=terms.limits,
        gate=_gate(terms),
        allowances=tuple(filter(None, (own, *(group.allowance for group in joined)))),
        rules=tuple(chain(*(group.rules for group in joined), terms.rules)),
    )


def _models(terms: Terms, groups: Sequence[Group]) -> tuple[str, ...] | None:
    """What the client and its groups name together; who names nothing has no say. None: everything."""
    lists = [names for names in (terms.models, *(group.models for group in groups)) if names is not None]
    return tuple(dict.fromkeys(chain.from_iterable(lists))) if lists else None


def _merged(several: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Of a name in several, the first counts."""
    merged: dict[str, Any] = {}
    for each in several:
        merged = {**each, **merged}
    return merged


def _gate(terms: Terms) -> Gate | None:
    """None when there is nothing to look at, as for most."""
    if terms.expires is None and terms.ips is None and terms.endpoints is None:
        return None
    ips, endpoints = terms.ips, terms.endpoints
    return Gate(
        terms.expires,
        None if ips is None else Memo(partial(within, networks_of(ips))),
        None if endpoints is None else Memo(partial(matches_any, endpoints), ENDPOINTS_KEPT),
    )


def digest(key: str) -> str:
    """`sha256:…` as it is written, any other key hashed: 64 hex digits."""
    written = key.removeprefix("sha256:")
    return written.lower() if written != key else hashlib.sha256(key.encode()).hexdigest()

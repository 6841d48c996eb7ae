"""Callers that are known by signed tokens: from what it claims to a client, kept until it ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any, NamedTuple

from engine.errors import EngineError, MappingFailed, RequestRefused
from engine.gateway.key_refusals import bad_token, expired
from engine.mapping.scope import Scope
from engine.mapping.template import Template
from engine.ports import Clock, Tokens
from engine.snapshot.clients import client_of
from engine.snapshot.model import Client, Group, TokenRule

# Of each worker; a token that is not among them is checked again.
TOKENS_KEPT = 4096

# A JSON object in base64url, twice, and a signature.
BEGINNING, DOTS = "eyJ", 2

LONGEST_NAME = 128
MOST_NAMES = 64

# A key with its digest.
Presented = tuple[str, str]


class Known(NamedTuple):
    client: Client
    until: float


class Bearers:
    """Of one snapshot. `reserved` are names that no token may claim: those of clients known otherwise."""

    def __init__(
        self,
        rules: Sequence[TokenRule],
        groups: Mapping[str, Group],
        reserved: Set[str],
        tokens: Tokens,
        clock: Clock,
    ) -> None:
        self._rules = [(rule, client_of(rule.name, (), rule.terms, groups)) for rule in rules]
        self._groups = groups
        self._reserved = reserved
        self._tokens = tokens
        self._clock = clock
        self._kept: dict[str, Known] = {}
        self._version = tokens.version

    def find(self, presented: Iterable[Presented]) -> Client | None:
        """The client of the first key that is a token which holds; None when none looks like one.

        Raises `RequestRefused`, and as `Tokens.claims`.
        """
        if self._version != self._tokens.version:
            self._kept.clear()
            self._version = self._tokens.version
        keys = tuple(presented)
        for _, digest in keys:
            known = self._kept.get(digest)
            if known is not None:
                if known.until <= self._clock.now():
                    raise expired("the token has expired")
                return known.client
        for key, digest in keys:
            if key.startswith(BEGINNING) and key.count(".") == DOTS:
                return self._check(key, digest)
        return None

    def _check(self, token: str, digest: str) -> Client:
        issuer = self._tokens.issuer(token)
        fit = [pair for pair in self._rules if pair[0].check.issuer in (None, issuer)]
        if not fit:
            raise bad_token("nobody is known here by tokens of its issuer")
        failure: EngineError | None = None
        for rule, base in fit:
            try:
                known = self._known(token, digest, rule, base)
            except EngineError as refused:
                failure = failure or refused
                continue
            if len(self._kept) >= TOKENS_KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[digest] = known
            return known.client
        assert failure is not None
        raise failure

    def _known(self, token: str, digest: str, rule: TokenRule, base: Client) -> Known:
        claims = self._tokens.claims(token, rule.check)
        scope = Scope(claims=claims)
        name = self._name(rule, scope)
        groups = _names(rule.groups, scope, "groups")
        terms = replace(rule.terms, groups=(*rule.terms.groups, *groups)) if groups else rule.terms
        client = client_of(name, (digest,), terms, self._groups)
        # What is known of addresses is known for all of them.
        client = replace(client, gate=base.gate, narrowed=_names(rule.models, scope, "models"))
        return Known(client, float(claims["exp"]) + rule.check.leeway)

    def _name(self, rule: TokenRule, scope: Scope) -> str:
        if rule.called is None:
            return rule.name
        name = _value(rule.called, scope, "name")
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise bad_token(f"it gives its bearer no name: text of 1 to {LONGEST_NAME} printable characters")
        if name in self._reserved:
            raise bad_token("it gives its bearer the name of another client")
        return name


def _names(template: Template | None, scope: Scope, what: str) -> tuple[str, ...] | None:
    """A list of names, or one; nothing when nobody asks. A token that has none is bound to none."""
    if template is None:
        return None
    value = _value(template, scope, what)
    names = [value] if isinstance(value, str) else value if value is not None else []
    if not isinstance(names, list) or len(names) > MOST_NAMES or not all(map(_is_name, names)):
        raise bad_token(f"its {what} are no list of at most {MOST_NAMES} names")
    return tuple(names)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME


def _value(template: Template, scope: Scope, what: str) -> Any:
    try:
        return template(scope)
    except (MappingFailed, RequestRefused) as failed:
        raise bad_token(f"its {what} cannot be read: {template.text} does not fit its claims") from failed

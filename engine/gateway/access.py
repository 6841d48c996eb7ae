"""Which aliases a client may ask for, and the key that a client brings for the upstream."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from engine.credentials.model import Credential
from engine.errors import ErrorClass, RequestRefused
from engine.globs import matches_any
from engine.routing.aliases import Match
from engine.snapshot.model import Alias, Client, Snapshot

# Where clients put a key, in the order in which they are looked at.
KEY_HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")


def may_use(alias: Alias, name: str, client: Client | None) -> bool:
    """Whether `client` may ask for `name`, which `alias` answers to. Its own list and the alias's must allow.

    No client (a site without any) may use whatever is open to all.
    """
    if alias.access is not None and (client is None or not matches_any(alias.access, client.name)):
        return False
    return client is None or client.models is None or matches_any(client.models, name)


def find_alias(snapshot: Snapshot, name: str, client: Client | None) -> Match[Alias]:
    """The alias for `name`. Raises `RequestRefused` 404 and suggests only what the client may use."""
    found = snapshot.aliases.match(name)
    if found and may_use(found.value, name, client):
        return found
    near = snapshot.aliases.suggest(name, lambda alias: may_use(alias, alias.name, client))
    hint = f"; did you mean {near!r}?" if near and near != name else ""
    raise RequestRefused(
        f"model {name[:200]!r} does not exist or you have no access to it{hint}",
        status=404,
        code="model_not_found",
        param="model",
    )


def visible_names(snapshot: Snapshot, client: Client | None) -> list[str]:
    """The exact names that a client may ask for, sorted; a glob is no name that one could pick."""
    return sorted(name for name, alias in snapshot.aliases.exact.items() if may_use(alias, name, client))


def caller_credential(headers: Mapping[str, str], client: Client | None) -> Credential | None:
    """The client's own key for the upstream, or None.

    The key by which the client is known here is ours and never goes up, even when it is the only one.
    """
    for header in KEY_HEADERS:
        key = _bare(headers.get(header, ""))
        if key and not is_key_of(key, client):
            return Credential("client", key, data={"id": "client", "key": key})
    return None


def missing_key(message: str) -> RequestRefused:
    """The caller's fault, so its type is not that of a credential of ours which an upstream refused."""
    return RequestRefused(
        message,
        status=401,
        code="missing_credential",
        type="authentication_error",
        error_class=ErrorClass.AUTH,
    )


def _bare(value: str) -> str:
    scheme, _, rest = value.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value.strip()


def is_key_of(key: str, client: Client | None) -> bool:
    """Whether it is a key by which the client is known here."""
    return client is not None and hashlib.sha256(key.encode()).hexdigest() in client.digests

"""Which aliases a client may ask for, and the key that a client brings for the upstream."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from engine.credentials.model import Credential
from engine.errors import ErrorClass, RequestRefused
from engine.globs import matches_any
from engine.routing.aliases import Match
from engine.snapshot.model import Alias, CallerKey, Client, Snapshot

# Where clients put a key, in the order in which they are looked at.
KEY_HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")

# Among the keys that a request brings: the one that an action was given, for whichever provider, maybe empty.
GIVEN = ""


def may_use(alias: Alias, name: str, client: Client | None) -> bool:
    """Whether `client` may ask for `name`, which `alias` answers to. Its own list and the alias's must allow.

    No client (a site without any) may use whatever is open to all.
    """
    if alias.access is not None and (client is None or not is_invited(alias, client)):
        return False
    if client is None or (client.models is None and client.narrowed is None):
        return True
    return all(matches_any(globs, name) for globs in (client.models, client.narrowed) if globs is not None)


def is_invited(alias: Alias, client: Client) -> bool:
    """Whether the alias's `access` names the client or one of its groups."""
    if client.everywhere or matches_any(alias.access or (), client.name):
        return True
    return any(matches_any(alias.access_groups, group) for group in client.groups)


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
    """The names that a client may ask for, sorted: exact ones, and what platforms list for globs.

    A glob itself is no name that one could pick.
    """
    known = [*snapshot.aliases.exact.items(), *snapshot.listed]
    return sorted(name for name, alias in known if may_use(alias, name, client))


def caller_credential(
    where: CallerKey, headers: Mapping[str, str], brought: Mapping[str, str], client: Client | None
) -> Credential | None:
    """The client's own key for the upstream, or None. `brought` are keys that stood in the body.

    The key by which the client is known here is ours and never goes up, even when it is the only one.
    """
    for key in _offered(where, headers, brought):
        if key and not is_key_of(key, client):
            return Credential("client", key, data={"id": "client", "key": key})
    return None


def _offered(where: CallerKey, headers: Mapping[str, str], brought: Mapping[str, str]) -> Iterator[str]:
    if GIVEN in brought:
        yield brought[GIVEN]
        return
    if where.body is not None:
        yield brought.get(where.body, "")
        return
    for header in KEY_HEADERS if where.header is None else (where.header,):
        yield bare_key(headers.get(header, ""))


def missing_key(message: str) -> RequestRefused:
    """The caller's fault, so its type is not that of a credential of ours which an upstream refused."""
    return RequestRefused(
        message,
        status=401,
        code="missing_credential",
        type="authentication_error",
        error_class=ErrorClass.AUTH,
    )


def bare_key(value: str) -> str:
    """The key in a header's value, which may stand behind the word `Bearer`."""
    scheme, _, rest = value.partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else value.strip()


def is_key_of(key: str, client: Client | None) -> bool:
    """Whether it is a key by which the client is known here."""
    return client is not None and hashlib.sha256(key.encode()).hexdigest() in client.digests

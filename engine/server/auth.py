"""Who is calling: clients by the digest of their key, the operator by the admin key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from engine.errors import ErrorClass, RequestRefused
from engine.events import Inbound
from engine.server.listen import is_loopback
from engine.snapshot.model import Client

# Where the clients of the various protocols put their key.
KEY_HEADERS = ("x-api-key", "api-key", "x-goog-api-key")
KEY_QUERY = "key"
DIGEST = "sha256:"


def presented_keys(inbound: Inbound) -> list[str]:
    """Every key that a request brings, in the order in which they are tried."""
    scheme, _, token = inbound.headers.get("authorization", "").partition(" ")
    keys = [token.strip()] if scheme.lower() == "bearer" else []
    keys += [inbound.headers.get(name, "") for name in KEY_HEADERS]
    keys.append(inbound.query.get(KEY_QUERY, ""))
    return [key for key in keys if key]


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """The clients of one snapshot by the SHA-256 digests of their keys."""

    by_digest: Mapping[str, Client]

    @classmethod
    def build(cls, clients: Iterable[Client]) -> ClientKeys:
        return cls({digest: client for client in clients for digest in client.digests})

    def find(self, keys: Iterable[str]) -> Client | None:
        """The client of the first key that is known."""
        for key in keys:
            digest = _digest(key)
            client = self.by_digest.get(digest)
            # The look-up goes by a digest that nobody can aim at; the comparison leaks nothing either.
            if client and any(hmac.compare_digest(digest, known) for known in client.digests):
                return client
        return None


@dataclass(frozen=True, slots=True)
class Door:
    """Who may come in. `open_to_all`: `auth: none`; `local`: only this machine can connect at all."""

    open_to_all: bool
    local: bool
    origins: tuple[str, ...] = ()

    def admit(self, keys: ClientKeys, inbound: Inbound) -> Client | None:
        """The client, or None for an anonymous caller that may come in. Raises `RequestRefused`."""
        presented = presented_keys(inbound)
        client = keys.find(presented)
        if client is not None or self.open_to_all:
            return client
        if self.local and not keys.by_digest:
            self._refuse_foreign_page(inbound)
            return None
        raise _refused(presented)

    def readers(self, keys: ClientKeys | None, inbound: Inbound) -> tuple[str, ...]:
        """The origins whose pages may read answers, `*` for all; what `cors:` says, if it says anything.

        Keys travel in headers, which a page must know itself, so where one is asked for any page may come.
        """
        if self.origins:
            return self.origins
        if self.open_to_all or (keys is not None and keys.by_digest):
            return ("*",)
        origin = inbound.headers.get("origin")
        return (origin,) if origin is not None and _is_local(origin) else ()

    def _refuse_foreign_page(self, inbound: Inbound) -> None:
        """Any web page may send requests to this machine; without keys only its origin tells it apart."""
        origin = inbound.headers.get("origin")
        if origin is None or origin in self.origins or "*" in self.origins or _is_local(origin):
            return
        raise RequestRefused(
            f"web pages of {origin[:200]} may not call this server; `cors: {{origins: …}}` can allow it",
            status=403,
            code="origin_not_allowed",
        )


@dataclass(frozen=True, slots=True)
class AdminDoor:
    """Who may use the admin pages. `key` is plain or `sha256:…`; without one only this machine may."""

    key: str | None
    local: bool

    def admit(self, inbound: Inbound) -> None:
        """Raises `RequestRefused`."""
        if self.key is not None:
            if not any(_same(key, self.key) for key in presented_keys(inbound)):
                raise _refused(presented_keys(inbound), "admin key")
        elif not self.local:
            raise RequestRefused(
                "the admin pages are off: the server is open to other machines and has no admin key; "
                "set `admin: {key: …}` in proxyctl.yaml, or PROXYCTL_ADMIN_KEY",
                status=403,
                code="admin_off",
            )
        elif not _is_local(f"http://{inbound.headers.get('host', 'localhost')}"):
            # A page that made its own name point at this machine would be let in otherwise.
            raise RequestRefused(
                "the admin pages answer to localhost only, as long as there is no admin key",
                status=403,
                code="admin_off",
            )


def _same(key: str, expected: str) -> bool:
    if expected.startswith(DIGEST):
        return hmac.compare_digest(_digest(key), expected.removeprefix(DIGEST).lower())
    return hmac.compare_digest(_digest(key), _digest(expected))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _is_local(url: str) -> bool:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return host is not None and (is_loopback(host) or host.endswith(".localhost"))


def _refused(presented: list[str], what: str = "API key") -> RequestRefused:
    if presented:
        message = f"incorrect {what} provided"
    else:
        message = f"no {what} provided; send it as `Authorization: Bearer …` or `x-api-key: …`"
    return RequestRefused(
        message,
        status=401,
        code="invalid_api_key",
        type="invalid_request_error",
        error_class=ErrorClass.AUTH,
    )

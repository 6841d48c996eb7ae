"""Who is calling: clients by the digest of their key, the operator by the admin key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from engine.adapters.clock import SystemClock
from engine.errors import RequestRefused
from engine.events import Inbound
from engine.gateway.key_refusals import bad_key, expired
from engine.gateway.realtime import KEY_MARK
from engine.ports import Clock
from engine.server.access.bearers import Bearers
from engine.server.access.caller import Callers
from engine.server.access.sessions import Sessions
from engine.server.access.wrong_keys import WrongKeys
from engine.server.listen import is_loopback
from engine.snapshot.model import Client, Gate

# Where the clients of the various protocols put their key.
KEY_HEADERS = ("x-api-key", "api-key", "x-goog-api-key")
KEY_QUERY = "key"
DIGEST = "sha256:"

# What proxies add: then it is not this machine that asks, though the connection comes from it.
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")
NOBODY: Mapping[str, Client] = {}


def presented_keys(inbound: Inbound) -> list[str]:
    """Every key that a request brings, in the order in which they are tried."""
    headers, keys = inbound.headers, []
    if "authorization" in headers:
        scheme, _, token = headers["authorization"].partition(" ")
        if scheme.lower() == "bearer" and (token := token.strip()):
            keys.append(token)
    for name in KEY_HEADERS:
        if name in headers and (key := headers[name]):
            keys.append(key)
    if inbound.query and (asked := inbound.query.get(KEY_QUERY)):
        keys.append(asked)
    if "sec-websocket-protocol" in headers:
        for name in headers["sec-websocket-protocol"].split(","):
            if key := name.partition(KEY_MARK)[2].strip():
                keys.append(key)
    return keys


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """The clients of one snapshot by the SHA-256 digests of their keys, and those that bring signed tokens.

    `asked`: there are clients, so nobody comes in without a key.
    """

    by_digest: Mapping[str, Client]
    asked: bool
    bearers: Bearers | None = None

    @classmethod
    def build(
        cls,
        clients: Iterable[Client],
        bearers: Bearers | None = None,
        stored: Mapping[str, Client] = NOBODY,
        *,
        asked: bool = False,
    ) -> ClientKeys:
        """`stored` are clients made at run time, by digest. With `asked`, keys are needed in any case."""
        known = tuple(clients)
        declared = {digest: client for client in known for digest in client.digests}
        return cls({**stored, **declared}, asked or bool(known) or bool(stored), bearers)

    def find(self, keys: Iterable[str]) -> Client | None:
        """The client of the first key that is known. Raises as `Bearers.find`."""
        others = []
        for key in keys:
            digest = _digest(key)
            client = self.by_digest.get(digest)
            # The look-up goes by a digest that nobody can aim at; the comparison leaks nothing either.
            for known in client.digests if client else ():
                if hmac.compare_digest(digest, known):
                    return client
            if self.bearers is not None:
                others.append((key, digest))
        return self.bearers.find(others) if others and self.bearers is not None else None


@dataclass(frozen=True, slots=True)
class Door:
    """Who may come in. `open_to_all`: `auth: none`; `local`: only this machine can connect at all."""

    open_to_all: bool
    local: bool
    origins: tuple[str, ...] = ()
    callers: Callers = field(default_factory=Callers)
    clock: Clock = field(default_factory=SystemClock)

    def admit(
        self, keys: ClientKeys, inbound: Inbound, endpoint: str, *, keyed: bool = False
    ) -> Client | None:
        """The client, or None for an anonymous caller that may come in. Raises `RequestRefused`.

        `keyed`: the endpoint itself asks for a client's key, whatever holds for the others.
        """
        client = keys.find(presented_keys(inbound))
        if client is not None:
            if client.gate is not None:
                self._pass(client.gate, inbound, endpoint)
            return client
        if self.open_to_all and not keyed:
            return None
        if self.local and not self.open_to_all and not keys.asked:
            self._refuse_foreign_page(inbound)
            if is_forwarded(inbound):
                message = (
                    "requests that come through a proxy need a key: declare `clients:`, or write "
                    "`auth: none` in proxyctl.yaml to let everybody in"
                )
                raise RequestRefused(message, status=403, code="proxied", type="permission_error")
            return None
        raise _refused(inbound, "API key")

    def _pass(self, gate: Gate, inbound: Inbound, endpoint: str) -> None:
        """Raises `RequestRefused` when the client is known but may not come in now, from there or here."""
        if gate.expires is not None and gate.expires <= self.clock.now():
            raise expired("the API key has expired")
        if gate.within is not None and not gate.within[address := self.callers.address(inbound)]:
            where = f"the address {address[:60]}" if address else "this connection, which has no address,"
            message = f"{where} is not allowed for this API key"
            raise RequestRefused(message, status=403, code="ip_not_allowed", type="permission_error")
        if gate.endpoints is not None and not gate.endpoints[endpoint]:
            message = f"the endpoint {endpoint!r} is not allowed for this API key"
            raise RequestRefused(message, status=403, code="endpoint_not_allowed", type="permission_error")

    def readers(self, keys: ClientKeys | None, inbound: Inbound) -> tuple[str, ...]:
        """The origins whose pages may read answers, `*` for all; what `cors:` says, if it says anything.

        Keys travel in headers, which a page must know itself, so where one is asked for any page may come.
        """
        if self.origins:
            return self.origins
        if self.open_to_all or (keys is not None and keys.asked):
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
    sessions: Sessions | None = None
    wrong: WrongKeys | None = None

    def opens(self, key: str) -> bool:
        """Whether it is the admin key."""
        return self.key is not None and _same(key, self.key)

    def admit(self, inbound: Inbound) -> None:
        """Raises `RequestRefused`."""
        if self.key is not None:
            if not self._in_session(inbound) and not self._has_key(inbound):
                raise _refused(inbound, "admin key")
        elif not self.local:
            raise RequestRefused(
                "the admin pages are off: the server is open to other machines and has no admin key; "
                "set `admin: {key: …}` in proxyctl.yaml, or PROXYCTL_ADMIN_KEY",
                status=403,
                code="admin_off",
            )
        elif not is_from_here(inbound):
            raise RequestRefused(
                "the admin pages answer to localhost only, as long as there is no admin key",
                status=403,
                code="admin_off",
            )

    def _has_key(self, inbound: Inbound) -> bool:
        """Raises `RequestRefused` after too many that were wrong."""
        keys = presented_keys(inbound)
        if keys and self.wrong is not None:
            self.wrong.check(inbound)
        right = any(map(self.opens, keys))
        if keys and self.wrong is not None:
            (self.wrong.right if right else self.wrong.count)(inbound)
        return right

    def _in_session(self, inbound: Inbound) -> bool:
        return self.sessions is not None and self.sessions.admit(inbound)


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


def is_forwarded(inbound: Inbound) -> bool:
    return any(name in inbound.headers for name in FORWARDED)


def is_from_here(inbound: Inbound) -> bool:
    """Whether a request to a server on loopback was meant by somebody on this machine.

    A page that made its own name point at this machine would be let in otherwise, and so would any page of
    the browser here: it cannot read the answer, but what it asked for would be done. And a proxy on this
    machine lets in everybody.
    """
    host = _is_local(f"http://{inbound.headers.get('host', 'localhost')}")
    return host and not _is_foreign(inbound) and not is_forwarded(inbound)


def _is_foreign(inbound: Inbound) -> bool:
    """Whether a web page of another machine sends it."""
    origin = inbound.headers.get("origin")
    return origin is not None and not _is_local(origin)


def _refused(inbound: Inbound, what: str) -> RequestRefused:
    if presented_keys(inbound):
        message = f"incorrect {what} provided"
    else:
        message = f"no {what} provided; send it as `Authorization: Bearer …` or `x-api-key: …`"
    return bad_key(message)

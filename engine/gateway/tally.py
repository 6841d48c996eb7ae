"""What is told alike of many requests, made once: counters, headers, and the names in log lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from engine.events import FixedHeaders
from engine.memo import Memo
from engine.ports import Counter, Fields, Histogram, Telemetry

REQUESTS = "proxyctl_requests_total"
ATTEMPTS = "proxyctl_attempts_total"
TOKENS = "proxyctl_tokens_total"
USES = "proxyctl_credential_uses_total"
SECONDS = "proxyctl_request_duration_seconds"
FIRST_BYTE = "proxyctl_time_to_first_byte_seconds"
COST = "proxyctl_cost_usd_total"
UNPRICED = "proxyctl_unpriced_requests_total"
CLIENT_REQUESTS = "proxyctl_client_requests_total"
CLIENT_TOKENS = "proxyctl_client_tokens_total"
CLIENT_COST = "proxyctl_client_cost_usd_total"

# Whatever a client puts into a name must not break a header.
LONGEST_HEADER = 512

# Where requests come in and where they go: surface, alias, provider, target, as far as they are known.
Way = tuple[str, str | None, str | None, str | None]

# The fields of a log line that many requests share: strings but for the last two, a number and a truth.
NAMES = ("surface", "client", "alias", "provider", "target", "credential", "attempts", "stream")


class Account:
    """Of one way. Each part of it is made when it is first asked for; `headers` by the attempts made."""

    def __init__(self, telemetry: Telemetry, way: Way) -> None:
        surface, alias, provider, target = way
        place = {"alias": alias or "", "provider": provider or ""}
        way_in = {"surface": surface, **place}

        def counter(name: str, **further: str) -> Counter:
            return telemetry.counter(name, {**way_in, **further})

        self.requests: Memo[int, Counter] = Memo(lambda status: counter(REQUESTS, status=str(status)))
        self.tokens: Memo[str, Counter] = Memo(lambda kind: counter(TOKENS, kind=kind))
        self.headers: Memo[int, FixedHeaders] = Memo(lambda attempts: _headers(provider, target, attempts))
        self._counter: Callable[[str], Counter] = counter
        self._histogram: Callable[[str], Histogram] = lambda name: telemetry.histogram(name, way_in)
        self._attempts: Callable[[], Counter] = lambda: telemetry.counter(ATTEMPTS, place)

    def ended(
        self, status: int, seconds: float, first: float | None, spent: Mapping[str, int], cost: float | None
    ) -> None:
        """A request is over. `first`: seconds to the first byte of a stream · `cost`: None is unknown."""
        self.requests[status].value += 1
        self.seconds.observe(seconds)
        if first is not None:
            self.first_byte.observe(first)
        for kind, amount in spent.items():
            self.tokens[kind].value += amount
        if cost:
            self.cost.value += cost
        elif cost is None and spent:
            self.unpriced.value += 1

    @cached_property
    def seconds(self) -> Histogram:
        return self._histogram(SECONDS)

    @cached_property
    def first_byte(self) -> Histogram:
        return self._histogram(FIRST_BYTE)

    @cached_property
    def cost(self) -> Counter:
        return self._counter(COST)

    @cached_property
    def unpriced(self) -> Counter:
        return self._counter(UNPRICED)

    @cached_property
    def attempts(self) -> Counter:
        return self._attempts()


class ClientAccount:
    """Of one client, by its name."""

    def __init__(self, telemetry: Telemetry, client: str) -> None:
        own = {"client": client}
        self.requests: Memo[int, Counter] = Memo(
            lambda hundreds: telemetry.counter(CLIENT_REQUESTS, {**own, "status": f"{hundreds}xx"})
        )
        self.tokens: Memo[str, Counter] = Memo(
            lambda kind: telemetry.counter(CLIENT_TOKENS, {**own, "kind": kind})
        )
        self._cost: Callable[[], Counter] = lambda: telemetry.counter(CLIENT_COST, own)

    @cached_property
    def cost(self) -> Counter:
        return self._cost()

    def ended(self, status: int, spent: Mapping[str, int], cost: float | None) -> None:
        self.requests[status // 100].value += 1
        for kind, amount in spent.items():
            self.tokens[kind].value += amount
        if cost:
            self.cost.value += cost


class Tally:
    """Accounts by their ways, uses by pool and credential, names by their values. All are bounded: of what is
    gone nothing stays."""

    def __init__(self, telemetry: Telemetry) -> None:
        self.accounts: Memo[Way, Account] = Memo(lambda way: Account(telemetry, way))
        self.uses: Memo[tuple[str, str], Counter] = Memo(
            lambda place: telemetry.counter(USES, {"pool": place[0], "credential": place[1]})
        )
        self.clients: Memo[str, ClientAccount] = Memo(lambda name: ClientAccount(telemetry, name))
        self.names: Memo[tuple[object, ...], Fields] = Memo(
            lambda values: telemetry.bound(dict(zip(NAMES, values, strict=True)))
        )


def _headers(provider: str | None, target: str | None, attempts: int) -> FixedHeaders:
    told: dict[str, str] = {}
    if provider:
        told["x-proxyctl-provider"] = header_text(provider)
    if target:
        told["x-proxyctl-target"] = header_text(target)
    if attempts:
        told["x-proxyctl-attempts"] = str(attempts)
    return FixedHeaders(told)


def header_text(value: str) -> str:
    """Printable ASCII of bounded length: names come from clients and route files."""
    if value.isascii() and value.isprintable():
        return value[:LONGEST_HEADER]
    return "".join(sign if " " <= sign <= "~" else "?" for sign in value[:LONGEST_HEADER])

"""What is told of a request: headers to the client, a log line, counts. No secret, no content is in them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ErrorClass, ErrorInfo
from engine.events import Inbound, Told, Tried
from engine.gateway.admission import Admission
from engine.gateway.course import Move
from engine.gateway.outside import Outside
from engine.gateway.record import GONE, cost_of, usage_row
from engine.gateway.tally import Account, header_text
from engine.operations import CHAT
from engine.ports import Fields, Trace
from engine.routing.failover import Stage
from engine.routing.price import Price
from engine.snapshot.model import Client, Provider

FAILURES = "proxyctl_upstream_errors_total"
FAILOVERS = "proxyctl_failovers_total"
UNSUPPORTED = "proxyctl_unsupported_parameters_total"

COUNTED_TOKENS = ("prompt", "output", "cache_read", "cache_write", "reasoning")

ABOUT_CONTENT = (ErrorClass.INVALID, ErrorClass.CONTENT_FILTER, ErrorClass.CONTEXT_LENGTH)
LONGEST_MESSAGE = 300


@dataclass(slots=True)
class Report:
    """Written while a request goes its way, told once at its end."""

    outside: Outside
    request_id: str
    surface: str
    client: Client | None = None
    alias: str | None = None
    provider: str | None = None
    target: str | None = None
    credential: str | None = None
    attempts: int = 0
    unsupported: str = ""
    streamed: bool = False
    price: Price | None = None
    admission: Admission | None = None
    trace: Trace | None = None
    first_byte: float | None = None
    """When the answer began, by the monotonic clock: its first event, or the head of a whole one."""
    cost: float | None = None
    """What the request came to, US dollars, once it is told; None: not known."""
    operation: str = field(default=CHAT, kw_only=True)
    """What was asked for: `chat`, one of `engine.operations`, or what an endpoint does beside them."""
    started: float = field(init=False)
    account: Account | None = field(default=None, init=False)
    """That of the way which the last attempt took; None where it is to be looked up."""
    told: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.started = self.outside.clock.monotonic()

    def trace_from(self, inbound: Inbound) -> None:
        """Begin a trace, or go on with the caller's, where tracing is on."""
        tracer = self.outside.telemetry.tracer
        if tracer is not None:
            self.trace = tracer.begin(inbound.headers, self.operation)

    def attempt(self, move: Move) -> None:
        if self.attempts:
            self._count_failover(move)
        self.goes(move)
        self.first_byte = None
        self.unsupported = ""
        account = self.account = self._account()
        account.attempts.value += 1
        pool = move.provider.pool
        if move.credential is not None and pool is not None:
            self.outside.tally.uses[pool.name, move.credential.id].value += 1
        if self.trace is not None:
            self.trace.attempt(tried(move.provider, self.credential, move.place.model, self.streamed))

    def _count_failover(self, move: Move) -> None:
        """What is different from the attempt before, which failed."""
        credential = move.credential.id if move.credential else None
        changed = "nothing"
        if move.place.leg.alias.name != self.alias:
            changed = "alias"
        elif move.place.label != self.target:
            changed = "target"
        elif credential != self.credential:
            changed = "credential"
        labels = {"provider": self.provider or "", "changed": changed}
        self.outside.telemetry.counter(FAILOVERS, labels).add()

    def goes(self, move: Move) -> None:
        """Where it goes now, once more."""
        place, credential = move.place, move.credential
        leg, target = place.leg, place.target
        self.alias, self.provider, self.target = leg.alias.name, move.provider.name, place.label
        self.credential = credential.id if credential is not None else None
        self.price = target.price if target.prices is None else target.price_of(place.model)
        self.streamed = bool(leg.chat.stream)
        self.attempts += 1

    def began(self) -> None:
        """The answer begins to come."""
        self.first_byte = self.outside.clock.monotonic()

    def failure(self, stage: Stage, info: ErrorInfo) -> None:
        """An attempt failed; the client may never hear of it."""
        telemetry = self.outside.telemetry
        labels = {"provider": self.provider or "", "stage": stage.value, "class": info.error_class.value}
        telemetry.counter(FAILURES, labels).add()
        if self.trace is not None:
            self.trace.failed(stage.value, info)
        self._log("warning", "attempt failed", {**_error(info), "stage": stage.value})

    def drop(self, names: Collection[str], *, quiet: bool) -> None:
        """Parameters of the client that its target does not take; `quiet` counts them, no more."""
        counter = self.outside.telemetry.counter(UNSUPPORTED, {"provider": self.provider or ""})
        counter.add(len(names))
        if not quiet:
            self.unsupported = ", ".join(names)

    def headers(self) -> Mapping[str, str]:
        """For the client, of what is known so far."""
        headers: Mapping[str, str] = (self.account or self._account()).headers[self.attempts]
        if self.admission is not None:
            headers = {**headers, **self.admission.headers()}
        if not self.unsupported:
            return headers
        return {**headers, "x-proxyctl-unsupported": header_text(self.unsupported)}

    def finish(self, status: int, usage: Mapping[str, Any] | None, error: ErrorInfo | None = None) -> None:
        """The one line of a request; further calls say nothing."""
        if self.told:
            return
        self.told = True
        cost = self.cost = cost_of(self, status, usage)
        if self.admission is not None:
            self.admission.end(usage, cost, answered=status < 400 or status == GONE)
        seconds = self.outside.clock.monotonic() - self.started
        first = self.first_byte - self.started if self.streamed and self.first_byte is not None else None
        spent: dict[str, int] = {}
        if usage:
            for name in COUNTED_TOKENS:
                if count := usage.get(name):
                    spent[name] = count
        (self.account or self._account()).ended(status, seconds, first, spent, cost)
        if self.client:
            self.outside.tally.clients[self.client.name].ended(status, spent, cost)
        if self.outside.ledger is not None:
            self.outside.ledger.record(usage_row(self, status, seconds, usage, error))
        if self.outside.telemetry.shows("info"):
            ended = {
                "status": status,
                "ms": round(seconds * 1000, 1),
                "first_byte_ms": None if first is None else round(first * 1000, 1),
                "usage": spent or None,
                "cost": cost,
            }
            self._log("info", "request", {**ended, **_error(error)} if error else ended)
        if self.trace is not None:
            self._end_trace(self.trace, status, spent, cost, first, error)

    def _end_trace(
        self,
        trace: Trace,
        status: int,
        spent: Mapping[str, int],
        cost: float | None,
        first: float | None,
        error: ErrorInfo | None,
    ) -> None:
        client = self.client.name if self.client else None
        told = (
            status, self.request_id, self.surface, client, self.alias, self.provider, self.target,
            self.attempts, spent, cost, first, error,
        )  # fmt: skip
        trace.ended(Told(*told))

    def _account(self) -> Account:
        return self.outside.tally.accounts[self.surface, self.alias, self.provider, self.target]

    def _log(self, level: str, event: str, fields: Fields) -> None:
        names = self.outside.tally.names[
            self.surface, self.client.name if self.client else None, self.alias, self.provider, self.target,
            self.credential, self.attempts, self.streamed,
        ]  # fmt: skip
        own = {"unsupported": self.unsupported, **fields} if self.unsupported else fields
        ids = {"request_id": self.request_id}
        if self.trace is not None:
            ids["trace_id"] = self.trace.id
        self.outside.telemetry.log(level, event, ids, names, own)


def tried(provider: Provider, credential: str | None, model: str, streamed: bool) -> Tried:
    return Tried(provider.name, provider.dialect.name, model, provider.base_url, credential, streamed)


def _error(info: ErrorInfo) -> Fields:
    """An error's kind; its message unless it is about the content, which it may repeat."""
    message = None if info.error_class in ABOUT_CONTENT else info.message[:LONGEST_MESSAGE]
    return {"error": info.error_class.value, "code": info.code, "message": message}


def retry_headers(info: ErrorInfo) -> dict[str, str]:
    """Retry-After in whole seconds, never sooner than the upstream said."""
    return {} if info.retry_after is None else {"retry-after": str(max(1, math.ceil(info.retry_after)))}

"""What is told of a request: headers to the client, a log line, counts. No secret, no content is in them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ErrorClass, ErrorInfo
from engine.gateway.course import Move
from engine.gateway.outside import Outside
from engine.routing.failover import Stage

REQUESTS = "proxyctl_requests_total"
ATTEMPTS = "proxyctl_attempts_total"
FAILURES = "proxyctl_upstream_errors_total"
UNSUPPORTED = "proxyctl_unsupported_parameters_total"
TOKENS = "proxyctl_tokens_total"
SECONDS = "proxyctl_request_seconds_total"

COUNTED_TOKENS = ("prompt", "output", "cache_read", "cache_write", "reasoning")

ABOUT_CONTENT = (ErrorClass.INVALID, ErrorClass.CONTENT_FILTER, ErrorClass.CONTEXT_LENGTH)
LONGEST_MESSAGE = 300

# Whatever a client puts into a name must not break a header.
LONGEST_HEADER = 512


@dataclass(slots=True)
class Report:
    """Written while a request goes its way, told once at its end."""

    outside: Outside
    request_id: str
    surface: str
    client: str | None = None
    alias: str | None = None
    provider: str | None = None
    target: str | None = None
    credential: str | None = None
    attempts: int = 0
    unsupported: tuple[str, ...] = ()
    streamed: bool = False
    started: float = field(init=False)
    told: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.started = self.outside.clock.monotonic()

    def attempt(self, move: Move) -> None:
        self.alias, self.provider, self.target = (
            move.place.leg.alias.name,
            move.provider.name,
            move.place.label,
        )
        self.credential = move.credential.id if move.credential else None
        self.streamed = bool(move.place.leg.chat.stream)
        self.attempts += 1
        self.unsupported = ()
        self.outside.telemetry.count(ATTEMPTS, {"provider": self.provider, "alias": self.alias})

    def failure(self, stage: Stage, info: ErrorInfo) -> None:
        """An attempt failed; the client may never hear of it."""
        labels = {"provider": self.provider or "", "stage": stage.value, "class": info.error_class.value}
        self.outside.telemetry.count(FAILURES, labels)
        fields = {**self._names(), **_error(info), "stage": stage.value}
        self.outside.telemetry.log("warning", "attempt failed", fields)

    def drop(self, names: Iterable[str], *, quiet: bool) -> None:
        """Parameters of the client that its target does not take; `quiet` counts them, no more."""
        dropped = tuple(names)
        if dropped:
            self.outside.telemetry.count(UNSUPPORTED, {"provider": self.provider or ""}, len(dropped))
        if not quiet:
            self.unsupported = dropped

    def headers(self) -> dict[str, str]:
        """For the client, of what is known so far."""
        told = {
            "x-proxyctl-provider": self.provider,
            "x-proxyctl-target": self.target,
            "x-proxyctl-attempts": str(self.attempts) if self.attempts else None,
            "x-proxyctl-unsupported": ", ".join(self.unsupported) or None,
        }
        return {name: header_text(value) for name, value in told.items() if value}

    def finish(self, status: int, usage: Mapping[str, Any] | None, error: ErrorInfo | None = None) -> None:
        """The one line of a request; further calls say nothing."""
        if self.told:
            return
        self.told = True
        seconds = self.outside.clock.monotonic() - self.started
        labels = {"surface": self.surface, "alias": self.alias or "", "provider": self.provider or ""}
        count = self.outside.telemetry.count
        count(REQUESTS, {**labels, "status": str(status)})
        count(SECONDS, labels, seconds)
        spent = {name: usage[name] for name in COUNTED_TOKENS if usage.get(name)} if usage else {}
        for name, amount in spent.items():
            count(TOKENS, {**labels, "kind": name}, float(amount))
        fields = {**self._names(), "status": status, "ms": round(seconds * 1000, 1), "usage": spent or None}
        self.outside.telemetry.log(
            "info", "request", _present({**fields, **(_error(error) if error else {})})
        )

    def _names(self) -> dict[str, object]:
        return _present(
            {
                "request_id": self.request_id,
                "surface": self.surface,
                "client": self.client,
                "alias": self.alias,
                "provider": self.provider,
                "target": self.target,
                "credential": self.credential,
                "attempts": self.attempts,
                "stream": self.streamed,
                "unsupported": ", ".join(self.unsupported) or None,
            }
        )


def _present(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _error(info: ErrorInfo) -> dict[str, object]:
    """An error's kind; its message unless it is about the content, which it may repeat."""
    message = None if info.error_class in ABOUT_CONTENT else info.message[:LONGEST_MESSAGE]
    return _present({"error": info.error_class.value, "code": info.code, "message": message})


def retry_headers(info: ErrorInfo) -> dict[str, str]:
    """Retry-After in whole seconds, never sooner than the upstream said."""
    return {} if info.retry_after is None else {"retry-after": str(max(1, math.ceil(info.retry_after)))}


def header_text(value: str) -> str:
    """Printable ASCII of bounded length: names come from clients and route files."""
    clean = "".join(sign if " " <= sign <= "~" else "?" for sign in value)
    return clean[:LONGEST_HEADER]

"""`proxyctl.yaml`: what a process needs to know before it reads a route. Changes need a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as plain_field
from typing import Literal

from engine.spec.base import Spec, field, spec
from engine.spec.resilience import Breaker, ErrorClassName, Penalty, Retry

Level = Literal["debug", "info", "warning", "error"]


@spec
class Listen(Spec):
    """Where the server listens."""

    LABEL = "listen"

    host: str = field(
        "The address; not loopback needs clients, or `auth: none`.", default="127.0.0.1", boot="host"
    )
    port: int = field("The port.", default=8080, minimum=0, maximum=65535, boot="port")


@spec
class Admin(Spec):
    """The admin API."""

    LABEL = "admin"

    key: str | None = field(
        "Its key; without one it is open on loopback and off elsewhere.",
        default=None, form="client_key", secret=True, boot="admin_key", example="${env:ADMIN_KEY}",
    )  # fmt: skip


@spec
class Log(Spec):
    """What is logged, to standard error."""

    LABEL = "log"

    level: Level = field("The least severe level that is shown.", default="info", boot="log_level")
    format: Literal["text", "json"] = field("How lines look.", default="text", boot="log_format")


@spec
class Tracing(Spec):
    """Traces for OpenTelemetry, with the extra `otel`. What is left out is taken from OTEL_… variables."""

    LABEL = "tracing"

    endpoint: str | None = field(
        "The collector, for OTLP over HTTP.", default=None, form="url", boot="tracing_endpoint",
        example="http://localhost:4318",
    )  # fmt: skip
    headers: Mapping[str, str] = field(
        "Sent along, such as a key.", default={}, names="header", form="header_value", boot="tracing_headers"
    )
    sample: float | None = field(
        "How many of the requests; of those that belong to a trace already, that one decides.",
        default=None, form="fraction", boot="tracing_sample", example="10%",
    )  # fmt: skip
    service: str | None = field("What it is called in traces.", default=None, boot="tracing_service")


@spec
class SiteLimits(Spec):
    """How large and how many things may be."""

    LABEL = "limits"

    body: int = field("A client's body.", default=32 * 2**20, form="size", boot="limit_body", example="32MiB")
    response: int = field("An upstream's body.", default=64 * 2**20, form="size", boot="limit_response")
    event: int = field("One event of a stream.", default=16 * 2**20, form="size", boot="limit_event")
    header: int = field("A block of headers.", default=64 * 2**10, form="size", boot="limit_header")
    nesting: int = field("Levels of a client's JSON.", default=100, minimum=1, boot="limit_nesting")
    concurrency: int | None = field(
        "Requests at the same time in one worker.", default=None, minimum=1, boot="limit_concurrency"
    )


@spec
class Shutdown(Spec):
    """How the process ends."""

    LABEL = "shutdown"

    grace: float = field(
        "How long requests in flight may take to end.", default=30.0, form="duration", boot="shutdown_grace"
    )


@spec
class Usage(Spec):
    """What is kept of requests: whose they were, where they went, what they cost."""

    LABEL = "usage"

    keep: float = field(
        "How long single requests are kept, a day at least; the sums of each day stay.",
        default=90 * 86400.0, form="duration", boot="usage_keep", example="365d",
    )  # fmt: skip
    spool: int = field(
        "How much may wait for a database that is away, 16 MiB at least.",
        default=2**30, form="size", boot="usage_spool", example="4GiB",
    )  # fmt: skip


@spec
class Prefetch(Spec):
    """What is fetched from URLs of clients, for platforms that take only bytes."""

    LABEL = "prefetch"

    size: int = field(
        "How much for one request.", default=20 * 2**20, form="size", boot="prefetch_size", example="20MiB"
    )
    count: int = field("How many URLs of one request.", default=20, minimum=0, boot="prefetch_count")
    timeout: float = field(
        "How long one may take.", default=20.0, form="duration", boot="prefetch_timeout", example="20s"
    )


@spec
class Cors(Spec):
    """Which web pages may call. Unless it is said: all where keys are asked for, else this machine's."""

    LABEL = "cors"

    origins: tuple[str, ...] = field("Origins, or `*`.", one_or_list=True, boot="cors_origins")


@spec
class SiteFile(Spec):
    """`proxyctl.yaml`."""

    LABEL = "proxyctl.yaml"

    env_file: tuple[str, ...] = field(
        "Files of NAME=VALUE lines, relative to the site, with variables that are not set elsewhere; read at "
        "the start, if they are there.",
        default=(), one_or_list=True, boot="env_file", example=".env",
    )  # fmt: skip
    listen: Listen | None = field("Where the server listens.", default=None)
    workers: int = field("Processes.", default=1, minimum=1, maximum=256, boot="workers")
    admin: Admin | None = field("The admin API.", default=None)
    auth: Literal["clients", "none"] = field("`none`: everybody may call.", default="clients", boot="auth")
    data: str = field(
        "The server's own durable files; relative to the site.", default=".proxyctl", boot="data"
    )
    storage: str | None = field(
        "The URL of the database; left out, a file in `data`; `off`: nothing is recorded.",
        default=None, form="database", boot="storage", example="postgresql://proxyctl@db/proxyctl",
    )  # fmt: skip
    secret_key: tuple[str, ...] = field(
        "What stored credentials are encrypted with; of several the first is used, and all open. "
        "Left out, a key in `data`.",
        default=(), secret=True, one_or_list=True, boot="secret_key", example="${env:PROXYCTL_SECRET_KEY}",
    )  # fmt: skip
    state: str | None = field(
        "The URL of what machines share.",
        default=None,
        form="dsn",
        boot="state",
        example="redis://localhost:6379/0",
    )
    usage: Usage | None = field("What is kept of requests.", default=None)
    log: Log | None = field("What is logged.", default=None)
    tracing: Tracing | None = field("Traces for OpenTelemetry.", default=None)
    metrics: Literal["auto", "open", "off"] = field(
        "Who may read `/metrics`; `auto`: this machine, others with the admin key.", default="auto",
        boot="metrics",
    )  # fmt: skip
    docs: Literal["auto", "on", "off"] = field(
        "Who may read `/docs`, `/redoc` and `/openapi.json`; `auto`: this machine; `on`: everybody.",
        default="auto", boot="docs",
    )  # fmt: skip
    limits: SiteLimits | None = field("How large and how many things may be.", default=None)
    prefetch: Prefetch | None = field("What is fetched from URLs of clients.", default=None)
    shutdown: Shutdown | None = field("How the process ends.", default=None)
    cors: Cors | None = field("Which web pages may call.", default=None)
    mounts: Mapping[str, str] = field(
        "What stands before the paths of endpoints in route files below `routes.d/NAME/`.",
        default={}, form="path", example={"git": "/git"}, boot="mounts",
    )  # fmt: skip
    retry: Retry | Literal["off"] | None = field(
        "Repetitions, for all providers.", default=None, boot="retry"
    )
    breaker: Breaker | Literal["off"] | None = field(
        "The breaker, for all targets.", default=None, boot="breaker"
    )
    on_error: Mapping[ErrorClassName, Penalty] | Literal["off"] | None = field(
        "What errors do to credentials, in all pools.", default=None, boot="on_error"
    )
    trusted_proxies: tuple[str, ...] = field(
        "Networks of proxies whose X-Forwarded-For tells where a caller is.",
        default=(), form="cidr", one_or_list=True, boot="trusted_proxies", example=["10.0.0.0/8"],
    )  # fmt: skip
    allow_addresses: tuple[str, ...] = field(
        "Private networks that URLs of clients may reach.",
        default=(), form="cidr", one_or_list=True, boot="allow_addresses", example=["10.0.0.0/8"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogSettings:
    level: Level = "info"
    format: Literal["text", "json"] = "text"


@dataclass(frozen=True, slots=True)
class UsageSettings:
    """`keep` in seconds, `spool` in bytes."""

    keep: float = 90 * 86400.0
    spool: int = 2**30


@dataclass(frozen=True, slots=True)
class TracingSettings:
    """What is None or empty is taken from OTEL_… variables."""

    endpoint: str | None = None
    headers: Mapping[str, str] = plain_field(default_factory=dict, repr=False)
    sample: float | None = None
    service: str | None = None


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Bytes; `nesting` counts levels, `concurrency` requests (None: any number)."""

    body: int = 32 * 2**20
    response: int = 64 * 2**20
    event: int = 16 * 2**20
    header: int = 64 * 2**10
    nesting: int = 100
    concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class PrefetchSettings:
    """Of one request: bytes, URLs; `timeout` in seconds, of each."""

    size: int = 20 * 2**20
    count: int = 20
    timeout: float = 20.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Boot settings with everything decided. `shutdown_grace` is in seconds."""

    env_file: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    admin_key: str | None = None
    auth: Literal["clients", "none"] = "clients"
    data: str = ".proxyctl"
    storage: str | None = None
    secret_key: tuple[str, ...] = plain_field(default=(), repr=False)
    state: str | None = None
    usage: UsageSettings = plain_field(default_factory=UsageSettings)
    metrics: Literal["auto", "open", "off"] = "auto"
    docs: Literal["auto", "on", "off"] = "auto"
    tracing: TracingSettings | None = None
    log: LogSettings = plain_field(default_factory=LogSettings)
    limits: LimitSettings = plain_field(default_factory=LimitSettings)
    prefetch: PrefetchSettings = plain_field(default_factory=PrefetchSettings)
    shutdown_grace: float = 30.0
    cors_origins: tuple[str, ...] = ()
    mounts: Mapping[str, str] = plain_field(default_factory=dict)
    retry: Retry | Literal["off"] | None = None
    breaker: Breaker | Literal["off"] | None = None
    on_error: Mapping[ErrorClassName, Penalty] | Literal["off"] | None = None
    trusted_proxies: tuple[str, ...] = ()
    allow_addresses: tuple[str, ...] = ()

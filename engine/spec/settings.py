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
class Cors(Spec):
    """Which web pages may call. Unless it is said: all where keys are asked for, else this machine's."""

    LABEL = "cors"

    origins: tuple[str, ...] = field("Origins, or `*`.", one_or_list=True, boot="cors_origins")


@spec
class SiteFile(Spec):
    """`proxyctl.yaml`."""

    LABEL = "proxyctl.yaml"

    listen: Listen | None = field("Where the server listens.", default=None)
    workers: int = field("Processes.", default=1, minimum=1, maximum=256, boot="workers")
    admin: Admin | None = field("The admin API.", default=None)
    auth: Literal["clients", "none"] = field("`none`: everybody may call.", default="clients", boot="auth")
    storage: str | None = field(
        "The URL of the database.", default=None, form="dsn", boot="storage", example="sqlite:///proxyctl.db"
    )
    state: str | None = field(
        "The URL of what machines share.",
        default=None,
        form="dsn",
        boot="state",
        example="redis://localhost:6379/0",
    )
    log: Log | None = field("What is logged.", default=None)
    limits: SiteLimits | None = field("How large and how many things may be.", default=None)
    shutdown: Shutdown | None = field("How the process ends.", default=None)
    cors: Cors | None = field("Which web pages may call.", default=None)
    retry: Retry | Literal["off"] | None = field(
        "Repetitions, for all providers.", default=None, boot="retry"
    )
    breaker: Breaker | Literal["off"] | None = field(
        "The breaker, for all targets.", default=None, boot="breaker"
    )
    on_error: Mapping[ErrorClassName, Penalty] | Literal["off"] | None = field(
        "What errors do to credentials, in all pools.", default=None, boot="on_error"
    )
    allow_addresses: tuple[str, ...] = field(
        "Private networks that URLs of clients may reach.",
        default=(), form="cidr", one_or_list=True, boot="allow_addresses", example=["10.0.0.0/8"],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LogSettings:
    level: Level = "info"
    format: Literal["text", "json"] = "text"


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
class Settings:
    """Boot settings with everything decided. `shutdown_grace` is in seconds."""

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    admin_key: str | None = None
    auth: Literal["clients", "none"] = "clients"
    storage: str | None = None
    state: str | None = None
    log: LogSettings = plain_field(default_factory=LogSettings)
    limits: LimitSettings = plain_field(default_factory=LimitSettings)
    shutdown_grace: float = 30.0
    cors_origins: tuple[str, ...] = ()
    retry: Retry | Literal["off"] | None = None
    breaker: Breaker | Literal["off"] | None = None
    on_error: Mapping[ErrorClassName, Penalty] | Literal["off"] | None = None
    allow_addresses: tuple[str, ...] = ()

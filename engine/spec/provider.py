"""`providers:`, accounts at platforms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from engine.spec.base import Rule, Spec, field, spec
from engine.spec.limits import ProviderLimits
from engine.spec.resilience import Breaker, ErrorClassName, Health, Penalty, Retry
from engine.spec.timeouts import Timeouts

Mode = Literal["asked", "always", "never"]


@spec
class Tls(Spec):
    """How the connection is made safe."""

    LABEL = "tls"

    verify: bool = field("Whether the certificate must be good.", default=True)
    ca_file: str | None = field("Certificates to trust, relative to the site.", default=None)
    cert_file: str | None = field("The client's certificate.", default=None)
    key_file: str | None = field("The key of the client's certificate.", default=None)


@spec
class CallerKey(Spec):
    """Where callers put their own key for the upstream."""

    LABEL = "credential"
    RULES = (Rule(("header", "body"), required=True),)

    header: str | None = field("A header.", default=None, form="header", example="x-upstream-key")
    body: str | None = field(
        "A field of the JSON body, which is taken out before anything else sees it.",
        default=None,
        example="api_key",
    )


@spec
class Provider(Spec):
    """An account at a platform: a dialect at an address, with credentials."""

    LABEL = "providers"
    RULES = (Rule(("pool", "key", "credential")),)

    dialect: str = field("What it speaks: a dialect that is shipped, or declared in any file.", ref="dialect")
    base_url: str = field("All that stands before an operation's path.", form="url")
    pool: str | None = field("The pool of credentials that it uses.", default=None, ref="pool")
    key: str | None = field("A pool of one: its key.", default=None, secret=True, example="${env:API_KEY}")
    credential: Literal["client"] | CallerKey | None = field(
        "Callers bring their own key: `client`, in the headers where keys usually are, or where it says.",
        default=None,
    )
    headers: Mapping[str, str] = field("Added to each call.", default={}, names="header", form="header_value")
    timeout: Timeouts | None = field("How long each part of an attempt may take.", default=None)
    limits: ProviderLimits | None = field("How much it is used, how large its answers may be.", default=None)
    unsupported: Literal["drop", "warn", "reject"] = field(
        "What happens to parameters that its dialect does not carry.", default="warn"
    )
    optional: bool = field("Off, with a notice, while its secrets are missing.", default=False)
    tls: Tls | None = field("How the connection is made safe.", default=None)
    proxy: str | None = field("An HTTP proxy to go through.", default=None, form="dsn", secret=False)
    http2: bool = field("Offer HTTP/2.", default=False)
    params: Mapping[str, Any] = field("Names for its dialect: `params.*`.", default={})
    features: Mapping[str, tuple[str, ...]] = field(
        "Feature → globs on the upstream models that have it: `features.*`.",
        default={},
        form="glob",
        one_or_list=True,
    )
    mode: Mode | None = field("Whether streams are asked for.", default=None)
    passthrough: Literal["auto", "off"] = field("Whether bytes may pass through unread.", default="auto")
    rules: tuple[str, ...] = field(
        "Keyword rules for what it is sent and answers.", default=(), ref="rule", one_or_list=True
    )
    list_models: bool = field(
        "Ask the platform for its models each hour: `/v1/models` then has those that globs answer to.",
        default=False,
    )
    retry: Retry | Literal["off"] | None = field("Repetitions on the same target.", default=None)
    breaker: Breaker | Literal["off"] | None = field("When it is left alone.", default=None)
    health: Health | None = field(
        "Ask it again and again whether it is well; off unless written.", default=None
    )
    on_error: Mapping[ErrorClassName, Penalty] | Literal["off"] | None = field(
        "What an error does to the credential that met it.", default=None
    )

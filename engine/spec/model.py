"""`models:`, what clients may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from engine.spec.base import Rule, Short, Spec, entry, field, spec
from engine.spec.limits import ModelLimits
from engine.spec.provider import Mode
from engine.spec.resilience import Breaker, Retry
from engine.tree import Entry, Node, Scalar


def _expand(written: Scalar) -> dict[str, Entry]:
    provider, _, model = str(written.value).partition("/")
    behind = written.at_offset(len(provider) + 1)
    return {
        "provider": entry("provider", provider, written.at, written),
        "model": entry("model", model, behind, written),
    }


@spec
class Price(Spec):
    """What it costs, in US dollars for `per` tokens."""

    LABEL = "price"

    input: float | None = field("Prompt tokens.", default=None, minimum=0)
    output: float | None = field("Completion tokens.", default=None, minimum=0)
    cache_read: float | None = field("Prompt tokens read from a cache.", default=None, minimum=0)
    cache_write: float | None = field("Prompt tokens written to a cache.", default=None, minimum=0)
    reasoning: float | None = field("Reasoning tokens, when priced apart.", default=None, minimum=0)
    request: float | None = field("Each request.", default=None, minimum=0)
    unit: float | None = field(
        "Each unit of what is no token: a search, a picture, a second of sound, a character that is spoken.",
        default=None,
        minimum=0,
    )
    per: int = field("How many tokens a price is for.", default=1_000_000, form="quantity", example="1M")


@spec
class Target(Spec):
    """One place where a model can be had."""

    LABEL = "targets"
    SHORT = Short("target", "provider/model", _expand)
    RULES = (Rule(("provider", "dialect"), required=True),)

    provider: str | None = field("The provider that serves it.", default=None, ref="provider")
    model: Node | None = field("The upstream's name for it; left out, the client's own.", default=None)
    weight: float = field("Share of the requests, for `weighted`.", default=1.0, minimum=0)
    when: Node | None = field("A condition on the request.", default=None, example="=!(chat.tools)")
    context: int | None = field(
        "Tokens that it takes, prompt and answer together.", default=None, form="quantity", example="128k"
    )
    price: Price | None = field("What it costs here.", default=None)
    dialect: str | None = field("Without a provider: what the address speaks.", default=None, ref="dialect")
    base_url: Node | None = field("Without a provider: the address.", default=None, example="=profile.url")
    key: Node | None = field("Without a provider: the key.", default=None, example="=profile.key")


@spec
class Access(Spec):
    """Who may ask for a model."""

    LABEL = "access"

    clients: tuple[str, ...] = field(
        "Names of clients, or globs.",
        default=(), form="glob", ref="client-glob", one_or_list=True, example=["web", "team-*"],
    )  # fmt: skip
    groups: tuple[str, ...] = field(
        "Groups whose members may, or globs.", default=(), form="glob", ref="group-glob", one_or_list=True
    )


@spec
class Mirror(Spec):
    """A copy of the requests goes to a second target; its answers are thrown away."""

    LABEL = "mirror"

    target: Target = field("Where the copies go.")
    share: float = field("How many of the requests.", default=1.0, form="fraction", example="10%")


@spec
class Canary(Spec):
    """A share of the requests begins at another target; for all others it stands last in line."""

    LABEL = "canary"

    target: Target = field("Where the share goes.")
    share: float = field("How many of the requests.", form="fraction", example="5%")
    by: str | None = field(
        "The same for the same client, header or conversation; left out, drawn for each request.",
        default=None,
        form="by",
        example="client",
    )


@spec
class Model(Spec):
    """An alias: a name, or a glob of names, that clients may ask for."""

    LABEL = "models"

    targets: tuple[Target, ...] = field("Where it can be had.", default=(), example=["acme/large-1"])
    strategy: Literal[
        "first", "weighted", "round_robin", "least_busy", "lowest_latency", "lowest_cost", "sticky"
    ] = field("The order in which targets are tried.", default="first")
    fallback: tuple[str, ...] = field(
        "Other aliases, tried in order when no target is left.", default=(), ref="model", one_or_list=True
    )
    params: Mapping[str, Any] = field("Defaults for what the client leaves out.", default={})
    override: Mapping[str, Any] = field("Values that win over the client's.", default={})
    context: int | None = field(
        "Tokens that its targets take, prompt and answer together.",
        default=None,
        form="quantity",
        example="128k",
    )
    price: Price | None = field("What it costs.", default=None)
    limits: ModelLimits | None = field("How much of it all may use together.", default=None)
    access: Access | None = field("Who may ask for it.", default=None)
    mode: Mode | None = field("Whether streams are asked for.", default=None)
    retry: Retry | Literal["off"] | None = field("Repetitions on the same target.", default=None)
    breaker: Breaker | Literal["off"] | None = field("When a target is left alone.", default=None)
    by: str | None = field(
        "For `sticky`: what belongs together. Left out, the client.",
        default=None,
        form="by",
        example="client",
    )
    explore: float | None = field(
        "For `lowest_latency`: the share of requests that looks at other targets. Left out, 5%.",
        default=None,
        form="fraction",
        example="5%",
    )
    canary: Canary | None = field("A second target that gets a share.", default=None)
    rules: tuple[str, ...] = field(
        "Keyword rules for its requests and answers.", default=(), ref="rule", one_or_list=True
    )
    mirror: Mirror | None = field("A second target that gets a copy.", default=None)

"""`endpoints:`, the paths that the engine answers on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from engine.spec.base import Rule, Spec, field, spec
from engine.tree import Node

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


@spec
class EndpointAuth(Spec):
    """One token for an endpoint, instead of the site's clients."""

    LABEL = "auth"

    bearer: str = field("The token.", secret=True, example="${env:API_TOKEN}")
    when: Node | None = field("Whether it is asked for.", default=None, example="${env:REQUIRE_AUTH:-false}")


@spec
class EndpointRequest(Spec):
    """What a request must look like."""

    LABEL = "request"

    schema: Mapping[str, Any] | None = field("A JSON Schema of the body.", default=None)


@spec
class EndpointWith(Spec):
    """The inputs of an action, as templates."""

    LABEL = "with"
    OPEN = "inputs"

    prompt: Node | None = field("A prompt.", default=None, ref="prompt")
    model: Node | None = field("An alias.", default=None, ref="model")
    conversations: Node | None = field("A store of conversations.", default=None, ref="conversation")
    inputs: Mapping[str, Node]


@spec
class EndpointStream(Spec):
    """How an answer is streamed, as templates."""

    LABEL = "stream"

    when: Node | None = field("Whether this answer is streamed.", default=None, example="=body.stream")
    each: Node | None = field("One event.", default=None, example={"chunk": "=event.text"})
    done: Node | None = field("The last event.", default=None)
    error: Node | None = field("The event of a failure.", default=None)


@spec
class Endpoint(Spec):
    """A path: a surface, an action with any JSON shape, or a byte-exact way through to a provider."""

    LABEL = "endpoints"
    RULES = (Rule(("surface", "action", "pass"), required=True),)

    path: str = field("Where it answers; {name} is a segment, a last {path} the rest.", form="path")
    methods: tuple[Method, ...] | None = field("The HTTP methods.", default=None, one_or_list=True)
    surface: str | None = field("A client protocol that it speaks.", default=None, ref="surface")
    action: str | None = field("A verb of the engine.", default=None, example="complete")
    pass_: str | None = field(
        "A provider that gets the bytes as they are.", default=None, key="pass", ref="provider"
    )
    auth: EndpointAuth | Literal["clients", "none", "password"] | None = field(
        "Who may call it; clients, if nothing is said.", default=None
    )
    request: EndpointRequest | None = field("What a request must look like.", default=None)
    with_: EndpointWith | None = field("The inputs of the action.", default=None, key="with")
    response: Node | None = field("The answer, over `result`.", default=None)
    status: Node | None = field("The status of the answer.", default=None)
    stream: EndpointStream | None = field("How an answer is streamed.", default=None)
    errors: Node | None = field(
        "How errors look: the name of a style, such as `detail`, or a template over `error`.", default=None
    )

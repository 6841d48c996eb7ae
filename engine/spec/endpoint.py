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

    bearer: str = field(
        "The token; while it is empty, nobody comes in.", secret=True, example="${env:API_TOKEN}"
    )
    when: Node | None = field(
        "Whether it is asked for; a text says no with `false`, `no`, `off`, `0` or nothing.",
        default=None,
        example="${env:REQUIRE_AUTH:-false}",
    )


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
class EndpointProfile(Spec):
    """Whose settings the templates see as `profile`."""

    LABEL = "profile"

    owner: Node = field("The user.", example="=client.name")
    space: str = field("Which service the settings are for, as in `profiles.set`.", default="main")


@spec
class EndpointRemember(Spec):
    """Which chats of a client protocol are written down."""

    LABEL = "remember"

    conversations: str = field("The store.", ref="conversation")
    conversation: Node = field(
        "The conversation's id; it is made if it is not there. A request for which this comes to nothing "
        "goes its way unread.",
        example='=headers."x-session-id"',
    )
    user: Node | None = field(
        "Which of the owner's own users it is with, when it is made.",
        default=None,
        example='=headers."x-user-id"',
    )


@spec
class EndpointStream(Spec):
    """How an answer is streamed, as templates."""

    LABEL = "stream"

    when: Node | None = field("Whether this answer is streamed.", default=None, example="=body.stream")
    each: Node | None = field(
        "What an event of the answer becomes: an object, a text, or a list of them; nothing sends nothing.",
        default=None,
        example={"chunk": "=event.text"},
    )
    kinds: tuple[str, ...] | None = field(
        "The kinds of events that `each` sees; text, if nothing is said.",
        default=None,
        one_or_list=True,
        example=["text", "reasoning"],
    )
    done: Node | None = field("The last event, over `result`.", default=None)
    error: Node | None = field("The event of a failure, over `error`.", default=None)
    errors: Literal["status", "event"] | None = field(
        "How a failure before the first event is told: with its status and JSON, as `status` says and if "
        "nothing is said; or with 200 and the event of a failure.",
        default=None,
    )


@spec
class Endpoint(Spec):
    """A path: a surface, an action with any JSON shape, or a byte-exact way through to a provider."""

    LABEL = "endpoints"
    RULES = (Rule(("surface", "action", "pass"), required=True),)

    path: str = field("Where it answers; {name} is a segment, a last {path} the rest.", form="path")
    methods: tuple[Method, ...] | None = field("The HTTP methods.", default=None, one_or_list=True)
    surface: str | None = field("A client protocol that it speaks.", default=None, ref="surface")
    operation: str | None = field(
        "What of that protocol, if it has more than one: chat, embeddings …", default=None
    )
    action: str | None = field("A verb of the engine.", default=None, example="complete")
    pass_: str | None = field(
        "A provider that gets the bytes as they are.", default=None, key="pass", ref="provider"
    )
    allow: tuple[str, ...] | None = field(
        "Of a `pass` with a last {path}: what it may stand for, as globs; nothing else is answered.",
        default=None, one_or_list=True, form="glob", example=["files", "files/*"],
    )  # fmt: skip
    auth: EndpointAuth | Literal["clients", "none", "password"] | None = field(
        "Who may call it; clients, if nothing is said.", default=None
    )
    request: EndpointRequest | None = field("What a request must look like.", default=None)
    profile: EndpointProfile | None = field(
        "A user's settings, for the templates of `with` and of the answer: `profile.url` and so on.",
        default=None,
    )
    remember: EndpointRemember | None = field(
        "Of a chat of a client protocol: which are written down in stored conversations.", default=None
    )
    with_: EndpointWith | None = field("The inputs of the action.", default=None, key="with")
    response: Node | None = field("The answer, over `result`.", default=None)
    status: Node | None = field("The status of the answer.", default=None)
    stream: EndpointStream | None = field("How an answer is streamed.", default=None)
    errors: Node | None = field(
        "How errors look: `detail`, the name of a client protocol, or a template over `error`; of a surface "
        "left out, its own.",
        default=None,
    )
    error_status: Node | None = field(
        "The status of errors, over `error`; nothing leaves them their own.", default=None
    )

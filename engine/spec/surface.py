"""`surfaces:`, how clients speak. The templates are nodes; the surface compiler reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from engine.spec.base import Rule, Spec, field, spec
from engine.spec.endpoint import Method
from engine.spec.test_case import SurfaceTest
from engine.tree import Mapping as Tree
from engine.tree import Node


@spec
class SurfaceEndpoint(Spec):
    """A standard endpoint of a surface."""

    LABEL = "endpoints"
    NULLS = True

    path: str = field("Where it answers; {name} is a segment, or a part of one.", form="path")
    methods: tuple[Method, ...] | None = field("The HTTP methods; POST.", default=None, one_or_list=True)
    operation: Literal[
        "chat",
        "models",
        "model",
        "count_tokens",
        "constant",
        "embeddings",
        "rerank",
        "moderation",
        "image",
        "image_edit",
        "image_variation",
        "speech",
        "transcription",
        "translation",
    ] = field(
        "What it does: answer a chat or do another of the surface's `operations`, list the models, tell of "
        "one, count tokens, or say `answer`.",
        default="chat",
    )
    header: str | None = field(
        "Only for requests with this header, where another surface has the same path.",
        default=None, form="header", example="x-api-key",
    )  # fmt: skip
    header_like: str | None = field(
        "A glob on what that header says; left out, anything.", default=None, example="acme-sdk/*"
    )
    answer: Any = field("The whole answer of the operation `constant`.", default=None)


@spec
class Decode(Spec):
    """The client's request → the neutral one. A field that is null is one that the client left out."""

    LABEL = "decode"
    NULLS = True

    schema: Mapping[str, Any] | None = field("A JSON Schema of the body.", default=None)
    model: Node | None = field("The model that is asked for; `=body.model`.", default=None)
    system: Node | None = field("Parts, or one text, that instruct the model.", default=None)
    turns: Node | None = field("`[{role: user | assistant, parts}]`.", default=None)
    tools: Node | None = field("`[{name, description, schema, strict}]`.", default=None)
    tool_choice: Node | None = field("`{mode: auto | none | required | tool, name}`.", default=None)
    parallel: Node | None = field("Whether several calls may be made at once.", default=None)
    max_tokens: Node | None = field("The longest answer.", default=None)
    temperature: Node | None = field("The temperature.", default=None)
    top_p: Node | None = field("Nucleus sampling.", default=None)
    stop: Node | None = field("Texts that end the answer.", default=None)
    format: Node | None = field("`{type: text | json | schema, name, schema, strict}`.", default=None)
    effort: Node | None = field("How hard to think: minimal, low, medium, high …", default=None)
    n: Node | None = field("How many answers.", default=None)
    seed: Node | None = field("The seed.", default=None)
    user: Node | None = field("Whose request it is.", default=None)
    stream: Node | None = field("Whether the answer is streamed.", default=None)
    body: Mapping[str, Node] = field(
        "Further parameters in the hub's words, or a platform's own: what mappings see as `body.*`.",
        default={}, example={"top_k": "=body.top_k"},
    )  # fmt: skip
    carried: Mapping[str, str] = field(
        "Parameter of `body` → the field above that says the same, where a mapping does not know it.",
        default={}, example={"thinking": "effort"},
    )  # fmt: skip
    names: Mapping[str, str] = field(
        "The hub's name of a parameter → the client's own, for reports.",
        default={}, example={"max_tokens": "generationConfig.maxOutputTokens"},
    )  # fmt: skip
    ignored: tuple[str, ...] = field(
        "Fields of the client's body that ask the model for nothing.", default=(), one_or_list=True
    )


@spec
class Encode(Spec):
    """Events → the client's own JSON and stream."""

    LABEL = "encode"
    NULLS = True

    id: str | None = field("What ids of answers begin with, where the platform gives none.", default=None)
    whole: Node | None = field("The body of a whole answer.", default=None)
    frames: Node | None = field("How a stream is written: sse, ndjson or json-array.", default=None)
    state: Mapping[str, Any] = field("What `state` holds at first.", default={})
    cases: Mapping[str, Node] = field(
        "Kind of event → frames: `{event, data}`; `event` in sse only.", default={}
    )


@spec
class SurfaceOperation(Spec):
    """What a client asks beside its chat: its body → the hub's words, results → its own JSON."""

    LABEL = "operations"
    NULLS = True

    schema: Mapping[str, Any] | None = field("A JSON Schema of the body.", default=None)
    model: Node | None = field("The model that is asked for; `=body.model`.", default=None)
    body: Node | None = field(
        "The request in the hub's words, which mappings see as `body.*`; left out, the client's body.",
        default=None,
    )
    names: Mapping[str, str] = field(
        "The hub's name of a parameter → the client's own, for reports.", default={}
    )
    ignored: tuple[str, ...] = field(
        "Fields of the client's body that ask the model for nothing.", default=(), one_or_list=True
    )
    wire: str | None = field("The wire format, for passing bytes through.", default=None)
    response: Node | None = field("The answer, over the operation's results.", default=None)


@spec
class ModelList(Spec):
    """How models are told."""

    LABEL = "models"
    NULLS = True

    one: Node | None = field("One model, over `model`: id, created, owned_by.", default=None)
    list: Node | None = field("The list, over `models`, each as `one` has it.", default=None)


@spec
class Passthrough(Spec):
    """How requests and answers pass to and from a platform that speaks this very protocol, as they are.

    A request passes when nothing but its model has to change: no parameters of its alias, no keyword rules.
    """

    LABEL = "passthrough"
    NULLS = True

    model: Literal["body", "path"] = field(
        "Where a request names its model: the field `model` of its body, or the path alone.", default="body"
    )
    notable: tuple[str, ...] = field(
        "JSON strings that make an event of a stream worth reading: its end, its usage, an error. "
        "The events without any go on unread.",
        default=(), one_or_list=True, example=["message_delta", "error"],
    )  # fmt: skip
    when: Node | None = field("Which requests pass; left out, all.", default=None)


@spec
class Surface(Spec):
    """A client protocol: requests are decoded into `chat`, events encoded into its own JSON and stream."""

    LABEL = "surfaces"
    NULLS = True
    KEEP_NODE = "node"
    RULES = (Rule(("wire", "hub")),)

    extends: str | None = field("The surface that this one changes.", default=None, ref="surface")
    wire: str | None = field("The wire format, for passing bytes through.", default=None)
    hub: bool | None = field(
        "It speaks as the hub, openai-chat, does: only endpoints and `decode.model` are its own.",
        default=None,
    )
    passthrough: Passthrough | None = field("How bytes pass through to its own platform.", default=None)
    endpoints: Mapping[str, SurfaceEndpoint] = field("Its standard endpoints.", default={})
    tables: Mapping[str, Any] = field("Constants: `tables.*`.", default={})
    let: Mapping[str, Node] = field("Names that are computed once.", default={})
    defs: Mapping[str, Node] = field("Named templates, for `$call`.", default={})
    decode: Decode | None = field("The client's body → the neutral request.", default=None)
    encode: Encode | None = field("Events → its own JSON and stream, with `state`.", default=None)
    operations: Mapping[str, SurfaceOperation] = field(
        "What it asks beside a chat: embeddings, rerank, moderation.", default={}
    )
    error: Node | None = field("An error in its own shape.", default=None)
    models: ModelList | None = field("Its own list of models.", default=None)
    count_tokens: Node | None = field("The answer to a count, over `tokens`.", default=None)
    tests: tuple[SurfaceTest, ...] = field("Tests of this surface.", default=())
    node: Tree

"""`dialects:`, how a platform is spoken to. The templates are nodes; the mapping compiler reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from engine.spec.base import Rule, Spec, field, spec
from engine.spec.login import Login
from engine.spec.provider import Mode
from engine.spec.request import FurtherRequest, Request
from engine.spec.test_case import DialectTest
from engine.tree import Mapping as Tree
from engine.tree import Node

# For all models, or by globs on the upstream model; a longer glob beats a shorter one.
Modes = Mode | Mapping[str, Mode]


@spec
class Auth(Spec):
    """Where a credential goes: a header, a query parameter, or a signing scheme with its own inputs."""

    LABEL = "auth"
    OPEN = "inputs"
    RULES = (Rule(("header", "query", "scheme"), required=True),)

    header: str | None = field("The header.", default=None, form="header")
    query: str | None = field("The query parameter.", default=None)
    scheme: str | None = field("A signing scheme of the engine.", default=None)
    value: Node | None = field("What it holds.", default=None, example="Bearer ${credential.key}")
    inputs: Mapping[str, Node]


@spec
class Steps(Spec):
    """Calls that follow, until the answer is there."""

    LABEL = "steps"

    request: FurtherRequest = field("The call; `data` is the answer of the one before.")
    when: Node | None = field(
        "Whether it is made at all; `data` is the answer of the one before.", default=None
    )
    until: Node | None = field("When it has been asked often enough.", default=None)
    every: float | None = field("The wait between two calls.", default=None, form="duration", example="1s")
    max: int | None = field("How many calls at most.", default=None, minimum=1)


@spec
class After(Steps):
    """A last call when a stream has ended; `data` in its request is the answer before the stream."""

    LABEL = "after"

    events: Node = field("Events, told before the end of the stream: usage, say.")


@spec
class Stream(Spec):
    """How a streamed answer becomes events."""

    LABEL = "stream"
    NULLS = True
    RULES = (Rule(("events", "select")), Rule(("events", "cases")))

    frames: str | None = field("How the bytes are cut: a framing of the engine.", default=None, example="sse")
    payload: Literal["json", "text"] | None = field("What a frame holds.", default=None)
    end: str | None = field("The frame that ends the stream.", default=None, example="[DONE]")
    data: Node | None = field(
        "What `data` is to all that follows, where events are packed in others.",
        default=None, example="=parse_json(b64decode(data.bytes)) || data",
    )  # fmt: skip
    events: Node | None = field("Events, for every frame.", default=None)
    select: Node | None = field("The label of a frame.", default=None, example="=event")
    cases: Node | None = field("Label → events.", default=None)
    state: Mapping[str, Any] = field("What `state` holds at first.", default={})
    default: Literal["ignore", "error"] | None = field("What happens to other labels.", default=None)
    steps: tuple[Steps, ...] | None = field(
        "Calls that follow; the answer of the last is the stream. When its `when` does not hold there is "
        "none, and the answer is read as `response` says.",
        default=None, one_or_list=True,
    )  # fmt: skip
    after: After | None = field(
        "Beside `steps`: a last call for what the stream does not tell; it may fail.", default=None
    )


@spec
class Response(Spec):
    """How a whole answer becomes events, or another result."""

    LABEL = "response"
    NULLS = True
    OPEN = "results"
    RULES = (Rule(("from", "events")),)

    from_: Literal["stream"] | None = field("`stream`: by the rules of the stream.", default=None, key="from")
    events: Node | None = field("Events.", default=None)
    steps: tuple[Steps, ...] | None = field(
        "Calls that follow, before the answer is there.", default=None, one_or_list=True
    )
    models: Node | None = field("The models of the platform.", default=None)
    results: Mapping[str, Node]


@spec
class Operation(Spec):
    """One capability of a platform."""

    LABEL = "operations"
    NULLS = True

    wire: str | None = field(
        "Of an operation beside the chat: its wire format, for passing bytes through.", default=None
    )
    request: Request | None = field("The call.", default=None)
    stream: Stream | None = field("How a streamed answer is read.", default=None)
    response: Response | None = field("How a whole answer is read.", default=None)
    cancel: FurtherRequest | None = field(
        "The call that ends what was submitted, when nobody waits for its `steps` or their stream any "
        "more; `data` as the step sees it that was under way.",
        default=None,
    )
    mode: Mode | Mapping[str, Mode] | None = field(
        "Whether streams are asked for, of all models or by globs on them.", default=None
    )
    prefetch: tuple[Literal["images", "files", "audio"], ...] | None = field(
        "What is fetched and sent along, since the platform takes no URLs.", default=None, one_or_list=True
    )
    takes_urls: tuple[str, ...] | None = field(
        "URLs that it takes all the same, and that are not fetched: globs.",
        default=None, form="glob", one_or_list=True, example=["https://files.example.com/*"],
    )  # fmt: skip


@spec
class ErrorMap(Spec):
    """What an error says; each part is a template."""

    LABEL = "map"
    NULLS = True
    OPEN = "other"

    class_: Node | None = field("The class of the error.", default=None, key="class")
    message: Node | None = field("Its message.", default=None)
    code: Node | None = field("Its code.", default=None)
    param: Node | None = field("The parameter at fault.", default=None)
    retry_after: Node | None = field("Seconds, or an HTTP date.", default=None)
    other: Mapping[str, Node]


@spec
class ErrorRules(Spec):
    """How errors are told, and what they say."""

    LABEL = "error"
    NULLS = True

    when: Node | None = field("Which answers with status 200 are errors.", default=None)
    map: ErrorMap | None = field("What an error says.", default=None)


@spec
class Dialect(Spec):
    """How a platform is spoken to. With `extends`, maps merge by key and null removes."""

    LABEL = "dialects"
    NULLS = True
    KEEP_NODE = "node"

    extends: str | None = field("The dialect that this one changes.", default=None, ref="dialect")
    wire: str | None = field("The wire format, for passing bytes through.", default=None)
    passthrough: bool | None = field("Whether bytes of the same wire may pass through.", default=None)
    passthrough_unless: tuple[str, ...] = field(
        "Parameters that change a request's body: a provider that sets one passes nothing.",
        default=(), one_or_list=True,
    )  # fmt: skip
    functions_only: bool | None = field(
        "Its tools take JSON alone: one that takes text is offered as a function of one text, and its calls "
        "become text again.",
        default=None,
    )
    params: Mapping[str, Any] = field("Parameters that it reads, with defaults: `params.*`.", default={})
    features: Mapping[str, tuple[str, ...]] = field(
        "Feature → globs on the upstream models that have it: `features.*`.",
        default={}, form="glob", one_or_list=True,
    )  # fmt: skip
    mode: Mode | Mapping[str, Mode] | None = field(
        "Whether streams are asked for, of all models or by globs on them.", default=None
    )
    tables: Mapping[str, Any] = field("Constants: `tables.*`.", default={})
    let: Mapping[str, Node] = field("Names that are computed once.", default={})
    defs: Mapping[str, Node] = field("Named templates, for `$call`.", default={})
    auth: tuple[Auth, ...] | None = field("Where a credential goes.", default=None, one_or_list=True)
    operations: Mapping[str, Operation] = field("One for each capability of the platform.", default={})
    error: ErrorRules | None = field("How errors are told.", default=None)
    login: Login | None = field("How credentials are acquired.", default=None)
    tests: tuple[DialectTest, ...] = field("Tests of this dialect.", default=())
    node: Tree

"""`tests:`, what a route must do, checked offline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.spec.base import Rule, Spec, field, spec


@spec
class Medium(Spec):
    """What is fetched from a URL."""

    LABEL = "fetched"

    media_type: str = field("Its type.", example="image/png")
    data: str = field("Its bytes, as base64.")


@spec
class Given(Spec):
    """The client's request, and what the mapping sees beside it."""

    LABEL = "given"

    body: Any = field("The body that the client sends.", default=None)
    model: str | None = field("The upstream model.", default=None)
    params: Mapping[str, Any] = field("`params.*`.", default={})
    features: Mapping[str, bool] = field("`features.*`.", default={})
    credential: Mapping[str, Any] | None = field("`credential.*`.", default=None, example={"key": "sk-test"})
    headers: Mapping[str, str] = field("The client's headers.", default={})
    fetched: Mapping[str, Medium] = field(
        "What stands behind URLs that are fetched for the platform.", default={}
    )
    path: Mapping[str, Any] = field("`path.*`: the names in the path.", default={})
    query: Mapping[str, str] = field("The query of the path.", default={})
    client: Any = field("`client.*`.", default=None)
    stored: tuple[Mapping[str, Any], ...] = field(
        "What the database holds, of an endpoint: its verbs, with their arguments.",
        default=(), example=[{"conversations.create": {"store": "main", "id": "s-1"}}],
    )  # fmt: skip
    state: Mapping[str, Any] | None = field("`state.*` at the start of the stream.", default=None)


@spec
class ErrorAnswer(Spec):
    """An error that the upstream answers with."""

    LABEL = "error"
    RULES = (Rule(("text", "json")),)

    status: int = field("The HTTP status.", minimum=100, maximum=599)
    headers: Mapping[str, str] = field("Its headers.", default={})
    text: str | None = field("Its body, as text.", default=None)
    json: Any = field("Its body, as data.", default=None)


@spec
class ExpectedRequest(Spec):
    """The upstream request; keys that are not named are not compared."""

    LABEL = "request"

    method: str | None = field("The HTTP method.", default=None)
    path: str | None = field("The path with its query.", default=None)
    query: Any = field("The query parameters.", default=None)
    headers: Any = field("Headers, with lower-case names.", default=None)
    body: Any = field("The JSON body.", default=None)


@spec
class Expected(Spec):
    """What must come out; keys that are not named are not compared."""

    LABEL = "expect"

    request: ExpectedRequest | None = field("The upstream request.", default=None)
    next: ExpectedRequest | None = field(
        "The call that follows the answer, of a dialect with `steps`.", default=None
    )
    cancel: ExpectedRequest | None = field("The call that would call it off.", default=None)
    chat: Any = field("The neutral request, of a surface: fields of `chat`.", default=None)
    status: int | None = field("The status of the answer, of an endpoint.", default=None)
    answer: Any = field("The whole answer in the surface's own shape, or the endpoint's.", default=None)
    frames: Any = field("The frames of its stream: [event, data], or data without an event.", default=None)
    completion: Any = field("The whole answer.", default=None)
    chunks: Any = field("The chunks of a streamed answer.", default=None)
    deltas: Any = field("The deltas of those chunks.", default=None)
    finish: Any = field("The finish reason.", default=None)
    usage: Any = field("The usage.", default=None)
    events: Any = field("The neutral events: [kind, fields, choice].", default=None)
    results: Any = field("The results of an operation beside the chat.", default=None)
    worded: Any = field("Its request in the hub's words, what mappings see as `body.*`.", default=None)
    error: Any = field("The error: status, class, message, code, param, type.", default=None)
    reject: Any = field("The refusal of the request: status, param, code, message.", default=None)
    unsupported: Any = field("Parameters that are reported as not carried.", default=None)


@spec
class DialectTest(Spec):
    """One case: what is given, what the upstream answers, what must come out."""

    LABEL = "tests"
    RULES: ClassVar[tuple[Rule, ...]] = (Rule(("stream", "stream_base64", "response", "error")),)

    name: str = field("What the case shows.")
    operation: str = field("The operation of the dialect.", default="chat")
    given: Given | None = field("The client's request.", default=None)
    stream: str | None = field(
        "The upstream's bytes, as text; of a binary framing as if it were sse.", default=None
    )
    stream_base64: str | None = field("The upstream's bytes.", default=None)
    response: Any = field("The upstream's JSON answer.", default=None)
    error: ErrorAnswer | None = field("The upstream's error.", default=None)
    status: int | None = field("The status of the upstream's answer.", default=None, minimum=100, maximum=599)
    headers: Mapping[str, str] = field("The headers of the upstream's answer.", default={})
    expect: Expected | None = field("What must come out, exactly.", default=None)
    contains: Expected | None = field("What must be part of what comes out.", default=None)


@spec
class SurfaceTest(DialectTest):
    """A case of a surface: `given` is what its client sends; what comes back is `events`, or a dialect's."""

    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(("stream", "stream_base64", "response", "error", "events", "results")),
    )

    events: Any = field("The neutral events that come back: [kind, fields, choice].", default=None)
    results: Any = field("The results that come back, of an operation beside the chat.", default=None)
    dialect: str | None = field("The dialect whose upstream answers.", default=None, ref="dialect")


NAMES = Rule(("surface", "dialect", "model", "endpoint"), required=True, several=True)


@spec
class TestCase(SurfaceTest):
    """A case outside of a dialect or surface: it names what is tested."""

    __test__ = False  # for pytest: no test class
    RULES = (
        *SurfaceTest.RULES,
        Rule(("dialect", "model", "endpoint")),
        Rule(("surface", "model", "endpoint")),
        NAMES,
    )

    surface: str | None = field("The surface that is tested.", default=None, ref="surface")
    model: str | None = field("The alias that is tested, with its targets.", default=None, ref="model")
    endpoint: str | None = field(
        "The endpoint that is tested; its client's protocol is that of `given`.", default=None, ref="endpoint"
    )

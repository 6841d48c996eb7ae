"""`tests:`, what a route must do, checked offline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.spec.base import Rule, Spec, field, spec


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
    client: Any = field("`client.*`.", default=None)
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
    completion: Any = field("The whole answer.", default=None)
    chunks: Any = field("The chunks of a streamed answer.", default=None)
    deltas: Any = field("The deltas of those chunks.", default=None)
    finish: Any = field("The finish reason.", default=None)
    usage: Any = field("The usage.", default=None)
    events: Any = field("The neutral events: [kind, fields, choice].", default=None)
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
    stream: str | None = field("The upstream's bytes, as text.", default=None)
    stream_base64: str | None = field("The upstream's bytes.", default=None)
    response: Any = field("The upstream's JSON answer.", default=None)
    error: ErrorAnswer | None = field("The upstream's error.", default=None)
    status: int | None = field("The status of the upstream's answer.", default=None, minimum=100, maximum=599)
    headers: Mapping[str, str] = field("The headers of the upstream's answer.", default={})
    expect: Expected | None = field("What must come out, exactly.", default=None)
    contains: Expected | None = field("What must be part of what comes out.", default=None)


@spec
class TestCase(DialectTest):
    """A case outside of a dialect: it names what is tested."""

    __test__ = False  # for pytest: no test class
    RULES = (*DialectTest.RULES, Rule(("dialect", "model"), required=True))

    dialect: str | None = field("The dialect that is tested.", default=None, ref="dialect")
    model: str | None = field("The alias that is tested, with its targets.", default=None, ref="model")

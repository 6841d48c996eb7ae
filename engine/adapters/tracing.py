"""Traces by OpenTelemetry: a span for each request, below it one for each attempt, sent in the background.

Imported only when tracing is on. No content and no secret is in a span: attributes are names, counts and
classes, as the conventions for generative AI have them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from engine import __version__
from engine.errors import ErrorInfo
from engine.events import Told, Tried
from engine.ports import Telemetry
from engine.spec.settings import TracingSettings

LOST = "proxyctl_dropped_spans_total"
SERVICE = "proxyctl"
PATH = "/v1/traces"

# Seconds: one delivery to the collector; what is left at the end of a process.
EXPORT, LAST = 3.0, 2.0
PORTS = {"http": 80, "https": 443}

CONTEXT = TraceContextTextMapPropagator()
Later = Callable[[Callable[[], None]], object]

# Settled usage -> attribute.
TOKENS = {
    "prompt": "gen_ai.usage.input_tokens",
    "output": "gen_ai.usage.output_tokens",
    "cache_read": "gen_ai.usage.cache_read.input_tokens",
    "cache_write": "gen_ai.usage.cache_creation.input_tokens",
    "reasoning": "gen_ai.usage.reasoning.output_tokens",
}


class Delivery(SpanExporter):
    """Hands spans to the collector, in its own thread; says once that it is away, once that it is back."""

    def __init__(self, inner: SpanExporter, telemetry: Telemetry) -> None:
        self._inner = inner
        self._telemetry = telemetry
        self._away = False
        self.later: Later = lambda work: work()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._inner.export(spans)
        away = result is not SpanExportResult.SUCCESS
        if away or self._away:
            lost = len(spans) if away else 0
            self.later(lambda: self._tell(away, lost))
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()

    def _tell(self, away: bool, lost: int) -> None:
        """In the thread of the log and of the counters."""
        if lost:
            self._telemetry.counter(LOST, {}).add(lost)
        if away and not self._away:
            self._telemetry.log("warning", "traces are not taken", {"lost": lost})
        elif self._away and not away:
            self._telemetry.log("info", "traces are taken again", {})
        self._away = away


class SystemTracer:
    """Implements `ports.Tracer`. `start` once there is a loop, `close` in the end; both may be left out."""

    def __init__(
        self, settings: TracingSettings, telemetry: Telemetry, exporter: SpanExporter | None = None
    ) -> None:
        # `Delivery` tells what there is to tell.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._delivery = Delivery(exporter or _exporter(settings), telemetry)
        self._provider = TracerProvider(
            sampler=_sampler(settings), resource=_resource(settings), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(self._delivery))
        self._tracer = self._provider.get_tracer(SERVICE, __version__)

    def start(self, later: Later) -> None:
        """From now on what is told is told by `later`: the loop's `call_soon_threadsafe`."""
        self._delivery.later = later

    def begin(self, headers: Mapping[str, str], operation: str) -> RequestTrace:
        parent = CONTEXT.extract(headers)
        attributes = {"gen_ai.operation.name": operation}
        span = self._tracer.start_span(operation, parent, SpanKind.SERVER, attributes)
        return RequestTrace(self._tracer, span, operation)

    def flush(self) -> None:
        self._provider.force_flush()

    def close(self) -> None:
        """Deliver what is left, for `LAST` seconds at most."""
        ending = threading.Thread(target=self._provider.shutdown, daemon=True)
        ending.start()
        ending.join(LAST)


class RequestTrace:
    """Implements `ports.Trace`."""

    __slots__ = ("_attempt", "_operation", "_span", "_tracer", "id")

    def __init__(self, tracer: Tracer, span: Span, operation: str) -> None:
        self._tracer = tracer
        self._operation = operation
        self._span = span
        self._attempt: Span | None = None
        self.id = f"{span.get_span_context().trace_id:032x}"

    def asked(self, model: str) -> None:
        self._span.update_name(f"{self._operation} {model}")
        self._span.set_attribute("gen_ai.request.model", model)

    def attempt(self, tried: Tried) -> None:
        host = urlsplit(tried.base_url)
        if tried.model:
            self._span.set_attributes(
                {"gen_ai.response.model": tried.model, "gen_ai.provider.name": tried.platform}
            )
        attributes: dict[str, str | int] = {
            "gen_ai.operation.name": self._operation,
            "gen_ai.provider.name": tried.platform,
            "gen_ai.request.model": tried.model,
            "gen_ai.request.stream": tried.streamed,
            "server.address": host.hostname or "",
            "proxyctl.provider": tried.provider,
            "server.port": host.port or PORTS.get(host.scheme, 0),
            "proxyctl.credential": tried.credential or "",
        }
        self._attempt = self._tracer.start_span(
            f"{self._operation} {tried.model}".rstrip(),
            context=set_span_in_context(self._span),
            kind=SpanKind.CLIENT,
            attributes={name: value for name, value in attributes.items() if value or value is False},
        )

    def headers(self) -> Mapping[str, str]:
        """For the upstream: the attempt as its parent."""
        carrier: dict[str, str] = {}
        CONTEXT.inject(carrier, set_span_in_context(self._attempt or self._span))
        return carrier

    def failed(self, stage: str, info: ErrorInfo) -> None:
        if self._attempt is not None:
            self._attempt.set_attribute("proxyctl.stage", stage)
            _fail(self._attempt, info)
            self._attempt.end()
            self._attempt = None

    def ended(self, told: Told) -> None:
        counts: dict[str, float] = {
            name: told.usage[kind] for kind, name in TOKENS.items() if kind in told.usage
        }
        if told.first is not None:
            counts["gen_ai.response.time_to_first_chunk"] = told.first
        if self._attempt is not None:
            self._attempt.set_attributes(counts)
            self._attempt.end()
            self._attempt = None
        names = {
            "proxyctl.request_id": told.request_id,
            "proxyctl.surface": told.surface,
            "proxyctl.client": told.client,
            "proxyctl.alias": told.alias,
            "proxyctl.provider": told.provider,
            "proxyctl.target": told.target,
            "proxyctl.cost_usd": told.cost,
        }
        given = {name: value for name, value in names.items() if value is not None}
        self._span.set_attributes({
            "http.response.status_code": told.status, "proxyctl.attempts": told.attempts, **given, **counts,
        })  # fmt: skip
        if told.error is not None:
            _fail(self._span, told.error)
        self._span.end()


def _fail(span: Span, info: ErrorInfo) -> None:
    """By its class and code alone: a message may repeat what was asked."""
    span.set_attribute("error.type", info.error_class.value)
    if info.code:
        span.set_attribute("proxyctl.error.code", info.code)
    span.set_status(Status(StatusCode.ERROR))


def _exporter(settings: TracingSettings) -> SpanExporter:
    """What is not set is taken from the environment: OTEL_EXPORTER_OTLP_ENDPOINT and the like."""
    endpoint = settings.endpoint
    if endpoint is not None and not endpoint.rstrip("/").endswith(PATH):
        endpoint = endpoint.rstrip("/") + PATH
    return OTLPSpanExporter(endpoint=endpoint, headers=dict(settings.headers) or None, timeout=EXPORT)


def _sampler(settings: TracingSettings) -> Sampler | None:
    """None: as OTEL_TRACES_SAMPLER says. What the caller's trace has decided holds."""
    return None if settings.sample is None else ParentBased(TraceIdRatioBased(settings.sample))


def _resource(settings: TracingSettings) -> Resource:
    given = {SERVICE_NAME: settings.service} if settings.service else {}
    found = Resource.create({SERVICE_VERSION: __version__, **given})
    unnamed = str(found.attributes.get(SERVICE_NAME, "")).startswith("unknown_service")
    return found.merge(Resource({SERVICE_NAME: SERVICE})) if unnamed else found

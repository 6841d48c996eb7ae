"""Traces, as a collector gets them over OTLP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from engine.adapters.telemetry import SystemTelemetry
from engine.adapters.tracing import SystemTracer
from engine.errors import ErrorClass, ErrorInfo
from engine.events import Told, Tried
from engine.spec.settings import TracingSettings
from tests.adapters.collector import Collector, collecting

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRIED = Tried("acme", "plain", "m-1", "https://api.acme.test/v1", "k1", streamed=True)
USAGE = {"prompt": 3, "output": 4, "cache_read": 2, "cache_write": 1, "reasoning": 5}
TOLD = Told(200, "req-1", "chat", "web", "smart", "acme", "acme/m-1", 1, USAGE, 0.25, 0.5, None)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER"):
        monkeypatch.delenv(name, raising=False)
    with collecting() as made:
        yield made


def telemetry() -> tuple[SystemTelemetry, list[str]]:
    lines: list[str] = []
    return SystemTelemetry("info", "text", lines.append), lines


def traced(collector: Collector, **settings: Any) -> SystemTracer:
    return SystemTracer(TracingSettings(**{"endpoint": collector.url, **settings}), telemetry()[0])


def test_a_request_and_its_attempts_are_spans_with_the_names_of_the_conventions(collector: Collector) -> None:
    tracer = traced(collector, headers={"x-key": "k"}, service="gate")
    trace = tracer.begin({"traceparent": PARENT}, "chat")
    trace.asked("smart")
    trace.attempt(TRIED._replace(provider="first", base_url="http://first.test:81"))
    trace.failed("status", ErrorInfo(ErrorClass.OVERLOADED, "the prompt, repeated", "busy"))
    trace.attempt(TRIED)
    carried = trace.headers()["traceparent"]
    trace.ended(TOLD)
    tracer.close()
    request, failed = collector.named("chat smart"), collector.spans[0]
    (attempt,) = [span for span in collector.spans if span["attributes"].get("proxyctl.provider") == "acme"][
        :1
    ]
    assert trace.id == request["trace"] == "0af7651916cd43dd8448eb211c80319c"
    assert (request["parent"], request["kind"], attempt["kind"]) == ("b7ad6b7169203331", 2, 3)
    assert failed["parent"] == attempt["parent"] == request["id"]
    assert carried == f"00-{trace.id}-{attempt['id']}-01"
    assert request["attributes"] == {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "smart",
        "gen_ai.response.model": "m-1",
        "gen_ai.provider.name": "plain",
        "gen_ai.usage.input_tokens": 3,
        "gen_ai.usage.output_tokens": 4,
        "gen_ai.usage.cache_read.input_tokens": 2,
        "gen_ai.usage.cache_creation.input_tokens": 1,
        "gen_ai.usage.reasoning.output_tokens": 5,
        "gen_ai.response.time_to_first_chunk": 0.5,
        "http.response.status_code": 200,
        "proxyctl.attempts": 1,
        "proxyctl.request_id": "req-1",
        "proxyctl.surface": "chat",
        "proxyctl.client": "web",
        "proxyctl.alias": "smart",
        "proxyctl.provider": "acme",
        "proxyctl.target": "acme/m-1",
        "proxyctl.cost_usd": 0.25,
    }
    told = attempt["attributes"]
    assert told["gen_ai.provider.name"] == "plain" and told["gen_ai.request.model"] == "m-1"
    assert (told["server.address"], told["server.port"]) == ("api.acme.test", 443)
    assert told["gen_ai.request.stream"] is True and told["gen_ai.usage.output_tokens"] == 4
    assert failed["attributes"]["error.type"] == "overloaded" and failed["failed"]
    assert (failed["attributes"]["server.port"], failed["attributes"]["proxyctl.stage"]) == (81, "status")
    assert not request["failed"] and b"repeated" not in collector.raw
    assert collector.resource["service.name"] == "gate"
    assert collector.paths == ["/v1/traces"] and collector.headers[0]["x-key"] == "k"


def test_an_error_is_told_by_its_class(collector: Collector) -> None:
    tracer = traced(collector)
    trace = tracer.begin({}, "chat")
    trace.ended(TOLD._replace(status=502, error=ErrorInfo(ErrorClass.UPSTREAM, "secret words")))
    tracer.close()
    (span,) = collector.spans
    assert (
        span["failed"] and span["attributes"]["error.type"] == "upstream" and b"secret" not in collector.raw
    )
    assert collector.resource["service.name"] == "proxyctl"


def test_what_is_asked_for_beside_a_chat_is_told_by_its_name(collector: Collector) -> None:
    tracer = traced(collector)
    trace = tracer.begin({}, "embeddings")
    trace.asked("m")
    trace.attempt(Tried("acme", "openai", "up", "https://a.test", "main", False))
    trace.ended(TOLD)
    tracer.close()
    assert {span["name"] for span in collector.spans} == {"embeddings m", "embeddings up"}
    assert {span["attributes"]["gen_ai.operation.name"] for span in collector.spans} == {"embeddings"}


@pytest.mark.parametrize("flag", ["00", "01"])
def test_the_callers_trace_decides_whether_it_is_recorded(collector: Collector, flag: str) -> None:
    tracer = traced(collector, sample=0.5)
    trace = tracer.begin({"traceparent": f"{PARENT[:-2]}{flag}"}, "chat")
    assert trace.headers()["traceparent"].endswith(flag)
    trace.ended(TOLD)
    tracer.close()
    assert len(collector.spans) == int(flag)


def test_none_of_them_is_recorded_at_no_share(collector: Collector) -> None:
    tracer = traced(collector, sample=0.0)
    trace = tracer.begin({"traceparent": "nonsense"}, "chat")
    trace.attempt(TRIED)
    trace.ended(TOLD)
    tracer.close()
    assert collector.spans == []


def test_the_environment_says_what_the_settings_do_not(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-other=o")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "by-name")
    tracer = SystemTracer(TracingSettings(), telemetry()[0])
    tracer.begin({}, "chat").ended(TOLD)
    tracer.close()
    assert len(collector.spans) == 1 and collector.resource["service.name"] == "by-name"
    assert collector.headers[0]["x-other"] == "o"


class Moody(InMemorySpanExporter):
    def __init__(self) -> None:
        super().__init__()
        self.result = SpanExportResult.FAILURE

    def export(self, spans: Any) -> SpanExportResult:
        return self.result


def test_a_collector_that_is_away_is_told_of_once_and_so_is_that_it_is_back() -> None:
    told, lines = telemetry()
    exporter = Moody()
    tracer = SystemTracer(TracingSettings(), told, exporter)
    for _ in range(3):
        tracer.begin({}, "chat").ended(TOLD)
        tracer.flush()
    assert len(lines) == 1 and "traces are not taken" in lines[0]
    assert told.counter("proxyctl_dropped_spans_total", {}).value == 3
    exporter.result = SpanExportResult.SUCCESS
    tracer.begin({}, "chat").ended(TOLD)
    tracer.flush()
    assert len(lines) == 2 and "traces are taken again" in lines[1]
    tracer.close()


def test_what_goes_wrong_is_told_where_the_loop_says() -> None:
    told, lines = telemetry()
    tracer = SystemTracer(TracingSettings(), told, Moody())
    waiting: list[Any] = []
    tracer.start(waiting.append)
    tracer.begin({}, "chat").ended(TOLD)
    tracer.flush()
    assert lines == [] and len(waiting) == 1
    waiting[0]()
    assert len(lines) == 1
    tracer.close()

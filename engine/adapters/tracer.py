"""Tracing, where it is on: what it needs is an extra, and is imported only then."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

from engine.ports import Telemetry, Tracer
from engine.spec.settings import TracingSettings

IMPLEMENTATION = "engine.adapters.tracing"
NEEDED = ("opentelemetry.sdk.trace", "opentelemetry.exporter.otlp.proto.http")
MISSING = "`tracing` needs an extra that is not installed: pip install 'proxyctl[otel]'"

Later = Callable[[Callable[[], None]], object]


class OpenTracer(Tracer, Protocol):
    def start(self, later: Later) -> None:
        """From now on what goes wrong is told by `later`: the loop's `call_soon_threadsafe`."""
        ...

    def close(self) -> None:
        """Deliver what is left; takes a few seconds at most."""
        ...


def is_installed() -> bool:
    try:
        return all(find_spec(name) is not None for name in NEEDED)
    except ModuleNotFoundError:  # of a part that a name begins with
        return False


def open_tracer(settings: TracingSettings | None, telemetry: Telemetry) -> OpenTracer | None:
    """None where tracing is off. Raises `ImportError` where the extra is not installed."""
    if settings is None:
        return None
    return cast(OpenTracer, import_module(IMPLEMENTATION).SystemTracer(settings, telemetry))

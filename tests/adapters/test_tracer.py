from __future__ import annotations

import subprocess
import sys

import pytest

from engine.adapters import tracer
from engine.adapters.telemetry import SystemTelemetry
from engine.spec.settings import TracingSettings


def test_off_is_nothing_and_imports_nothing() -> None:
    assert tracer.open_tracer(None, SystemTelemetry("off")) is None
    code = (
        "import sys, engine.server.worker; sys.exit(any(m.startswith('opentelemetry') for m in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_on_it_is_the_one_of_the_extra() -> None:
    assert tracer.is_installed()
    opened = tracer.open_tracer(TracingSettings(endpoint="http://127.0.0.1:9"), SystemTelemetry("off"))
    assert opened is not None and len(opened.begin({}, "chat").id) == 32
    opened.close()


@pytest.mark.parametrize("missing", ["no_such_package", "no_such_package.inside", "opentelemetry.no_such"])
def test_an_extra_that_is_not_there(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracer, "NEEDED", (missing,))
    assert not tracer.is_installed()

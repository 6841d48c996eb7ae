"""A running engine before upstreams of several wire formats, for clients of several protocols."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.engine_process import EngineProcess, write_site
from tests.e2e.test_sdk import SITE, upstream
from tests.e2e.upstream import TestUpstream

MOCKS = """
version: 1
providers:
  thinks: {{dialect: mock, base_url: "scripted:", params: {{reasoning: let me see, text: yes}}}}
  busy: {{dialect: mock, base_url: "scripted:", retry: off, params: {{status: 429, error: slow down, retry_after: 3}}}}
  breaks: {{dialect: mock, base_url: "scripted:", params: {{text: one two three, break_after: 2}}}}
models:
  thinks: {{targets: [thinks/m]}}
  busy: {{targets: [busy/m]}}
  breaks: {{targets: [breaks/m]}}
"""

# Aliases whose upstreams answer with the same words, and with the same call where tools are given.
TALKERS = ["plain", "claude", "google", "lines", "bot"]
CALLERS = TALKERS[:-1]
WORDS = "Grüße 世界"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@contextmanager
def running(site: Path) -> Iterator[tuple[str, TestUpstream]]:
    """The engine's address, and the upstream with all that came to it."""
    with TestUpstream(upstream) as server:
        write_site(site, all=SITE.format(url=server.url), mocks=MOCKS.format())
        with EngineProcess(site, env={"E2E_KEY": "sk-e2e"}) as engine:
            yield engine.url, server

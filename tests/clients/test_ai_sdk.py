"""The Vercel AI SDK, by each of its providers, over every platform that has tools: text, stream, tools, an object."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.clients.installed import NODE, needs_node
from tests.clients.test_frameworks import TOOLED
from tests.clients.upstream import AFTER, RIVER, WORDS
from tests.matrix.script import OUTPUT, PROMPT

SCRIPT = Path(__file__).with_name("ai_sdk.mjs")
PROVIDERS = ["openai", "responses", "anthropic", "google", "compatible"]
pytestmark = [pytest.mark.filterwarnings("default"), needs_node]


@pytest.mark.parametrize("model", TOOLED)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_ai_sdk(provider: str, model: str, engine_url: str) -> None:
    command = ["node", str(SCRIPT), str(NODE), provider, engine_url, model]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "text": [WORDS.said, "stop", PROMPT, OUTPUT],
        "pieces": list(WORDS.text),
        "streamed": ["stop", PROMPT],
        "tools": [AFTER.said, [[["weather", {"city": "Köln"}]], []]],
        "streamedTools": AFTER.said,
        "object": RIVER,
    }

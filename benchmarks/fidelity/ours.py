"""What proxyctl makes of recorded answers: from a client's request to its answer, without sockets."""

from __future__ import annotations

import base64
import json
from typing import Any

import orjson

from engine.events import Call
from engine.ports import Reply
from engine.testing.world import RecordedReply
from tests.library.corpus import DIALECTS
from tests.matrix.engine import cut, engine

Json = dict[str, Any]


class Replay:
    """Implements `ports.Upstream`: every call gets the recorded answer."""

    def __init__(self, case: Json) -> None:
        self.case = case

    async def send(self, call: Call) -> Reply:
        data = base64.b64decode(self.case["body"])
        headers = {"content-type": self.case["content_type"]}
        return RecordedReply(self.case["status"], headers, tuple(cut(data)))

    async def aclose(self) -> None:
        return None


def ask(record: Json, case: Json) -> Json:
    """{chunks} or {error}, as `theirs.py` tells it."""
    upstream, replay = engine().upstream, Replay(case)
    body = {
        "model": DIALECTS[record["api"]],
        "messages": [{"role": "user", "content": "hi"}],
        "stream": case["stream"],
    }
    body |= {"stream_options": {"include_usage": True}} if case["stream"] else {}
    upstream.replay = replay.send
    status, told = engine().post(
        "/v1/chat/completions", {"content-type": "application/json"}, orjson.dumps(body)
    )
    upstream.replay = None
    if status >= 400:
        return {"error": told}
    if not case["stream"]:
        return {"chunks": [json.loads(told)]}
    frames = [line[6:] for line in told.split("\n") if line.startswith("data: {")]
    return {"chunks": [json.loads(frame) for frame in frames]}

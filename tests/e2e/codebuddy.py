"""A simulated CodeBuddy: a browser login, tokens that are renewed, an API that only streams and repeats indexes."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.upstream import Answer, Request, json_answer, sse_answer


def token_of(email: str, lives: float = 86400.0) -> str:
    """A JWT as far as anybody looks into it."""
    parts = ({"alg": "none"}, {"email": email, "sub": "u-1", "name": "Ann", "exp": int(time.time() + lives)})
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*coded, "signature"])


@dataclass
class Platform:
    """`used` are the tokens of chat requests, in order; `refused` those that are answered with 401."""

    granted: bool = False
    lives: float = 86400.0
    used: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    renewed: int = 0

    def answer(self, request: Request) -> Answer:
        path = request.path.partition("?")[0]
        if path == "/v2/plugin/auth/state":
            return json_answer(
                {"code": 0, "data": {"state": "st-1", "authUrl": "https://login.test/?state=st-1"}}
            )
        if path == "/v2/plugin/auth/token":
            return self._token() if self.granted else json_answer({"code": 11217, "msg": "login ing..."})
        if path == "/v2/plugin/auth/token/refresh":
            self.renewed += 1
            assert request.headers["x-refresh-token"] == "rt-secret-1"
            return self._token(f"renewed{self.renewed}@x.test")
        assert path == "/v2/chat/completions"
        return self._chat(request)

    def _token(self, email: str = "ann@x.test") -> Answer:
        data = {
            "accessToken": token_of(email, self.lives), "refreshToken": "rt-secret-1", "tokenType": "Bearer",
            "expiresIn": self.lives, "domain": "www.codebuddy.ai", "scope": "openid", "sessionState": "se-1",
        }  # fmt: skip
        return json_answer({"code": 0, "data": data})

    def _chat(self, request: Request) -> Answer:
        token, body = request.headers["authorization"].removeprefix("Bearer "), request.json
        self.used.append(token)
        self.asked.append(body)
        if token in self.refused:
            return json_answer({"code": 401, "msg": f"bad token {token}"}, 401)
        if body.get("stream") is not True:
            return json_answer({"code": 11101, "msg": "only streams"}, 400)
        if body["messages"][0]["role"] != "system":
            return json_answer({"code": 11128, "msg": "messages not as expected"}, 400)
        return sse_answer(*(_tools() if body.get("tools") else _text(body["model"])))


def _chunk(model: str, **choice: Any) -> dict[str, Any]:
    return {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": model,
            "choices": [{"index": 0, **choice}]}  # fmt: skip


def _text(model: str) -> list[Any]:
    usage = {
        **_chunk(model, delta={}),
        "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
    }
    return [
        _chunk(model, delta={"role": "assistant", "content": "Hel"}, finish_reason=""),
        _chunk(model, delta={"content": "lo"}, finish_reason="stop"),
        usage,
    ]


def _tools() -> list[Any]:
    """Two calls under one index, as the platform sends them."""

    def call(id_: str, name: str, arguments: str) -> dict[str, Any]:
        function = {"name": name, "arguments": arguments}
        return {"delta": {"tool_calls": [{"index": 0, "id": id_, "type": "function", "function": function}]}}

    return [
        _chunk("m", **call("tooluse_a", "weather", '{"city":')),
        _chunk("m", **call("", "", ' "Ulm"}')),
        _chunk("m", **call("tooluse_b", "time", "{}")),
        _chunk("m", delta={}, finish_reason="stop"),
    ]

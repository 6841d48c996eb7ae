"""What LiteLLM makes of recorded answers, in its own environment: `python theirs.py CASES.json > OUT.jsonl`.

CASES is a list of {id, prefix, model, status, content_type, body (base64), stream, tools}; the output has a
line for each, {id, chunks} or {id, error}: what a caller gets.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

os.environ |= {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
    "AWS_REGION_NAME": "us-east-1", "NO_PROXY": "127.0.0.1",
}  # fmt: skip
TOOLS = [
    {
        "type": "function",
        "function": {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}},
    }
]
CURRENT: dict[str, Any] = {}


class Replay(BaseHTTPRequestHandler):
    """Every request gets the recorded answer."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        body = base64.b64decode(CURRENT["body"])
        self.send_response(CURRENT["status"])
        self.send_header("content-type", CURRENT["content_type"])
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def ask(litellm: Any, case: dict[str, Any], url: str) -> list[Any]:
    given: dict[str, Any] = {
        "model": f"{case['prefix']}{case['model']}", "messages": [{"role": "user", "content": "hi"}],
        "api_base": url,
        "api_key": "sk-none", "stream": case["stream"], "num_retries": 0, "max_retries": 0, "timeout": 20,
    }  # fmt: skip
    if case["stream"]:
        given["stream_options"] = {"include_usage": True}
    if case["tools"]:
        given["tools"] = TOOLS
    if case["prefix"] == "azure/":
        given["api_version"] = "2024-10-21"
    answer = litellm.completion(**given)
    return [chunk.model_dump() for chunk in answer] if case["stream"] else [answer.model_dump()]


def main() -> None:
    import litellm  # noqa: PLC0415  when the environment is as it shall be

    litellm.suppress_debug_info, litellm.drop_params = True, True
    server = ThreadingHTTPServer(("127.0.0.1", 0), Replay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with open(sys.argv[1], encoding="utf-8") as file:
        cases = json.load(file)
    for case in cases:
        CURRENT.update(case)
        try:
            told: dict[str, Any] = {"chunks": ask(litellm, case, f"http://127.0.0.1:{server.server_port}")}
        except Exception as error:  # noqa: BLE001  whatever it is, it is what its caller gets
            told = {"error": f"{type(error).__name__}: {str(error)[:300]}"}
        print(json.dumps({"id": case["id"], **told}, default=str), flush=True)


main()

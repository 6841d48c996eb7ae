"""Every platform on one port, each in its own format: `http://host:port/DIALECT`. What it answers goes by what it is asked.

python -m tests.clients.upstream 23110        until it is stopped
"""

from __future__ import annotations

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.matrix.engine import platform
from tests.matrix.script import Body, Call, Script

WORDS = Script(text=("Am Rhein, ", "in ", "Köln 世界."))
AFTER = Script(text=("It is ", "18 °C."))
RIVER = {"river_name": "Rhein"}
# What a command line client is asked with, and the tools that those have for commands.
COMMAND, SAID = "use your tool", "forty-two"
SHELLS: dict[str, dict[str, Any]] = {
    "Bash": {"command": "echo forty-$(echo two)", "description": "says a number"},
    "exec_command": {"cmd": "echo forty-$(echo two)"},
    "shell_command": {"command": "echo forty-$(echo two)"},
    "shell": {"command": ["bash", "-c", "echo forty-$(echo two)"]},
}
NAMES = re.compile(r'"name":\s*"([A-Za-z_]\w*)"')


def script(asked: str) -> Script:
    """A call of the tool `weather` until its result, 18 C, is there; then a river, in the way that was asked for."""
    names = NAMES.findall(asked)
    if "weather" in names and "18 C" not in asked:
        return Script(calls=(Call("call_k1", "weather", {"city": "Köln"}),))
    shell = next((name for name in SHELLS if name in names), None)
    if COMMAND in asked and SAID not in asked and shell:
        return Script(calls=(Call("call_s1", shell, SHELLS[shell]),))
    forms = [name for name in names if name in ("River", "final_result")]
    if forms and any(word in asked for word in ('"tools"', '"toolConfig"')):
        return Script(calls=(Call("call_r1", forms[0], RIVER),))
    if "river_name" in asked:
        return Script(text=('{"river_name":', ' "Rhein"}'))
    return AFTER if "18 C" in asked or (COMMAND in asked and SAID in asked) else WORDS


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Upstream

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        dialect = self.path.split("/", 2)[1]
        self.server.asked.append((dialect, asked))
        self._answer(dialect, asked)

    def do_GET(self) -> None:
        """Where calls follow calls, they ask what came of the last one; nothing else is here."""
        dialect = self.path.split("/", 2)[1]
        said = [asked for whose, asked in self.server.asked if whose == dialect]
        if not said or "/live/" not in self.path:
            self._send(Body(404, "application/json", b'{"error": {"message": "nothing here"}}'))
            return
        self._answer(dialect, said[-1])

    def _answer(self, dialect: str, asked: str) -> None:
        path = self.path.partition("?")[0].removeprefix(f"/{dialect}")
        speaker, body = platform(dialect), json.loads(asked or "{}")
        streamed = speaker.stream is not None and speaker.streams(path, body)
        write = speaker.stream if streamed and speaker.stream else speaker.whole
        told = write(script(asked))
        here = f"{self.server.url}/{dialect}".encode()
        self._send(told._replace(data=told.data.replace(f"https://{dialect}.test".encode(), here)))

    def _send(self, body: Body) -> None:
        self.send_response(body.status)
        for name, value in {
            "content-type": body.content_type,
            "content-length": str(len(body.data)),
            **body.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.data)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


class Upstream(ThreadingHTTPServer):
    """`asked` is what came: dialect and body."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.asked: list[tuple[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> Upstream:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


if __name__ == "__main__":
    Upstream(int(sys.argv[1])).serve_forever()

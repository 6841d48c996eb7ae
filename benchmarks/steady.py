"""A small steady load: chat requests on a few connections, each at its own pace.

`python -m benchmarks.steady URL` prints one line for each answer: when it was asked for (seconds of the
system's monotonic clock, the same in every process), the seconds that it took, the generation that it was
served from. It ends with its standard input. Every tenth request asks for a stream, and every fiftieth for
one that takes a second, to go away in the middle of it.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import sys
import time
from urllib.parse import urlsplit

import orjson
import uvloop

from benchmarks.large_site import KEY

CONNECTIONS = 8
PACE = 0.025
GENERATION = b"x-proxyctl-generation: "


def main() -> None:
    url = urlsplit(sys.argv[1])
    pace = float(sys.argv[2]) if len(sys.argv) > 2 else PACE
    gc.disable()  # a pause here would look like one of the server
    uvloop.run(_load(url.hostname or "127.0.0.1", url.port or 80, pace))


async def _load(host: str, port: int, pace: float) -> None:
    callers = [
        asyncio.ensure_future(_call(host, port, pace, number * pace / CONNECTIONS))
        for number in range(CONNECTIONS)
    ]
    over = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.wait([over, *callers], return_when=asyncio.FIRST_COMPLETED)
    for caller in callers:
        if caller.done():
            caller.result()
        caller.cancel()


async def _call(host: str, port: int, pace: float, later: float) -> None:
    """One connection; asks every `pace` seconds, at once when an answer took longer."""
    await asyncio.sleep(later)
    reader, writer = await asyncio.open_connection(host, port)
    due = time.monotonic()
    for number in itertools.count(1):
        began = time.monotonic()
        streams, breaks_off = number % 10 == 0, number % 50 == 0
        writer.write(_request(host, port, "slow" if breaks_off else "steady", streams))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the server refused: {head.decode()}")
        if breaks_off:
            await reader.readuntil(b"\n\n")
            writer.close()
            reader, writer = await asyncio.open_connection(host, port)
        elif streams:
            await reader.readuntil(b"0\r\n\r\n")
        else:
            await reader.readexactly(int(_header(head, b"content-length: ")))
        took = time.monotonic() - began
        sys.stdout.write(f"{began} {took} {_header(head, GENERATION).decode()}\n")
        due = max(due + pace, time.monotonic())
        await asyncio.sleep(due - time.monotonic())


def _request(host: str, port: int, model: str, streams: bool) -> bytes:
    messages = [{"role": "user", "content": "hello"}]
    body = orjson.dumps({"model": model, "stream": streams, "messages": messages})
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {host}:{port}\r\nauthorization: Bearer {KEY}\r\n"
    return f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def _header(head: bytes, name: bytes) -> bytes:
    start = head.lower().index(name) + len(name)
    return head[start : head.index(b"\r\n", start)]


if __name__ == "__main__":
    main()

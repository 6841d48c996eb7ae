"""An upstream that closes kept connections when it likes: `python -m benchmarks.moody PORT`.

That of the suite, but each connection is closed some time after its last requests: while it is free, in the
middle of a stream, or just when the next request comes.
"""

from __future__ import annotations

import asyncio
import itertools
import sys

import uvloop

from engine.bench.upstream import Session

# Of one connection after the other: requests until the last, seconds from then to its end.
REQUESTS, SECONDS = itertools.cycle((5, 60, 12, 33, 7)), itertools.cycle((0.0, 0.3, 0.01, 0.07))


class Moody(Session):
    def __init__(self) -> None:
        super().__init__()
        self._left = next(REQUESTS)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._left -= 1
        if self._left == 0:
            asyncio.get_running_loop().call_later(next(SECONDS), self.transport.close)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Moody, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))

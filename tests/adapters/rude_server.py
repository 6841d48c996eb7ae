"""A server of raw sockets that says exactly what a test tells it to say, and no more."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Script = Callable[["Talk"], Awaitable[None]]


@dataclass(eq=False)
class Talk:
    """One connection: `head` is the request's head, `say` writes, `gone` is set when the other side left."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: bytes = b""
    body: bytes = b""
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def say_slowly(self, data: bytes, step: int = 1) -> None:
        """In pieces of `step` bytes, each in a packet of its own as far as the system lets us."""
        for at in range(0, len(data), step):
            await self.say(data[at : at + step])
            await asyncio.sleep(0)

    def header(self, name: str) -> bytes | None:
        """What the request's head says, None where it does not."""
        for line in self.head.split(b"\r\n")[1:]:
            said, _, value = line.partition(b": ")
            if said.lower() == name.encode():
                return value
        return None

    async def read_request(self) -> bool:
        return await self.read_head() and await self.read_body()

    async def read_head(self) -> bool:
        self.head = await self.reader.readuntil(b"\r\n\r\n")
        return True

    async def read_body(self) -> bool:
        self.body = await self.reader.readexactly(int(self.header("content-length") or 0))
        return True

    async def nothing(self) -> bool:
        """Read nothing at all."""
        return True

    async def wait_gone(self) -> None:
        """Until the other side closes the connection."""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionError:
            pass
        self.gone.set()

    def half_close(self) -> None:
        """Say no more, but keep listening."""
        self.writer.write_eof()

    def hang_up(self) -> None:
        """Close with a reset: whatever was said last may be lost, as when a machine dies."""
        self.writer.transport.abort()


@dataclass
class Rude:
    port: int
    scheme: str = "http"
    talks: list[Talk] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"


@asynccontextmanager
async def rude(
    script: Script,
    tls: ssl.SSLContext | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    reads: Callable[[Talk], Awaitable[bool]] = Talk.read_request,
) -> AsyncIterator[Rude]:
    """Serve `script` for each request, or for what `reads` reads, until the block ends."""
    here = Rude(0, "https" if tls else "http")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = Talk(reader, writer)
        here.talks.append(talk)
        try:
            while not talk.gone.is_set() and await reads(talk):
                await script(talk)
                if writer.is_closing():
                    break
        except (ConnectionError, EOFError):
            talk.gone.set()
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, host, port, ssl=tls)
    here.port = server.sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        server.close()
        for talk in here.talks:
            if not talk.writer.is_closing():  # early Pythons fail to abort TLS that is closed
                talk.writer.transport.abort()


def says(*parts: bytes, then: str = "close") -> Script:
    """A script that says `parts` and then closes, resets, or keeps the connection (`keep`)."""

    async def script(talk: Talk) -> None:
        for part in parts:
            await talk.say(part)
        if then == "close":
            talk.writer.close()
        elif then == "reset":
            talk.hang_up()

    return script

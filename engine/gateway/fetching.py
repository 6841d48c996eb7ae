"""Media that a client names by URL, fetched for a platform that takes only bytes (`prefetch`).

Nothing of this runs unless the dialect asks for it and a request holds such a URL. URLs of clients lead to
public addresses only, and to those that the site allows, redirects too.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from engine.errors import EngineError, ErrorInfo, RequestRefused
from engine.events import Call, Channel, Timeouts
from engine.gateway.media import Wanted, shown, wanted_of, with_media
from engine.gateway.media_types import fits, media_type
from engine.gateway.outside import Outside
from engine.gateway.plan import Place
from engine.gateway.reading import Body, Deadlines
from engine.gateway.request import Request
from engine.networks import bad_url
from engine.ports import Reply
from engine.spec.settings import PrefetchSettings
from engine.surfaces.media import Fetched

FETCHES = "proxyctl_fetches_total"

AT_ONCE = 4
REDIRECTS = 5
MOVED = (301, 302, 303, 307, 308)
CONNECT = 5.0
ACCEPT = {"image": "image/*", "audio": "audio/*", "file": "*/*"}


class Unfetched(Exception):
    """Why a URL gave nothing that can be used."""


class Share:
    """How many bytes may still come, of all URLs of one request."""

    __slots__ = ("left", "limit")

    def __init__(self, limit: int) -> None:
        self.limit = self.left = limit

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise Unfetched(f"what is fetched for a request is more than {self.limit} bytes (prefetch.size)")


async def fetch_media(request: Request, place: Place, outside: Outside, known: dict[str, Fetched]) -> Place:
    """The place with all that its platform wants as bytes.

    `known` is what was fetched for the request before. Raises `RequestRefused`, which names the part.
    """
    wanted = wanted_of(request, place)
    if not wanted:
        return place
    missing = [each for each in wanted if each.url not in known]
    settings = request.snapshot.settings
    if len(wanted) > settings.prefetch.count:
        message = f"the request has {len(wanted)} URLs to fetch, the most are {settings.prefetch.count}"
        raise RequestRefused(message, param=wanted[-1].where, code="too_many_urls")
    if missing:
        fetcher = Fetcher(outside, settings.prefetch, settings.allow_addresses)
        known.update(await fetcher.all(missing))
    return with_media(request, place, known)


class Fetcher:
    """Fetches for one request."""

    def __init__(self, outside: Outside, settings: PrefetchSettings, allowed: tuple[str, ...]) -> None:
        self._outside = outside
        self._settings = settings
        self._allowed = allowed
        self._share = Share(settings.size)
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._channel = Channel(reach=allowed)
        self._timeouts = Timeouts(CONNECT, None, None, settings.timeout)

    async def all(self, wanted: list[Wanted]) -> dict[str, Fetched]:
        """By URL. The first that fails stops the others. Raises `RequestRefused`."""
        refused: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as group:
                tasks = {each.url: group.create_task(self._one(each)) for each in wanted}
        except* RequestRefused as found:
            refused = _first(found)  # raised in here, it would come in a group of its own on Python < 3.11.4
        if refused is not None:
            raise refused
        return {url: task.result() for url, task in tasks.items()}

    async def _one(self, wanted: Wanted) -> Fetched:
        result = "failed"
        try:
            async with self._turn:
                found = await self._follow(wanted)
            result = "ok"
            return found
        except (Unfetched, EngineError) as exc:
            why = self._reason(exc.info) if isinstance(exc, EngineError) else str(exc)
            message = f"the {wanted.part} at {shown(wanted.url)} cannot be fetched: {why}"
            raise RequestRefused(message, param=wanted.where, code="url_not_fetched") from exc
        finally:
            self._outside.telemetry.counter(FETCHES, {"result": result}).add()

    def _reason(self, info: ErrorInfo) -> str:
        """The only timeout here that is not for connecting is ours."""
        if info.code == "total_timeout":
            return f"it took longer than {self._settings.timeout:g} s (prefetch.timeout)"
        return info.message

    async def _follow(self, wanted: Wanted) -> Fetched:
        url = wanted.url
        deadlines = Deadlines(self._timeouts)
        try:
            for _ in range(REDIRECTS + 1):
                reply = await self._get(url, wanted.part, deadlines)
                try:
                    if reply.status not in MOVED:
                        return await self._read(reply, wanted.part, url, deadlines)
                    url = urljoin(url, reply.headers.get("location", ""))
                finally:
                    await reply.aclose()
        finally:
            deadlines.close()
        raise Unfetched(f"it redirects more than {REDIRECTS} times")

    async def _get(self, url: str, part: str, deadlines: Deadlines) -> Reply:
        why = bad_url(url, self._allowed)
        if why is not None:
            raise Unfetched(why)
        headers = {"accept": ACCEPT[part], "connection": "close"}
        call = Call("GET", ascii_url(url), headers, timeouts=self._timeouts, channel=self._channel)
        return await deadlines.wait(self._outside.upstream.send(call))

    async def _read(self, reply: Reply, part: str, url: str, deadlines: Deadlines) -> Fetched:
        if reply.status != 200:
            raise Unfetched(f"its server answered with status {reply.status}")
        body, pieces = Body(reply, deadlines, self._settings.size + 1), []
        while (piece := await body.next()) is not None:
            self._share.take(len(piece))
            pieces.append(piece)
        data = b"".join(pieces)
        kind = media_type(part, reply.headers.get("content-type", ""), url, data)
        if not data or not fits(part, kind):
            what = f"{kind[:60]!r}" if kind else "of no known type"
            raise Unfetched("it is empty" if not data else f"it is {what}, no {part}")
        return Fetched(kind, b64encode(data).decode("ascii"))


def ascii_url(url: str) -> str:
    """Characters of other alphabets in path and query, escaped; names are for the resolver."""
    parts = urlsplit(url)
    path, query = (quote(text, safe="%/:@!$&'()*+,;=~?-._") for text in (parts.path, parts.query))
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def _first(group: BaseExceptionGroup[RequestRefused]) -> BaseException:
    """One of them is what the client is told."""
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found

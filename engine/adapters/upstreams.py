"""One upstream for many URL schemes."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any

from engine.errors import ErrorClass, ErrorInfo, UpstreamFailed
from engine.events import Call
from engine.ports import Reply, Upstream


class Upstreams:
    """Implements `ports.Upstream` by handing each call to the upstream of its URL's scheme."""

    def __init__(self, by_scheme: Mapping[str, Upstream]) -> None:
        self.by_scheme = by_scheme

    def send(self, call: Call) -> Coroutine[Any, Any, Reply]:
        scheme = call.url.partition(":")[0]
        upstream = self.by_scheme.get(scheme) or self.by_scheme.get(scheme.lower())
        if upstream is None:
            known = ", ".join(f"{name}:" for name in self.by_scheme)
            message = f"cannot call a URL of scheme {scheme.lower()[:32]!r}; known are {known}"
            raise UpstreamFailed(ErrorInfo(ErrorClass.UPSTREAM, message, "bad_url"))
        return upstream.send(call)

    async def aclose(self) -> None:
        for upstream in set(self.by_scheme.values()):
            await upstream.aclose()

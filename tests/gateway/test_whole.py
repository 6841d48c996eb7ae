"""A whole answer is there before it is asked for."""

import asyncio

from engine.errors import ErrorClass, ErrorInfo
from engine.gateway.whole import Whole


def test_it_is_given_as_it_is() -> None:
    async def play() -> None:
        answer = Whole(b"{}", {"prompt": 1})
        assert (await answer.whole(), answer.usage) == (b"{}", {"prompt": 1})
        assert answer.broken(ErrorInfo(ErrorClass.UPSTREAM, "late")) == b""
        await answer.aclose()
        assert (await answer.next(), await answer.next(), answer.content_type) == (b"{}", None, None)

    asyncio.run(play())

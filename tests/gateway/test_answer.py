"""Answers: errors in the client's own form; closing is always safe."""

from engine.errors import ErrorClass, ErrorInfo
from engine.gateway.answer import Answer, error_answer
from engine.surfaces.registry import SURFACES
from tests.gateway.playbook import heard


class Pieces:
    def __init__(self) -> None:
        self.closed = 0

    def __aiter__(self) -> "Pieces":
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self.closed += 1


async def test_close() -> None:
    pieces = Pieces()
    await Answer(200, {}, "text/plain", pieces).aclose()
    await Answer(200, {}, "text/plain", b"").aclose()
    assert pieces.closed == 1


async def test_error_answer() -> None:
    surface = SURFACES.get("openai-chat")
    assert surface is not None
    info = ErrorInfo(ErrorClass.RATE_LIMIT, "slow down", "rate", retry_after=1.2)
    told = await heard(error_answer(surface, info, {"x-a": "b"}))
    assert (told.status, told.content_type) == (429, "application/json")
    assert told.headers == {"x-a": "b", "retry-after": "2"}
    assert told.error == {"message": "slow down", "type": "rate_limit_error", "code": "rate", "param": None}

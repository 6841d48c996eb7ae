"""Which attempt may begin, where limits have a say: the next one, another one, or one after a wait."""

from __future__ import annotations

from engine.errors import EngineError, ErrorInfo
from engine.gateway.admission import NONE, Admission, Refused, Size, of_attempt
from engine.gateway.course import Course, Move
from engine.gateway.estimate import tokens_of
from engine.gateway.outside import Outside
from engine.gateway.report import Report
from engine.gateway.request import Request
from engine.gateway.waiting import Waiter
from engine.limits.allowance import Allowance
from engine.routing.failover import Stage, Verdict, verdicts

WAITS = "proxyctl_limit_waits_total"


def is_limited(request: Request, move: Move) -> bool:
    """Whether any limit concerns this attempt: all that limits cost where there are none."""
    client, credential = request.client, move.credential
    return (
        (client is not None and client.allowances != NONE)
        or move.place.leg.alias.allowance is not None
        or move.provider.allowance is not None
        or (credential is not None and credential.limits is not None)
    )


class Entry:
    """Of one request that limits concern."""

    __slots__ = ("_asked", "_deadline", "_outside", "_refused", "admission")

    def __init__(self, outside: Outside, request: Request, move: Move, report: Report) -> None:
        self._outside = outside
        leg = move.place.leg
        self._asked = leg.alias if leg.name == request.model else None
        own = request.client.allowances if request.client else NONE
        if self._asked is not None and self._asked.allowance is not None:
            own += (self._asked.allowance,)
        chat = leg.chat
        self.admission = Admission(outside, own, lambda: Size(*tokens_of(chat)))
        self._refused: dict[str, tuple[Move, Refused]] = {}
        self._deadline = 0.0
        report.alias, report.admission, report.account = leg.alias.name, self.admission, None

    def _limits(self, move: Move) -> tuple[Allowance, ...]:
        alias = move.place.leg.alias
        return of_attempt(
            self._outside, move.provider, move.credential, None if alias is self._asked else alias
        )

    async def enter(self, course: Course, move: Move) -> Move:
        """The attempt to make now: this one, or what the course has instead. Raises `EngineError`.

        What is taken for it is given back by whoever ends the admission.
        """
        while True:
            price = move.place.target.price_of(move.place.model)
            refused = await self.admission.enter(self._limits(move), price)
            if refused is None:
                self.stop_waiting()
                return move
            self._refused[refused.bound.key] = (move, refused)
            following = self._instead(course, move, refused) or await self._wait(course)
            if following is None:
                raise EngineError(refused.info)
            move = following

    async def after(self, course: Course, move: Move | None, stage: Stage, info: ErrorInfo) -> Move | None:
        """What follows an attempt that failed: the next one, or one that found no place before."""
        self.admission.leave()
        if move is None and Verdict.NEXT_TARGET in verdicts(stage, info.error_class):
            return await self._wait(course)
        return move

    def _instead(self, course: Course, move: Move, refused: Refused) -> Move | None:
        """Another credential does not help against the limit of a provider."""
        following = course.after(move, Stage.ADMISSION, refused.info)
        while following and refused.bound.scope != "credential" and following.place is move.place:
            following = course.after(following, Stage.ADMISSION, refused.info)
        return following

    async def _wait(self, course: Course) -> Move | None:
        """An attempt that was refused, when it may be made; None when it is not worth waiting any longer."""
        waiting, clock, admission = self._outside.waiting, self._outside.clock, self.admission
        waiter = admission.waiter or Waiter()
        worth = [r for _, r in self._refused.values() if _may_wait(r) and waiting.has_room(r.bound, waiter)]
        if not worth:
            return None
        if admission.waiter is None:
            admission.waiter = waiter
            self._deadline = clock.monotonic() + max(refused.bound.wait for refused in worth)
            self._outside.telemetry.counter(WAITS, {"scope": worth[0].bound.scope}).add()
        waiting.join(waiter, [refused.bound.key for refused in worth])
        while (left := self._deadline - clock.monotonic()) > 0:
            key = await waiting.turn(waiter, left)
            if key is not None:
                move, _ = self._refused[key]
                course.again(move)
                return move
        return None

    def stop_waiting(self) -> None:
        waiter = self.admission.waiter
        if waiter is not None:
            self.admission.waiter = None
            self._outside.waiting.leave(waiter)

    def close(self) -> None:
        """What is held for no answer is given back."""
        self.stop_waiting()
        self.admission.close()


def _may_wait(refused: Refused) -> bool:
    """A place may be free at any time; what is used up is worth waiting for if that is not too long."""
    return refused.wait is None or refused.wait <= refused.bound.wait

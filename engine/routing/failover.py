"""What follows a failure: one table, and the budgets that bound what the table allows.

The rules that live here: a row names the verdicts to try, in order, for a class of errors at a stage;
the first one that is possible is taken; when none is, the client gets the error. `proxyctl explain`
prints `rows()`, which is this same table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.errors import ErrorClass


class Stage(StrEnum):
    """How far an attempt had come when it failed."""

    ADMISSION = "admission"
    MAPPING = "mapping"
    CONNECT = "connect"
    STATUS = "status"
    BEFORE_FIRST = "before_first"
    STREAMING = "streaming"


# Nothing has gone to the upstream, so it is not to blame.
UNSENT = (Stage.ADMISSION, Stage.MAPPING)


class Verdict(StrEnum):
    """One thing that can be done about a failure."""

    RETRY_SAME = "retry_same"
    NEXT_CREDENTIAL = "next_credential"
    MORE_ROOM = "more_room"
    NEXT_TARGET = "next_target"
    FALLBACK = "fallback"
    LAST_RESORT = "last_resort"
    WAIT_SAME = "wait_same"
    FAIL = "fail"


VERDICT_WORDS: dict[Verdict, str] = {
    Verdict.RETRY_SAME: "the same again, after a jittered back-off or its Retry-After, if `retry` allows; "
    "a target whose breaker is open only when no other is left",
    Verdict.NEXT_CREDENTIAL: "another credential of the same pool that is not cooling",
    Verdict.MORE_ROOM: "the next target of the alias that declares more `context` than this one",
    Verdict.NEXT_TARGET: "the next target of the alias that has a credential ready and is not left alone",
    Verdict.FALLBACK: "the next alias of `fallback`",
    Verdict.LAST_RESORT: "of all credentials and targets that rest, the one nearest its end; each once",
    Verdict.WAIT_SAME: "wait for the Retry-After that the upstream named, up to `retry.wait`, and repeat",
    Verdict.FAIL: "the client gets the error",
}


@dataclass(frozen=True, slots=True)
class Row:
    """The verdicts for some classes at some stages, in order, and why. `FAIL` always ends the list."""

    stages: tuple[Stage, ...]
    classes: tuple[ErrorClass, ...]
    verdicts: tuple[Verdict, ...]
    why: str


_OPENING = (Stage.CONNECT, Stage.STATUS, Stage.BEFORE_FIRST)
_ELSEWHERE = (Verdict.NEXT_TARGET, Verdict.FALLBACK, Verdict.LAST_RESORT)

ROWS: tuple[Row, ...] = (
    Row(
        _OPENING,
        (ErrorClass.AUTH, ErrorClass.QUOTA),
        (Verdict.NEXT_CREDENTIAL, *_ELSEWHERE),
        "the credential is refused or used up; repeating it cannot help",
    ),
    Row(
        _OPENING,
        (ErrorClass.RATE_LIMIT,),
        (Verdict.NEXT_CREDENTIAL, *_ELSEWHERE, Verdict.WAIT_SAME),
        "the credential must rest; waiting comes last",
    ),
    Row(
        _OPENING,
        (ErrorClass.OVERLOADED, ErrorClass.UPSTREAM),
        (Verdict.RETRY_SAME, *_ELSEWHERE),
        "the platform is in trouble, perhaps for a moment",
    ),
    Row(
        _OPENING,
        (ErrorClass.TIMEOUT,),
        (*_ELSEWHERE, Verdict.RETRY_SAME),
        "the platform hangs, and time has been lost; to repeat it comes last",
    ),
    Row(
        _OPENING,
        (ErrorClass.NOT_FOUND,),
        _ELSEWHERE,
        "this target does not have the model",
    ),
    Row(
        _OPENING,
        (ErrorClass.CONTEXT_LENGTH,),
        (Verdict.MORE_ROOM, Verdict.FALLBACK),
        "the targets of one alias are alike unless they say otherwise; another alias may have more room",
    ),
    Row(
        _OPENING,
        (ErrorClass.INVALID, ErrorClass.CONTENT_FILTER),
        (),
        "the request itself is at fault; it would fail anywhere",
    ),
    Row(
        (Stage.ADMISSION,),
        tuple(ErrorClass),
        (Verdict.NEXT_CREDENTIAL, *_ELSEWHERE),
        "a limit of this provider, model or credential is reached; in the end a place is waited for",
    ),
    Row(
        (Stage.MAPPING,),
        tuple(ErrorClass),
        _ELSEWHERE,
        "this target's mapping cannot carry the request; another's may",
    ),
    Row(
        (Stage.STREAMING,),
        tuple(ErrorClass),
        (),
        "never after the first byte to the client: it has begun to read this answer",
    ),
)


def _table(rows: tuple[Row, ...]) -> dict[tuple[Stage, ErrorClass], tuple[Verdict, ...]]:
    return {
        (stage, error_class): (*row.verdicts, Verdict.FAIL)
        for row in rows
        for stage in row.stages
        for error_class in row.classes
    }


TABLE: dict[tuple[Stage, ErrorClass], tuple[Verdict, ...]] = _table(ROWS)


def verdicts(stage: Stage, error_class: ErrorClass) -> tuple[Verdict, ...]:
    """What to try, in order. Every pair has a line; the last verdict is always `FAIL`."""
    return TABLE[stage, error_class]


def rows() -> list[dict[str, object]]:
    """The table for people and machines: `{stages, classes, verdicts, why}`, in the order of `ROWS`."""
    return [
        {
            "stages": [stage.value for stage in row.stages],
            "classes": [error_class.value for error_class in row.classes],
            "verdicts": [verdict.value for verdict in (*row.verdicts, Verdict.FAIL)],
            "why": row.why,
        }
        for row in ROWS
    ]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long. `attempts` are on one target, the first one counted in; 1 is off.

    Another credential, target or alias is no repetition. `budget` is the share of a provider's calls that may
    be repetitions; back-off and `wait` are seconds; a Retry-After longer than `wait` is not waited for.
    """

    attempts: int = 3
    budget: float = 0.2
    backoff_base: float = 0.2
    backoff_max: float = 5.0
    wait: float = 10.0


# Whatever the pools and targets would allow, one request makes no more calls than this, and tries no more
# credentials at one target: a large pool in trouble must leave some for the targets behind it.
MAX_ATTEMPTS = 60
MAX_CREDENTIALS = 20

# Repetitions that a provider may save up, and has in the beginning, so that a quiet one can repeat at all.
RESERVE = 10.0


@dataclass(slots=True)
class RetryBudget:
    """Keeps repetitions from multiplying an outage: calls pay in a share each, a repetition costs one."""

    saved: float = RESERVE

    def deposit(self, share: float) -> None:
        saved = self.saved + share
        self.saved = saved if saved < RESERVE else RESERVE

    def has(self) -> bool:
        # Ten deposits of a tenth are a whole one, whatever binary fractions say.
        return self.saved > 1.0 - 1e-9

    def withdraw(self) -> None:
        self.saved -= 1.0


def backoff(policy: RetryPolicy, repetition: int, random: float, retry_after: float | None) -> float | None:
    """Seconds to wait before repetition 0, 1, …: half fixed, half chance (`random` in [0, 1)).

    A Retry-After is waited for on top; None when it is longer than the policy will wait.
    """
    if retry_after is not None and retry_after > policy.wait:
        return None
    ceiling = min(policy.backoff_max, policy.backoff_base * 2.0 ** min(repetition, 32))
    return (retry_after or 0.0) + ceiling * (0.5 + random / 2)

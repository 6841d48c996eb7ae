"""Attempt after attempt, as the course of a request and its limits have it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from engine.credentials.model import Credential
from engine.errors import EngineError, ErrorClass, ErrorInfo
from engine.gateway.answer import Answer
from engine.gateway.attempt import AttemptFailed
from engine.gateway.course import Course, Move
from engine.gateway.entry import Entry, is_limited
from engine.gateway.report import Report
from engine.gateway.request import Request
from engine.gateway.scrub import scrub, secrets_of
from engine.snapshot.model import Provider

Attempting = Callable[[Request, Course, Move, Report], Awaitable[Answer]]
"""Carries a move out. Raises `AttemptFailed`; nothing has gone to the client then."""


async def travel(
    course: Course, first: Move, request: Request, report: Report, attempt: Attempting
) -> Answer:
    """From the first move on, until an attempt is answered. Raises `EngineError` when none is left."""
    outside, entry = report.outside, None
    move: Move | None = first
    try:
        while True:
            assert move is not None
            if move.delay:
                await outside.clock.sleep(move.delay)
            if entry is not None or is_limited(request, move):
                entry = entry or Entry(outside, request, move, report)
                move = await entry.enter(course, move)
            report.attempt(move)
            try:
                return await attempt(request, course, move, report)
            except AttemptFailed as failure:
                info = shown_error(failure.info, move.provider, move.credential)
                report.failure(failure.stage, info)
                move = course.after(move, failure.stage, info)
                if entry is not None:
                    move = await entry.after(course, move, failure.stage, info)
                if move is None:
                    raise EngineError(info) from failure
    finally:
        if course.watch is not None:
            course.watch.close()
        if entry is not None:
            entry.close()


def shown_error(info: ErrorInfo, provider: Provider, credential: Credential | None) -> ErrorInfo:
    """An attempt's error as a client may see it: without credentials; 401 when its own key was refused."""
    info = scrub(info, secrets_of(credential, provider.secrets))
    if info.error_class is ErrorClass.AUTH and provider.caller_key and info.status_override is None:
        info = replace(info, status_override=401, type_override="authentication_error")
    return info

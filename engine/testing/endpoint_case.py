"""A test of an endpoint with an action: from its client's request to what the client gets."""

from __future__ import annotations

from contextlib import aclosing

import orjson

from engine.adapters.counters import LocalCounters
from engine.events import Inbound
from engine.gateway.gateway import Gateway
from engine.snapshot.model import Endpoint, Snapshot
from engine.spec.test_case import Given
from engine.testing.cases import Case
from engine.testing.facts import frame_facts, parsed, request_facts
from engine.testing.observed import Observed
from engine.testing.route_case import CaseUpstream, base_url, body_of, caller
from engine.testing.stored import Stored
from engine.testing.world import CountingIds, FixedClock, Silence, UpstreamAnswer, stand_ins


def found(case: Case, snapshot: Snapshot) -> Endpoint | None:
    """The endpoint that a case names."""
    named = (each for each in snapshot.endpoints if each.name == case.endpoint and each.action is not None)
    return next(named, None)


def model_of(case: Case, snapshot: Snapshot) -> str | None:
    """The alias that it asks for, if its action always asks for the same."""
    endpoint = found(case, snapshot)
    model = endpoint.action.inputs.known.get("model") if endpoint and endpoint.action else None
    return model if isinstance(model, str) else None


async def observe(case: Case, snapshot: Snapshot, answer: UpstreamAnswer | None) -> Observed:
    """Run one case with one answer of the upstream, or with none."""
    endpoint, given = found(case, snapshot), case.test.given or Given(at=case.at)
    assert endpoint is not None
    clock = FixedClock()
    upstream = CaseUpstream(answer, clock)
    vault = stand_ins(snapshot)
    gateway = Gateway(upstream, clock, CountingIds(), LocalCounters(), Silence(), vault=vault)
    async with aclosing(Stored(given.stored, snapshot.settings)) as database:
        gateway.office.clerk = database.ask
        gateway.office.verbs.update(database.verbs)
        answered = await gateway.act(snapshot, endpoint, _inbound(endpoint, given), caller(snapshot, given))
        body = await body_of(answered)
        await gateway.office.settled()
    seen = Observed({"status": answered.status}, "the endpoint does not tell it")
    if upstream.calls:
        call = upstream.calls[0]
        seen.found["request"] = request_facts(call, base_url(snapshot, call))
    if isinstance(answered.body, bytes):
        seen.found["answer"] = parsed(body.decode("utf-8", "replace"))
        seen.why_not = "the answer came as a whole"
    else:
        seen.found["frames"] = frame_facts(body, answered.content_type)
        seen.why_not = "the answer was streamed"
    return seen


def _inbound(endpoint: Endpoint, given: Given) -> Inbound:
    body = b"" if given.body is None else orjson.dumps(given.body)
    headers = {"content-type": "application/json"} | {name.lower(): v for name, v in given.headers.items()}
    query = {name: str(value) for name, value in given.query.items()}
    return Inbound(endpoint.methods[0], endpoint.path, query, headers, body, "test", names=given.path)

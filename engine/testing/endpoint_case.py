"""A test of an endpoint: from its client's request to what the client gets."""

from __future__ import annotations

from contextlib import aclosing

import orjson

from engine.adapters.counters import LocalCounters
from engine.events import Inbound
from engine.gateway.answer import Answer
from engine.gateway.gateway import Answering, Gateway
from engine.snapshot.model import Client, Endpoint, Snapshot
from engine.spec.test_case import Given
from engine.testing.cases import Case
from engine.testing.facts import frame_facts, parsed, request_facts
from engine.testing.observed import Observed
from engine.testing.route_case import CaseUpstream, base_url, body_of, caller
from engine.testing.stored import Stored
from engine.testing.world import CountingIds, FixedClock, Silence, UpstreamAnswer, stand_ins

# Those that ask a platform something and tell what it says.
KINDS = ("surface", "operation", "action")


def found(case: Case, snapshot: Snapshot) -> Endpoint | None:
    """The endpoint that a case names."""
    named = (each for each in snapshot.endpoints if each.name == case.endpoint and each.kind in KINDS)
    return next(named, None)


def model_of(case: Case, snapshot: Snapshot) -> str | None:
    """The alias that is asked for: what the action always asks for, else what the client says."""
    endpoint, given = found(case, snapshot), case.test.given
    inputs = endpoint.action.inputs.known if endpoint and endpoint.action else {}
    body = given.body if given and isinstance(given.body, dict) else {}
    model = inputs.get("model") or (given.path.get("model") if given else None) or body.get("model")
    return model if isinstance(model, str) else None


async def observe(case: Case, snapshot: Snapshot, answer: UpstreamAnswer | None) -> Observed:
    """Run one case with one answer of the upstream, or with none."""
    return (await replay(case, snapshot, answer))[1]


async def replay(case: Case, snapshot: Snapshot, answer: UpstreamAnswer | None) -> tuple[Answer, Observed]:
    """As `observe`, with the answer whose body was read."""
    given, clock = given_of(case), FixedClock()
    upstream = CaseUpstream(answer, clock, given.fetched)
    vault = stand_ins(snapshot)
    gateway = Gateway(upstream, clock, CountingIds(), LocalCounters(), Silence(), vault=vault)
    answered, body = await answer_of(case, snapshot, gateway)
    seen = answer_facts(answered, body)
    if upstream.calls:
        call = upstream.calls[0]
        seen.found["request"] = request_facts(call, base_url(snapshot, call, answered))
    return answered, seen


async def answer_of(case: Case, snapshot: Snapshot, gateway: Gateway) -> tuple[Answer, bytes]:
    """What the client of a case gets from a gateway, and its body; the database is the case's own."""
    endpoint, given = found(case, snapshot), given_of(case)
    assert endpoint is not None
    async with aclosing(Stored(given.stored, snapshot.settings)) as database:
        gateway.office.clerk = database.ask
        gateway.office.verbs.update(database.verbs)
        inbound = _inbound(endpoint, given)
        answered = await _answering(gateway, snapshot, endpoint, inbound, caller(snapshot, given))
        body = await body_of(answered)
        await gateway.office.settled()
    return answered, body


def answer_facts(answered: Answer, body: bytes) -> Observed:
    seen = Observed({"status": answered.status})
    if isinstance(answered.body, bytes):
        seen.found["answer"] = parsed(body.decode("utf-8", "replace"))
        seen.why_not = "the answer came as a whole"
    else:
        seen.found["frames"] = frame_facts(body, answered.content_type)
        seen.why_not = "the answer was streamed"
    return seen


def given_of(case: Case) -> Given:
    return case.test.given or Given(at=case.at)


def _answering(
    gateway: Gateway, snapshot: Snapshot, endpoint: Endpoint, inbound: Inbound, client: Client | None
) -> Answering:
    if endpoint.action is not None:
        return gateway.act(snapshot, endpoint, inbound, client)
    if endpoint.kind == "operation":
        return gateway.perform(snapshot, endpoint, inbound, client)
    if endpoint.remember is not None:
        return gateway.remember(snapshot, endpoint, inbound, client)
    return gateway.chat(snapshot, endpoint.surface, inbound, client)


def _inbound(endpoint: Endpoint, given: Given) -> Inbound:
    body = b"" if given.body is None else orjson.dumps(given.body)
    headers = {"content-type": "application/json"} | {name.lower(): v for name, v in given.headers.items()}
    query = {name: str(value) for name, value in given.query.items()}
    return Inbound(endpoint.methods[0], endpoint.path, query, headers, body, "test", names=given.path)

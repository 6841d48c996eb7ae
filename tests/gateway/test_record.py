"""What goes into the ledger of a request, however it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from engine.errors import ErrorClass, ErrorInfo
from engine.gateway.outside import Outside
from engine.gateway.record import COLUMNS, cost_of, refused_row
from engine.gateway.report import Report
from engine.routing.price import Price
from engine.snapshot.model import Client
from tests.gateway.playbook import ScriptedUpstream, Time, World


class Kept:
    """Implements `ports.Ledger`."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def record(self, row: Sequence[object]) -> None:
        self.rows.append(dict(zip(COLUMNS, row, strict=True)))


def report(client: Client | None = None) -> tuple[Report, World, Kept]:
    world, kept = World(Time()), Kept()
    anything: Any = world
    outside = Outside(ScriptedUpstream(), anything, anything, anything, anything, kept)
    return Report(outside, "r", "s", client), world, kept


USAGE = {
    "prompt": 1000,
    "input": 800,
    "cache_read": 200,
    "output": 50,
    "visible": 40,
    "reasoning": 10,
    "total": 1050,
}


def test_every_column_of_an_answer() -> None:
    told, world, kept = report(Client("web", (), groups=("a", "b")))
    told.alias, told.provider, told.target, told.credential = "fast", "acme", "acme/large", "main"
    told.attempts, told.streamed, told.price = 2, True, Price(input=1.0, output=2.0, per=1000)
    world.timeline.elapsed = 0.25
    told.began()
    world.timeline.elapsed = 1.5
    told.finish(200, USAGE)
    told.finish(500, None)
    assert len(kept.rows) == 1
    at = kept.rows[0].pop("at")
    assert at == world.now()
    assert kept.rows[0] == {
        "request_id": "r", "client": "web", "groups": "a,b", "surface": "s", "alias": "fast",
        "provider": "acme", "target": "acme/large", "credential": "main", "status": 200, "error": None,
        "code": None, "attempts": 2, "streamed": True, "aborted": False, "ms": 1500.0, "first_byte_ms": 250.0,
        "prompt": 1000, "output": 50, "cache_read": 200, "cache_write": None, "reasoning": 10,
        "cost": pytest.approx(1.1), "operation": "chat",
    }  # fmt: skip
    assert told.cost == pytest.approx(1.1)


def test_an_error_has_its_class_and_its_code_and_no_message() -> None:
    told, _, kept = report()
    told.finish(502, None, ErrorInfo(ErrorClass.UPSTREAM, "what you wrote", "connect"))
    (row,) = kept.rows
    assert (row["status"], row["error"], row["code"]) == (502, "upstream", "connect")
    assert "what you wrote" not in row.values()


@pytest.mark.parametrize(
    ("status", "attempts", "usage", "price", "cost"),
    [
        (200, 1, USAGE, None, None),
        (200, 1, None, Price(input=1.0, output=1.0), None),
        (200, 1, None, Price(request=0.5), 0.5),
        (200, 1, USAGE, Price(input=0.0, output=0.0), 0.0),
        (404, 0, None, None, 0.0),
        (502, 3, None, Price(input=1.0), 0.0),
        # Who leaves before an upstream was asked cost nothing; later, nobody knows.
        (499, 0, None, None, 0.0),
        (499, 1, None, Price(input=1.0, output=1.0), None),
        (499, 1, USAGE, Price(request=1.0), 1.0),
    ],
)
def test_what_is_not_known_is_not_nothing(
    status: int, attempts: int, usage: Any, price: Price | None, cost: float | None
) -> None:
    told, _, _ = report()
    told.attempts, told.price = attempts, price
    assert cost_of(told, status, usage) == cost


def test_a_refusal_at_the_door() -> None:
    row = dict(
        zip(
            COLUMNS,
            refused_row(5.0, "r", "chat", ErrorInfo(ErrorClass.AUTH, "no", "bad_key"), "pass"),
            strict=True,
        )
    )
    told = {name: value for name, value in row.items() if value is not None and value is not False}
    assert told == {
        "at": 5.0, "request_id": "r", "surface": "chat", "status": 502, "error": "auth", "code": "bad_key",
        "attempts": 0, "ms": 0.0, "cost": 0.0, "operation": "pass",
    }  # fmt: skip

from __future__ import annotations

from engine.bench.plan import Plan, Result, Spread, dump, load_plan, load_result


def test_plans_and_results_travel_as_text() -> None:
    plan = Plan(1, "/x", "é", 2, 3.0, headers={"a": "b"}, breaks=True)
    assert load_plan(dump(plan)) == plan
    result = Result(requests=3, latency=Spread(1, 2, 3, 4), examples=("no",))
    assert load_result(dump(result)) == result


def test_a_message_is_the_request_on_the_wire() -> None:
    message = Plan(81, "/x", "é", 1, 1.0, headers={"authorization": "Bearer k"}).message
    assert message.startswith(b"POST /x HTTP/1.1\r\nhost: 127.0.0.1:81\r\n")
    assert b"authorization: Bearer k\r\n" in message
    assert message.endswith(b"content-length: 2\r\n\r\n" + "é".encode())


def test_percentiles_are_milliseconds() -> None:
    spread = Spread.of([number / 1000 for number in range(100, 0, -1)])
    assert (spread.p50, spread.p99, spread.most) == (51.0, 100.0, 100.0)
    assert Spread.of([]) == Spread()

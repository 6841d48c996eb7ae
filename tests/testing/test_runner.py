from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.mapping.dialect import Dialect
from engine.spec.test_case import DialectTest
from engine.testing import runner
from engine.testing.result import Result
from engine.testing.runner import Bench, run
from engine.testing.world import UpstreamAnswer
from tests.testing.sample import STREAM, bench, case

JSON = {"content-type": "application/json"}


async def result(text: str, on: Bench | None = None) -> Result:
    (found,) = [item async for item in run([case(text)], on or bench())]
    return found


def told(found: Result) -> list[str]:
    return [failure.message for failure in found.failures]


async def test_a_test_that_holds() -> None:
    stream = "".join(f"  {line}\n" for line in STREAM.splitlines())
    found = await result(f"name: n\ndialect: acme\nexpect: {{finish: stop}}\nstream: |\n{stream}")
    assert found.passed and (found.name, found.subject) == ("n", "acme")


async def test_a_test_that_does_not_says_where_and_why() -> None:
    found = await result("name: n\nmodel: demo\nexpect: {finish: length}")
    assert told(found) == ["finish: expected 'length', got 'stop'"]
    assert found.failures[0].at.line == 5


async def test_what_cannot_be_run_fails() -> None:
    assert told(await result("name: n\ndialect: acme\noperation: models\nexpect: {finish: stop}")) == [
        "tests of the operation 'models' cannot be run yet"
    ]
    assert told(await result("name: n\ndialect: acme")) == [
        "the test expects nothing: it needs `expect` or `contains`"
    ]


async def test_a_dialect_that_does_not_exist() -> None:
    def nothing(name: str) -> Dialect | None:
        return None

    found = await result("name: n\ndialect: acme\nexpect: {finish: stop}", Bench(nothing))
    assert told(found) == ["there is no dialect 'acme'"]


async def test_an_answer_that_depends_on_the_cut_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(test: DialectTest, framing: str | None) -> Iterator[tuple[str, UpstreamAnswer]]:
        yield "whole", UpstreamAnswer(200, JSON, (b'{"text":"Hello"}',))
        yield "byte by byte", UpstreamAnswer(200, JSON, (b'{"text":"Hullo"}',))

    monkeypatch.setattr(runner, "answers", answers)
    found = await result("name: n\ndialect: acme\nexpect: {finish: stop}\nresponse: {text: Hello}")
    (message,) = told(found)
    assert message.splitlines()[0].startswith("the answer depends on how the stream is cut: byte by byte, ")

"""What a test saw, and where it parts from what the test expects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.diagnostics import Position
from engine.testing.match import Difference, Path, dotted, exactly, partly
from engine.testing.result import Failure, diff
from engine.tree import Mapping as Tree
from engine.tree import Node, at_path, to_data

# Objects of which an exact test names the keys that it means: what else is in them is the engine's.
NAMED_KEYS = ("request", "next", "cancel", "completion", "error", "reject", "chat")

# What clients receive; there, a null that a test does not name is as good as absent.
ANSWERS = ("completion", "chunks", "deltas", "usage")

SHOWN_DIFFERENCES = 8


@dataclass(slots=True)
class Observed:
    """`found`: a value for each key of `expect` that could be seen; `why_not`: why others could not."""

    found: dict[str, Any] = field(default_factory=dict)
    why_not: str = "the test gives no answer of the upstream"


def failures(node: Tree, observed: Observed) -> Iterator[Failure]:
    """The expectations of a test case that do not hold. `node` is the case as it is written."""
    for section, exact in (("expect", True), ("contains", False)):
        expected = node.get(section)
        for entry in expected if isinstance(expected, Tree) else ():
            yield from failure(entry.key, entry.value, observed, exact=exact)


def failure(key: str, expected: Node, observed: Observed, *, exact: bool) -> Iterator[Failure]:
    """One expectation: `key` of `expect` or `contains`."""
    if key not in observed.found:
        yield Failure(expected.at, f"{key}: expected, but {observed.why_not}")
        return
    wanted = to_data(expected)
    actual = comparable(key, wanted, observed.found[key])
    wanted = comparable(key, wanted, wanted)
    different = list(exactly(wanted, actual, (key,)) if exact else partly(wanted, actual, (key,)))
    if different:
        at = place(expected, different[0].path[1:])
        yield Failure(at, message(different), diff(wanted, actual) if exact else "")


def comparable(key: str, wanted: Any, value: Any) -> Any:
    """`value` reduced to what a test of `key` speaks of."""
    if key in ANSWERS:
        value = without_nulls(value)
    if key in NAMED_KEYS and isinstance(wanted, Mapping) and isinstance(value, dict):
        value = {name: each for name, each in value.items() if name in wanted}
    if key == "chunks" and isinstance(wanted, list) and isinstance(value, list):
        named = {name for chunk in wanted if isinstance(chunk, dict) for name in chunk}
        value = [{name: each for name, each in chunk.items() if name in named} for chunk in value]
    if key == "request" and isinstance(value, dict) and isinstance(wanted, dict):
        value = _request(wanted, value)
    if key == "events" and isinstance(value, list):
        value = [event[:2] if isinstance(event, list) and event[2:] == [0] else event for event in value]
    return value


def _request(wanted: Mapping[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """Header names have no case; a path that is expected without a query is compared without one."""
    value = dict(value)
    if isinstance(value.get("headers"), dict):
        value["headers"] = {name.lower(): each for name, each in value["headers"].items()}
    if isinstance(value.get("path"), str) and "?" not in str(wanted.get("path")):
        value["path"] = value["path"].partition("?")[0]
    return value


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    return value


def place(expected: Node, path: Path) -> Position:
    """The place of the expectation that failed, as near as it is written."""
    return at_path(expected, list(path)).at


def message(different: Iterable[Difference]) -> str:
    lines = [str(item) for item in different]
    more = len(lines) - SHOWN_DIFFERENCES
    return "\n".join([*lines[:SHOWN_DIFFERENCES], *([f"… and {more} more"] if more > 0 else [])])


def cut_failure(at: Position, way: str, whole: Observed, cut: Observed) -> Failure | None:
    """None when the answer is the same however the stream was cut."""
    different = next(exactly(whole.found, cut.found), None)
    if different is None:
        return None
    text = f"the answer depends on how the stream is cut: {way}, {dotted(different.path)}"
    return Failure(at, f"{text}\n{different}")

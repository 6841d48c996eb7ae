"""The target that answers soonest."""

from collections.abc import Sequence
from typing import Any

from engine.registry import Example
from engine.routing.strategy import Moment, Strategy


def order(options: Sequence[Any], moment: Moment) -> Sequence[Any]:
    """Chance is drawn once: below `explore`, what it is of `explore` says which other target is looked at."""
    known: list[tuple[float, Any]] = []
    for place, option in enumerate(options):
        seconds = moment.latency(option)
        if seconds is None:
            return [option, *options[:place], *options[place + 1 :]]
        known.append((seconds, option))
    ranked = [option for _, option in sorted(known, key=lambda each: each[0])]
    chance = moment.random()
    if chance < moment.explore:
        looked_at = 1 + int(chance / moment.explore * (len(ranked) - 1))
        ranked.insert(0, ranked.pop(looked_at))
    return ranked


SPEC = Strategy(
    name="lowest_latency",
    summary=(
        "Begin with the target whose first token came soonest of late, streams and whole answers apart; "
        "one that nobody knows is tried, and the share `explore` of the requests looks at another."
    ),
    order=order,
    examples=(
        Example("a:1 b:1 c:1", ["b", "c", "a"], {"random": 0.5, "latency": {"a": 0.9, "b": 0.2, "c": 0.4}}),
        Example("a:1 b:1 c:1", ["b", "a", "c"], {"random": 0.5, "latency": {"a": 0.9, "c": 0.4}}),
        Example("a:1 b:1 c:1", ["c", "b", "a"], {"random": 0.01, "latency": {"a": 0.9, "b": 0.2, "c": 0.4}}),
        Example("a:1 b:1 c:1", ["a", "b", "c"], {"random": 0.04, "latency": {"a": 0.9, "b": 0.2, "c": 0.4}}),
    ),
)

"""Aliases as they are served: what stands beside their targets, and what somebody wants to know of them."""

from engine.routing.breaker import OFF, Breaker
from engine.snapshot.model import Alias, Snapshot
from tests.snapshot.sites import MOCK, compiled

MODELS = """
    models:
      plain: {targets: [mock/x]}
      sized: {targets: [mock/x, {provider: mock, model: y, context: 8k}], context: 128k}
      canary: {targets: [mock/x], canary: {target: mock/y, share: 5%}}
      kept: {targets: [mock/x], canary: {target: mock/y, share: 0.2, by: client}}
      mirror: {targets: [mock/x], mirror: {target: mock/z, share: 10%}}
      breaker: {targets: [mock/x], breaker: {failures: 2, window: 1m, open: 3s}}
      off: {targets: [mock/x], breaker: off}
      stuck: {targets: [mock/x], strategy: sticky, by: conversation}
      soon: {targets: [mock/x, mock/y], strategy: lowest_latency, explore: 20%}
      busy: {targets: [other/x, mock/y], strategy: least_busy}
"""
OTHER = "providers: {other: {dialect: mock, base_url: 'scripted:'}}"


def site() -> Snapshot:
    outcome = compiled(mock=MOCK, a=MODELS, b=OTHER)
    assert outcome.snapshot is not None, outcome.diagnostics
    return outcome.snapshot


def alias(name: str) -> Alias:
    return site().aliases.exact[name]


def test_what_nobody_wrote() -> None:
    plain = alias("plain")
    assert (plain.by, plain.explore, plain.canary, plain.mirror, plain.breaker) == (
        "client",
        0.05,
        None,
        None,
        None,
    )
    assert plain.targets[0].context is None


def test_a_target_says_its_own_room_before_the_alias_does() -> None:
    assert [target.context for target in alias("sized").targets] == [128_000, 8_000]


def test_canaries_and_mirrors_have_targets_of_their_own() -> None:
    drawn, kept, mirror = alias("canary"), alias("kept").canary, alias("mirror").mirror
    assert [target.model for target in drawn.targets] == ["x"]
    assert drawn.canary is not None and kept is not None and mirror is not None
    assert (drawn.canary.target.model, drawn.canary.share, drawn.canary.by) == ("y", 0.05, None)
    assert (kept.share, kept.by) == (0.2, "client")
    assert (mirror.target.model, mirror.share) == ("z", 0.1)


def test_breakers() -> None:
    assert alias("breaker").breaker == Breaker(2, 60.0, 3.0)
    assert alias("off").breaker == OFF


def test_what_strategies_read() -> None:
    assert alias("stuck").by == "conversation"
    assert alias("soon").explore == 0.2


def test_only_what_somebody_asks_for_is_watched() -> None:
    assert site().watched == ({"other", "mock"}, {"mock"})
    outcome = compiled(mock=MOCK, a="models: {plain: {targets: [mock/x, mock/y]}}")
    assert outcome.snapshot is not None
    assert outcome.snapshot.watched is None


def test_a_canary_whose_provider_does_not_exist_is_an_error() -> None:
    outcome = compiled(mock=MOCK, a="models: {m: {targets: [mock/x], canary: {target: nope/y, share: 5%}}}")
    assert [found.code for found in outcome.diagnostics] == ["unknown-provider"]


def test_what_another_strategy_would_read_is_told() -> None:
    outcome = compiled(mock=MOCK, a="models: {m: {targets: [mock/x], by: client, explore: 3%}}")
    found = [(item.code, item.path, item.is_error) for item in outcome.diagnostics]
    assert found == [("idle-key", "models.m.by", False), ("idle-key", "models.m.explore", False)]

from __future__ import annotations

from engine.limits.allowance import QUEUE, WAIT, Allowance, allowance
from engine.spec.limits import ClientLimits, ModelLimits, ProviderLimits, RateLimits
from tests.spec.reading import read


def compiled(text: str, scope: str = "client", cls: type[RateLimits] = ClientLimits) -> Allowance:
    found = allowance(scope, "web", read(cls, text))
    assert found is not None
    return found


def test_nothing_declared_is_no_allowance() -> None:
    assert allowance("client", "web", None) is None
    assert allowance("provider", "up", read(ProviderLimits, "{response: 1MiB}")) is None


def test_models_and_providers_are_waited_for() -> None:
    (bound,) = compiled("{rpm: 1}", "model", ModelLimits).bounds
    assert (bound.queue, bound.wait) == (QUEUE, WAIT)
    (bound,) = compiled("{rpm: 1, queue: 3, wait: 500ms}", "provider", ProviderLimits).bounds
    assert (bound.queue, bound.wait) == (3, 0.5)
    (bound,) = compiled("{rpm: 1}", "credential", RateLimits).bounds
    assert (bound.queue, bound.wait) == (QUEUE, WAIT)
    (bound,) = compiled("{rpm: 1}").bounds
    assert bound.queue == 0


def test_what_says_the_same_is_the_same() -> None:
    one, same, other = compiled("{rpm: 1}"), compiled("{rpm: 1}"), compiled("{rpm: 2}")
    assert {one: 1, other: 2} == {same: 1, other: 2} and one != other

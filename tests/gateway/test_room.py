"""Which targets have room for a request."""

from engine.gateway.plan import Place, legs
from engine.gateway.room import Room
from tests.gateway.playbook import compiled
from tests.gateway.test_plan import request as request_of

SITE = """
providers:
  a: {dialect: plain, base_url: "https://a.test"}
models:
  sizes:
    context: 1k
    targets: [{provider: a, model: s, context: 100}, {provider: a, model: m}, {provider: a, model: l, context: 10k}]
  any: {targets: [a/x]}
"""
SNAPSHOT = compiled(SITE)


def sizes(words: int = 1, model: str = "sizes", **body: object) -> list[Place]:
    messages = [{"role": "user", "content": "word" * words}]
    leg = next(legs(request_of(model, messages=messages, **body)._replace(snapshot=SNAPSHOT)))
    return [Place(leg, target, str(target.model)) for target in leg.alias.targets]


def fitting(places: list[Place]) -> list[str]:
    room = Room()
    return [place.model for place in places if room.fits(place)]


def test_the_prompt_must_fit() -> None:
    assert fitting(sizes(10)) == ["s", "m", "l"]
    assert fitting(sizes(500)) == ["m", "l"]
    assert fitting(sizes(5000)) == ["l"]
    assert fitting(sizes(50_000)) == []


def test_so_must_the_answer() -> None:
    assert fitting(sizes(10, max_tokens=500)) == ["m", "l"]


def test_what_says_nothing_takes_anything() -> None:
    assert fitting(sizes(50_000, "any")) == ["x"]


def test_what_an_upstream_said_counts_more() -> None:
    room, (small, middle, large) = Room(), sizes()
    assert [place.model for place in room.wider(middle, iter([small, large]))] == ["l"]
    assert [room.may_take(place) for place in (small, middle, large)] == [False, False, True]
    assert [room.fits(place) for place in (small, middle, large)] == [False, False, True]


def test_targets_that_say_nothing_are_alike() -> None:
    (unsaid,) = sizes(model="any")
    assert list(Room().wider(unsaid, iter([unsaid]))) == []
    small, *_ = sizes()
    assert list(Room().wider(unsaid, iter([small]))) == [small]


def test_it_is_told() -> None:
    small, *_ = sizes(500)
    skipped = Room().skipped(small)
    assert (skipped.provider, skipped.cause) == ("a", "context")
    assert skipped.reason.startswith("it takes 100 tokens, the request needs about 50")

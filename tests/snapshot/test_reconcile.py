"""What an edit does to the files that it touches, and to no others."""

from __future__ import annotations

import gc
from pathlib import Path
from types import FunctionType

from engine.config.document import ParsedFile
from engine.mapping.dialect import Dialect
from engine.routing.aliases import AliasTable
from engine.snapshot.cache import Cache
from engine.snapshot.reconcile import Accepted, Reloaded, reload
from tests.snapshot.sites import MOCK, FakeSecrets, site

ENGINE = str(Path(__file__).parents[2] / "engine")


class Site:
    """A site that is edited: `edit` gives the outcome, the last accepted state is kept."""

    def __init__(self, **texts: str) -> None:
        self.accepted = Accepted()
        self.cache = Cache()
        self.now = 100.0
        self.secrets = FakeSecrets()
        self.texts: dict[str, str] = {}
        self.edit(**texts)

    def edit(self, **texts: str | None) -> Reloaded:
        for name, text in texts.items():
            if text is None:
                self.texts.pop(name)
            else:
                self.texts[name] = text
        self.now += 1
        outcome = reload(self.accepted, site(self.texts), self.secrets, self.cache, self.now)
        if outcome.snapshot is not None:
            self.accepted = outcome.accepted
        return outcome

    def states(self) -> dict[str, str]:
        prefix = len("routes.d/")
        return {path[prefix:-5]: state.state for path, state in self.accepted.states.items()}

    def reason(self, name: str) -> str:
        return self.accepted.states[f"routes.d/{name}.yaml"].diagnostics[0].message


def aliases(outcome: Reloaded) -> set[str]:
    assert outcome.snapshot is not None
    return set(outcome.snapshot.aliases.names())


def alias(name: str, provider: str = "mock") -> str:
    return f"models: {{{name}: {{targets: [{provider}/x]}}}}\n"


def test_a_good_edit_is_taken() -> None:
    edited = Site(mock=MOCK, a=alias("one"))
    assert aliases(edited.edit(a=alias("two"))) == {"two"}
    assert edited.states() == {"mock": "active", "a": "active"}


def test_nothing_new_changes_nothing() -> None:
    edited = Site(mock=MOCK, a=alias("one"))
    before = edited.accepted.states
    outcome = edited.edit()
    assert not outcome.changed
    assert outcome.accepted.states == before


def test_a_broken_file_keeps_its_last_good_version_while_others_move_on() -> None:
    edited = Site(mock=MOCK, a=alias("one"), b=alias("other"))
    outcome = edited.edit(a="models: {", b=alias("moved"))
    assert aliases(outcome) == {"one", "moved"}
    assert edited.states() == {"mock": "active", "a": "rejected", "b": "active"}


def test_a_file_that_never_was_good_is_left_out() -> None:
    edited = Site(mock=MOCK)
    assert aliases(edited.edit(a=alias("x", provider="nowhere"))) == set()
    assert edited.states()["a"] == "rejected"
    assert "nowhere" in edited.reason("a")


def test_a_file_whose_own_references_do_not_resolve_does_not_compile() -> None:
    edited = Site(mock=MOCK, a=alias("one"))
    assert aliases(edited.edit(a=alias("two", provider="nowhere"))) == {"one"}
    assert edited.states()["a"] == "rejected"


def test_who_takes_a_used_name_away_is_held_back_alone() -> None:
    edited = Site(mock=MOCK, a=alias("one"), b=alias("other"))
    renamed = MOCK.replace("mock:", "renamed:")
    outcome = edited.edit(mock=renamed, b=alias("moved"))
    assert aliases(outcome) == {"one", "moved"}
    assert edited.states() == {"mock": "rejected", "a": "active", "b": "active"}
    assert edited.reason("mock").startswith("rejected: still used by routes.d/a.yaml:2")


def test_a_deleted_file_that_is_still_used_stays() -> None:
    edited = Site(mock=MOCK, a=alias("one"))
    assert aliases(edited.edit(mock=None)) == {"one"}
    assert edited.states() == {"mock": "rejected", "a": "active"}
    assert "still used by routes.d/a.yaml:2" in edited.reason("mock")
    assert aliases(edited.edit(a=None)) == set()
    assert edited.states() == {}


def test_a_name_may_move_to_another_file() -> None:
    edited = Site(mock=MOCK, a=alias("one"))
    assert aliases(edited.edit(mock=None, elsewhere=MOCK)) == {"one"}
    assert edited.states() == {"a": "active", "elsewhere": "active"}


def test_a_new_duplicate_is_rejected_even_if_it_comes_first_in_path_order() -> None:
    edited = Site(mock=MOCK, m=alias("one"))
    assert aliases(edited.edit(a=alias("one") + "  # again")) == {"one"}
    assert edited.states() == {"mock": "active", "m": "active", "a": "rejected"}


def test_a_broken_file_does_not_drag_down_the_ones_that_use_it() -> None:
    edited = Site(mock=MOCK, a=alias("one"))
    outcome = edited.edit(mock="providers: {", a=alias("two"))
    assert aliases(outcome) == {"two"}
    assert edited.states() == {"mock": "rejected", "a": "active"}


def test_a_repaired_file_is_active_again() -> None:
    edited = Site(mock=MOCK, a=alias("one"))
    edited.edit(a="models: {")
    rejected_at = edited.accepted.states["routes.d/a.yaml"].since
    edited.edit(b=alias("b"))
    assert edited.accepted.states["routes.d/a.yaml"].since == rejected_at
    assert aliases(edited.edit(a=alias("three"))) == {"three", "b"}
    assert edited.states()["a"] == "active"


def test_a_dialect_that_breaks_a_mapping_of_another_file_is_held_back() -> None:
    base = """
        dialects:
          base:
            defs: {greet: {$args: [], $do: hello}}
            operations: {chat: {request: {path: /x, body: {a: {$call: greet}}}, response: {events: [{text: =data.t}]}}}
    """
    child = """
        dialects:
          child: {extends: base, operations: {chat: {request: {body: {b: {$call: greet}}}}}}
    """
    edited = Site(base=base, child=child)
    outcome = edited.edit(base=base.replace("greet", "salute"))
    assert outcome.snapshot is not None
    assert edited.states() == {"base": "rejected", "child": "active"}


def test_the_same_files_give_the_same_generation() -> None:
    one, two = Site(mock=MOCK, a=alias("one")), Site(mock=MOCK)
    assert one.edit().snapshot.generation == two.edit(a=alias("one")).snapshot.generation
    assert one.edit(a=alias("two")).snapshot.generation != two.edit().snapshot.generation


def test_rejected_text_is_no_part_of_the_generation() -> None:
    edited = Site(mock=MOCK, a=alias("one"))
    before = edited.edit().snapshot.generation
    assert edited.edit(a="models: {").snapshot.generation == before


def test_what_is_not_readable_is_rejected_like_any_other() -> None:
    edited = Site(mock=MOCK, a=alias("one"))
    assert aliases(edited.edit(a="")) == {"one"}
    assert edited.states()["a"] == "rejected"


KEYED = 'providers: {p: {dialect: openai, base_url: "https://x.test", key: "${file:k}"}}\nmodels: {keyed: {targets: [p/m]}}'


def key_of(outcome: Reloaded) -> str | None:
    assert outcome.snapshot is not None
    return outcome.snapshot.providers["p"].pool.credentials[0].key


def test_a_file_whose_secret_went_away_goes_on_with_the_last_one() -> None:
    edited = Site(mock=MOCK)
    edited.secrets.files["k"] = "one"
    assert key_of(edited.edit(a=KEYED)) == "one"
    del edited.secrets.files["k"]
    outcome = edited.edit()
    assert key_of(outcome) == "one" and edited.states()["a"] == "rejected" and "'k'" in edited.reason("a")
    since = edited.accepted.states["routes.d/a.yaml"].since
    assert aliases(edited.edit(b=alias("other"))) == {"keyed", "other"}
    assert edited.states() == {"mock": "active", "a": "rejected", "b": "active"}
    assert edited.accepted.states["routes.d/a.yaml"].since == since
    edited.secrets.files["k"] = "two"
    assert key_of(edited.edit()) == "two" and edited.states()["a"] == "active"


DIALECT = """
dialects:
  own:
    extends: mock
    let: {{answer: "=join('', ['{0}', body.model])"}}
    params: {{text: "{0}"}}
providers: {{own: {{dialect: own, base_url: "scripted:"}}}}
pools: {{keys-{0}: {{credentials: [{{key: a}}]}}}}
models: {{"{0}-*": {{targets: [own/x]}}, m: {{targets: [own/x], fallback: ["{0}-b"]}}}}
"""


def is_ours(found: object) -> bool:
    if isinstance(found, FunctionType):
        return found.__code__.co_filename.startswith(("<", ENGINE))
    return type(found).__module__.startswith("engine.")


def circles_of_ours() -> set[str]:
    """What of the engine's only the collector would find; libraries may leave it what they like."""
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        return {str(found) for found in gc.garbage if is_ours(found)}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


def test_what_is_replaced_goes_at_once() -> None:
    """A large site is kept out of the garbage collector's sight, so a reload must not leave it anything."""

    def alive() -> int:
        return sum(isinstance(found, AliasTable | Dialect) for found in gc.get_objects())

    edited = Site(mock=MOCK, own=DIALECT.format(0))
    edited.edit(own=DIALECT.format(1))
    gc.collect()
    gc.disable()
    try:
        before = alive()
        for text in (
            DIALECT.format(2),
            "models: {m: {targets: [nowhere/x]}}",
            "models: {m: {",
            DIALECT.format(3),
        ):
            served = edited.edit(own=text).snapshot
            assert served is not None and served.aliases.match("nobody") is None
            assert served.providers["own"].features_of["x"] is not None
            del served
            assert alive() == before
        assert circles_of_ours() == set()
    finally:
        gc.enable()


def test_versions_that_were_refused_are_not_kept() -> None:
    def alive() -> int:
        return sum(isinstance(found, ParsedFile) for found in gc.get_objects())

    edited = Site(mock=MOCK, a=alias("one"))
    edited.edit(a=alias("bad-0", "nowhere"))
    before = alive()
    for number in range(1, 5):
        edited.edit(a=alias(f"bad-{number}", "nowhere"))
        assert alive() == before

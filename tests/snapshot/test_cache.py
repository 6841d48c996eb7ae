"""What a second compilation does not do again."""

from __future__ import annotations

from engine.diagnostics import Diagnostic, Position, Problems
from engine.snapshot.cache import Cache
from engine.snapshot.compile import compile_site
from tests.snapshot.sites import MOCK, FakeSecrets, site


def test_only_what_changed_is_compiled_again() -> None:
    cache, secrets = Cache(), FakeSecrets()
    texts = {"mock": MOCK, "a": "models: {a: {targets: [mock/x]}}", "b": "models: {b: {targets: [mock/x]}}"}
    first = compile_site(site(texts), secrets, cache=cache)
    second = compile_site(site({**texts, "a": "models: {c: {targets: [mock/x]}}"}), secrets, cache=cache)
    assert second.files["routes.d/b.yaml"] is first.files["routes.d/b.yaml"]
    assert second.files["routes.d/a.yaml"] is not first.files["routes.d/a.yaml"]
    assert second.snapshot.providers["mock"].dialect is first.snapshot.providers["mock"].dialect


def test_a_secret_file_that_changed_is_read_again() -> None:
    text = 'providers: {p: {dialect: openai, base_url: "https://x.test", key: "${file:k}"}}\nmodels: {a: {targets: [p/m]}}'
    cache, secrets = Cache(), FakeSecrets(files={"k": "one"})
    compile_site(site({"a": text}), secrets, cache=cache)
    secrets.files["k"] = "two"
    outcome = compile_site(site({"a": text}), secrets, cache=cache)
    assert outcome.snapshot.providers["p"].pool.credentials[0].key == "two"


def test_a_file_can_be_kept_as_it_was_before_its_secrets_changed() -> None:
    content = b'version: 1\nclients: {web: {key: "${file:k}"}}\n'
    cache, secrets = Cache(), FakeSecrets(files={"k": "one"})
    good = cache.read("a", content, secrets)
    assert not cache.keep("a", content, ())
    del secrets.files["k"]
    broken = cache.read("a", content, secrets)
    reasons = broken.diagnostics or (Diagnostic(Position("a"), "missing-file", "it is gone"),)
    assert broken is not good and cache.keep("a", content, reasons)
    assert cache.read("a", content, secrets) is good and cache.lost("a", content) == reasons
    secrets.files["k"] = "two"
    assert cache.read("a", content, secrets) is not good and cache.lost("a", content) == ()


PARTS = """
providers:
  one: {dialect: mock, base_url: "scripted:", pool: keys}
  two: {dialect: mock, base_url: "scripted:"}
pools: {keys: {credentials: [{key: a}]}}
"""
USERS = "models: {a: {targets: [one/x]}, b: {targets: [two/x]}}"


def test_what_is_built_of_the_same_is_not_built_again() -> None:
    cache, secrets = Cache(), FakeSecrets()
    first = compile_site(site({"p": PARTS, "m": USERS}), secrets, cache=cache).snapshot
    edited = PARTS.replace("key: a", "key: b")
    again = compile_site(site({"p": edited, "m": USERS}), secrets, cache=cache).snapshot
    assert first is not None and again is not None
    assert again.pools["keys"].credentials[0].key == "b"
    assert again.aliases.exact["a"].targets[0].provider.pool is again.pools["keys"]
    assert again.providers["two"] is first.providers["two"]
    assert again.aliases.exact["b"] is first.aliases.exact["b"]


def test_what_a_credential_file_holds_goes_into_its_pool() -> None:
    text = 'providers: {p: {dialect: mock, base_url: "scripted:", pool: k}}\npools: {k: {credentials: [{file: f.json}]}}'
    cache, secrets = Cache(), FakeSecrets(files={"f.json": '{"key": "one"}'})
    for key in ("one", "two"):
        secrets.files["f.json"] = f'{{"key": "{key}"}}'
        snapshot = compile_site(site({"a": text}), secrets, cache=cache).snapshot
        assert snapshot is not None and snapshot.providers["p"].pool is snapshot.pools["k"]
        assert snapshot.pools["k"].credentials[0].key == key


def test_what_was_found_is_told_each_time_and_where_it_stands_now() -> None:
    cache, secrets = Cache(), FakeSecrets()
    for lines in (0, 0, 1):
        text = "models:\n  a:\n" + "    # moved\n" * lines + "    targets: [{provider: mock, when: '=('}]\n"
        found = compile_site(site({"mock": MOCK, "a": text}), secrets, cache=cache).diagnostics
        assert [(item.at.line, item.code) for item in found] == [(4 + lines, "expression-syntax")]


def test_what_nobody_asks_for_is_forgotten() -> None:
    cache, secrets = Cache(), FakeSecrets()
    built: list[str] = []

    def ask(name: str) -> None:
        cache.make("model", name, (), lambda problems: built.append(name), Problems())

    for text in ("one", "two"):
        cache.read(text, b"version: 1\n", secrets)
        ask(text)
    cache.forget_unused()
    one = cache.read("one", b"version: 1\n", secrets)
    ask("one")
    cache.forget_unused()
    assert cache.read("one", b"version: 1\n", secrets) is one
    ask("one")
    ask("two")
    assert built == ["one", "two", "two"]


def test_who_runs_no_tests_keeps_none() -> None:
    content = b"version: 1\ntests: [{name: t, dialect: d, given: {body: {}}, expect: {finish: stop}}]\n"
    kept, dropped = (Cache(tests=tests).read("a", content, FakeSecrets()) for tests in (True, False))
    assert kept.document and len(kept.document.tests) == 1 and kept.tests is not None
    assert dropped.document and dropped.document.tests == () and dropped.tests is None


def test_a_file_is_read_again_when_a_setting_that_it_uses_has_changed() -> None:
    declares = (
        "settings: {EVERY: {type: integer, default: 2, file: kept.json}, ELSE: {default: x, file: kept.json}}"
    )
    uses = 'pools: {p: {strategy: rotate, every: "${setting:EVERY}", credentials: [{key: "${env:K:-k}"}]}}'
    texts = {"mock": MOCK, "a": declares, "b": uses}
    cache, secrets = Cache(), FakeSecrets(files={"kept.json": "{}"})
    first = compile_site(site(texts), secrets, cache=cache)
    assert first.snapshot.pools["p"].every == 2
    secrets.files["kept.json"] = '{"ELSE": "y"}'
    second = compile_site(site(texts), secrets, cache=cache)
    assert second.files["routes.d/b.yaml"] is first.files["routes.d/b.yaml"]
    secrets.files["kept.json"] = '{"EVERY": 5}'
    third = compile_site(site(texts), secrets, cache=cache)
    assert third.snapshot.pools["p"].every == 5
    assert third.snapshot.values["EVERY"].kept and not third.snapshot.values["ELSE"].kept

"""What a second compilation does not do again."""

from __future__ import annotations

from engine.diagnostics import Diagnostic, Position
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

"""Sites in a temporary directory, for the tests of commands."""

from __future__ import annotations

from pathlib import Path

GOOD = """version: 1
providers:
  demo: {dialect: mock, base_url: "scripted:"}
  acme: {dialect: mock, base_url: "scripted:", key: "${env:H8_ACME_KEY}", optional: true}
models:
  demo: {targets: [demo/demo]}
  smart: {targets: [acme/big, demo/demo], fallback: [demo], access: {clients: [web]}}
  "acme/*": {targets: ["acme/*"]}
clients:
  web: {key: "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}
"""
TESTS = """version: 1
tests:
  - name: the echo
    model: demo
    given: {body: {model: demo, messages: [{role: user, content: Hello}]}}
    expect: {finish: stop}
"""
BROKEN = """version: 1
models:
  demo: {tagrets: [demo/demo]}
"""
UNTIDY = """version: 1
providers:
  demo: {dialect: mock, base_url: "scripted:", key: plain-text-secret}
models:
  demo: {targets: [demo/demo]}
"""


def site(root: Path, **files: str) -> str:
    """A site with these route files (by stem, `a_test` is `a.test.yaml`); its path."""
    routes = root / "routes.d"
    routes.mkdir(parents=True)
    for stem, text in files.items():
        (routes / f"{stem.replace('_', '.')}.yaml").write_text(text, encoding="utf-8")
    return str(root)

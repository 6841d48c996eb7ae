"""Small sites in memory."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from engine.config.site import SiteFiles
from engine.snapshot.compile import Compilation, compile_site
from engine.snapshot.model import Snapshot


class FakeSecrets:
    """Implements `ports.Secrets` over two dicts that a test may change."""

    def __init__(self, env: dict[str, str] | None = None, files: dict[str, str] | None = None) -> None:
        self.variables = env or {}
        self.files = files or {}

    def env(self, name: str) -> str | None:
        return self.variables.get(name)

    def file(self, path: str) -> str | None:
        return self.files.get(path)


def site(texts: Mapping[str, str]) -> SiteFiles:
    """`site({"a": "…"})` has routes.d/a.yaml; a text without `version:` gets it in front, on line 1."""
    return SiteFiles({f"routes.d/{name}.yaml": _whole(text) for name, text in texts.items()})


def _whole(text: str) -> bytes:
    text = textwrap.dedent(text)
    if not text:
        return b""
    return (text if text.startswith("version") else f"version: 1\n{text.lstrip()}").encode()


MOCK = "providers: {mock: {dialect: mock, base_url: 'scripted:'}}\n"


def compiled(secrets: FakeSecrets | None = None, *, mock_env: bool = False, **texts: str) -> Compilation:
    return compile_site(site(texts), secrets or FakeSecrets(), mock=mock_env)


def served(secrets: FakeSecrets | None = None, **texts: str) -> Snapshot:
    outcome = compiled(secrets, **texts)
    assert outcome.snapshot is not None, outcome.diagnostics
    return outcome.snapshot


def codes(outcome: Compilation) -> list[tuple[str, int, str]]:
    return [(item.at.file, item.at.line, item.code) for item in outcome.diagnostics]

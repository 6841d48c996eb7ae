"""The site that is measured, written where a server may watch it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from engine.bench.formats import SITE

CLIENT_KEY = "bench-client-0123456789abcdef"
CREDENTIAL = "bench-credential-0123456789"


def environment(upstream: int) -> dict[str, str]:
    """What the site's route files ask for."""
    return {
        "BENCH_UPSTREAM": f"http://127.0.0.1:{upstream}",
        "BENCH_CLIENT_KEY": CLIENT_KEY,
        "BENCH_CREDENTIAL": CREDENTIAL,
    }


def headers() -> dict[str, str]:
    """Of a client of the site."""
    return {"authorization": f"Bearer {CLIENT_KEY}"}


def alias(number: int) -> str:
    return f"alias-{number:05}"


def write_site(at: Path, aliases: int = 0) -> Path:
    """A site with so many more aliases than its own."""
    shutil.copytree(SITE / "routes.d", at / "routes.d")
    if aliases:
        models = {alias(each): {"targets": ["same/bench-large"]} for each in range(aliases)}
        text = json.dumps({"version": 1, "models": models}, indent=1)  # JSON is YAML
        (at / "routes.d" / "aliases.yaml").write_text(text, encoding="utf-8")
    return at

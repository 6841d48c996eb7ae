"""Settings at run time: shown without secrets, changed as a whole, put back when the site does not compile."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.secrets import SiteSecrets
from engine.config.site import SiteFiles
from engine.errors import EngineError, EngineUnavailable
from engine.server.published import Published
from engine.server.runtime_settings import MASK, RuntimeSettings
from engine.snapshot import reconcile
from engine.snapshot.cache import Cache
from engine.snapshot.model import Snapshot
from engine.snapshot.reconcile import Accepted

SITE = """
version: 1
settings:
  URL: {default: "https://up.test/v1", file: config/old.json}
  EVERY: {type: integer, default: 2, minimum: 0}
  PASSWORD: {secret: true, default: "${env:NOT_SET_ANYWHERE:-first-password}"}
providers: {up: {dialect: openai, base_url: "${setting:URL}", pool: p}}
pools: {p: {strategy: rotate, every: "${setting:EVERY}", credentials: [{id: a, key: "${setting:PASSWORD}"}]}}
models: {m: {targets: [up/m]}}
"""


class Site:
    """A keeper of one worker without files: `reload_now` compiles anew."""

    def __init__(self, root: Path) -> None:
        self.files = SiteFiles({"routes.d/a.yaml": SITE.encode()})
        self.cache, self.secrets = Cache(tests=False), SiteSecrets(root)
        self.published: Published | None = None
        self.snapshot: Snapshot | None = None
        self.reloads = 0
        self.noted: list[str] = []
        self.settings = RuntimeSettings(root, lambda: self.snapshot, self, self.note)
        self.load()

    async def note(self, what: str, target: str, who: str) -> None:
        self.noted.append(f"{what}: {target} by {who}")

    def load(self) -> None:
        before = self.published or Published("", 0.0, Accepted())
        self.reloads += 1
        made = reconcile.reload(before.accepted, self.files, self.secrets, self.cache, float(self.reloads))
        self.snapshot = made.snapshot or self.snapshot
        at = float(self.reloads) if made.snapshot else before.loaded_at
        self.published = Published("g", at, made.accepted)

    async def reload_now(self) -> Mapping[str, Any]:
        self.load()
        assert self.published is not None
        told = self.published
        return {"loaded_at": told.loaded_at, "rejected": sorted(told.rejected), "files": told.files}

    @property
    def every(self) -> int:
        assert self.snapshot is not None
        return self.snapshot.pools["p"].every

    def shown(self) -> dict[str, Any]:
        return {each["name"]: each["value"] for each in self.settings.all()}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


async def test_changed_kept_and_taken_back(site: Site, tmp_path: Path) -> None:
    assert site.shown() == {"URL": "https://up.test/v1", "EVERY": 2, "PASSWORD": None}
    given = {"EVERY": 5, "PASSWORD": "second-secret", "URL": "https://b.test"}
    assert await site.settings.set(given, "tests") == ["EVERY", "PASSWORD", "URL"]
    told = site.settings.all()
    assert "secret" not in json.dumps(told).replace('"secret"', "")
    assert site.every == 5 and site.snapshot is not None
    assert site.snapshot.pools["p"].credentials[0].key == "second-secret"
    assert json.loads((tmp_path / "config/old.json").read_text()) == {"URL": "https://b.test"}
    kept = tmp_path / ".proxyctl" / "settings.json"
    assert json.loads(kept.read_text()) == {"EVERY": 5, "PASSWORD": "second-secret"}
    assert kept.stat().st_mode & 0o777 == 0o600
    assert Site(tmp_path).every == 5, "after a restart too"
    assert site.noted == ["settings changed: EVERY, PASSWORD, URL by tests"]
    (password,) = [each for each in told if each["name"] == "PASSWORD"]
    assert (password["set"], password["source"]) == (True, "kept")
    assert await site.settings.set({"EVERY": None, "PASSWORD": MASK}, "tests") == ["EVERY"]
    assert site.every == 2
    assert await site.settings.set({"PASSWORD": MASK}, "tests") == [], (
        "a form that is sent back as it was shown"
    )
    assert json.loads(kept.read_text()) == {"PASSWORD": "second-secret"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"EVERYY": 1}, "no setting 'EVERYY'"),
        ({"EVERY": "many"}, "EVERY: expected a whole number"),
        ({"EVERY": -1}, "EVERY: at least 0"),
        ({"URL": "https://b.test", "EVERY": []}, "EVERY: expected"),
    ],
)
async def test_refused_before_anything_is_written(
    site: Site, tmp_path: Path, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(EngineError, match=said):
        await site.settings.set(given, "tests")
    assert (site.reloads, list(tmp_path.iterdir()), site.noted) == (1, [], [])


async def test_put_back_when_the_site_does_not_compile_with_it(site: Site, tmp_path: Path) -> None:
    await site.settings.set({"EVERY": 4}, "tests")
    with pytest.raises(EngineError, match="does not compile") as caught:
        await site.settings.set({"URL": "no url", "EVERY": 7}, "tests")
    assert "routes.d/a.yaml:7" in str(caught.value)
    assert (site.every, site.shown()["URL"]) == (4, "https://up.test/v1")
    assert json.loads((tmp_path / "config/old.json").read_text()) == {}
    assert site.published is not None and not site.published.rejected
    await site.settings.set({"URL": "https://b.test"}, "tests")
    assert site.shown()["URL"] == "https://b.test"


async def test_what_cannot_be_kept_changes_nothing(site: Site, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    with pytest.raises(EngineUnavailable, match="cannot be changed"):
        await site.settings.set({"EVERY": 7, "URL": "https://b.test"}, "tests")
    assert site.every == 2 and Site(tmp_path).every == 2


async def test_before_anything_is_served(site: Site) -> None:
    site.snapshot = None
    with pytest.raises(EngineUnavailable):
        site.settings.all()

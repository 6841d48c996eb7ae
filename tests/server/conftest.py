"""What the tests of whole processes start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.serving import SITE
from tests.server.vaulted import Vaulted


@pytest.fixture
def site(tmp_path: Path) -> Path:
    made = tmp_path / "site"
    (made / "routes.d").mkdir(parents=True)
    (made / "routes.d" / "a.yaml").write_text(SITE)
    return made


@pytest.fixture
def vaulted(tmp_path: Path) -> Vaulted:
    return Vaulted(tmp_path)

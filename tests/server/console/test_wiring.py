"""That its parts work together in a whole worker is shown by tests/e2e/test_admin_page.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.server.console.wiring import browser_pages
from engine.spec.settings import Settings
from tests.server.admin.test_overview import Clerk, sources
from tests.server.console.test_login import Lines, made
from tests.server.running import FakeGateway, says_ok

__all__ = ["sources"]


def test_all_pages_are_the_operators(tmp_path: Path, sources: Any) -> None:
    clerk: Any = Clerk()
    pages = browser_pages(sources, Settings(), made(tmp_path, clerk, Lines()), FakeGateway(says_ok))
    assert all(page.admin for page in pages.values())
    asking = {path for path, page in pages.items() if not page.open}
    assert asking == {
        "/admin/overview",
        "/admin/aliases",
        "/admin/effective",
        "/admin/try",
        "/admin/ui/logout",
    }

from __future__ import annotations

import pytest

from engine.config.site import SiteFiles, Unreadable, is_test_file
from engine.diagnostics import Position
from engine.spec.settings import Settings


@pytest.mark.parametrize(
    ("file", "is_test"),
    [
        ("routes.d/a.test.yaml", True),
        ("routes.d/a.yaml", False),
        ("routes.d/test.yaml", False),
        ("a.test.yml", False),
    ],
)
def test_which_files_hold_tests_only(file: str, is_test: bool) -> None:
    assert is_test_file(file) is is_test


def test_an_unreadable_file_is_an_error_of_the_whole_file() -> None:
    item = Unreadable("permission denied").diagnostic("routes.d/a.yaml")
    assert (item.at, item.code, item.is_error) == (Position("routes.d/a.yaml"), "unreadable-file", True)
    assert "permission denied" in item.message


def test_a_site_may_be_empty() -> None:
    assert SiteFiles() == SiteFiles({}, {}, Settings())

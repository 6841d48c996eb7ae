"""What an edit of `proxyctl.yaml` would change."""

from __future__ import annotations

from pathlib import Path

from engine.adapters.secrets import SiteSecrets
from engine.config.site import Content, Unreadable
from engine.server.kept_settings import Kept, kept
from engine.server.startup import Plan
from engine.spec.settings import Settings


def found(content: Content | None, **flags: str | None) -> Kept:
    return kept(content, Plan(Path("."), Settings(), flags), {}, SiteSecrets(Path("."), {}))


def test_what_is_in_use_is_no_news() -> None:
    assert found(None).notice is None
    assert found(b"listen: {port: 8080}\n").notice is None


def test_a_change_is_named() -> None:
    assert found(b"workers: 3\nlog: {level: debug}\n").changed == ("workers", "log")
    assert found(b"workers: 3\n").notice == "boot settings changed (workers); restart to use them"


def test_a_flag_wins_over_the_file() -> None:
    assert found(b"workers: 3\n", workers="1").notice is None


def test_a_broken_file_changes_nothing_and_is_told() -> None:
    broken = found(b"workers: [\n")
    assert broken.errors[0].at.file == "proxyctl.yaml" and broken.changed == ()
    assert broken.notice == "proxyctl.yaml has errors; the settings of the start go on"
    assert found(Unreadable("permission denied")).errors[0].code == "unreadable-file"

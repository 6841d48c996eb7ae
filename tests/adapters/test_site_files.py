from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.adapters import site_files
from engine.adapters.site_files import SiteReader
from engine.config.site import Unreadable
from engine.spec.settings import Settings

A, B = "routes.d/a.yaml", "routes.d/b.yaml"


class Time:
    """A clock that moves only by sleeping; `meanwhile` runs in every sleep."""

    def __init__(self) -> None:
        self.now = 0.0
        self.meanwhile: Callable[[], None] = lambda: None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.meanwhile()
        self.now += seconds


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "routes.d").mkdir()
    (tmp_path / A).write_text("a0")
    (tmp_path / B).write_text("b0")
    return tmp_path


def reader(site: Path, time: Time, served: dict[str, bytes] | None = None) -> SiteReader:
    return SiteReader(site, Settings(), served, monotonic=time.monotonic, sleep=time.sleep)


def started(site: Path, time: Time) -> SiteReader:
    made = reader(site, time)
    made.read_now()
    return made


def test_a_site_is_read_whole(site: Path) -> None:
    (site / "prompts").mkdir()
    (site / "prompts" / "p.toml").write_text("p")
    (site / "routes.d" / "c.yml").write_text("c")
    found = SiteReader(site, Settings()).read_now().site
    assert found.files == {A: b"a0", B: b"b0"} and found.prompts == {"p.toml": b"p"}
    warning = found.warnings[0]
    assert (warning.at.file, warning.code, warning.is_error) == ("routes.d/c.yml", "misnamed-file", False)


def test_what_cannot_be_read_is_an_entry(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "routes.d" / "gone.yaml").symlink_to("nowhere")
    (site / B).write_text("x" * 100)
    monkeypatch.setattr(site_files, "MAX_FILE_BYTES", 99)
    found = SiteReader(site, Settings()).read_now().site.files
    assert found["routes.d/gone.yaml"] == Unreadable("a link to nothing (nowhere)")
    assert found[B] == Unreadable("it is larger than 99 bytes") and found[A] == b"a0"


def test_the_settings_file_is_read_too(site: Path) -> None:
    (site / "proxyctl.yaml").write_text("workers: 2\n")
    reading = SiteReader(site, Settings()).read_now()
    assert reading.settings_file == b"workers: 2\n" and "proxyctl.yaml" not in reading.site.files


def test_an_edit_is_read_once_it_stood_still(site: Path) -> None:
    time = Time()
    made = started(site, time)
    (site / A).write_text("a1")
    reading = made.read_settled()
    assert reading.site.files == {A: b"a1", B: b"b0"} and not reading.moving
    assert time.now == pytest.approx(site_files.SETTLED_AFTER)


def test_nothing_new_takes_no_time(site: Path) -> None:
    time = Time()
    assert started(site, time).read_settled().site.files == {A: b"a0", B: b"b0"} and time.now == 0


def test_a_half_written_file_is_waited_for(site: Path) -> None:
    time, rest = Time(), iter(["a1 half", "a1 half and whole"])
    made = started(site, time)
    time.meanwhile = lambda: (text := next(rest, None)) and (site / A).write_text(text) and None
    (site / A).write_text("a1")
    assert made.read_settled().site.files[A] == b"a1 half and whole"


def test_a_file_that_never_rests_takes_part_as_it_was(site: Path) -> None:
    time, size = Time(), iter(range(1000))
    made = started(site, time)
    time.meanwhile = lambda: (site / A).write_text("a" * next(size)) and None
    (site / A).write_text("a1")
    (site / B).write_text("b1")
    reading = made.read_settled()
    assert reading.site.files == {A: b"a0", B: b"b1"} and reading.moving == {A}
    assert time.now <= site_files.LATEST + site_files.SETTLED_AFTER
    time.meanwhile = lambda: None
    (site / A).write_text("a2")
    assert made.read_settled().site.files == {A: b"a2", B: b"b1"}


def test_a_new_file_that_never_rests_is_not_there_yet(site: Path) -> None:
    time, size = Time(), iter(range(1000))
    made = started(site, time)
    time.meanwhile = lambda: (site / "routes.d" / "c.yaml").write_text("c" * next(size)) and None
    time.meanwhile()
    assert "routes.d/c.yaml" not in made.read_settled().site.files


def test_a_deleted_file_is_gone_after_it_stayed_away(site: Path) -> None:
    time = Time()
    made = started(site, time)
    (site / A).unlink()
    assert made.read_settled().site.files == {B: b"b0"} and time.now >= site_files.SETTLED_AFTER


def test_a_file_replaced_by_delete_and_write_is_never_seen_missing(site: Path) -> None:
    time = Time()
    made = started(site, time)
    time.meanwhile = lambda: (site / A).exists() or ((site / A).write_text("a1") and None)  # type: ignore[func-returns-value]
    (site / A).unlink()
    assert made.read_settled().site.files == {A: b"a1", B: b"b0"}


def test_a_change_while_reading_starts_over(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    time, read = Time(), site_files.read_regular

    def read_and_change(path: str, limit: int) -> bytes:
        content = read(path, limit)
        if content == b"a1" and not (site / "routes.d" / "c.yaml").exists():
            (site / "routes.d" / "c.yaml").write_text("c1")
        return content

    made = started(site, time)
    monkeypatch.setattr(site_files, "read_regular", read_and_change)
    (site / A).write_text("a1")
    assert made.read_settled().site.files == {A: b"a1", B: b"b0", "routes.d/c.yaml": b"c1"}


def test_anew_reads_everything(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = started(site, Time())
    paths = []
    read = site_files.read_regular
    monkeypatch.setattr(
        site_files, "read_regular", lambda path, limit: paths.append(path) or read(path, limit)
    )
    made.read_settled()
    assert paths == []
    assert made.read_settled(anew=True).site.files == {A: b"a0", B: b"b0"} and len(paths) == 2


def test_a_new_reader_takes_a_restless_file_from_what_is_served(site: Path) -> None:
    time, size = Time(), iter(range(1000))
    made = reader(site, time, {A: b"served", B: b"b0"})
    time.meanwhile = lambda: (site / A).write_text("a" * next(size)) and None
    assert made.read_settled().site.files == {A: b"served", B: b"b0"}


def test_what_lies_in_a_lost_directory_is_taken_to_be_as_it_was(site: Path) -> None:
    time = Time()
    made = started(site, time)
    (site / "routes.d").rename(site / "away")
    found = made.read_settled().site.files
    assert found == {"routes.d": Unreadable("there is no such directory any more"), A: b"a0", B: b"b0"}
    (site / "routes.d").symlink_to("nowhere")
    assert made.read_settled().site.files == found
    (site / "routes.d").unlink()
    (site / "routes.d").mkdir()
    (site / A).write_text("a1")
    assert made.read_settled().site.files == {A: b"a1"}


def test_a_directory_that_is_a_link_to_nothing_keeps_its_files(site: Path) -> None:
    time = Time()
    (site / "v1").mkdir()
    (site / "v1" / "x.yaml").write_text("x0")
    (site / "routes.d" / "team").symlink_to("../v1")
    made = started(site, time)
    (site / "v1").rename(site / "v2")
    found = made.read_settled().site.files
    assert found["routes.d/team/x.yaml"] == b"x0" and isinstance(found["routes.d/team"], Unreadable)


def test_a_site_that_never_had_routes_has_none(tmp_path: Path) -> None:
    assert SiteReader(tmp_path, Settings()).read_now().site.files == {}

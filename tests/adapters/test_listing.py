from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.adapters.listing import Listing, list_site


@pytest.fixture
def routes(tmp_path: Path) -> Path:
    made = tmp_path / "routes.d"
    made.mkdir()
    return made


def names(site: Path) -> list[str]:
    return list(list_site(site).files)


def write(path: Path, text: str = "version: 1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_route_files_at_any_depth_in_order(tmp_path: Path, routes: Path) -> None:
    for name in (
        "b.yaml",
        "a.yaml",
        "team/x.yaml",
        "team/x.test.yaml",
        "notes.md",
        ".hidden.yaml",
        ".git/c.yaml",
    ):
        write(routes / name)
    assert names(tmp_path) == [
        "routes.d/a.yaml",
        "routes.d/b.yaml",
        "routes.d/team/x.test.yaml",
        "routes.d/team/x.yaml",
    ]


def test_prompts_and_settings_belong_to_the_site(tmp_path: Path) -> None:
    for name in (
        "prompts/p.toml",
        "prompts/q.j2",
        "prompts/r.yaml",
        "prompts/README.md",
        "proxyctl.yaml",
        "x.yaml",
    ):
        write(tmp_path / name)
    assert names(tmp_path) == ["prompts/p.toml", "prompts/q.j2", "prompts/r.yaml", "proxyctl.yaml"]


def test_yml_is_told(tmp_path: Path, routes: Path) -> None:
    write(routes / "a.yml")
    assert list_site(tmp_path).misnamed == ("routes.d/a.yml",) and names(tmp_path) == []


def test_a_link_is_followed(tmp_path: Path, routes: Path) -> None:
    (routes / "a.yaml").symlink_to(write(tmp_path / "elsewhere" / "real.yaml"))
    assert names(tmp_path) == ["routes.d/a.yaml"]
    assert str(tmp_path / "elsewhere") in list_site(tmp_path).directories


def test_each_real_file_once_and_by_its_own_name(tmp_path: Path, routes: Path) -> None:
    (routes / "a.yaml").symlink_to(write(routes / "z.yaml"))
    assert names(tmp_path) == ["routes.d/z.yaml"]


def test_two_links_to_one_file_are_one(tmp_path: Path, routes: Path) -> None:
    real = write(tmp_path / "real.yaml")
    (routes / "b.yaml").symlink_to(real)
    (routes / "a.yaml").symlink_to(real)
    assert names(tmp_path) == ["routes.d/a.yaml"]


def test_each_directory_once_even_in_a_circle(tmp_path: Path, routes: Path) -> None:
    write(routes / "team" / "x.yaml")
    (routes / "again").symlink_to(routes / "team")
    (routes / "team" / "up").symlink_to(routes)
    assert names(tmp_path) == ["routes.d/team/x.yaml"]


def test_a_configmap_counts_its_files_once(tmp_path: Path, routes: Path) -> None:
    write(routes / "..v1" / "a.yaml")
    (routes / "..data").symlink_to("..v1")
    (routes / "a.yaml").symlink_to("..data/a.yaml")
    assert names(tmp_path) == ["routes.d/a.yaml"]
    assert str(routes / "..v1") in list_site(tmp_path).directories


@pytest.mark.parametrize(
    ("link", "target", "reason"),
    [
        ("a.yaml", "gone.yaml", "a link to nothing (gone.yaml)"),
        ("team", "/nowhere/team", "a link to nothing (/nowhere/team)"),
        ("a.yaml", "a.yaml", "too many levels of symbolic links"),
    ],
)
def test_a_link_that_leads_nowhere_is_found_with_a_reason(
    tmp_path: Path, routes: Path, link: str, target: str, reason: str
) -> None:
    (routes / link).symlink_to(target)
    assert list_site(tmp_path).files[f"routes.d/{link}"].reason == reason


def test_a_dangling_link_that_is_no_route_is_nothing(tmp_path: Path, routes: Path) -> None:
    (routes / "README.md").symlink_to("gone")
    (routes / ".#a.yaml").symlink_to("user@host.123")
    assert names(tmp_path) == []


def test_a_pipe_is_no_route_file(tmp_path: Path, routes: Path) -> None:
    os.mkfifo(routes / "a.yaml")
    assert names(tmp_path) == []


def test_a_directory_that_cannot_be_listed_is_found_with_a_reason(
    tmp_path: Path, routes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", denied)
    assert list_site(tmp_path).files["routes.d"].reason == "permission denied"


def test_nothing_there(tmp_path: Path) -> None:
    assert names(tmp_path / "none") == [] and names(tmp_path) == []


def test_moved_names_what_differs(tmp_path: Path, routes: Path) -> None:
    write(routes / "same.yaml")
    write(routes / "edited.yaml")
    write(routes / "deleted.yaml")
    before = list_site(tmp_path)
    write(routes / "edited.yaml", "version: 1 # longer\n")
    (routes / "deleted.yaml").unlink()
    write(routes / "added.yaml")
    assert before.moved(list_site(tmp_path)) == {
        "routes.d/edited.yaml",
        "routes.d/deleted.yaml",
        "routes.d/added.yaml",
    }


def test_a_change_that_keeps_size_and_mtime_is_a_change(tmp_path: Path, routes: Path) -> None:
    path = write(routes / "a.yaml", "version: 1")
    status = path.stat()
    before = list_site(tmp_path)
    while list_site(tmp_path) == before:
        path.write_text("version: 2")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_mtime_ns == status.st_mtime_ns
    assert before.moved(list_site(tmp_path)) == {"routes.d/a.yaml"}


def test_listings_are_equal_when_nothing_moved(tmp_path: Path, routes: Path) -> None:
    write(routes / "a.yaml")
    assert list_site(tmp_path) == list_site(tmp_path) != Listing({})


@pytest.mark.skipif(os.name != "posix", reason="elsewhere names are text")
def test_a_name_that_is_no_utf_8_is_written_so_that_it_can_be_sent(tmp_path: Path, routes: Path) -> None:
    try:
        write(routes / os.fsdecode(b"\xff.yaml"))
    except OSError:
        pytest.skip("the file system takes no such name")
    found = list_site(tmp_path).files
    assert list(found) == ["routes.d/\\xff.yaml"]
    assert Path(found["routes.d/\\xff.yaml"].path).read_text() == "version: 1\n"

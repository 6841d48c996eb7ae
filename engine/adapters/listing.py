"""What lies in a site's directory: names and stamps, no contents.

Links are followed; each real file and each real directory counts once, under its own name where it has
one in the site. Names that begin with a dot are left out.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

ROUTES, PROMPTS, SETTINGS = "routes.d", "prompts", "proxyctl.yaml"
ROUTE_SUFFIX = ".yaml"
LIKELY_TYPO = ".yml"
PROMPT_SUFFIXES = (".toml", ".yaml", ".j2")


class Stamp(NamedTuple):
    """Changes whenever a file's content may have: ctime moves even when size and mtime are put back."""

    device: int
    inode: int
    size: int
    mtime: int
    ctime: int


class Found(NamedTuple):
    """A file of the site: its stamp, or the `reason` why there is none. `path` is where to open it."""

    path: str
    stamp: Stamp | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """`files` by name relative to the site; `misnamed` end in `.yml`; `directories` are those to watch."""

    files: Mapping[str, Found]
    misnamed: tuple[str, ...] = ()
    directories: frozenset[str] = frozenset()

    def moved(self, other: Listing) -> set[str]:
        """Names whose file is not the same in both."""
        return {
            name
            for name in self.files.keys() | other.files.keys()
            if self.files.get(name) != other.files.get(name)
        }


def list_site(root: Path) -> Listing:
    """Look at a site's directory. Raises nothing: what cannot be read is `Found` with a reason."""
    walk = _Walk()
    walk.watch(os.path.realpath(root))
    walk.take(f"{root}/{ROUTES}", ROUTES, (ROUTE_SUFFIX,))
    walk.take(f"{root}/{PROMPTS}", PROMPTS, PROMPT_SUFFIXES)
    walk.take(f"{root}/{SETTINGS}", SETTINGS, (ROUTE_SUFFIX,))
    return Listing(
        dict(sorted(walk.found.items())), tuple(sorted(walk.misnamed)), frozenset(walk.directories)
    )


@dataclass(slots=True)
class _Walk:
    """Paths are texts here: with thousands of files, path objects would take half of the time."""

    found: dict[str, Found] = field(default_factory=dict)
    misnamed: list[str] = field(default_factory=list)
    directories: set[str] = field(default_factory=set)
    seen: set[tuple[int, int]] = field(default_factory=set)
    links: list[tuple[str, str]] = field(default_factory=list)

    def take(self, top: str, name: str, suffixes: tuple[str, ...]) -> None:
        """Everything under `top`: what lies there itself first, what links lead to after."""
        if not os.path.lexists(top):
            return
        self.links.append((name, top))
        while self.links:
            self.links.sort(reverse=True)
            link_name, path = self.links.pop()
            if os.path.islink(path):
                self.directories.update(_deciding(path))
            self.entry(path, link_name, suffixes)

    def watch(self, directory: str) -> None:
        self.directories.add(directory)

    def entry(self, path: str, name: str, suffixes: tuple[str, ...]) -> None:
        """A file, a directory, or what a link leads to."""
        try:
            status = os.stat(path)
        except OSError as exc:
            self._missing(path, name, suffixes, exc)
            return
        identity = (status.st_dev, status.st_ino)
        if identity in self.seen:
            return
        if stat.S_ISREG(status.st_mode):
            if self._wanted(name, suffixes):
                self.seen.add(identity)
                stamp = Stamp(*identity, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
                self.found[name] = Found(path, stamp)
        elif stat.S_ISDIR(status.st_mode):
            self.seen.add(identity)
            self._directory(path, name, suffixes)

    def _directory(self, path: str, name: str, suffixes: tuple[str, ...]) -> None:
        self.watch(os.path.realpath(path))
        try:
            with os.scandir(path) as entries:
                inside = sorted([(entry.name, entry.is_symlink()) for entry in entries])
        except OSError as exc:
            self.found[name] = Found(path, None, _words(exc))
            return
        for child, is_link in inside:
            if child.startswith("."):
                continue
            if is_link:
                self.links.append((f"{name}/{plain(child)}", f"{path}/{child}"))
            else:
                self.entry(f"{path}/{child}", f"{name}/{plain(child)}", suffixes)

    def _wanted(self, name: str, suffixes: tuple[str, ...]) -> bool:
        if name.endswith(suffixes):
            return True
        if name.endswith(LIKELY_TYPO) and name.startswith(ROUTES):
            self.misnamed.append(name)
        return False

    def _missing(self, path: str, name: str, suffixes: tuple[str, ...], exc: OSError) -> None:
        """What cannot be looked at counts when it might be a route file or a directory of them."""
        dangling = isinstance(exc, FileNotFoundError)
        vanished = dangling and not os.path.islink(path)
        if vanished or not (name.endswith(suffixes) or not Path(path).suffix):
            return
        reason = f"a link to nothing ({_target(path)})" if dangling else _words(exc)
        self.found[name] = Found(path, None, reason)


def plain(name: str) -> str:
    """A file's name as text, also one whose bytes are not UTF-8: names are logged, hashed and sent."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def _target(link: str) -> str:
    try:
        return plain(os.readlink(link))
    except OSError:  # it has gone since
        return "?"


def _deciding(link: str) -> Iterator[str]:
    """The directories whose entries decide where a link leads: its own, its target's name's, its target's."""
    parent = os.path.dirname(link)
    yield os.path.realpath(parent)
    try:
        target = os.path.join(parent, os.readlink(link))
    except OSError:
        return
    for directory in (os.path.realpath(os.path.dirname(target)), os.path.dirname(os.path.realpath(link))):
        if os.path.isdir(directory):
            yield directory


def _words(exc: OSError) -> str:
    return (exc.strerror or str(exc)).lower()

"""Reads a site's files (docs/operations.md, Reloading).

A file is settled when it stood still for 50 ms; a reading waits for that, but no longer than 500 ms: a
file that still moves then takes part with its last settled version.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.adapters.listing import PROMPTS, ROUTES, SETTINGS, Found, Listing, list_site
from engine.adapters.regular_file import read_regular
from engine.config.site import Content, SiteFiles, Unreadable
from engine.diagnostics import Diagnostic, Position, Severity
from engine.spec.settings import Settings

SETTLED_AFTER = 0.05
LATEST = 0.5
SHORTEST_SLEEP = 0.001
MAX_FILE_BYTES = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Reading:
    """`settings_file` is the text of `proxyctl.yaml`, None without one; `moving` names unsettled files."""

    site: SiteFiles
    settings_file: Content | None
    moving: frozenset[str] = frozenset()


class SiteReader:
    """Reads one site again and again; blocking, so call it in a thread.

    `served` are the texts in use, by name: what a file that does not settle is taken to hold.
    """

    def __init__(
        self,
        root: Path,
        settings: Settings,
        served: Mapping[str, bytes] | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.root = root
        self.settings = settings
        self._monotonic = monotonic
        self._sleep = sleep
        self._known = _unstamped(served or {})
        self._still_since: dict[str, tuple[Found | None, float]] = {}

    def read_now(self) -> Reading:
        """Read without waiting for files to settle: for a first start, and for a check."""
        deadline = self._monotonic() + LATEST
        self._known = {}
        while True:
            listing = self._look()
            contents = self._contents(listing, set())
            if self._monotonic() >= deadline or not listing.moved(self._look()):
                return self._reading(listing, contents, set())

    def read_settled(self, *, anew: bool = False) -> Reading:
        """Read what changed, or everything `anew`, once it has settled or `LATEST` has passed."""
        deadline = self._monotonic() + LATEST
        if anew:
            self._known = _unstamped({name: content for name, (_, content) in self._known.items()})
        while True:
            listing = self._look()
            waiting = self._unsettled(listing)
            late = self._monotonic() >= deadline
            if waiting and not late:
                self._sleep(max(min(max(waiting.values()), deadline - self._monotonic()), SHORTEST_SLEEP))
                continue
            contents = self._contents(listing, set(waiting))
            moved = listing.moved(self._look())
            if late or not moved:
                return self._reading(listing, contents, set(waiting) | moved)

    def _look(self) -> Listing:
        """The listing; what lies in a directory that cannot be read, or is lost, is taken to be as it was."""
        listing = list_site(self.root)
        files = dict(listing.files)
        if any(name.startswith(f"{ROUTES}/") for name in self._known) and not os.path.exists(
            self.root / ROUTES
        ):
            files[ROUTES] = Found(str(self.root / ROUTES), None, "there is no such directory any more")
        closed = tuple(f"{name}/" for name, found in files.items() if found.reason is not None)
        if closed:
            kept = {name: found for name, (found, _) in self._known.items() if name.startswith(closed)}
            files = kept | files
        return replace(listing, files=files)

    def _unsettled(self, listing: Listing) -> dict[str, float]:
        """Files that differ from what is known and may still move: the seconds they must yet stand still."""
        now = self._monotonic()
        waiting = {}
        for name in listing.files.keys() | self._known.keys():
            found = listing.files.get(name)
            if name in self._known and found == self._known[name][0]:
                self._still_since.pop(name, None)
                continue
            last, since = self._still_since.setdefault(name, (found, now))
            if last != found:
                self._still_since[name] = (found, since := now)
            if now - since < SETTLED_AFTER:
                waiting[name] = SETTLED_AFTER - (now - since)
        return waiting

    def _contents(self, listing: Listing, skip: set[str]) -> dict[str, Content]:
        contents: dict[str, Content] = {}
        for name, found in listing.files.items():
            known = self._known.get(name)
            if name not in skip:
                contents[name] = known[1] if known and known[0] == found else _content(found)
        return contents

    def _reading(self, listing: Listing, contents: Mapping[str, Content], moving: set[str]) -> Reading:
        """What was read, and for files on the move what was known of them before, if anything."""
        kept = {name: pair for name, pair in self._known.items() if name in moving}
        settled = {name: (listing.files[name], text) for name, text in contents.items() if name not in moving}
        self._known = settled | kept
        texts = {name: pair[1] for name, pair in sorted(self._known.items())}
        site = SiteFiles(
            files={name: text for name, text in texts.items() if name.startswith(ROUTES)},
            prompts={
                name.removeprefix(f"{PROMPTS}/"): text
                for name, text in texts.items()
                if name.startswith(f"{PROMPTS}/") and isinstance(text, bytes)
            },
            settings=self.settings,
            warnings=tuple(_misnamed(name) for name in listing.misnamed),
        )
        return Reading(site, texts.get(SETTINGS), frozenset(moving))


def _unstamped(contents: Mapping[str, Content]) -> dict[str, tuple[Found, Content]]:
    """Known contents that are read again all the same."""
    return {name: (Found("", None), content) for name, content in contents.items()}


def _content(found: Found) -> Content:
    if found.reason is not None:
        return Unreadable(found.reason)
    try:
        return read_regular(found.path, MAX_FILE_BYTES)
    except OSError as exc:
        return Unreadable((exc.strerror or str(exc)).lower())


def _misnamed(name: str) -> Diagnostic:
    return Diagnostic(
        Position(name),
        "misnamed-file",
        f"{name} is not read: route files end in .yaml",
        hint=f"rename it to {name.removesuffix('.yml')}.yaml",
        severity=Severity.WARNING,
    )

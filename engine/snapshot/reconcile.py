"""Which version of each file is served after an edit (docs/operations.md, Reloading).

A file that does not compile keeps its last good version while the others move on. A file that takes
away a name which an unchanged file still uses is held back itself. Only those files are held back.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace

from engine.config.site import Content, SiteFiles
from engine.diagnostics import Diagnostic, Position, Problems, in_order
from engine.ports import Secrets
from engine.snapshot.cache import Cache
from engine.snapshot.compile import Compilation, compile_site
from engine.snapshot.model import Snapshot
from engine.snapshot.prompts import BELOW, FILE_KIND

ACTIVE, REJECTED = "active", "rejected"
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class FileState:
    """What is known of one file: `state` is active or rejected, `since` seconds since 1970."""

    state: str
    since: float
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is served: the text of every file that compiled, and the state of every file there is."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    prompts: Mapping[str, bytes] = field(default_factory=dict)
    states: Mapping[str, FileState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reloaded:
    """`snapshot` is None when not even the accepted files compile; the one in use then goes on."""

    snapshot: Snapshot | None
    accepted: Accepted
    diagnostics: tuple[Diagnostic, ...]
    changed: bool


class Draft:
    """The file set being tried: new versions where they hold, accepted ones where they do not."""

    def __init__(self, accepted: Accepted, site: SiteFiles, secrets: Secrets, cache: Cache) -> None:
        self.accepted = accepted
        self.site = site
        self.secrets = secrets
        self.cache = cache
        self.before: dict[str, Content] = {**accepted.files, **_named(accepted.prompts)}
        self.now: dict[str, Content] = {**site.files, **_named(site.prompts)}
        self.files = dict(self.now)
        self.reasons: dict[str, list[Diagnostic]] = {}

    def is_new(self, path: str) -> bool:
        """Whether the drafted version of `path` is not the accepted one; a deleted file counts."""
        return self.files.get(path) != self.before.get(path)

    def new_paths(self) -> list[str]:
        return sorted(path for path in self.files.keys() | self.before.keys() if self.is_new(path))

    def revert(self, path: str, reasons: Iterable[Diagnostic]) -> None:
        self._put(path, self.before.get(path))
        self.reasons.setdefault(path, []).extend(reasons)

    def advance(self, path: str) -> None:
        self._put(path, self.now.get(path))

    def _put(self, path: str, content: Content | None) -> None:
        if content is None:
            self.files.pop(path, None)
        else:
            self.files[path] = content

    def keep_secrets(self, errors: Iterable[Diagnostic]) -> bool:
        """Go on with the earlier secrets of the files that hold `errors`; false when there are none."""
        found: dict[str, list[Diagnostic]] = {}
        for error in errors:
            path = error.at.file
            if path in self.files and not _is_prompt(path) and not self.is_new(path):
                found.setdefault(path, []).append(error)
        return any([self.cache.keep(path, self.files[path], reasons) for path, reasons in found.items()])

    def tell_lost(self) -> None:
        """Files that go on with earlier secrets are not as they should be."""
        for path, content in self.files.items():
            lost = () if _is_prompt(path) else self.cache.lost(path, content)
            if lost and path not in self.reasons:
                self.reasons[path] = list(lost)

    def compile(self) -> Compilation:
        routes = {path: content for path, content in self.files.items() if not _is_prompt(path)}
        return compile_site(
            replace(self.site, files=routes, prompts=self.prompts()), self.secrets, cache=self.cache
        )

    def prompts(self) -> dict[str, bytes]:
        """The prompt files, by their names below `prompts/`."""
        return {
            path.removeprefix(BELOW): content
            for path, content in self.files.items()
            if _is_prompt(path) and isinstance(content, bytes)
        }


def _named(prompts: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{BELOW}{name}": content for name, content in prompts.items()}


def _is_prompt(path: str) -> bool:
    return path.startswith(BELOW)


def reload(accepted: Accepted, site: SiteFiles, secrets: Secrets, cache: Cache, now: float) -> Reloaded:
    """Choose a version of every file of `site`, compile them, and say what became of each.

    `now` is seconds since 1970. Never raises for what stands in a file.
    """
    draft = Draft(accepted, site, secrets, cache)
    try:
        found = _reload(draft, now)
        if found.snapshot is not None:
            list(found.snapshot.surfaces.values())  # those that ship are compiled here, not by a request
        return found
    finally:
        cache.forget_unused()


def _reload(draft: Draft, now: float) -> Reloaded:
    accepted = draft.accepted
    broken = _drop_broken(draft)
    compilation = _settle(draft)
    if compilation.snapshot is None:
        states = _states(draft, compilation, now)
        return Reloaded(None, replace(accepted, states=states), tuple(compilation.diagnostics), False)
    compilation = _try_again(draft, compilation, broken)
    draft.tell_lost()
    files = {
        path: content
        for path, content in draft.files.items()
        if isinstance(content, bytes) and not _is_prompt(path)
    }
    chosen = Accepted(files, draft.prompts(), _states(draft, compilation, now))
    changed = files != accepted.files or chosen.prompts != accepted.prompts
    found = [*compilation.diagnostics, *(item for reasons in draft.reasons.values() for item in reasons)]
    return Reloaded(compilation.snapshot, chosen, tuple(in_order(found)), changed)


def _drop_broken(draft: Draft) -> set[str]:
    """Stage one: files that are wrong in themselves, before anything is asked about references."""
    broken = set()
    draft.cache.learn(draft.site, draft.secrets, Problems())
    for path in draft.new_paths():
        content = draft.files.get(path)
        if content is None or _is_prompt(path):
            continue
        errors = [
            found for found in draft.cache.read(path, content, draft.secrets).diagnostics if found.is_error
        ]
        if errors:
            draft.revert(path, errors)
            broken.add(path)
    return broken


def _settle(draft: Draft) -> Compilation:
    """Stage two: compile, revert whoever broke it, until it compiles or nobody is left to blame."""
    while True:
        compilation = draft.compile()
        errors = [found for found in compilation.diagnostics if found.is_error]
        blamed = _blame(errors, draft)
        if not blamed and draft.keep_secrets(errors):
            continue
        blamed = blamed or {path: errors for path in draft.new_paths() if errors}
        if not blamed:
            return compilation
        for path, reasons in blamed.items():
            draft.revert(path, reasons)


def _blame(errors: list[Diagnostic], draft: Draft) -> dict[str, list[Diagnostic]]:
    """The new versions at fault, with the reasons: who holds the error, else who took the name away."""
    blamed: dict[str, list[Diagnostic]] = {}
    for error in errors:
        holders = (place.file for place in (error.at, *(related.at for related in error.related)))
        holder = next(filter(draft.is_new, holders), None)
        if holder is not None:
            blamed.setdefault(holder, []).append(error)
    if blamed or not errors:
        return blamed
    for error in errors:
        for path in _takers(error.missing_name, draft):
            blamed.setdefault(path, []).append(_still_used(path, error))
    return blamed


def _takers(missing: Key | None, draft: Draft) -> list[str]:
    """The new versions (or deletions) of files whose accepted version declared the missing name."""
    if missing is None:
        return []
    return [path for path in draft.new_paths() if path in draft.before and missing in _declared(path, draft)]


def _declared(path: str, draft: Draft) -> Container[Key]:
    """The names that the accepted version of a file declares."""
    if _is_prompt(path):
        return ((FILE_KIND, path.removeprefix(BELOW)),)
    return draft.cache.read(path, draft.before[path], draft.secrets).names


def _still_used(path: str, error: Diagnostic) -> Diagnostic:
    kind, name = error.missing_name or ("name", "?")
    return replace(
        error,
        at=Position(path),
        code="still-used",
        message=f"rejected: still used by {error.at.file}:{error.at.line} ({kind} {name!r})",
        hint=f"remove what uses {name!r} first, or in the same edit",
        related=(),
        missing_name=None,
    )


def _try_again(draft: Draft, compilation: Compilation, broken: set[str]) -> Compilation:
    """Files that were reverted for another's fault move on, once that one is held back."""
    for path in sorted(draft.reasons.keys() - broken):
        if draft.now.get(path) == draft.files.get(path):
            continue
        draft.advance(path)
        attempt = draft.compile()
        if attempt.snapshot is None:
            draft.revert(path, ())
        else:
            compilation = attempt
            del draft.reasons[path]
    return compilation


def _states(draft: Draft, compilation: Compilation, now: float) -> dict[str, FileState]:
    """The state of every file that there is, or that is kept although it was deleted."""
    found: dict[str, list[Diagnostic]] = {}
    for item in compilation.diagnostics:
        found.setdefault(item.at.file, []).append(item)
    states = {}
    for path in sorted(draft.now.keys() | draft.files.keys()):
        rejected = path in draft.reasons
        state = FileState(
            REJECTED if rejected else ACTIVE,
            now,
            tuple(draft.reasons[path] if rejected else found.get(path, ())),
        )
        before = draft.accepted.states.get(path)
        keeps = before is not None and before.state == state.state and not draft.is_new(path)
        same = keeps and before is not None and before.diagnostics == state.diagnostics
        states[path] = before if same and before is not None else state
    return states

"""Where several patterns match a text first: one automaton for all, which reads the text once, in any pieces.

The match that counts begins leftmost; of those, the pattern that stands first wins, and its longest match. A
state is the matches that are being tried, by where they began, and for each the places in the patterns that
it can be at. What a later one can do, an earlier one at the same place can do too: so each place is kept
once, and the time is proportional to the text, whatever the patterns. States are made when first met.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import NamedTuple

from engine.expression.regex import EDGE, NEWLINE, OTHER, WORD, Builder, PatternError, Place, beside

MAX_PATTERN = 1_000
MAX_PLACES = 50_000
MAX_KEPT = 200_000
MAX_KNOWN = 20_000
FEW = 32
"""Bounds: characters of a pattern, places of all patterns, what an automaton keeps, characters that it knows
by heart, literals that are looked for one by one."""

CLASSES = (EDGE, NEWLINE, WORD, OTHER)
NONE = -1


class Pattern(NamedTuple):
    """`text` is a literal unless `regex`. `words`: no letter, digit or `_` may stand beside a match."""

    text: str
    regex: bool = False
    ignore_case: bool = False
    words: bool = False


class Width(NamedTuple):
    """How long matches are; `most` None: there is no longest."""

    least: int
    most: int | None


class State(NamedTuple):
    """`groups`: the places of each match that is tried, those that began first in front.

    `matched`: the last group has matched already, and is tried on for more; without places it waits for those
    before it.
    """

    groups: tuple[frozenset[int], ...]
    before: int
    matched: bool = False


BEGIN: tuple[State, ...] = tuple(State((), before) for before in CLASSES)
"""Nothing is tried, by what stands before."""


class Step(NamedTuple):
    """What a character does to a state.

    `kept`: which groups are left, the new one behind the old; None when the old ones are, and no more ·
    `owner`: the pattern that the last of them matched before this character · `sure`: the one that it has
    matched with it, and nothing that follows can change that · `decided`: no more can come of the match.
    """

    state: int
    kept: tuple[int, ...] | None
    owner: int
    sure: int
    decided: bool


def parsed(pattern: Pattern) -> sre:
    """The pattern's tree. Raises `PatternError`."""
    if len(pattern.text) > MAX_PATTERN:
        raise PatternError(f"the pattern is longer than {MAX_PATTERN} characters")
    text = pattern.text if pattern.regex else re.escape(pattern.text)
    try:
        return _parser.parse(text, re.IGNORECASE if pattern.ignore_case else 0)
    except (re.error, OverflowError) as error:
        raise PatternError(f"not a valid pattern: {error}") from None
    except RecursionError:
        raise PatternError("the pattern nests too deep") from None


def width(pattern: Pattern) -> Width:
    """Raises `PatternError`."""
    least, most = parsed(pattern).getwidth()
    return Width(int(least), None if most >= sre.MAXREPEAT else int(most))


class Automaton:
    """Of patterns that match no empty text. Raises `PatternError`."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        builder = Builder(MAX_PLACES)
        self._accepts: dict[int, int] = {}
        self._owners: list[int] = [NONE] * len(builder.places)
        entries = []
        for owner, pattern in enumerate(patterns):
            accept = builder.add(Place())
            self._accepts[accept] = owner
            entries.append(_entry(builder, pattern, accept))
            self._owners += [owner] * (len(builder.places) - len(self._owners))
        self._entry = frozenset(entries)
        self._places = builder.places
        self._literals, self._shortly = _literals(patterns)
        self._known: set[str] = set()
        self._beginning: set[str] = set()
        self._begins = re.compile("(?!)")
        self._forget()

    def learn(self, text: str) -> None:
        """To be told of a text before `begins` is asked about it."""
        fresh = set(text).difference(self._known)
        if not fresh:
            return
        if len(self._known) > MAX_KNOWN:
            self._known.clear()
            self._beginning.clear()
            fresh = set(text)
        self._known |= fresh
        begins = {char for char in fresh if self._may_begin(char)}
        if begins or not self._beginning:
            self._beginning |= begins
            members = "".join(map(re.escape, sorted(self._beginning)))
            self._begins = re.compile(f"[{members}]" if members else "(?!)")

    def begins(self, text: str, at: int) -> int | None:
        """The next place from `at` on where a match may begin."""
        if self._literals is not None:  # one that is all there is found at once, one that is cut off is short
            whole = self._literals.search(text, at)
            at = max(at, len(text) - self._shortly)
            at = min(at, whole.start()) if whole else at
        found = self._begins.search(text, at)
        return None if found is None else found.start()

    def number(self, state: State) -> int:
        found = self._numbers.get(state)
        if found is None:
            found = self._numbers[state] = len(self._states)
            self._states.append(state)
            self._steps.append({})
        return found

    def state(self, number: int) -> State:
        """What lasts, where the number of a state is only good for the next step."""
        return self._states[number]

    def step(self, number: int, char: str) -> Step:
        """`char` is empty at the end of the text."""
        return self._steps[number].get(char) or self._step(number, char)

    def without_first(self, number: int) -> int:
        """The state in which the match that began first is tried no more."""
        state = self._states[number]
        return self.number(State(state.groups[1:], state.before, state.matched))

    def _step(self, number: int, char: str) -> Step:
        state, after = self._states[number], beside(char)
        old = len(state.groups)
        seen: set[int] = set()
        taken: set[int] = set()
        kept: list[int] = []
        groups: list[frozenset[int]] = []
        owner = NONE
        for index, waiting in enumerate(state.groups if state.matched else (*state.groups, self._entry)):
            reached = self._reach(waiting, state.before, after, seen)
            owner = self._owner(reached)
            ahead = self._ahead(reached, char, owner) - taken
            taken |= ahead
            if ahead or owner >= 0 or (state.matched and index == old - 1):
                kept.append(index)
                groups.append(ahead)
            if owner >= 0:
                break
        matched = owner >= 0 or (state.matched and bool(kept) and kept[-1] == old - 1)
        following = State(tuple(groups), after, matched)
        self._make_room(len(groups))
        step = Step(
            self.number(following),
            None if kept == list(range(old)) else tuple(kept),
            owner,
            self._sure(following),
            bool(groups) and not groups[0],
        )
        if number < len(self._states) and self._states[number] == state:
            self._steps[number][char] = step
        return step

    def _owner(self, reached: Iterable[int]) -> int:
        return min((self._accepts[index] for index in reached if index in self._accepts), default=NONE)

    def _ahead(self, reached: Iterable[int], char: str, owner: int) -> frozenset[int]:
        """Where the character leads to, for patterns that may still win."""
        found = []
        for index in reached:
            test = self._places[index].test
            if test is not None and char and test(char) and (owner < 0 or self._owners[index] <= owner):
                found.append(self._places[index].ways[0])
        return frozenset(found)

    def _sure(self, state: State) -> int:
        """The pattern that matches from where the first group began, whatever follows."""
        if not state.groups:
            return NONE
        found = set()
        for after in CLASSES:
            reached = self._reach(state.groups[0], state.before, after, set())
            owner = self._owner(reached)
            if any(self._places[index].test and self._owners[index] <= owner for index in reached):
                return NONE
            found.add(owner)
        return found.pop() if len(found) == 1 else NONE

    def _may_begin(self, char: str) -> bool:
        after = beside(char)
        return any(
            self._ahead(self._reach(self._entry, before, after, set()), char, NONE) for before in CLASSES
        )

    def _reach(self, begin: Iterable[int], before: int, after: int, seen: set[int]) -> list[int]:
        """All places that can be reached without reading on, but those in `seen`, which has them then."""
        reached = []
        waiting = list(begin)
        while waiting:
            index = waiting.pop()
            if index in seen:
                continue
            seen.add(index)
            reached.append(index)
            place = self._places[index]
            if place.test is None and (place.holds is None or place.holds(before, after)):
                waiting += place.ways
        return reached

    def _make_room(self, size: int) -> None:
        self._kept += 1 + size
        if self._kept > MAX_KEPT:
            self._forget()

    def _forget(self) -> None:
        self._kept = 0
        self._numbers: dict[State, int] = {}
        self._states: list[State] = []
        self._steps: list[dict[str, Step]] = []


def _entry(builder: Builder, pattern: Pattern, accept: int) -> int:
    """Where the pattern begins, with `accept` at its end."""
    tree = parsed(pattern)
    following = accept
    if pattern.words:
        following = builder.add(Place(holds=lambda before, after: after != WORD, ways=[following]))
    try:
        following = builder.sequence(tree, following, tree.state.flags)
    except RecursionError:
        raise PatternError("the pattern nests too deep") from None
    if pattern.words:
        following = builder.add(Place(holds=lambda before, after: before != WORD, ways=[following]))
    return following


def _literals(patterns: Sequence[Pattern]) -> tuple[re.Pattern[str] | None, int]:
    """What finds each of a few literals, and how long one can be that is not all there."""
    if len(patterns) > FEW or any(pattern.regex for pattern in patterns):
        return None, 0
    forms = ((re.escape(pattern.text), pattern.ignore_case) for pattern in patterns)
    found = "|".join(f"(?i:{text})" if ignore_case else text for text, ignore_case in forms)
    return re.compile(found), max(len(pattern.text) for pattern in patterns) - 1

"""Regular expressions in linear time: Python's syntax, read by Python's parser, run as a lazy automaton.

The time is proportional to the text, whatever the pattern, because a text is read once: the automaton's
states are the sets of places in the pattern that can be reached, built when they are first needed and
kept. What has no such automaton (back-references, look-around, possessive groups) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

MAX_PATTERN = 1_000
MAX_PLACES = 1_000
MAX_KEPT = 100_000
MAX_WORK = 1_000_000
"""Bounds: characters of a pattern, places it may expand to, what one pattern keeps, places one search visits
beside the steps that were kept."""

Test = Callable[[str], bool]
EDGE, NEWLINE, WORD, OTHER = range(4)
"""What stands beside a position, as `^ $ \\b` see it; the edge is the begin or the end of the text."""


class PatternError(ValueError):
    """The pattern is not valid, too large, or needs backtracking."""


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Matcher:
    """A matcher for `pattern`. Raises `PatternError`."""
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"the pattern is longer than {MAX_PATTERN} characters")
    try:
        tree, builder = _parser.parse(pattern), Builder()
        entry = builder.sequence(tree, builder.add(Place()), tree.state.flags)
        return Matcher(builder.places, entry)
    except (re.error, OverflowError) as error:
        raise PatternError(f"not a valid pattern: {error}") from None
    except RecursionError:
        raise PatternError("the pattern nests too deep") from None


@dataclass(slots=True)
class Place:
    """One place of the pattern: it reads a character, asserts, forks, or (without a way on) accepts."""

    test: Test | None = None
    holds: Callable[[int, int], bool] | None = None
    ways: list[int] = field(default_factory=list)


class Builder:
    """Pattern trees to places, from the end to the beginning: each part knows what follows it."""

    def __init__(self, most: int = MAX_PLACES) -> None:
        self.places: list[Place] = []
        self._most = most

    def add(self, place: Place) -> int:
        if len(self.places) >= self._most:
            raise PatternError("the pattern is too large")
        self.places.append(place)
        return len(self.places) - 1

    def sequence(self, tree: Any, following: int, flags: int) -> int:
        """The place where `tree` begins, with `following` behind its end."""
        if flags & re.ASCII:
            raise PatternError("the flag (?a) is not supported")
        for operation, argument in reversed(list(tree)):
            following = self._part(operation, argument, following, flags)
        return following

    def _part(self, operation: Any, argument: Any, following: int, flags: int) -> int:
        if operation in _CHARACTERS:
            return self.add(Place(test=_CHARACTERS[operation](argument, flags), ways=[following]))
        if operation is sre.AT:
            return self.add(Place(holds=_assertion(argument, flags), ways=[following]))
        if operation is sre.BRANCH:
            return self.add(Place(ways=[self.sequence(arm, following, flags) for arm in argument[1]]))
        if operation is sre.SUBPATTERN:
            _, added, removed, tree = argument
            return self.sequence(tree, following, (flags | added) & ~removed)
        if operation in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            least, most, tree = argument
            return self._repeat(least, most, self._copies(tree, flags), following)
        raise PatternError(
            f"{str(operation).lower().replace('_', ' ')} is not supported: it needs backtracking"
        )

    def _copies(self, tree: Any, flags: int) -> Callable[[int], int]:
        """Writes one more copy of `tree` before the place that follows it."""
        return lambda following: self.sequence(tree, following, flags)

    def _repeat(self, least: int, most: Any, copy: Callable[[int], int], following: int) -> int:
        if most is sre.MAXREPEAT:
            fork = self.add(Place(ways=[following]))
            self.places[fork].ways.append(copy(fork))
            following = fork
        else:
            after = following
            for _ in range(most - least):
                following = self.add(Place(ways=[copy(following), after]))
        for _ in range(least):
            entry = copy(following)
            if entry == following:  # nothing to repeat
                break
            following = entry
        return following


# -- characters

_CATEGORIES: dict[Any, Test] = {
    sre.CATEGORY_DIGIT: str.isdecimal,
    sre.CATEGORY_NOT_DIGIT: lambda char: not char.isdecimal(),
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    sre.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
    sre.CATEGORY_NOT_WORD: lambda char: not (char.isalnum() or char == "_"),
}


def _any(_: None, flags: int) -> Test:
    return (lambda char: True) if flags & re.DOTALL else (lambda char: char != "\n")


def _class(items: Iterable[tuple[Any, Any]], flags: int) -> Test:
    tests = [_member(kind, value) for kind, value in items if kind is not sre.NEGATE]
    folded = _folding(lambda char: any(test(char) for test in tests), flags)
    negated = any(kind is sre.NEGATE for kind, _ in items)
    return (lambda char: not folded(char)) if negated else folded


def _member(kind: Any, value: Any) -> Test:
    if kind is sre.LITERAL:
        return chr(value).__eq__
    if kind is sre.RANGE:
        low, high = map(chr, value)
        return lambda char: low <= char <= high
    return _CATEGORIES[value]


def _folding(test: Test, flags: int) -> Test:
    if not flags & re.IGNORECASE:
        return test
    return lambda char: any(len(form) == 1 and test(form) for form in (char, char.lower(), char.upper()))


_CHARACTERS: dict[Any, Callable[[Any, int], Test]] = {
    sre.LITERAL: lambda code, flags: _class([(sre.LITERAL, code)], flags),
    sre.NOT_LITERAL: lambda code, flags: _class([(sre.NEGATE, None), (sre.LITERAL, code)], flags),
    sre.ANY: _any,
    sre.IN: _class,
}


# -- assertions

_ASSERTIONS: dict[Any, Callable[[int, int], bool]] = {
    sre.AT_BEGINNING: lambda before, after: before == EDGE,
    sre.AT_BEGINNING_STRING: lambda before, after: before == EDGE,
    sre.AT_END: lambda before, after: after == EDGE,
    sre.AT_END_STRING: lambda before, after: after == EDGE,
    sre.AT_BOUNDARY: lambda before, after: (before == WORD) != (after == WORD),
    sre.AT_NON_BOUNDARY: lambda before, after: (before == WORD) == (after == WORD),
}
_LINES: dict[Any, Callable[[int, int], bool]] = {
    sre.AT_BEGINNING: lambda before, after: before in (EDGE, NEWLINE),
    sre.AT_END: lambda before, after: after in (EDGE, NEWLINE),
}


def _assertion(kind: Any, flags: int) -> Callable[[int, int], bool]:
    return _LINES[kind] if flags & re.MULTILINE and kind in _LINES else _ASSERTIONS[kind]


def beside(char: str) -> int:
    if not char:
        return EDGE
    if char == "\n":
        return NEWLINE
    return WORD if char.isalnum() or char == "_" else OTHER


# -- the automaton


class _State:
    """A state: the places that wait for the next character, and what stood before it."""

    __slots__ = ("before", "moves", "waiting")

    def __init__(self, waiting: frozenset[int], before: int) -> None:
        self.waiting = waiting
        self.before = before
        self.moves: dict[str, _State] = {}


_MATCHED = _State(frozenset(), EDGE)


class Matcher:
    """One compiled pattern. Keeps the states that it met, within `MAX_KEPT`."""

    def __init__(self, places: list[Place], entry: int) -> None:
        self._places = places
        self._entry = entry
        self._states: dict[tuple[frozenset[int], int], _State] = {}
        self._begin = self._state(frozenset(), EDGE)
        self.kept = 0
        self.work = 0

    def search(self, text: str) -> bool:
        """Whether the pattern matches somewhere in `text`; `^` and `$` tie it to the ends.

        Raises `PatternError` when pattern and text together need more than `MAX_WORK`.
        """
        self.work = 0
        state = self._begin
        for char in text:
            state = state.moves.get(char) or self._move(state, char)
            if state is _MATCHED:
                return True
        return self._move(state, "") is _MATCHED

    def _state(self, waiting: frozenset[int], before: int) -> _State:
        key = (waiting, before)
        state = self._states.get(key)
        if state is None:
            state = self._states[key] = _State(waiting, before)
        return state

    def _move(self, state: _State, char: str) -> _State:
        after = beside(char)
        reached = self._reach(state, after)
        if 0 in reached:
            target = _MATCHED
        else:
            places = (self._places[index] for index in reached)
            ahead = frozenset(place.ways[0] for place in places if char and place.test and place.test(char))
            target = self._state(ahead, after)
        self._keep(state, char, target)
        return target

    def _keep(self, state: _State, char: str, target: _State) -> None:
        if self.kept >= MAX_KEPT:
            self._states.clear()
            self._begin = self._state(frozenset(), EDGE)
            self.kept = 0
        self.kept += 1 + len(target.waiting)
        state.moves[char] = target

    def _reach(self, state: _State, after: int) -> set[int]:
        """All places that can be reached from a state, or from the beginning, without reading on."""
        reached: set[int] = set()
        waiting = [self._entry, *state.waiting]
        while waiting:
            index = waiting.pop()
            if index in reached:
                continue
            reached.add(index)
            place = self._places[index]
            if place.test is None and (place.holds is None or place.holds(state.before, after)):
                waiting += place.ways
        self.work += len(reached)
        if self.work > MAX_WORK:
            raise PatternError("the pattern is too costly for a text of this length")
        return reached

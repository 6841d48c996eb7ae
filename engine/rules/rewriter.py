"""One text on its way, in pieces of any size: what a rule matches in it is replaced.

What may still become a match is held back, at most `longest` characters. What comes out, put together, is
the same wherever the text was cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from engine.expression.regex import EDGE, beside
from engine.rules.automaton import BEGIN, Automaton

Replace = Callable[[str], str]


class Matching(Protocol):
    """A rule, as its rewriter sees it: what to look for, what takes its place, by pattern."""

    @property
    def automaton(self) -> Automaton: ...
    @property
    def replacements(self) -> Sequence[Replace]: ...
    @property
    def longest(self) -> int: ...


class Rewriter:
    """`feed` pieces, then `end`; then it can begin with another text."""

    __slots__ = (
        "_automaton",
        "_best",
        "_held",
        "_longest",
        "_matched",
        "_number",
        "_replacements",
        "_starts",
        "_state",
    )

    def __init__(self, rule: Matching, matched: Callable[[], None] = lambda: None) -> None:
        self._automaton = rule.automaton
        self._replacements = rule.replacements
        self._longest = rule.longest
        self._matched = matched
        self._number = 0
        self._reset()

    def _reset(self) -> None:
        self._held = ""
        self._state = BEGIN[EDGE]
        self._starts: list[int] = []
        self._best: tuple[int, int] | None = None

    def feed(self, piece: str) -> str:
        if not piece:
            return ""
        self._automaton.learn(piece)
        if not self._held and self._automaton.begins(piece, 0) is None:
            self._state = BEGIN[beside(piece[-1])]
            return piece
        return self._run(self._held + piece, len(self._held), final=False)

    def end(self) -> str:
        text = self._run(self._held, len(self._held), final=True) if self._held else ""
        self._reset()
        return text

    def _run(self, text: str, at: int, *, final: bool) -> str:
        """Read on from `at`, where the state stands; `final`: the text ends with this."""
        self._number = self._automaton.number(self._state)
        out: list[str] = []
        done, end = 0, len(text)
        while at < end or (final and self._starts and at == end):
            if not self._starts and (at := self._skip(text, at)) == end:
                break
            match = self._step(text, at)
            at += 1
            if match is not None:
                first, owner, at = match
                out += (text[done:first], self._replacements[owner](text[first:at]))
                done = at
                self._matched()
        held_from = self._keep(text)
        return "".join([*out, text[done:held_from]])

    def _skip(self, text: str, at: int) -> int:
        """Where a match may begin, nothing being tried; the end of the text if nowhere."""
        following = self._automaton.begins(text, at)
        if following is None:
            following = len(text)
        if following > at:
            self._number = self._automaton.number(BEGIN[beside(text[following - 1])])
        return following

    def _step(self, text: str, at: int) -> tuple[int, int, int] | None:
        """Read the character at `at`; a match that is decided now: its begin, its pattern, its end."""
        step = self._automaton.step(self._number, text[at : at + 1])
        self._number = step.state
        if step.owner >= 0:
            self._best = (step.owner, at)
        if step.kept is not None:
            starts, old = self._starts, len(self._starts)
            self._starts = [starts[index] if index < old else at for index in step.kept]
        if step.sure >= 0:
            self._best = (step.sure, at + 1)
            return self._found(text)
        if step.decided:
            return self._found(text)
        if self._starts and at + 1 - self._starts[0] > self._longest:
            return self._give_up(text)
        return None

    def _found(self, text: str) -> tuple[int, int, int]:
        assert self._best is not None
        first, (owner, last) = self._starts[0], self._best
        self._starts, self._best = [], None
        self._number = self._automaton.number(BEGIN[beside(text[last - 1])])
        return first, owner, last

    def _give_up(self, text: str) -> tuple[int, int, int] | None:
        """What began first is longer than any match may be: what it has matched so far counts, or nothing."""
        if self._best is not None and len(self._starts) == 1:
            return self._found(text)
        self._number = self._automaton.without_first(self._number)
        self._starts = self._starts[1:]
        return None

    def _keep(self, text: str) -> int:
        """Hold back what is being tried; where it begins."""
        first = self._starts[0] if self._starts else len(text)
        self._held = text[first:]
        self._state = self._automaton.state(self._number)
        self._starts = [start - first for start in self._starts]
        if self._best is not None:
            self._best = (self._best[0], self._best[1] - first)
        return first


class Chain:
    """Rules one after the other: each sees what those before it have made."""

    __slots__ = ("_rewriters",)

    def __init__(self, rewriters: Sequence[Rewriter]) -> None:
        self._rewriters = rewriters

    def feed(self, piece: str) -> str:
        for rewriter in self._rewriters:
            piece = rewriter.feed(piece)
        return piece

    def end(self) -> str:
        rest = ""
        for rewriter in self._rewriters:
            rest = rewriter.feed(rest) + rewriter.end()
        return rest

    def whole(self, text: str) -> str:
        return self.feed(text) + self.end()

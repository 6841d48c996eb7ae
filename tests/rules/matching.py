"""Rules for tests, and what Python's own `re` makes of the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.rules.automaton import Automaton, Pattern, width
from engine.rules.rewriter import Replace


class Simple:
    """A rule that puts the number of the pattern in place of each match."""

    def __init__(self, *patterns: Pattern, longest: int | None = None) -> None:
        self.patterns = patterns
        self.automaton = Automaton(patterns)
        self.replacements: Sequence[Replace] = [constant(f"<{index}>") for index in range(len(patterns))]
        bounds = [width(pattern).most for pattern in patterns]
        self.longest = longest or max(bound or 100 for bound in bounds)


def constant(text: str) -> Replace:
    return lambda _: text


def by_re(patterns: Sequence[Pattern], text: str) -> str:
    """The same, as `re` has it: right for patterns whose first match at a place is the longest."""
    forms = []
    for index, pattern in enumerate(patterns):
        form = pattern.text if pattern.regex else re.escape(pattern.text)
        form = rf"(?<!\w)(?:{form})(?!\w)" if pattern.words else form
        forms.append(f"(?P<g{index}>{f'(?i:{form})' if pattern.ignore_case else form})")
    return re.sub("|".join(forms), lambda found: f"<{(found.lastgroup or '')[1:]}>", text)

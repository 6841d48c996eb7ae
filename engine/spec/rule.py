"""`rules:`, what is replaced or masked in the texts of requests and answers."""

from __future__ import annotations

from typing import Literal

from engine.spec.base import Rule as Keys
from engine.spec.base import Spec, field, spec

Side = Literal["request", "answer"]
Part = Literal["system", "text", "reasoning", "tool_results", "tool_arguments"]

SIDES: tuple[Side, ...] = ("request", "answer")
PARTS: tuple[Part, ...] = ("system", "text", "reasoning", "tool_results", "tool_arguments")


@spec
class Replacement(Spec):
    """Something to look for, and what takes its place."""

    LABEL = "apply"
    RULES = (Keys(("match", "regex"), required=True), Keys(("with", "mask"), required=True))

    match: str | None = field("The text to look for.", default=None, example="project nightingale")
    regex: str | None = field(
        "A pattern to look for, in linear time: no look-around, no back-references.",
        default=None, example=r"[\w.+-]+@[\w-]+\.[a-z]{2,}",
    )  # fmt: skip
    with_: str | None = field("What takes its place.", key="with", default=None, example="[project]")
    mask: str | None = field("One character that takes the place of each.", default=None, example="*")
    ignore_case: bool = field("Whether capital and small letters are the same.", default=False)
    words: bool = field("Only where no letter, digit or `_` stands beside it.", default=False)
    longest: int | None = field(
        "The longest that a pattern may match; of a longer one this much is looked at.",
        default=None, minimum=1, maximum=4096,
    )  # fmt: skip


@spec
class Rule(Spec):
    """Replacements in one pass over a text: of the first place that matches, the first that does.

    Models, providers, clients and groups name the rules that hold for them.
    """

    LABEL = "rules"

    apply: tuple[Replacement, ...] = field("What is replaced; of two at the same place the first counts.")
    on: tuple[Side, ...] = field("Whether requests or answers are meant.", default=SIDES, one_or_list=True)
    parts: tuple[Part, ...] = field(
        "Which texts: instructions, what is said, thoughts, what tools gave, what they are called with.",
        default=PARTS, one_or_list=True,
    )  # fmt: skip
    always: bool = field("For every request, without being named.", default=False)

from __future__ import annotations

import pytest

from engine.expression.parse import MAX_LENGTH, ExpressionError, Term, parse

ADD = "JMESPath has no arithmetic; use add(a, b)"
SUB = "JMESPath has no arithmetic; use sub(a, b)"
MUL = "JMESPath has no arithmetic; use mul(a, b)"
WHOLE_PATH = "put the whole path in parentheses: !(a.b)"
QUOTES = "text is written in straight quotes: 'text'"
LITERAL = "text is written 'text'; backticks hold JSON: `4096`"


@pytest.mark.parametrize(
    ("text", "code", "offset", "hint"),
    [
        ("", "expression-syntax", 0, None),
        ("  ", "expression-syntax", 2, None),
        ("a.", "expression-syntax", 2, None),
        ("f(a", "expression-syntax", 3, "is a ')' missing?"),
        ("f([a, g(')', b)", "expression-syntax", 15, "is a ']' missing?"),
        ("a ||", "expression-syntax", 4, None),
        ("a..b", "expression-syntax", 2, None),
        ("a b", "expression-syntax", 2, None),
        ("body.n + 1", "arithmetic", 7, ADD),
        ("a - 1", "arithmetic", 2, SUB),
        ("a -1", "arithmetic", 2, SUB),
        ("a * b", "arithmetic", 2, MUL),
        ("a / b", "arithmetic", 2, MUL + " with the reciprocal"),
        ("h.retry-after", "arithmetic", 7, 'a name with - is quoted: "retry-after"; a difference is written sub(a, b)'),
        ("a || 4096", "bare-number", 5, "number literals are written `4096`"),
        ("a == 3.5", "bare-number", 5, "number literals are written `3.5`"),
        ("f(-5)", "bare-number", 2, "number literals are written `-5`"),
        ("!a.b", "negation-precedence", 0, WHOLE_PATH),
        ("b || !a[?c]", "negation-precedence", 5, WHOLE_PATH),
        ("!a[]", "negation-precedence", 0, WHOLE_PATH),
        ("!a.*", "negation-precedence", 0, WHOLE_PATH),
        ("'abc", "expression-syntax", 0, "add the closing '"),
        ("a == `1", "expression-syntax", 5, "add the closing `"),
        ('"abc', "expression-syntax", 0, 'add the closing "'),
        ("a == `foo`", "expression-syntax", 5, LITERAL),
        ("`NaN`", "expression-syntax", 0, LITERAL),
        ("`1e999`", "expression-syntax", 0, LITERAL),
        ('"\\q"', "expression-syntax", 0, 'inside "…" JSON\'s escapes apply'),
        ("join(',' x)", "expression-syntax", 9, None),
        ("join(',', x,)", "expression-syntax", 12, None),
        ("{a: x b: y}", "expression-syntax", 6, None),
        ("{'a': x}", "expression-syntax", 1, 'write name or "any name"'),
        ('"f"(x)', "expression-syntax", 0, None),
        ("a.b(x)[0](y)", "expression-syntax", 9, None),
        ("a = b", "expression-syntax", 2, "equality is written =="),
        ("a and b", "expression-syntax", 2, "use &&"),
        ("not a", "expression-syntax", 4, "use !"),
        ("a ? b : c", "expression-syntax", 2, "a choice is written if(condition, then, else)"),
        ("$a", "expression-syntax", 0, "names are written without $"),
        ("a == ‘b’", "expression-syntax", 5, QUOTES),
        ("a[::0]", "expression-syntax", 0, None),
        ("a[" + "1" * 400 + "]", "expression-syntax", 2, None),
        ("(" * 150 + "a" + ")" * 150, "expression-syntax", 100, None),
        ("!" * 150 + "a", "expression-syntax", 100, None),
        ("a" * (MAX_LENGTH + 1), "expression-syntax", MAX_LENGTH, None),
        ("`" + "[" * 9000 + "`", "expression-syntax", 0, LITERAL),
    ],
)  # fmt: skip
def test_a_mistake_has_a_place_and_a_hint(text: str, code: str, offset: int, hint: str | None) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert (caught.value.code, caught.value.offset, caught.value.hint) == (code, offset, hint)


@pytest.mark.parametrize("text", ["a||" * 300 + "a", "a[*]" + "[*]" * 300, "[" * 200 + "a" + "]" * 200])
def test_nesting_is_bounded(text: str) -> None:
    with pytest.raises(ExpressionError, match="nests deeper than 100"):
        parse(text)


@pytest.mark.parametrize("text", ["!a && b", "!(a.b)", "!a[0]", "!a[*]", "(!a).b", "!a || !b", "a | !b"])
def test_a_negation_that_means_what_it_seems_is_fine(text: str) -> None:
    assert parse(text)


def test_terms_know_their_places() -> None:
    assert parse('a || f("b c", `1`)') == Term(
        "or",
        None,
        (
            Term("field", "a", (), 0),
            Term("call", "f", (Term("field", "b c", (), 7, True), Term("literal", 1, (), 14)), 5),
        ),
        0,
    )


def test_a_chain_is_flat() -> None:
    chain = parse("a.b[0] | c.d")
    assert [step.kind for step in chain.children] == ["field", "field", "index", "field", "field"]
    assert parse("@.a | @") == Term("field", "a", (), 2)


def test_the_cache_of_the_library_is_neither_read_nor_written() -> None:
    import jmespath

    before = jmespath.compile("a.b").parsed
    assert parse("a.b").children[1].start == 2
    assert jmespath.compile("a.b").parsed is before and "start" not in before["children"][0]

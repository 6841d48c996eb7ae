"""Variables out of files, beside those of the environment."""

from __future__ import annotations

from pathlib import Path

from engine.adapters.env_file import add_variables

TEXT = """
# the old service's own
export PORT=8001
KEY = sk-1#2   # a comment
NAME="two\\nlines # no comment"   # a comment
PLAIN='a "b" \\n'
QUOTES="it's" # said "so"
EMPTY=
HERE=from the file
"""


def test_lines_as_they_are_usually_written(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(TEXT)
    environ = {"HERE": "from outside", "EMPTY": ""}
    assert add_variables(tmp_path, [".env", "none.env"], environ) == []
    assert environ == {
        "PORT": "8001", "KEY": "sk-1#2", "NAME": "two\nlines # no comment", "PLAIN": 'a "b" \\n',
        "QUOTES": "it's", "EMPTY": "", "HERE": "from outside",
    }  # fmt: skip


def test_the_first_file_wins(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("A=1")
    (tmp_path / "b").write_text("A=2\nB=3")
    environ: dict[str, str] = {}
    add_variables(tmp_path, ["a", "b"], environ)
    assert environ == {"A": "1", "B": "3"}


def test_what_is_odd_is_told_without_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("A=1\nsecret words\n1A=secret\nB=secret\0\nC=a\u2028\x0cb\n")
    (tmp_path / "b").write_bytes(b"\xff")
    environ: dict[str, str] = {}
    odd = add_variables(tmp_path, ["a", "b"], environ)
    assert [each.place for each in odd] == ["a:2", "a:3", "a:4", "b"] and "secret" not in str(odd)
    assert environ == {"A": "1", "C": "a\u2028\x0cb"}

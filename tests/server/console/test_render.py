from __future__ import annotations

import re
import string
import subprocess
import sys

import pytest

from engine.server.console.language import LANGUAGES
from engine.server.console.pages import ASSETS, PAGES
from engine.server.console.render import HERE, render, texts_of

# Texts that are found by a word of the API, or by a name that is put together.
BY_WORD = {
    "menu", "about", "theme", "state", "source", "flow", "breaker", "health", "storage", "counters", "file",
    "reload", "rule", "rotation", "setting", "per", "limit", "by", "since", "class", "part", "js",
}  # fmt: skip


def sources() -> str:
    files = [*(HERE / "templates").glob("*.html"), *ASSETS.glob("*.js"), *HERE.glob("*.py")]
    return "".join(file.read_text() for file in files if "alpine" not in file.name)


def fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text)} - {None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language: str) -> None:
    english, texts = texts_of("en"), texts_of(language)
    assert set(texts) == set(english)
    assert all(isinstance(text, str) and text.strip() for text in texts.values())
    assert {key: fields(text) for key, text in texts.items()} == {
        key: fields(text) for key, text in english.items()
    }


def test_texts_are_those_that_are_used() -> None:
    written = sources()
    used = set(re.findall(r"""\bt\(\s*['"]([a-z_]+\.[a-z_]*[a-z])['"]""", written))
    assert used <= set(texts_of("en"))
    idle = {key for key in texts_of("en") if key not in written and key.partition(".")[0] not in BY_WORD}
    assert idle == {"models.canary", "models.mirror", "usage.tokens"} & idle


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_rendered(page: str, language: str) -> None:
    known = {
        "name": page,
        "pages": PAGES,
        "theme": "auto",
        "themes": ("auto",),
        "version": "1",
        "path": "/admin",
    }
    text = render(page, language, **known, keyed=True).decode()
    assert f"<h1>{texts_of(language)[f'menu.{page}']}</h1>" in text
    assert not re.search(r"<script(?![^>]*(src=|application/json))|\son[a-z]+=|style=", text), (
        "the policy forbids it"
    )


def test_what_is_shown_is_escaped() -> None:
    known = {"name": "closed", "pages": (), "theme": "auto", "themes": (), "version": "1", "path": '"><x>'}
    text = render("closed", "en", **known, keyed=False, message="<script>alert(1)</script>").decode()
    assert "<script>alert" not in text and "<x>" not in text


def test_a_worker_loads_no_templates_until_a_page_is_asked_for() -> None:
    code = (
        "import sys, engine.server.console.wiring; assert 'engine.server.console.render' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

"""Templates to HTML. Whoever needs it imports it late: most servers never show a page."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import yaml

from engine.server.console.language import LANGUAGES

HERE = Path(__file__).parent


def render(which: str, language: str, /, **values: Any) -> bytes:
    """The template `which`.html with `t(key, …)` for the texts of the language."""
    texts = texts_of(language)

    def t(key: str, **further: Any) -> str:
        return texts[key].format(**further) if further else texts[key]

    template = _environment().get_template(f"{which}.html")
    return template.render(t=t, texts=texts, lang=language, languages=LANGUAGES, **values).encode()


@cache
def texts_of(language: str) -> Mapping[str, str]:
    """Every text by its key."""
    found: Mapping[str, str] = yaml.safe_load((HERE / "texts" / f"{language}.yaml").read_bytes())
    return found


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

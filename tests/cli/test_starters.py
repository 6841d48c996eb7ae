from __future__ import annotations

import re
from functools import cache

import pytest

from engine.cli.starters import KINDS, LIKE, NoStarter, Own, starter
from engine.config.site import SiteFiles
from engine.snapshot.cache import Cache
from engine.snapshot.compile import Compilation, compile_site
from engine.snapshot.library import NoSecrets, shipped

SITE = """version: 1
providers:
  plain: {dialect: house, base_url: "https://house.test"}
dialects:
  house: {extends: openai-compatible, params: {team: null}}
models:
  cheap: {targets: [plain/small]}
  smart: {targets: [plain/large]}
  fast-1: {targets: [plain/fast]}
groups: {team: {}}
clients:
  web: {key: "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}
  team-a: {key: "sha256:3cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}
"""
NOTHING = Own([], [], {})
DIALECTS = sorted(shipped().dialects)


def compiled(*texts: str) -> Compilation:
    files = {f"routes.d/{index}.yaml": text.encode() for index, text in enumerate(texts)}
    return compile_site(SiteFiles(files), NoSecrets(), cache=Cache())


def made(kind: str, like: str | None = None, name: str = "fresh", own: str = SITE) -> str:
    return starter(kind, name, like, known(own), "pk-hush")


@cache
def known(text: str) -> Own:
    return Own.of(compiled(text).files.values())


def problems(*texts: str) -> list[str]:
    """All but what nobody uses yet: a secret of the environment is never there."""
    found = compiled(*texts).diagnostics
    return [f"{item.at}: {item.message}" for item in found if item.code not in ("unused-prompt",)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_starter_validates_without_its_secrets(kind: str) -> None:
    text = made(kind)
    assert text.startswith("# yaml-language-server: $schema=../schemas/route.schema.json\n")
    assert problems(SITE, text) == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_commented_out_is_right_too(kind: str) -> None:
    for like in (None, "house") if kind in LIKE else (None,):
        whole = re.sub(r"^( +)# (?=\S+:( |$)|  |- )", r"\1", made(kind, like), flags=re.MULTILINE)
        assert whole != made(kind, like) or kind in ("dialect", "prompt")
        assert problems(SITE, whole) == []


def test_every_dialect_is_a_pattern() -> None:
    texts = {
        (kind, like): made(kind, like, f"fresh-{like}") for kind in LIKE for like in (*DIALECTS, "house")
    }
    assert problems(SITE, *texts.values()) == []
    for (kind, like), text in texts.items():
        assert f"{'dialect' if kind == 'provider' else 'extends'}: {like} " in text
    unknown = [like for like in DIALECTS if "api.example.com" in texts["provider", like]]
    assert unknown == ["openai-compatible"], "the head of every shipped dialect says its address"


def test_what_is_known_of_a_platform_is_told() -> None:
    text = made("provider", "openai")
    assert 'base_url: "https://api.openai.com/v1"' in text
    assert "# params: {organization: null, project: null}" in text
    assert '    key: "${env:FRESH_KEY}"' in text
    assert "# A credential is an access key" in made("provider", "bedrock")


def test_a_platform_of_this_machine_needs_no_key() -> None:
    assert '    # key: "${env:FRESH_KEY}"' in made("provider", "ollama")


def test_a_dialect_of_the_site_comes_before_that_of_the_library() -> None:
    own = SITE.replace("house: {extends: openai-compatible", "groq: {extends: groq").replace(
        "dialect: house", "dialect: groq"
    )
    text = made("provider", "groq", own=own)
    assert "team: null" in text and "https://api.groq.com/openai/v1" in text


def test_a_pattern_that_hangs_in_the_air() -> None:
    own = SITE.replace("extends: openai-compatible", "extends: gone")
    with pytest.raises(NoStarter, match="dialect 'house' extends what is not there"):
        made("dialect", "house", own=own)


def test_what_a_placeholder_filled_is_not_shown() -> None:
    own = SITE.replace("{team: null}", "{team: '${env:TEAM:-hush}', size: 5}")
    text = made("dialect", "house", own=own)
    assert "team: null" in text and "size: 5" in text and "hush" not in text


def test_comments_stand_below_each_other() -> None:
    columns = {line.rindex("# ") for line in made("client").splitlines() if re.search(r"\S  +# ", line)}
    assert min(columns) == 39


def test_of_a_key_only_the_hash_is_written() -> None:
    text = made("client")
    assert "pk-hush" not in text and "sha256:" in text


def test_names_that_would_be_no_yaml_are_quoted() -> None:
    text = starter("model", "fresh", None, Own(["a,b"], [], {}), "")
    assert '{provider: "a,b", model: MODEL}' in text


def test_a_glob_may_be_all_that_there_is() -> None:
    own = (
        SITE.replace("cheap:", '"*":')
        .replace("smart:", '"x/*":')
        .replace("fast-1:", '"y/*":')
        .replace("small", "*")
        .replace("large", "*")
    )
    text = made("endpoint", own=own)
    assert "model: MODEL\n" in text and problems(own, text) == []


@pytest.mark.parametrize(
    ("kind", "name", "like", "message"),
    [
        ("provider", "x", "opnai", "did you mean 'openai'?"),
        ("dialect", "x", "huose", "did you mean 'house'?"),
        ("dialect", "x", "qqqqqqqq", "there are anthropic, "),
        ("model", "x", "smart", "--like goes with provider and dialect, not with model"),
        ("provider", "a b", None, "is no name for a starter"),
        ("provider", "../x", None, "is no name for a starter"),
        ("provider", "-x", None, "is no name for a starter"),
        ("provider", "a/*", None, "is no name for a starter"),
        ("model", "a:", None, "is no name for a starter"),
    ],
)
def test_what_is_asked_wrongly(kind: str, name: str, like: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        made(kind, like, name)


@pytest.mark.parametrize("name", ["gpt-*", "team/*", "llama3:8b", "gpt-4.1"])
def test_models_may_be_globs(name: str) -> None:
    assert problems(SITE, made("model", name=name)) == []


def test_an_exact_model_is_a_better_example_than_a_glob() -> None:
    assert "model: fast-1\n" in made("endpoint", own=SITE.replace("cheap:", '"a/*":'))


@pytest.mark.parametrize(("kind", "first"), [("model", "provider"), ("endpoint", "model")])
def test_what_must_be_there_first(kind: str, first: str) -> None:
    with pytest.raises(NoStarter, match=f"the site has no {first} yet.*proxyctl new {first}"):
        starter(kind, "x", None, NOTHING, "")

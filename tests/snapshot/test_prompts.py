"""Prompts of a site and their files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.config.site import SiteFiles
from engine.snapshot.cache import Cache
from engine.snapshot.compile import Compilation, compile_site
from engine.snapshot.reconcile import Accepted, Reloaded, reload
from tests.snapshot.sites import MOCK, FakeSecrets, site

ASK = """
models: {small: {targets: [mock/x]}}
endpoints:
  e:
    path: /e
    action: complete
    with: {model: small, prompt: p, variables: {name: =body.name}}
"""
TOML = b'[system]\ncontent = "Be kind."\n[user]\ntemplate = """\nHi {{ name }}\n"""\n'


def with_prompts(declared: str, **files: bytes) -> SiteFiles:
    named = {name.replace("_", ".", 1): content for name, content in files.items()}
    routes = site({"mock": MOCK, "ask": ASK, "p": f"prompts: {{p: {declared}}}"})
    return replace(routes, prompts=named)


def compiled(declared: str, **files: bytes) -> Compilation:
    return compile_site(with_prompts(declared, **files), FakeSecrets())


@pytest.mark.parametrize(
    ("declared", "files"),
    [
        ("{system: Be kind., user: 'Hi {{ name }}'}", {}),
        ("{user: {template: 'Hi {{ name }}'}, variables: {name: {type: string}}}", {}),
        ("{file: p.toml}", {"p_toml": TOML}),
        ("{file: p.yaml}", {"p_yaml": b"system: {content: Be kind.}\nuser: {template: 'Hi {{ name }}'}\n"}),
        ("{file: p.j2}", {"p_j2": b"Hi {{ name }}"}),
        ("{system: 'Be kind to {{ name }}.', user: Hi Ann}", {}),
        ("{system: {template: 'Be kind to {{ name }}.'}, user: Hi Ann}", {}),
        ("{file: p.toml}", {"p_toml": TOML.replace(b"content", b"template").replace(b"kind", b"{{ name }}")}),
        (
            "{versions: [{file: p.j2, weight: 3}, {user: 'Dear {{ name }}', version: formal}]}",
            {"p_j2": b"Hi {{ name }}"},
        ),
    ],
)
def test_a_prompt_however_it_is_written(declared: str, files: dict[str, bytes]) -> None:
    outcome = compiled(declared, **files)
    assert outcome.diagnostics == () and outcome.snapshot is not None
    program = outcome.snapshot.endpoints[0].action
    assert program is not None
    rendered = program.inputs.known["prompt"].render({"name": "Ann"}, lambda: 0.0)
    assert rendered.user.strip() == "Hi Ann"


@pytest.mark.parametrize(
    ("declared", "files", "found"),
    [
        ("{file: q.j2}", {"p_j2": b"x"}, ("unknown-prompt-file", "routes.d/p.yaml", 2)),
        ("{version: a}", {}, ("empty-prompt", "routes.d/p.yaml", 2)),
        ("{file: p.toml}", {"p_toml": b"[system]\ncontent = \n"}, ("bad-toml", "prompts/p.toml", 2)),
        (
            "{file: p.toml}",
            {"p_toml": TOML.replace(b"{{ name", b"{{ na me")},
            ("bad-prompt", "prompts/p.toml", 5),
        ),
        ("{file: p.j2}", {"p_j2": b"\n{% include 'x' %}"}, ("bad-prompt", "prompts/p.j2", 2)),
        (
            "{file: p.yaml}",
            {"p_yaml": b"user:\n  template: |\n    Hi\n    {{ name\n"},
            ("bad-prompt", "prompts/p.yaml", 4),
        ),
        (
            "{file: p.toml}",
            {"p_toml": TOML.replace(b"content", b"template").replace(b"kind", b"{{")},
            ("bad-prompt", "prompts/p.toml", 2),
        ),
        ("{system: 'Hi {{ name }}{{ other }}'}", {}, ("missing-variable", "routes.d/ask.yaml", 7)),
        ("{system: {}, user: x}", {}, ("missing-key", "routes.d/p.yaml", 2)),
        ("{file: p.yaml}", {"p_yaml": b"usr: {template: x}\n"}, ("unknown-key", "prompts/p.yaml", 1)),
        ("{user: 'Hi {{ nmae }}', variables: {name: {}}}", {}, ("unknown-variable", "routes.d/p.yaml", 2)),
        ("{user: 'Hi {{ name }}{{ other }}'}", {}, ("missing-variable", "routes.d/ask.yaml", 7)),
    ],
)
def test_a_mistake_is_found_at_its_place(
    declared: str, files: dict[str, bytes], found: tuple[str, str, int]
) -> None:
    told = [(item.code, item.at.file, item.at.line) for item in compiled(declared, **files).diagnostics]
    assert found in told


class Edited:
    """A site whose prompt file is edited."""

    def __init__(self) -> None:
        self.accepted, self.cache = Accepted(), Cache()

    def edit(self, text: bytes | None, route: str = "{file: p.j2}") -> Reloaded:
        files = {} if text is None else {"p_j2": text}
        outcome = reload(self.accepted, with_prompts(route, **files), FakeSecrets(), self.cache, 1.0)
        self.accepted = outcome.accepted
        return outcome

    def said(self, outcome: Reloaded) -> str:
        assert outcome.snapshot is not None
        program = outcome.snapshot.endpoints[0].action
        assert program is not None
        return str(program.inputs.known["prompt"].render({"name": "Ann"}, lambda: 0.0).user)


def test_a_prompt_file_is_hot_and_a_broken_one_keeps_its_last_good_version() -> None:
    site = Edited()
    assert site.said(site.edit(b"Hi {{ name }}")) == "Hi Ann"
    changed = site.edit(b"Dear {{ name }}")
    assert changed.changed and site.said(changed) == "Dear Ann"
    broken = site.edit(b"Dear {{ name")
    assert site.said(broken) == "Dear Ann"
    state = site.accepted.states["prompts/p.j2"]
    assert (state.state, state.diagnostics[0].code) == ("rejected", "bad-prompt")
    assert site.said(site.edit(b"Ho {{ name }}")) == "Ho Ann"


def test_a_prompt_that_wants_more_than_it_is_given_is_held_back() -> None:
    site = Edited()
    site.edit(b"Hi {{ name }}")
    held = site.edit(b"Hi {{ name }} of {{ town }}")
    assert site.said(held) == "Hi Ann"
    assert site.accepted.states["prompts/p.j2"].state == "rejected"


def test_a_prompt_file_that_is_used_cannot_go() -> None:
    site = Edited()
    site.edit(b"Hi {{ name }}")
    gone = site.edit(None)
    assert site.said(gone) == "Hi Ann"
    assert site.accepted.states["prompts/p.j2"].diagnostics[0].code == "still-used"

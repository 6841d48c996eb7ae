"""The YAML in the documentation is what it claims to be: marked blocks are compiled, and their tests run."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.adapters.catalogue import CATALOGUE
from engine.config.settings import read_settings
from engine.config.site import SiteFiles
from engine.diagnostics import Diagnostic
from engine.mapping.directive import Directive
from engine.mapping.registry import COMPANIONS, DIRECTIVES
from engine.snapshot.cache import Cache
from engine.snapshot.compile import Compilation, compile_site
from engine.snapshot.dialects import Dialects
from engine.snapshot.library import NoSecrets, shipped
from engine.snapshot.model import Snapshot
from engine.testing.cases import cases_of
from engine.testing.runner import Bench, run
from tests.mapping.templates import program, scope

ROOT = Path(__file__).parents[1]
PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "reference"),
    *sorted((ROOT / "examples").rglob("*.md")),
]
BLOCK = re.compile(r"^([ ]*)```(yaml[^\n]*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
KINDS = {"yaml", "yaml test", "yaml site", "yaml prometheus", "yaml fragment"}


@dataclass(frozen=True)
class Block:
    place: str
    kind: str
    text: str


def blocks() -> list[Block]:
    return [
        Block(
            f"{page.relative_to(ROOT)}:{page.read_text()[: found.start()].count(chr(10)) + 1}",
            found[2].strip(),
            textwrap.dedent(found[3]),
        )
        for page in PAGES
        for found in BLOCK.finditer(page.read_text())
    ]


def of(*kinds: str) -> list[Block]:
    return [block for block in blocks() if block.kind in kinds]


def shown(found: tuple[Diagnostic, ...] | list[Diagnostic]) -> list[str]:
    return [f"{item.at}: {item.message}" for item in found if item.is_error]


def test_blocks_are_found_and_marked() -> None:
    assert len(of("yaml")) >= 10 and of("yaml test") and of("yaml site")
    assert {block.kind for block in blocks()} <= KINDS


@pytest.mark.parametrize("block", of("yaml"), ids=lambda block: block.place)
def test_a_route_file_compiles(block: Block) -> None:
    files = {"routes.d/block.yaml": block.text.encode()}
    assert shown(compile_site(SiteFiles(files), NoSecrets(), mock=True).diagnostics) == []


@pytest.mark.parametrize("block", of("yaml test"), ids=lambda block: block.place)
async def test_the_tests_of_a_test_file_pass(block: Block) -> None:
    """They speak of a route file that stands before them on the page."""
    page, line = block.place.rsplit(":", 1)
    before = [
        each
        for each in of("yaml")
        if each.place.startswith(page) and int(each.place.rsplit(":", 1)[1]) < int(line)
    ]
    found = next(filter(None, (compiled(route, block) for route in reversed(before))), None)
    assert found is not None, "no route file on the page has what these tests test"
    site, snapshot = found
    declared = {
        name: each
        for file in site.files.values()
        if file.document
        for name, each in file.document.dialects.items()
    }
    bench = Bench(Dialects(declared, shipped().dialects, Cache(mock=True)).get, snapshot)
    results = [result async for result in run(cases_of(site.files.values()), bench)]
    assert results
    assert [f"{each.at}: {each.message}" for result in results for each in result.failures] == []


def compiled(route: Block, tests: Block) -> tuple[Compilation, Snapshot] | None:
    files = {"routes.d/block.yaml": route.text.encode(), "routes.d/block.test.yaml": tests.text.encode()}
    found = compile_site(SiteFiles(files), NoSecrets(), mock=True)
    return (found, found.snapshot) if found.snapshot else None


@pytest.mark.parametrize("block", of("yaml site"), ids=lambda block: block.place)
def test_a_site_file_is_one(block: Block) -> None:
    assert shown(read_settings(block.text.encode(), {}, {}, NoSecrets(), mock=True).diagnostics) == []


def test_metrics_and_headers_that_are_documented_exist() -> None:
    page = "".join((ROOT / "docs" / name).read_text() for name in ("operations.md", "observability.md"))
    documented = set(re.findall(r"`(proxyctl_[a-z_]+|x-proxyctl-[a-z]+)`", page))
    code = "".join(path.read_text() for path in (ROOT / "engine").rglob("*.py"))
    assert len(documented) >= 12
    assert {name for name in documented if f'"{name}"' not in code} == set()
    assert set(CATALOGUE) <= set(re.findall(r"`([a-z_]+)`", page)), "every metric is documented"


def test_the_directive_of_the_contributing_page_works(monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(
        r"^```python\n(.*?)^```$", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL | re.MULTILINE
    )
    assert found is not None
    module: dict[str, Any] = {}
    exec(compile(found[1], "CONTRIBUTING.md", "exec"), module)
    directive: Directive = module["SPEC"]
    monkeypatch.setitem(DIRECTIVES._items, directive.name, directive)
    for key in directive.keys:
        monkeypatch.setitem(COMPANIONS, key, directive.name)
    assert directive.examples
    for example in directive.examples:
        given = scope(**(example.given or {}))
        assert program(example.text, directive.position)(given) == example.result

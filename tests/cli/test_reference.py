from __future__ import annotations

from pathlib import Path

import pytest

from engine.cli.reference import CREDENTIAL_STRATEGIES, ROUTING_STRATEGIES, main, pages
from engine.config.settings import boot_settings
from engine.expression.registry import FUNCTIONS
from engine.mapping.registry import COMPANIONS, DIRECTIVES
from engine.signing.registry import SCHEMES
from engine.wire.registry import FRAMINGS

CHECKED_IN = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", pages())
def test_the_pages_that_are_checked_in_are_not_stale(name: str) -> None:
    written = (CHECKED_IN / name).read_text(encoding="utf-8")
    assert written == pages()[name], "run: python -m engine.cli.reference docs/reference"


def test_no_page_is_left_over() -> None:
    assert {path.name for path in CHECKED_IN.iterdir()} == set(pages())


def test_main_writes_the_pages(tmp_path: Path) -> None:
    main([str(tmp_path / "new")])
    assert {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()} == pages()


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("functions.md", [f"## {name}\n" for name in FUNCTIONS.names()]),
        (
            "directives.md",
            [f"## {name}\n" for name in DIRECTIVES.names()] + [f"`{key}`" for key in COMPANIONS],
        ),
        ("components.md", [f"### {name}\n" for name in [*FRAMINGS.names(), *ROUTING_STRATEGIES.names()]]),
        ("components.md", [f"### {name}\n" for name in [*CREDENTIAL_STRATEGIES.names(), *SCHEMES.names()]]),
        ("settings.md", [f"| `{item.flag}` | `{item.variable}` |" for item in boot_settings()]),
    ],
    ids=["functions", "directives", "framings and routing", "credentials", "settings"],
)
def test_every_registered_name_is_documented(page: str, names: list[str]) -> None:
    assert names
    assert [name for name in names if name not in pages()[page]] == []


@pytest.mark.parametrize(
    "registry",
    [FUNCTIONS, DIRECTIVES, FRAMINGS, SCHEMES, ROUTING_STRATEGIES, CREDENTIAL_STRATEGIES],
    ids=lambda r: r.kind,
)
def test_every_component_has_a_summary_and_an_example(registry: object) -> None:
    bare = [item.name for item in registry if not (item.summary and item.examples)]  # type: ignore[attr-defined]
    assert bare == []

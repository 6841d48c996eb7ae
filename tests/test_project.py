"""What stands beside the code: the lock files, the bootstrap script, the promises of the README."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """run.py as a module, with an environment that does not exist yet."""
    monkeypatch.setenv("PROXYCTL_VENV", str(tmp_path / "venv"))
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_names_every_package_with_hashes_and_no_index(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text)
    requirements = re.split(r"\n(?=\S)", re.sub(r"^\s*#.*\n", "", text, flags=re.M).strip())
    assert len(requirements) > 20
    for requirement in requirements:
        assert re.match(r"[a-z0-9._-]+==\S+", requirement), requirement
        assert "--hash=sha256:" in requirement


def test_what_serves_is_part_of_what_tests() -> None:
    def pins(lock: Path) -> set[str]:
        return set(re.findall(r"^([a-z0-9._-]+==\S+)", lock.read_text(), flags=re.M))

    serve, dev = (pins(ROOT / "requirements" / name) for name in ("serve.txt", "dev.txt"))
    assert serve < dev
    assert not {pin for pin in serve if pin.startswith(("pytest", "mypy", "ruff"))}


def test_the_lock_has_every_direct_dependency() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text()
    direct = {name.lower() for name in re.findall(r'^  "([A-Za-z0-9._-]+)>=', pyproject, flags=re.M)}
    locked = set(
        re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements" / "dev.txt").read_text(), flags=re.M)
    )
    assert len(direct) > 10
    assert direct <= locked


def test_the_readme_has_both_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert "$ python3 run.py serve" in readme
    assert "$ python3 run.py test" in readme


def anchors(page: Path) -> set[str]:
    """What a heading is called in a link, as code hosts derive it."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def test_links_in_the_documentation_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
    links = [
        (page, page.parent / file if file else page, anchor)
        for page in pages
        for file, anchor in re.findall(r"\]\((?!https?://)([^)#]*)#?([^)]*)\)", page.read_text())
    ]
    broken = [
        f"{page.relative_to(ROOT)}: {target.name}#{anchor}"
        for page, target, anchor in links
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]
    assert len(links) > 100 and not broken


def test_the_bootstrap_script_says_what_it_does() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "run.py", "--help"], capture_output=True, text=True, check=True
    )
    assert "run.py serve" in done.stdout and "run.py test" in done.stdout


def test_an_old_python_is_told_so(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run.sys, "version_info", (3, 10, 4))
    with pytest.raises(SystemExit) as left:
        run.main(["serve"])
    assert left.value.code == 2
    assert "needs Python 3.11" in capsys.readouterr().err


def test_an_environment_that_is_there_is_not_made_again(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    binaries = tmp_path / "venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "proxyctl").touch()
    (tmp_path / "venv" / "proxyctl-requirements").write_text(run.digest(False))
    done: list[tuple[str, ...]] = []
    monkeypatch.setattr(run, "make_venv", lambda: done.append(("make",)))
    monkeypatch.setattr(run, "install", lambda *arguments: done.append(arguments))
    run.setup(dev=False)
    assert done == []
    run.setup(dev=True)
    assert [step[0] for step in done] == ["make", "--require-hashes", "--no-deps"]
    assert run.installed() == sorted({run.digest(False), run.digest(True)})


def test_commands_run_in_the_environment_on_this_site(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[tuple[str, list[str]]] = []
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(run, "setup", lambda dev: None)
    monkeypatch.setattr(run, "become", lambda name, arguments: became.append((name, arguments)))
    monkeypatch.setenv("PROXYCTL_SITE", "elsewhere")
    run.main(["serve", "--port", "1"])
    run.main(["test", "-k", "x"])
    assert became == [("proxyctl", ["serve", "--port", "1"]), ("python", ["-m", "pytest", "-k", "x"])]

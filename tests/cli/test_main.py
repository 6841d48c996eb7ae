from __future__ import annotations

import subprocess
import sys
import time

import pytest

from engine import __version__
from engine.cli import main as cli


def test_every_command_of_the_table_can_be_loaded_and_configured(capsys: pytest.CaptureFixture[str]) -> None:
    for name in cli.COMMANDS:
        with pytest.raises(SystemExit) as left:
            cli.main([name, "--help"])
        assert left.value.code == 0
        assert f"usage: proxyctl {name}" in capsys.readouterr().out


def test_help_lists_commands_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["--help"])
    assert left.value.code == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in cli.COMMANDS)
    assert "3 only warnings" in out


def test_an_unknown_command_suggests_the_near_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["validte"])
    assert left.value.code == 2
    assert "did you mean 'validate'?" in capsys.readouterr().err


def test_the_site_comes_from_flag_or_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXYCTL_SITE", "from-env")
    parser = cli.top_parser()
    assert parser.parse_args(["models"]).site == "from-env"
    assert parser.parse_args(["--site", "x", "models"]).site == "x"
    inner = cli.command_parser("version", cli.load("version"), "outer")
    assert inner.parse_args([]).site == "outer"
    assert inner.parse_args(["--site", "inner"]).site == "inner"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["version"]) == 0
    assert capsys.readouterr().out.startswith(f"proxyctl {__version__} ")


HEAVY = ("sanic", "httpx", "jsonschema", "yaml", "jinja2", "asyncio")


def test_help_imports_nothing_heavy_and_is_quick() -> None:
    program = (
        "import sys\nfrom engine.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules], file=sys.stderr)"
    )
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    # The budget is 300 ms; a busy test machine gets some grace, since what makes help slow is imports.
    assert time.perf_counter() - started < 3


def test_a_reader_that_leaves_is_no_error() -> None:
    command = [
        sys.executable,
        "-c",
        "import sys; from engine.cli.main import entry; sys.argv[1:] = ['schema']; entry()",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stderr is not None
        assert running.stdout.read(1) == b"{"
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait() == 0


def test_without_a_command_the_usage_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main([])
    assert left.value.code == 2 and "name a command" in capsys.readouterr().err

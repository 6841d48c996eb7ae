"""The build proves the shape: sizes, layers, mirrored tests, no provider in Python.

Every allow-list here may only shrink: an entry that is no longer needed fails the test that reads it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

ROOT = Path(__file__).parents[1]
ENGINE = ROOT / "engine"
MODULES = sorted(path for path in ENGINE.rglob("*.py") if path.name != "__init__.py")
PACKAGES = sorted(ENGINE.rglob("__init__.py"))

MAX_FILE, MAX_FUNCTION = 400, 50

# Packages whose modules carry their own tests: the examples of each SPEC, which the test of its registry runs.
EXAMPLE_TESTED = {
    "engine/expression/functions",
    "engine/mapping/directives",
    "engine/actions/verbs",
    "engine/routing/strategies",
    "engine/credentials/strategies",
    "engine/storage/migrations",  # one test walks them all: tests/storage/test_migrate.py
}

# Modules without a mirrored test file, each for a reason.
UNMIRRORED = {
    "engine/events.py",  # values without behaviour
    "engine/ports.py",  # protocols
    "engine/snapshot/model.py",  # values without behaviour
}

# Where an exception of any kind may be caught: the outermost loops, which must outlive everything.
# What a stream's bytes are poured into is called by the event loop itself, and hands on what it caught.
OUTERMOST = {
    "engine/gateway/reading.py:given",
    "engine/gateway/reading.py:pour",
    "engine/server/front.py:handle",
    "engine/server/reload.py:_outlive",
}

# Functions that import when they are called: start-up speed of the command line, memory of the workers.
LATE_IMPORTS = ("engine/cli/commands/", "engine/config/structure.py")

# What vendors, their products and their models are called, beside the names of the shipped dialects.
VENDOR_WORDS = {
    "openai", "anthropic", "claude", "gemini", "google", "vertexai", "azure", "aws", "amazon", "bedrock",
    "coze", "bytedance", "codebuddy", "tencent", "ollama", "mistral", "groq", "deepseek", "grok", "xai",
    "openrouter", "perplexity", "cerebras", "cohere", "huggingface", "cloudflare", "dify", "dashscope",
    "qwen", "alibaba", "zhipu", "glm", "moonshot", "kimi", "qianfan", "baidu", "ernie", "voyage", "vllm",
    "llamacpp", "lmstudio", "llama", "gpt", "fireworks", "nvidia", "watsonx", "sagemaker",
}  # fmt: skip
# Dialect names that are English words or words of the trade; they name no vendor where the engine uses them.
ORDINARY_WORDS = {"mock", "together", "replicate", "ark"}
# The hub: the one protocol that is compiled in, and the name of its surface; and names that the format gives: of a
# framing and its content type, of a signing scheme.
HUB = re.compile(
    r"openai[_-]chat|\baws-eventstream\b|\bvnd\.amazon\.eventstream\b|\bgoogle_service_account\b",
    re.IGNORECASE,
)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("path", MODULES + PACKAGES, ids=name)
def test_files_and_functions_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_FILE
    long = [f.name for f in functions(parse(path)) if (f.end_lineno or 0) - f.lineno + 1 > MAX_FUNCTION]
    assert not long


@pytest.mark.parametrize("path", PACKAGES, ids=name)
def test_a_package_file_is_its_docstring(path: Path) -> None:
    tree = parse(path)
    assert ast.get_docstring(tree)
    rest = [ast.unparse(node) for node in tree.body[1:]]
    assert all(line.startswith("__version__ = ") for line in rest)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_begins_with_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(parse(path))


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [name(path) for path in MODULES if path.stem in drawers] == []


def test_every_module_has_its_test() -> None:
    def mirror(path: Path) -> Path:
        inside = path.relative_to(ENGINE)
        return ROOT / "tests" / inside.parent / f"test_{inside.name}"

    wanted = {name(path) for path in MODULES if name(path.parent) not in EXAMPLE_TESTED}
    missing = {module for module in wanted if not mirror(ROOT / module).exists()}
    assert missing == UNMIRRORED


def test_only_the_outermost_loops_catch_everything() -> None:
    def catches_all(handler: ast.ExceptHandler) -> bool:
        kinds = (
            [node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)] if handler.type else []
        )
        return handler.type is None or bool({"Exception", "BaseException"} & set(kinds))

    found = {
        f"{name(path)}:{function.name}"
        for path in MODULES
        for function in functions(parse(path))
        for node in ast.walk(function)
        if isinstance(node, ast.ExceptHandler) and catches_all(node)
    }
    assert found == OUTERMOST


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_stand_at_the_top(path: Path) -> None:
    if name(path).startswith(LATE_IMPORTS):
        return
    late = [
        f"{function.name}:{node.lineno}"
        for function in functions(parse(path))
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert not late


def provider_names() -> re.Pattern[str]:
    shipped = {path.stem.split(".")[0] for path in (ENGINE / "library" / "dialects").glob("*.yaml")}
    words = (shipped | VENDOR_WORDS) - ORDINARY_WORDS
    alternatives = "|".join(re.escape(word).replace(r"\-", "[-_ ]") for word in sorted(words))
    # A word ends where letters and digits end: `_` and `-` part words, so `gemini_parts` is found too.
    return re.compile(rf"(?<![a-z0-9])(?:{alternatives})(?![a-z0-9])", re.IGNORECASE)


def test_the_name_test_finds_names() -> None:
    pattern = provider_names()
    assert pattern.search("if provider == 'anthropic'") and pattern.search("def gemini_parts")
    assert not pattern.search("begin, together") and not pattern.search("from openaiish import x")


@pytest.mark.parametrize("path", MODULES + PACKAGES, ids=name)
def test_no_provider_is_named_in_python(path: Path) -> None:
    pattern = provider_names()
    lines = HUB.sub("", path.read_text(encoding="utf-8")).splitlines()
    found = [f"{number}: {line.strip()}" for number, line in enumerate(lines, 1) if pattern.search(line)]
    assert not found
    assert not pattern.search(HUB.sub("", name(path)))


def test_layers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS, capsys.readouterr().out

from __future__ import annotations

from typing import Any

import pytest

from engine.adapters.redaction import redact
from engine.config.settings import FILE
from engine.config.site import SiteFiles
from engine.diagnostics import Problems
from engine.snapshot.description import MASK, Declared, describe, shown
from engine.spec.settings import Settings


def described(text: str, **more: Any) -> Declared:
    problems = Problems()
    files = {"routes.d/a.yaml": b"version: 1\n" + text.encode(), **more.pop("files", {})}
    site = SiteFiles(files, more.pop("prompts", {}), Settings(mounts=more.pop("mounts", {})))
    found = describe(site, redact, problems, **more)
    assert problems.items == []
    return found


def told(text: str, *path: str | int, **more: Any) -> Any:
    found: Any = {section: shown(dict(each)) for section, each in described(text, **more).items()}
    for step in path:
        found = found[step]
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("models: {m: {targets: [p/big]}}", "models: {m: {targets: [{provider: p, model: big}]}}"),
        ("models: {m: {targets: [p/big]}}", "models: {m: {targets: [{provider: p, model: big, weight: 1}]}}"),
        ("models: {m: {fallback: n}}", "models: {m: {fallback: [n], strategy: first, params: {}}}"),
        (
            "models: {m: {params: {a: 1, b: 2}}, n: {}}",
            "models:\n  n: {}\n  m:\n    params: {b: 2, a: 1} # so",
        ),
        ("providers: {p: {timeout: {idle: 1m}}}", "providers: {p: {timeout: {idle: 60s}}}"),
        ("models: {m: &x {fallback: [o]}, n: *x}", "models: {m: {fallback: [o]}, n: {fallback: [o]}}"),
    ],
)
def test_what_means_the_same_is_the_same(one: str, other: str) -> None:
    assert described(one) == described(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("clients: {c: {models: []}}", "clients: {c: {}}"),
        ("models: {m: {params: {a: 1}}}", "models: {m: {params: {a: true}}}"),
        ("models: {m: {fallback: [a, b]}}", "models: {m: {fallback: [b, a]}}"),
        ("clients: {c: {key: one-key}}", "clients: {c: {key: another-key}}"),
        ("providers: {p: {key: '${env:A}'}}", "providers: {p: {key: '${env:B}'}}"),
    ],
)
def test_what_means_something_else_is_not(one: str, other: str) -> None:
    assert described(one) != described(other)


def test_defaults_are_filled_in_with_their_units() -> None:
    pool = told("pools: {a: {credentials: [{id: x, key: '${env:A}'}], probe: {}}}", "pools", "a")
    assert pool["probe"]["every"] == "300s"
    assert pool["credentials"] == [{"id": "x", "key": "${env:A}", "weight": 1.0, "format": "json"}]


def test_a_dialect_has_no_defaults_since_it_may_inherit() -> None:
    assert told("dialects: {d: {extends: x}}", "dialects") == {"d": {"extends": "x"}}


@pytest.mark.parametrize(
    "text",
    [
        "providers: {p: {key: hush-hush}}",
        "providers: {p: {headers: {x-token: hush-hush}}}",
        "providers: {p: {proxy: 'http://me:hush-hush@proxy.test'}}",
        "providers: {p: {headers: {x-note: 'Bearer hush-hush-hush'}}}",
        "providers: {p: {base_url: 'https://hush-hush@p.test'}}",
        "providers: {p: {key: '${env:A:-hush-hush}'}}",
        "providers: {p: {params: {session: '${env:MY_TOKEN:-hush-hush}'}}}",
        "pools: {a: {credentials: [{id: x, key: hush-hush}]}}",
        "pools: {a: {credentials: [{id: x, secret_access_key: hush-hush}]}}",
        "clients: {c: {key: [hush-hush, 'sha256:hush-hush']}}",
        "settings: {S: {secret: true, default: hush-hush}}",
        "endpoints: {e: {path: /e, auth: {bearer: hush-hush}}}",
        "endpoints: {e: {path: /e, with: {credential: {api_key: hush-hush}}}}",
        "endpoints: {e: {path: /e, with: {credential: hush-hush, accessToken: hush-hush}}}",
        "dialects: {d: {operations: {chat: {request: {headers: {Authorization: hush-hush}}}}}}",
    ],
)
def test_secrets_are_not_shown(text: str) -> None:
    assert "hush" not in str(told(text))
    assert "hush" not in repr(described(text))


def test_what_is_no_secret_is_shown() -> None:
    providers = told(
        "providers: {p: {base_url: '${env:URL:-https://p.test}', key: '${env:A}', params: {max_tokens: 5}}}",
        "providers", "p",
    )  # fmt: skip
    assert providers["base_url"] == "${env:URL:-https://p.test}"
    assert (providers["key"], providers["params"]) == ("${env:A}", {"max_tokens": 5})
    assert (
        told("pools: {a: {credentials: [{directory: d, key: =token}]}}", "pools", "a", "credentials", 0)[
            "key"
        ]
        == "=token"
    )
    assert told("settings: {S: {default: seen}}", "settings", "S", "default") == "seen"


def test_boot_settings_are_a_section_of_their_own() -> None:
    raw = b"listen: {port: 81}\nadmin: {key: hush-hush}\nstorage: 'postgresql://db/x?password=hush-hush'\n"
    site = told("", FILE, settings_file=raw)
    assert site["listen"]["port"] == 81 and site["auth"] == "clients"
    assert site["admin"]["key"] == site["storage"] == MASK


def test_a_prompt_is_what_its_file_says() -> None:
    files = {"a.toml": b'[user]\ntemplate = "Hi {{ name }}"\n', "b.j2": b"Hello"}
    text = "prompts: {a: {file: a.toml}, b: {versions: [{file: b.j2}]}, c: {file: gone.toml}}"
    prompts = told(text, "prompts", prompts=files)
    assert prompts["a"]["content"]["user"] == {"template": "Hi {{ name }}"}
    assert prompts["b"]["versions"][0]["content"] == "Hello"
    assert "content" not in prompts["c"]


def test_an_endpoint_stands_where_it_is_mounted() -> None:
    files = {"routes.d/git/a.yaml": b"version: 1\nendpoints: {e: {path: /e}, f: off}\n"}
    found = told("", "endpoints", files=files, mounts={"git": "/git"})
    assert found["e"]["path"] == "/git/e" and found["f"] == "off"


def test_tests_are_left_out() -> None:
    files = {"routes.d/a.test.yaml": b"version: 1\nmodels: {m: {}}\ntests: []\n"}
    assert not told("tests: [{name: x}]", "models", files=files)
    assert told("dialects: {d: {extends: x, tests: [{name: y}]}}", "dialects", "d") == {"extends": "x"}


def test_what_does_not_fit_the_format_is_taken_as_it_stands() -> None:
    text = "providers: {p: {timeout: {idle: soon}, headers: [x], optional: '${env:A:-true}'}}\nmodels: [m]"
    provider = told(text, "providers", "p")
    assert (provider["timeout"]["idle"], provider["headers"]) == ("soon", ["x"])
    assert provider["optional"] == "${env:A:-true}"


def test_what_is_no_yaml_is_said() -> None:
    problems = Problems()
    describe(SiteFiles({"routes.d/a.yaml": b"a: ["}), redact, problems)
    assert problems.has_errors and problems.items[0].at.file == "routes.d/a.yaml"

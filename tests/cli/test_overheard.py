from __future__ import annotations

from engine.cli.overheard import Overheard


class Told:
    """Implements `ports.Secrets`."""

    def env(self, name: str) -> str | None:
        return {"KEY": "se cret-1", "URL": "https://a.test/v1", "DSN": "https://u:p@a.test", "EU": "eu"}.get(
            name
        )

    def file(self, path: str) -> str | None:
        return "from-a-file" if path == "key" else None


def test_what_was_given_is_hidden_wherever_it_stands() -> None:
    secrets = Overheard(Told())
    assert (secrets.env("KEY"), secrets.file("key"), secrets.env("NO")) == ("se cret-1", "from-a-file", None)
    told = {"url": "https://a?k=se%20cret-1&l=%2A%2A%2A", "list": ["x from-a-file y", 1, None]}
    assert secrets.hidden(told) == {"url": "https://a?k=***&l=***", "list": ["x *** y", 1, None]}


def test_addresses_short_words_and_names_that_matter_stay() -> None:
    secrets = Overheard(Told())
    for name in ("KEY", "URL", "DSN", "EU"):
        secrets.env(name)
    told = ["https://a.test/v1/chat", "eu", "https://u:p@a.test/x", "se cret-1"]
    assert secrets.hidden(told, ["se cret-1"]) == ["https://a.test/v1/chat", "eu", "***/x", "se cret-1"]


def test_the_secrets_themselves() -> None:
    secrets = Overheard(Told())
    for name in ("KEY", "URL", "EU"):
        secrets.env(name)
    secrets.file("key")
    assert secrets.secrets(["from-a-file"]) == ("se%20cret-1", "se cret-1")

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.gateway.explain_access import MOST_SHOWN, access
from engine.snapshot.clients import client_of
from engine.snapshot.model import Client, Terms
from tests.gateway.playbook import compiled

HASH = "sha256:" + "0f" * 32
SNAPSHOT = compiled(f"""
providers: {{a: {{dialect: plain, base_url: "https://a.test"}}}}
models:
  open: {{targets: [a/1]}}
  team: {{targets: [a/2], access: {{clients: boss, groups: ["search*"]}}}}
groups: {{search: {{models: [team]}}, trial: {{models: [fast]}}}}
clients:
  boss: {{key: "{HASH}"}}
  member: {{key: "{HASH}", groups: search, ips: 10.0.0.0/8, endpoints: openai-chat}}
  trial: {{key: "{HASH}", groups: trial}}
  old: {{key: "{HASH}", expires: 2020-01-01, models: open}}
""")


def told(model: str, client: Client | None = None) -> Any:
    found = access(SNAPSHOT, model, client, 1_700_000_000.0)
    assert found is not None
    return {each["name"]: (each["allowed"], each["why"]) for each in found["clients"]}, found["anonymous"]


def test_who_may_and_why_not() -> None:
    clients, anonymous = told("team")
    assert clients["boss"] == (True, [])
    assert clients["member"] == (True, ["from its networks alone", "by its endpoints alone"])
    assert clients["trial"] == (False, [
        "`access` of 'team' is for boss, members of search*", "its `models` and those of its groups are fast",
    ])  # fmt: skip
    assert clients["old"][1] == [
        "`access` of 'team' is for boss, members of search*", "its `models` are open", "it has expired",
    ]  # fmt: skip
    assert (anonymous, told("open")[1]) == (False, True)


def test_of_one_client_alone() -> None:
    bearer = Client("ada", (), narrowed=())
    assert told("open", bearer)[0] == {"ada": (False, ["its token is for no model"])}


def test_a_model_that_there_is_not() -> None:
    assert access(SNAPSHOT, "nope", None, 0.0) is None


def test_of_many_clients_some_are_shown() -> None:
    many = tuple(client_of(f"c{number}", (), Terms(), {}) for number in range(MOST_SHOWN + 3))
    found = access(compiled_with(many), "open", None, 0.0)
    assert found is not None and (len(found["clients"]), found["more"]) == (MOST_SHOWN, 3)


def compiled_with(clients: tuple[Client, ...]) -> Any:
    return replace(SNAPSHOT, clients=clients)

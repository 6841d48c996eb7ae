"""`examples/codebuddy`, as clients of the service before it use it, over its old files."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.codebuddy import Platform
from tests.e2e.engine_process import EngineProcess
from tests.e2e.upstream import TestUpstream

EXAMPLE = Path(__file__).parents[2] / "examples" / "codebuddy"
PASSWORD = "an-old-password"
HI = {"model": "gpt-5", "messages": [{"role": "user", "content": "hi"}]}


def old_file(token: str, **more: Any) -> str:
    return json.dumps(
        {"bearer_token": token, "user_id": f"{token}@x.test", "created_at": int(time.time()), **more}
    )


@contextmanager
def service(site: Path, upstream: TestUpstream, *flags: str) -> Iterator[httpx.Client]:
    env = {
        "CODEBUDDY_PASSWORD": PASSWORD,
        "CODEBUDDY_API_ENDPOINT": upstream.url,
        "CODEBUDDY_ROTATION_COUNT": "2",
    }
    headers = {"authorization": f"Bearer {PASSWORD}"}
    with (
        EngineProcess(site, *flags, env=env) as engine,
        httpx.Client(base_url=engine.url, headers=headers, timeout=30) as client,
    ):
        yield client
        said = engine.log.read_text()
        assert PASSWORD not in said and "token-" not in said.replace("codebuddy_token", ""), said


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def told(client: httpx.Client, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def names(client: httpx.Client) -> list[str]:
    listed = told(client, "GET", "/codebuddy/v1/credentials")["credentials"]
    return [each["filename"] for each in listed]


def settle(client: httpx.Client, expected: list[str]) -> None:
    """Files that came or went are seen by themselves."""
    until(lambda: names(client) == expected)


def test_from_old_files_to_a_restart(tmp_path: Path) -> None:
    site, platform = tmp_path / "site", Platform()
    shutil.copytree(EXAMPLE, site)
    creds = site / ".codebuddy_creds"
    creds.mkdir()
    (creds / "a.json").write_text(old_file("token-a", expires_in=90000))
    (creds / "b.json").write_text(old_file("token-b"))
    (creds / "old.json").write_text(
        json.dumps({"bearer_token": "token-old", "created_at": 5, "expires_in": 10})
    )
    (creds / "broken.json").write_text('{"bearer_token": "token-half')
    (creds / "manager_state.json").write_text('{"auto_rotation_enabled": true}')
    with TestUpstream(platform.answer) as upstream:
        with service(site, upstream, "--workers", "2") as client:
            doors(client)
            chats(client, platform)
            rotates(client, platform, creds)
            settings(client, site, platform)
        with service(site, upstream) as client:
            current = told(client, "GET", "/codebuddy/v1/credentials/current")
            assert (current["status"], current["filename"]) == ("manual_selected", "b.json"), "kept"
            assert told(client, "GET", "/api/settings")["settings"]["CODEBUDDY_MODELS"] == "m-1, m-2"
            until(lambda: client.get("/api/stats").status_code == 200)  # once the ledger is open
            stats = told(client, "GET", "/api/stats")
            assert stats["model_usage"]["gpt-5"] >= 6 and {"a.json", "b.json"} <= set(
                stats["credential_usage"]
            )


def doors(client: httpx.Client) -> None:
    assert told(client, "GET", "/health") == {"status": "healthy", "service": "codebuddy2api"}
    page = client.get("/")
    assert (page.status_code, page.headers["location"]) == (307, "/admin")
    for path in (
        "/codebuddy/v1/models",
        "/codebuddy/auth/start",
        "/api/settings",
        "/codebuddy/v1/credentials",
    ):
        for key, said in (("wrong", "Invalid password"), (None, "Not authenticated")):
            headers = {"authorization": f"Bearer {key}"} if key else {"authorization": ""}
            answer = client.get(path, headers=headers)
            assert (answer.status_code, answer.json()) == (403, {"detail": said}), path
    wrong = client.post("/codebuddy/v1/chat/completions", json=HI, headers={"authorization": "Bearer wrong"})
    assert (wrong.status_code, wrong.json()) == (403, {"detail": "Invalid password"})
    models = told(client, "GET", "/codebuddy/v1/models")
    assert models["object"] == "list" and models["data"][0]["owned_by"] == "codebuddy"
    assert [each["id"] for each in models["data"]][:2] == ["claude-4.0", "claude-3.7"]


REFUSED = {
    "no json": "Invalid JSON request body: ",
    "[]": "Request body must be a JSON object",
    '{"model": "m"}': "Messages field is required and must be an array",
    '{"messages": {}}': "Messages field is required and must be an array",
    '{"messages": [{"role": "user", "content": "x"}, "a"]}': "Message 1 must be an object",
    '{"messages": [{"content": "x"}]}': "Message 0 must have 'role' and 'content' fields",
    '{"messages": [{"role": "user"}]}': "Message 0 must have 'role' and 'content' fields",
}


def chats(client: httpx.Client, platform: Platform) -> None:
    path = "/codebuddy/v1/chat/completions"
    for body, said in REFUSED.items():
        answer = client.post(path, content=body)
        assert answer.status_code == 400 and answer.json()["detail"].startswith(said), answer.text
    whole = told(client, "POST", path, HI)
    assert whole["choices"][0]["message"]["content"] == "Hello"
    assert (whole["object"], whole["usage"]["total_tokens"]) == ("chat.completion", 7)
    assert [each["role"] for each in platform.asked[-1]["messages"]] == ["system", "user"]
    told(client, "POST", path, {"messages": HI["messages"]})
    assert platform.asked[-1]["model"] == "auto-chat", "a model need not be named"
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
    calls = told(client, "POST", path, {**HI, "tools": tools})["choices"][0]
    assert calls["finish_reason"] == "tool_calls"
    assert [(each["function"]["name"], json.loads(each["function"]["arguments"])) for each in
            calls["message"]["tool_calls"]] == [("weather", {"city": "Ulm"}), ("time", {})]  # fmt: skip
    with client.stream("POST", path, json={**HI, "tools": tools, "stream": True}) as answer:
        lines = [line.removeprefix("data: ") for line in answer.iter_lines() if line]
    pieces = [each for line in lines[:-1] for choice in json.loads(line)["choices"]
              for each in choice["delta"].get("tool_calls", ())]  # fmt: skip
    assert lines[-1] == "[DONE]" and {each["index"] for each in pieces} == {0, 1}
    for body in (b"{", b"[]", b'{"messages": 5}'):
        answer = client.post(path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400 and isinstance(answer.json()["detail"], str), answer.text
    platform.refused = {"token-a", "token-b"}
    refused = told(client, "POST", path, HI, 401)
    assert refused == {"detail": "CodeBuddy API authentication failed"}
    platform.refused = set()


def rotates(client: httpx.Client, platform: Platform, creds: Path) -> None:
    base = "/codebuddy/v1/credentials"
    settle(client, ["a.json", "b.json", "old.json"])
    a, _, old = told(client, "GET", base)["credentials"]
    assert (a["index"], a["user_id"], a["is_expired"], a["has_refresh_token"]) == (
        0,
        "token-a@x.test",
        False,
        False,
    )
    assert a["time_remaining_str"].startswith("1d ") and a["file_path"] == ".codebuddy_creds/a.json"
    assert (old["is_expired"], old["time_remaining_str"]) == (True, "Expired")
    assert "token-a" not in json.dumps(a).replace("token-a@x.test", "")
    for id_ in ("a", "b"):  # the refusals of before are forgiven
        enable = f"/admin/credentials/codebuddy/{id_}/enable"
        until(lambda enable=enable: client.post(enable).status_code == 200)  # once the ledger is open

    def used(times: int) -> list[str]:
        before = len(platform.used)
        for _ in range(times):
            told(client, "POST", "/codebuddy/v1/chat/completions", HI)
        return platform.used[before:]

    until(lambda: len(set(used(4))) == 2)
    found = used(5)
    assert all(found.count(token) in (2, 3) for token in ("token-a", "token-b")), "two requests on each"
    assert told(client, "POST", f"{base}/select", {"index": 1}) == {
        "message": "Credential #2 selected successfully"
    }
    until(lambda: set(used(4)) == {"token-b"})
    current = told(client, "GET", f"{base}/current")
    assert (current["status"], current["index"], current["user_id"]) == (
        "manual_selected",
        1,
        "token-b@x.test",
    )
    assert told(client, "POST", f"{base}/auto") == {"message": "Resumed automatic credential rotation"}
    off = told(client, "POST", f"{base}/toggle-rotation")
    assert off == {"message": "Auto rotation disabled", "auto_rotation_enabled": False}
    until(lambda: len(set(used(6))) == 1)
    assert told(client, "GET", f"{base}/current")["status"] == "auto_rotation_disabled"
    assert told(client, "POST", f"{base}/toggle-rotation")["auto_rotation_enabled"] is True

    added = told(client, "POST", base, {"bearer_token": "token-c", "user_id": "carl", "filename": "c.json"})
    assert added == {"message": "Credential added successfully"}
    settle(client, ["a.json", "b.json", "c.json", "old.json"])
    written = json.loads((creds / "c.json").read_text())
    assert (written["bearer_token"], written["user_id"], set(written)) == (
        "token-c", "carl", {"bearer_token", "user_id", "created_at"},
    )  # fmt: skip
    for body, status in (
        ({}, 422),
        ({"bearer_token": 5}, 422),
        ({"bearer_token": "t", "filename": "../x"}, 400),
    ):
        assert "detail" in told(client, "POST", base, body, status)
    assert told(client, "POST", f"{base}/select", {"index": 9}, 400)["detail"].startswith(
        "there is no credential"
    )
    told(client, "POST", f"{base}/select", {"index": "x"}, 422)
    gone = told(client, "POST", f"{base}/delete", {"index": 2})
    assert gone == {"message": "Credential #3 deleted successfully"} and not (creds / "c.json").exists()
    settle(client, ["a.json", "b.json", "old.json"])
    told(client, "POST", f"{base}/select", {"index": 1})


def settings(client: httpx.Client, site: Path, platform: Platform) -> None:
    shown = told(client, "GET", "/api/settings")
    assert shown["settings"]["CODEBUDDY_PASSWORD"] == "********"
    assert shown["settings"]["CODEBUDDY_ROTATION_COUNT"] == 2
    assert shown["labels"]["CODEBUDDY_PASSWORD"]
    form = {**shown["settings"], "CODEBUDDY_MODELS": "m-1, m-2", "UNKNOWN": 1}
    assert told(client, "POST", "/api/settings", {"settings": form})["message"]
    until(
        lambda: [each["id"] for each in told(client, "GET", "/codebuddy/v1/models")["data"]] == ["m-1", "m-2"]
    )
    kept = json.loads((site / "config" / "config.json").read_text())
    assert (
        kept["CODEBUDDY_MODELS"] == "m-1, m-2" and "CODEBUDDY_PASSWORD" not in kept and "UNKNOWN" not in kept
    )
    wrong = told(client, "POST", "/api/settings", {"settings": {"CODEBUDDY_ROTATION_COUNT": "often"}}, 400)
    assert "CODEBUDDY_ROTATION_COUNT" in wrong["detail"]
    told(client, "POST", "/api/settings", {"settings": {"CODEBUDDY_PASSWORD": "another-password"}})
    changed = {"authorization": "Bearer another-password"}
    until(lambda: all(client.get("/api/settings", headers=changed).status_code == 200 for _ in range(4)))
    until(lambda: all(client.get("/api/settings").status_code == 403 for _ in range(4)))
    back = {"settings": {"CODEBUDDY_PASSWORD": None}}
    assert client.post("/api/settings", json=back, headers=changed).status_code == 200
    until(lambda: all(client.get("/api/settings").status_code == 200 for _ in range(4)))


def test_logged_in_and_renewed(tmp_path: Path) -> None:
    site, platform = tmp_path / "site", Platform(lives=86400.0)
    shutil.copytree(EXAMPLE, site)
    with TestUpstream(platform.answer) as upstream, service(site, upstream) as client:
        empty = told(client, "GET", "/codebuddy/v1/credentials/current")
        assert empty == {"status": "no_credentials"}
        assert "detail" in told(client, "POST", "/codebuddy/v1/chat/completions", HI, 401)
        started = told(client, "GET", "/codebuddy/auth/start")
        assert (started["success"], started["verification_uri"]) == (True, "https://login.test/?state=st-1")
        ask = {"auth_state": started["auth_state"]}
        pending = told(client, "POST", "/codebuddy/auth/poll", ask, 400)
        assert (pending["error"], pending["code"]) == ("authorization_pending", 11217)
        assert told(client, "POST", "/codebuddy/auth/poll", {}, 400)["error"] == "missing_parameters"
        assert told(client, "POST", "/codebuddy/auth/poll", {"auth_state": "x"}, 400)["error"] == "auth_error"
        platform.granted = True
        answers: list[httpx.Response] = []
        until(lambda: bool(answers.append(client.post("/codebuddy/auth/poll", json=ask)) or
                           answers[-1].status_code == 200))  # fmt: skip
        done = answers[-1].json()
        assert (
            done["saved"] is True
            and done["user_info"]["email"] == "ann@x.test"
            and "access_token" not in done
        )
        (file,) = (site / ".codebuddy_creds").glob("*.json")
        held = json.loads(file.read_text())
        assert file.name == done["filename"] and file.stat().st_mode & 0o777 == 0o600
        assert (held["user_id"], held["refresh_token"], held["token_type"]) == (
            "ann@x.test",
            "rt-secret-1",
            "Bearer",
        )
        assert told(client, "POST", "/codebuddy/v1/chat/completions", HI)["choices"]
        assert platform.used == [held["bearer_token"]]
        file.write_text(
            json.dumps({**held, "created_at": int(time.time()), "expires_in": 400, "note": "mine"})
        )
        until(lambda: platform.renewed == 1 and json.loads(file.read_text())["user_id"] == "renewed1@x.test")
        assert json.loads(file.read_text())["note"] == "mine"
        callback = client.get("/codebuddy/auth/callback", params={"error": "denied"})
        assert (callback.status_code, callback.json()["error"]) == (400, "denied")

"""A login against a simulated platform: begun, pending, granted, used, refreshed ahead of its end, refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx

from tests.e2e.engine_process import EngineProcess, write_site
from tests.e2e.upstream import Answer, Request, TestUpstream, json_answer
from tests.gateway.logins import DEVICE_FLOW

ASK = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


class Platform:
    """An OAuth device flow and the API behind it. Tokens live for `lives` seconds."""

    def __init__(self, lives: float = 3600.0) -> None:
        self.lives = lives
        self.granted = False
        self.refuses_refresh = False
        self.issued = 0
        self.refreshes = 0

    @property
    def token(self) -> str:
        return f"at-secret-{self.issued:04d}"

    def answer(self, request: Request) -> Answer:
        if request.path == "/device":
            return json_answer(
                {"device_code": "dev-secret-1", "user_code": "ABCD-EFGH", "interval": 0.1, "expires_in": 600,
                 "verification_uri": "https://login.test/activate"}
            )  # fmt: skip
        if request.path == "/token":
            return self._token({name: found[0] for name, found in parse_qs(request.body.decode()).items()})
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if given not in (self.token, f"at-secret-{self.issued - 1:04d}"):  # an old one lives on for a while
            return json_answer({"error": {"message": f"bad key {given}"}}, 401)
        message = {"role": "assistant", "content": given}
        return json_answer(
            {"id": "1", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        )

    def _token(self, form: dict[str, str]) -> Answer:
        if form["grant_type"] == "refresh_token":
            if self.refuses_refresh or form["refresh_token"] != f"rt-secret-{self.issued:04d}":
                return json_answer(
                    {"error": "invalid_grant", "error_description": form["refresh_token"]}, 400
                )
            self.refreshes += 1
        elif not self.granted:
            return json_answer({"error": "authorization_pending"}, 400)
        self.issued += 1
        refresh = f"rt-secret-{self.issued:04d}"
        return json_answer({"access_token": self.token, "refresh_token": refresh, "expires_in": self.lives})


def until(holds: Callable[[], bool], engine: EngineProcess) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, engine.log.read_text()
        time.sleep(0.05)


class Admin:
    def __init__(self, engine: EngineProcess) -> None:
        self._client = httpx.Client(base_url=engine.url, timeout=20)
        self.said = ""

    def __enter__(self) -> Admin:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def post(self, path: str, body: Any = None) -> Any:
        answer = self._client.post(path, json=body or {})
        self.said += answer.text
        return answer.json()

    def listed(self) -> dict[str, Any]:
        answer = self._client.get("/admin/credentials")
        self.said += answer.text
        return {each["id"]: each for each in answer.json()["credentials"]}

    def ask(self) -> tuple[int, Any]:
        answer = self._client.post("/v1/chat/completions", json=ASK)
        self.said += answer.text if answer.status_code != 200 else ""
        return answer.status_code, answer.json()

    def served(self) -> str | None:
        """The token that a request went up with."""
        status, data = self.ask()
        return str(data["choices"][0]["message"]["content"]) if status == 200 else None

    def log_in(self, platform: Platform, **body: Any) -> dict[str, Any]:
        started = self.post("/admin/login/p", body)
        while started.get("error", {}).get("code") == "storage_away":  # the clerk is still starting
            time.sleep(0.1)
            started = self.post("/admin/login/p", body)
        assert "link" in started, started
        assert (started["link"], started["code"]) == ("https://login.test/activate", "ABCD-EFGH")
        path = f"/admin/login/p/{started['login']}"
        assert self.post(path)["state"] == "pending"
        platform.granted = True
        while (told := self.post(path))["state"] == "pending":
            time.sleep(0.05)
        assert self.post(path) == told, "asked once more it says the same"
        return dict(told)


def serve(site: Path, upstream: TestUpstream, *flags: str) -> EngineProcess:
    text = DEVICE_FLOW.replace("https://login.test/device", f"{upstream.url}/device")
    text = text.replace("https://login.test/token", f"{upstream.url}/token")
    text = text.replace("https://api.test", upstream.url).replace("before: 5m", "before: 5s")
    write_site(site, login=text)
    return EngineProcess(site, "--workers", "2", *flags)


def leaks(site: Path, admin: Admin) -> list[str]:
    """Secrets in what was answered, logged, or is on the disk."""
    files = [path for path in site.rglob("*") if path.is_file() and path.parent.name != "routes.d"]
    texts = [admin.said.encode(), *(path.read_bytes() for path in files)]
    return [
        word
        for word in ("at-secret", "rt-secret", "dev-secret")
        if any(word.encode() in text for text in texts)
    ]


def test_a_login_is_used_and_survives_a_restart(tmp_path: Path) -> None:
    platform = Platform()
    with TestUpstream(platform.answer) as upstream:
        with serve(tmp_path, upstream) as engine, Admin(engine) as admin:
            assert admin.ask()[0] == 503
            told = admin.log_in(platform, id="me")
            assert (told["state"], told["pool"], told["id"]) == ("granted", "acquired", "me")
            until(lambda: all(admin.ask()[0] == 200 for _ in range(8)), engine)
            listed = admin.listed()["me"]
            assert (listed["state"], listed["source"], listed["provider"]) == ("ready", "stored", "p")
            assert listed["names"] == ["refresh_token"] and listed["uses"] >= 8
            assert leaks(tmp_path, admin) == []
        with serve(tmp_path, upstream) as engine, Admin(engine) as admin:
            until(lambda: admin.ask()[0] == 200, engine)
            assert leaks(tmp_path, admin) == []


def test_it_is_refreshed_ahead_of_its_end_by_one_for_all(tmp_path: Path) -> None:
    platform = Platform(lives=7.0)
    with (
        TestUpstream(platform.answer) as upstream,
        serve(tmp_path, upstream) as engine,
        Admin(engine) as admin,
    ):
        admin.log_in(platform, id="me")
        until(lambda: admin.ask()[0] == 200, engine)
        platform.lives = 3600.0
        until(lambda: platform.refreshes == 1, engine)
        until(lambda: all(admin.served() == "at-secret-0002" for _ in range(8)), engine)
        assert admin.listed()["me"]["state"] == "ready"
        assert platform.refreshes == 1
        assert leaks(tmp_path, admin) == []


def test_a_refresh_that_is_refused_is_visible_and_the_old_token_serves_on(tmp_path: Path) -> None:
    platform = Platform(lives=6.0)
    platform.refuses_refresh = True
    with (
        TestUpstream(platform.answer) as upstream,
        serve(tmp_path, upstream) as engine,
        Admin(engine) as admin,
    ):
        admin.log_in(platform, id="me")
        until(lambda: bool(admin.listed().get("me", {}).get("problem")), engine)
        assert admin.listed()["me"]["problem"] == "***"
        until(lambda: admin.listed()["me"]["state"] == "expired", engine)
        assert admin.ask()[0] == 503
        assert "refresh failed" in engine.log.read_text()
        assert leaks(tmp_path, admin) == []


def test_a_login_that_nobody_knows(tmp_path: Path) -> None:
    platform = Platform()
    with (
        TestUpstream(platform.answer) as upstream,
        serve(tmp_path, upstream) as engine,
        Admin(engine) as admin,
    ):
        assert admin.post("/admin/login/p/nope")["error"]["code"] == "no_such_login"
        assert admin.post("/admin/login/p/..%2Fx")["error"]["code"] == "no_such_login"
        assert admin.post("/admin/login/other")["error"]["code"] == "no_such_provider"
        assert admin.post("/admin/login/p", {"pool": "nope"})["error"]["code"] == "no_such_pool"
        assert upstream.requests == []

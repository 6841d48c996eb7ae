"""The admin page in a real browser, page by page: one server, one browser for all of it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.server.console.pages import PAGES
from engine.server.console.render import texts_of
from tests.browser import NARROW, WIDE, Tab, browser
from tests.e2e.engine_process import EngineProcess, write_site
from tests.e2e.test_login import Platform
from tests.e2e.upstream import TestUpstream
from tests.gateway.logins import DEVICE_FLOW

KEY = "admin-key-of-this-test-0123"
WEB = "sk-web-0123456789abcdefghij"
ALIASES, CREDENTIALS = 300, 200

SITE = """
version: 1
settings:
  GREETING: {default: Good day, label: What the greeter says}
  ROTATE: {type: integer, default: 10, minimum: 1}
  HIDDEN: {default: "${env:WEB}", secret: true}
providers:
  greeter: {dialect: mock, base_url: "scripted:", params: {text: "${setting:GREETING}"}, pool: turns}
  echo: {dialect: mock, base_url: "scripted:", params: {reasoning: Thinking.}}
  lazy: {dialect: mock, base_url: "scripted:", params: {interval: 30}}
  away: {dialect: mock, base_url: "scripted:", params: {status: 500}, retry: off}
  spare: {dialect: openai, base_url: "https://spare.test", key: "${env:NOT_SET_HERE}", optional: true}
pools:
  turns: {strategy: rotate, every: "${setting:ROTATE}", credentials: [{id: left, key: "${env:WEB}-l"}, {id: right, key: "${env:WEB}-r"}]}
models:
  greeting: {targets: [greeter/a]}
  parrot: {targets: [echo/a], price: {input: 3, output: 15, per: 1M}}
  slow: {targets: [lazy/a]}
  broken: {targets: [away/a]}
  private: {targets: [echo/p], access: {clients: [nobody]}}
clients: {web: {key: "${env:WEB}", models: [parrot], limits: {rpm: 60}}, nobody: {key: "${env:WEB}-2"}}
"""


class Scene(NamedTuple):
    tab: Tab
    engine: EngineProcess
    platform: Platform
    site: Path

    def open(self, page: str, query: str = "") -> Tab:
        path = "/admin" if page == "overview" else f"/admin/ui/{page}"
        self.tab.go(f"{self.engine.url}{path}{query}")
        self.tab.until("document.querySelector('main').checkVisibility()")
        return self.tab

    def log_in(self, key: str = KEY) -> None:
        self.tab.go(f"{self.engine.url}/admin")
        self.tab.until("location.pathname === '/admin/ui/login'")
        self.tab.fill("input[name=key]", key)
        self.tab.click("Log in")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    site = tmp_path_factory.mktemp("admin-page")
    platform = Platform()
    with browser(site) as tab, TestUpstream(platform.answer) as upstream:
        login = DEVICE_FLOW.replace("https://login.test/device", f"{upstream.url}/device")
        login = login.replace("https://login.test/token", f"{upstream.url}/token")
        many = "\n".join(f"  alias-{number:03d}: {{targets: [echo/m]}}" for number in range(ALIASES))
        pool = "\n".join(
            f"    - {{id: c{number:03d}, key: '${{env:WEB}}-{number}'}}" for number in range(CREDENTIALS)
        )
        write_site(
            site,
            a=SITE,
            login=login.replace("https://api.test", upstream.url),
            many=f"version: 1\nmodels:\n{many}\n",
            pool=f"version: 1\nproviders: {{pooled: {{dialect: mock, base_url: 'scripted:', pool: big}}}}\npools:\n  big:\n    credentials:\n{pool}\nmodels: {{pooled: {{targets: [pooled/m]}}}}\n",
        )
        env = {"PROXYCTL_ADMIN_KEY": KEY, "WEB": WEB}
        with EngineProcess(site, env=env) as engine:
            tab.call("Network.setExtraHTTPHeaders", headers={"accept-language": "en"})
            tab.size(*WIDE)
            scene = Scene(tab, engine, platform, site)
            scene.log_in()
            tab.until("location.pathname === '/admin'")
            tab.until("document.querySelector('#storage')?.innerText === 'well'")
            yield scene


@pytest.fixture
def scene(served: Scene) -> Iterator[Scene]:
    """Whatever a test does, the page must not do what its policy forbids, or fail in its scripts."""
    served.tab.complaints.clear()
    yield served
    served.tab.call("Runtime.evaluate", expression="0")
    assert [each for each in served.tab.complaints if "status of" not in each] == []


def ask(engine: EngineProcess, model: str = "parrot") -> None:
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "one two three"}]}).encode()
    request = urllib.request.Request(
        f"{engine.url}/v1/chat/completions", body, {"authorization": f"Bearer {WEB}"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(("language", "size"), [("en", WIDE), ("zh", NARROW)])
def test_every_page_fits_in_every_language(scene: Scene, language: str, size: tuple[int, int]) -> None:
    scene.tab.size(*size)
    for page in PAGES:
        tab = scene.open(page, f"?lang={language}")
        tab.sees(texts_of(language)[f"about.{page}"])
        assert tab.too_wide() == [], page
        assert tab.run("document.querySelector('.notice[role=alert]').checkVisibility()") is False, tab.text()
    scene.open("overview", "?lang=en")
    scene.tab.size(*WIDE)


def test_the_theme_follows_the_system_until_one_is_chosen(scene: Scene) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    tab = scene.open("overview", "?theme=auto")
    tab.prefer("dark")
    dark = tab.run(ground)
    tab.prefer("light")
    light = tab.run(ground)
    assert dark != light
    tab.click("Dark")
    tab.until(f"{ground} === '{dark}'")
    scene.open("audit")
    assert tab.run(ground) == dark
    scene.open("audit", "?theme=auto")


def test_the_overview_counts_along(scene: Scene) -> None:
    tab = scene.open("overview")
    before = int(tab.until("document.querySelector('#requests')?.innerText").replace(",", ""))
    ask(scene.engine)
    tab.until(f"document.querySelector('#requests').innerText === '{before + 1}'")
    tab.until("document.querySelector('#storage').innerText === 'well'")
    tab.sees("spare")


def test_models_and_targets_are_searched_and_turned(scene: Scene) -> None:
    tab = scene.open("models")
    tab.sees(f"1–50 of {ALIASES + 7:,}")
    tab.click("Next ›")
    tab.sees("alias-050")
    tab.fill("input[type=search]", "parr")
    tab.until("document.querySelectorAll('tbody tr').length === 1")
    tab.sees("routes.d/a.yaml:")
    tab = scene.open("targets")
    tab.fill("input[type=search]", "away")
    tab.until("document.querySelector('tbody').innerText.includes('away/a')")
    tab.sees("closed")


def test_a_credential_comes_is_tried_and_goes(scene: Scene) -> None:
    tab = scene.open("credentials")
    tab.sees(f"1–50 of {CREDENTIALS + 2}")
    tab.click("Add a credential")
    tab.click("More", "#add")
    tab.fill("#add textarea", "no JSON")
    tab.fill("#add input[name=id]", "mine")
    tab.click("Add a credential", "#add")
    tab.sees("The further fields are not a JSON object.")
    assert tab.run("document.querySelector('.toasts').matches(':popover-open')"), "it lies above the dialog"
    tab.fill("#add textarea", "")
    tab.fill("#add select", "acquired")
    tab.fill("#add input[name=id]", "mine")
    tab.fill("#add input[name=key]", "at-wrong-key-0123456789-abcd")
    tab.click("Add a credential", "#add")
    tab.sees("acquired/mine is stored.")
    tab.fill("input[type=search][placeholder]", "mine")
    tab.until("document.querySelectorAll('#list tbody tr').length === 1")
    tab.sees("…abcd")
    tab.click("Test")
    tab.until("document.querySelector('#list .bad')?.innerText.startsWith('auth')")
    tab.click("Disable")
    tab.until("document.querySelector('#list tbody').innerText.includes('disabled')")
    tab.click("Enable")
    tab.until("document.querySelector('#list tbody').innerText.includes('ready')")
    tab.click("Delete")
    tab.click("No", "#question")
    tab.click("Delete")
    tab.click("Yes", "#question")
    tab.sees("acquired/mine is deleted.")
    tab.sees("Nothing here.")


def test_who_is_next_is_said_by_hand(scene: Scene) -> None:
    tab = scene.open("credentials")
    pool = "[...document.querySelectorAll('#pools tbody tr')].find(e => e.innerText.startsWith('turns'))?.innerText"
    tab.until(f"{pool}.includes('rotate')")
    tab.fill("[placeholder='Pool, id, provider']", "right")
    tab.until("document.querySelectorAll('#list tbody tr').length === 1")
    tab.click("Select", "#list")
    tab.until(f"{pool}.includes('right · selected')")
    tab.click("Automatic", "#pools")
    tab.until(f"!{pool}.includes('selected')")
    tab.run(
        "[...document.querySelectorAll('#pools tbody tr')].find(e => e.innerText.startsWith('turns')).querySelector('.actions button:last-child').click()"
    )
    tab.until(f"{pool}.includes('rotation off')")
    tab.click("Rotation on", "#pools")
    tab.until(f"!{pool}.includes('rotation off')")
    tab.fill("#pools tr:last-child input.few", "3")
    tab.sees("turns: set.")
    tab.click("Chat", "#list")
    tab.click("Send", "#chat")
    tab.until("document.querySelector('#told')?.innerText === 'Good day'")
    tab.click("Done", "#chat")


def test_a_setting_is_changed_and_served(scene: Scene) -> None:
    tab = scene.open("settings")
    tab.fill("#live input[name=GREETING]", "Good night")
    tab.click("Save")
    tab.sees("Saved, and served.")
    tab.sees("changed")
    assert tab.run("document.querySelector('#live input[name=HIDDEN]').value") == ""
    tab = scene.open("try", "?model=greeting")
    tab.fill("textarea[name=message]", "hello")
    tab.click("Send")
    tab.until("[...document.querySelectorAll('.said.assistant')].at(-1)?.innerText.includes('Good night')")
    tab = scene.open("settings")
    tab.click("Back to the site's")
    tab.until("document.querySelector('#live input[name=GREETING]').value === 'Good day'")


def test_a_login_is_seen_to_its_end(scene: Scene) -> None:
    tab = scene.open("credentials")
    tab.click("Log in at a platform")
    tab.fill("#login input[name=id]", "me")
    tab.click("Begin")
    tab.until("document.querySelector('#code')?.innerText === 'ABCD-EFGH'")
    assert tab.run("document.querySelector('#link').href") == "https://login.test/activate"
    tab.until("document.querySelector('#flow').innerText === 'waiting for you'")
    scene.platform.granted = True
    tab.until("document.querySelector('#flow').innerText === 'granted'")
    tab.click("Done", "#login")
    tab.fill("input[type=search]", "acquired/")
    tab.fill("input[type=search]", "me")
    tab.sees("acquired/me")


def test_a_client_is_made_and_its_key_shown_once(scene: Scene) -> None:
    tab = scene.open("clients")
    tab.click("Create a client")
    tab.fill("#create input[name=name]", "app")
    tab.fill("#create input[name=models]", "parrot")
    tab.fill("#create input[name=expires]", "90d")
    tab.fill("#create input[name=rpm]", "7")
    tab.click("Create a client", "#create")
    key = tab.until("document.querySelector('#secret')?.innerText")
    assert key.startswith("pk-")
    tab.click("Done", "#key")
    tab.until("!document.querySelector('#secret')")
    tab.fill("input[type=search]", "app")
    tab.click("Limits", "#list")
    tab.sees("7 requests / minute")
    tab.click("Done", "#limits")
    tab.click("New key")
    tab.click("Yes", "#question")
    assert tab.until("document.querySelector('#secret')?.innerText") != key
    tab.click("Done", "#key")
    tab.click("Revoke")
    tab.click("Yes", "#question")
    tab.until("document.querySelector('#list tbody').innerText.includes('revoked')")
    assert key not in tab.run("document.documentElement.outerHTML")


def test_any_model_is_tried_streamed_and_whole(scene: Scene) -> None:
    tab = scene.open("try", "?model=private")
    for stream in (True, False):
        tab.fill("textarea[name=message]", "hello there")
        if not stream:
            tab.run("document.querySelector('details').open = true")
            tab.run("document.querySelector('input[name=stream]').click()")
        tab.click("Send")
        tab.until(
            "!document.querySelector('.caret') && document.querySelector('#facts').innerText.includes('took')"
        )
        tab.until(
            "[...document.querySelectorAll('.said.assistant')].at(-1).innerText.includes('hello there')"
        )
        tab.sees("Thinking.")
        assert "echo/p" in tab.run("document.querySelector('#facts').innerText")
        tab.click("New chat")


def test_one_is_tried_as_a_client_and_with_a_key(scene: Scene) -> None:
    tab = scene.open("try", "?model=private")
    last = "[...document.querySelectorAll('.said.assistant')].at(-1)?.innerText"
    tab.fill("select[name=as]", "web")
    tab.fill("textarea[name=message]", "hello")
    tab.click("Send")
    tab.until(f"{last}.includes('does not exist or you have no access')")
    tab.fill("input[name=model]", "parrot")
    tab.run(
        "(s => { s.value = s.options[1].value; s.dispatchEvent(new Event('change')); })(document.querySelector('[name=as]'))"
    )
    tab.fill("input[name=key]", WEB)
    tab.fill("textarea[name=message]", "polly wants a cracker")
    tab.click("Send")
    tab.until(f"{last}.includes('polly wants a cracker')")


def test_a_stream_that_goes_on_is_stopped_and_errors_are_shown(scene: Scene) -> None:
    tab = scene.open("try", "?model=slow")
    tab.fill("textarea[name=message]", "hello")
    tab.click("Send")
    tab.click("Stop")
    tab.sees("Stopped.")
    tab.fill("input[name=model]", "broken")
    tab.fill("textarea[name=message]", "hello")
    tab.click("Send")
    tab.sees("scripted failure")


def test_usage_has_a_table_and_a_chart(scene: Scene) -> None:
    ask(scene.engine)
    tab = scene.open("usage")
    tab.until("document.querySelectorAll('#chart rect').length === 1")
    tab.fill("select[name=by]", "client")
    tab.until("[...document.querySelectorAll('#list tbody strong')].some(e => e.innerText === 'web')")
    tab.fill("input[name=filter]", "nobody-there")
    tab.click("Show")
    tab.sees("Nothing was asked in this time.")


def test_a_broken_file_is_shown_with_its_line(scene: Scene) -> None:
    file = scene.site / "routes.d" / "broken.yaml"
    file.write_text("version: 1\nmodels:\n  x: {targets: [nowhere/m]}\n")
    tab = scene.open("configuration")
    tab.click("Reload now")
    tab.sees("routes.d/broken.yaml:3:")
    tab.sees("rejected")
    scene.open("overview")
    tab.sees("Rejected files: 1.")
    file.unlink()
    scene.open("configuration")
    tab.click("Reload now")
    tab.until("!document.querySelector('#files').innerText.includes('broken.yaml')")
    tab.click("Providers")
    tab.sees('"dialect": "mock"')
    assert WEB not in tab.run("document.documentElement.outerHTML")


def test_boot_settings_and_who_did_what_are_shown(scene: Scene) -> None:
    tab = scene.open("settings")
    tab.until("document.querySelector('#boot').innerText.includes('limits.nesting')")
    assert KEY not in tab.run("document.documentElement.outerHTML")
    tab = scene.open("audit")
    tab.sees("clients.revoke")


def test_the_api_docs_are_rendered_and_follow_a_reload(scene: Scene) -> None:
    tab = scene.tab
    tab.go(f"{scene.engine.url}/docs")
    tab.until("!!document.querySelector('#operations-openai-chat-openai-chat')")
    tab.run("document.querySelector('#operations-openai-chat-openai-chat button').click()")
    tab.sees("Try it out")
    file = scene.site / "routes.d" / "endpoint.yaml"
    file.write_text("version: 1\nendpoints:\n  own: {path: /own/chat, surface: openai-chat}\n")
    scene.open("configuration").click("Reload now")
    tab.until("document.querySelector('#files')?.innerText.includes('endpoint.yaml')")
    tab.go(f"{scene.engine.url}/redoc")
    tab.until("!!document.querySelector('[data-section-id]')")
    tab.sees("/own/chat")
    file.unlink()
    # The reader's own advertisement has a picture elsewhere, which is not fetched.
    tab.complaints[:] = [each for each in tab.complaints if "logo-mini.svg" not in each]


def test_out_wrong_and_in_again(scene: Scene) -> None:
    tab = scene.open("usage")
    tab.click("Log out")
    tab.until("location.pathname === '/admin/ui/login'")
    scene.log_in("not-the-key")
    tab.sees("This is not the admin key.")
    tab.go(f"{scene.engine.url}/admin/ui/clients")
    tab.fill("input[name=key]", KEY)
    tab.click("Log in")
    tab.until("location.pathname === '/admin/ui/clients'")
    tab.sees("web")
    scene.open("audit")
    tab.sees("admin.login")
    tab.sees("refused")

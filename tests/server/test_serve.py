"""A whole process: start, refuse to start, reload, end."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from engine.cli.main import main
from tests.server.serving import Process, one_model, serving


@pytest.fixture
def process(site: Path, tmp_path: Path) -> Iterator[Process]:
    with serving(site, tmp_path, shutdown_grace=0.2) as running:
        yield running


def test_one_line_says_where_and_what(process: Process) -> None:
    assert process.lines == f"proxyctl serving {process.url} (2 aliases, 2 providers)\n"
    answer = process.ask()
    assert answer.json()["choices"][0]["message"]["content"] == "hello you"
    assert answer.headers["x-proxyctl-generation"] == process.config()["generation"]


def test_an_edit_is_served_and_a_bad_one_is_not(process: Process, site: Path) -> None:
    (site / "routes.d" / "b.yaml").write_text(one_model("extra"))
    took = process.until(lambda: "extra" in process.models())
    assert took < 1.0
    (site / "routes.d" / "b.yaml").write_text("models: [")
    process.until(lambda: process.state("routes.d/b.yaml") == "rejected")
    state = process.config()["files"]["routes.d/b.yaml"]
    assert state["diagnostics"][0]["file"] == "routes.d/b.yaml" and state["diagnostics"][0]["line"] >= 1
    assert "extra" in process.models() and "config rejected at=routes.d/b.yaml:" in process.lines
    (site / "routes.d" / "b.yaml").write_text(one_model("other"))
    process.until(lambda: process.models() == {"fast", "slow", "other"})
    assert process.state("routes.d/b.yaml") == "active"


def test_a_reload_on_demand_answers_with_what_came_of_it(process: Process, site: Path) -> None:
    (site / "routes.d" / "b.yaml").write_text(one_model("extra"))
    result = process.client.post(f"{process.url}/admin/reload").json()
    assert "extra" in process.models()
    assert result["generation"] == process.config()["generation"] and result["rejected"] == []
    again = process.client.post(f"{process.url}/admin/reload").json()
    assert (again["result"], again["changed"]) == ("unchanged", [])


def test_a_site_is_compared_with_what_is_served(
    process: Process, site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edited = tmp_path / "edited"
    shutil.copytree(site / "routes.d", edited / "routes.d")
    command = ["--site", str(edited), "diff", "running", "--url", process.url]
    assert main(command) == 0
    (edited / "routes.d" / "b.yaml").write_text(one_model("extra"))
    assert main(command) == 2
    assert capsys.readouterr().out == "no difference\n+ models.extra\n"


def test_a_hangup_reloads(process: Process, site: Path) -> None:
    before = process.config()["loaded_at"]
    process.send(signal.SIGHUP)
    process.until(lambda: process.config()["loaded_at"] > before)


def test_boot_settings_are_kept_until_a_restart(process: Process, site: Path) -> None:
    (site / "proxyctl.yaml").write_text("listen: {port: 1}\n")
    process.until(lambda: "boot settings changed" in process.lines)
    assert process.ask().status_code == 200


def test_a_signal_ends_it_in_good_order(process: Process, tmp_path: Path) -> None:
    process.send(signal.SIGTERM)
    assert process.end() == 0
    assert list((tmp_path / "run").iterdir()) == []
    assert "Traceback" not in process.lines


def test_a_stream_is_cut_after_the_grace(process: Process) -> None:
    body = {"model": "slow", "stream": True, "messages": [{"role": "user", "content": "x"}]}
    with process.client.stream("POST", f"{process.url}/v1/chat/completions", json=body) as reply:
        lines = reply.iter_lines()
        assert next(lines).startswith("data: ")
        process.send(signal.SIGINT)
        rest = [line for line in lines if line]
    assert json.loads(rest[-1].removeprefix("data: "))["error"]["code"] == "shutting_down"
    assert process.end() == 0 and "Traceback" not in process.lines


def test_told_twice_it_ends_at_once(site: Path, tmp_path: Path) -> None:
    with serving(site, tmp_path, shutdown_grace=300) as process:
        body = {"model": "slow", "stream": True, "messages": [{"role": "user", "content": "x"}]}
        with process.client.stream("POST", f"{process.url}/v1/chat/completions", json=body) as reply:
            lines = reply.iter_lines()
            next(lines)
            process.send(signal.SIGINT)
            process.until(lambda: "shutting down" in process.lines)
            process.send(signal.SIGINT)
            assert process.end() == 0
            with pytest.raises(httpx.HTTPError):
                list(lines)


def test_a_broken_site_is_not_served(site: Path, tmp_path: Path) -> None:
    (site / "routes.d" / "b.yaml").write_text("version: 1\nmodels: {x: {targets: [nobody/x]}}\n")
    with serving(site, tmp_path, wait=False) as process:
        assert process.end() == 1
    assert "the site has 1 error; nothing is served" in process.lines and "routes.d/b.yaml" in process.lines


def test_unless_the_rest_may_be(site: Path, tmp_path: Path) -> None:
    (site / "routes.d" / "b.yaml").write_text("models: [")
    with serving(site, tmp_path, allow_partial=True) as process:
        assert process.models() == {"fast", "slow"}
        assert process.state("routes.d/b.yaml") == "rejected"


def test_a_port_in_use_is_named(process: Process, site: Path, tmp_path: Path) -> None:
    port = int(process.url.rpartition(":")[2])
    (tmp_path / "other").mkdir()
    for workers in (1, 2):
        with serving(site, tmp_path / "other", wait=False, port=port, workers=workers) as second:
            assert second.end() == 1
        assert f"cannot listen on 127.0.0.1:{port}: address already in use" in second.lines


def test_an_open_door_is_refused(site: Path, tmp_path: Path) -> None:
    with serving(site, tmp_path, wait=False, host="0.0.0.0") as process:
        assert process.end() == 1
    assert "declare `clients:`" in process.lines and "auth: none" in process.lines
    with serving(site, tmp_path, host="0.0.0.0", auth="none") as process:
        assert process.client.get(f"{process.url}/admin/config").status_code == 403
        assert process.ask().status_code == 200


def test_a_data_directory_that_cannot_be_written_is_one_line_and_serving_goes_on(
    site: Path, tmp_path: Path
) -> None:
    (site / ".proxyctl").write_text("a file")
    with serving(site, tmp_path, storage=None) as process:
        assert process.ask().status_code == 200
        process.send(signal.SIGTERM)
        assert process.end() == 0
    assert process.lines.count("data directory") == 1 and "Traceback" not in process.lines

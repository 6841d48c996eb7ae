from __future__ import annotations

import pytest

from engine.config.settings import IDLE, Boot, boot_settings, read_settings
from engine.spec.settings import LimitSettings, LogSettings, Settings

from .cases import Secrets

FILE = b"""\
listen: {host: 0.0.0.0, port: 9090}
workers: 4
admin: {key: "${env:KEY}"}
auth: none
storage: sqlite:///x.db
log: {level: debug, format: json}
limits: {body: 1MiB, header: 8KiB, concurrency: 5}
shutdown: {grace: 5s}
cors: {origins: ["https://a"]}
retry: {attempts: 2}
"""


def read(
    raw: bytes | None = None, env: dict[str, str] | None = None, flags: dict[str, str | None] | None = None
) -> Boot:
    return read_settings(raw, env or {}, flags or {}, Secrets())


def places(boot: Boot) -> list[str]:
    return [f"{item.at} {item.code} {item.path}" for item in boot.diagnostics]


def test_without_a_file_the_defaults_hold() -> None:
    assert read() == Boot(Settings(), ()) and read(b"\n") == Boot(Settings(), ())


def test_the_file() -> None:
    boot = read(FILE)
    found = boot.settings
    assert places(boot) == []
    assert (found.host, found.port, found.workers, found.admin_key) == ("0.0.0.0", 9090, 4, "s3cr3t-value")
    assert (found.auth, found.storage, found.log) == ("none", "sqlite:///x.db", LogSettings("debug", "json"))
    assert found.limits == LimitSettings(body=2**20, header=8192, concurrency=5)
    assert (found.shutdown_grace, found.cors_origins) == (5.0, ("https://a",))
    assert found.retry is not None and found.retry != "off" and found.retry.attempts == 2


def test_flag_beats_environment_beats_file() -> None:
    env = {"PROXYCTL_PORT": "7000", "PROXYCTL_WORKERS": "2", "PROXYCTL_LIMIT_BODY": "2MiB"}
    found = read(FILE, env, {"port": "6000", "workers": None}).settings
    assert (found.port, found.workers, found.limits.body, found.host) == (6000, 2, 2 * 2**20, "0.0.0.0")


def test_less_than_the_least_is_the_least() -> None:
    found = read(b"usage: {keep: 1h, spool: 1kB}").settings.usage
    assert (found.keep, found.spool) == (86400.0, 16 * 2**20)
    assert read(b"usage: {keep: 2d}").settings.usage.keep == 2 * 86400.0


def test_an_empty_variable_is_none() -> None:
    assert read(FILE, {"PROXYCTL_PORT": ""}).settings.port == 9090


@pytest.mark.parametrize("setting", boot_settings(), ids=lambda setting: setting.name)
def test_every_setting_is_a_flag_and_a_variable(setting: object) -> None:
    """Whatever the setting, its three spellings give the same value."""
    written = {
        "env_file": ".env, more.env", "host": "::1", "port": "1", "workers": "3", "admin_key": "k", "auth": "none", "data": "elsewhere", "storage": "sqlite:///y", "tracing_endpoint": "http://h:4318", "tracing_headers": "{a: b}", "tracing_sample": "10%", "tracing_service": "s", "usage_keep": "30d", "usage_spool": "64MiB",
        "state": "redis://h", "log_level": "error", "log_format": "json", "metrics": "open", "docs": "on", "limit_body": "1MiB",
        "limit_response": "1MiB", "limit_event": "1MiB", "limit_header": "1KiB", "limit_nesting": "7",
        "limit_concurrency": "9", "prefetch_size": "1MiB", "prefetch_count": "3", "prefetch_timeout": "5s", "shutdown_grace": "1m", "cors_origins": "https://a,https://b",
        "mounts": "{git: /git}", "retry": "off", "breaker": "{failures: 9}", "on_error": "{auth: {cooldown: 1s}}",
        "allow_addresses": "10.0.0.0/8, 192.168.0.0/16", "secret_key": "new, old", "trusted_proxies": "10.0.0.0/8",
    }  # fmt: skip
    name, text = setting.name, written[setting.name]  # type: ignore[attr-defined]
    by_flag, by_variable = read(flags={name: text}), read(env={setting.variable: text})  # type: ignore[attr-defined]
    idle = "not-in-this-version"
    assert places(by_flag) == ([f"{setting.flag}:1:1 {idle} {name}"] if name in IDLE else [])  # type: ignore[attr-defined]
    assert places(by_variable) == ([f"{setting.variable}:1:1 {idle} {name}"] if name in IDLE else [])  # type: ignore[attr-defined]
    assert by_flag.settings != Settings()
    assert repr(by_flag.settings).replace(setting.flag, "?") == repr(by_variable.settings).replace(
        setting.variable, "?"
    )  # type: ignore[attr-defined]


def test_names_of_flags_and_variables() -> None:
    table = {setting.name: (setting.flag, setting.variable, setting.path) for setting in boot_settings()}
    assert table["port"] == ("--port", "PROXYCTL_PORT", ("listen", "port"))
    assert table["admin_key"] == ("--admin-key", "PROXYCTL_ADMIN_KEY", ("admin", "key"))
    assert table["log_level"] == ("--log-level", "PROXYCTL_LOG_LEVEL", ("log", "level"))
    assert len(table) == len(boot_settings())


def test_mistakes_are_diagnostics_where_they_were_made() -> None:
    raw = b"listen: {port: 99999}\nlisten2: 1\nadmin: {key: plain}\nstorage: ${env:NOPE}\n"
    assert places(read(raw)) == [
        "proxyctl.yaml:1:16 out-of-range listen.port",
        "proxyctl.yaml:2:1 unknown-key listen2",
        "proxyctl.yaml:3:14 plain-secret admin.key",
        "proxyctl.yaml:4:10 missing-env storage",
    ]
    assert places(read(env={"PROXYCTL_PORT": "many"})) == ["PROXYCTL_PORT:1:1 wrong-type listen.port"]
    assert places(read(flags={"log_level": "loud"})) == ["--log-level:1:1 unknown-value log.level"]
    assert places(read(b"workers: [")) == ["proxyctl.yaml:1:11 yaml-syntax "]


def test_a_mistake_leaves_the_default() -> None:
    assert read(b"workers: no\nlisten: {port: 1, host: h}").settings.workers == 1


def test_values_of_flags_and_variables_are_not_shown() -> None:
    boot = read(env={"PROXYCTL_ADMIN_KEY": "my secret"})
    assert [item.code for item in boot.diagnostics] == ["bad-key"]
    assert all("my secret" not in f"{item.message}{item.hint}" for item in boot.diagnostics)


def test_what_does_nothing_yet_is_said_unless_it_is_off() -> None:
    assert places(read(b"state: redis://r\n")) == ["proxyctl.yaml:1:1 not-in-this-version state"]
    assert places(read(b"breaker: {failures: 2}\n")) == []


@pytest.mark.parametrize(("written", "level"), [("INFO", "info"), ("Warn", "warning"), ("CRITICAL", "error")])
def test_levels_as_other_programs_say_them(written: str, level: str) -> None:
    assert read(env={"PROXYCTL_LOG_LEVEL": written}).settings.log.level == level
    assert read(f"log: {{level: {written}}}".encode()).settings.log.level == level
    assert [item.at.file for item in read(env={"PROXYCTL_LOG_LEVEL": "loud"}).diagnostics] == [
        "PROXYCTL_LOG_LEVEL"
    ]

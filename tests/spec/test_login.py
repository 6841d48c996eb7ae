from __future__ import annotations

from engine.spec.login import Login

from .reading import accepts, read


def test_a_login() -> None:
    found = read(
        Login,
        "{start: {request: {path: /start}, values: {a: =data.a}}, link: =login.a, poll: {request: {path: /poll}, "
        "every: 5s, within: 30m, max: 9, until: =data.token}, store: {key: =data.token}, "
        "refresh: {request: {path: /r}, before: 10m}}",
    )
    assert (found.poll.max, found.refresh.before) == (9, 600.0)


def test_what_is_no_login() -> None:
    assert not accepts(Login, "{stat: {}}")
    assert not accepts(Login, "{poll: {max: 0}}")

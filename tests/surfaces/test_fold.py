from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import ErrorClass, ErrorInfo
from engine.events import FINISH_REASONS, Event
from engine.surfaces.fold import Fold, add_extra, error_fields, error_info
from tests.surfaces.events import (
    DONE,
    call,
    counting,
    finish,
    folded,
    orderly,
    reasoning,
    start,
    text,
    usage,
)

UNTOLD = "the upstream reported an error"


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


def test_an_answer_in_good_order() -> None:
    assert orderly([start(), text("a"), finish("stop"), usage(prompt=1, output=2), DONE]) == [
        Event("start", {"id": "up-1", "model": "m-1"}),
        Event("text", {"text": "a"}),
        Event("finish", {"reason": "stop"}),
        Event("usage", {"prompt": 1, "input": 1, "output": 2, "visible": 2, "total": 3}),
        DONE,
    ]


def test_one_start_before_all_else() -> None:
    late = [
        start("", ""),
        Event("start", {"fingerprint": "fp", "model": None}),
        text("a"),
        start("late"),
        DONE,
    ]
    assert orderly(late)[:2] == [Event("start", {"fingerprint": "fp"}), text("a")]
    again = [start("", ""), start("one", "m"), start("two", "n"), text("a"), DONE]
    assert orderly(again)[:2] == [start("one", "m"), text("a")]
    assert orderly([text("a"), DONE])[0] == Event("start", {})


def test_texts_as_platforms_send_them() -> None:
    assert orderly([text(None), text(""), text(5), text({"a": 1}), DONE])[1:3] == [text("5"), text('{"a":1}')]
    assert folded([text(None), DONE]).choices[0].text == ""


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        (["stop"], "stop"),
        (["length"], "length"),
        (["content_filter"], "content_filter"),
        (["eos"], "stop"),
        ([{"odd": 1}], "stop"),
        ([True], "stop"),
        ([None, "", "null", "length"], "length"),
        (["stop", "stop", "length"], "length"),
        (["length", "stop"], "length"),
        (["length", "content_filter"], "content_filter"),
    ],
)
def test_finish(reasons: list[Any], expected: str) -> None:
    events = [text("a"), *(finish(reason) for reason in reasons)]
    assert orderly(events)[-2:] == [finish(expected), DONE]


@pytest.mark.parametrize("reason", ["stop", "tool_calls", "function_call", "odd"])
def test_finish_after_a_call(reason: str) -> None:
    assert orderly([call(name="f"), finish(reason)])[-2] == finish("tool_calls")
    assert orderly([finish(reason), call(name="f")])[-2] == finish("tool_calls")


def test_the_finish_waits_for_what_comes_after_it() -> None:
    events = [text("a"), finish("stop"), text("b"), finish("stop"), call(name="f"), usage(prompt=1)]
    assert kinds(orderly(events)) == [
        "start", "text", "text", "tool_call", "tool_call", "finish", "usage", "done",
    ]  # fmt: skip


def test_done_ends_at_once_and_for_good() -> None:
    fold = Fold(counting())
    assert kinds(fold.feed([text("a"), DONE, text("b"), usage(prompt=1), DONE])) == [
        "start", "text", "finish", "done",
    ]  # fmt: skip
    assert fold.ended
    assert fold.feed([text("c")]) == fold.end() == []


def test_choices_have_their_own_role_calls_and_finish() -> None:
    events = [
        start(),
        call(1, key=0, id="x", name="g", arguments="{}"),
        text("a", 0),
        call(2, key=0, id="x", name="g", arguments="{}"),
        finish("length", 0),
        finish("stop", 1),
        finish("stop", 2),
    ]
    assert [event for event in orderly(events) if event.kind == "finish"] == [
        finish("length", 0),
        finish("tool_calls", 1),
        finish("tool_calls", 2),
    ]
    result = folded(events)
    assert [choice.index for choice in result.choices] == [0, 1, 2]
    assert [choice.tool_calls[0].id for choice in result.choices[1:]] == ["x", "x"]


@pytest.mark.parametrize(
    "events",
    [
        [],
        [start()],
        [start(), usage(prompt=1)],
        [text("a")],
        [text("a"), finish(None)],
        [text("a"), finish("")],
        [text("a", 0), text("b", 1), finish("stop", 0)],
        [call(key=0, id="a", name="f", arguments='{"x"')],
    ],
)
def test_a_stream_that_breaks_off_is_an_error(events: list[Event]) -> None:
    fold = Fold(counting())
    fold.feed(events)
    (error,) = fold.end()
    assert error == Event(
        "error",
        {
            "message": "the stream ended before it was complete",
            "class": "upstream",
            "code": "truncated_stream",
        },
    )
    assert fold.error and fold.error.error_class is ErrorClass.UPSTREAM
    assert fold.end() == []


@pytest.mark.parametrize("before", [[], [start()], [start(), usage(prompt=1)]])
def test_an_end_before_which_nothing_was_said_is_an_error(before: list[Event]) -> None:
    (*_, error) = orderly([*before, DONE])
    assert error.kind == "error" and error.fields["code"] == "empty_answer"


def test_an_answer_may_be_empty_if_it_says_why_it_ended() -> None:
    assert orderly([finish("stop"), DONE]) == [Event("start", {}), finish("stop"), DONE]
    assert folded([finish("stop"), DONE]).choices[0].text is None


def test_a_whole_answer_says_itself_where_it_ends() -> None:
    assert kinds(orderly([start(), text("a")], complete=True)) == ["start", "text", "finish", "done"]
    told = orderly([finish("stop"), usage(prompt=1)], complete=True)
    assert kinds(told) == ["start", "finish", "usage", "done"]


@pytest.mark.parametrize("events", [[], [start()], [usage(prompt=1)]])
def test_a_whole_answer_without_anything_is_an_error(events: list[Event]) -> None:
    (*_, error) = orderly(events, complete=True)
    assert error.kind == "error" and error.fields["code"] == "empty_answer"


def test_nothing_follows_an_error() -> None:
    fold = Fold(counting())
    error = Event("error", {"message": "slow down", "class": "rate_limit", "code": 17, "retry_after": 3})
    told = fold.feed([text("a"), error, text("b"), finish("stop"), DONE])
    assert told[1:] == [
        text("a"),
        Event("error", {"message": "slow down", "class": "rate_limit", "code": "17", "retry_after": 3.0}),
    ]
    assert fold.end() == []
    assert fold.error == ErrorInfo(ErrorClass.RATE_LIMIT, "slow down", "17", None, 3.0)
    assert fold.result().error == fold.error


def test_the_gateway_ends_a_stream_with_an_error_of_its_own() -> None:
    fold = Fold(counting())
    info = ErrorInfo(ErrorClass.TIMEOUT, "too slow", type_override="server_error")
    (event,) = fold.fail(info)
    assert error_info(event.fields) == info
    assert fold.fail(info) == fold.end() == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ErrorInfo(ErrorClass.UPSTREAM, UNTOLD)),
        ({"class": "odd", "message": {"a": 1}}, ErrorInfo(ErrorClass.UPSTREAM, '{"a":1}')),
        ({"class": None, "message": None, "code": ""}, ErrorInfo(ErrorClass.UPSTREAM, UNTOLD)),
        (
            {"class": "auth", "message": "m", "param": "p", "retry_after": "soon"},
            ErrorInfo(ErrorClass.AUTH, "m", None, "p"),
        ),
    ],
)
def test_errors_as_platforms_send_them(fields: dict[str, Any], expected: ErrorInfo) -> None:
    assert error_info(fields) == expected
    assert error_info(error_fields(expected)) == expected


def test_usage_is_merged_and_told_once() -> None:
    events = [
        usage(input=5, cache_read=7, output=1),
        text("a"),
        usage(output=3),
        usage(output=9),
        finish("stop"),
    ]
    told = orderly(events)
    assert kinds(told) == ["start", "text", "finish", "usage", "done"]
    assert told[3].fields["prompt"] == 12 and told[3].fields["output"] == 9
    fold = Fold(counting())
    fold.feed(events[:1])
    assert fold.usage == {"prompt": 12, "input": 5, "cache_read": 7, "output": 1, "visible": 1, "total": 13}


def test_the_rest_passes_without_what_is_empty() -> None:
    events = [
        reasoning("hm", signature=None),
        reasoning("", extra=None),
        reasoning(signature="s"),
        Event("refusal", {"text": "no"}),
        Event("refusal", {"text": None}),
        Event("citation", {"url": "u"}),
        Event("logprobs", {"content": [{"token": "a"}], "refusal": None}),
        Event("logprobs", {"content": None}),
        Event("audio", {"id": "a", "data": None}),
        Event("audio", {"data": None}),
        Event("image", {"data": "QQ==", "media_type": "image/png", "url": None, "extra": {}}),
        Event("image", {"data": None, "media_type": "image/png"}),
        Event("extra", {"conversation": "c", "nothing": None}),
        Event("extra", {"nothing": None}),
        Event("of the future", {"a": 1}),
        DONE,
    ]
    assert orderly(events)[1:-2] == [
        Event("reasoning", {"text": "hm"}),
        Event("reasoning", {"signature": "s"}),
        Event("refusal", {"text": "no"}),
        Event("citation", {"url": "u"}),
        Event("logprobs", {"content": [{"token": "a"}]}),
        Event("audio", {"id": "a"}),
        Event("image", {"data": "QQ==", "media_type": "image/png"}),
        Event("extra", {"conversation": "c"}),
    ]
    result = folded(events)
    assert result.extra == {"conversation": "c"}
    assert result.choices[0].refusal == "no"
    assert result.choices[0].images == ({"data": "QQ==", "media_type": "image/png"},)


def test_extra_keeps_all_that_was_told() -> None:
    extra: dict[str, Any] = {}
    for fields in ({"a": 1, "l": [1]}, {"a": 1, "b": {}}, {"a": 2, "l": [2, 3]}, {"a": 3}):
        add_extra(extra, fields)
    assert extra == {"a": [1, 2, 3], "b": {}, "l": [1, 2, 3]}


def test_extra_does_not_touch_what_it_was_given() -> None:
    given: dict[str, Any] = {"l": [1]}
    extra: dict[str, Any] = {}
    add_extra(extra, given)
    add_extra(extra, {"l": [2]})
    assert given == {"l": [1]}


any_event = st.one_of(
    st.builds(start),
    st.builds(text, st.sampled_from(["a", "", None]), st.integers(0, 2)),
    st.builds(finish, st.sampled_from(["stop", "length", "odd", None, ""]), st.integers(0, 2)),
    st.builds(reasoning, st.sampled_from(["r", "", None])),
    st.builds(
        lambda choice, fields: call(choice, **fields),
        st.integers(0, 2),
        st.fixed_dictionaries(
            {},
            optional={
                "key": st.sampled_from([None, 0, 1, "k"]),
                "id": st.sampled_from([None, "", "a", "b"]),
                "name": st.sampled_from([None, "", "f", "g"]),
                "arguments": st.sampled_from([None, "", "{", "}", {"x": 1}]),
            },
        ),
    ),
    st.builds(usage, prompt=st.integers(0, 9)),
    st.just(Event("error", {"message": "m"})),
    st.just(DONE),
)


@given(st.lists(any_event, max_size=25), st.booleans())
def test_any_events_make_an_orderly_answer(events: list[Event], complete: bool) -> None:
    told = orderly(events, complete=complete)
    names = kinds(told)
    assert names[-1] in ("done", "error")
    assert names.count("done") + names.count("error") == 1
    if names[-1] == "done":
        assert names[0] == "start" and names.count("start") == 1
        behind = [name for name in names if name in ("finish", "usage", "done")]
        assert names[-len(behind) :] == behind
        finished = [event.choice for event in told if event.kind == "finish"]
        assert finished == sorted(set(finished))
        assert {event.choice for event in told[1:] if event.kind not in ("usage", "done")} == set(finished)
        assert all(event.fields["reason"] in FINISH_REASONS for event in told if event.kind == "finish")
    seen: dict[tuple[int, int], tuple[str, str]] = {}
    for event in told:
        if event.kind == "tool_call":
            fields = event.fields
            told_before = seen.setdefault((event.choice, fields["key"]), (fields["id"], fields["name"]))
            assert told_before == (fields["id"], fields["name"])
    assert len({(choice, id) for (choice, _), (id, _) in seen.items()}) == len(seen)
    for choice in {choice for choice, _ in seen}:
        assert sorted(key for other, key in seen if other == choice) == list(
            range(sum(other == choice for other, _ in seen))
        )


@given(st.lists(any_event, max_size=25))
def test_a_fold_without_memory_tells_the_same(events: list[Event]) -> None:
    forgetful, mindful = Fold(counting(), keep=False), Fold(counting())
    assert forgetful.feed(events) + forgetful.end() == mindful.feed(events) + mindful.end()


@given(st.lists(any_event, max_size=25))
@example([finish("stop", 0), finish("stop", 1), call(0, arguments="{"), call(1, name="f")])
def test_an_orderly_answer_folds_to_itself(events: list[Event]) -> None:
    told = orderly(events)
    if told[-1].kind == "done":
        assert orderly(told) == told

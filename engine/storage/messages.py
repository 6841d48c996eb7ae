"""Messages of conversations, in the order in which they were said. They are added, never changed.

A turn is a question and its answer. `begin` writes both at once, the answer empty and `partial`; `finish`
says what it came to. So it has its place however many turns go on at the same time, and whatever happens to
whoever waits for it, it is there and marked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

import orjson
from sqlalchemy import Select, select

from engine.storage import conversations
from engine.storage.conversations import ROW as CONVERSATION
from engine.storage.conversations import found, key_of, page_of
from engine.storage.database import Connection, Database, Refused, repeated, rows_of
from engine.storage.names import fitted
from engine.storage.tables import CONVERSATIONS, MESSAGES

Args = Mapping[str, Any]
Row = dict[str, Any]

ROW = MESSAGES.c
# What the column of counts takes, on every kind of database.
LARGEST = 2**31 - 1

SHOWN = [ROW.number, ROW.role, ROW.content, ROW.model, ROW.tokens, ROW.state, ROW.at]

COMPLETE, PARTIAL = "complete", "partial"
READ_AT_MOST = 1000

# What the clerk can tell a worker in one answer, with room to spare.
BYTES_AT_MOST = 8 * 2**20
MESSAGE_AT_MOST = BYTES_AT_MOST // 2
# As many bytes of text are about a token, where nobody has counted.
BYTES_OF_A_TOKEN = 4


async def history(database: Database, args: Args) -> dict[str, Any]:
    """`conversation`, and a page of its `messages` (`limit`, `offset`), in order.

    With `last` or `tokens`: the last messages, as many as that allows.
    """
    limit, offset = page_of(args, READ_AT_MOST)
    async with database.read() as connection:
        conversation = await found(connection, args)
        number = await _number(connection, args)
        if args.get("last") is not None or args.get("tokens") is not None:
            messages = await _window(connection, number, conversation["messages"] + 1, args)
        else:
            page = select(ROW.number, ROW.size).where(ROW.conversation == number).order_by(ROW.number)
            sizes = (await connection.execute(page.limit(limit).offset(offset))).all()
            messages = await _read(connection, number, _fit(sizes, (BYTES_AT_MOST,)))
        return {"conversation": conversation, "messages": messages}


@repeated
async def append(database: Database, args: Args) -> dict[str, Any]:
    """`at` and `messages`, each `{role, content}` and maybe `model tokens state at`; gives `history`.

    With `create`, as in `begin`.
    """
    async with database.begin() as connection:
        await _make(connection, args)
        number, first = await grow(connection, args, len(args["messages"]))
        await put(connection, number, first, args["messages"], args["at"])
        sizes = [(first + index, 0) for index in range(len(args["messages"]))]
        return {
            "conversation": await found(connection, args),
            "messages": await _read(connection, number, sizes),
        }


@repeated
async def begin(database: Database, args: Args) -> dict[str, Any]:
    """A turn: `message` is the question, as in `append`. Gives the `conversation`, the `number` of the answer
    to come, and the `history` before, of which `last` and `tokens` may say how much.

    With `create`, what `conversations.create` takes, a conversation that is not there is made.
    """
    answer = {"role": "assistant", "content": "", "state": PARTIAL}
    async with database.begin() as connection:
        await _make(connection, args)
        number, first = await grow(connection, args, 2)
        await put(connection, number, first, [args["message"], answer], args["at"])
        before = await _window(connection, number, first, args)
        return {
            "conversation": await found(connection, args),
            "number": first + 1,
            "history": before,
        }


@repeated
async def finish(database: Database, args: Args) -> dict[str, Any]:
    """What the answer `number` came to: `content model tokens state at`. Not `saved` if that was known."""
    content = args["content"]
    values = {
        "content": content, "size": _size(content), "model": fitted(args.get("model")),
        "tokens": _tokens(args.get("tokens")), "state": args.get("state", COMPLETE), "at": args["at"],
    }  # fmt: skip
    async with database.begin() as connection:
        number, _ = await grow(connection, args, 0)
        which = (ROW.conversation == number, ROW.number == args["number"], ROW.state == PARTIAL)
        changed = await connection.execute(MESSAGES.update().where(*which).values(values))
        return {"saved": bool(changed.rowcount)}


def _tokens(count: int | None) -> int | None:
    """As the column takes it: platforms and callers say what they like."""
    return None if count is None else min(count, LARGEST)


async def _make(connection: Connection, args: Args) -> None:
    if args.get("create") is not None and not await is_there(connection, args):
        await conversations.add(connection, {**args, **args["create"]})


async def is_there(connection: Connection, args: Args) -> bool:
    return (await connection.execute(_numbers(args))).first() is not None


async def grow(connection: Connection, args: Args, by: int) -> tuple[int, int]:
    """Make room for `by` messages: the conversation's number, and the first message's.

    Whoever else wants to add to it waits until this transaction ends. Raises `Refused`.
    """
    later = {"messages": CONVERSATION.messages + by, "updated": args["at"]}
    await connection.execute(CONVERSATIONS.update().where(CONVERSATION.key == key_of(args)).values(later))
    conversation = await found(connection, args)
    return await _number(connection, args), conversation["messages"] - by + 1


async def put(
    connection: Connection, number: int, first: int, messages: Iterable[Mapping[str, Any]], at: float
) -> None:
    rows = [
        {
            "conversation": number, "number": first + index, "role": _role(message["role"]),
            "content": message["content"], "size": _size(message["content"]),
            "model": fitted(message.get("model")), "tokens": _tokens(message.get("tokens")),
            "state": message.get("state", COMPLETE), "at": message.get("at", at),
        }
        for index, message in enumerate(messages)
    ]  # fmt: skip
    if rows:
        await connection.execute(MESSAGES.insert(), rows)


async def _window(connection: Connection, number: int, before: int, args: Args) -> list[Row]:
    """The last messages before one, as many as `last`, `tokens` and an answer of the clerk allow."""
    last, tokens = args.get("last"), args.get("tokens")
    limit = READ_AT_MOST if last is None else min(max(last, 0), READ_AT_MOST)
    which = (ROW.conversation == number, ROW.number < before)
    newest = select(ROW.number, ROW.size, ROW.tokens).where(*which).order_by(ROW.number.desc()).limit(limit)
    sizes = [
        (row.number, row.size, row.tokens or ceil(row.size / BYTES_OF_A_TOKEN))
        for row in await connection.execute(newest)
    ]
    bounds = (BYTES_AT_MOST,) if tokens is None else (BYTES_AT_MOST, tokens)
    return await _read(connection, number, _fit(sizes, bounds))


def _fit(rows: Iterable[Sequence[int]], bounds: Sequence[int]) -> list[Sequence[int]]:
    """As many of the first `(number, *amounts)` as stay within the bounds of their sums."""
    sums, fit = [0] * len(bounds), []
    for row in rows:
        sums = [sum_ + amount for sum_, amount in zip(sums, row[1:], strict=False)]
        if any(sum_ > bound for sum_, bound in zip(sums, bounds, strict=True)):
            break
        fit.append(row)
    return fit


async def _read(connection: Connection, number: int, rows: Sequence[Sequence[int]]) -> list[Row]:
    """These messages, which follow each other, in order."""
    if not rows:
        return []
    numbers = [row[0] for row in rows]
    which = (ROW.conversation == number, ROW.number.between(min(numbers), max(numbers)))
    return rows_of(await connection.execute(select(*SHOWN).where(*which).order_by(ROW.number)))


async def _number(connection: Connection, args: Args) -> int:
    row = (await connection.execute(_numbers(args))).one()
    return int(row.number)


def _numbers(args: Args) -> Select[Any]:
    return select(CONVERSATION.number).where(CONVERSATION.key == key_of(args))


def _role(role: object) -> str:
    if isinstance(role, str) and 0 < len(role) <= 40 and role.isidentifier():
        return role
    raise Refused("the role of a message is a name such as user or assistant", "invalid_value")


def _size(content: object) -> int:
    """Raises `Refused`."""
    size = len(orjson.dumps(content))
    if size > MESSAGE_AT_MOST:
        message = f"a message has at most {MESSAGE_AT_MOST // 2**20} MiB, this one has {size} bytes"
        raise Refused(message, "message_too_large", 413)
    return size

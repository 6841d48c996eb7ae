"""The script that counts in Redis, all takes in one call. Its windows are those of `engine.limits.window`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from engine.limits.window import PARTS, RING
from engine.ports import AT_ONCE, Take

# A worker that was not heard of for so long (milliseconds) holds nothing any more.
ALIVE = 5000

Call = tuple[list[str], list[str | float]]


class Result(NamedTuple):
    refused: int | None
    wait: float | None
    used: list[float]
    marks: list[int]


SCRIPT = """
local mode, worker, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] + time[2] / 1000000
end
local PARTS, RING, ALIVE, PREFIX = PARTS_HERE, RING_HERE, ALIVE_HERE, 'PREFIX_HERE'
local function alive(name) return PREFIX .. 'alive:' .. name end
local function text(number) return string.format('%.17g', number) end

-- Of a window: the number of its newest part, when that began, and all parts, the oldest first: last, amount.
local function read(key, length)
  local raw = redis.call('GET', key)
  local state = raw and cmsgpack.unpack(raw) or {0, 0, {}}
  local parts, kept, total = state[3], {}, 0
  for i = 1, #parts, 2 do
    local over = parts[i] + length
    if now < over and over <= now + 2 * length then
      kept[#kept + 1], kept[#kept + 2] = parts[i], parts[i + 1]
      total = total + parts[i + 1]
    else
      kept, total = {}, 0
    end
  end
  state[3] = kept
  return state, total
end
local function write(key, state, length)
  redis.call('SET', key, cmsgpack.pack(state), 'PX', math.ceil(length * 1000) + 1000)
end
local function add(key, state, length, amount)
  local parts = state[3]
  if #parts == 0 or (now >= state[2] + length / PARTS and #parts < 2 * RING) then
    state[1], state[2] = state[1] + 1, now
    parts[#parts + 1], parts[#parts + 2] = now, amount
  else
    parts[#parts - 1], parts[#parts] = math.max(parts[#parts - 1], now), parts[#parts] + amount
  end
  write(key, state, length)
  return state[1]
end
local function wait(state, length, much)
  local parts = state[3]
  for i = 1, #parts, 2 do
    much = much - parts[i + 1]
    if much <= 0 then return parts[i] + length - now end
  end
  return length
end
local function held(key)
  local rows, sum = redis.call('HGETALL', key), 0
  for i = 1, #rows, 2 do
    if rows[i] == worker or redis.call('EXISTS', alive(rows[i])) == 1 then
      sum = sum + tonumber(rows[i + 1])
    else
      redis.call('HDEL', key, rows[i])
    end
  end
  return sum
end
local function hold(key, more)
  if redis.call('HINCRBY', key, worker, more) <= 0 then redis.call('HDEL', key, worker) end
end
local function spend(key, more, over)
  redis.call('INCRBYFLOAT', key, text(more))
  if over < math.huge then redis.call('PEXPIRE', key, math.ceil((over - now) * 1000) + 1000) end
end

if mode == 'take' or mode == 'look' then
  local states, used, marks = {}, {}, {}
  for i, key in ipairs(KEYS) do
    local at = 4 + (i - 1) * 5
    local kind, limit, length, amount, over = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]),
      tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
    local have, full, pause
    if kind == 'w' then
      states[i], have = read(key, length)
      full = have + amount > limit
    elseif kind == 'h' then
      have = held(key)
      full = have + amount > limit
    else
      have = tonumber(redis.call('GET', key) or '0')
      full = have >= limit
    end
    if mode == 'take' and full then
      used[i] = text(have)
      if kind == 'w' then pause = wait(states[i], length, have + amount - limit) end
      if kind == 's' then pause = over - now end
      return {i - 1, pause and text(pause) or '', used, marks}
    end
    used[i] = text(mode == 'take' and have + amount or have)
  end
  for i, key in ipairs(KEYS) do
    local at = 4 + (i - 1) * 5
    marks[i] = 0
    if mode == 'take' then
      if ARGV[at] == 'w' then
        marks[i] = add(key, states[i], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]))
      elseif ARGV[at] == 'h' then
        hold(key, 1)
        redis.call('SET', alive(worker), 1, 'PX', ALIVE)
      else
        spend(key, tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]))
      end
    end
  end
  return {-1, '', used, marks}
end

if mode == 'settle' then
  for i, key in ipairs(KEYS) do
    local at = 4 + (i - 1) * 5
    local kind, number, length, more, over = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]),
      tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
    if kind == 'h' then
      hold(key, -1)
    elseif kind == 's' then
      if more ~= 0 and now < over then spend(key, more, over) end
    elseif more ~= 0 then
      local state = read(key, length)
      local index = #state[3] - 1 - 2 * (state[1] - number)
      if number <= state[1] and index >= 1 then
        state[3][index + 1] = state[3][index + 1] + more
        write(key, state, length)
      elseif more > 0 then
        add(key, state, length, more)
      end
    end
  end
elseif mode == 'beat' then
  redis.call('SET', alive(worker), 1, 'PX', ALIVE)
  for i, key in ipairs(KEYS) do
    local count = tonumber(ARGV[3 + i])
    if count > 0 then redis.call('HSET', key, worker, count) else redis.call('HDEL', key, worker) end
  end
elseif mode == 'mark' then
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
  if tonumber(ARGV[5]) > 0 then
    redis.call('ZADD', KEYS[1], ARGV[5], ARGV[4])
  else
    redis.call('ZREM', KEYS[1], ARGV[4])
  end
  redis.call('PUBLISH', PREFIX .. 'told', ARGV[6])
end
return {}
"""


def kind_of(take: Take) -> str:
    if take.since is not None:
        return "s"
    return "h" if take.window == AT_ONCE else "w"


class Calls:
    """Calls of the script, in a space of keys: names of it are all in one slot of a cluster."""

    def __init__(self, space: str, worker: str, now: Callable[[], float] | None = None) -> None:
        """`now` None: Redis's own clock."""
        self._prefix = f"{{{space}}}:"
        self._now = now
        self.worker = worker
        self.marks, self.channel = f"{self._prefix}marks", f"{self._prefix}told"
        here = {"PARTS": PARTS, "RING": RING, "ALIVE": ALIVE, "PREFIX": self._prefix}
        self.script = SCRIPT
        for name, value in here.items():
            self.script = self.script.replace(f"{name}_HERE", str(value))

    def take(self, takes: Sequence[Take], mode: str = "take") -> Call:
        args = self._args(mode)
        for take in takes:
            args += [kind_of(take), take.limit, take.window, take.amount, (take.since or 0.0) + take.window]
        return [self._key(take) for take in takes], args

    def settle(self, takes: Sequence[Take], more: Sequence[float], marks: Sequence[int]) -> Call:
        args = self._args("settle")
        for take, difference, mark in zip(takes, more, marks, strict=True):
            args += [kind_of(take), int(mark), take.window, difference, (take.since or 0.0) + take.window]
        return [self._key(take) for take in takes], args

    def beat(self, held: Mapping[Take, int]) -> Call:
        """This worker lives, and holds so much of these."""
        counts = [max(0, count) for count in held.values()]
        return [self._key(take) for take in held], [*self._args("beat"), *counts]

    def mark(self, group: str, name: str, until: float) -> Call:
        member = orjson.dumps([group, name]).decode()
        told = orjson.dumps([self.worker, group, name, repr(until)]).decode()
        return [self.marks], [*self._args("mark"), member, repr(until), told]

    def _args(self, mode: str) -> list[str | float]:
        return [mode, self.worker, "" if self._now is None else self._now()]

    def _key(self, take: Take) -> str:
        """A period that is over is another key, which goes by itself."""
        return f"{self._prefix}{take.key}" + ("" if take.since is None else f"/{take.since:.0f}")


def result_of(raw: Sequence[Any]) -> Result:
    refused, wait, used, marks = raw
    return Result(
        None if refused < 0 else refused, float(wait) if wait else None, [float(each) for each in used], marks
    )

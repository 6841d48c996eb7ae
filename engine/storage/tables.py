"""The tables as they are after the last migration."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData()

# Before names that many programs have: a database may be shared with one, such as the one before us.
OWN = "proxyctl_"

# Words of people: whatever the database was made with, any of their characters is taken.
CHARSET: dict[str, Any] = {"mysql_charset": "utf8mb4", "mariadb_charset": "utf8mb4"}


def name(title: str, **options: Any) -> Column[str]:
    """Names come from clients and files; longer ones are cut when they are written."""
    return Column(title, String(200), **options)


def moment(title: str, **options: Any) -> Column[float]:
    """Seconds since 1970."""
    return Column(title, Double, **options)


def data(title: str) -> Column[object]:
    return Column(title, JSON(none_as_null=True))


# Whose a request was and where it went: what usage may be summed up by.
def dimensions() -> list[Column[str]]:
    return [
        name(title) for title in ("client", "groups", "surface", "alias", "provider", "target", "credential")
    ]


def operation() -> Column[str]:
    """Another dimension, which records before 0003 do not have: it stands last, as in a record."""
    return Column("operation", String(40))


def tokens() -> list[Column[int]]:
    return [
        Column(title, BigInteger) for title in ("prompt", "output", "cache_read", "cache_write", "reasoning")
    ]


# One row a request. `id` is the segment of the spool and the place in it, so no record is in here twice.
# `hour` is the one of `at`, since 1970. `groups` are joined by commas. `cost` is in US dollars; null, as any
# count that is null, was not known.
USAGE = Table(
    "usage",
    METADATA,
    Column("id", String(40), primary_key=True),
    moment("at", nullable=False),
    Column("hour", Integer, nullable=False),
    name("request_id"),
    *dimensions(),
    Column("status", Integer, nullable=False),
    Column("error", String(40)),
    Column("code", String(100)),
    Column("attempts", Integer, nullable=False),
    Column("streamed", Boolean, nullable=False),
    Column("aborted", Boolean, nullable=False),
    Column("ms", Double, nullable=False),
    Column("first_byte_ms", Double),
    *tokens(),
    Column("cost", Double),
    operation(),
    Index("usage_at", "at"),
)

# What rows of `usage` that were too old to keep came to, by day (days since 1970). Sums; `priced` requests
# have a cost, `timed` ones a first byte.
USAGE_DAYS = Table(
    "usage_days",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("day", Integer, nullable=False),
    *dimensions(),
    Column("requests", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("aborted", BigInteger, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("ms", Double, nullable=False),
    Column("first_byte_ms", Double, nullable=False),
    Column("timed", BigInteger, nullable=False),
    *tokens(),
    Column("cost", Double, nullable=False),
    Column("priced", BigInteger, nullable=False),
    operation(),
    Index("usage_days_day", "day"),
)

# Clients made at run time. Digests of keys, never a key. `old_digest` is that of the key before the last
# rotation, valid until `old_until`. `terms`: models, groups, endpoints, limits, params, override, ips.
CLIENTS = Table(
    f"{OWN}clients",
    METADATA,
    Column("name", String(128), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("old_digest", String(64)),
    moment("old_until"),
    data("terms"),
    moment("expires"),
    moment("created", nullable=False),
    moment("updated", nullable=False),
    moment("revoked"),
    Column("note", Text),
)

# `data` is ciphertext, `key_id` says of which key. A row without data is about a credential that stands in
# the site's files: it may be disabled too. `provider` is where it was acquired and is refreshed, `lease` the
# time until which somebody refreshes it, `problem` why that failed last, `enabled` when it was put on again.
CREDENTIALS = Table(
    "credentials",
    METADATA,
    Column("pool", String(100), primary_key=True),
    Column("id", String(100), primary_key=True),
    Column("data", Text, nullable=False),
    Column("key_id", String(64)),
    Column("weight", Double, nullable=False),
    data("models"),
    moment("expires"),
    moment("created", nullable=False),
    moment("updated", nullable=False),
    data("limits"),
    name("provider"),
    Column("disabled", Text),
    moment("enabled"),
    moment("lease"),
    Column("problem", Text),
)

# How often each published table was changed.
REVISIONS = Table(
    "revisions",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# Who did what, when: changes by operators. No secret is in it.
AUDIT = Table(
    "audit",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    moment("at", nullable=False),
    name("who"),
    Column("what", String(60), nullable=False),
    name("target"),
    Index("audit_at", "at"),
)

# One conversation of a store. `key` stands for store, owner and id, `whose` for store and owner, so that they
# are compared exactly (`names.exact`). `id` is unique within its owner. A title is null until it is given.
# `messages` is how many there are, and the number of the last one. `user` tells an owner's own users apart.
CONVERSATIONS = Table(
    f"{OWN}conversations",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False),
    Column("whose", String(64), nullable=False),
    name("store", nullable=False),
    name("owner", nullable=False),
    name("id", nullable=False),
    name("user"),
    name("title"),
    Column("messages", Integer, nullable=False),
    moment("created", nullable=False),
    moment("updated", nullable=False),
    Index("conversations_key", "key", unique=True),
    Index("conversations_whose", "whose", "updated"),
    Index("conversations_store", "store", "updated"),
    **CHARSET,
)

# `content` is text, or a list of parts as in Chat Completions; `size` its bytes. `tokens` is null if nobody
# counted. `state`: complete, or partial, which is an answer that was not finished.
MESSAGES = Table(
    f"{OWN}messages",
    METADATA,
    Column("conversation", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("role", String(40), nullable=False),
    data("content"),
    Column("size", Integer, nullable=False),
    name("model"),
    Column("tokens", Integer),
    Column("state", String(10), nullable=False),
    moment("at", nullable=False),
    **CHARSET,
)

# Settings that a user made. `space` keeps those of several services apart, `key` stands for space and owner.
# `data` is what may be shown, `sealed` what is secret, as ciphertext.
PROFILES = Table(
    "profiles",
    METADATA,
    Column("key", String(64), primary_key=True),
    name("space", nullable=False),
    name("owner", nullable=False),
    data("data"),
    Column("sealed", Text),
    Column("key_id", String(64)),
    moment("created", nullable=False),
    moment("updated", nullable=False),
    **CHARSET,
)

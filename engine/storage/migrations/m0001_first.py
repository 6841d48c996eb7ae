"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLES = ("usage", "usage_days", "proxyctl_clients", "credentials", "revisions", "audit")


def upgrade() -> None:
    _usage()
    _clients()
    _credentials()
    op.create_table(
        "revisions",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "audit",
        _number(),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("who", sa.String(200)),
        sa.Column("what", sa.String(60), nullable=False),
        sa.Column("target", sa.String(200)),
    )
    op.create_index("audit_at", "audit", ["at"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _number() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("id", kind, primary_key=True, autoincrement=True)


def _dimensions() -> list[sa.Column[str]]:
    named = ("client", "groups", "surface", "alias", "provider", "target", "credential")
    return [sa.Column(name, sa.String(200)) for name in named]


def _tokens() -> list[sa.Column[int]]:
    named = ("prompt", "output", "cache_read", "cache_write", "reasoning")
    return [sa.Column(name, sa.BigInteger) for name in named]


def _usage() -> None:
    op.create_table(
        "usage",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("request_id", sa.String(200)),
        *_dimensions(),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("error", sa.String(40)),
        sa.Column("code", sa.String(100)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("streamed", sa.Boolean, nullable=False),
        sa.Column("aborted", sa.Boolean, nullable=False),
        sa.Column("ms", sa.Double, nullable=False),
        sa.Column("first_byte_ms", sa.Double),
        *_tokens(),
        sa.Column("cost", sa.Double),
    )
    op.create_index("usage_at", "usage", ["at"])
    op.create_table(
        "usage_days",
        _number(),
        sa.Column("day", sa.Integer, nullable=False),
        *_dimensions(),
        *[
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("requests", "failed", "aborted", "attempts", "timed", "priced")
        ],
        *[sa.Column(name, sa.Double, nullable=False) for name in ("ms", "first_byte_ms", "cost")],
        *_tokens(),
    )
    op.create_index("usage_days_day", "usage_days", ["day"])


def _clients() -> None:
    op.create_table(
        "proxyctl_clients",
        sa.Column("name", sa.String(128), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("old_digest", sa.String(64)),
        sa.Column("old_until", sa.Double),
        sa.Column("terms", sa.JSON),
        sa.Column("expires", sa.Double),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("updated", sa.Double, nullable=False),
        sa.Column("revoked", sa.Double),
        sa.Column("note", sa.Text),
    )


def _credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("pool", sa.String(100), primary_key=True),
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("key_id", sa.String(64)),
        sa.Column("weight", sa.Double, nullable=False),
        sa.Column("models", sa.JSON),
        sa.Column("expires", sa.Double),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("updated", sa.Double, nullable=False),
        sa.Column("limits", sa.JSON),
        sa.Column("provider", sa.String(200)),
        sa.Column("disabled", sa.Text),
        sa.Column("enabled", sa.Double),
        sa.Column("lease", sa.Double),
        sa.Column("problem", sa.Text),
    )

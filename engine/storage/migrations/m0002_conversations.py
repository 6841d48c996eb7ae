"""Conversations with their messages, and profiles."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

CHARSET: dict[str, Any] = {"mysql_charset": "utf8mb4", "mariadb_charset": "utf8mb4"}


def upgrade() -> None:
    _conversations()
    _messages()
    _profiles()


def downgrade() -> None:
    for table in ("profiles", "proxyctl_messages", "proxyctl_conversations"):
        op.drop_table(table)


def _conversations() -> None:
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "proxyctl_conversations",
        sa.Column("number", kind, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("whose", sa.String(64), nullable=False),
        sa.Column("store", sa.String(200), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("id", sa.String(200), nullable=False),
        sa.Column("user", sa.String(200)),
        sa.Column("title", sa.String(200)),
        sa.Column("messages", sa.Integer, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("updated", sa.Double, nullable=False),
        **CHARSET,
    )
    op.create_index("conversations_key", "proxyctl_conversations", ["key"], unique=True)
    op.create_index("conversations_whose", "proxyctl_conversations", ["whose", "updated"])
    op.create_index("conversations_store", "proxyctl_conversations", ["store", "updated"])


def _messages() -> None:
    op.create_table(
        "proxyctl_messages",
        sa.Column("conversation", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("content", sa.JSON),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("model", sa.String(200)),
        sa.Column("tokens", sa.Integer),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        **CHARSET,
    )


def _profiles() -> None:
    op.create_table(
        "profiles",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("space", sa.String(200), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("data", sa.JSON),
        sa.Column("sealed", sa.Text),
        sa.Column("key_id", sa.String(64)),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("updated", sa.Double, nullable=False),
        **CHARSET,
    )

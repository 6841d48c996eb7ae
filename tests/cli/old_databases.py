"""Databases as programs before this one wrote them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

SESSIONS = """
CREATE TABLE conversations (id INTEGER PRIMARY KEY, session_id VARCHAR(100) UNIQUE, title VARCHAR(200),
  created_at DATETIME, updated_at DATETIME);
CREATE TABLE messages (id INTEGER PRIMARY KEY, conversation_id INTEGER, role VARCHAR(50), content TEXT,
  created_at DATETIME);
CREATE TABLE user_configs (id INTEGER PRIMARY KEY, user_identifier VARCHAR(100), current_model_type VARCHAR(50),
  max_tokens INTEGER, custom_api_url VARCHAR(500), custom_model VARCHAR(100), custom_api_key VARCHAR(200),
  created_at DATETIME, updated_at DATETIME);
INSERT INTO conversations VALUES
  (1, 's-1', '新对话', '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000'),
  (2, 's-2', '天气', '2026-01-02 00:00:00.000000', '2026-01-02 00:00:00.000000');
INSERT INTO messages VALUES
  (1, 2, 'user', '你好 😀', '2026-01-02 00:00:01.500000'),
  (2, 2, 'assistant', '你好!', '2026-01-03 00:00:00.000000');
INSERT INTO user_configs VALUES
  (1, 'ann', 'custom', 500, 'https://llm.example/v1/chat/completions', 'big', 'sk-secret-of-ann', NULL, NULL),
  (2, 'bob', 'glm', NULL, NULL, NULL, NULL, NULL, NULL);
"""

USERS = """
CREATE TABLE clients (id INTEGER PRIMARY KEY, name VARCHAR, api_key VARCHAR, description VARCHAR,
  is_active BOOLEAN, is_default BOOLEAN, created_at DATETIME, updated_at DATETIME);
CREATE TABLE conversations (id INTEGER PRIMARY KEY, session_id VARCHAR, title VARCHAR, user_identifier VARCHAR,
  created_at DATETIME, updated_at DATETIME);
CREATE TABLE conversation_messages (id INTEGER PRIMARY KEY, conversation_id INTEGER, role VARCHAR, content TEXT,
  model_name VARCHAR, token_count INTEGER, timestamp DATETIME);
INSERT INTO clients VALUES
  (1, 'Default Client', 'default-0123456789abcdef', 'made at start', 1, 1, NULL, NULL),
  (2, 'gone', 'default-gone', '', 0, 0, NULL, NULL);
INSERT INTO conversations VALUES (1, 'u-1', NULL, 'ann', '2026-01-01 00:00:00', NULL);
INSERT INTO conversation_messages VALUES
  (1, 1, 'user', 'hi', NULL, NULL, '2026-01-01 00:00:01'),
  (2, 1, 'assistant', 'hello', 'big', 3, '2026-01-01 00:00:02');
"""


def old(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path

# Copyright: (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service remembers, in one SQLite file that survives a restart."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import uuid
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS organizations (mrn TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS spaces (mrn TEXT PRIMARY KEY, name TEXT NOT NULL, organization TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (
  number INTEGER PRIMARY KEY AUTOINCREMENT, mrn TEXT UNIQUE NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
  scope TEXT NOT NULL, roles TEXT NOT NULL, created_at TEXT NOT NULL, last_used_at TEXT, creator TEXT NOT NULL,
  secret_hash TEXT NOT NULL, hidden_for INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS tokens_by_scope ON tokens (scope, number);
CREATE INDEX IF NOT EXISTS tokens_by_secret ON tokens (secret_hash);
CREATE TABLE IF NOT EXISTS accounts (
  mrn TEXT PRIMARY KEY, name TEXT NOT NULL, scope TEXT NOT NULL, roles TEXT NOT NULL, public_key TEXT NOT NULL
);
-- For tests only: the service itself keeps hashes.
CREATE TABLE IF NOT EXISTS issued (name TEXT NOT NULL, mrn TEXT NOT NULL, secret TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS signing (key TEXT NOT NULL);
"""


def now_text() -> str:
    """RFC 3339 in UTC, to the microsecond."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Database:
    """All access is from the server's one event loop, so that no statement waits for another."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        path.chmod(0o600)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(_TABLES)

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection.execute(sql, values)]

    def row(self, sql: str, *values: object) -> dict[str, Any] | None:
        found = self._connection.execute(sql, values).fetchone()
        return dict(found) if found else None

    def execute(self, sql: str, *values: object) -> int:
        return self._connection.execute(sql, values).rowcount

    def begin(self) -> None:
        self._connection.execute("BEGIN")

    def commit(self) -> None:
        self._connection.execute("COMMIT")

    def clear(self) -> None:
        for table in ("organizations", "spaces", "tokens", "accounts", "issued"):
            self.execute(f"DELETE FROM {table}")  # noqa: S608  (names from the line above)

    def scope_exists(self, mrn: str) -> bool:
        return bool(
            self.row("SELECT 1 FROM spaces WHERE mrn = ?", mrn) or self.row("SELECT 1 FROM organizations WHERE mrn = ?", mrn)
        )

    def add_token(
        self,
        secret: str,
        mrn: str,
        scope: str,
        name: str,
        *,
        description: str = "",
        roles: Iterable[str] = (),
        creator: dict[str, Any],
        created_at: str | None = None,
        last_used_at: str | None = None,
        hidden_for: int = 0,
    ) -> None:
        self.execute(
            "INSERT INTO tokens (mrn, name, description, scope, roles, created_at, last_used_at, creator, secret_hash, hidden_for)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(mrn, name, description, scope, json.dumps(sorted(roles)), created_at or now_text(), last_used_at),
            *(json.dumps(creator), hash_of(secret), hidden_for),
        )
        self.execute("INSERT INTO issued VALUES (?, ?, ?)", name, mrn, secret)

    def signing_key(self) -> str:
        """The key that the service signs its tokens with."""
        found = self.row("SELECT key FROM signing")
        if found is None:
            self.execute("INSERT INTO signing VALUES (?)", uuid.uuid4().hex + uuid.uuid4().hex)
            return self.signing_key()
        return str(found["key"])

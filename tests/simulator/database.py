# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service remembers, in one SQLite file that survives a restart."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

_SCHEMA = """
CREATE TABLE IF NOT EXISTS organizations (mrn TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS spaces (
  number INTEGER PRIMARY KEY AUTOINCREMENT, mrn TEXT UNIQUE NOT NULL, name TEXT NOT NULL, organization TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS spaces_of ON spaces (organization, number);
CREATE TABLE IF NOT EXISTS tokens (
  number INTEGER PRIMARY KEY AUTOINCREMENT, mrn TEXT UNIQUE NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
  scope TEXT NOT NULL, roles TEXT NOT NULL, created_at TEXT NOT NULL, last_used_at TEXT, creator TEXT NOT NULL,
  secret_hash TEXT NOT NULL, hidden_for INTEGER NOT NULL, hidden_until REAL NOT NULL,
  created_raw TEXT, last_used_raw TEXT
);
CREATE INDEX IF NOT EXISTS tokens_of ON tokens (scope, created_at, number);
CREATE INDEX IF NOT EXISTS tokens_by_secret ON tokens (secret_hash);
CREATE TABLE IF NOT EXISTS accounts (
  mrn TEXT PRIMARY KEY, name TEXT NOT NULL, scope TEXT NOT NULL, roles TEXT NOT NULL, public_key TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS signing (key TEXT NOT NULL);
-- For tests, which must know what was ever handed out. The service itself keeps hashes and public keys only.
CREATE TABLE IF NOT EXISTS issued_secrets (name TEXT NOT NULL, mrn TEXT NOT NULL, secret TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS issued_credentials (key TEXT PRIMARY KEY, credential TEXT NOT NULL);
"""


@dataclass(frozen=True)
class NewToken:
    """A token to be kept. roles: MRNs. hidden_for: how many listings of its scope it is missing from, and
    hidden_until: until when (seconds since 1970).
    """

    mrn: str
    scope: str
    name: str
    roles: Iterable[str]
    creator: dict[str, Any]
    created_at: str
    description: str = ""
    last_used_at: str | None = None
    hidden_for: int = 0
    hidden_until: float = 0.0


def hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _contains(text: str, term: str) -> bool:
    return term.casefold() in text.casefold()


class Database:
    """All access is from the server's one event loop, so that no statement waits for another."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.create_function("contains", 2, _contains, deterministic=True)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(_SCHEMA)

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        return [dict(row) for row in self._connection.execute(sql, values)]

    def row(self, sql: str, *values: object) -> dict[str, Any] | None:
        row = self._connection.execute(sql, values).fetchone()
        return dict(row) if row else None

    @property
    def changes(self) -> int:
        """How many rows were changed since it was opened."""
        return self._connection.total_changes

    def execute(self, sql: str, *values: object) -> None:
        self._connection.execute(sql, values)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All that the block does, or nothing if it raises."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK")
            raise
        self.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()

    def is_empty(self) -> bool:
        return self.row("SELECT 1 FROM organizations") is None

    def clear(self) -> None:
        """Forgets everything, also the secrets: nothing that was issued before is accepted any more."""
        with self.transaction():
            for table in ("organizations", "spaces", "tokens", "accounts", "issued_secrets", "issued_credentials"):
                self.execute(f"DELETE FROM {table}")  # noqa: S608  (names from the line above)

    def space(self, mrn: str) -> dict[str, Any] | None:
        return self.row("SELECT * FROM spaces WHERE mrn = ?", mrn)

    def organization(self, mrn: str) -> dict[str, Any] | None:
        return self.row("SELECT * FROM organizations WHERE mrn = ?", mrn)

    def token(self, mrn: str) -> dict[str, Any] | None:
        return self.row("SELECT * FROM tokens WHERE mrn = ?", mrn)

    def add_token(self, token: NewToken, secret: str) -> None:
        self.execute(
            """
            INSERT INTO tokens
            (mrn, name, description, scope, roles, created_at, last_used_at, creator, secret_hash,
             hidden_for, hidden_until)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            *(token.mrn, token.name, token.description, token.scope, json.dumps(sorted(set(token.roles)))),
            *(token.created_at, token.last_used_at, json.dumps(token.creator), hash_of(secret)),
            *(token.hidden_for, token.hidden_until),
        )
        self.execute("INSERT INTO issued_secrets VALUES (?, ?, ?)", token.name, token.mrn, secret)

    @cached_property
    def signing_key(self) -> EllipticCurvePrivateKey:
        """The key that the service signs its API tokens with."""
        row = self.row("SELECT key FROM signing")
        if row is None:
            key = generate_private_key(SECP384R1())
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            self.execute("INSERT INTO signing VALUES (?)", pem.decode())
            return key
        loaded = load_pem_private_key(row["key"].encode(), None)
        assert isinstance(loaded, EllipticCurvePrivateKey)
        return loaded

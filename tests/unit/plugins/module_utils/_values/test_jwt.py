# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose secret a JWT is."""

from __future__ import annotations

import base64
import json
import uuid

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.jwt import token_mrn_of

MRN = "//agents.api.mondoo.app/spaces/alpha/serviceaccounts/2hK8"
OTHER = "//agents.api.mondoo.app/spaces/alpha/serviceaccounts/7xYz"


def encoded(part: object) -> str:
    text = part if isinstance(part, str) else json.dumps(part)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def jwt(claims: object, header: object = None) -> str:
    return ".".join([encoded(header or {"alg": "ES384", "typ": "JWT"}), encoded(claims), "c2lnbmF0dXJl"])


@pytest.mark.parametrize(
    ("secret", "mrn"),
    [
        (jwt({"sub": MRN, "iss": "mondoo/ams"}, {"kid": MRN}), MRN),
        (jwt({"sub": MRN}), MRN),
        (jwt({"iss": "x"}, {"kid": MRN}), MRN),
        (jwt({"sub": MRN}, {"kid": OTHER}), MRN),
        (jwt({"sub": "somebody"}, {"kid": MRN}), MRN),
        (jwt({"sub": 7}, {"kid": MRN}), MRN),
        (jwt({"sub": "somebody"}), None),
        (jwt({"mrn": MRN}), None),
        (jwt([MRN]), None),
        (jwt("null"), None),
        (jwt("[" * 100_000), None),
        (jwt({"sub": MRN}).rpartition(".")[0], None),
        (jwt({"sub": MRN}) + ".more", None),
        ("eyJhbGciOiJub25lIn0.!!!.x", None),
        ("a.b.c", None),
        ("..", None),
        ("", None),
        ("ü.ü.ü", None),
        (uuid.UUID(int=7).hex, None),
    ],
)
def test_the_token_that_a_secret_belongs_to(secret: str, mrn: str | None) -> None:
    assert token_mrn_of(secret) == mrn

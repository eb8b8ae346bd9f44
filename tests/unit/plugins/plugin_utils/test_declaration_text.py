# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file that an adopted declaration is written to."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope, scope_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.plugin_utils._adoption import Adoption, adopt
from ansible_collections.mondoo.platform.plugins.plugin_utils._declaration_text import (
    declaration_text,
    history,
    printable,
)

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=timezone.utc)
ACME = scope_from("organization", "acme")
ALPHA = scope_from("space", "alpha")
MRN = "//agents.api.mondoo.app/spaces/alpha/serviceaccounts/"


def token(name: str, number: int = 0, scope: Scope = ALPHA, **changes: Any) -> Token:
    return Token(mrn=f"{MRN}{number}", name=name, scope=scope, **changes)


def test_a_whole_file() -> None:
    viewer = frozenset({"//iam.api.mondoo.app/roles/viewer"})
    adoption = adopt(
        [
            token(
                "ci",
                1,
                description="Scans: all",
                roles=viewer,
                created_at=datetime(2025, 1, 2, tzinfo=timezone.utc),
                created_by="someone@example.com",
                last_used_at=NOW,
            ),
            token("dup", 2),
            token("dup", 3),
            token("ci (retired 2026-01-01T00:00:00Z)", 4),
            token("billing", 5, ACME, roles=viewer, created_at=NOW),
        ]
    )
    text = declaration_text(
        adoption, NOW, {ALPHA: "Team Alpha"}, [(scope_from("space", "b"), "Could not\nlist")], "a/f.yml"
    )
    assert (
        text
        == f"""---
# The API tokens that existed at 2026-11-25T12:00:00Z, written by the playbook mondoo.platform.adopt.
#
#   ansible-playbook mondoo.platform.onboard -e @a/f.yml --check --diff
#
# changes nothing until a token is changed, at the service or in this file. It contains no secret: the service
# shows a secret once, when its token is generated.

api_tokens_declared:
  # Organization "acme": 1 token
  # Created 2026-11-25 by an unknown user, never used.
  - name: billing
    organization: acme
    description: ""
    permissions: [viewer]

  # Space "alpha" (Team Alpha): 3 tokens
  # Created 2025-01-02 by someone@example.com, last used 2026-11-25.
  - name: ci
    space: alpha
    description: "Scans: all"
    permissions: [viewer]
  # "dup", by its MRN: 2 tokens of space "alpha" have this name.
  # Created by an unknown user at an unknown time, never used.
  - mrn: "{MRN}2"
    space: alpha
    description: ""
    permissions: []
  # "dup", by its MRN: 2 tokens of space "alpha" have this name.
  # Created by an unknown user at an unknown time, never used.
  - mrn: "{MRN}3"
    space: alpha
    description: ""
    permissions: []

# Left out:
# - "ci (retired 2026-01-01T00:00:00Z)" ({MRN}4) of space "alpha": A rotation has replaced it by "ci".
# Could not be read:
# - space "b": Could not\\x0alist
"""
    )


def test_no_token_at_all() -> None:
    text = declaration_text(Adoption((), ()), NOW, {})
    assert text.endswith("\napi_tokens_declared: []\n")
    assert yaml.safe_load(text) == {"api_tokens_declared": []}


@pytest.mark.parametrize(
    "text",
    [
        "plain", "two words", "a-b_c.d/e@f+g", "yes", "No", "null", "~", "1.10", "0123", "12:30:45", "2026-11-25", "1e3", "", " ",
        "x ", " x", "a: b", "a #b", "#b", "- a", "? a", "&a", "*a", "!a", "%a", "@a", "`a", "[a]", "{a}", '"', "'", "\\", "a\tb", "a\nb",
        "\x00", "\x1b[31mred", "Zürich", "\u202egnirts", "\ufeffbom", "\u2028", "\U0001f680", "{{ x }}", "{% x %}", "{# x #}", "=", "<<",
    ],
)  # fmt: skip
def test_every_text_is_read_back_by_ansible_and_is_no_expression(text: str, tmp_path: Path) -> None:
    path = tmp_path / "fleet.yml"
    path.write_text(declaration_text(adopt([token("x", description=text)]), NOW, {}), encoding="utf-8")
    (entry,) = DataLoader().load_from_file(str(path))["api_tokens_declared"]
    assert entry["description"] == text
    assert isinstance(entry["description"], str)
    lines = path.read_text(encoding="utf-8").split("\n")
    assert sum("{{" in line or "{%" in line or "{#" in line for line in lines if "!unsafe" not in line) == 0
    assert all(character.isprintable() for line in lines for character in line)


def test_comments_cannot_be_broken_out_of() -> None:
    adoption = adopt([token("x", created_by="a\nb: c\x1b[2J"), token("y\n- z", 1), token("y\n- z", 2)])
    text = declaration_text(adoption, NOW, {ALPHA: "q\r\napi_tokens_prune: true"})
    (only,) = yaml.safe_load(text)
    assert only == "api_tokens_declared"
    assert [entry.keys() & {"name", "mrn"} for entry in yaml.safe_load(text)[only]] == [{"name"}, {"mrn"}, {"mrn"}]
    assert all(character.isprintable() for line in text.split("\n") for character in line)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Created by an unknown user at an unknown time, never used."),
        ({"created_at": NOW, "created_by": "a@b"}, "Created 2026-11-25 by a@b, never used."),
        ({"created_at": NOW, "last_used_at": NOW}, "Created 2026-11-25 by an unknown user, last used 2026-11-25."),
        ({"created_by": "a@b", "last_use_known": False}, "Created by a@b at an unknown time; last use unknown."),
    ],
)
def test_history(changes: dict[str, Any], sentence: str) -> None:
    assert history(token("x", **changes)) == sentence


def test_what_moves_the_cursor_or_turns_writing_round_is_escaped() -> None:
    assert printable("a b\t\x1b\x85\u202e\u00a0\U000e0001é🚀") == "a b\\x09\\x1b\\x85\\u202e\\xa0\\U000e0001é🚀"

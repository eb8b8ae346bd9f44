# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison of the contract with an endpoint's schema: what differs, and whether it matters."""

from __future__ import annotations

from pathlib import Path

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.plugin_utils._contract.comparison import (
    BROKEN,
    CHANGED,
    LEFT_OUT,
    OK,
    compare,
)

TEXT = (Path(__file__).resolve().parents[5] / "docs" / "contract" / "schema.graphql").read_text(encoding="utf-8")
CONTRACT = graphql.build_schema(TEXT)

# What is replaced in the contract to make the endpoint's schema, and what is said of which element then.
DIFFERENCES: dict[str, tuple[list[tuple[str, str]], dict[str, str]]] = {
    "nothing": ([], {}),
    "an optional field is gone": ([("  lastUsed: Time", "  used: Time")], {"APIToken.lastUsed": LEFT_OUT}),
    "an optional object is gone with all in it": (
        [("  creator: Creator", "  maker: Creator")],
        {"APIToken.creator": LEFT_OUT},
    ),
    "a required field is renamed": ([("  roles: [Role!]\n", "  permissions: [Role!]\n")], {"APIToken.roles": BROKEN}),
    "a root field is renamed": ([("  setRoles(", "  assignRoles(")], {"Mutation.setRoles": BROKEN}),
    "an answer that is never null": (
        [("): SetRolesPayload\n", "): SetRolesPayload!\n")],
        {"Mutation.setRoles": CHANGED},
    ),
    "a list became one": ([("  roles: [Role!]\n", "  roles: Role\n")], {"APIToken.roles": BROKEN}),
    "an object became a text": (
        [("  roles: [Role!]\n", "  roles: [String!]\n")],
        {"APIToken.roles": BROKEN, "Role.mrn": BROKEN},
    ),
    "a text became a number": ([("  token: String!", "  token: Int!")], {"GenerateAPITokenPayload.token": BROKEN}),
    "an output type has another name": (
        [("  creator: Creator", "  creator: Author"), ("type Creator {", "type Author {")],
        {"APIToken.creator": CHANGED},
    ),
    "an argument is gone": (
        [('    after: String\n    "[A] serviceAccounts"\n    query: String', "    query: String")],
        {"Query.apiTokens(after)": BROKEN},
    ),
    "an input field is gone": (
        [('  "[P] Go client"\n  scopeMrn: String\n  "[P] Go client"\n  description: String', "  description: String")],
        {"GenerateAPITokenInput.scopeMrn": BROKEN},
    ),
    "an input field must be given": (
        [
            (
                '  scopeMrn: String\n  "[P] Go client"\n  description',
                '  scopeMrn: String!\n  "[P] Go client"\n  description',
            )
        ],
        {"GenerateAPITokenInput.scopeMrn": CHANGED},
    ),
    "an input that is not sent must be given": (
        [("input DeleteAPITokenInput {", "input DeleteAPITokenInput {\n  reason: String!")],
        {"DeleteAPITokenInput.reason": BROKEN},
    ),
    "more fields and values": (
        [("type APIToken {", "type APIToken {\n  expiresAt: Time"), ("  CREATED_AT\n", "  CREATED_AT\n  EXPIRES_AT\n")],
        {},
    ),
}


@pytest.mark.parametrize("case", DIFFERENCES)
def test_differences(case: str) -> None:
    replacements, expected = DIFFERENCES[case]
    text = TEXT
    for old, new in replacements:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    verdicts = compare(CONTRACT, graphql.build_schema(text))
    assert {each.element: each.verdict for each in verdicts if each.verdict != OK} == expected


def test_what_is_told_of_an_element() -> None:
    verdicts = {each.element: each for each in compare(CONTRACT, CONTRACT)}
    created = verdicts["APIToken.createdAt"]
    assert (created.expected, created.found, created.evidence) == ("Time", "Time", "[A] ServiceAccount")
    assert len(verdicts) == len(compare(CONTRACT, CONTRACT))


def test_every_element_in_use_has_its_evidence() -> None:
    assert [each.element for each in compare(CONTRACT, CONTRACT) if each.evidence[:3] not in ("[P]", "[A]")] == []

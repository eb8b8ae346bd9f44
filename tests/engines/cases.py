# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that do not fit a schema, each in one way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.variants import CONTRACT, VARIANTS, changed, renamed, without, without_arguments


@dataclass(frozen=True)
class Case:
    """elements: what does not fit, as `Type.field`, `Type.field(argument)`, `Input.field`, `Type` or `$variable`."""

    elements: list[str]
    document: str
    schema: str = CONTRACT
    variables: dict[str, Any] = field(default_factory=dict)


SPACE = "//captain.api.mondoo.app/spaces/alpha"
TOKEN = "//agents.api.mondoo.app/spaces/alpha/serviceaccounts/one"
OTHER = "//agents.api.mondoo.app/spaces/alpha/serviceaccounts/two"
VIEWER = "//iam.api.mondoo.app/roles/viewer"

LIST = """\
query apiTokens($spaceMrn: String!, $scopeMrn: String, $first: Int, $after: String) {
  apiTokens(spaceMrn: $spaceMrn, scopeMrn: $scopeMrn, first: $first, after: $after) {
    edges { node { mrn scopeMrn name description roles { mrn } createdAt lastUsed creator { mrn email } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
LISTED = {"spaceMrn": SPACE, "scopeMrn": SPACE, "first": 100}
LIST_TWO = """\
query apiTokens($spaceMrn0: String!, $spaceMrn1: String!) {
  r0: apiTokens(spaceMrn: $spaceMrn0) { edges { node { mrn lastUsed } } }
  r1: apiTokens(spaceMrn: $spaceMrn1) { edges { node { mrn lastUsed } } }
}"""
SPACES = """\
query organization($mrn: String!, $first: Int, $after: String) {
  organization(mrn: $mrn) {
    spacesList(first: $first, after: $after) { edges { node { mrn name } } pageInfo { hasNextPage endCursor } }
  }
}"""
GENERATE = """\
mutation generateAPIToken($input: GenerateAPITokenInput!) {
  generateAPIToken(input: $input) { token mrn name createdBy createdAt }
}"""
GENERATED: dict[str, Any] = {"name": "ci", "scopeMrn": SPACE, "description": "builds", "roles": [{"mrn": VIEWER}]}
GENERATE_TWO = """\
mutation generateAPIToken($input0: GenerateAPITokenInput!, $input1: GenerateAPITokenInput!) {
  r0: generateAPIToken(input: $input0) { token mrn }
  r1: generateAPIToken(input: $input1) { token mrn }
}"""
DELETE_TWO = """\
mutation deleteAPIToken($input0: DeleteAPITokenInput!, $input1: DeleteAPITokenInput!) {
  r0: deleteAPIToken(input: $input0) { ok }
  r1: deleteAPIToken(input: $input1) { ok }
}"""
DELETED_TWO = {"input0": {"mrn": TOKEN}, "input1": {"mrn": OTHER}}
SET_ROLES = """\
mutation setRoles($input: SetRolesInput!) {
  setRoles(input: $input) { mrns errors }
}"""
UPDATES = [{"entityMrn": mrn, "roles": [{"mrn": VIEWER}]} for mrn in (TOKEN, OTHER)]
_DELETE_LITERALLY = 'mutation { deleteAPIToken(input: {mrn: "//a", reason: "unused"}) { ok } }'

CASES = {
    # Fields.
    "a field is missing": Case(["APIToken.lastUsed"], LIST, without("APIToken", "lastUsed"), LISTED),
    "a field has another name": Case(
        ["APIToken.createdAt"],
        LIST,
        changed(("  createdAt: Time\n  lastUsed", "  createdOn: Time\n  lastUsed")),
        LISTED,
    ),
    "two fields are missing": Case(
        ["APIToken.createdAt", "APIToken.lastUsed"], LIST, without("APIToken", "createdAt", "lastUsed"), LISTED
    ),
    "a field of a nested type is missing": Case(["Creator.email"], LIST, without("Creator", "email"), LISTED),
    "a field with fields of its own is missing": Case(
        ["APIToken.creator"], LIST, without("APIToken", "creator"), LISTED
    ),
    "a field of an answer is missing": Case(
        ["GenerateAPITokenPayload.createdBy"],
        GENERATE,
        without("GenerateAPITokenPayload", "createdBy"),
        {"input": GENERATED},
    ),
    "all fields of an answer are missing": Case(
        ["SetRolesPayload.mrns", "SetRolesPayload.errors"],
        SET_ROLES,
        VARIANTS["payload types without optional fields"].schema,
        {"input": {"scopeMrn": SPACE, "updates": UPDATES}},
    ),
    "a mutation has another name": Case(
        ["Mutation.deleteAPIToken"], DELETE_TWO, renamed("deleteAPIToken", "removeAPIToken"), DELETED_TWO
    ),
    "a query is missing": Case(
        ["Query.space"],
        "query space($mrn: String!) { space(mrn: $mrn) { mrn } }",
        changed(("  space(\n    mrn: String!\n  ): Space\n", "")),
        {"mrn": SPACE},
    ),
    "a leaf is selected from": Case(
        ["APIToken.creator"], LIST, changed(("  creator: Creator\n", "  creator: String\n")), LISTED
    ),
    "nothing is selected of an object": Case(
        ["APIToken.creator"], LIST.replace("creator { mrn email }", "creator"), CONTRACT, LISTED
    ),
    # Arguments.
    "an argument is unknown": Case(
        ["Query.apiTokens(spaceMrn)"], LIST, without_arguments("apiTokens", "spaceMrn"), LISTED
    ),
    "an argument of a nested field is unknown": Case(
        ["Organization.spacesList(first)"],
        SPACES,
        without_arguments("spacesList", "first"),
        {"mrn": "//captain.api.mondoo.app/organizations/acme"},
    ),
    "two arguments are unknown": Case(
        ["Query.apiTokens(first)", "Query.apiTokens(after)"],
        LIST,
        without_arguments("apiTokens", "first", "after"),
        LISTED,
    ),
    "a required argument is missing": Case(
        ["Query.apiTokens(spaceMrn)"],
        "query apiTokens($scopeMrn: String) { apiTokens(scopeMrn: $scopeMrn) { edges { node { mrn } } } }",
        CONTRACT,
        {"scopeMrn": SPACE},
    ),
    "an argument that is not expected is required": Case(
        ["Query.apiTokens(region)"],
        LIST,
        changed(("    spaceMrn: String!\n", "    spaceMrn: String!\n    region: String!\n")),
        LISTED,
    ),
    "a required argument is null": Case(["Query.apiTokens(spaceMrn)"], "{ apiTokens(spaceMrn: null) { totalCount } }"),
    "an argument has another type": Case(
        ["Query.apiTokens(first)"],
        LIST,
        changed(
            (
                "    first: Int\n    after: String\n    queryTerms",
                "    first: String\n    after: String\n    queryTerms",
            )
        ),
        LISTED,
    ),
    "a literal has another type": Case(
        ["Query.apiTokens(first)"], '{ apiTokens(spaceMrn: "", first: "many") { totalCount } }'
    ),
    # Variables of a document.
    "a variable can be null and the argument cannot": Case(
        ["$scopeMrn"],
        "query apiTokens($scopeMrn: String) { apiTokens(spaceMrn: $scopeMrn) { totalCount } }",
        CONTRACT,
        {"scopeMrn": SPACE},
    ),
    "a variable is of an unknown type": Case(
        ["GenerateAPITokenInput"],
        GENERATE,
        renamed("GenerateAPITokenInput", "CreateAPITokenInput"),
        {"input": GENERATED},
    ),
    "two variables are of an unknown type": Case(
        ["DeleteAPITokenInput"], DELETE_TWO, renamed("DeleteAPITokenInput", "RemoveAPITokenInput"), DELETED_TWO
    ),
    "a variable is not used": Case(
        ["$first"],
        "query apiTokens($spaceMrn: String!, $first: Int) { apiTokens(spaceMrn: $spaceMrn) { totalCount } }",
        CONTRACT,
        LISTED,
    ),
    "a variable is not declared": Case(
        ["$spaceMrn"], "query apiTokens { apiTokens(spaceMrn: $spaceMrn) { totalCount } }", CONTRACT, LISTED
    ),
    # Values of variables.
    "a required variable has no value": Case(["$spaceMrn"], LIST),
    "a required variable is null": Case(["$spaceMrn"], LIST, CONTRACT, {"spaceMrn": None}),
    "a variable has a value of another type": Case(["$first"], LIST, CONTRACT, {**LISTED, "first": "many"}),
    "an input field is unknown": Case(
        ["GenerateAPITokenInput.scopeMrn"], GENERATE, without("GenerateAPITokenInput", "scopeMrn"), {"input": GENERATED}
    ),
    "an input field has another name": Case(
        ["GenerateAPITokenInput.description"],
        GENERATE,
        changed(
            ("  description: String\n  roles: [RoleInput!]\n}", "  descriptions: String\n  roles: [RoleInput!]\n}")
        ),
        {"input": GENERATED},
    ),
    "an input field in a list is unknown": Case(
        ["RoleInput.mrn"],
        GENERATE,
        changed(("input RoleInput {\n  mrn: String!\n}", "input RoleInput {\n  role: String\n}")),
        {"input": GENERATED},
    ),
    "an input field in a list in a list is unknown": Case(
        ["RoleInput.mrn"],
        SET_ROLES,
        changed(("input RoleInput {\n  mrn: String!\n}", "input RoleInput {\n  role: String\n}")),
        {"input": {"scopeMrn": SPACE, "updates": UPDATES}},
    ),
    "the list of an input is unknown": Case(
        ["SetRolesInput.updates"],
        SET_ROLES,
        VARIANTS["setRoles without updates"].schema,
        {"input": {"scopeMrn": SPACE, "updates": UPDATES}},
    ),
    "an input field is required": Case(
        ["GenerateAPITokenInput.expiresIn"],
        GENERATE,
        changed(("input GenerateAPITokenInput {", "input GenerateAPITokenInput {\n  expiresIn: Int!")),
        {"input": GENERATED},
    ),
    "an input field in a list is required": Case(
        ["SetRoleInput.scope"],
        SET_ROLES,
        changed(("input SetRoleInput {", "input SetRoleInput {\n  scope: String!")),
        {"input": {"scopeMrn": SPACE, "updates": UPDATES}},
    ),
    "an input field is null and cannot be": Case(
        ["GenerateAPITokenInput.name"], GENERATE, CONTRACT, {"input": {**GENERATED, "name": None}}
    ),
    "an input field has another type": Case(
        ["SetRoleInput.entityMrn"],
        SET_ROLES,
        changed(("  entityMrn: String!\n", "  entityMrn: Int!\n")),
        {"input": {"scopeMrn": SPACE, "updates": UPDATES}},
    ),
    "an input field has a value of another type": Case(
        ["GenerateAPITokenInput.name"], GENERATE, CONTRACT, {"input": {**GENERATED, "name": 7}}
    ),
    "a value of an enumeration is unknown": Case(
        ["APITokenOrderField"],
        "query apiTokens($spaceMrn: String!, $orderBy: APITokenOrder) { apiTokens(spaceMrn: $spaceMrn, orderBy: $orderBy) { totalCount } }",
        CONTRACT,
        {"spaceMrn": SPACE, "orderBy": {"field": "EXPIRES_AT", "direction": "ASC"}},
    ),
    # Literals of inputs.
    "an input field of a literal is unknown": Case(["DeleteAPITokenInput.reason"], _DELETE_LITERALLY),
    "an input field of a literal is required": Case(
        ["DeleteAPITokenInput.mrn"], "mutation { deleteAPIToken(input: {}) { ok } }"
    ),
    # Several root fields with numbered variables.
    "a field is missing below two aliases": Case(
        ["APIToken.lastUsed"], LIST_TWO, without("APIToken", "lastUsed"), {"spaceMrn0": SPACE, "spaceMrn1": SPACE}
    ),
    "a field of an answer is missing below two aliases": Case(
        ["DeleteAPITokenPayload.ok"], DELETE_TWO, changed(("  ok: Boolean\n", "  done: Boolean\n")), DELETED_TWO
    ),
    "an argument is unknown below two aliases": Case(
        ["Query.apiTokens(spaceMrn)"],
        LIST_TWO,
        without_arguments("apiTokens", "spaceMrn"),
        {"spaceMrn0": SPACE, "spaceMrn1": SPACE},
    ),
    "an input field is unknown in two variables": Case(
        ["GenerateAPITokenInput.description"],
        GENERATE_TWO,
        without("GenerateAPITokenInput", "description"),
        {"input0": GENERATED, "input1": GENERATED},
    ),
    "an input field is unknown in the second variable": Case(
        ["GenerateAPITokenInput.description"],
        GENERATE_TWO,
        without("GenerateAPITokenInput", "description"),
        {"input0": {"name": "ci", "scopeMrn": SPACE}, "input1": GENERATED},
    ),
    "an input field is required in two variables": Case(
        ["GenerateAPITokenInput.expiresIn"],
        GENERATE_TWO,
        changed(("input GenerateAPITokenInput {", "input GenerateAPITokenInput {\n  expiresIn: Int!")),
        {"input0": GENERATED, "input1": GENERATED},
    ),
}

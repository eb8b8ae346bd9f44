# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison of the contract with an endpoint's schema: what differs, and whether it matters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._api.documents import DOCUMENTS
from ansible_collections.mondoo.platform.plugins.module_utils._api.tokens import RoleChange, TokenApi, TokenUpdate
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.retry import RetryPolicy
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.plugin_utils._contract.comparison import (
    BROKEN,
    CHANGED,
    LEFT_OUT,
    OK,
    ONE_BY_ONE,
    SPACES_ONLY,
    Comparison,
    compare,
)
from graphql.language.visitor import Visitor

# Without its descriptions, so that a change is one line; CONTRACT has them.
_FILE = Path(__file__).resolve().parents[5] / "docs" / "contract" / "schema.graphql"
CONTRACT = graphql.build_schema(_FILE.read_text(encoding="utf-8"))
TEXT = re.sub(r'(?m)^(#| *").*\n', "", _FILE.read_text(encoding="utf-8"))


def _live(*replacements: tuple[str, str]) -> graphql.GraphQLSchema:
    """The contract with some texts replaced, each of which is in it once."""
    text = TEXT
    for old, new in replacements:
        assert text.count(old) == 1, f"{text.count(old)} times: {old}"
        text = text.replace(old, new)
    return graphql.build_schema(text)


def _surprises(*replacements: tuple[str, str]) -> dict[str, str]:
    """By element, the result of what is not as expected."""
    comparisons = compare(CONTRACT, _live(*replacements))
    return {each.element: each.result for each in comparisons if each.result != OK}


_GENERATE = "input GenerateAPITokenInput {\n  name: String!\n  spaceMrn: String\n  scopeMrn: String\n"
_SET_ROLES = "  scopeMrn: String\n  identity: String\n  roles: [String!]\n  updates: [SetRoleInput!]\n"

_DELETE = "  deleteAPIToken(\n    input: DeleteAPITokenInput!\n  ): DeleteAPITokenPayload"

# What is replaced in the contract to make the endpoint's schema, and what is said of which element then.
DIFFERENCES: dict[str, tuple[list[tuple[str, str]], dict[str, str]]] = {
    "nothing": ([], {}),
    # Fields
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
    "an object became a text": ([("  roles: [Role!]\n", "  roles: [String!]\n")], {"APIToken.roles": BROKEN}),
    "a text became a number": ([("  token: String!", "  token: Int!")], {"GenerateAPITokenPayload.token": BROKEN}),
    "a text is an ID": ([("  token: String!", "  token: ID!")], {"GenerateAPITokenPayload.token": CHANGED}),
    "a text is some scalar": (
        [("  token: String!", "  token: Secret!"), ("scalar Map", "scalar Map\nscalar Secret")],
        {"GenerateAPITokenPayload.token": CHANGED},
    ),
    "an output type has another name": (
        [("  creator: Creator", "  creator: Author"), ("type Creator {", "type Author {")],
        {"APIToken.creator": CHANGED},
    ),
    "an optional object is a text": ([("  creator: Creator", "  creator: String")], {"APIToken.creator": LEFT_OUT}),
    "verdicts are not in the answers": (
        [("  ok: Boolean", "  done: Boolean"), ("  mrns: [String!]\n  errors: Map", "  done: Boolean")],
        dict.fromkeys(("DeleteAPITokenPayload.ok", "SetRolesPayload.mrns", "SetRolesPayload.errors"), LEFT_OUT),
    ),
    # Scalars: a time is text, whatever it is called.
    "times are text": (
        [("  createdAt: Time\n  lastUsed: Time", "  createdAt: String\n  lastUsed: String")],
        {"APIToken.createdAt": CHANGED, "APIToken.lastUsed": CHANGED},
    ),
    "times have another name": (
        [
            ("  createdAt: Time\n  lastUsed: Time", "  createdAt: DateTime\n  lastUsed: DateTime!"),
            ("scalar Map", "scalar Map\nscalar DateTime"),
        ],
        {"APIToken.createdAt": CHANGED, "APIToken.lastUsed": CHANGED},
    ),
    "a time is a number": ([("  lastUsed: Time", "  lastUsed: Int")], {"APIToken.lastUsed": BROKEN}),
    "a time is a list": ([("  lastUsed: Time", "  lastUsed: [Time]")], {"APIToken.lastUsed": BROKEN}),
    "refusals are in another scalar": (
        [("  errors: Map", "  errors: JSON"), ("scalar Map", "scalar JSON")],
        {"SetRolesPayload.errors": CHANGED},
    ),
    "a verdict is a text": ([("  ok: Boolean", "  ok: String")], {"DeleteAPITokenPayload.ok": BROKEN}),
    # Arguments
    "spaceMrn may be left out": (
        [("    spaceMrn: String!\n", "    spaceMrn: String\n")],
        {"Query.apiTokens(spaceMrn)": CHANGED},
    ),
    "spaceMrn is gone": ([("    spaceMrn: String!\n", "")], {"Query.apiTokens(spaceMrn)": LEFT_OUT}),
    "scopeMrn is gone": ([("    scopeMrn: String\n", "")], {"Query.apiTokens(scopeMrn)": SPACES_ONLY}),
    "a listing takes the scope in neither way": (
        [("    spaceMrn: String!\n    scopeMrn: String\n", "")],
        {"Query.apiTokens(spaceMrn)": LEFT_OUT, "Query.apiTokens(scopeMrn)": BROKEN},
    ),
    "an argument that is always given must be": (
        [("    scopeMrn: String\n", "    scopeMrn: String!\n")],
        {"Query.apiTokens(scopeMrn)": CHANGED},
    ),
    "an argument that is not always given must be": (
        [("    after: String\n    queryTerms", "    after: String!\n    queryTerms")],
        {"Query.apiTokens(after)": BROKEN},
    ),
    "an argument that is never given must be": (
        [("    queryTerms: [String!]", "    queryTerms: [String!]!")],
        {"Query.apiTokens(queryTerms)": BROKEN},
    ),
    "a needed argument is gone": (
        [("    after: String\n    queryTerms", "    queryTerms")],
        {"Query.apiTokens(after)": BROKEN},
    ),
    "an optional argument is gone": (
        [("    first: Int\n    after: String\n    queryTerms", "    after: String\n    queryTerms")],
        {"Query.apiTokens(first)": LEFT_OUT},
    ),
    "an optional argument takes something else": (
        [("    first: Int\n    after: String\n    queryTerms", "    first: String\n    after: String\n    queryTerms")],
        {"Query.apiTokens(first)": LEFT_OUT},
    ),
    "an argument takes an ID, which a variable for a text does not fit": (
        [("    after: String\n    queryTerms", "    after: ID\n    queryTerms")],
        {"Query.apiTokens(after)": BROKEN},
    ),
    # Inputs
    "an input has spaces only": (
        [(_GENERATE, _GENERATE.replace("  scopeMrn: String\n", ""))],
        {"GenerateAPITokenInput.scopeMrn": SPACES_ONLY},
    ),
    "an input takes the scope in neither way": (
        [(_GENERATE, "input GenerateAPITokenInput {\n  name: String!\n")],
        {"GenerateAPITokenInput.scopeMrn": BROKEN},
    ),
    "an input wants the scope in both ways": (
        [(_GENERATE, _GENERATE.replace("spaceMrn: String", "spaceMrn: String!"))],
        {"GenerateAPITokenInput.spaceMrn": CHANGED},
    ),
    "an input field must be given": (
        [(_GENERATE, _GENERATE.replace("scopeMrn: String", "scopeMrn: String!"))],
        {"GenerateAPITokenInput.scopeMrn": CHANGED},
    ),
    "an input that is not sent must be given": (
        [("input DeleteAPITokenInput {", "input DeleteAPITokenInput {\n  reason: String!")],
        {"DeleteAPITokenInput.reason": BROKEN},
    ),
    "an input that is not sent must be given, with a default": (
        [("input DeleteAPITokenInput {", "input DeleteAPITokenInput {\n  force: Boolean! = false")],
        {},
    ),
    "an input field that is not always sent must be given": (
        [("  description: String\n  roles: [RoleInput!]", "  description: String!\n  roles: [RoleInput!]")],
        {"GenerateAPITokenInput.description": BROKEN},
    ),
    "an input field that is not always sent has a default": (
        [("  description: String\n  roles: [RoleInput!]", '  description: String! = ""\n  roles: [RoleInput!]')],
        {"GenerateAPITokenInput.description": CHANGED},
    ),
    "an input field takes a number instead of a text": (
        [("  entityMrn: String!", "  entityMrn: Int!")],
        {"SetRoleInput.entityMrn": BROKEN},
    ),
    "an input field takes some values instead of a text": (
        [("  entityMrn: String!", "  entityMrn: APITokenOrderField!")],
        {"SetRoleInput.entityMrn": BROKEN},
    ),
    "an input field takes an ID, which is a text": (
        [("  entityMrn: String!", "  entityMrn: ID!")],
        {"SetRoleInput.entityMrn": CHANGED},
    ),
    "an input within an input has another name": (
        [("input SetRoleInput {", "input RoleUpdate {"), ("updates: [SetRoleInput!]", "updates: [RoleUpdate!]")],
        {"SetRolesInput.updates": CHANGED},
    ),
    "an input that the document names has another name": (
        [("input SetRolesInput {", "input AssignRolesInput {"), ("input: SetRolesInput!", "input: AssignRolesInput!")],
        {"Mutation.setRoles(input)": BROKEN},
    ),
    # The two forms of setRoles
    "setRoles takes one token for each request": (
        [(_SET_ROLES, _SET_ROLES.replace("  updates: [SetRoleInput!]\n", ""))],
        {"SetRolesInput.updates": ONE_BY_ONE},
    ),
    "setRoles wants the newer form": (
        [(_SET_ROLES, _SET_ROLES.replace("identity: String", "identity: String!"))],
        {"SetRolesInput.updates": ONE_BY_ONE},
    ),
    "setRoles takes another type in the older form": (
        [(_SET_ROLES, _SET_ROLES.replace("updates: [SetRoleInput!]", "updates: [String!]"))],
        {"SetRolesInput.updates": ONE_BY_ONE},
    ),
    "setRoles has neither form": (
        [(_SET_ROLES, "  scopeMrn: String\n  identity: Int\n")],
        {"SetRolesInput.updates": BROKEN},
    ),
    # More than the contract
    "all payloads are never null": (
        [
            ("): GenerateAPITokenPayload\n", "): GenerateAPITokenPayload!\n"),
            ("): DeleteAPITokenPayload\n", "): DeleteAPITokenPayload!\n"),
            ("): APIToken\n", "): APIToken!\n"),
        ],
        dict.fromkeys(("Mutation.generateAPIToken", "Mutation.deleteAPIToken", "Mutation.updateAPIToken"), CHANGED),
    ),
    "values of an enumeration that is not used are gone": ([("  LAST_USED\n", ""), ("  ASC\n", "")], {}),
    "more fields and values": (
        [
            ("type APIToken {", "type APIToken {\n  id: ID\n  expiresAt: Time"),
            ("  CREATED_AT\n", "  CREATED_AT\n  EXPIRES_AT\n"),
        ],
        {},
    ),
}


@pytest.mark.parametrize("case", DIFFERENCES)
def test_differences(case: str) -> None:
    replacements, expected = DIFFERENCES[case]
    assert _surprises(*replacements) == expected


def test_what_is_told_of_an_element() -> None:
    comparisons = {each.element: each for each in compare(CONTRACT, CONTRACT)}
    assert comparisons["APIToken.createdAt"] == Comparison("APIToken.createdAt", "Time", "Time", "[C] console", OK)
    assert len(comparisons) == len(compare(CONTRACT, CONTRACT))


def test_an_element_that_is_used_twice_has_the_graver_result() -> None:
    """Both inputs that have roles in them lead to RoleInput; here, one of them to another."""
    surprises = _surprises(
        ("input SetRoleInput {", "input Other {\n  mrn: Int\n}\n\ninput SetRoleInput {"),
        ("  roles: [RoleInput!]!\n", "  roles: [Other!]!\n"),
    )
    assert surprises == {"RoleInput.mrn": BROKEN, "SetRoleInput.roles": CHANGED}


# Names that are near


@pytest.mark.parametrize(
    ("element", "replacements", "near"),
    [
        # What is called alike and has the same form.
        ("Mutation.deleteAPIToken", [("  deleteAPIToken(", "  removeAPIToken(")], ("removeAPIToken",)),
        ("Mutation.deleteAPIToken", [("  deleteAPIToken(", "  apiTokenDelete(")], ("apiTokenDelete",)),
        (
            "Mutation.deleteAPIToken",
            [
                (_DELETE, _DELETE.replace("delete", "remove").replace("Delete", "Remove")),
                ("input DeleteAPITokenInput {", "input RemoveAPITokenInput {"),
                ("type DeleteAPITokenPayload {", "type RemoveAPITokenPayload {"),
            ],
            ("removeAPIToken",),
        ),
        # What takes and gives the same types, whatever it is called.
        ("Mutation.setRoles", [("  setRoles(", "  grant(")], ("grant",)),
        ("Query.apiTokens", [("  apiTokens(", "  listTokens(")], ("listTokens",)),
        ("APIToken.createdAt", [("  createdAt: Time\n  lastUsed", "  born: Time\n  lastUsed")], ("born",)),
        # Fields, arguments and input fields.
        ("APIToken.createdAt", [("  createdAt: Time\n  lastUsed", "  createdOn: Time\n  lastUsed")], ("createdOn",)),
        ("APIToken.creator", [("  creator: Creator", "  author: Creator")], ("author",)),
        (
            "Query.apiTokens(after)",
            [("    after: String\n    queryTerms", "    afterCursor: String\n    queryTerms")],
            ("afterCursor",),
        ),
        (
            "GenerateAPITokenInput.description",
            [("  description: String\n  roles: [RoleInput!]", "  descriptions: String\n  roles: [RoleInput!]")],
            ("descriptions",),
        ),
        # What has another form must be called much alike.
        ("Mutation.deleteAPIToken", [(_DELETE, "  deleteAPITokens(mrns: [String!]!): Boolean")], ("deleteAPITokens",)),
        ("Mutation.deleteAPIToken", [(_DELETE, "  removeToken(mrns: [String!]!): Boolean")], ()),
        # The likeliest first; what the contract has under its name is something else.
        (
            "Mutation.deleteAPIToken",
            [(_DELETE, f"  deleteAPITokens(mrns: [String!]!): Boolean\n{_DELETE.replace('delete', 'remove')}")],
            ("removeAPIToken", "deleteAPITokens"),
        ),
    ],
)
def test_near_names_are_offered_for_what_is_missing(
    element: str, replacements: list[tuple[str, str]], near: tuple[str, ...]
) -> None:
    (missing,) = [each for each in compare(CONTRACT, _live(*replacements)) if each.element == element]
    assert missing.actual is None
    assert missing.near == near


def test_nothing_is_offered_for_what_is_there() -> None:
    assert {each.near for each in compare(CONTRACT, CONTRACT)} == {()}


# The comparison is about all that is sent


class _Recording:
    """Takes every request, and answers as if it had worked."""

    def __init__(self) -> None:
        self.requests: list[tuple[graphql.DocumentNode, Mapping[str, Any], str]] = []

    def post(self, document: graphql.DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        self.requests.append((document, variables, operation))
        end = {"edges": [], "pageInfo": {"hasNextPage": False}}
        return Answer({operation: {"token": "s", **end, "spacesList": end}}, [], 200, None)


def _sent() -> _Recording:
    """Every request that there is, with all that can be in it."""
    recording = _Recording()
    api = TokenApi(recording, RetryPolicy(0))
    space, organization, roles = (
        scope_from("space", "s"),
        scope_from("organization", "o"),
        ["//iam.api.mondoo.app/roles/viewer"],
    )
    token, budget = Token("//t", "ci", space), api.policy.budget()
    api.list_tokens([space])
    api.list_spaces(organization)
    api.accepts(space)
    api.accepts(organization)
    api.generate_token(space, "ci", "described", roles, budget)
    api.update_tokens([TokenUpdate(token, "x", "y")], budget)
    api.set_roles(space, [RoleChange(token, roles)], budget)
    api.delete_tokens([token], budget)
    return recording


class _Use(Visitor):
    """Collects what a request uses of the contract, as graphql-core sees it.

    elements: fields, arguments, input fields and values of enumerations; types: what they are of. Both with their evidence.
    """

    def __init__(
        self, variables: Mapping[str, Any], elements: dict[str, str | None], types: dict[str, str | None]
    ) -> None:
        super().__init__()
        self.info = graphql.TypeInfo(CONTRACT)
        self._variables = variables
        self._elements = elements
        self._types = types

    def enter_field(self, node: graphql.FieldNode, *_place: object) -> None:
        field = self.info.get_field_def()
        if node.name.value != "__typename":
            assert field is not None
            self._elements[f"{self._parent()}.{node.name.value}"] = field.description
            self._type(field.type)

    def enter_argument(self, node: graphql.ArgumentNode, *_place: object) -> None:
        argument = self.info.get_argument()
        assert argument is not None
        # Nothing is given but by variables, so that no literal has to be looked at.
        assert isinstance(node.value, graphql.VariableNode)
        field = self.info.get_field_def()
        parent = self.info.get_parent_type()
        assert isinstance(parent, graphql.GraphQLObjectType)
        (name,) = (name for name, known in parent.fields.items() if known is field)
        self._elements[f"{parent.name}.{name}({node.name.value})"] = argument.description
        self._value(argument.type, self._variables.get(node.value.name.value))

    def _parent(self) -> str:
        parent = self.info.get_parent_type()
        assert parent is not None
        return parent.name

    def _type(self, declared: graphql.GraphQLType) -> graphql.GraphQLNamedType:
        kind = graphql.get_named_type(declared)
        if not graphql.is_specified_scalar_type(kind):
            self._types[kind.name] = kind.description
        return kind

    def _value(self, declared: graphql.GraphQLInputType, given: object) -> None:
        kind = self._type(declared)
        for entry in given if isinstance(given, list) else [given]:
            if isinstance(kind, graphql.GraphQLEnumType):
                self._elements[f"{kind.name}.{entry}"] = kind.values[str(entry)].description
            if isinstance(kind, graphql.GraphQLInputObjectType):
                assert isinstance(entry, dict)
                for name, inner in entry.items():
                    self._elements[f"{kind.name}.{name}"] = kind.fields[name].description
                    self._value(kind.fields[name].type, inner)


def test_all_that_is_sent_is_compared_and_has_its_evidence() -> None:
    elements: dict[str, str | None] = {}
    types: dict[str, str | None] = {}
    sent = _sent().requests
    assert [document for document, _variables, _operation in sent] == [each.plain for each in DOCUMENTS]
    for document, variables, _operation in sent:
        use = _Use(variables, elements, types)
        graphql.visit(document, graphql.TypeInfoVisitor(use.info, use))
    assert {each.element: each.evidence for each in compare(CONTRACT, CONTRACT)} == elements
    assert "SetRoleInput" in types
    assert [
        name for name, about in {**elements, **types}.items() if (about or "")[:4] not in ("[P] ", "[C] ", "[A] ")
    ] == []

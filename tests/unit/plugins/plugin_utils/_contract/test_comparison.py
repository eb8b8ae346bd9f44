# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The comparison of the contract with an endpoint's schema: what differs, and whether it matters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._client.documents import SOURCES
from ansible_collections.mondoo.platform.plugins.module_utils._client.retry import RetryPolicy
from ansible_collections.mondoo.platform.plugins.module_utils._client.service import (
    TokenService,
    deletion_of,
    role_change_of,
    update_of,
)
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.plugin_utils._contract.comparison import (
    BROKEN,
    CHANGED,
    LEFT_OUT,
    OK,
    SPACES_ONLY,
    compare,
)
from graphql.language.visitor import Visitor

TEXT = (Path(__file__).resolve().parents[5] / "docs" / "contract" / "schema.graphql").read_text(encoding="utf-8")
CONTRACT = graphql.build_schema(TEXT)

_SCOPE_MRNS = """  spaceMrn: String
  "[P] Go client"
  scopeMrn: String
  "[P] Go client"
  description: String"""

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
        {"APIToken.roles": BROKEN},
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
        {"GenerateAPITokenInput.scopeMrn": SPACES_ONLY},
    ),
    "an input takes the scope in neither way": (
        [(_SCOPE_MRNS, "  description: String")],
        {"GenerateAPITokenInput.scopeMrn": BROKEN},
    ),
    "an input wants the scope in the former way": (
        [('  spaceMrn: String\n  "[P] Go client"\n  scopeMrn', '  spaceMrn: String!\n  "[P] Go client"\n  scopeMrn')],
        {"GenerateAPITokenInput.scopeMrn": SPACES_ONLY},
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
    "an input field that is not always sent must be given": (
        [('  description: String\n  "[P] Go client"\n  roles', '  description: String!\n  "[P] Go client"\n  roles')],
        {"GenerateAPITokenInput.description": BROKEN},
    ),
    "an input field that is not always sent has a default": (
        [
            (
                '  description: String\n  "[P] Go client"\n  roles',
                '  description: String! = ""\n  "[P] Go client"\n  roles',
            )
        ],
        {"GenerateAPITokenInput.description": CHANGED},
    ),
    "an input that is not sent must be given, with a default": (
        [("input DeleteAPITokenInput {", "input DeleteAPITokenInput {\n  force: Boolean! = false")],
        {},
    ),
    "an input field takes one instead of a list": (
        [("  updates: [SetRoleInput!]\n", "  updates: SetRoleInput\n")],
        {"SetRolesInput.updates": BROKEN},
    ),
    "an input field takes a text instead of an object": (
        [("  updates: [SetRoleInput!]\n", "  updates: [String!]\n")],
        {"SetRolesInput.updates": BROKEN},
    ),
    "an input field takes a number instead of a text": (
        [("  entityMrn: String!", "  entityMrn: Int!")],
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
    "an argument takes an ID, which a variable for a text does not fit": (
        [("    scopeMrn: String\n", "    scopeMrn: ID\n")],
        {"Query.apiTokens(scopeMrn)": BROKEN},
    ),
    "an argument that is always given must be": (
        [("    scopeMrn: String\n", "    scopeMrn: String!\n")],
        {"Query.apiTokens(scopeMrn)": CHANGED},
    ),
    "an argument that is not always given must be": (
        [('    after: String\n    "[A] serviceAccounts"', '    after: String!\n    "[A] serviceAccounts"')],
        {"Query.apiTokens(after)": BROKEN},
    ),
    "an argument that is never given must be": (
        [("    queryTerms: [String!]", "    queryTerms: [String!]!")],
        {"Query.apiTokens(queryTerms)": BROKEN},
    ),
    "an optional argument is gone": (
        [('    first: Int\n    "[A] every connection of the Go client"\n', "")],
        {"Query.apiTokens(first)": LEFT_OUT},
    ),
    "an optional argument takes something else": (
        [('    first: Int\n    "[A]', '    first: String\n    "[A]')],
        {"Query.apiTokens(first)": LEFT_OUT},
    ),
    "an optional object is a text": ([("  creator: Creator", "  creator: String")], {"APIToken.creator": LEFT_OUT}),
    "an optional value is a number": ([("  createdAt: Time", "  createdAt: Int")], {"APIToken.createdAt": BROKEN}),
    "an optional value is a list": ([("  createdAt: Time", "  createdAt: [Time]")], {"APIToken.createdAt": BROKEN}),
    "a text is an ID": ([("  token: String!", "  token: ID!")], {"GenerateAPITokenPayload.token": CHANGED}),
    "all payloads are never null": (
        [
            ("): GenerateAPITokenPayload\n", "): GenerateAPITokenPayload!\n"),
            ("): DeleteAPITokenPayload\n", "): DeleteAPITokenPayload!\n"),
            ("): APIToken\n", "): APIToken!\n"),
        ],
        dict.fromkeys(
            ("Mutation.generateAPIToken", "Mutation.deleteAPIToken", "Mutation.updateAPIToken"),
            CHANGED,
        ),
    ),
    "values of an enumeration that is not used are gone": (
        [('  "[P] Go client"\n  LAST_USED\n', ""), ('  "[P] Go client"\n  ASC\n', "")],
        {},
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


def test_an_element_that_is_used_twice_has_the_graver_verdict() -> None:
    """Both inputs that have roles in them lead to RoleInput; here, one of them to another."""
    text = TEXT.replace("input SetRoleInput {", "input Other {\n  mrn: Int\n}\n\ninput SetRoleInput {")
    text = text.replace("  roles: [RoleInput!]!\n", "  roles: [Other!]!\n")
    found = {each.element: each.verdict for each in compare(CONTRACT, graphql.build_schema(text))}
    assert (found["RoleInput.mrn"], found["SetRoleInput.roles"]) == (BROKEN, CHANGED)


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
    service = TokenService(recording, RetryPolicy(0))
    scope, roles = scope_from("space", "s"), ["//iam.api.mondoo.app/roles/viewer"]
    token = Token("//t", "ci", scope)
    service.tokens(scope)
    service.spaces(scope_from("organization", "o"))
    service.generate(scope, "ci", "described", roles)
    for change in (update_of(token, name="x", description="y"), role_change_of(scope, [(token, roles)])):
        service.change(change)
    service.change(deletion_of(token))
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
    assert {operation for _document, _variables, operation in sent} == set(SOURCES)
    for document, variables, _operation in sent:
        use = _Use(variables, elements, types)
        graphql.visit(document, graphql.TypeInfoVisitor(use.info, use))
    assert {each.element: each.evidence for each in compare(CONTRACT, CONTRACT)} == elements
    assert "SetRoleInput" in types
    assert [name for name, about in {**elements, **types}.items() if (about or "")[:4] not in ("[P] ", "[A] ")] == []

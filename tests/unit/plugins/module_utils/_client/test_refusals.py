# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What services say of a request that does not fit their schema is understood, and nothing else is taken for it."""

from __future__ import annotations

from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._client.refusals import (
    ARGUMENT,
    FIELD,
    INPUT_FIELD,
    TYPE,
    VARIABLE,
    WANTED,
    refusal_in,
)

_SPACE_INPUT = "{ name: \"x\", roles: [{ mrn: 'y' }] }"

# By what is said: the message with " for quotes, and the kind, name and owner in it.
_SAID: dict[str, tuple[str, tuple[str, str, str]]] = {
    "a field": ('Cannot query field "id" on type "APIToken".', (FIELD, "id", "APIToken")),
    "a field, with a guess": (
        'Cannot query field "id" on type "APIToken". Did you mean "mrn"?',
        (FIELD, "id", "APIToken"),
    ),
    "a value for an object": (
        'Field "creator" must not have a selection since type "String" has no subfields.',
        (FIELD, "creator", ""),
    ),
    "an object for a value": (
        'Field "id" of type "Identity!" must have a selection of subfields. Did you mean "id { ... }"?',
        (FIELD, "id", ""),
    ),
    "an argument": ('Unknown argument "first" on field "Query.apiTokens".', (ARGUMENT, "first", "apiTokens")),
    "an argument, the older way": (
        'Unknown argument "first" on field "apiTokens" of type "Query".',
        (ARGUMENT, "first", "apiTokens"),
    ),
    "an argument that has to be there": (
        'Field "apiTokens" argument "tenant" of type "String!" is required, but it was not provided.',
        (WANTED, "tenant", "apiTokens"),
    ),
    "an argument that has to be there, graphql-core 3.3": (
        'Argument "Query.apiTokens(tenant:)" of type "String!" is required, but it was not provided.',
        (WANTED, "tenant", "apiTokens"),
    ),
    "a type": (
        'Unknown type "SetRolesInput". Did you mean "SetRoleInput"?',
        (TYPE, "SetRolesInput", ""),
    ),
    "a variable": (
        'Variable "$scopeMrn" of type "String!" used in position expecting type "ID!".',
        (VARIABLE, "scopeMrn", "ID!"),
    ),
    "a variable of a document that was multiplied": (
        'Variable "$scopeMrn12" of type "String!" used in position expecting type "[ID!]".',
        (VARIABLE, "scopeMrn", "[ID!]"),
    ),
    "an input field in the document": (
        'Field "scopeMrn" is not defined by type "SetRolesInput".',
        (INPUT_FIELD, "scopeMrn", "SetRolesInput"),
    ),
    "an input field, graphql-js 16": (
        f'Variable "$input" got invalid value {_SPACE_INPUT}; Field "scopeMrn" is not defined by type "SetRolesInput".',
        (INPUT_FIELD, "scopeMrn", "SetRolesInput"),
    ),
    "an input field further down, graphql-core 3.2": (
        'Variable "$input" got invalid value {"mrn": "x"} at "input.roles[0]"; Field "mrn" is not defined by type "RoleInput".',
        (INPUT_FIELD, "mrn", "RoleInput"),
    ),
    "an input field, graphql-core 3.3": (
        'Variable "$input" has invalid value: Expected value of type "SetRolesInput" not to include unknown field'
        f' "scopeMrn". Did you mean "spaceMrn"? Found: {_SPACE_INPUT}.',
        (INPUT_FIELD, "scopeMrn", "SetRolesInput"),
    ),
    "an input field further down, graphql-js 17": (
        'Variable "$input" has invalid value at .roles[0]: Expected value of type "RoleInput!" not to include unknown field'
        ' "mrn", found: { mrn: "x" }.',
        (INPUT_FIELD, "mrn", "RoleInput"),
    ),
    "an input field that has to be there, graphql-js 16": (
        f'Variable "$input" got invalid value {_SPACE_INPUT}; Field "spaceMrn" of required type "String!" was not provided.',
        (WANTED, "spaceMrn", ""),
    ),
    "an input field that has to be there, graphql-core 3.3": (
        'Variable "$input" has invalid value: Expected value of type "SetRolesInput" to include required field'
        f' "spaceMrn", found: {_SPACE_INPUT}.',
        (WANTED, "spaceMrn", "SetRolesInput"),
    ),
}


@pytest.mark.parametrize("quote", ['"', "'", "`"])
@pytest.mark.parametrize("said", _SAID)
def test_messages(said: str, quote: str) -> None:
    message, expected = _SAID[said]
    for entry in (
        {"message": message.replace('"', quote)},
        {"message": message.replace('"', quote), "extensions": {"code": "BAD_USER_INPUT"}, "path": []},
        message.replace('"', quote),
    ):
        found = refusal_in(entry)
        assert found is not None
        assert found[:3] == expected
        assert found.name in found.what


@pytest.mark.parametrize(
    ("message", "path", "expected"),
    [
        ("unknown field", ["variable", "input", "scopeMrn"], (INPUT_FIELD, "scopeMrn", "input")),
        ("unknown field", ["variable", "input7", "scopeMrn"], (INPUT_FIELD, "scopeMrn", "input")),
        ("must be defined", ["variable", "input", "spaceMrn"], (WANTED, "spaceMrn", "input")),
        (
            "unknown field",
            ["variable", "input", "updates", 0, "entityMrn"],
            (INPUT_FIELD, "entityMrn", "input.updates"),
        ),
    ],
)
def test_messages_with_a_path(message: str, path: list[Any], expected: tuple[str, str, str]) -> None:
    found = refusal_in({"message": message, "path": path})
    assert found is not None
    assert found[:3] == expected


@pytest.mark.parametrize(
    "entry",
    [
        None,
        7,
        {},
        {"message": None},
        "unknown field",
        {"message": "unknown field"},
        {"message": "unknown field", "path": ["variable", "input"]},
        {"message": "cannot use int as String", "path": ["variable", "input", "name"]},
        {"message": "rpc error: code = NotFound desc = gone"},
        # What was executed was accepted before.
        {"message": 'Cannot query field "id" on type "APIToken".', "path": ["generateAPIToken"]},
        {"message": "unknown field", "path": ["generateAPIToken", "input", "scopeMrn"]},
        # The words of a value.
        {"message": 'Variable "$input" got invalid value { name: "Unknown type `X`" }; Expected type "String!"'},
        {
            "message": 'Variable "$input" has invalid value at .name: String cannot represent { name: "has invalid value: Expected'
            ' value of type `X` to include required field `y`" }'
        },
    ],
)
def test_other_errors(entry: object) -> None:
    assert refusal_in(entry) is None


def test_the_values_in_a_message_are_not_read() -> None:
    name = 'x; Field "name" is not defined by type "SetRolesInput"'
    for message in (
        f'Variable "$input" got invalid value {{ name: {name!r} }}; Field "roles" is not defined by type "Y".',
        'Variable "$input" has invalid value: Expected value of type "Y" not to include unknown field "roles", found:'
        f" {{ name: {name!r} }}.",
    ):
        found = refusal_in(message)
        assert found is not None
        assert (found.name, found.owner) == ("roles", "Y")


# By what is wrong with it: a request for this schema, its variables, and what is understood of the answer.
_SCHEMA = graphql.build_schema("""
input Roles { spaceMrn: String! name: String! updates: [Update!] }
input Update { mrn: String }
type Query { list(tenant: Int!, input: Roles, id: ID): Token }
type Token { mrn: String creator: Creator }
type Creator { mrn: String }
""")
_REQUESTS: dict[str, tuple[str, Any, set[tuple[str, str, str]]]] = {
    "fields": (
        "{ list(tenant: 1) { id creator mrn { x } } }",
        None,
        {(FIELD, "id", "Token"), (FIELD, "creator", ""), (FIELD, "mrn", "")},
    ),
    "arguments": ("{ list(first: 1) { mrn } }", None, {(ARGUMENT, "first", "list"), (WANTED, "tenant", "list")}),
    "a type": ("query ($input: X!) { list(tenant: 1, input: $input) { mrn } }", {}, {(TYPE, "X", "")}),
    "a variable": (
        "query ($id3: String!) { list(tenant: 1, id: $id3) { mrn } }",
        {"id3": "x"},
        {(VARIABLE, "id", "ID")},
    ),
}


@pytest.mark.parametrize("case", _REQUESTS)
def test_the_words_of_graphql_core(case: str) -> None:
    """Whichever version of it is installed."""
    text, _variables, expected = _REQUESTS[case]
    found = [refusal_in({"message": error.message}) for error in graphql.validate(_SCHEMA, graphql.parse(text))]
    assert {refusal[:3] for refusal in found if refusal} == expected
    assert None not in found


def test_the_words_of_graphql_core_for_values() -> None:
    document = graphql.parse("query ($input: Roles!) { list(tenant: 1, input: $input) { mrn } }")
    given = {"name": "x", "scopeMrn": "y", "updates": [{"entityMrn": "z"}]}
    result = graphql.execute_sync(_SCHEMA, document, variable_values={"input": given})
    found = [refusal_in({"message": error.message}) for error in result.errors or ()]
    assert {(refusal.kind, refusal.name) for refusal in found if refusal} == {
        (WANTED, "spaceMrn"),
        (INPUT_FIELD, "scopeMrn"),
        (INPUT_FIELD, "entityMrn"),
    }
    assert None not in found

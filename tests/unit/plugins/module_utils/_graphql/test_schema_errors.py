# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What engines say of a request that does not fit their schema is understood, and nothing else is taken for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.schema_errors import (
    ARGUMENT,
    FIELD,
    INPUT_FIELD,
    SHAPE,
    TYPE,
    VALUE,
    VARIABLE,
    WANTED,
    read_schema_error,
)

_INPUT = "{ name: \"x\", roles: [{ mrn: 'y' }] }"

# By what is said: the message with " for quotes, and the kind, name and owner in it.
_MESSAGES: dict[str, tuple[str, tuple[str, str, str]]] = {
    "a field": ('Cannot query field "id" on type "APIToken".', (FIELD, "id", "APIToken")),
    "a field, with a guess": (
        'Cannot query field "id" on type "APIToken". Did you mean "mrn"?',
        (FIELD, "id", "APIToken"),
    ),
    "a value for an object": (
        'Field "creator" must not have a selection since type "String" has no subfields.',
        (SHAPE, "creator", "String"),
    ),
    "an object for a value": (
        'Field "id" of type "Identity!" must have a selection of subfields. Did you mean "id { ... }"?',
        (SHAPE, "id", "Identity!"),
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
    "a type": ('Unknown type "SetRolesInput". Did you mean "SetRoleInput"?', (TYPE, "SetRolesInput", "")),
    "a variable": (
        'Variable "$scopeMrn" of type "String!" used in position expecting type "ID!".',
        (VARIABLE, "scopeMrn", "ID!"),
    ),
    "a variable of a batch": (
        'Variable "$scopeMrn12" of type "String!" used in position expecting type "[ID!]".',
        (VARIABLE, "scopeMrn", "[ID!]"),
    ),
    "an input field in the document": (
        'Field "scopeMrn" is not defined by type "SetRolesInput".',
        (INPUT_FIELD, "scopeMrn", "SetRolesInput"),
    ),
    "an input field, graphql-js 16": (
        f'Variable "$input" got invalid value {_INPUT}; Field "scopeMrn" is not defined by type "SetRolesInput".',
        (INPUT_FIELD, "scopeMrn", "SetRolesInput"),
    ),
    "an input field further down, graphql-core 3.2": (
        'Variable "$input" got invalid value {"mrn": "x"} at "input.roles[0]"; Field "mrn" is not defined by type "RoleInput".',
        (INPUT_FIELD, "mrn", "RoleInput"),
    ),
    "an input field, graphql-core 3.3": (
        'Variable "$input" has invalid value: Expected value of type "SetRolesInput" not to include unknown field'
        f' "scopeMrn". Did you mean "spaceMrn"? Found: {_INPUT}.',
        (INPUT_FIELD, "scopeMrn", "SetRolesInput"),
    ),
    "an input field further down, graphql-js 17": (
        'Variable "$input" has invalid value at .roles[0]: Expected value of type "RoleInput!" not to include unknown field'
        ' "mrn", found: { mrn: "x" }.',
        (INPUT_FIELD, "mrn", "RoleInput"),
    ),
    "an input field that has to be there, graphql-js 16": (
        f'Variable "$input" got invalid value {_INPUT}; Field "spaceMrn" of required type "String!" was not provided.',
        (WANTED, "spaceMrn", ""),
    ),
    "an input field that has to be there, graphql-core 3.3": (
        'Variable "$input" has invalid value: Expected value of type "SetRolesInput" to include required field'
        f' "spaceMrn", found: {_INPUT}.',
        (WANTED, "spaceMrn", "SetRolesInput"),
    ),
    "another type of a value, graphql-js 16": (
        'Variable "$input" got invalid value "//x" at "input.updates[0].mrn"; Int cannot represent non-integer value: "//x"',
        (VALUE, "updates[0].mrn", "input"),
    ),
    "another type of a value, graphql-js 17": (
        'Variable "$input3" has invalid value at .updates[0].mrn: Int cannot represent non-integer value: "//x"',
        (VALUE, "updates[0].mrn", "input"),
    ),
    "a field, Juniper and async-graphql": ('Unknown field "id" on type "APIToken".', (FIELD, "id", "APIToken")),
    "a field, graphql-java": (
        'Validation error (FieldUndefined@[apiTokens/edges/node/id]) : Field "id" in type "APIToken" is undefined',
        (FIELD, "id", "APIToken"),
    ),
    "a field, older graphql-java": (
        'Validation error of type FieldUndefined: Field "id" in type "APIToken" is undefined @ "apiTokens/edges/node/id"',
        (FIELD, "id", "APIToken"),
    ),
    "a field, graphql-java without quotes": ("Field id in type APIToken is undefined", (FIELD, "id", "APIToken")),
    "a field, Hot Chocolate": ('The field "id" does not exist on the type "APIToken".', (FIELD, "id", "APIToken")),
    "a field, graphql-ruby": ('Field "id" doesn\'t exist on type "APIToken"', (FIELD, "id", "APIToken")),
    "a field, graphql-ruby with a guess": (
        'Field "id" doesn\'t exist on type "APIToken" (Did you mean "mrn"?)',
        (FIELD, "id", "APIToken"),
    ),
    "a field, Hasura": ('field "id" not found in type: "APIToken"', (FIELD, "id", "APIToken")),
    "an argument, graphql-java": (
        'Validation error (UnknownArgument@[apiTokens]) : Unknown field argument "first"',
        (ARGUMENT, "first", ""),
    ),
    "an argument, older graphql-java": (
        'Validation error of type UnknownArgument: Unknown field argument first @ "apiTokens"',
        (ARGUMENT, "first", ""),
    ),
    "an argument, Hot Chocolate": ('The argument "first" does not exist.', (ARGUMENT, "first", "")),
    "an argument, graphql-ruby": (
        'Field "apiTokens" doesn\'t accept argument "first"',
        (ARGUMENT, "first", "apiTokens"),
    ),
    "an argument that has to be there, graphql-ruby": (
        'Field "apiTokens" is missing required arguments: tenant',
        (WANTED, "tenant", "apiTokens"),
    ),
    "a value for an object, graphql-java": (
        'Validation error (SubselectionNotAllowed@[a]) : Subselection not allowed on leaf type "String" of field "creator"',
        (SHAPE, "creator", "String"),
    ),
    "a value for an object, Hot Chocolate": (
        '"creator" returns a scalar value. Selections on scalars or enums are never allowed, because they are the leaf nodes'
        " of any GraphQL operation.",
        (SHAPE, "creator", ""),
    ),
    "a value for an object, graphql-ruby": (
        'Selections can\'t be made on scalars (field "creator" returns String but has selections [mrn, email])',
        (SHAPE, "creator", "String"),
    ),
    "an object for a value, graphql-java": (
        'Validation error (SubselectionRequired@[a]) : Subselection required for type "Identity!" of field "id"',
        (SHAPE, "id", "Identity!"),
    ),
    "an object for a value, Hot Chocolate": (
        '"id" is an object, interface or union type field. Leaf selections on objects, interfaces, and unions without'
        " subfields are disallowed.",
        (SHAPE, "id", ""),
    ),
    "an object for a value, graphql-ruby": (
        'Field must have selections (field "id" returns Identity but has no selections. Did you mean "id { ... }"?)',
        (SHAPE, "id", "Identity"),
    ),
    "a type, graphql-ruby": ("SetRolesInput isn't a defined input type (on $input)", (TYPE, "SetRolesInput", "")),
    "a variable, Hot Chocolate": (
        'The variable "scopeMrn3" is not compatible with the type of the current location.',
        (VARIABLE, "scopeMrn", ""),
    ),
    "a variable, graphql-ruby": (
        "Type mismatch on variable $scopeMrn12 and argument scopeMrn (String! / ID!)",
        (VARIABLE, "scopeMrn", "ID!"),
    ),
    "an input field, async-graphql": (
        'Invalid value for argument "input", unknown field "scopeMrn" of type "SetRolesInput"',
        (INPUT_FIELD, "scopeMrn", "SetRolesInput"),
    ),
    "an input field that has to be there, async-graphql": (
        'Invalid value for argument "input", field "spaceMrn" of type "String!" is required but not provided',
        (WANTED, "spaceMrn", ""),
    ),
    "an input field, graphql-ruby": (
        'InputObject "SetRolesInput" doesn\'t accept argument "scopeMrn"',
        (INPUT_FIELD, "scopeMrn", "SetRolesInput"),
    ),
    "an input field in a variable, graphql-ruby": (
        "Variable $input of type SetRolesInput! was provided invalid value for scopeMrn (Field is not defined on"
        " SetRolesInput), spaceMrn (Expected value to not be null)",
        (INPUT_FIELD, "scopeMrn", "SetRolesInput"),
    ),
    "an input field further down, graphql-ruby": (
        "Variable $input of type SetRolesInput! was provided invalid value for updates.0.mrn (Field is not defined on"
        " UpdateInput)",
        (INPUT_FIELD, "mrn", "UpdateInput"),
    ),
    "an input field that has to be there, graphql-ruby": (
        "Variable $input of type SetRolesInput! was provided invalid value for spaceMrn (Expected value to not be null)",
        (WANTED, "spaceMrn", "SetRolesInput"),
    ),
    "another type of a variable": (
        'Variable "$first" got invalid value "many"; Int cannot represent non-integer value: "many"',
        (VALUE, "first", ""),
    ),
}


@pytest.mark.parametrize("quote", ['"', "'", "`"])
@pytest.mark.parametrize("case", _MESSAGES)
def test_messages(case: str, quote: str) -> None:
    message, expected = _MESSAGES[case]
    for entry in (
        {"message": message.replace('"', quote)},
        {"message": message.replace('"', quote), "extensions": {"code": "BAD_USER_INPUT"}, "path": []},
        message.replace('"', quote),
    ):
        error = read_schema_error(entry)
        assert error is not None
        assert error[:3] == expected
        assert error.name in error.difference


@pytest.mark.parametrize(
    ("message", "path", "expected"),
    [
        ("unknown field", ["variable", "input", "scopeMrn"], (INPUT_FIELD, "scopeMrn", "input")),
        ("unknown field", ["variable", "input7", "scopeMrn"], (INPUT_FIELD, "scopeMrn", "input")),
        ("must be defined", ["variable", "input", "spaceMrn"], (WANTED, "spaceMrn", "input")),
        ("cannot be null", ["variable", "input", "name"], (WANTED, "name", "input")),
        ("cannot use string as Int", ["variable", "input", "name"], (VALUE, "name", "input")),
        ("EXPIRES_AT is not a valid Order", ["variable", "input", "order"], (VALUE, "order", "input")),
        ("unknown field", ["variable", "input", "updates", 0, "mrn"], (INPUT_FIELD, "mrn", "input.updates")),
    ],
)
def test_messages_with_a_path(message: str, path: list[Any], expected: tuple[str, str, str]) -> None:
    error = read_schema_error({"message": message, "path": path})
    assert error is not None
    assert error[:3] == expected


_LACKS = "Field 'id' doesn't exist on type 'APIToken'"


@pytest.mark.parametrize(
    ("path", "keys", "is_read"),
    [
        # The path in the document, as graphql-ruby and Hot Chocolate give it.
        (["query apiTokens", "apiTokens", "edges", "node", "id"], ["apiTokens"], True),
        (["query apiTokens", "apiTokens"], [], True),
        (["apiTokens"], [], True),
        # It leads into the data, or may do so.
        (["apiTokens", "edges"], ["apiTokens"], False),
        (["n1"], ["n0", "n1"], False),
        (["query apiTokens", "apiTokens"], None, False),
    ],
)
def test_a_path_leads_into_the_document_or_into_the_data(
    path: list[str], keys: list[str] | None, is_read: bool
) -> None:
    assert (read_schema_error({"message": _LACKS, "path": path}, keys) is not None) is is_read


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
        {"message": "rpc error: code = NotFound desc = gone"},
        {"message": "name cannot be null", "path": ["variable", "input", "name"]},
        # What was executed was accepted before.
        {"message": 'Cannot query field "id" on type "APIToken".', "path": ["generateAPIToken"]},
        {"message": "unknown field", "path": ["generateAPIToken", "input", "scopeMrn"]},
        {"message": 'invalid value "x" for the name'},
    ],
)
def test_other_errors(entry: object) -> None:
    assert read_schema_error(entry) is None


def test_the_values_in_a_message_are_not_read() -> None:
    name = 'x; Field "name" is not defined by type "SetRolesInput"'
    for message in (
        f'Variable "$input" got invalid value {{ name: {name!r} }}; Field "roles" is not defined by type "Y".',
        'Variable "$input" has invalid value: Expected value of type "Y" not to include unknown field "roles", found:'
        f" {{ name: {name!r} }}.",
    ):
        error = read_schema_error(message)
        assert error is not None
        assert (error.name, error.owner) == ("roles", "Y")


# What engines that nobody here wrote have answered.

_RECORDED = json.loads((Path(__file__).resolve().parents[3] / "support" / "engine_errors.json").read_text("utf-8"))
# Of documents that the collection never sends: with literals, or with variables that are not used, declared or given.
_NEVER_SENT = (
    "a literal has another type",
    "a required argument is null",
    "a required variable has no value",
    "a required variable is null",
    "a variable has a value of another type",
    "a variable is not declared",
    "a variable is not used",
    "an input field of a literal is required",
    "an input field of a literal is unknown",
)
# Messages about a value name its place, and not the type that does not take it.
_PLACES = {"a value of an enumeration is unknown": ["field"]}
_READ = [
    pytest.param(
        _PLACES.get(case["case"], case["elements"]),
        answer["errors"],
        id=f"{answer['engine']} {answer['version']}: {case['case']}",
    )
    for case in _RECORDED
    if case["case"] not in _NEVER_SENT
    for answer in case["answers"]
    if answer["errors"]
]


def test_there_are_recorded_errors_of_three_engines() -> None:
    engines = {answer["engine"] for case in _RECORDED for answer in case["answers"]}
    assert engines == {"gqlparser", "graphql-core", "graphql-js"}
    assert {case["case"] for case in _RECORDED} > set(_NEVER_SENT)
    assert len(_READ) > 150


@pytest.mark.parametrize(("elements", "errors"), _READ)
def test_recorded_errors_name_what_differs(elements: list[str], errors: list[Any]) -> None:
    read = [read_schema_error(entry) for entry in errors]
    assert None not in read
    names = {error.name.rpartition(".")[2] for error in read if error}
    # An element is Type.field, Query.field(argument), $variable or Type.
    wanted = {element.rpartition("(")[2].rstrip(")").rpartition(".")[2].lstrip("$") for element in elements}
    assert wanted <= names


# The engine that is installed.

_SCHEMA = graphql.build_schema("""
input Roles { spaceMrn: String! name: String! updates: [Update!] }
input Update { mrn: String }
type Query { list(tenant: Int!, input: Roles, id: ID): Token }
type Token { mrn: String creator: Creator }
type Creator { mrn: String }
""")
# By what is wrong with it: a request for this schema, and what is understood of the answer.
_REQUESTS: dict[str, tuple[str, set[tuple[str, str, str]]]] = {
    "fields": (
        "{ list(tenant: 1) { id creator mrn { x } } }",
        {(FIELD, "id", "Token"), (SHAPE, "creator", "Creator"), (SHAPE, "mrn", "String")},
    ),
    "arguments": ("{ list(first: 1) { mrn } }", {(ARGUMENT, "first", "list"), (WANTED, "tenant", "list")}),
    "a type": ("query ($input: X!) { list(tenant: 1, input: $input) { mrn } }", {(TYPE, "X", "")}),
    "a variable": ("query ($id3: String!) { list(tenant: 1, id: $id3) { mrn } }", {(VARIABLE, "id", "ID")}),
}


@pytest.mark.parametrize("case", _REQUESTS)
def test_the_words_of_the_installed_graphql_core(case: str) -> None:
    text, expected = _REQUESTS[case]
    read = [read_schema_error({"message": error.message}) for error in graphql.validate(_SCHEMA, graphql.parse(text))]
    assert None not in read
    assert {error[:3] for error in read if error} == expected


def test_the_words_of_the_installed_graphql_core_for_values() -> None:
    document = graphql.parse("query ($input: Roles!) { list(tenant: 1, input: $input) { mrn } }")
    variables = {"name": "x", "scopeMrn": "y", "updates": [{"entityMrn": "z"}]}
    result = graphql.execute_sync(_SCHEMA, document, variable_values={"input": variables})
    read = [read_schema_error({"message": error.message}) for error in result.errors or ()]
    assert None not in read
    assert {(error.kind, error.name) for error in read if error} == {
        (WANTED, "spaceMrn"),
        (INPUT_FIELD, "scopeMrn"),
        (INPUT_FIELD, "entityMrn"),
    }

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the errors of a request that does not fit the service's schema, in the words of several GraphQL engines."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

FIELD = "field"  # a selected field does not exist
SHAPE = "shape"  # a selected field is a scalar where an object was expected, or the reverse
ARGUMENT = "argument"  # an argument does not exist
INPUT_FIELD = "input field"  # a field of an input does not exist
WANTED = "wanted"  # an argument or input field is required and missing
TYPE = "type"  # an input type does not exist
VARIABLE = "variable"  # a variable does not have the type required where it is used
VALUE = "value"  # a value in a variable does not have the type required in its place


class SchemaError(NamedTuple):
    """One thing that does not fit. kind: one of the above.

    owner: what `name` is a part of: a type, or for an argument a field; empty if unknown. For an input that is the value of
    a variable, the variable's name. For a SHAPE, the type of the field.
    """

    kind: str
    name: str
    owner: str
    pattern: str

    @property
    def difference(self) -> str:
        """How the API differs, as the end of "The API has …"."""
        return self.pattern.format(owner=self.owner, name=self.name)


# The tables have the text of patterns, since `re` compiles and keeps those that are used: a run without errors uses none.
# Names stand between ", ' or `.
_Q = "[\"'`]"
_OBJECT = "an object in place of a value in {name}"
_VALUE = "a value in place of an object in {name}"
# Those of gqlgen, graphql-js and graphql-core, Absinthe, webonyx, Juniper and async-graphql have words in common.
_IN_DOCUMENT = (
    (FIELD, rf"Cannot query field {_Q}(?P<name>\w+){_Q} on type {_Q}(?P<owner>\w+){_Q}", "no {owner}.{name}"),
    (
        SHAPE,
        rf"Field {_Q}(?P<name>\w+){_Q} must not have a selection since type {_Q}(?P<owner>[^\"'`]+){_Q}",
        _VALUE,
    ),
    (
        SHAPE,
        rf"Field {_Q}(?P<name>\w+){_Q} of type {_Q}(?P<owner>[^\"'`]+){_Q} must have a selection of",
        _OBJECT,
    ),
    (
        ARGUMENT,
        rf"Unknown argument {_Q}(?P<name>\w+){_Q} on field {_Q}(?:\w+\.)?(?P<owner>\w+){_Q}",
        "no {owner}({name})",
    ),
    (
        WANTED,
        rf"Field {_Q}(?P<owner>\w+){_Q} argument {_Q}(?P<name>\w+){_Q} of type .+ is required",
        "a required {owner}({name})",
    ),
    (
        WANTED,
        rf"Argument {_Q}(?:\w+\.)?(?P<owner>\w+)\((?P<name>\w+):\){_Q} of type .+ is required",
        "a required {owner}({name})",
    ),
    (TYPE, rf"Unknown type {_Q}(?P<name>\w+){_Q}", "no type {name}"),
    (
        VARIABLE,
        rf"Variable {_Q}\$(?P<name>\w+?)\d*{_Q} of type .+ used in position expecting type {_Q}(?P<owner>[^\"'`]+){_Q}",
        "{name} of the type {owner}",
    ),
    (
        INPUT_FIELD,
        rf"^Field {_Q}(?P<name>\w+){_Q} is not defined by type {_Q}(?P<owner>\w+){_Q}",
        "no {owner}.{name}",
    ),
    # Juniper, async-graphql
    (FIELD, rf"Unknown field {_Q}(?P<name>\w+){_Q} on type {_Q}(?P<owner>\w+){_Q}", "no {owner}.{name}"),
    (INPUT_FIELD, rf"unknown field {_Q}(?P<name>\w+){_Q} of type {_Q}(?P<owner>\w+){_Q}", "no {owner}.{name}"),
    (
        WANTED,
        rf"field {_Q}(?P<name>\w+){_Q} of type {_Q}[^\"'`]+{_Q} is required but not provided",
        "a required {name} among the inputs",
    ),
    # graphql-java, with and without quotes
    (FIELD, rf"Field {_Q}?(?P<name>\w+){_Q}? in type {_Q}?(?P<owner>\w+){_Q}? is undefined", "no {owner}.{name}"),
    (ARGUMENT, rf"Unknown field argument {_Q}?(?P<name>\w+)", "no argument {name}"),
    (
        SHAPE,
        rf"Sub ?selection not allowed on leaf type {_Q}?(?P<owner>[\w!\[\]]+){_Q}? of field {_Q}?(?P<name>\w+)",
        _VALUE,
    ),
    (SHAPE, rf"Sub ?selection required for type {_Q}?(?P<owner>[\w!\[\]]+){_Q}? of field {_Q}?(?P<name>\w+)", _OBJECT),
    # Hot Chocolate
    (FIELD, rf"The field {_Q}(?P<name>\w+){_Q} does not exist on the type {_Q}(?P<owner>\w+){_Q}", "no {owner}.{name}"),
    (ARGUMENT, rf"The argument {_Q}(?P<name>\w+){_Q} does not exist", "no argument {name}"),
    (SHAPE, rf"^{_Q}(?P<name>\w+){_Q} returns a scalar value\. Selections on", _VALUE),
    (SHAPE, rf"^{_Q}(?P<name>\w+){_Q} is an object, interface or union type field", _OBJECT),
    (
        VARIABLE,
        rf"The variable {_Q}(?P<name>\w+?)\d*{_Q} is not compatible with the type of the current location",
        "{name} of another type",
    ),
    # graphql-ruby
    (FIELD, rf"Field {_Q}(?P<name>\w+){_Q} doesn't exist on type {_Q}(?P<owner>\w+){_Q}", "no {owner}.{name}"),
    (ARGUMENT, rf"^Field {_Q}(?P<owner>\w+){_Q} doesn't accept argument {_Q}(?P<name>\w+){_Q}", "no {owner}({name})"),
    (
        INPUT_FIELD,
        rf"^InputObject {_Q}(?P<owner>\w+){_Q} doesn't accept argument {_Q}(?P<name>\w+){_Q}",
        "no {owner}.{name}",
    ),
    (
        WANTED,
        rf"^Field {_Q}(?P<owner>\w+){_Q} is missing required arguments: (?P<name>\w+)",
        "a required {owner}({name})",
    ),
    (SHAPE, rf"Selections can't be made on scalars \(field {_Q}(?P<name>\w+){_Q} returns (?P<owner>\w+)", _VALUE),
    (SHAPE, rf"must have selections \(field {_Q}(?P<name>\w+){_Q} returns (?P<owner>\w+)", _OBJECT),
    (TYPE, r"^(?P<name>\w+) isn't a defined input type", "no type {name}"),
    (
        VARIABLE,
        r"^(?:Type|Nullability) mismatch on variable \$(?P<name>\w+?)\d* and argument \w+ \(.+ / (?P<owner>[^)]+)\)",
        "{name} of the type {owner}",
    ),
    # Hasura
    (FIELD, rf"^field {_Q}(?P<name>\w+){_Q} not found in type: {_Q}(?P<owner>\w+){_Q}", "no {owner}.{name}"),
)
# These quote the value, which may be any text: they are matched from the other side.
_IN_VARIABLES = (
    # graphql-ruby
    (
        INPUT_FIELD,
        r"^Variable \$?\w+ of type .+ was provided invalid value for (?:[\w.]+\.)?(?P<name>\w+)"
        r" \(Field is not defined on (?P<owner>\w+)\)",
        "no {owner}.{name}",
    ),
    (
        WANTED,
        r"^Variable \$?\w+ of type \W*(?P<owner>\w+)\S* was provided invalid value for (?P<name>\w+) \(Expected value to not be null\)",
        "a required {owner}.{name}",
    ),
    (
        INPUT_FIELD,
        rf"^.* got invalid value .*; Field {_Q}(?P<name>\w+){_Q} is not defined by type {_Q}(?P<owner>\w+){_Q}",
        "no {owner}.{name}",
    ),
    (
        WANTED,
        rf"^.* got invalid value .*; Field {_Q}(?P<name>\w+){_Q} of required type .+ was not provided",
        "a required {name} among the inputs",
    ),
    (
        INPUT_FIELD,
        rf"^[^{{]* has invalid value[^:{{]*: Expected value of type {_Q}(?P<owner>\w+)!?{_Q} not to include unknown field"
        rf" {_Q}(?P<name>\w+){_Q}",
        "no {owner}.{name}",
    ),
    (
        WANTED,
        rf"^[^{{]* has invalid value[^:{{]*: Expected value of type {_Q}(?P<owner>\w+)!?{_Q} to include required field"
        rf" {_Q}(?P<name>\w+){_Q}",
        "a required {owner}.{name}",
    ),
    (
        VALUE,
        rf"^Variable {_Q}\$(?P<owner>\w+?)\d*{_Q} (?:got invalid value .* at {_Q}\w+|has invalid value at )\.(?P<name>[\w.\[\]]+)",
        "another type in {owner}.{name}",
    ),
    (
        VALUE,
        rf"^Variable {_Q}\$(?P<name>\w+?)\d*{_Q} (?:got|has) invalid value",
        "another type in {name}",
    ),
)
# gqlgen gives the position in its path: ["variable", "input", "updates", 0, "entityMrn"].
_BY_PATH = (
    (INPUT_FIELD, r"unknown field", "no {owner}.{name}"),
    (WANTED, r"must be defined|cannot be null", "a required {owner}.{name}"),
    (VALUE, r"cannot use \w+ as \w+|\S+ is not a valid \w+", "another type in {owner}.{name}"),
)


def read_schema_error(entry: object, keys: Collection[str] | None = None) -> SchemaError | None:
    """Reads an entry of a GraphQL response's `errors`; None if it is about something else.

    An error with a path into the data is an execution error, whatever its text: the document was accepted. Some engines
    give the path in the document. keys: those of the data, none if there is no data; None if unknown.
    """
    message = str(entry.get("message")) if isinstance(entry, Mapping) else str(entry)
    path = entry.get("path") if isinstance(entry, Mapping) else None
    if isinstance(path, Sequence) and path:
        found = _read_path(message, path)
        if found or keys is None or path[0] in keys:
            return found
    for kind, words, pattern in _IN_VARIABLES if "invalid value" in message else _IN_DOCUMENT:
        match = re.search(words, message, re.IGNORECASE | re.DOTALL)
        if match:
            return SchemaError(kind, match["name"], match.groupdict().get("owner", ""), pattern)
    return None


def _read_path(message: str, path: Sequence[object]) -> SchemaError | None:
    names = [step for step in path if isinstance(step, str)]
    if len(names) < 3 or names[0] != "variable":
        return None
    for kind, words, pattern in _BY_PATH:
        if re.fullmatch(words, message.strip(), re.IGNORECASE):
            # In a batch, variables are numbered.
            owner = ".".join([names[1].rstrip("0123456789"), *names[2:-1]])
            return SchemaError(kind, names[-1], owner, pattern)
    return None

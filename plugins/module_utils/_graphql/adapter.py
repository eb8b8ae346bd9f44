# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lives with a schema that differs where the caller allows it: requests without what the service was found to lack."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from .._values.errors import SCHEMA_MISMATCH, MondooError
from .._values.mrn import scope_from
from . import batch, schema_errors
from .document import Document, optional_mark
from .schema_errors import SchemaError, read_schema_error

if TYPE_CHECKING:
    from graphql import ArgumentNode, DocumentNode, FieldNode, VariableDefinitionNode


class Omission(NamedTuple):
    """What a document does without. kind: `FIELD`, `VARIABLE`, or `INPUT_FIELD` for a field that had another name before."""

    kind: str
    name: str


@dataclass(frozen=True)
class PreparedRequest:
    """A request as it is sent, and what was left out of it.

    keys: of the root fields in the answer: the document's name, or one alias for each set of variables.
    """

    document: Document
    node: DocumentNode
    variables: Mapping[str, Any]
    keys: tuple[str, ...]
    omitted: frozenset[Omission] = frozenset()


_VERBS = {
    schema_errors.WANTED: "does not give",
    schema_errors.SHAPE: "does not expect",
    schema_errors.VALUE: "does not expect",
    schema_errors.VARIABLE: "does not expect",
}


class SchemaMismatchError(MondooError):
    """The service lacks what a document needs. differences: all that was needed and does not fit."""

    def __init__(self, document: Document, differences: Sequence[SchemaError]) -> None:
        by_verb: dict[str, list[str]] = {}
        for difference in differences:
            by_verb.setdefault(_VERBS.get(difference.kind, "needs"), []).append(difference.difference)
        clauses = [
            f"{' and '.join(words)}, which the document {document.name} {verb}" for verb, words in by_verb.items()
        ]
        super().__init__(SCHEMA_MISMATCH, f"the API has {'; and '.join(clauses)}", operation=document.name)
        self.differences = tuple(differences)


class SchemaAdapter:
    """Prepares requests for the schema as it has been found to be, for any number of threads.

    warnings: sentences on what the service lacks, each once.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._lock = threading.Lock()
        self._omissions: dict[Document, frozenset[Omission]] = {}
        self._adapted: dict[tuple[Document, frozenset[Omission]], DocumentNode] = {}
        self._multiplied: dict[tuple[Document, frozenset[Omission], int], DocumentNode] = {}

    def prepare(self, document: Document, each: Sequence[Mapping[str, Any]]) -> PreparedRequest:
        """The request for one set of variables, or the batch for several.

        Raises MondooError if they are for an organization, and the service takes nothing but spaces.
        """
        with self._lock:
            omitted = self._omissions.get(document, frozenset())
            node = self._adapted.get((document, omitted), document.plain)
        adapted = [_adapt_variables(document, variables, omitted) for variables in each]
        if len(adapted) == 1:
            return PreparedRequest(document, node, adapted[0], (document.name,), omitted)
        return PreparedRequest(
            document,
            self._multiply(document, omitted, node, len(adapted)),
            batch.number_variables(adapted),
            batch.aliases(len(adapted)),
            omitted,
        )

    def _multiply(
        self, document: Document, omitted: frozenset[Omission], node: DocumentNode, count: int
    ) -> DocumentNode:
        """The document for so many sets of variables; most batches of a run are of one size."""
        key = (document, omitted, count)
        with self._lock:
            multiplied = self._multiplied.get(key)
        if multiplied is None:
            multiplied = batch.multiply(node, count)
            with self._lock:
                self._multiplied[key] = multiplied
        return multiplied

    def adapt(self, request: PreparedRequest, errors: Iterable[object]) -> bool:
        """Leaves out from now on what the answer to the request says is lacking; False if it is about something else.

        errors: of the answer. True: nothing was executed, and the request is to be prepared again; what is lacking may be
        left out since another thread's request.
        Raises SchemaMismatchError if something is lacking that the document needs.
        """
        document = request.document
        differences = _read_differences(document, errors)
        if not differences:
            return False
        omissions = {difference: _find_omission(document, difference) for difference in differences}
        missing = {*omissions.values(), *request.omitted}
        needed = [
            difference
            for difference, omission in omissions.items()
            if omission is None or omission in request.omitted or _stand_in_is_missing(document, omission, missing)
        ]
        if needed:
            raise SchemaMismatchError(document, needed)
        with self._lock:
            known = self._omissions.get(document, frozenset())
            new = {
                omission: _warning(document, difference, omission)
                for difference, omission in omissions.items()
                if omission is not None and omission not in known
            }
            if new:
                omitted = known.union(new)
                self._omissions[document] = omitted
                self._adapted[document, omitted] = _remove(document, omitted)
                self.warnings += new.values()
        return True

    def omits_argument(self, document: Document, variable: str) -> bool:
        """Whether the argument that takes its value from the variable is left out."""
        with self._lock:
            return Omission(schema_errors.VARIABLE, variable) in self._omissions.get(document, frozenset())


def _read_differences(document: Document, errors: Iterable[object]) -> list[SchemaError]:
    """What the errors say, each thing once."""
    read = [difference for entry in errors if (difference := read_schema_error(entry))]
    # gqlgen reports each field that is asked of a value too, and not only that it is none with fields.
    values = {difference.owner for difference in read if difference.kind == schema_errors.SHAPE}
    return list(
        dict.fromkeys(
            _with_type(document, difference)
            for difference in read
            if not (difference.kind == schema_errors.FIELD and difference.owner in values)
        )
    )


def _find_omission(document: Document, difference: SchemaError) -> Omission | None:
    """What can be left out of the document because of the difference; None if the document needs it."""
    marks = document.marks
    if difference.kind in (schema_errors.FIELD, schema_errors.SHAPE) and difference.name in marks.fields:
        owner = marks.fields[difference.name]
        return Omission(schema_errors.FIELD, difference.name) if owner in (None, difference.owner) else None
    if difference.kind == schema_errors.ARGUMENT and (difference.owner, difference.name) in marks.arguments:
        return Omission(schema_errors.VARIABLE, marks.arguments[difference.owner, difference.name])
    if difference.kind == schema_errors.VARIABLE and difference.name in marks.variables:
        return Omission(schema_errors.VARIABLE, difference.name)
    for new, old in marks.formerly.items():
        if (difference.kind, difference.name) in ((schema_errors.INPUT_FIELD, new), (schema_errors.WANTED, old)):
            return Omission(schema_errors.INPUT_FIELD, new)
    return None


def _stand_in_is_missing(document: Document, omission: Omission, missing: set[Omission | None]) -> bool:
    """Whether an argument cannot be left out, since what would stand in for it is not there either."""
    stand_ins = document.marks.stand_ins
    others = [stand_ins.get(omission.name), *(name for name, other in stand_ins.items() if other == omission.name)]
    return omission.kind == schema_errors.VARIABLE and any(
        Omission(schema_errors.VARIABLE, other) in missing for other in others if other is not None
    )


def _with_type(document: Document, difference: SchemaError) -> SchemaError:
    """The difference with the type of the variable in place of the variable."""
    if difference.kind not in (schema_errors.INPUT_FIELD, schema_errors.WANTED, schema_errors.VALUE):
        return difference
    variable, dot, rest = difference.owner.partition(".")
    return difference._replace(owner=document.marks.types.get(variable, variable) + dot + rest)


def _warning(document: Document, difference: SchemaError, omission: Omission) -> str:
    if omission.kind == schema_errors.INPUT_FIELD:
        old = document.marks.formerly[omission.name]
        return f"The API takes {old} in place of {omission.name}: {document.name} works for spaces, and not for organizations."
    how = "for spaces, and not for organizations" if omission.name in document.marks.stand_ins else "without it"
    return f"The API has {difference.difference}: {document.name} works {how}."


def _adapt_variables(document: Document, variables: Mapping[str, Any], omitted: Set[Omission]) -> Mapping[str, Any]:
    if not omitted:
        return variables
    left_out = {omission.name for omission in omitted if omission.kind == schema_errors.VARIABLE}
    for variable, stand_in in document.marks.stand_ins.items():
        if variable in left_out and variables[variable] != variables[stand_in]:
            raise _no_space(document, stand_in, variable, variables[variable])
    adapted = {name: value for name, value in variables.items() if name not in left_out}
    for new, old in document.marks.formerly.items():
        if Omission(schema_errors.INPUT_FIELD, new) in omitted:
            adapted["input"] = _with_former_name(document, adapted["input"], new, old)
    return adapted


def _with_former_name(document: Document, fields: Mapping[str, Any], new: str, old: str) -> Mapping[str, Any]:
    """An input with the MRN of its space under its former name."""
    try:
        scope_from("space", fields[new])
    except MondooError:
        raise _no_space(document, old, new, fields[new]) from None
    return {old if key == new else key: value for key, value in fields.items()}


def _no_space(document: Document, takes: str, instead_of: str, mrn: str) -> MondooError:
    reason = f"the API takes {takes} in place of {instead_of}, and {mrn} is not a space"
    return MondooError(SCHEMA_MISMATCH, reason, operation=document.name)


def _remove(document: Document, omitted: Set[Omission]) -> DocumentNode:
    """The document without marks and without what is left out."""
    from graphql import VariableNode, visit
    from graphql.language.visitor import REMOVE, Visitor

    variables = {omission.name for omission in omitted if omission.kind == schema_errors.VARIABLE}

    class _Remove(Visitor):
        def enter_variable_definition(self, node: VariableDefinitionNode, *_place: object) -> object:
            return REMOVE if node.variable.name.value in variables else None

        def enter_argument(self, node: ArgumentNode, *_place: object) -> object:
            return REMOVE if isinstance(node.value, VariableNode) and node.value.name.value in variables else None

        def enter_field(self, node: FieldNode, *_place: object) -> object:
            is_omitted = Omission(schema_errors.FIELD, node.name.value) in omitted
            return REMOVE if is_omitted and optional_mark(node.directives) is not None else None

        def leave_field(self, node: FieldNode, *_place: object) -> object:
            # An object of which nothing is left.
            return REMOVE if node.selection_set and not node.selection_set.selections else None

        def enter_directive(self, *_node_and_place: object) -> object:
            return REMOVE

    remaining: DocumentNode = visit(document.marked, _Remove())
    return remaining

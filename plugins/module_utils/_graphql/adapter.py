# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adapts requests to a different schema, where the caller allows it, by leaving out what the service lacks."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from .._values.errors import SCHEMA_MISMATCH, MondooError
from .._values.mrn import scope_from
from . import batch, schema_errors
from .document import Document, optional_mark
from .schema_errors import SchemaError, read_schema_error

if TYPE_CHECKING:
    from graphql import ArgumentNode, DocumentNode, FieldNode, VariableDefinitionNode


class Adaptation(NamedTuple):
    """One difference between requests and their document.

    kind: `FIELD` or `VARIABLE` for an omission; `INPUT_FIELD` for an input field that is sent under its former name;
    `WANTED` for a former name that is sent too.
    """

    kind: str
    name: str


@dataclass(frozen=True)
class PreparedRequest:
    """A request to send, and how it was adapted.

    keys: of the root fields in the response: the document's name, or one alias for each set of variables.
    """

    document: Document
    node: DocumentNode
    variables: Mapping[str, Any]
    keys: tuple[str, ...]
    adaptations: frozenset[Adaptation] = frozenset()


_VERBS = {
    schema_errors.WANTED: "does not give",
    schema_errors.SHAPE: "does not expect",
    schema_errors.VALUE: "does not expect",
    schema_errors.VARIABLE: "does not expect",
}


class SchemaMismatchError(MondooError):
    """The service lacks what a document needs. differences: everything needed that does not fit."""

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
    """Prepares requests for the schema as detected so far, for any number of threads.

    warnings: sentences about what the service lacks, each once.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._lock = threading.Lock()
        self._adaptations: dict[Document, frozenset[Adaptation]] = {}
        self._nodes: dict[tuple[Document, frozenset[Adaptation]], DocumentNode] = {}
        self._batches: dict[tuple[Document, frozenset[Adaptation], int], DocumentNode] = {}

    def prepare(self, document: Document, each: Sequence[Mapping[str, Any]]) -> PreparedRequest:
        """The request for one set of variables, or the batch for several.

        Raises MondooError if they are for an organization and the service accepts only spaces.
        """
        with self._lock:
            adaptations = self._adaptations.get(document, frozenset())
            node = self._nodes.get((document, adaptations), document.plain)
        adapted = [_adapt_variables(document, variables, adaptations) for variables in each]
        if len(adapted) == 1:
            return PreparedRequest(document, node, adapted[0], (document.name,), adaptations)
        return PreparedRequest(
            document,
            self._multiply(document, adaptations, node, len(adapted)),
            batch.number_variables(adapted),
            batch.aliases(len(adapted)),
            adaptations,
        )

    def _multiply(
        self, document: Document, adaptations: frozenset[Adaptation], node: DocumentNode, count: int
    ) -> DocumentNode:
        """The document for several sets of variables; most batches of a run have the same size."""
        key = (document, adaptations, count)
        with self._lock:
            multiplied = self._batches.get(key)
        if multiplied is None:
            multiplied = batch.multiply(node, count)
            with self._lock:
                self._batches[key] = multiplied
        return multiplied

    def adapt(self, request: PreparedRequest, errors: Iterable[object], *, has_data: bool = True) -> bool:
        """Adapts the document to the schema errors in the response; False if the errors are about something else.

        errors: of the response. has_data: whether it has data too, even if that is null.
        True: nothing was executed, and the request has to be prepared again; another thread may have adapted the document
        since.
        Raises SchemaMismatchError if something that does not fit is required.
        """
        document = request.document
        differences = _read_differences(document, errors, request.keys if has_data else ())
        if not differences:
            return False
        possible = {difference: _find_adaptation(document, difference) for difference in differences}
        missing = {*possible.values(), *request.adaptations}
        needed = [
            difference
            for difference, adaptation in possible.items()
            if adaptation is None
            or adaptation in request.adaptations
            or _stand_in_is_missing(document, adaptation, missing)
        ]
        if needed:
            raise SchemaMismatchError(document, needed)
        with self._lock:
            known = self._adaptations.get(document, frozenset())
            new = {
                adaptation: _warning(document, difference, adaptation)
                for difference, adaptation in possible.items()
                if adaptation is not None and adaptation not in known
            }
            if new:
                adaptations = known.union(new)
                self._adaptations[document] = adaptations
                self._nodes[document, adaptations] = _remove(document, adaptations)
                self.warnings += new.values()
        return True

    def omits_argument(self, document: Document, variable: str) -> bool:
        """Whether the argument that uses the variable is left out."""
        with self._lock:
            return Adaptation(schema_errors.VARIABLE, variable) in self._adaptations.get(document, frozenset())


def _read_differences(document: Document, errors: Iterable[object], keys: Collection[str]) -> list[SchemaError]:
    """The differences in the errors, each once. keys: those of the data in the response."""
    read = [difference for entry in errors if (difference := read_schema_error(entry, keys))]
    # gqlgen also reports each field selected from a scalar, and not only that the scalar has none.
    values = {difference.owner for difference in read if difference.kind == schema_errors.SHAPE}
    unknown = {difference.name for difference in read if difference.kind == schema_errors.INPUT_FIELD}
    # A former name that replaces the new one is not sent in addition to it.
    replaced = {old for new, old in document.marks.formerly.items() if new in unknown}
    return list(
        dict.fromkeys(
            _with_type(document, difference)
            for difference in read
            if not (difference.kind == schema_errors.FIELD and difference.owner in values)
            and not (difference.kind == schema_errors.WANTED and difference.name in replaced)
        )
    )


def _find_adaptation(document: Document, difference: SchemaError) -> Adaptation | None:
    """How the document can be adapted to the difference; None if it cannot."""
    marks = document.marks
    if difference.kind in (schema_errors.FIELD, schema_errors.SHAPE) and difference.name in marks.fields:
        return Adaptation(schema_errors.FIELD, difference.name)
    if difference.kind == schema_errors.ARGUMENT:
        for (owner, name), variable in marks.arguments.items():
            # Some engines do not name the field.
            if name == difference.name and difference.owner in (owner, ""):
                return Adaptation(schema_errors.VARIABLE, variable)
    if difference.kind == schema_errors.VARIABLE and difference.name in marks.variables:
        return Adaptation(schema_errors.VARIABLE, difference.name)
    for new, old in marks.formerly.items():
        if (difference.kind, difference.name) == (schema_errors.INPUT_FIELD, new):
            return Adaptation(schema_errors.INPUT_FIELD, new)
        if (difference.kind, difference.name) == (schema_errors.WANTED, old):
            return Adaptation(schema_errors.WANTED, old)
    return None


def _stand_in_is_missing(document: Document, adaptation: Adaptation, missing: set[Adaptation | None]) -> bool:
    """Whether an argument cannot be left out, since its replacement is missing too."""
    stand_ins = document.marks.stand_ins
    others = [stand_ins.get(adaptation.name), *(name for name, other in stand_ins.items() if other == adaptation.name)]
    return adaptation.kind == schema_errors.VARIABLE and any(
        Adaptation(schema_errors.VARIABLE, other) in missing for other in others if other is not None
    )


def _with_type(document: Document, difference: SchemaError) -> SchemaError:
    """The difference with the variable replaced by its type."""
    if difference.kind not in (schema_errors.INPUT_FIELD, schema_errors.WANTED, schema_errors.VALUE):
        return difference
    variable, dot, rest = difference.owner.partition(".")
    return difference._replace(owner=document.marks.types.get(variable, variable) + dot + rest)


def _warning(document: Document, difference: SchemaError, adaptation: Adaptation) -> str:
    for_spaces = f"{document.name} works for spaces, and not for organizations."
    if adaptation.kind == schema_errors.INPUT_FIELD:
        return f"The API takes {document.marks.formerly[adaptation.name]} in place of {adaptation.name}: {for_spaces}"
    if adaptation.kind == schema_errors.WANTED:
        return f"The API has {difference.difference}: {document.name} gives it too."
    if adaptation.kind == schema_errors.VARIABLE and adaptation.name in document.marks.stand_ins:
        return f"The API has {difference.difference}: {for_spaces}"
    return f"The API has {difference.difference}: {document.name} works without it."


def _adapt_variables(
    document: Document, variables: Mapping[str, Any], adaptations: Set[Adaptation]
) -> Mapping[str, Any]:
    if not adaptations:
        return variables
    left_out = {adaptation.name for adaptation in adaptations if adaptation.kind == schema_errors.VARIABLE}
    for variable, stand_in in document.marks.stand_ins.items():
        if variable in left_out and variables[variable] != variables[stand_in]:
            raise _no_space(document, stand_in, variable, variables[variable])
    adapted = {name: value for name, value in variables.items() if name not in left_out}
    for new, old in document.marks.formerly.items():
        fields = adapted.get("input", {})
        if Adaptation(schema_errors.INPUT_FIELD, new) in adaptations:
            if not _is_space(fields[new]):
                raise _no_space(document, old, new, fields[new])
            adapted["input"] = {old if key == new else key: value for key, value in fields.items()}
        elif Adaptation(schema_errors.WANTED, old) in adaptations:
            # An organization is not a space, but the field is required.
            adapted["input"] = {**fields, old: fields[new] if _is_space(fields[new]) else ""}
    return adapted


def _is_space(mrn: str) -> bool:
    try:
        scope_from("space", mrn)
    except MondooError:
        return False
    return True


def _no_space(document: Document, takes: str, instead_of: str, mrn: str) -> MondooError:
    reason = f"the API takes {takes} in place of {instead_of}, and {mrn} is not a space"
    return MondooError(SCHEMA_MISMATCH, reason, operation=document.name)


def _remove(document: Document, adaptations: Set[Adaptation]) -> DocumentNode:
    """The document without marks and omitted parts."""
    from graphql import VariableNode, visit
    from graphql.language.visitor import REMOVE, Visitor

    variables = {adaptation.name for adaptation in adaptations if adaptation.kind == schema_errors.VARIABLE}

    class _Remove(Visitor):
        def enter_variable_definition(self, node: VariableDefinitionNode, *_place: object) -> object:
            return REMOVE if node.variable.name.value in variables else None

        def enter_argument(self, node: ArgumentNode, *_place: object) -> object:
            return REMOVE if isinstance(node.value, VariableNode) and node.value.name.value in variables else None

        def enter_field(self, node: FieldNode, *_place: object) -> object:
            is_left_out = Adaptation(schema_errors.FIELD, node.name.value) in adaptations
            return REMOVE if is_left_out and optional_mark(node.directives) is not None else None

        def leave_field(self, node: FieldNode, *_place: object) -> object:
            # An object without remaining fields.
            return REMOVE if node.selection_set and not node.selection_set.selections else None

        def enter_directive(self, *_node_and_place: object) -> object:
            return REMOVE

    remaining: DocumentNode = visit(document.marked, _Remove())
    return remaining

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lives with an API that differs where the job allows it: the documents of one run, without what the service refused."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from .._values.errors import SCHEMA_MISMATCH, MondooError
from .._values.mrn import scope_from
from . import refusals
from .documents import document, marked, marks, optional_mark
from .refusals import Refusal, refusal_in

if TYPE_CHECKING:
    from graphql import ArgumentNode, DocumentNode, FieldNode, VariableDefinitionNode


class _Part(NamedTuple):
    """What a document can do without. kind: `FIELD`, `VARIABLE`, or `INPUT_FIELD` for a field that had another name before."""

    kind: str
    name: str


@dataclass(frozen=True)
class _Form:
    """A document as it is sent, and the parts that it does without."""

    document: DocumentNode
    without: frozenset[_Part] = frozenset()

    def lacks(self, kind: str, name: str) -> bool:
        return _Part(kind, name) in self.without


class _Given(threading.local):
    """The forms that this thread was given last, by document and by what for."""

    def __init__(self) -> None:
        self.forms: dict[tuple[str, str], _Form] = {}


class Documents:
    """The documents as they are sent in this run, for any number of threads.

    warnings: sentences on what the service lacks, each once.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._lock = threading.Lock()
        self._adapted: dict[str, _Form] = {}
        self._given = _Given()

    def get(self, name: str) -> DocumentNode:
        """The document of that name."""
        return self._form(name, "document").document

    def variables(self, name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The variables as the document of that name takes them.

        Raises MondooError if they are for an organization, and the service takes nothing but spaces.
        """
        form = self._form(name, "variables")
        if not form.without:
            return given
        taken = {key: value for key, value in given.items() if not form.lacks(refusals.VARIABLE, key)}
        for new, old in marks(name).formerly.items():
            if form.lacks(refusals.INPUT_FIELD, new):
                taken["input"] = _with_former_name(name, taken["input"], new, old)
        return taken

    def adapt(self, name: str, refused: Iterable[object]) -> bool:
        """Leaves out what the service has refused and the job can do without; False if it has refused nothing.

        refused: entries of a GraphQL answer's `errors`, about the document and variables that this thread was given last. What
        has been left out since then, for another thread, only has to be sent again.
        Raises MondooError if it has refused something that the job needs.
        """
        read = (refusal_in(entry) for entry in refused)
        found = dict.fromkeys(_with_type(name, refusal) for refusal in read if refusal)
        if not found:
            return False
        with self._lock:
            form = self._current(name)
            used = [self._given.forms.get((name, purpose), form) for purpose in ("document", "variables")]
            warnings: dict[_Part, str] = {}
            for refusal in found:
                part = _dispensable(name, refusal)
                if part is None or all(part in each.without for each in used):
                    raise _needed(name, refusal)
                if part not in form.without:
                    warnings[part] = _warning(name, refusal, part)
            if warnings:
                without = form.without | warnings.keys()
                self._adapted[name] = _Form(_document_without(name, without), without)
                self.warnings += warnings.values()
        return True

    def _form(self, name: str, purpose: str) -> _Form:
        with self._lock:
            form = self._current(name)
        self._given.forms[name, purpose] = form
        return form

    def _current(self, name: str) -> _Form:
        return self._adapted.get(name) or _Form(document(name))


def _dispensable(name: str, refusal: Refusal) -> _Part | None:
    """The part of the document that the refusal is about; None if the job needs it."""
    found = marks(name)
    if refusal.kind == refusals.FIELD and refusal.name in found.fields:
        owner = found.fields[refusal.name]
        return _Part(refusals.FIELD, refusal.name) if owner in (None, refusal.owner) else None
    if refusal.kind == refusals.ARGUMENT and (refusal.owner, refusal.name) in found.arguments:
        return _Part(refusals.VARIABLE, found.arguments[refusal.owner, refusal.name])
    if refusal.kind == refusals.VARIABLE and refusal.name in found.variables:
        return _Part(refusals.VARIABLE, refusal.name)
    for new, old in found.formerly.items():
        if (refusal.kind, refusal.name) in ((refusals.INPUT_FIELD, new), (refusals.WANTED, old)):
            return _Part(refusals.INPUT_FIELD, new)
    return None


def _with_type(name: str, refusal: Refusal) -> Refusal:
    """The refusal with the type of the variable in place of the variable."""
    variable, dot, rest = refusal.owner.partition(".")
    if refusal.kind not in (refusals.INPUT_FIELD, refusals.WANTED):
        return refusal
    return refusal._replace(owner=marks(name).types.get(variable, variable) + dot + rest)


def _warning(name: str, refusal: Refusal, part: _Part) -> str:
    if part.kind == refusals.INPUT_FIELD:
        old = marks(name).formerly[part.name]
        return f"The API takes {old} in place of {part.name}: {name} works for spaces, and not for organizations."
    return f"The API has {refusal.what}: {name} goes on without it."


def _needed(name: str, refusal: Refusal) -> MondooError:
    verb = "does not give" if refusal.kind == refusals.WANTED else "needs"
    if refusal.kind == refusals.VARIABLE or " in place of " in refusal.what:
        verb = "does not expect"
    reason = f"the API has {refusal.what}, which the document {name} {verb}"
    return MondooError(SCHEMA_MISMATCH, reason, operation=name)


def _with_former_name(name: str, given: Mapping[str, Any], new: str, old: str) -> Mapping[str, Any]:
    """An input with the MRN of its space under its former name."""
    try:
        scope_from("space", given[new])
    except MondooError:
        reason = f"the API takes {old} in place of {new}, and {given[new]} is not a space"
        raise MondooError(SCHEMA_MISMATCH, reason, operation=name) from None
    return {old if key == new else key: value for key, value in given.items()}


def _document_without(name: str, without: Set[_Part]) -> DocumentNode:
    from graphql import VariableNode, visit
    from graphql.language.visitor import REMOVE, Visitor

    variables = {part.name for part in without if part.kind == refusals.VARIABLE}

    class _Prune(Visitor):
        def enter_variable_definition(self, node: VariableDefinitionNode, *_place: object) -> object:
            return REMOVE if node.variable.name.value in variables else None

        def enter_argument(self, node: ArgumentNode, *_place: object) -> object:
            return REMOVE if isinstance(node.value, VariableNode) and node.value.name.value in variables else None

        def enter_field(self, node: FieldNode, *_place: object) -> object:
            left_out = _Part(refusals.FIELD, node.name.value) in without
            return REMOVE if left_out and optional_mark(node.directives) is not None else None

        def leave_field(self, node: FieldNode, *_place: object) -> object:
            # An object of which nothing is left.
            return REMOVE if node.selection_set and not node.selection_set.selections else None

        def enter_directive(self, *_node_and_place: object) -> object:
            return REMOVE

    pruned: DocumentNode = visit(marked(name), _Prune())
    return pruned

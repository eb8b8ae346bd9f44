# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lives with an API that lacks what is only nice to have: the documents of one run, without what the service refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .._values.errors import SCHEMA_MISMATCH, MondooError
from .documents import OPTIONAL, document, marked

if TYPE_CHECKING:
    from graphql import DocumentNode

# Servers quote names with ", ' or `.
_NAME = r"[\"'`](?P<{0}>[\w.]+)[\"'`]"
_NO_FIELD = re.compile(rf"Cannot query field {_NAME.format('field')} on type {_NAME.format('type')}", re.IGNORECASE)


class Documents:
    """The documents as they are sent in this run. warnings: sentences on what was left out, each once."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._left_out: set[str] = set()
        self._pruned: dict[str, DocumentNode] = {}

    def get(self, name: str) -> DocumentNode:
        """The document of that name."""
        return self._pruned.get(name) or document(name)

    def variables(self, name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The variables as the document of that name takes them."""
        del name
        return given

    def adapt(self, name: str, refusals: Iterable[object]) -> bool:
        """Leaves out the optional selections that the service has refused; False if it has refused none.

        refusals: entries of a GraphQL answer's `errors`.
        Raises MondooError if it has refused a selection that the job needs.
        """
        refused = [found for message in map(_message, refusals) if (found := _NO_FIELD.search(message))]
        if not refused:
            return False
        optional = _optional_fields(name)
        for found in refused:
            element = f"{found['type']}.{found['field']}"
            if found["field"] not in optional or found["field"] in self._left_out:
                raise MondooError(
                    SCHEMA_MISMATCH, f"the API has no {element}, which the document {name} needs", operation=name
                )
            self.warnings.append(f"The API has no {element}: {name} goes on without it.")
        self._left_out |= {found["field"] for found in refused}
        self._pruned[name] = _without(name, self._left_out)
        return True


def _message(refusal: object) -> str:
    return str(refusal.get("message")) if isinstance(refusal, Mapping) else str(refusal)


def _optional_fields(name: str) -> frozenset[str]:
    """Names of the marked fields; no document selects one of them unmarked as well."""
    from graphql import FieldNode, visit
    from graphql.language.visitor import Visitor

    found: set[str] = set()

    class _Collect(Visitor):
        def enter_field(self, node: FieldNode, *_place: object) -> None:
            if _is_marked(node):
                found.add(node.name.value)

    visit(marked(name), _Collect())
    return frozenset(found)


def _without(name: str, left_out: set[str]) -> DocumentNode:
    from graphql import FieldNode, visit
    from graphql.language.visitor import REMOVE, Visitor

    class _Prune(Visitor):
        def enter_field(self, node: FieldNode, *_place: object) -> object:
            return REMOVE if _is_marked(node) and node.name.value in left_out else None

        def enter_directive(self, *_node_and_place: object) -> object:
            return REMOVE

    pruned: DocumentNode = visit(marked(name), _Prune())
    return pruned


def _is_marked(node: object) -> bool:
    return any(directive.name.value == OPTIONAL for directive in getattr(node, "directives", None) or ())

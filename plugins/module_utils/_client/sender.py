# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends one document, once for each call, and counts; what becomes of a failure is decided above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from .._values.errors import GARBLED_ANSWER, MondooError
from . import aliases
from .answers import root_of, roots_of
from .tolerance import Documents

if TYPE_CHECKING:
    from graphql import DocumentNode

    from .._transport.http import Answer


class Transport(Protocol):
    """What the client needs of the network."""

    def post(self, document: DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        """Sends one document and returns the service's answer, or raises MondooError."""


class Sender:
    """A transport with the documents of this run. requests: how many were sent."""

    def __init__(self, transport: Transport, documents: Documents) -> None:
        self._transport = transport
        self._documents = documents
        self.requests = 0

    def send(self, operation: str, variables: Mapping[str, Any], *, mutation: bool) -> Mapping[str, Any]:
        """The value of the document's root field; raises MondooError if there is none."""
        try:
            answer = None
            while answer is None:
                given = self._documents.variables(operation, variables)
                answer = self._answer(operation, self._documents.get(operation), given)
            found = root_of(answer, operation, mutation=mutation)
        except MondooError as error:
            raise of_operation(operation, error) from None
        if not isinstance(found, Mapping):
            raise MondooError(
                GARBLED_ANSWER,
                "the service's answer has another shape than announced",
                operation=operation,
                outcome_unknown=True,
            )
        return found

    def send_together(
        self, operation: str, each: Sequence[Mapping[str, Any]], *, mutation: bool
    ) -> list[Mapping[str, Any] | MondooError | None]:
        """One request for several sets of variables: for each its value, its error, or None where the answer does not tell.

        Raises MondooError if the request as a whole has failed.
        """
        try:
            answer = None
            while answer is None:
                document = aliases.multiplied(self._documents.get(operation), len(each))
                given = [self._documents.variables(operation, variables) for variables in each]
                answer = self._answer(operation, document, aliases.numbered(given))
            return roots_of(answer, operation, aliases.keys(len(each)), mutation=mutation)
        except MondooError as error:
            raise of_operation(operation, error) from None

    def _answer(self, operation: str, document: DocumentNode, variables: Mapping[str, Any]) -> Answer | None:
        """None: the service has refused the document and executed nothing, and there is another one to try."""
        self.requests += 1
        answer = self._transport.post(document, variables, operation)
        return None if answer.errors and self._documents.adapt(operation, answer.errors) else answer


def of_operation(operation: str, error: MondooError) -> MondooError:
    """The error with the name of the operation, unless it has one already."""
    error.operation = error.operation or operation
    return error

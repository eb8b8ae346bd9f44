# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A token API whose service gives scripted answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graphql
from ansible_collections.mondoo.platform.plugins.module_utils._api.tokens import ServiceProfile, TokenApi
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.client import ServiceClock
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.retry import RetryPolicy
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.builders import NOW


class Script:
    """Gives these answers in their order: the value of the root field, an `Answer`, or an error to raise.

    sent: the variables of the requests, as pairs with the operation. pauses: in seconds.
    """

    def __init__(self, *answers: Any, retries: int = 2) -> None:
        self._answers = list(answers)
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        self.pauses: list[float] = []
        self.policy = RetryPolicy(retries, sleep=self.pauses.append, jitter=lambda: 1.0)
        self.api = TokenApi(self, self.policy, ServiceProfile(ServiceClock(lambda: NOW)))

    def post(self, document: graphql.DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        self.sent.append((operation, variables))
        answer = self._answers.pop(0)
        if isinstance(answer, MondooError):
            raise answer
        return answer if isinstance(answer, Answer) else Answer({operation: answer}, [], 200, None)


def refused(code: str, words: str = "no") -> Answer:
    """The service refuses with this code."""
    return Answer(None, [{"message": f"rpc error: code = {code} desc = {words}"}], 200, None)


def unfit(*messages: str) -> Answer:
    """The document does not fit the schema."""
    return Answer(None, [{"message": message} for message in messages], 422, None)


def lost() -> MondooError:
    """No answer came."""
    return MondooError("ConnectionFailed", "connection reset", transient=True, outcome_unknown=True)


def page(*nodes: object, cursor: str | None = None, **extra: Any) -> dict[str, Any]:
    """One page of a listing; with a cursor there are more."""
    return {
        "edges": [{"node": node} for node in nodes],
        "pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor},
        **extra,
    }

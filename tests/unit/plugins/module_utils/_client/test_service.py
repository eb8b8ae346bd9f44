# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each job sends, how often, and what it makes of the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._client.documents import document
from ansible_collections.mondoo.platform.plugins.module_utils._client.retry import RetryPolicy
from ansible_collections.mondoo.platform.plugins.module_utils._client.service import (
    Change,
    Generated,
    TokenService,
    deletion_of,
    role_change_of,
    update_of,
)
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.tests.unit.support.builders import ORGANIZATION, SPACE, roles, token, token_mrn
from ansible_collections.mondoo.platform.tests.unit.support.model import Model

CI = token("ci")
_SPACES = "//captain.api.mondoo.app/spaces/"


class Script:
    """A transport that answers in a fixed order: with data for the root field, or by raising."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        self.documents: list[graphql.DocumentNode] = []
        self.pauses: list[float] = []
        self.service = TokenService(self, RetryPolicy(2, sleep=self.pauses.append, jitter=lambda: 1.0))

    def post(self, document: graphql.DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        self.sent.append((operation, variables))
        self.documents.append(document)
        answer = self._answers.pop(0)
        if isinstance(answer, MondooError):
            raise answer
        return answer if isinstance(answer, Answer) else Answer({operation: answer}, [], 200, None)


def page(*nodes: Any, cursor: str | None = None) -> dict[str, Any]:
    return {
        "edges": [{"node": node} for node in nodes],
        "pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor},
    }


def node(key: str) -> dict[str, Any]:
    return {"mrn": token_mrn(key), "name": key, "description": None, "roles": [], "creator": None}


def lost() -> MondooError:
    return MondooError("ConnectionFailed", "reset", transient=True, outcome_unknown=True)


def busy() -> MondooError:
    return MondooError("ResourceExhausted", "slow down", transient=True, retry_after=9.0)


def refused(code: str = "PermissionDenied") -> Answer:
    return Answer(None, [{"message": f"rpc error: code = {code} desc = no"}], 403, None)


def _roles_change(*names: str) -> Change:
    return role_change_of(CI.scope, [(CI, roles(*names))])


# Reading


def test_a_listing_reads_all_pages() -> None:
    script = Script(page(node("a"), node("b"), cursor="c1"), page(node("c")))
    assert [found.name for found in script.service.tokens(SPACE)] == ["a", "b", "c"]
    assert script.sent == [
        ("apiTokens", {"scopeMrn": SPACE.mrn, "first": 100}),
        ("apiTokens", {"scopeMrn": SPACE.mrn, "first": 100, "after": "c1"}),
    ]
    assert script.documents == [document("apiTokens")] * 2
    assert (script.service.requests, script.service.mutations) == (2, [])


def test_a_token_that_is_listed_twice_is_one() -> None:
    later = {**node("a"), "name": "renamed"}
    found = Script(page(node("a"), cursor="c1"), page(later, node("b"))).service.tokens(SPACE)
    assert [entry.name for entry in found] == ["renamed", "b"]


@pytest.mark.parametrize("entry", [None, {}, {"mrn": "//x"}])
def test_an_entry_without_identity_makes_the_listing_useless(entry: Any) -> None:
    with pytest.raises(MondooError) as caught:
        Script(page(node("a"), entry)).service.tokens(SPACE)
    assert str(caught.value).startswith('Could not list the API tokens of space "space-1": ')
    assert caught.value.details == {"code": "IncompleteListing", "operation": "apiTokens"}


@pytest.mark.parametrize("failure", [lost, busy, lambda: Answer(None, [], 200, None), lambda: refused("Unavailable")])
def test_reading_is_tried_again(failure: Callable[[], Any]) -> None:
    script = Script(failure(), failure(), page(node("a")))
    assert len(script.service.tokens(SPACE)) == 1
    assert script.service.requests == 3


def test_a_page_is_tried_again_from_its_cursor() -> None:
    script = Script(page(node("a"), cursor="c1"), lost(), page(node("b")))
    assert len(script.service.tokens(SPACE)) == 2
    assert [variables.get("after") for _operation, variables in script.sent] == [None, "c1", "c1"]


def test_reading_gives_up() -> None:
    script = Script(*[busy() for _turn in range(3)])
    with pytest.raises(MondooError) as caught:
        script.service.tokens(ORGANIZATION)
    assert script.pauses == [9.0, 9.0]
    assert str(caught.value).startswith(
        'Could not list the API tokens of organization "org-1": slow down. It was tried 3'
    )


def test_a_refused_listing_is_not_tried_again() -> None:
    script = Script(refused())
    with pytest.raises(MondooError) as caught:
        script.service.tokens(SPACE)
    assert script.service.requests == 1
    assert caught.value.details == {"code": "PermissionDenied", "operation": "apiTokens", "http_status": 403}


@pytest.mark.parametrize("shape", ["text", 7, [], True])
def test_an_answer_of_another_shape(shape: Any) -> None:
    with pytest.raises(MondooError) as caught:
        Script(shape).service.tokens(SPACE)
    assert caught.value.code == "GarbledAnswer"
    assert "another shape" in str(caught.value)


def test_spaces_of_an_organization() -> None:
    first = page({"mrn": _SPACES + "a", "name": "A"}, {"mrn": _SPACES + "b", "name": None}, cursor="c1")
    second = page({"mrn": _SPACES + "c"}, {"mrn": _SPACES + "a", "name": "A"})
    script = Script({"spacesList": first}, {"spacesList": second})
    found = script.service.spaces(ORGANIZATION)
    assert [(entry.scope, entry.name) for entry in found] == [
        (Scope("space", _SPACES + "a"), "A"),
        (Scope("space", _SPACES + "b"), _SPACES + "b"),
        (Scope("space", _SPACES + "c"), _SPACES + "c"),
    ]
    assert script.sent == [
        ("organization", {"mrn": ORGANIZATION.mrn, "first": 100}),
        ("organization", {"mrn": ORGANIZATION.mrn, "first": 100, "after": "c1"}),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {"spacesList": None},
        {"spacesList": page(None)},
        {"spacesList": page({"name": "A"})},
        {"spacesList": page({"mrn": 7})},
    ],
)
def test_a_listing_of_spaces_that_cannot_be_read(answer: Any) -> None:
    with pytest.raises(MondooError) as caught:
        Script(answer).service.spaces(ORGANIZATION)
    assert str(caught.value).startswith('Could not list the spaces of organization "org-1": ')
    assert caught.value.details["operation"] == "organization"


def test_a_document_is_sent_again_without_what_the_service_lacks() -> None:
    refusal = Answer(None, [{"message": 'Cannot query field "creator" on type "APIToken".'}], 422, None)
    script = Script(refusal, page(node("a"), cursor="c1"), page(node("b")))
    assert len(script.service.tokens(SPACE)) == 2
    assert script.service.requests == 3
    assert [("creator" in graphql.print_ast(sent)) for sent in script.documents] == [True, False, False]
    assert script.service.documents.warnings == ["The API has no APIToken.creator: apiTokens goes on without it."]


def test_a_lacking_field_that_the_job_needs_ends_it() -> None:
    refusal = Answer(None, [{"message": 'Cannot query field "roles" on type "APIToken".'}], 200, None)
    script = Script(refusal)
    with pytest.raises(MondooError, match="no APIToken.roles") as caught:
        script.service.tokens(SPACE)
    assert caught.value.details["operation"] == "apiTokens"
    assert script.service.requests == 1


# Changing


@pytest.mark.parametrize(
    ("call", "operation", "given"),
    [
        (
            lambda service: service.generate(SPACE, "ci", "x", roles("viewer", "agent")),
            "generateAPIToken",
            {
                "name": "ci",
                "scopeMrn": SPACE.mrn,
                "description": "x",
                "roles": [{"mrn": "//iam.api.mondoo.app/roles/agent"}, {"mrn": "//iam.api.mondoo.app/roles/viewer"}],
            },
        ),
        (
            lambda service: service.generate(SPACE, "ci", "", ()),
            "generateAPIToken",
            {"name": "ci", "scopeMrn": SPACE.mrn, "roles": []},
        ),
        (lambda service: service.change(update_of(CI, name="new")), "updateAPIToken", {"mrn": CI.mrn, "name": "new"}),
        (
            lambda service: service.change(update_of(CI, description="")),
            "updateAPIToken",
            {"mrn": CI.mrn, "description": ""},
        ),
        (
            lambda service: service.change(update_of(CI, name="new", description="x")),
            "updateAPIToken",
            {"mrn": CI.mrn, "name": "new", "description": "x"},
        ),
        (
            lambda service: service.change(_roles_change("agent")),
            "setRoles",
            {
                "scopeMrn": SPACE.mrn,
                "updates": [{"entityMrn": CI.mrn, "roles": [{"mrn": "//iam.api.mondoo.app/roles/agent"}]}],
            },
        ),
        (lambda service: service.change(deletion_of(CI)), "deleteAPIToken", {"mrn": CI.mrn}),
    ],
)
def test_a_change_is_one_request_with_nothing_more_than_it_needs(
    call: Callable[[TokenService], Any], operation: str, given: dict[str, Any]
) -> None:
    script = Script({**node("ci"), "token": "s"})
    call(script.service)
    assert script.sent == [(operation, {"input": given})]
    assert script.documents == [document(operation)]
    assert (script.service.requests, script.service.mutations) == (1, [operation])


def test_an_update_leaves_what_is_not_given() -> None:
    service = TokenService(Model().add(CI), RetryPolicy(0))
    service.change(update_of(CI, description="New"))
    (told,) = service.tokens(SPACE)
    assert (told.mrn, told.name, told.description, told.roles) == (CI.mrn, CI.name, "New", CI.roles)
    assert told.description == "New"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"token": "s", "mrn": "//m"}, Generated("s", "//m")),
        ({"token": "s", "mrn": None}, Generated("s", None)),
        ({"token": "s"}, Generated("s", None)),
        ({"token": "s", "mrn": ""}, Generated("s", None)),
    ],
)
def test_a_generated_secret(payload: dict[str, Any], expected: Generated) -> None:
    assert Script(payload).service.generate(SPACE, "ci", "", roles("agent")) == expected


def test_a_secret_beside_an_error_is_not_lost() -> None:
    answer = Answer({"generateAPIToken": {"token": "s", "mrn": None}}, [{"message": "no mrn"}], 200, None)
    assert Script(answer).service.generate(SPACE, "ci", "", roles("agent")).secret == "s"


def test_a_creation_that_was_refused_for_its_selection_is_sent_once_more_and_counts_once() -> None:
    refusal = Answer(None, [{"message": 'Cannot query field "mrn" on type "GenerateAPITokenPayload".'}], 422, None)
    script = Script(refusal, {"token": "s"})
    assert script.service.generate(SPACE, "ci", "", roles("agent")) == Generated("s", None)
    assert (script.service.requests, script.service.mutations) == (2, ["generateAPIToken"])


@pytest.mark.parametrize("payload", [{}, {"token": None}, {"token": ""}, {"token": 7}, {"token": ["secret"]}])
def test_an_answer_without_a_secret(payload: dict[str, Any]) -> None:
    with pytest.raises(MondooError) as caught:
        Script({**payload, "mrn": "//m"}).service.generate(SPACE, "ci", "", roles("agent"))
    assert (caught.value.code, caught.value.outcome_unknown) == ("GarbledAnswer", True)
    assert str(caught.value).startswith('Could not generate the API token "ci" in space "space-1": ')


CHANGES = [
    pytest.param(lambda service: service.generate(SPACE, "ci", "", ()), 'generate the API token "ci"', id="generate"),
    pytest.param(lambda service: service.change(update_of(CI, name="new")), 'the API token "ci"', id="update"),
    pytest.param(
        lambda service: service.change(_roles_change()),
        'set the permissions of the API token "ci"',
        id="roles",
    ),
    pytest.param(lambda service: service.change(deletion_of(CI)), f'delete the API token "ci" ({CI.mrn})', id="delete"),
]


@pytest.mark.parametrize(("call", "attempted"), CHANGES)
def test_a_change_is_tried_again_only_if_it_was_certainly_not_executed(
    call: Callable[[TokenService], Any], attempted: str
) -> None:
    script = Script(busy(), busy(), {**node("ci"), "token": "s"})
    call(script.service)
    assert (script.service.requests, len(script.service.mutations)) == (3, 1)
    assert [variables for _operation, variables in script.sent] == [script.sent[0][1]] * 3

    for failure in (lost(), Answer(None, [], 200, None), refused(), refused("Unavailable")):
        script = Script(failure)
        with pytest.raises(MondooError) as caught:
            call(script.service)
        assert script.service.requests == 1
        assert attempted in str(caught.value)
        assert caught.value.operation == script.sent[0][0]

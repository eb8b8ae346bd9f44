# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several listings or changes in one request: what is sent, how often, and what is told of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._client.retry import RetryPolicy
from ansible_collections.mondoo.platform.plugins.module_utils._client.service import (
    TokenService,
    deletion_of,
    role_change_of,
    update_of,
)
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.tests.unit.support.builders import SPACE, roles, token
from ansible_collections.mondoo.platform.tests.unit.support.model import Clock, Fault, Model
from ansible_collections.mondoo.platform.tests.unit.support.runs import service_of

SCOPES = [Scope("space", f"//captain.api.mondoo.app/spaces/s{number}") for number in range(25)]


def filled(*counts: int, **options: Any) -> Model:
    """A service with so many tokens in the first scopes."""
    model = Model(**options)
    for scope, count in zip(SCOPES, counts, strict=False):
        model.add(*(token(f"t{number}", key=f"{scope.mrn}-{number}", scope=scope) for number in range(count)))
    return model


def listed(model: Model, scopes: Sequence[Scope], retries: int = 2) -> list[Any]:
    """For each scope how many tokens it has, or the code of the error."""
    found = service_of(model, retries).tokens_together(scopes)
    assert list(found) == list(scopes) or set(found) == set(scopes)
    return [one.code if isinstance(one := found[scope], MondooError) else len(one) for scope in scopes]


def failure(model: Model, scope: Scope, scopes: Sequence[Scope]) -> MondooError:
    found = service_of(model).tokens_together(scopes)[scope]
    assert isinstance(found, MondooError)
    return found


# Listings


@pytest.mark.parametrize("count", [1, 2, 25])
def test_the_pages_of_all_scopes_share_a_request(count: int) -> None:
    model = filled(*[3] * count)
    assert listed(model, SCOPES[:count]) == [3] * count
    assert len(model.sent) == 1
    assert [given["scopeMrn"] for _name, given in model.asked] == [scope.mrn for scope in SCOPES[:count]]


def test_no_scopes() -> None:
    model = Model()
    assert (listed(model, []), model.sent) == ([], [])


def test_what_is_told_is_what_one_listing_tells() -> None:
    model = filled(3, 0, 5, page_size=2)
    together = service_of(model).tokens_together(SCOPES[:3])
    assert together == {scope: service_of(model).tokens(scope) for scope in SCOPES[:3]}
    whose = {listing[0].scope for listing in together.values() if isinstance(listing, tuple) and listing}
    assert whose == {SCOPES[0], SCOPES[2]}


def test_scopes_of_different_lengths() -> None:
    model = filled(250, 100, 0, 101, 1)
    assert listed(model, SCOPES[:5]) == [250, 100, 0, 101, 1]
    assert len(model.sent) == 3
    # Only what has more pages is asked for them.
    assert [len([name for name in variables if name.startswith("scopeMrn")]) for _op, variables in model.sent[:2]] == [
        5,
        2,
    ]
    assert set(model.sent[2][1]) == {"scopeMrn", "first", "after"}


@pytest.mark.parametrize("non_null", [False, True])
@pytest.mark.parametrize("pathless", [False, True])
@pytest.mark.parametrize("forbidden", [[0], [1], [24], [3, 4], [0, 12, 24], list(range(25))])
def test_scopes_that_cannot_be_read(non_null: bool, pathless: bool, forbidden: list[int]) -> None:
    codes = {SCOPES[number].mrn: "PermissionDenied" for number in forbidden}
    model = filled(*[2] * 25, non_null=non_null, pathless=pathless, forbidden=codes)
    assert listed(model, SCOPES) == ["PermissionDenied" if number in forbidden else 2 for number in range(25)]
    # Never more than reading each alone and the halves on the way to it.
    assert len(model.sent) <= 2 * 25


@pytest.mark.parametrize("non_null", [False, True])
def test_one_that_cannot_be_read_costs_little_where_the_error_names_it(non_null: bool) -> None:
    model = filled(*[2] * 25, non_null=non_null, forbidden={SCOPES[7].mrn: "NotFound"})
    error = failure(model, SCOPES[7], SCOPES)
    assert str(error).startswith('Could not list the API tokens of space "s7": ')
    assert error.operation == "apiTokens"
    assert len(model.sent) == (2 if non_null else 1)


def test_errors_that_do_not_say_whose_they_are_are_searched_by_halves() -> None:
    model = filled(*[2] * 16, non_null=True, pathless=True, forbidden={SCOPES[5].mrn: "PermissionDenied"})
    listed(model, SCOPES[:16])
    # Each level of halving has two parts, one of them with the culprit; the first is the whole.
    assert len(model.sent) == 1 + 2 * 4


class Flickering(Model):
    """A service that has a passing trouble with some scopes, so many times."""

    def __init__(self, troubled: Mapping[str, int], **options: Any) -> None:
        super().__init__(**options)
        self._troubled = dict(troubled)

    def _execute(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        mrn = str(arguments["scopeMrn"])
        self.forbidden = {}
        if self._troubled.get(mrn, 0):
            self._troubled[mrn] -= 1
            self.forbidden = {mrn: "Unavailable"}
        return super()._execute(name, arguments)


@pytest.mark.parametrize("non_null", [False, True])
@pytest.mark.parametrize("pathless", [False, True])
@pytest.mark.parametrize("times", [1, 2])
def test_a_passing_trouble_of_one_is_sat_out(non_null: bool, pathless: bool, times: int) -> None:
    model = Flickering({SCOPES[2].mrn: times}, non_null=non_null, pathless=pathless)
    model.entries = filled(*[2] * 5).entries
    assert listed(model, SCOPES[:5]) == [2] * 5


@pytest.mark.parametrize("non_null", [False, True])
def test_a_lasting_trouble_of_one_is_its_own(non_null: bool) -> None:
    model = Flickering({SCOPES[2].mrn: 1000}, non_null=non_null)
    model.entries = filled(*[2] * 5).entries
    assert listed(model, SCOPES[:5]) == [2, 2, "Unavailable", 2, 2]
    # The first request, that for the others where they were not told, and the tries for the one.
    assert len(model.sent) == 1 + int(non_null) + 3


@pytest.mark.parametrize(
    ("fault", "code"), [(Fault.BUSY, "ResourceExhausted"), (Fault.LOST_BEFORE, "ConnectionFailed")]
)
def test_what_concerns_the_whole_request_is_not_halved(fault: Fault, code: str) -> None:
    model = filled(*[2] * 25, faults=dict.fromkeys(range(100), fault))
    assert listed(model, SCOPES) == [code] * 25
    assert len(model.sent) == 3


def test_what_concerns_all_scopes_is_not_halved() -> None:
    model = filled(*[2] * 25, faults=dict.fromkeys(range(100), Fault.WEB_PAGE_BEFORE))
    assert listed(model, SCOPES) == ["NotGraphQL"] * 25
    assert len(model.sent) == 1


def test_a_trouble_of_the_whole_request_is_sat_out() -> None:
    model = filled(*[150] * 25, faults={0: Fault.BUSY, 2: Fault.LOST_BEFORE})
    assert listed(model, SCOPES) == [150] * 25
    assert len(model.sent) == 4


def test_errors_of_several_are_several() -> None:
    model = filled(2, 2, faults=dict.fromkeys(range(100), Fault.BUSY))
    found = service_of(model).tokens_together(SCOPES[:2])
    first, second = (found[scope] for scope in SCOPES[:2])
    assert isinstance(first, MondooError)
    assert isinstance(second, MondooError)
    assert '"s0"' in str(first)
    assert '"s1"' in str(second)
    assert '"s1"' not in str(first)


class Repeating(Model):
    """A service whose listing of one scope does not end."""

    def _execute(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        found = super()._execute(name, arguments)
        if arguments["scopeMrn"] == SCOPES[1].mrn:
            found["pageInfo"] = {"hasNextPage": True, "endCursor": "1"}
        return found


def test_a_listing_without_an_end_is_the_only_one_that_fails() -> None:
    model = Repeating(page_size=2)
    model.entries = filled(7, 2, 3).entries
    assert listed(model, SCOPES[:3]) == [7, "IncompleteListing", 3]


def test_an_entry_without_identity_is_the_trouble_of_its_scope() -> None:
    model = filled(2, 2)
    next(iter(model.entries.values())).mrn = ""
    assert listed(model, SCOPES[:2]) == ["IncompleteListing", 2]


# Changes

TOKENS = [token(name) for name in ("a", "b", "c")]


def verdicts(model: Model, retries: int = 2) -> list[Any]:
    """What is told of three deletions: their verdicts, an error by its code."""
    service = service_of(model, retries)
    found = service.change_together([deletion_of(one) for one in TOKENS])
    assert service.mutations == ["deleteAPIToken"] * 3
    return [one.code if isinstance(one, MondooError) else one for one in found]


REFUSED = {str(TOKENS[1].mrn): "PermissionDenied"}


@pytest.mark.parametrize(
    ("options", "expected", "done"),
    [
        ({}, [True, True, True], 3),
        ({"refusing": REFUSED}, [True, "PermissionDenied", True], 2),
        ({"refusing": REFUSED, "non_null": True}, [False, "PermissionDenied", False], 2),
        ({"refusing": REFUSED, "non_null": True, "stops_at_failure": True}, [False, "PermissionDenied", False], 1),
        ({"refusing": REFUSED, "stops_at_failure": True}, [True, "PermissionDenied", False], 1),
        ({"refusing": REFUSED, "pathless": True}, [True, False, True], 2),
        ({"refusing": REFUSED, "pathless": True, "non_null": True}, [False, False, False], 2),
        # Whether it was executed all the same, nobody knows.
        ({"refusing": {str(TOKENS[1].mrn): "Unknown"}}, [True, False, True], 2),
        ({"refusing": {str(TOKENS[1].mrn): "Unavailable"}}, [True, False, True], 2),
        # Not executed, but it may be a moment later.
        ({"refusing": {str(TOKENS[1].mrn): "ResourceExhausted"}}, [True, False, True], 2),
        ({"faults": {0: Fault.LOST_AFTER}}, [False, False, False], 3),
        ({"faults": {0: Fault.LOST_BEFORE}}, [False, False, False], 0),
        ({"faults": {0: Fault.WEB_PAGE_AFTER}}, [False, False, False], 3),
        ({"faults": {0: Fault.DENIED}}, [False, False, False], 0),
        ({"faults": {0: Fault.BUSY, 1: Fault.BUSY}}, [True, True, True], 3),
        ({"faults": dict.fromkeys(range(9), Fault.BUSY)}, [False, False, False], 0),
    ],
)
def test_what_is_told_of_changes(options: dict[str, Any], expected: list[Any], done: int) -> None:
    model = Model(Clock(), **options).add(*TOKENS)
    assert verdicts(model) == expected
    assert len(model.executed) == done
    assert len(model.entries) == 3 - done


def test_an_error_names_its_change() -> None:
    model = Model(refusing=REFUSED).add(*TOKENS)
    _first, error, _third = service_of(model).change_together([deletion_of(one) for one in TOKENS])
    assert str(error).startswith('Could not delete the API token "b" (')
    assert isinstance(error, MondooError)
    assert error.operation == "deleteAPIToken"


def test_changes_arrive_as_given() -> None:
    model = Model().add(*TOKENS)
    changes = [update_of(one, name=f"new {one.name}", description=one.name) for one in TOKENS]
    assert service_of(model).change_together(changes) == [True] * 3
    assert [given["input"] for _name, given in model.asked] == [change.given for change in changes]
    assert len(model.sent) == 1


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, True),
        ({"refusing": {str(TOKENS[0].mrn): "PermissionDenied"}}, "PermissionDenied"),
        ({"refusing": {str(TOKENS[0].mrn): "Unknown"}}, False),
        ({"faults": {0: Fault.LOST_AFTER}}, False),
        ({"faults": {0: Fault.BUSY}}, True),
        ({"faults": dict.fromkeys(range(9), Fault.BUSY)}, False),
    ],
)
def test_one_change_alone(options: dict[str, Any], expected: Any) -> None:
    model = Model(Clock(), **options).add(*TOKENS)
    service = service_of(model)
    (found,) = service.change_together([role_change_of(SPACE, [(TOKENS[0], roles("owner"))])])
    assert (found.code if isinstance(found, MondooError) else found) == expected
    assert service.mutations == ["setRoles"]


class Odd:
    """A transport that gives the same answer to everything."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def post(self, document: graphql.DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        return self._answer


@pytest.mark.parametrize("data", [None, {}, {"n0": {}, "n1": None, "n2": "x"}, {"n0": {}}])
def test_what_an_answer_does_not_tell_is_open(data: Any) -> None:
    service = TokenService(Odd(Answer(data, [], 200, None)), RetryPolicy(0))
    found = service.change_together([deletion_of(one) for one in TOKENS])
    assert found == [bool(data and "n0" in data), False, False]

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What belongs to a scope, and what is said where that cannot be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._api.tokens import TokenApi
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.each_space import Space
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.tests.unit.support.builders import NOW, ORGANIZATION, SPACE, token, token_mrn
from ansible_collections.mondoo.platform.tests.unit.support.model import Clock, Fault, Model
from ansible_collections.mondoo.platform.tests.unit.support.runs import read_listing, service_of

from .script import Script, lost, page, refused, unfit

_SPACES = "//captain.api.mondoo.app/spaces/"
SCOPES = [Scope("space", f"{_SPACES}s{number}") for number in range(26)]


def node(key: str, scope: Scope | None = SPACE, **changes: Any) -> dict[str, Any]:
    """A token as the service tells of it; without a scope, it does not tell whose it is."""
    told: dict[str, Any] = {"mrn": token_mrn(key, scope or SPACE), "name": key, "description": None, "roles": []}
    return {**told, **({"scopeMrn": scope.mrn} if scope else {}), **changes}


def failure(api: TokenApi, scope: Scope) -> MondooError:
    error = api.list_tokens([scope])[scope]
    assert isinstance(error, MondooError)
    return error


# One scope


def test_a_listing_is_read_to_its_end() -> None:
    script = Script(page(node("a"), cursor="c1"), page(node("b")))
    assert [entry.name for entry in read_listing(script.api, SPACE)] == ["a", "b"]
    asked = {"spaceMrn": SPACE.mrn, "scopeMrn": SPACE.mrn, "first": 100}
    assert script.sent == [("apiTokens", asked), ("apiTokens", {**asked, "after": "c1"})]
    assert (script.api.requests, script.api.mutations, script.api.warnings) == (2, [], [])


def test_a_token_that_is_listed_twice_is_one() -> None:
    script = Script(page(node("a"), cursor="c1"), page({**node("a"), "name": "renamed"}, node("b")))
    assert [entry.name for entry in read_listing(script.api, SPACE)] == ["renamed", "b"]


def test_a_page_is_tried_again_from_its_cursor() -> None:
    script = Script(page(node("a"), cursor="c1"), lost(), page(node("b")))
    assert len(read_listing(script.api, SPACE)) == 2
    assert [variables.get("after") for _operation, variables in script.sent] == [None, "c1", "c1"]


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (refused("PermissionDenied"), "PermissionDenied", "does not publish which permission lists API tokens"),
        ({"pageInfo": {"hasNextPage": False}}, "IncompleteListing", "a page has no edges"),
        (page(None), "GarbledAnswer", "null in apiTokens.edges[0].node"),
        (page(node("a"), node("b", name=None)), "GarbledAnswer", "null in apiTokens.edges[1].node.name"),
        (page(node("a", roles=[{"mrn": None}])), "GarbledAnswer", "null in apiTokens.edges[0].node.roles[0].mrn"),
        (page(node("a", scopeMrn=5)), "GarbledAnswer", "a number in apiTokens.edges[0].node.scopeMrn"),
        ("text", "GarbledAnswer", "text in apiTokens"),
    ],
)
def test_a_listing_that_cannot_be_read(answer: Any, code: str, words: str) -> None:
    script = Script(answer)
    error = failure(script.api, SPACE)
    assert str(error).startswith('Could not list the API tokens of space "space-1": ')
    assert (error.code, error.operation) == (code, "apiTokens")
    assert words in str(error)
    assert script.api.requests == 1


def test_a_listing_whose_pages_bring_nothing_new_ends() -> None:
    """Also where the service makes up a new time of last use for each page."""
    pages = [page(node("a", lastUsed=f"2026-11-2{number}T00:00:00Z"), cursor=f"c{number}") for number in range(4)]
    assert failure(Script(*pages).api, SPACE).code == "IncompleteListing"


# Times that cannot be read


def test_times_that_cannot_be_read_are_one_warning_that_names_the_tokens() -> None:
    script = Script(
        page(node("a", lastUsed="2026-11-01 00:00:00 +0000 UTC"), node("b", lastUsed="soon", createdAt="once")),
        page(node("b", lastUsed="soon", createdAt="once")),
    )
    first, second = read_listing(script.api, SPACE)
    assert (first.last_used_at, first.last_use_known) == (NOW.replace(month=11, day=1, hour=0), True)
    assert (second.last_used_at, second.last_use_known, second.created_at) == (None, False, None)
    assert script.api.warnings == [
        'Times that cannot be read are taken as unknown, of API tokens of space "space-1":'
        f" \"b\" ({token_mrn('b')}): lastUsed 'soon', createdAt 'once'."
    ]
    read_listing(script.api, SPACE)
    assert len(script.api.warnings) == 1


def test_many_times_that_cannot_be_read_are_one_warning() -> None:
    script = Script(page(*(node(f"n{number}", createdAt="?") for number in range(50))))
    assert len(read_listing(script.api, SPACE)) == 50
    (warning,) = script.api.warnings
    assert '"n2"' in warning
    assert '"n3"' not in warning
    assert "and of 47 more" in warning


# Whose a token is


def test_what_belongs_to_another_scope_is_not_in_the_listing() -> None:
    untold = node("untold", None, mrn="//opaque")
    script = Script(page(node("own", ORGANIZATION), node("of a space", SPACE), untold, node("named in its MRN", None)))
    assert [(entry.name, entry.scope) for entry in read_listing(script.api, ORGANIZATION)] == [
        ("own", ORGANIZATION),
        ("untold", ORGANIZATION),
    ]


@pytest.mark.parametrize("told", [None, ""])
def test_a_token_that_does_not_tell_its_scope_belongs_to_the_listed_one(told: str | None) -> None:
    assert len(read_listing(Script(page(node("a", scopeMrn=told))).api, SPACE)) == 1


@pytest.mark.parametrize("scope_mrn", ["//captain.eu.mondoo.com/spaces/space-1", f"{SPACE.mrn}/"])
def test_neither_the_host_of_a_scope_nor_a_slash_at_its_end_matters(scope_mrn: str) -> None:
    (entry,) = read_listing(Script(page(node("a", scopeMrn=scope_mrn))).api, SPACE)
    assert entry.scope == SPACE


def test_a_scope_in_another_letter_case_is_refused() -> None:
    """Its own tokens would never be found under that spelling, and be made anew in each run."""
    error = failure(Script(page(node("a", scopeMrn=f"{_SPACES}Space-1"))).api, SPACE)
    assert error.code == "InvalidOption"
    assert f'the service writes space "space-1" as "{_SPACES}Space-1"' in str(error)


def test_a_service_that_lists_the_tokens_of_spaces_with_those_of_their_organization() -> None:
    shared = [node("wide", ORGANIZATION), node("narrow", SPACE)]
    answer = Answer({"n0": page(*shared), "n1": page(shared[1])}, [], 200, None)
    listings = Script(answer).api.list_tokens([ORGANIZATION, SPACE])
    assert {
        scope: [entry.name for entry in found] for scope, found in listings.items() if isinstance(found, tuple)
    } == {
        ORGANIZATION: ["wide"],
        SPACE: ["narrow"],
    }


# The argument spaceMrn of an organization


def test_an_organization_is_listed_with_an_empty_space() -> None:
    script = Script(page(node("a", ORGANIZATION)))
    read_listing(script.api, ORGANIZATION)
    assert script.sent == [("apiTokens", {"spaceMrn": "", "scopeMrn": ORGANIZATION.mrn, "first": 100})]


@pytest.mark.parametrize("code", ["InvalidArgument", "NotFound"])
def test_a_service_that_refuses_the_empty_space_gets_the_organization_from_then_on(code: str) -> None:
    script = Script(refused(code), page(node("a", ORGANIZATION), cursor="c"), page(), page(), page())
    assert len(read_listing(script.api, ORGANIZATION)) == 1
    # All connections of the run know it.
    assert len(read_listing(script.api.connect(script), ORGANIZATION)) == 0
    assert [variables["spaceMrn"] for _operation, variables in script.sent] == ["", *[ORGANIZATION.mrn] * 3]


def test_a_service_that_takes_the_empty_space_is_not_asked_again_in_another_way() -> None:
    missing = Scope("organization", "//captain.api.mondoo.app/organizations/missing")
    script = Script(page(), refused("NotFound"))
    read_listing(script.api, ORGANIZATION)
    assert failure(script.api, missing).code == "NotFound"
    assert script.api.requests == 2


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ("NotFound", "NotFound", "NotFound"),
        ("NotFound", "InvalidArgument", "NotFound"),
        ("InvalidArgument", "PermissionDenied", "PermissionDenied"),
        ("InvalidArgument", "InvalidArgument", "InvalidArgument"),
    ],
)
def test_an_organization_that_cannot_be_listed_in_either_way(first: str, second: str, code: str) -> None:
    script = Script(refused(first), refused(second))
    assert failure(script.api, ORGANIZATION).code == code
    assert script.api.requests == 2


@pytest.mark.parametrize("code", ["PermissionDenied", "Unauthenticated", "Unknown"])
def test_other_refusals_are_not_about_the_empty_space(code: str) -> None:
    script = Script(refused(code))
    assert failure(script.api, ORGANIZATION).code == code
    assert script.api.requests == 1


def test_in_a_batch_only_what_was_refused_is_asked_again() -> None:
    other = Scope("organization", "//captain.api.mondoo.app/organizations/other")
    model = Model(organization_as_space=True, spaces={})
    model.add(token("a"), token("b", scope=ORGANIZATION), token("c", scope=other))
    listings = service_of(model).list_tokens([SPACE, ORGANIZATION, other])
    assert [len(listing) for listing in listings.values() if isinstance(listing, tuple)] == [1, 1, 1]
    assert [len(variables) for _operation, variables in model.sent] == [9, 6]


_NO_SPACE_ARGUMENT = unfit('Unknown argument "spaceMrn" on field "Query.apiTokens".')
_NO_SCOPE_ARGUMENT = unfit('Unknown argument "scopeMrn" on field "Query.apiTokens".')


def test_a_service_that_does_not_know_the_argument_does_not_get_it() -> None:
    script = Script(_NO_SPACE_ARGUMENT, page(), refused("NotFound"))
    read_listing(script.api, SPACE)
    # A refusal cannot be about it then.
    assert failure(script.api, ORGANIZATION).code == "NotFound"
    assert [set(variables) for _operation, variables in script.sent[1:]] == [{"scopeMrn", "first"}] * 2
    assert len(script.api.warnings) == 1


def test_a_service_that_knows_spaces_only() -> None:
    script = Script(_NO_SCOPE_ARGUMENT, page())
    read_listing(script.api, SPACE)
    assert set(script.sent[-1][1]) == {"spaceMrn", "first"}
    error = failure(script.api, ORGANIZATION)
    assert error.code == "SchemaMismatch"
    assert "is not a space" in str(error)
    assert script.api.requests == 2


# Several scopes


def filled(*counts: int, **options: Any) -> Model:
    """A service with so many tokens in the first scopes."""
    model = Model(**options)
    for scope, count in zip(SCOPES, counts, strict=False):
        model.add(*(token(f"t{number}", scope=scope) for number in range(count)))
    return model


def listed(model: Model, scopes: Sequence[Scope]) -> list[Any]:
    """For each scope how many tokens it has, or the code of the error."""
    listings = service_of(model).list_tokens(scopes)
    assert set(listings) == set(scopes)
    return [one.code if isinstance(one := listings[scope], MondooError) else len(one) for scope in scopes]


@pytest.mark.parametrize(("count", "requests"), [(0, 0), (1, 1), (25, 1), (26, 2)])
def test_the_pages_of_25_scopes_share_a_request(count: int, requests: int) -> None:
    model = filled(*[3] * count)
    assert listed(model, SCOPES[:count]) == [3] * count
    assert len(model.sent) == requests
    assert [given["scopeMrn"] for _name, given in model.asked] == [scope.mrn for scope in SCOPES[:count]]


def test_scopes_of_different_lengths() -> None:
    model = filled(250, 100, 0, 101, 1)
    assert listed(model, SCOPES[:5]) == [250, 100, 0, 101, 1]
    # Only what has more pages is asked for them.
    asked = [len([name for name in variables if name.startswith("scopeMrn")]) for _operation, variables in model.sent]
    assert asked == [5, 2, 1]


@pytest.mark.parametrize("non_null", [False, True])
@pytest.mark.parametrize("pathless", [False, True])
@pytest.mark.parametrize("forbidden", [[0], [1], [24], [3, 4], [0, 12, 24], list(range(25))])
def test_scopes_that_cannot_be_read(non_null: bool, pathless: bool, forbidden: list[int]) -> None:
    codes = {SCOPES[number].mrn: "PermissionDenied" for number in forbidden}
    model = filled(*[2] * 25, non_null=non_null, pathless=pathless, forbidden=codes)
    assert listed(model, SCOPES[:25]) == ["PermissionDenied" if number in forbidden else 2 for number in range(25)]


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


def test_a_trouble_of_the_whole_request_is_sat_out() -> None:
    model = filled(*[150] * 25, faults={0: Fault.BUSY, 2: Fault.LOST_BEFORE})
    assert listed(model, SCOPES[:25]) == [150] * 25
    assert len(model.sent) == 4


def test_a_listing_without_an_end_is_the_only_one_that_fails() -> None:
    class Repeating(Model):
        def _execute(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
            answer = super()._execute(name, arguments)
            if arguments["scopeMrn"] == SCOPES[1].mrn:
                answer["pageInfo"] = {"hasNextPage": True, "endCursor": "1"}
            return answer

    model = Repeating(page_size=2)
    model.entries = filled(7, 2, 3).entries
    assert listed(model, SCOPES[:3]) == [7, "IncompleteListing", 3]


# Spaces


def test_spaces_of_an_organization() -> None:
    first = page({"mrn": _SPACES + "a", "name": "A"}, {"mrn": _SPACES + "b", "name": None}, cursor="c1")
    second = page({"mrn": _SPACES + "c"}, {"mrn": _SPACES + "a", "name": "A"})
    script = Script({"spacesList": first}, {"spacesList": second})
    assert script.api.list_spaces(ORGANIZATION) == (
        Space(Scope("space", _SPACES + "a"), "A"),
        Space(Scope("space", _SPACES + "b"), _SPACES + "b"),
        Space(Scope("space", _SPACES + "c"), _SPACES + "c"),
    )
    assert script.sent == [
        ("organization", {"mrn": ORGANIZATION.mrn, "first": 100}),
        ("organization", {"mrn": ORGANIZATION.mrn, "first": 100, "after": "c1"}),
    ]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"spacesList": None}, "null in organization.spacesList"),
        ({}, "null in organization.spacesList"),
        ({"spacesList": page(None)}, "null in organization.spacesList.edges[0].node"),
        ({"spacesList": page({"name": "A"})}, "nothing in organization.spacesList.edges[0].node.mrn"),
        ({"spacesList": page({"mrn": 7})}, "a number in organization.spacesList.edges[0].node.mrn"),
        ({"spacesList": page({"mrn": ORGANIZATION.mrn})}, "where the MRN of a space was expected"),
        (
            {"spacesList": page({"mrn": _SPACES + "a", "name": 1})},
            "a number in organization.spacesList.edges[0].node.name",
        ),
        (refused("PermissionDenied"), "PermissionDenied"),
    ],
)
def test_a_listing_of_spaces_that_cannot_be_read(answer: Any, words: str) -> None:
    with pytest.raises(MondooError) as caught:
        Script(answer).api.list_spaces(ORGANIZATION)
    assert str(caught.value).startswith('Could not list the spaces of organization "org-1": ')
    assert words in str(caught.value)
    assert caught.value.details["operation"] == "organization"


# Proof of a secret


@pytest.mark.parametrize(("scope", "operation"), [(SPACE, "space"), (ORGANIZATION, "organization")])
@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        ({"mrn": "//x"}, True),
        (refused("PermissionDenied"), True),
        (refused("Unauthenticated"), False),
        (MondooError("Unauthenticated", "HTTP 401", http_status=401), False),
    ],
)
def test_a_credential_is_accepted_or_not(scope: Scope, operation: str, answer: Any, accepted: bool) -> None:
    script = Script(answer)
    assert script.api.accepts(scope) is accepted
    assert script.sent == [(operation, {"mrn": scope.mrn})]


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([refused("NotFound")], "NotFound"),
        ([refused("Unknown")], "Unknown"),
        # Not from the service, as far as can be told.
        ([MondooError("PermissionDenied", "HTTP 403", http_status=403)], "PermissionDenied"),
        ([None, None, None], "GarbledAnswer"),
        ([lost(), lost(), lost()], "ConnectionFailed"),
    ],
)
def test_a_service_that_does_not_say_whether_it_accepts_a_credential(answers: list[Any], code: str) -> None:
    with pytest.raises(MondooError) as caught:
        Script(*answers).api.accepts(SPACE)
    assert caught.value.code == code
    assert str(caught.value).startswith('Could not verify the secret of an API token of space "space-1": ')


# The service's time


def test_the_time_is_the_services() -> None:
    ahead = NOW + timedelta(hours=2)
    script = Script(Answer({"apiTokens": page()}, [], 200, None, ahead))
    assert script.api.now() == NOW
    read_listing(script.api, SPACE)
    assert script.api.now() == ahead
    # All connections of the run know it.
    assert script.api.connect(script).now() == ahead


def test_the_time_of_the_model_is_its_clock() -> None:
    clock = Clock()
    service = service_of(Model(clock))
    read_listing(service, SPACE)
    clock.sleep(60)
    assert service.now() == clock.now

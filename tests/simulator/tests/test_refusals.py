# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes that are refused: with GraphQL errors, or in answers that look like success at first sight."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import variants
from simulator.names import KNOWN_ROLES
from simulator.process import Simulator
from simulator.variants import VARIANTS

from .api import ALPHA, BETA, DELETE, GENERATE, NOBODY, SET_ROLES, UPDATE, Api, codes, role, roles

DENIED = "rpc error: code = PermissionDenied desc = request permission denied"
UNKNOWN = f"rpc error: code = NotFound desc = {NOBODY} not found"


def _roles_by_name(simulator: Simulator) -> dict[str, set[str]]:
    memberships = {role("space-member"), role("org-member")}
    return {token["name"]: set(token["roles"]) - memberships for token in simulator.tokens(ALPHA)}


@pytest.fixture
def editor(owner: Api, simulator: Simulator) -> Api:
    """An editor of the space alpha, by a token with the name `editor`."""
    return Api(simulator.url, owner.generate("editor", "editor")["token"])


# -- what an editor may grant ------------------------------------------------------------------------------------------

GRANTS: list[tuple[list[str], bool]] = [
    (["owner"], False),
    (["viewer", "owner"], False),
    ([], True),
    *(([name], True) for name in sorted(KNOWN_ROLES - {"owner"})),
]


@pytest.mark.parametrize(("names", "granted"), GRANTS)
def test_an_editor_grants_no_more_than_it_has(names: list[str], granted: bool, editor: Api, owner: Api) -> None:
    target = owner.generate("target")["mrn"]
    updates = [{"entityMrn": target, "roles": roles(*names)}]
    expected = [] if granted else ["PermissionDenied"]
    assert codes(editor.send(GENERATE, input={"name": "new", "scopeMrn": ALPHA, "roles": roles(*names)})) == expected
    assert codes(editor.send(SET_ROLES, input={"scopeMrn": ALPHA, "updates": updates})) == expected
    one = {"scopeMrn": ALPHA, "identity": target, "roles": [role(name) for name in names]}
    assert codes(editor.send(SET_ROLES, input=one)) == expected
    assert owner.names() == ["editor", "target", *(["new"] if granted else [])]


def test_an_editor_may_take_rights_away_that_it_has_not(editor: Api, owner: Api, simulator: Simulator) -> None:
    updates = [{"entityMrn": owner.generate("target", "owner")["mrn"], "roles": roles("viewer")}]
    editor.ask(SET_ROLES, input={"scopeMrn": ALPHA, "updates": updates})
    assert _roles_by_name(simulator)["target"] == {role("viewer")}


# -- refusals by the service itself ------------------------------------------------------------------------------------


def test_a_deletion_that_is_refused_in_its_answer(owner: Api, simulator: Simulator) -> None:
    viewer = Api(simulator.url, owner.generate("viewer", "viewer")["token"])
    mrn = owner.generate("ci")["mrn"]
    simulator.settings(refusals="answer")
    assert owner.ask(DELETE, input={"mrn": NOBODY}) == {"ok": False}
    assert viewer.ask(DELETE, input={"mrn": mrn}) == {"ok": False}
    assert [(entry["executed"], entry["committed"]) for entry in simulator.requests()[-2:]] == [(True, False)] * 2
    assert owner.names() == ["viewer", "ci"]
    assert owner.ask(DELETE, input={"mrn": mrn}) == {"ok": True}


def test_roles_that_are_refused_in_the_answer(editor: Api, owner: Api, simulator: Simulator) -> None:
    """Those of the other entities are set."""
    tokens = {name: owner.generate(name, "viewer")["mrn"] for name in ("good", "owned", "wrong")}
    elsewhere = owner.generate("elsewhere", "viewer", scope=BETA)["mrn"]
    simulator.settings(refusals="answer")
    updates = [
        {"entityMrn": tokens["owned"], "roles": roles("owner")},
        {"entityMrn": tokens["good"], "roles": roles("agent")},
        {"entityMrn": tokens["wrong"], "roles": roles("nobody")},
        {"entityMrn": elsewhere, "roles": roles("agent")},
        {"entityMrn": NOBODY, "roles": roles("agent")},
    ]
    invalid = "rpc error: code = InvalidArgument desc ="
    assert editor.ask(SET_ROLES, input={"scopeMrn": ALPHA, "updates": updates}) == {
        "mrns": [tokens["good"]],
        "errors": {
            tokens["owned"]: DENIED,
            tokens["wrong"]: f"{invalid} invalid role {role('nobody')}",
            elsewhere: f"{invalid} {elsewhere} does not belong to {ALPHA}",
            NOBODY: UNKNOWN,
        },
    }
    viewer, agent = {role("viewer")}, {role("agent")}
    assert _roles_by_name(simulator) == {
        "editor": {role("editor")},
        "good": agent,
        "owned": viewer,
        "wrong": viewer,
    }
    assert simulator.requests()[-1]["committed"]


def test_nothing_is_committed_if_all_roles_are_refused(owner: Api, simulator: Simulator) -> None:
    simulator.settings(refusals="answer")
    answer = owner.ask(SET_ROLES, input={"scopeMrn": ALPHA, "identity": NOBODY, "roles": [role("viewer")]})
    assert answer == {"mrns": [], "errors": {NOBODY: UNKNOWN}}
    assert not simulator.requests()[-1]["committed"]


@pytest.mark.parametrize("declared", [{"scopeMrn": ALPHA}, {"scopeMrn": "//nowhere", "identity": NOBODY, "roles": []}])
def test_what_is_about_no_entity_stays_an_error(declared: dict[str, Any], owner: Api, simulator: Simulator) -> None:
    simulator.settings(refusals="answer")
    assert owner.refused(SET_ROLES, input=declared) in ("InvalidArgument", "NotFound")


# -- refusals by a rule ------------------------------------------------------------------------------------------------

DELETE_TWO = """
mutation ($a: DeleteAPITokenInput!, $b: DeleteAPITokenInput!) {
  a: deleteAPIToken(input: $a) { ok }
  b: deleteAPIToken(input: $b) { ok }
}"""


@pytest.mark.parametrize("parameter", ["named", "mentioning"])
def test_a_rule_refuses_one_of_several_deletions(parameter: str, owner: Api, simulator: Simulator) -> None:
    a, b = owner.generate("a")["mrn"], owner.generate("b")["mrn"]
    text: dict[str, Any] = {parameter: "a" if parameter == "named" else a}
    simulator.fault("answer_refusal", match="deleteAPIToken", **text)
    answer = owner.send(DELETE_TWO, a={"mrn": a}, b={"mrn": b})
    assert answer.status_code == 200
    assert answer.json() == {"data": {"a": {"ok": False}, "b": {"ok": True}}}
    assert owner.names() == ["a"]


def test_a_rule_refuses_the_roles_of_one_entity(owner: Api, simulator: Simulator) -> None:
    a, b = owner.generate("a", "viewer")["mrn"], owner.generate("b", "viewer")["mrn"]
    simulator.fault("answer_refusal", match="setRoles", named="a", message="not this one")
    updates = [{"entityMrn": mrn, "roles": roles("agent")} for mrn in (a, b)]
    answer = owner.ask(SET_ROLES, input={"scopeMrn": ALPHA, "updates": updates})
    assert answer == {"mrns": [b], "errors": {a: "not this one"}}
    assert _roles_by_name(simulator) == {"a": {role("viewer")}, "b": {role("agent")}}


def test_a_rule_refuses_an_update(owner: Api, simulator: Simulator) -> None:
    """Its answer is the token, which tells what is stored."""
    mrn = owner.generate("ci")["mrn"]
    simulator.fault("answer_refusal", match="updateAPIToken")
    updated = owner.ask(UPDATE, input={"mrn": mrn, "name": "new", "description": "new"})
    assert (updated["name"], updated["description"]) == ("ci", None)
    assert [entry["committed"] for entry in simulator.requests()] == [True, False]


def test_a_generation_has_no_verdict_in_its_answer(owner: Api, simulator: Simulator) -> None:
    simulator.fault("answer_refusal")
    assert owner.generate("ci")["token"]
    assert owner.names() == ["ci"]


def test_an_error_for_the_token_of_a_name(owner: Api, simulator: Simulator) -> None:
    a, b = owner.generate("a")["mrn"], owner.generate("b")["mrn"]
    simulator.fault("field_error", match="mutation", named="a")
    both = owner.send(DELETE_TWO, a={"mrn": a}, b={"mrn": b})
    assert both.json()["data"] == {"a": None, "b": {"ok": True}}
    updates = [{"entityMrn": a, "roles": []}]
    assert owner.refused(SET_ROLES, input={"scopeMrn": ALPHA, "updates": updates}) == "PermissionDenied"
    assert owner.refused(GENERATE, input={"scopeMrn": ALPHA, "name": "a"}) == "PermissionDenied"
    assert owner.names() == ["a"]


# -- answers that say less, or promise more ----------------------------------------------------------------------------


def test_answers_without_values(owner: Api, simulator: Simulator) -> None:
    simulator.settings(payload_values=False)
    generated = owner.generate("ci", "viewer")
    assert {key for key, value in generated.items() if value is not None} == {"token"}
    (token,) = simulator.tokens(ALPHA)
    update = {"entityMrn": token["mrn"], "roles": roles("agent")}
    unknown = {"entityMrn": NOBODY, "roles": []}
    done = owner.ask(SET_ROLES, input={"scopeMrn": ALPHA, "updates": [update]})
    assert done == {"mrns": None, "errors": None}
    assert _roles_by_name(simulator) == {"ci": {role("agent")}}
    simulator.settings(refusals="answer")
    refused = owner.ask(SET_ROLES, input={"scopeMrn": ALPHA, "updates": [update, unknown]})
    assert refused == {"mrns": None, "errors": {NOBODY: UNKNOWN}}
    assert owner.ask(DELETE, input={"mrn": NOBODY}) == {"ok": False}
    assert owner.ask(DELETE, input={"mrn": token["mrn"]}) == {"ok": None}
    assert owner.names() == []


@pytest.mark.parametrize("document", [DELETE, UPDATE])
def test_a_payload_that_is_never_null_takes_the_whole_answer_with_it(
    document: str, owner: Api, simulator: Simulator
) -> None:
    variants.switch(simulator, VARIANTS["payloads never null"])
    answer = owner.send(document, input={"mrn": NOBODY})
    assert (codes(answer), answer.json()["data"]) == (["NotFound"], None)


def test_a_service_that_sets_the_roles_of_one_entity_at_a_time(owner: Api, simulator: Simulator) -> None:
    mrn = owner.generate("ci", "viewer")["mrn"]
    variants.switch(simulator, VARIANTS["setRoles without updates"])
    several = owner.send(SET_ROLES, input={"scopeMrn": ALPHA, "updates": [{"entityMrn": mrn, "roles": []}]})
    assert several.status_code == 422
    one = owner.ask(SET_ROLES, input={"scopeMrn": ALPHA, "identity": mrn, "roles": [role("agent")]})
    assert one == {"mrns": [mrn], "errors": {}}
    assert _roles_by_name(simulator) == {"ci": {role("agent")}}

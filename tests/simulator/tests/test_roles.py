# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles are set as a whole, for all entities or for none."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.process import Simulator

from .api import (
    ACME,
    ALPHA,
    BETA,
    NOBODY,
    OUTSIDE,
    SET_ROLES,
    Api,
    role,
    roles,
)


def _roles_of(simulator: Simulator, scope: str = ALPHA) -> dict[str, list[str]]:
    return {token["name"]: [mrn.rsplit("/", 1)[1] for mrn in token["roles"]] for token in simulator.tokens(scope)}


def test_roles_are_set_as_a_whole_for_several_entities(owner: Api, simulator: Simulator) -> None:
    first, second = owner.generate("first", "viewer", "agent"), owner.generate("second", "owner")
    owner.generate("third", "owner")
    updates = [
        {"entityMrn": first["mrn"], "roles": roles("editor", "sla-manager", "editor")},
        {"entityMrn": second["mrn"], "roles": []},
    ]
    done = owner.ask(SET_ROLES, input={"scopeMrn": ALPHA, "updates": updates})
    assert done == {"mrns": [first["mrn"], second["mrn"]], "errors": {}}
    assert _roles_of(simulator) == {
        "first": ["editor", "sla-manager", "space-member"],
        "second": ["space-member"],
        "third": ["owner", "space-member"],
    }


def test_roles_of_one_identity(owner: Api, simulator: Simulator) -> None:
    mrn = owner.generate("ci", "viewer")["mrn"]
    owner.ask(SET_ROLES, input={"spaceMrn": ALPHA, "identity": mrn, "roles": [role("editor")]})
    assert _roles_of(simulator) == {"ci": ["editor", "space-member"]}


def test_roles_of_a_service_account(owner: Api, simulator: Simulator) -> None:
    account = simulator.credentials["service_account"]["mrn"]
    updates = [{"entityMrn": account, "roles": roles("viewer")}]
    assert owner.ask(SET_ROLES, input={"scopeMrn": ACME, "updates": updates}) == {"mrns": [account], "errors": {}}


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ({"entityMrn": NOBODY, "roles": roles("editor")}, "NotFound"),
        ({"entityMrn": "token of beta", "roles": roles("editor")}, "InvalidArgument"),
        ({"entityMrn": "token of alpha", "roles": roles("editor", "nobody")}, "InvalidArgument"),
        ({"entityMrn": "token of alpha", "roles": roles("space-member")}, "InvalidArgument"),
        ({"entityMrn": "first", "roles": roles("owner")}, "InvalidArgument"),
    ],
)
def test_all_roles_are_set_or_none(second: dict[str, Any], code: str, owner: Api, simulator: Simulator) -> None:
    tokens = {
        "first": owner.generate("first", "viewer")["mrn"],
        "token of alpha": owner.generate("second", "viewer")["mrn"],
        "token of beta": owner.generate("third", "viewer", scope=BETA)["mrn"],
    }
    before = _roles_of(simulator)
    updates = [
        {"entityMrn": tokens["first"], "roles": roles("owner")},
        {**second, "entityMrn": tokens.get(second["entityMrn"], second["entityMrn"])},
    ]
    assert owner.refused(SET_ROLES, input={"scopeMrn": ALPHA, "updates": updates}) == code
    assert _roles_of(simulator) == before


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        ({"updates": []}, "InvalidArgument"),
        ({"scopeMrn": ALPHA}, "InvalidArgument"),
        ({"scopeMrn": ALPHA, "updates": []}, "InvalidArgument"),
        ({"scopeMrn": "//nowhere", "updates": []}, "NotFound"),
        ({"scopeMrn": OUTSIDE, "updates": []}, "PermissionDenied"),
    ],
)
def test_what_says_too_little_to_set_roles(declared: dict[str, Any], code: str, owner: Api) -> None:
    assert owner.refused(SET_ROLES, input=declared) == code

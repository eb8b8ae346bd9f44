# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that the service stores or answers in another form than they were sent."""

from __future__ import annotations

from typing import Any

import pytest

from simulator import variants
from simulator.process import Simulator
from simulator.variants import VARIANTS

from .api import ALPHA, GENERATE, SET_ROLES, UPDATE, Api, role, roles

# -- names and descriptions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "sent", "stored"),
    [
        ("unchanged", " Büro  CI\n", " Büro  CI\n"),
        ("trimmed", " Büro  CI\n", "Büro  CI"),
        ("lower", " Büro  CI\n", " büro  ci\n"),
        ("nfc", "Bu\u0308ro CI", "B\u00fcro CI"),
    ],
)
def test_the_answers_tell_the_name_that_is_stored(
    form: str, sent: str, stored: str, owner: Api, simulator: Simulator
) -> None:
    simulator.settings(stored_names=form)
    generated = owner.generate(sent)
    assert (generated["name"], owner.names()) == (stored, [stored])
    other = owner.generate("other")
    assert owner.ask(UPDATE, input={"mrn": other["mrn"], "name": sent})["name"] == stored
    assert owner.names() == [stored, stored]


@pytest.mark.parametrize(("form", "stored"), [("unchanged", " two lines\n"), ("trimmed", "two lines")])
def test_the_answers_tell_the_description_that_is_stored(
    form: str, stored: str, owner: Api, simulator: Simulator
) -> None:
    simulator.settings(stored_descriptions=form)
    generated = owner.generate("first", description=" two lines\n")
    updated = owner.ask(UPDATE, input={"mrn": owner.generate("second")["mrn"], "description": " two lines\n"})
    assert [generated["description"], updated["description"]] == [stored, stored]
    assert [node["description"] for node in owner.nodes()] == [stored, stored]


def test_an_update_without_a_name_does_not_touch_it(owner: Api, simulator: Simulator) -> None:
    mrn = owner.generate(" CI ", description=" x ")["mrn"]
    simulator.settings(stored_names="lower", stored_descriptions="trimmed")
    assert owner.ask(UPDATE, input={"mrn": mrn, "description": " y "})["name"] == " CI "
    assert owner.ask(UPDATE, input={"mrn": mrn, "name": "CI"})["description"] == "y"


# -- roles -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({}, "//iam.api.mondoo.app/roles/sla-manager"),
        ({"role_case": "title"}, "//iam.api.mondoo.app/roles/Sla-Manager"),
        ({"role_host": "iam.eu.api.mondoo.com"}, "//iam.eu.api.mondoo.com/roles/sla-manager"),
        (
            {"role_case": "title", "role_host": "iam.eu.api.mondoo.com"},
            "//iam.eu.api.mondoo.com/roles/Sla-Manager",
        ),
    ],
)
def test_roles_have_a_form_of_their_own(settings: dict[str, Any], shown: str, owner: Api, simulator: Simulator) -> None:
    simulator.settings(**settings)
    mrn = owner.generate("ci", "sla-manager")["mrn"]
    (node,) = owner.nodes()
    assert shown in [entry["mrn"] for entry in node["roles"]]
    updates = [{"entityMrn": mrn, "roles": [{"mrn": shown}, *roles("viewer")]}]
    owner.ask(SET_ROLES, input={"scopeMrn": ALPHA, "updates": updates})
    (token,) = simulator.tokens(ALPHA)
    assert token["roles"] == [role("sla-manager"), role("space-member"), role("viewer")]
    other = {"name": "x", "scopeMrn": ALPHA, "roles": [{"mrn": "//iam.elsewhere.invalid/roles/viewer"}]}
    assert owner.refused(GENERATE, input=other) == "InvalidArgument"


# -- times -------------------------------------------------------------------------------------------------------------

RAW: list[tuple[Any, Any]] = [
    ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
    ("2026-11-01 00:00:00 +0000 UTC", "2026-11-01 00:00:00 +0000 UTC"),
    ("2026-11-01T00:00:60Z", "2026-11-01T00:00:60Z"),
    ("yesterday", "yesterday"),
    ("", ""),
    (1700000000, "1700000000"),
    (1700000000.5, "1700000000.5"),
    (True, "true"),
]


@pytest.mark.parametrize(("raw", "as_text"), RAW)
@pytest.mark.parametrize("field", ["last_used", "created"])
def test_a_time_can_be_any_value(field: str, raw: object, as_text: str, owner: Api, simulator: Simulator) -> None:
    """As it is where the schema has a scalar of its own, and as a text where it says String."""
    mrn = owner.generate("ci", "viewer")["mrn"]
    key = {"last_used": "lastUsed", "created": "createdAt"}[field]
    (before,) = owner.nodes()
    simulator.patch_token(mrn, **{f"{field}_raw": raw})
    (node,) = owner.nodes()
    assert node == {**before, key: raw}
    assert node[key].__class__ is raw.__class__
    variants.switch(simulator, VARIANTS["times as String"])
    (node,) = owner.nodes()
    assert node[key] == as_text
    simulator.patch_token(mrn, **{f"{field}_raw": None})
    assert owner.nodes() == [before]

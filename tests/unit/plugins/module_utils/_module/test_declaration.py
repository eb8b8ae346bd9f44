# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task declares, as options and as the specification made of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._module.declaration import scope_of, spec_from
from ansible_collections.mondoo.platform.plugins.module_utils._module.selection_options import (
    selection_arguments,
    selection_from,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.selection import Selection
from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.builders import ORGANIZATION, SPACE, roles

LEFT_OUT: dict[str, Any] = {
    **dict.fromkeys(("name", "mrn", "description", "permissions", "rotate_after", "overlap", "token_path")),
    "purge_permissions": True,
    "lost_secret": "warn",
    "state": "present",
}


def spec(**options: Any) -> TokenSpec:
    return spec_from({**LEFT_OUT, **options}, SPACE)


def test_what_is_left_out_is_none() -> None:
    assert spec(name="ci") == TokenSpec(SPACE, "ci")


def test_everything() -> None:
    assert spec(
        name=" ci ",
        mrn=" //t ",
        description="",
        permissions=["Viewer", "AGENT"],
        purge_permissions=False,
        rotate_after="90d",
        overlap="0",
        lost_secret="rotate",
        token_path="/etc/ci",
        state="absent",
    ) == TokenSpec(
        scope=SPACE,
        name=" ci ",
        mrn="//t",
        present=False,
        description="",
        roles=roles("viewer", "agent"),
        purge_permissions=False,
        rotate_after=timedelta(days=90),
        overlap=timedelta(),
        lost_secret="rotate",
        token_path="/etc/ci",
    )


def test_an_empty_list_of_permissions_is_not_none() -> None:
    assert spec(name="ci", permissions=[]).roles == frozenset()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": None}, "one of name and mrn is required"),
        ({"name": ""}, "name must not be empty"),
        ({"name": " \t"}, "name must not be empty"),
        ({"mrn": ""}, "mrn: "),
        ({"mrn": "ci"}, "mrn: "),
        ({"permissions": ["viewr"]}, 'permissions: "viewr"'),
        ({"rotate_after": "90"}, 'rotate_after: "90" is not a duration'),
        ({"overlap": "-1d"}, 'overlap: "-1d" is not a duration'),
        ({"rotate_after": ""}, 'rotate_after: "" is not a duration'),
        ({"token_path": " "}, "token_path must not be empty"),
    ],
)
def test_refusals(options: dict[str, Any], words: str) -> None:
    with pytest.raises(MondooError) as caught:
        spec(**{"name": "ci", **options})
    assert caught.value.code == "InvalidOption"
    assert str(caught.value).startswith(words)


def test_the_scope_is_the_one_that_is_given() -> None:
    assert scope_of({"space": "space-1", "organization": None}) == SPACE
    assert scope_of({"space": None, "organization": "org-1"}) == ORGANIZATION
    for space, words in (("", "space must not be empty"), (None, "one of space and organization is required")):
        with pytest.raises(MondooError, match=words):
            scope_of({"space": space, "organization": None})


@pytest.mark.parametrize(
    ("declared", "rotates"),
    [
        (spec(name="ci"), False),
        (spec(name="ci", rotate_after="0"), True),
        (spec(name="ci", overlap="0"), True),
        (spec(name="ci", lost_secret="rotate"), False),
        (spec(name="ci", lost_secret="rotate", token_path="/t"), True),
        (spec(name="ci", token_path="/t"), False),
    ],
)
def test_which_declarations_are_about_rotation(declared: TokenSpec, rotates: bool) -> None:
    assert declared.rotates is rotates


def test_a_declaration_is_shown_by_its_name_else_its_mrn() -> None:
    assert str(spec(name="ci", mrn="//t")) == 'the API token "ci" of space "space-1"'
    assert str(spec(mrn="//t")) == 'the API token "//t" of space "space-1"'


def test_the_selection_of_an_audit() -> None:
    nothing = dict.fromkeys(selection_arguments())
    assert selection_from({**nothing, "order_by": "name", "descending": False}) == Selection()
    assert selection_from(
        {
            "name": "ci",
            "mrn": "//t",
            "query": "x",
            "permissions": ["OWNER"],
            "created_by": "me",
            "older_than": "1d",
            "unused_for": "2h",
            "order_by": "last_used",
            "descending": True,
        }
    ) == Selection(
        name="ci",
        mrn="//t",
        query="x",
        roles=roles("owner"),
        created_by="me",
        older_than=timedelta(days=1),
        unused_for=timedelta(hours=2),
        order_by="last_used",
        descending=True,
    )

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task declares: options, and what is read from them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import (
    scope_arguments,
    token_arguments,
)
from ansible_collections.mondoo.platform.plugins.module_utils._module.declaration import read_declaration, require_scope
from ansible_collections.mondoo.platform.plugins.module_utils._module.selection_options import (
    selection_arguments,
    selection_from,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import Declaration
from ansible_collections.mondoo.platform.plugins.module_utils._planning.selection import Selection
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.builders import ORGANIZATION, SPACE, roles, token_mrn

LEFT_OUT: dict[str, Any] = {
    name: about.get("default") for name, about in {**token_arguments(), **scope_arguments()}.items()
}


def declare(**options: Any) -> Declaration:
    """The declaration in options of a task; what is left out has Ansible's default."""
    return read_declaration({**LEFT_OUT, **options}, SPACE)


def refusal_of(**options: Any) -> str:
    """What is said of options that cannot be meant."""
    with pytest.raises(MondooError) as caught:
        declare(**options)
    assert caught.value.code == "InvalidOption"
    return str(caught.value)


def test_what_is_left_out_is_left_as_it_is() -> None:
    assert declare(name="ci") == Declaration(SPACE, "ci")


def test_everything() -> None:
    assert declare(
        name="ci",
        mrn=" //t ",
        description="",
        permissions=["Viewer", "AGENT"],
        purge_permissions=False,
        rotate_after="90d",
        overlap="0",
        lost_secret="rotate",
        token_path="/etc/ci",
        generate=False,
        pending_grace="1h",
        verify_secret="always",
        state="absent",
    ) == Declaration(
        scope=SPACE,
        name="ci",
        mrn="//t",
        present=False,
        description="",
        roles=roles("viewer", "agent"),
        purge_permissions=False,
        rotate_after=timedelta(days=90),
        overlap=timedelta(),
        lost_secret="rotate",
        token_path="/etc/ci",
        generate=False,
        pending_grace=timedelta(hours=1),
        verify_secret="always",
    )


def test_an_empty_list_of_permissions_is_not_none() -> None:
    assert declare(name="ci", permissions=[]).roles == frozenset()


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
        ({"pending_grace": "soon"}, 'pending_grace: "soon" is not a duration'),
        ({"token_path": " "}, "token_path must not be empty"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, Any], words: str) -> None:
    assert refusal_of(**{"name": "ci", **options}).startswith(words)


# A name, and what is said of it; the same name is fine where `mrn` names the token that bears it.
ODD_NAMES = {
    " ci": "has white space around it",
    "ci\u00a0": "has white space around it",
    "c\ti": "has a control character in it",
    "ci\x7f": "has a control character in it",
    "ci (pending 2026-11-25T00:00:00Z)": "ends like the name of a pending or retired token",
    "ci (retired 2026-11-25T00:00:00Z)": "ends like the name of a pending or retired token",
}


@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_a_name_that_nobody_would_choose_is_refused_unless_a_token_bears_it(name: str) -> None:
    assert ODD_NAMES[name] in refusal_of(name=name)
    assert declare(name=name, mrn="//t").name == name


@pytest.mark.parametrize("name", ["ci (pending)", "ci (retired 2026-13-25T00:00:00Z)", "a b", "\u00e4\u4e2d\u2603"])
def test_a_name_that_only_looks_odd_is_taken(name: str) -> None:
    assert declare(name=name).name == name


@pytest.mark.parametrize(
    ("options", "scope"),
    [
        ({"space": "space-1"}, SPACE),
        ({"organization": "org-1"}, ORGANIZATION),
        ({"scope_mrn": SPACE.mrn}, SPACE),
        ({"scope_mrn": ORGANIZATION.mrn}, ORGANIZATION),
        ({"mrn": token_mrn("x")}, SPACE),
        ({"mrn": f" {token_mrn('x', ORGANIZATION)}"}, ORGANIZATION),
        ({"mrn": token_mrn("x"), "organization": "org-1"}, ORGANIZATION),
    ],
)
def test_the_scope_is_given_or_told_by_the_mrn(options: dict[str, Any], scope: object) -> None:
    assert require_scope({**LEFT_OUT, **options}) == scope


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "one of space, organization and scope_mrn is required"),
        ({"space": ""}, "space must not be empty"),
        ({"mrn": "//somewhere/else"}, "one of space, organization and scope_mrn is required"),
        ({"scope_mrn": "//platform.api.mondoo.app"}, "is the MRN of neither a space nor an organization"),
        ({"scope_mrn": "acme"}, "scope_mrn: "),
    ],
)
def test_without_a_scope_nothing_is_done(options: dict[str, Any], words: str) -> None:
    with pytest.raises(MondooError, match=re.escape(words)):
        require_scope({**LEFT_OUT, **options})


@pytest.mark.parametrize(
    ("declared", "rotates"),
    [
        (declare(name="ci"), False),
        (declare(name="ci", rotate_after="0"), True),
        (declare(name="ci", overlap="0"), True),
        (declare(name="ci", lost_secret="rotate"), False),
        (declare(name="ci", lost_secret="rotate", token_path="/t"), True),
        (declare(name="ci", token_path="/t"), False),
    ],
)
def test_which_declarations_are_about_rotation(declared: Declaration, rotates: bool) -> None:
    assert declared.rotates is rotates


def test_a_declaration_is_shown_by_its_name_else_its_mrn() -> None:
    assert str(declare(name="ci", mrn="//t")) == 'the API token "ci" of space "space-1"'
    assert str(declare(mrn="//t")) == 'the API token "//t" of space "space-1"'


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

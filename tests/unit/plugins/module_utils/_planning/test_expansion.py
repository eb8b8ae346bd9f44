# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a declaration for each space to one for each of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import Declaration
from ansible_collections.mondoo.platform.plugins.module_utils._planning.expansion import check_template, expand
from ansible_collections.mondoo.platform.plugins.module_utils._values.each_space import EachSpace, Space
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from

ORGANIZATION = scope_from("organization", "acme")
ALPHA = Space(scope_from("space", "alpha"), "Alpha")
BETA = Space(scope_from("space", "beta"), "Beta")
TEMPLATE = Declaration(ORGANIZATION, "ci")


def test_one_for_each_space_with_everything_else_as_it_is() -> None:
    template = replace(
        TEMPLATE,
        name="ci-{space}",
        description="Scans {space_name}",
        token_path="/etc/mondoo/{space}",
        roles=frozenset({"//iam.api.mondoo.app/roles/agent"}),
        lost_secret="fail",
    )
    check_template(template)
    alpha, beta = expand(template, EachSpace(), [ALPHA, BETA])
    assert (alpha.space, alpha.error) == (ALPHA, None)
    assert alpha.declaration == replace(
        template,
        scope=ALPHA.scope,
        name="ci-alpha",
        description="Scans Alpha",
        token_path="/etc/mondoo/alpha",
    )
    assert beta.declaration.name == "ci-beta"


def test_only_the_spaces_that_are_meant() -> None:
    assert [each.space for each in expand(TEMPLATE, EachSpace(("B*",)), [ALPHA, BETA])] == [BETA]
    assert expand(TEMPLATE, EachSpace(("x*",)), [ALPHA, BETA]) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scope": ALPHA.scope}, 'each_space needs the organization of the spaces, and not space "alpha"'),
        ({"mrn": "//x/y"}, "each_space needs name, and excludes mrn"),
        ({"name": None, "mrn": "//x/y"}, "each_space needs name, and excludes mrn"),
        ({"name": "{scope}"}, 'name: "{scope}" has braces other than'),
        ({"description": "{}"}, 'description: "{}" has braces other than'),
        ({"token_path": "/etc/{x}"}, 'token_path: "/etc/{x}" has braces other than'),
        ({"token_path": "/etc/token"}, 'token_path: "/etc/token" needs {space} or {space_name} in it'),
    ],
)
def test_templates_that_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(MondooError) as caught:
        check_template(replace(TEMPLATE, **changes))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("template", "space_name", "words"),
    [
        ({"name": "{space_name}"}, " x", 'name: " x" has white space around it'),
        ({"name": "{space_name}"}, "a\nb", "has a control character in it"),
        (
            {"name": "{space_name}"},
            "x (retired 2026-01-01T00:00:00Z)",
            "ends like the name of a pending or retired token",
        ),
        (
            {"token_path": "/t/{space_name}"},
            "../../etc/shadow",
            'the name of space "s", "../../etc/shadow", cannot be',
        ),
        ({"token_path": "/t/{space_name}/x"}, "..", "cannot be part of a path; use {space} in its place"),
        ({"token_path": "/t/{space_name}/x"}, "a\0", "cannot be part of a path"),
    ],
)
def test_a_name_of_a_space_that_cannot_be_filled_in_fails_that_space_alone(
    template: dict[str, Any], space_name: str, words: str
) -> None:
    odd = Space(scope_from("space", "s"), space_name)
    good, bad = expand(replace(TEMPLATE, **template), EachSpace(), [ALPHA, odd])
    assert good.error is None
    assert words in str(bad.error)
    assert bad.declaration.scope == odd.scope


def test_a_name_with_a_slash_is_fine_outside_of_paths() -> None:
    (expansion,) = expand(
        replace(TEMPLATE, name="{space_name}", token_path="/t/{space}"), EachSpace(), [Space(ALPHA.scope, "team/a")]
    )
    assert (expansion.error, expansion.declaration.name) == (None, "team/a")

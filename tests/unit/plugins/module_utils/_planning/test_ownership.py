# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""To which scope a token belongs that several listings show."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._planning.ownership import assign_once
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.tests.unit.support.builders import ORGANIZATION, SPACE, token_mrn

OTHER = Scope("space", SPACE.mrn.replace("space-1", "other"))
BOTH = [ORGANIZATION, SPACE]
OPAQUE = "//opaque"


def _owner(token: Token, scopes: Sequence[Scope], declared: dict[Scope, set[str]]) -> Scope:
    """The only scope whose listing still has the token; one that could not be read stays as it is."""
    broken = Scope("space", SPACE.mrn.replace("space-1", "broken"))
    error = MondooError("NotFound", "no")
    listings: dict[Scope, tuple[Token, ...] | MondooError] = {
        scope: (Token(token.mrn, token.name, scope),) for scope in scopes
    }
    assigned = assign_once({**listings, broken: error}, declared)
    assert assigned.pop(broken) is error
    (owner,) = [scope for scope, listing in assigned.items() if listing]
    assert assigned == {scope: listings[scope] if scope == owner else () for scope in scopes}
    return owner


@pytest.mark.parametrize(
    ("mrn", "scopes", "owner"),
    [
        # By its own MRN.
        (token_mrn("a", SPACE), BOTH, SPACE),
        (token_mrn("a", SPACE), BOTH[::-1], SPACE),
        (token_mrn("a", ORGANIZATION), BOTH, ORGANIZATION),
        (token_mrn("a", ORGANIZATION), BOTH[::-1], ORGANIZATION),
        (token_mrn("a", OTHER), [SPACE, OTHER, ORGANIZATION], OTHER),
        # Where that does not tell, a space is the nearer one.
        (OPAQUE, BOTH, SPACE),
        (OPAQUE, BOTH[::-1], SPACE),
        (OPAQUE, [SPACE, OTHER], SPACE),
    ],
)
def test_one_mrn_in_several_listings_is_one_token(mrn: str, scopes: list[Scope], owner: Scope) -> None:
    assert _owner(Token(mrn, "a", SPACE), scopes, {}) == owner


@pytest.mark.parametrize("name", ["wide", "wide (retired 2026-01-01T00:00:00Z)", "wide (pending 2026-01-01T00:00:00Z)"])
@pytest.mark.parametrize("declared", ["wide", OPAQUE])
def test_it_belongs_to_where_it_is_declared(name: str, declared: str) -> None:
    """A space's listing may show tokens of its organization, too: they are neither made anew nor pruned as the space's."""
    token = Token(OPAQUE, name, SPACE)
    assert _owner(token, BOTH, {ORGANIZATION: {declared}, SPACE: {"ci"}}) == ORGANIZATION
    assert _owner(token, BOTH, {ORGANIZATION: {declared}, SPACE: {declared}}) == SPACE
    assert _owner(token, BOTH, {ORGANIZATION: {"ci"}}) == SPACE


def test_its_mrn_says_more_than_a_declaration() -> None:
    assert _owner(Token(token_mrn("a", SPACE), "a", SPACE), BOTH, {ORGANIZATION: {"a"}}) == SPACE

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generated declarations and listings."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from ansible_collections.mondoo.platform.plugins.module_utils._planning.spec import TokenSpec
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token, retired_name
from hypothesis import strategies as st

from .builders import DAY, HOUR, MEMBER, NOW, ORGANIZATION, SPACE, roles, token_mrn


def role_sets(min_size: int = 0) -> st.SearchStrategy[frozenset[str]]:
    """Some of the roles that can be declared."""
    names = st.sampled_from(["viewer", "editor", "owner", "agent", "policy-editor"])
    return st.frozensets(names, min_size=min_size, max_size=3).map(lambda chosen: roles(*chosen))


_descriptions = st.sampled_from(["", "Pipelines", "Dashboard"])
# Zero would be due in every run.
_ages = st.none() | st.sampled_from([HOUR, DAY, 30 * DAY])
_overlaps = st.none() | st.sampled_from([timedelta(), HOUR, 3 * DAY])
_names = st.sampled_from(["ci", "other", "ci2"]) | st.sampled_from([HOUR, 2 * DAY, 4 * DAY]).map(
    lambda span: retired_name("ci", NOW - span)
)


@st.composite
def listings(draw: st.DrawFn) -> list[Token]:
    """Up to six tokens of the space, of the name "ci", of others, and some retired."""
    found = []
    for number, name in enumerate(draw(st.lists(_names, max_size=6))):
        created_at = NOW - draw(st.sampled_from([timedelta(), HOUR, 2 * DAY, 60 * DAY]))
        found.append(
            Token(
                mrn=token_mrn(str(number)),
                name=name,
                scope=SPACE,
                description=draw(_descriptions),
                roles=draw(role_sets()) | MEMBER,
                created_at=created_at,
                last_used_at=draw(st.none() | st.just(created_at) | st.just(NOW - HOUR / 2)),
            )
        )
    return found


@st.composite
def specs(draw: st.DrawFn, *, present: bool | None = None, file: bool | None = None) -> TokenSpec:
    """Declarations of the token "ci"; with roles wherever it must be there, since it may have to be created."""
    wanted = TokenSpec(
        scope=SPACE,
        name="ci",
        present=draw(st.booleans()) if present is None else present,
        description=draw(st.none() | _descriptions),
        roles=draw(role_sets(min_size=1)),
        purge_permissions=draw(st.booleans()),
        rotate_after=draw(_ages),
        overlap=draw(_overlaps),
        lost_secret=draw(st.sampled_from(["warn", "rotate"])),
    )
    to_file = draw(st.booleans()) if file is None else file
    return replace(wanted, token_path="/etc/ci/token") if to_file else wanted


@st.composite
def fleet_listings(draw: st.DrawFn) -> list[Token]:
    """Tokens of the space and of the organization, with MRNs of their own."""
    space = draw(listings())
    organization = [
        replace(token, mrn=f"{token.mrn}-o", scope=ORGANIZATION)
        for token in draw(listings().map(lambda found: found[:3]))
    ]
    return space + organization


@st.composite
def fleet_specs(draw: st.DrawFn) -> list[TokenSpec]:
    """Up to five declarations for both scopes, each of another name; some by the MRN that a listing may have."""
    found = []
    places = st.tuples(st.sampled_from([SPACE, ORGANIZATION]), st.sampled_from(["ci", "other", "ci2", "new"]))
    for scope, name in draw(st.lists(places, min_size=1, max_size=5, unique=True)):
        number = draw(st.none() | st.none() | st.integers(0, 3))
        mrn = None if number is None else token_mrn(f"{number}-o" if scope == ORGANIZATION else str(number))
        named = mrn is None or draw(st.booleans())
        wanted = draw(specs(file=False))
        found.append(replace(wanted, scope=scope, name=name if named else None, mrn=mrn))
    return found

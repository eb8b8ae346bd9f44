# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generated declarations, listings and files."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import Declaration, StoredSecret
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from hypothesis import strategies as st

from .builders import (
    BLANK_FILE,
    DAY,
    HOUR,
    MEMBER,
    MINUTE,
    NO_FILE,
    NOTHING,
    NOW,
    ORGANIZATION,
    SPACE,
    declare,
    pending,
    retired,
    roles,
    stored,
    token,
    token_mrn,
)
from .plans import PATH


def role_sets(min_size: int = 0) -> st.SearchStrategy[frozenset[str]]:
    """Some of the roles that can be declared."""
    names = st.sampled_from(["viewer", "editor", "owner", "agent", "policy-editor"])
    return st.frozensets(names, min_size=min_size, max_size=3).map(lambda chosen: roles(*chosen))


_descriptions = st.sampled_from(["", "Pipelines", "Dashboard"])
# Zero would be due in every run.
_ages = st.none() | st.sampled_from([HOUR, DAY, 30 * DAY])
_overlaps = st.none() | st.sampled_from([NOTHING, HOUR, 3 * DAY])
_kinds = st.one_of(
    st.sampled_from(["ci", "ci", "other", "ci2"]).map(token),
    st.sampled_from([HOUR, 2 * DAY, 4 * DAY]).map(retired),
    st.sampled_from([MINUTE, HOUR, 2 * DAY]).map(pending),
)


@st.composite
def listings(draw: st.DrawFn) -> list[Token]:
    """Up to six tokens of the space: at most one of the name "ci", and of others, pending and retired ones."""
    tokens: list[Token] = []
    for number, kind in enumerate(draw(st.lists(_kinds, max_size=6))):
        age = draw(st.sampled_from([NOTHING, HOUR, 2 * DAY, 60 * DAY]))
        drawn = replace(
            kind,
            mrn=token_mrn(str(number)),
            description=draw(_descriptions),
            roles=draw(role_sets()) | MEMBER,
            created_at=kind.created_at if "pending" in kind.name else NOW - age,
            last_used_at=draw(st.none() | st.just(NOW - HOUR / 2)),
        )
        if drawn.name != "ci" or all(each.name != "ci" for each in tokens):
            tokens.append(drawn)
    return tokens


@st.composite
def declarations(draw: st.DrawFn, *, present: bool | None = None, file: bool | None = None) -> Declaration:
    """Declarations of the token "ci"; with roles wherever it must be there, since it may have to be created."""
    return declare(
        present=draw(st.booleans()) if present is None else present,
        description=draw(st.none() | _descriptions),
        roles=draw(role_sets(min_size=1)),
        purge_permissions=draw(st.booleans()),
        rotate_after=draw(_ages),
        overlap=draw(_overlaps),
        lost_secret=draw(st.sampled_from(["warn", "rotate"])),
        pending_grace=draw(st.sampled_from([NOTHING, 10 * MINUTE])),
        token_path=PATH if (draw(st.booleans()) if file is None else file) else None,
    )


@st.composite
def files(draw: st.DrawFn, tokens: list[Token]) -> StoredSecret:
    """What may be in a file beside these tokens."""
    age = draw(st.sampled_from([NOTHING, HOUR, 3 * DAY, 90 * DAY]))
    holder = draw(st.none() | st.sampled_from(tokens)) if tokens else None
    return draw(st.sampled_from([NO_FILE, BLANK_FILE, stored(age, holder)]))


@st.composite
def sets(draw: st.DrawFn) -> tuple[list[Declaration], list[Token]]:
    """Up to five declarations for two scopes, some by an MRN; and the tokens of both."""
    space = draw(listings())
    organization = [
        replace(each, mrn=token_mrn(f"{number}-o", ORGANIZATION), scope=ORGANIZATION)
        for number, each in enumerate(draw(listings())[:3])
    ]
    declared = []
    names = st.sampled_from(["ci", "other", "ci2", "new"])
    places = st.tuples(st.booleans(), names)
    for elsewhere, name in draw(st.lists(places, min_size=1, max_size=5, unique=True)):
        number = draw(st.none() | st.none() | st.integers(0, 3))
        scope = ORGANIZATION if elsewhere else SPACE
        mrn = None if number is None else token_mrn(f"{number}-o" if elsewhere else str(number), scope)
        named = mrn is None or draw(st.booleans())
        declared.append(replace(draw(declarations(file=False)), scope=scope, name=name if named else None, mrn=mrn))
    return declared, space + organization

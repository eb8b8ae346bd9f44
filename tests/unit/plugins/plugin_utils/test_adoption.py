# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the tokens that exist to a declaration under which nothing changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import scope_arguments, set_arguments
from ansible_collections.mondoo.platform.plugins.module_utils._module.entries import read_entries
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import Context
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declared_set import index_listings, plan_set
from ansible_collections.mondoo.platform.plugins.module_utils._planning.plan import Plan
from ansible_collections.mondoo.platform.plugins.module_utils._planning.selection import Selection, select
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope, scope_from
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import pending_name, retired_name
from ansible_collections.mondoo.platform.plugins.plugin_utils._adoption import Adoption, adopt, summary_lines
from ansible_collections.mondoo.platform.plugins.plugin_utils._declaration_text import declaration_text
from ansible_collections.mondoo.platform.plugins.plugin_utils._listed_tokens import listed_tokens
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)
ACME = scope_from("organization", "acme")
ALPHA = scope_from("space", "alpha")
BETA = scope_from("space", "1234")
ROLES = "//iam.api.mondoo.app/roles/"
PENDING = pending_name("ci", NOW - DAY)
FRESH = pending_name("ci", NOW)
RETIRED = retired_name("ci", NOW - DAY)


def token(name: str, number: int = 0, scope: Scope = ALPHA, **changes: Any) -> Token:
    mrn = f"//agents.api.mondoo.app/{scope.kind}s/{scope.id}/serviceaccounts/{number}"
    given_values = {"roles": frozenset({ROLES + "viewer"}), "created_at": NOW - 10 * DAY, **changes}
    return Token(mrn=mrn, name=name, scope=scope, **given_values)


class Loader(yaml.SafeLoader):
    """Reads a file of variables as Ansible does; `!unsafe` marks text that is not templated."""


def _construct_text(loader: Loader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


Loader.add_constructor("!unsafe", _construct_text)


def plans_of(tokens: list[Token], entries: list[dict[str, Any]]) -> list[Plan | MondooError]:
    """What the module api_tokens plans for the entries, with its defaults, where these tokens are there."""
    specification = {**set_arguments(), **scope_arguments()}
    options = ArgumentSpecValidator(specification).validate({"tokens": entries}).validated_parameters
    listings = {scope: tuple(each for each in tokens if each.scope == scope) for scope in (ACME, ALPHA, BETA)}
    return plan_set(read_entries(options), listings, index_listings(listings), Context(NOW))


def adopt_listed(tokens: list[Token]) -> Adoption:
    """The adoption of tokens as the module api_token_info returns them."""
    return adopt(listed_tokens(select(tokens, Selection(), NOW)))


def check_nothing_changes(tokens: list[Token]) -> None:
    adoption = adopt_listed(tokens)
    document = yaml.load(declaration_text(adoption, NOW, {}), Loader)  # noqa: S506  (a safe loader)
    entries = document["api_tokens_declared"]
    assert entries == [adopted.entry for adopted in adoption.adopted]
    for plan in plans_of(tokens, entries):
        assert isinstance(plan, Plan), plan
        assert plan.steps == ()
    declared = {adopted.token.mrn for adopted in adoption.adopted}
    left_out = {each.token.mrn for each in adoption.left_out}
    assert not declared & left_out
    assert declared | left_out == {each.mrn for each in tokens}


NAMES = st.sampled_from(
    [
        "ci",
        "CI",
        "dup",
        " dup",
        "yes",
        "1.10",
        "null",
        "- x",
        "a: b",
        "#",
        "{{ x }}",
        "{space}",
        "",
        PENDING,
        FRESH,
        RETIRED,
    ]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ROLE_SETS = st.frozensets(
    st.sampled_from(
        [*(ROLES + name for name in ("viewer", "editor", "agent", "space-member", "brand-new")), "//elsewhere/teams/x"]
    ),
    max_size=3,
)
TIMES = st.none() | st.sampled_from([NOW, NOW - timedelta(minutes=5), NOW - DAY, NOW - 400 * DAY])


@st.composite
def token_sets(draw: st.DrawFn) -> list[Token]:
    """Up to eight tokens of an organization and two spaces."""
    tokens = []
    for number, name in enumerate(draw(st.lists(NAMES, max_size=8))):
        scope = draw(st.sampled_from([ACME, ALPHA, BETA]))
        tokens.append(
            token(
                name,
                number,
                scope,
                description=draw(st.sampled_from(["", "Pipelines", "a\nb\n", "{% raw %}", '"'])) or draw(NAMES),
                roles=draw(ROLE_SETS),
                created_at=draw(TIMES),
                last_used_at=draw(TIMES),
                created_by=draw(st.none() | st.just("someone@example.com")),
            )
        )
    return tokens


@settings(max_examples=500)
@given(token_sets())
def test_nothing_changes_under_an_adopted_declaration(tokens: list[Token]) -> None:
    check_nothing_changes(tokens)


@settings(max_examples=500)
@given(token_sets())
def test_nothing_changes_under_a_listing_given_back_as_it_is(tokens: list[Token]) -> None:
    """Roles that cannot be declared aside, every item is an entry of its own."""
    listed = [replace(each, roles=each.roles - {"//elsewhere/teams/x"}) for each in tokens]
    for plan in plans_of(listed, select(listed, Selection(), NOW)):
        assert isinstance(plan, Plan), plan
        assert plan.steps == ()


@pytest.mark.parametrize(
    ("tokens", "entries", "left_out"),
    [
        ([token("ci")], [{"name": "ci"}], []),
        ([token("yes"), token("1.10", 1)], [{"name": "1.10"}, {"name": "yes"}], []),
        ([token("dup", 1), token("dup", 2)], [{"mrn": "1"}, {"mrn": "2"}], []),
        ([token("dup"), token("dup", scope=ACME)], [{"name": "dup"}, {"name": "dup"}], []),
        ([token(" odd")], [{"mrn": "0"}], []),
        ([token("{{ x }}")], [{"mrn": "0"}], []),
        ([token("ci"), token(RETIRED, 1)], [{"name": "ci"}], [RETIRED]),
        # It may be the only one that works.
        ([token(RETIRED, 1)], [{"mrn": "1"}], []),
        # By its name, the token would be tidied up after.
        ([token("ci"), token(PENDING, 1)], [{"mrn": "0"}], [PENDING]),
        ([token("ci"), token(FRESH, 1)], [{"mrn": "0"}], [FRESH]),
        ([token(PENDING, 1)], [], [PENDING]),
    ],
    ids=lambda value: str([entry.name for entry in value]) if value and isinstance(value[0], Token) else "",
)
def test_by_name_by_mrn_or_left_out(tokens: list[Token], entries: list[dict[str, str]], left_out: list[str]) -> None:
    check_nothing_changes(tokens)
    adoption = adopt_listed(tokens)
    shown = [
        {key: value.rpartition("/")[2] for key, value in adopted.entry.items() if key in ("name", "mrn")}
        for adopted in adoption.adopted
    ]
    assert shown == entries
    assert [each.token.name for each in adoption.left_out] == left_out


def test_an_entry_declares_all_that_can_be_declared() -> None:
    (adopted,) = adopt_listed(
        [token("ci", description="Pipelines", roles=frozenset({ROLES + "viewer", ROLES + "new"}))]
    ).adopted
    assert adopted.entry == {
        "name": "ci",
        "space": "alpha",
        "description": "Pipelines",
        "permissions": [ROLES + "new", "viewer"],
    }
    assert adopted.remarks == ()


def test_permissions_that_cannot_be_declared_are_left_alone() -> None:
    (adopted,) = adopt_listed([token("ci", roles=frozenset({"teams/x", ROLES + "viewer"}))]).adopted
    assert adopted.entry == {"name": "ci", "space": "alpha", "description": ""}
    assert adopted.remarks == ("Its permissions are left as they are, since teams/x cannot be declared.",)


def test_what_a_person_is_told() -> None:
    adoption = adopt_listed([token("ci"), token(RETIRED, 1), token(" odd", 2), token("x", scope=ACME)])
    assert summary_lines(adoption, [BETA]) == [
        "3 API tokens of 2 scopes declared.",
        "1 of them by MRN, since the name does not identify the token.",
        f'Left out: "{RETIRED}" of space "alpha". A rotation has replaced it by "ci".',
        'Could not be read: space "1234".',
    ]
    assert summary_lines(adopt_listed([token("ci")])) == ["1 API token of 1 scope declared."]

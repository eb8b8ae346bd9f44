# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scopes and token MRNs as options."""

from __future__ import annotations

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import (
    Scope,
    scope_from,
    scope_path,
    token_id,
    token_mrn_from,
    token_scope,
)

_SPACES = "//captain.api.mondoo.app/spaces/"
_ORGANIZATIONS = "//captain.api.mondoo.app/organizations/"


@pytest.mark.parametrize(
    ("kind", "value", "mrn"),
    [
        ("space", "my-space-1234", _SPACES + "my-space-1234"),
        ("space", " my-space-1234\n", _SPACES + "my-space-1234"),
        ("space", _SPACES + "my-space-1234", _SPACES + "my-space-1234"),
        ("organization", "Org_1.x~y", _ORGANIZATIONS + "Org_1.x~y"),
        ("organization", _ORGANIZATIONS + "o", _ORGANIZATIONS + "o"),
    ],
)
def test_scopes(kind: str, value: str, mrn: str) -> None:
    assert scope_from(kind, value) == Scope(kind, mrn)


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("space", "", "space must not be empty: give its ID or MRN."),
        ("organization", "  ", "organization must not be empty: give its ID or MRN."),
        ("space", "a b", f'space: "a b" is neither an ID nor an MRN (an MRN looks like {_SPACES}ID).'),
        ("space", "a/b", f'space: "a/b" is neither an ID nor an MRN (an MRN looks like {_SPACES}ID).'),
        ("space", "-a", f'space: "-a" is neither an ID nor an MRN (an MRN looks like {_SPACES}ID).'),
        (
            "space",
            _ORGANIZATIONS + "o",
            f'space: "{_ORGANIZATIONS}o" is the MRN of an organization; use the option organization for it.',
        ),
        (
            "organization",
            _SPACES + "s",
            f'organization: "{_SPACES}s" is the MRN of a space; use the option space for it.',
        ),
        ("space", _SPACES, f'space: "{_SPACES}" is not the MRN of a space (an MRN looks like {_SPACES}ID).'),
        (
            "organization",
            "//iam.api.mondoo.app/roles/viewer",
            'organization: "//iam.api.mondoo.app/roles/viewer" is not the MRN of an organization'
            f" (an MRN looks like {_ORGANIZATIONS}ID).",
        ),
        (
            "space",
            _SPACES + "a/b",
            f'space: "{_SPACES}a/b" is not the MRN of a space (an MRN looks like {_SPACES}ID).',
        ),
    ],
)
def test_what_is_no_scope(kind: str, value: str, message: str) -> None:
    with pytest.raises(MondooError) as caught:
        scope_from(kind, value)
    assert caught.value.code == "InvalidOption"
    assert str(caught.value) == message


def test_a_scope_is_shown_by_its_kind_and_id() -> None:
    assert str(Scope("space", _SPACES + "s-1")) == 'space "s-1"'
    assert str(Scope("organization", _ORGANIZATIONS + "o-1")) == 'organization "o-1"'


@pytest.mark.parametrize("value", ["//x", " //agents.api.mondoo.app/t/1 "])
def test_token_mrns(value: str) -> None:
    assert token_mrn_from(value) == value.strip()


@pytest.mark.parametrize("value", ["", "//", " // ", "ci", "/x", "https://x"])
def test_what_is_no_token_mrn(value: str) -> None:
    with pytest.raises(MondooError) as caught:
        token_mrn_from(value)
    assert str(caught.value) == f'mrn: "{value}" is not the MRN of an API token: it starts with //.'


_AGENTS = "//agents.api.mondoo.app/"


@pytest.mark.parametrize(
    ("mrn", "scope"),
    [
        (_AGENTS + "spaces/s-1/serviceaccounts/7", Scope("space", _SPACES + "s-1")),
        (_AGENTS + "organizations/O_1/serviceaccounts/7", Scope("organization", _ORGANIZATIONS + "O_1")),
        (_AGENTS + "spaces/s-1/apitokens/7", None),
        (_AGENTS + "spaces/s-1/serviceaccounts/", None),
        (_AGENTS + "spaces/s-1/serviceaccounts/7/x", None),
        (_AGENTS + "spaces/-/serviceaccounts/7", None),
        ("//other.api.mondoo.app/spaces/s-1/serviceaccounts/7", None),
        (_SPACES + "s-1", None),
        ("opaque", None),
    ],
)
def test_the_scope_that_a_token_mrn_names(mrn: str, scope: Scope | None) -> None:
    assert token_scope(mrn) == scope


def test_parts_of_mrns() -> None:
    assert scope_path(_SPACES + "s-1") == "spaces/s-1"
    assert scope_path("//elsewhere/spaces/s-1") == "spaces/s-1"
    assert scope_path(_SPACES + "s-1//") == "spaces/s-1"
    assert token_id(_AGENTS + "spaces/s-1/serviceaccounts/7") == "7"
    assert token_id("opaque") == "opaque"

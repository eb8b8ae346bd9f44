# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Entries that stand for several spaces, and entries of tokens that share a name."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mondoo.platform.plugins.module_utils._applying.entry import Entry
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import scope_arguments, set_arguments
from ansible_collections.mondoo.platform.plugins.module_utils._module.entries import expand_entries, read_entries
from ansible_collections.mondoo.platform.plugins.module_utils._values.each_space import EachSpace, Space
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import PERMISSION_DENIED, MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from

ACME = scope_from("organization", "acme")
ALPHA = Space(scope_from("space", "alpha"), "Alpha")
BETA = Space(scope_from("space", "beta"), "Beta")
EACH = {"name": "ci-{space}", "organization": "acme", "each_space": True}


def read(*tokens: dict[str, Any], **options: Any) -> list[Entry]:
    specification = {**set_arguments(), **scope_arguments()}
    result = ArgumentSpecValidator(specification).validate({"tokens": list(tokens), **options})
    return read_entries(result.validated_parameters)


def test_expanded_entries_keep_their_place_and_number() -> None:
    entries = read({"name": "first", "space": "gamma"}, {**EACH, "token_path": "/t/{space}", "mode": "0640"})
    expanded, warnings = expand_entries(entries, {ACME: (ALPHA, BETA)})
    assert warnings == []
    assert [(entry.number, entry.space, entry.declaration.name, entry.place) for entry in expanded] == [
        (1, None, "first", 'entry 1 of tokens ("first")'),
        (2, ALPHA, "ci-alpha", 'entry 2 of tokens ("ci-{space}") in space "alpha"'),
        (2, BETA, "ci-beta", 'entry 2 of tokens ("ci-{space}") in space "beta"'),
    ]
    assert [entry.declaration.token_path for entry in expanded] == [None, "/t/alpha", "/t/beta"]
    assert {entry.file_options["mode"] for entry in expanded[1:]} == {"0640"}


@pytest.mark.parametrize(
    ("entry", "options"),
    [
        (EACH, {}),
        ({"name": "ci-{space}", "each_space": "yes"}, {"organization": "acme"}),
        ({**EACH, "organization": None, "scope_mrn": ACME.mrn}, {}),
    ],
)
def test_the_organization_may_be_that_of_the_task(entry: dict[str, Any], options: dict[str, Any]) -> None:
    (read_entry,) = read(entry, **options)
    assert (read_entry.each_space, read_entry.declaration.scope) == (EachSpace(), ACME)


def test_text_that_says_no_is_no_each_space() -> None:
    (entry,) = read({**EACH, "each_space": "false"})
    assert (entry.each_space, entry.declaration.scope, entry.declaration.name) == (None, ACME, "ci-{space}")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({**EACH, "organization": None, "space": "alpha"}, "each_space needs the organization of the spaces"),
        ({**EACH, "mrn": "//x/y"}, "each_space needs name, and excludes mrn"),
        ({**EACH, "name": "ci-{nope}"}, "has braces other than"),
        ({**EACH, "token_path": "/etc/token"}, "needs {space} or {space_name} in it"),
        ({**EACH, "each_space": 2}, "is neither a boolean nor a list"),
    ],
)
def test_what_is_refused_before_any_request(entry: dict[str, Any], words: str) -> None:
    with pytest.raises(MondooError) as caught:
        read({"name": "other", "space": "alpha"}, entry)
    assert "entry 2 of tokens" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("spaces", "each_space", "warnings"),
    [
        ((), True, ['entry 1 of tokens ("ci-{space}") applies to no space: organization "acme" has none.']),
        ((ALPHA,), ["alpha", "x*"], ['entry 1 of tokens ("ci-{space}"): each_space: "x*" matches no space of organization "acme".']),
        ((ALPHA,), [], ['entry 1 of tokens ("ci-{space}") applies to no space: each_space is empty.']),
    ],
)  # fmt: skip
def test_patterns_that_fit_nothing_are_warnings(
    spaces: tuple[Space, ...], each_space: Any, warnings: list[str]
) -> None:
    assert expand_entries(read({**EACH, "each_space": each_space}), {ACME: spaces})[1] == warnings


def test_spaces_that_could_not_be_listed_fail_their_entry_alone() -> None:
    error = MondooError(PERMISSION_DENIED, "no")
    first, second = expand_entries(read(EACH, {"name": "x", "space": "gamma"}), {ACME: error})[0]
    assert (str(first.error), second.error) == (str(error), None)


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (
            [EACH, {"name": "ci-alpha", "space": "alpha"}],
            'entry 2 of tokens ("ci-alpha") declares the API token "ci-alpha" of space "alpha" again, as entry 1 of tokens'
            ' ("ci-{space}") in space "alpha" does.',
        ),
        ([EACH, {**EACH, "each_space": ["b*"]}], 'in space "beta" declares the API token "ci-beta" of space "beta" again'),
        ([{**EACH, "token_path": "/t/{space}"}, {"name": "x", "space": "gamma", "token_path": "/t/beta"}], "writes to /t/beta too"),
    ],
)  # fmt: skip
def test_what_turns_out_to_be_declared_twice_is_refused(tokens: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(MondooError) as caught:
        expand_entries(read(*tokens), {ACME: (ALPHA, BETA)})
    assert words in str(caught.value)


def test_spaces_of_one_name_fail_alone() -> None:
    """A new namesake among the spaces must not stop the others."""
    twins = [Space(scope_from("space", key), "Production") for key in ("one", "two")]
    entries, _warnings = expand_entries(
        read({**EACH, "token_path": "/t/{space_name}"}), {ACME: (twins[0], ALPHA, twins[1])}
    )
    assert [entry.error is None for entry in entries] == [False, True, False]
    assert all("writes to /t/Production too" in str(entry.error) for entry in entries if entry.error)
    assert all("use {space}" in str(entry.error) for entry in entries if entry.error)


def test_spaces_that_differ_in_letter_case_are_two_if_the_service_lists_both() -> None:
    spaces = (ALPHA, Space(scope_from("space", "Alpha"), "Another"))
    entries, _warnings = expand_entries(read(EACH), {ACME: spaces})
    assert [(entry.space, entry.error) for entry in entries] == [(space, None) for space in spaces]


def test_two_tokens_of_one_name_by_their_mrns() -> None:
    """As a listing returns them."""
    mrn = "//agents.api.mondoo.app/spaces/alpha/serviceaccounts/"
    entries = read({"mrn": f"{mrn}1", "name": "dup"}, {"mrn": f"{mrn}2", "name": "dup"})
    assert [entry.declaration.scope for entry in entries] == [ALPHA.scope, ALPHA.scope]
    with pytest.raises(MondooError) as caught:
        read({"mrn": f"{mrn}1", "name": "dup"}, {"name": "dup", "space": "alpha"})
    assert "again" in str(caught.value)

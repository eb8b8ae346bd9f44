# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A declared set, as options and as what is made of them; what is refused, and which entry it is said of."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._module.arguments import (
    scope_arguments,
    set_arguments,
    shared_token_arguments,
)
from ansible_collections.mondoo.platform.plugins.module_utils._module.entries import (
    MAX_CONCURRENCY,
    read_concurrency,
    read_entries,
    read_mode,
    read_prune,
)
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declaration import Declaration, Mode
from ansible_collections.mondoo.platform.plugins.module_utils._planning.declared_set import Prune
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.builders import ORGANIZATION, SPACE, roles, token_mrn

_DEFAULTS: dict[str, Any] = {
    name: about.get("default") for name, about in {**set_arguments(), **scope_arguments()}.items()
}


def options(*tokens: dict[str, Any], **task: Any) -> dict[str, Any]:
    return {**_DEFAULTS, "tokens": list(tokens), **task}


def declarations(*tokens: dict[str, Any], **task: Any) -> list[Declaration]:
    return [entry.declaration for entry in read_entries(options(*tokens, **task))]


def refusal(*tokens: dict[str, Any], **task: Any) -> str:
    with pytest.raises(MondooError) as caught:
        read_entries(options(*tokens, **task))
    assert caught.value.code == "InvalidOption"
    assert caught.value.operation is None
    return caught.value.reason


CI = {"name": "ci", "space": "space-1"}


def test_what_is_left_out_is_none() -> None:
    assert declarations(CI) == [Declaration(SPACE, "ci")]


# Options of the task, and of an entry

# By option: of the task, of an entry; and what a declaration has then, without either, with the one and with the other.
SHARED: dict[str, tuple[Any, Any, str, Any, Any, Any]] = {
    "description": ("all", "mine", "description", None, "all", "mine"),
    "permissions": (["viewer"], ["owner"], "roles", None, roles("viewer"), roles("owner")),
    "rotate_after": ("1d", "2d", "rotate_after", None, timedelta(days=1), timedelta(days=2)),
    "overlap": ("1h", "2h", "overlap", None, timedelta(hours=1), timedelta(hours=2)),
    "lost_secret": ("fail", "rotate", "lost_secret", "warn", "fail", "rotate"),
    "generate": (False, True, "generate", True, False, True),
    "pending_grace": ("1h", "0", "pending_grace", timedelta(minutes=10), timedelta(hours=1), timedelta()),
    "verify_secret": ("never", "always", "verify_secret", "rotated", "never", "always"),
}
# What an entry says although it says little.
_EMPTY = {
    "description": ("", ""),
    "permissions": ([], frozenset()),
    "rotate_after": ("0", timedelta()),
    "overlap": ("0", timedelta()),
}


def test_every_shared_option_has_its_cases() -> None:
    assert set(SHARED) == set(shared_token_arguments())


@pytest.mark.parametrize("option", SHARED)
def test_an_option_of_the_task_is_a_default(option: str) -> None:
    of_task, of_entry, attribute, neither, common, own = SHARED[option]
    assert [getattr(one, attribute) for one in declarations(CI)] == [neither]
    second = {**CI, "name": "second", option: of_entry}
    third = {**CI, "name": "third", option: None}
    found = declarations(CI, second, third, **{option: of_task})
    assert [getattr(one, attribute) for one in found] == [common, own, common]
    assert [getattr(one, attribute) for one in declarations(CI, second)] == [neither, own]


@pytest.mark.parametrize("option", _EMPTY)
def test_an_empty_value_of_an_entry_is_a_value(option: str) -> None:
    written, expected = _EMPTY[option]
    (found,) = declarations({**CI, option: written}, **{option: SHARED[option][0]})
    assert getattr(found, SHARED[option][2]) == expected


@pytest.mark.parametrize(
    ("entry", "task", "scope"),
    [
        ({}, {"space": "space-1"}, SPACE),
        ({}, {"organization": "org-1"}, ORGANIZATION),
        ({"space": "space-1"}, {"organization": "org-1"}, SPACE),
        ({"organization": "org-1"}, {"space": "space-1"}, ORGANIZATION),
        ({"space": SPACE.mrn}, {}, SPACE),
        ({"space": None, "organization": None}, {"space": "space-1"}, SPACE),
    ],
)
def test_scopes(entry: dict[str, Any], task: dict[str, Any], scope: object) -> None:
    (found,) = declarations({"name": "ci", **entry}, **task)
    assert found.scope == scope


def test_files_are_of_entries(tmp_path: Path) -> None:
    entry = {**CI, "token_path": str(tmp_path / "x"), "mode": "0640", "owner": "root", "attr": "i"}
    (found,) = read_entries(options(entry))
    assert found.declaration.token_path == str(tmp_path / "x")
    assert (found.file_options["mode"], found.file_options["owner"], found.file_options["attributes"]) == (
        "0640",
        "root",
        "i",
    )
    (plain,) = read_entries(options(CI))
    assert {plain.file_options[name] for name in ("mode", "owner", "group", "seuser", "attributes")} == {None}


def test_values_are_converted_as_ansible_does() -> None:
    (found,) = declarations(
        {"name": "ci", "space": "space-1", "permissions": "viewer,agent", "purge_permissions": "no"}
    )
    assert (found.name, found.roles, found.purge_permissions) == ("ci", roles("viewer", "agent"), False)


def test_what_a_listing_returns_can_be_given_back_as_it_is() -> None:
    """With all that it says of the token beside its options; even a name that nobody would choose."""
    item = {
        "id": "x",
        "mrn": token_mrn("x"),
        "name": "ci (retired 2026-11-25T00:00:00Z)",
        "description": "",
        "permissions": ["viewer", "//iam.api.mondoo.app/roles/brand-new"],
        "roles": ["//iam.api.mondoo.app/roles/viewer", "//iam.api.mondoo.app/roles/brand-new"],
        "scope_mrn": SPACE.mrn,
        "created_at": "2026-11-25T00:00:00Z",
        "last_used_at": None,
        "created_by": "someone@example.com",
        "age_days": 1,
        "unused_days": 1,
    }
    (declared,) = declarations(item)
    assert (declared.scope, declared.mrn, declared.name) == (SPACE, item["mrn"], item["name"])
    assert declared.roles == roles("viewer", "brand-new")


@pytest.mark.parametrize("option", ["name", "mrn", "space", "organization", "scope_mrn"])
@pytest.mark.parametrize(
    ("value", "kind"),
    [(1.10, "a number"), (83, "a number"), (True, "a boolean"), (date(2026, 11, 25), "a date")],
    ids=str,
)
def test_an_identifier_that_yaml_took_for_something_else_is_refused(option: str, value: object, kind: str) -> None:
    text = refusal({"name": "ci", option: value}, space="space-1")
    assert f"{option}: {value} is {kind} in YAML" in text
    assert "quote it" in text


@pytest.mark.parametrize("second", [{"space": "SPACE-1"}, {"scope_mrn": SPACE.mrn.replace("space-1", "SPACE-1")}])
def test_two_spellings_of_one_scope_are_refused(second: dict[str, Any]) -> None:
    text = refusal(CI, {"name": "other", **second})
    assert 'writes space "space-1" as space "SPACE-1": use one spelling' in text


def test_what_is_given_is_left_as_it_is() -> None:
    entry = {"name": "ci", "space": "space-1", "permissions": "viewer"}
    given = options(entry)
    read_entries(given)
    assert entry == {"name": "ci", "space": "space-1", "permissions": "viewer"}


def test_places_name_the_entry() -> None:
    found = read_entries(options(CI, {"mrn": token_mrn("x"), "space": "space-1"}))
    assert [entry.place for entry in found] == [
        'entry 1 of tokens ("ci")',
        f'entry 2 of tokens ("{token_mrn("x")}")',
    ]


# Refusals


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"name": "ci", "space": "s", "permisions": []}, 'unknown permisions (did you mean "permissions")'),
        ({"name": "ci", "space": "s", "zzz": 1, "aaa": 2}, "unknown aaa, zzz (known: "),
        ({"name": "ci", "space": "s", "prune": True}, "unknown prune"),
        ({"name": "ci", "space": "s", 3: 4}, "unknown 3"),
        ({"name": "ci"}, "one of space, organization and scope_mrn is required, here or for the whole task"),
        ({"name": "ci", "space": None}, "one of space, organization and scope_mrn is required"),
        ({"name": "ci", "space": "s", "organization": "o"}, "mutually exclusive: space|organization|scope_mrn"),
        ({"space": "s"}, "one of name and mrn is required"),
        ({}, "one of space, organization and scope_mrn is required"),
        ({"name": None, "space": "s"}, "one of name and mrn is required"),
        ({"name": " ", "space": "s"}, "name must not be empty"),
        ({"mrn": "2hK8", "space": "s"}, 'mrn: "2hK8" is not the MRN'),
        ({"name": "ci", "space": ""}, "space must not be empty"),
        ({"name": "ci", "space": ORGANIZATION.mrn}, "is the MRN of an organization"),
        ({"name": "ci", "space": "s", "rotate_after": "soon"}, "rotate_after"),
        ({"name": "ci", "space": "s", "overlap": "-1d"}, "overlap"),
        ({"name": "ci", "space": "s", "permissions": ["vewer"]}, 'Did you mean "viewer"'),
        ({"name": "ci", "space": "s", "permissions": {"viewer": True}}, "permissions"),
        ({"name": "ci", "space": "s", "purge_permissions": "perhaps"}, "purge_permissions"),
        ({"name": "ci", "space": "s", "state": "gone"}, "value of state must be one of: present, absent"),
        ({"name": "ci", "space": "s", "lost_secret": "ask"}, "value of lost_secret must be one of"),
        ({"name": "ci", "space": "s", "token_path": ""}, "token_path must not be empty"),
    ],
)
def test_a_wrong_entry_is_named(entry: dict[str, Any], words: str) -> None:
    text = refusal({"name": "right", "space": "s"}, entry)
    assert text.startswith("entry 2 of tokens")
    assert words in text
    assert "entry 1" not in text
    if isinstance(entry.get("name"), str):
        assert f'("{entry["name"]}")' in text or not entry["name"]


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({"permissions": ["vewer"]}, 'Did you mean "viewer"'),
        ({"rotate_after": "soon"}, "rotate_after"),
        ({"overlap": "1 fortnight"}, "overlap"),
        ({"space": "//nowhere"}, "space"),
    ],
)
def test_a_mistake_of_the_task_is_one_mistake(task: dict[str, Any], words: str) -> None:
    text = refusal(CI, {**CI, "name": "two"}, **task)
    assert words in text
    assert "entry" not in text


SCOPED = {"space": "space-1"}


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({"name": "ci", **SCOPED}, {"name": "ci", **SCOPED}, 'the API token "ci" of space "space-1" again'),
        ({"name": "ci", **SCOPED}, {"name": "ci", "space": SPACE.mrn}, "again"),
        ({"name": "ci", **SCOPED}, {"name": "ci", "state": "absent", **SCOPED}, "again"),
        ({"name": "ci", **SCOPED}, {"name": "ci", "mrn": token_mrn("x"), **SCOPED}, "again"),
        ({"mrn": token_mrn("x"), **SCOPED}, {"mrn": f" {token_mrn('x')} ", **SCOPED}, "again"),
        ({"mrn": token_mrn("x"), **SCOPED}, {"mrn": token_mrn("x"), "organization": "o"}, "again"),
        ({"mrn": token_mrn("x"), "name": "a", **SCOPED}, {"mrn": token_mrn("x"), "name": "b", **SCOPED}, "again"),
    ],
)
def test_the_same_token_twice(first: dict[str, Any], second: dict[str, Any], words: str) -> None:
    text = refusal({"name": "other", **SCOPED}, first, second)
    assert text.startswith("entry 3 of tokens")
    assert words in text
    assert "as entry 2 of tokens" in text
    assert "entry 1" not in text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"name": "ci", **SCOPED}, {"name": "ci", "organization": "space-1"}),
        ({"name": "ci", **SCOPED}, {"name": "ci", "space": "space-2"}),
        ({"name": "ci", **SCOPED}, {"name": "CI", **SCOPED}),
        ({"name": "ci", **SCOPED}, {"mrn": token_mrn("ci"), **SCOPED}),
    ],
)
def test_what_may_be_declared_together(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert len(declarations(first, second)) == 2


def test_two_that_write_to_the_same_file(tmp_path: Path) -> None:
    folder = tmp_path / "real"
    folder.mkdir()
    (folder / "token").write_text("x", encoding="utf-8")
    (tmp_path / "link").symlink_to(folder / "token")
    (tmp_path / "folder").symlink_to(folder)
    (tmp_path / "dangling").symlink_to(folder / "missing")
    alike = [
        [folder / "token", tmp_path / "link", tmp_path / "folder" / "token", folder / ".." / "real" / "token"],
        [folder / "missing", tmp_path / "dangling", tmp_path / "folder" / "missing"],
    ]
    for paths in alike:
        for other in paths:
            entries = [{**CI, "token_path": str(paths[0])}, {**CI, "name": "two", "token_path": str(other)}]
            text = refusal(*entries)
            assert text.startswith('entry 2 of tokens ("two") writes to ')
            assert 'as entry 1 of tokens ("ci") does' in text
            # What is absent writes nothing.
            assert len(declarations(entries[0], {**entries[1], "state": "absent"})) == 2


def test_all_mistakes_are_told_at_once_up_to_a_point() -> None:
    wrong = [{"name": f"t{number}", "space": "s", "state": "gone"} for number in range(13)]
    text = refusal(*wrong, {"name": "same", "space": "s"}, {"name": "same", "space": "s"})
    assert text.count("entry ") == 10
    assert text.endswith("; and 4 more")
    assert refusal(*wrong[:2]).count("entry ") == 2
    assert "more" not in refusal(*wrong[:10])


# Pruning and concurrency


def test_what_may_be_pruned() -> None:
    assert read_prune(options(CI)) is None
    assert read_prune(options(CI, prune=True)) == Prune((), 25)
    assert read_prune(options(CI, prune=True, prune_keep=["a*", "b"], prune_limit=0)) == Prune(("a*", "b"), 0)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (options(prune=True), "prune needs at least one entry"),
        (options(CI, prune=True, prune_limit=-1), "prune_limit: -1 is out of range"),
        (options(CI, prune_limit=-1), "prune_limit: -1 is out of range"),
    ],
)
def test_what_pruning_needs(given: dict[str, Any], words: str) -> None:
    with pytest.raises(MondooError, match=words):
        read_prune(given)


@pytest.mark.parametrize("number", [1, 8, MAX_CONCURRENCY])
def test_concurrency(number: int) -> None:
    assert read_concurrency(options(concurrency=number)) == number


@pytest.mark.parametrize("number", [-1, 0, MAX_CONCURRENCY + 1])
def test_concurrency_out_of_range(number: int) -> None:
    with pytest.raises(MondooError, match=f"concurrency: {number} is out of range: 1 to 64"):
        read_concurrency(options(concurrency=number))


# Secrets that other tasks hand over


@pytest.mark.parametrize(
    ("task", "mode", "delivered"),
    [
        ({}, Mode.DIRECT, set()),
        ({"stage": True}, Mode.STAGED, set()),
        ({"stage": True, "delivered": [f" {token_mrn('x')} "]}, Mode.FINISH, {token_mrn("x")}),
        ({"delivered": []}, Mode.FINISH, set()),
    ],
)
def test_how_secrets_are_handed_over(task: dict[str, Any], mode: Mode, delivered: set[str]) -> None:
    assert read_mode(options(CI, **task)) == (mode, frozenset(delivered))


def test_what_was_delivered_is_named_by_its_mrn() -> None:
    with pytest.raises(MondooError, match='"ci" is not the MRN of an API token'):
        read_mode(options(CI, delivered=["ci"]))

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a declaration says, and what is wrong with it: modes, places, variables of the role, entries."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.declaration import read_declaration
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.delivery import (
    Space,
    Surroundings,
    read_delivery,
)
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.places import (
    FilePlace,
    TasksPlace,
    VaultPlace,
    place_data,
    place_from,
)
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.sealing import unseal
from ansible_collections.mondoo.platform.plugins.plugin_utils._handover.settings import (
    TYPES,
    VARIABLES,
    Settings,
    misspelt_variables,
    read_settings,
)
from ansible_collections.mondoo.platform.plugins.plugin_utils._modes import mode_from

AROUND = Surroundings(
    hosts=frozenset({"h1", "h2", "build-1"}),
    groups=frozenset({"builders"}),
    directory="/plays",
    has_vault=True,
    task_problems=lambda path: [f"{path} is not there"] if "gone" in path else [],
)
ALPHA = Space("alpha")
_SPECS = Path(__file__).parents[5] / "roles/api_tokens/meta/argument_specs.yml"
ROLE = yaml.safe_load(_SPECS.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("value", "mode"),
    [
        ("0640", "0640"),
        ("640", "0640"),
        ("u=rw,g=r", "0640"),
        ("g+r", "0640"),
        ("+r", "0600"),
        ("a=r", "0444"),
        ("u-w,go=", "0400"),
        ("u=rX", "0400"),
        ("o=w", None),
        ("a+w", None),
        ("u+x", None),
        ("u+s", None),
        (0o640, "0640"),
        (0o600, "0600"),
        (0o400, "0400"),
        (640, None),
        (600, None),
        (400, None),
        ("416", None),
        ("0777", None),
        ("0602", None),
        ("1640", None),
        ("0o640", "0640"),
        ("rw-r-----", None),
        (True, None),
        (6.4, None),
    ],
)
def test_mode(value: object, mode: str | None) -> None:
    """A number is taken for the mode that it was written as where that can be told; what nobody means is refused."""
    if mode is not None:
        assert mode_from("mode", value) == mode
        return
    with pytest.raises(MondooError, match="mode"):
        mode_from("mode", value)


@pytest.mark.parametrize(
    ("value", "mode"),
    [
        ("0750", "0750"),
        (0o750, "0750"),
        ("u=rwx,g=rx", "0750"),
        ("go+X", "0711"),
        (750, None),
        ("0640", None),
        ("0777", None),
        ("u=rwx,o=rwx", None),
        ("a=rwx", None),
    ],
)
def test_mode_of_a_directory(value: object, mode: str | None) -> None:
    if mode is not None:
        assert mode_from("directory_mode", value, of_directory=True) == mode
        return
    with pytest.raises(MondooError):
        mode_from("directory_mode", value, of_directory=True)


@pytest.mark.parametrize(
    ("deliver", "places"),
    [
        ({"hosts": ["h1", "h2"], "path": "/x/y"}, [FilePlace("h1", "/x/y"), FilePlace("h2", "/x/y")]),
        ({"hosts": "h1, h2", "path": "/x"}, [FilePlace("h1", "/x"), FilePlace("h2", "/x")]),
        ({"hosts": "localhost", "path": "/{space}/x"}, [FilePlace("localhost", "/alpha/x")]),
        (
            {"hosts": "h1", "path": "/x", "owner": 1000, "group": "ops", "mode": 0o640, "directory_mode": "0750"},
            [FilePlace("h1", "/x", "1000", "ops", "0640", "0750")],
        ),
        ({"vault": "a_{space}"}, [VaultPlace("a_alpha")]),
        ({"tasks": "own.yml"}, [TasksPlace("/plays/own.yml")]),
        ({"tasks": "/a/own.yml"}, [TasksPlace("/a/own.yml")]),
        ({"hosts": "h1", "path": "/x", "vault": "v"}, [FilePlace("h1", "/x"), VaultPlace("v")]),
    ],
)
def test_places(deliver: dict[str, Any], places: list[Any]) -> None:
    delivery = read_delivery(deliver, AROUND, ALPHA)
    assert (delivery.places, delivery.problems) == (places, [])
    assert [place_from(json.loads(json.dumps(place_data(place)))) for place in places] == places


def test_a_hyphen_cannot_be_part_of_a_variable() -> None:
    delivery = read_delivery({"vault": "a_{space}_{space_name}"}, AROUND, Space("prod-1", "Prod one"))
    assert delivery.places == [VaultPlace("a_prod_1_Prod_one")]


def test_variables_of_tasks_travel_sealed() -> None:
    variables = {"url": "https://{space}.invalid", "password": "hunter2"}
    (place,) = read_delivery({"tasks": "own.yml", "vars": variables}, AROUND, ALPHA).places
    assert isinstance(place, TasksPlace)
    assert "hunter2" not in json.dumps(place_data(place))
    assert place.names == ("password", "url")
    assert json.loads(unseal(place.variables)) == {"url": "https://alpha.invalid", "password": "hunter2"}


@pytest.mark.parametrize(
    ("deliver", "words"),
    [
        ({}, "names no place"),
        ({"hosts": [], "path": "/x"}, "deliver.hosts is empty"),
        ({"hosts": None, "path": "/x"}, "deliver.hosts is empty"),
        *[({"hosts": text, "path": "/x"}, "deliver.hosts is empty") for text in (" ", ",", "[]")],
        ({"hosts": {"a": 1}, "path": "/x"}, "deliver.hosts is a dictionary, and not a list of hosts"),
        ({"hosts": date(2026, 1, 1), "path": "/x"}, "deliver.hosts is a date, and not a list of hosts"),
        ({"vault": None}, "deliver.vault is empty"),
        ({"vault": " "}, "deliver.vault is empty"),
        ({"tasks": ""}, "deliver.tasks is empty"),
        ({"hosts": ["h1"]}, "hosts needs path"),
        ({"path": "/x", "vault": "v"}, "path needs hosts"),
        ({"hosts": "h1", "path": "x"}, "not the absolute path of a file"),
        ({"hosts": "h1", "path": "/x/"}, "not the absolute path of a file"),
        ({"hosts": "h1", "path": "/x\n"}, "not the absolute path of a file"),
        ({"hosts": "build-2", "path": "/x"}, 'build-2 is not in the inventory (did you mean "build-1")'),
        ({"hosts": "builders", "path": "/x"}, "builders is a group: write {{ groups.builders }}"),
        ({"hosts": ["h1", "h1"], "path": "/x"}, "names h1 twice"),
        ({"hosts": [7], "path": "/x"}, "7 is not the name of a host"),
        ({"hosts": "h1", "path": "/x", "mode": 640}, "deliver.mode: 640 is a number"),
        ({"hosts": "h1", "path": "/x", "owner": "a b"}, "is not the name of a user"),
        ({"hosts": "h1", "path": "/x", "group": True}, "is not the name of a group"),
        ({"hosts": "h1", "path": "/x", "onwer": "a"}, 'unknown onwer (did you mean "owner")'),
        ({"vault": "my-tok"}, "is not the name of a variable"),
        ({"vault": "class"}, "is not the name of a variable"),
        ({"tasks": "gone.yml"}, "/plays/gone.yml is not there"),
        ({"tasks": 7}, "is a number, and not the path"),
        ({"vault": "v", "vars": {"a": 1}}, "vars needs tasks or store"),
        ({"tasks": "own.yml", "vars": {"api_token_secret": 1}}, "choose another name"),
        ({"tasks": "own.yml", "vars": {"a-b": 1}}, "'a-b' is not the name of a variable"),
        ({"tasks": "own.yml", "vars": "a=1"}, "deliver.vars is text"),
        ({"store": "kubernets"}, 'did you mean "kubernetes"'),
        ({"store": "kubernetes"}, "needs kubernetes_namespace, kubernetes_secret_name"),
        (
            {"store": "github", "vars": {"github_owner": "a", "github_secret_name": "b", "github_repo": "c"}},
            "github_repository",
        ),
        ({"vault": "a_{space_name}"}, "known only to entries with each_space"),
    ],
)
def test_wrong_places(deliver: dict[str, Any], words: str) -> None:
    assert words in " ".join(read_delivery(deliver, AROUND, ALPHA).problems)


def test_an_organization_has_no_space() -> None:
    problems = read_delivery({"vault": "a_{space}"}, AROUND, None).problems
    assert "{space} has no meaning for a token of an organization" in problems[0]


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        *[("prune", text, False) for text in ("false", "no", "0", "off", "False")],
        *[("prune", text, True) for text in ("true", "yes", "1", "on")],
        ("prune_keep", "a,b-*", ["a", "b-*"]),
        ("prune_keep", '["a, b"]', ["a, b"]),
        ("prune_limit", "7", 7),
        ("concurrency", "3", 3),
        ("rotate_now", "ci", ["ci"]),
        ("rotate_now", "ci, other", ["ci", "other"]),
        ("rotate_now", '[{"name": "ci", "space": "a"}]', [{"name": "ci", "space": "a"}]),
        ("declared", '[{"name": "ci"}]', [{"name": "ci"}]),
        ("declared", "- name: ci\n", [{"name": "ci"}]),
        ("deliver", '{"vault": "v"}', {"vault": "v"}),
        ("deliver", "vault=v", {"vault": "v"}),
        ("vault_file", "/x", "/x"),
    ],
)
def test_text_means_what_it_says(variable: str, text: str, value: object) -> None:
    settings, problems = read_settings({"declared": [], variable: text})
    assert (getattr(settings, variable), problems) == (value, [])


# A value for each kind of variable, and the same as text.
_SAMPLES: dict[str, tuple[object, str]] = {
    "bool": (False, "no"),
    "int": (3, "3"),
    "list": (["a", "b"], "a,b"),
    "str": ("1d", "1d"),
    "path": ("/x", "/x"),
}
_RAW: dict[str, tuple[object, str]] = {
    "declared": ([{"name": "ci"}], '[{"name": "ci"}]'),
    "deliver": ({"vault": "v"}, '{"vault": "v"}'),
    "rotate_now": (["ci"], "ci"),
}


@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_every_variable_of_the_role_as_text(variable: str) -> None:
    """Whatever is added to the argument specs of the role must mean the same as text."""
    about = TYPES.get(variable, {"type": "str"})
    value, text = _RAW.get(variable) or _SAMPLES[about["type"]]
    if about.get("choices"):
        value = text = about["choices"][-1]
    given: dict[str, object] = {"declared": [], "deliver": {}}
    assert read_settings({**given, variable: text}) == read_settings({**given, variable: value})
    assert read_settings({**given, variable: text})[1] == []


@pytest.mark.parametrize("variable", sorted(VARIABLES - {"declared", "description", "vault_password"}))
def test_empty_text_is_as_if_it_was_not_given(variable: str) -> None:
    """As from a survey; but an empty description clears the current one."""
    for text in ("", " "):
        assert read_settings({"declared": [], variable: text}) == read_settings({"declared": []})


def test_the_role_lets_its_own_check_judge() -> None:
    """What the arguments of the role were not valid for, the report would not have."""
    options = ROLE["argument_specs"]["main"]["options"].values()
    assert {about["type"] for about in options} <= {"raw", "str", "path"}
    assert [about for about in options if about.get("required") or "choices" in about] == []


def test_the_variables_are_those_that_are_documented() -> None:
    assert {f"api_tokens_{name}" for name in VARIABLES} == set(ROLE["argument_specs"]["main"]["options"])


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("permissions", "agent,viewer", ["agent", "viewer"]),
        ("description", "", ""),
        ("space", "a", "a"),
        ("overlap", "1d", "1d"),
    ],
)
def test_what_all_tokens_have_in_common(variable: str, text: str, value: object) -> None:
    settings, problems = read_settings({"declared": [], variable: text})
    assert (settings.common[variable], problems) == (value, [])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "api_tokens_declared is missing"),
        ({"declared": "ci"}, "api_tokens_declared is not a list"),
        ({"declared": [], "prune": "maybe"}, "api_tokens_prune"),
        ({"declared": [], "prune_limit": "many"}, "api_tokens_prune_limit"),
        ({"declared": [], "lost_secret": "never"}, "api_tokens_lost_secret"),
        ({"declared": [], "deliver": ["h1"]}, "api_tokens_deliver is a list"),
        ({"declared": [], "rotate_now": [1.1]}, "quote it"),
        ({"declared": [], "rotate_now": [{"nmae": "ci"}]}, "is not of the form"),
        ({"declared": [], "rotate_now": [{"name": "ci", "space": "a", "organization": "b"}]}, "is not of the form"),
        *[
            ({"declared": [], "rotate_now": [{"name": "ci", "space": space}]}, "api_tokens_rotate_now: space is")
            for space in (123, None, "", ["a"])
        ],
        ({"declared": [], "rotate_now": [{"name": 1.1}]}, "api_tokens_rotate_now: name is 1.1, and not text"),
    ],
)
def test_wrong_variables(values: dict[str, Any], words: str) -> None:
    _settings, problems = read_settings(values)
    assert words in " ".join(problems)


def test_misspelt_variables() -> None:
    names = [
        "api_tokens_declard",
        "api_tokens_prune",
        "api_tokens_of_ours",
        "api_tokens__checked",
        "api_tokens_adopt_file",
    ]
    (warning,) = misspelt_variables(names)
    assert warning.endswith("did you mean api_tokens_declared?")


def _declaration(*entries: Any, **settings: Any) -> list[str]:
    return read_declaration(Settings(declared=list(entries), **settings), AROUND).problems


FILE = {"hosts": "h1", "path": "/x"}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (["ci"], "entry 1 of api_tokens_declared: it is text"),
        ([7, {"nmae": "a", "space": "s"}, {"name": "b"}], "entry 2 of api_tokens_declared: unknown nmae"),
        (["ci", {"name": "b"}], 'entry 2 of api_tokens_declared ("b"): one of space'),
        (
            [{"name": "a", "space": "s", "token_path": None}],
            'entry 1 of api_tokens_declared ("a"): token_path has no value',
        ),
        ([{"name": "a", "space": "s", "deliver": "h1"}], "deliver is text"),
        ([{"name": 1.1, "space": "s"}], "quote it"),
        ([{"nmae": "a", "space": "s"}], 'unknown nmae (did you mean "name")'),
        (
            [
                {"name": "a", "space": "s", "deliver": FILE},
                {"name": "b", "space": "s", "deliver": {**FILE, "path": "/y/../x"}},
            ],
            'entry 2 of api_tokens_declared ("b"): /x on h1 is where the secret of entry 1',
        ),
        (
            [
                {"name": "a", "space": "s", "deliver": {"vault": "v"}},
                {"name": "b", "space": "s", "deliver": {"vault": "v"}},
            ],
            "the variable v is where",
        ),
        (
            [
                {"name": "a", "space": "s", "token_path": "/x"},
                {"name": "b", "space": "s", "deliver": {**FILE, "hosts": "localhost"}},
            ],
            "/x on localhost is where",
        ),
    ],
)
def test_wrong_entries(entries: list[Any], words: str) -> None:
    assert words in " ".join(_declaration(*entries))


TEMPLATE = {"name": "a", "organization": "o", "each_space": True}


@pytest.mark.parametrize(
    ("deliver", "words"),
    [
        ({"vault": "tok_{space}"}, ""),
        ({"vault": "{space_name}_token"}, ""),
        ({"hosts": ["{space}-web", "h1"], "path": "/x/{space}"}, ""),
        ({"tasks": "{space}/gone.yml"}, ""),
        ({"vault": "tok-{space}"}, "is not the name of a variable"),
        ({"hosts": ["{space}-web", "build-2"], "path": "/{space}"}, "build-2 is not in the inventory"),
        ({"hosts": "h1", "path": "{space}"}, "not the absolute path of a file"),
        ({"store": "{space}"}, "is not known"),
    ],
)
def test_places_in_spaces_that_are_not_known_yet(deliver: dict[str, Any], words: str) -> None:
    problems = _declaration({**TEMPLATE, "deliver": deliver})
    assert (words in " ".join(problems), len(problems)) == (True, bool(words))


@pytest.mark.parametrize(
    ("deliver", "name", "words"),
    [
        ({"vault": "tok_{space}"}, "Alpha", ""),
        ({"hosts": "{space}-web", "path": "/x"}, "Alpha", "alpha-web is not in the inventory"),
        ({"tasks": "gone-{space}.yml"}, "Alpha", "/plays/gone-alpha.yml is not there"),
        ({"hosts": "h1", "path": "/x/{space_name}/y"}, "Alpha", ""),
        ({"hosts": "h1", "path": "/x/{space_name}/y"}, "../z", "cannot be part of a path"),
        ({"tasks": "{space_name}"}, "..", "cannot be part of a path"),
        ({"vault": "tok_{space_name}"}, "a/b", ""),
    ],
)
def test_places_in_a_space_of_several(deliver: dict[str, Any], name: str, words: str) -> None:
    problems = read_delivery(deliver, AROUND, Space("alpha", name)).problems
    assert (words in " ".join(problems), len(problems)) == (True, bool(words))


@pytest.mark.parametrize("text", ["no", "false", "0"])
def test_each_space_as_text_that_means_no(text: str) -> None:
    """Such an entry is checked as any other."""
    entry = {"name": "a", "organization": "o", "each_space": text, "deliver": {"vault": "a_{space}"}}
    assert "{space} has no meaning" in " ".join(_declaration(entry))


@pytest.mark.parametrize(
    ("common", "words"),
    [
        ({"rotate_after": "90 days"}, "rotate_after"),
        ({"overlap": "long"}, "overlap"),
        ({"pending_grace": "long"}, "pending_grace"),
        ({"permissions": ["nosuch role"]}, "nosuch role"),
        ({"space": "a b"}, 'space: "a b"'),
    ],
)
def test_a_mistake_in_what_all_have_in_common_hides_none(common: dict[str, Any], words: str) -> None:
    text = " ".join(_declaration({"nmae": "a"}, {"name": "b"}, common=common))
    assert "entry 1 of api_tokens_declared: unknown nmae" in text
    assert text.count(words) == 1


def test_every_problem_is_told_at_once() -> None:
    problems = _declaration(
        {"name": "a", "space": "s", "deliver": {"vault": "a-b"}}, {"name": "b", "deliver": {"hosts": [], "path": "/x"}}
    )
    assert len(problems) == 3


def test_the_common_places_are_for_tokens_that_have_none() -> None:
    entries = [
        {"name": "a", "space": "s"},
        {"name": "b", "space": "s", "token_path": "/b"},
        {"name": "c", "space": "s", "deliver": {"vault": "c"}},
        {"name": "d", "space": "s", "state": "absent"},
    ]
    declaration = read_declaration(Settings(declared=entries, deliver={"vault": "all"}), AROUND)
    assert [entry.places(AROUND, ALPHA).places for entry in declaration.entries] == [
        [VaultPlace("all")],
        [],
        [VaultPlace("c")],
        [],
    ]


def test_a_file_on_the_controller_beside_other_places() -> None:
    entry = {"name": "a", "space": "s", "token_path": "here", "mode": "0640", "deliver": {"vault": "v"}}
    (read,) = read_declaration(Settings(declared=[entry]), AROUND).entries
    assert "token_path" not in read.options
    assert read.places(AROUND, ALPHA).places == [VaultPlace("v"), FilePlace("localhost", "/plays/here", mode="0640")]

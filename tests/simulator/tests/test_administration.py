# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests learn from the simulator, and what they can make it do."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from simulator.process import Simulator
from simulator.settings import SETTINGS

from .api import (
    ACME,
    ALPHA,
    BETA,
    DELETE,
    LIST,
    OUTSIDE,
    UPDATE,
    Api,
    listed,
    role,
)

# -- log ---------------------------------------------------------------------------------------------------------------


def test_the_log_tells_what_arrived(owner: Api, simulator: Simulator) -> None:
    owner.session.headers["User-Agent"] = "tests/1"
    mrn = owner.generate("ci", "viewer")["mrn"]
    owner.send(UPDATE, input={"mrn": "//nowhere", "name": "x"})
    owner.send(LIST, **listed(ALPHA))
    log = simulator.requests()
    assert [entry["number"] for entry in log] == [1, 2, 3]
    assert [entry["kind"] for entry in log] == ["mutation", "mutation", "query"]
    assert [entry["fields"] for entry in log] == [["generateAPIToken"], ["updateAPIToken"], ["apiTokens"]]
    assert [entry["executed"] for entry in log] == [True, True, True]
    assert [entry["committed"] for entry in log] == [True, False, False]
    assert {entry["user_agent"] for entry in log} == {"tests/1"}
    assert log[1]["variables"] == {"input": {"mrn": "//nowhere", "name": "x"}}
    assert sorted(entry["time"] for entry in log) == [entry["time"] for entry in log]
    assert simulator.mutations() == ["generateAPIToken", "updateAPIToken"]
    assert simulator.counters() == {
        "query": {"apiTokens": 1},
        "mutation": {"generateAPIToken": 1, "updateAPIToken": 1},
    }
    simulator.clear_requests()
    assert simulator.requests() == []
    owner.ask(DELETE, input={"mrn": mrn})
    assert [entry["number"] for entry in simulator.requests()] == [1]


def test_a_secret_does_not_get_into_the_log(owner: Api, simulator: Simulator) -> None:
    secret = simulator.admin_token
    key = simulator.credentials["service_account"]["private_key"]
    owner.generate(f"name {secret}", description=key)
    (entry,) = simulator.requests()
    assert entry["variables"]["input"]["name"] == "name (a secret)"
    assert entry["variables"]["input"]["description"] == "(a secret)"


def test_waiting_for_requests(owner: Api, simulator: Simulator) -> None:
    simulator.settings(latency=50)
    sender = threading.Thread(target=lambda: [owner.send(LIST, **listed(ALPHA)) for _request in range(3)])
    sender.start()
    try:
        simulator.wait_for_requests(3)
    finally:
        sender.join()
    assert len(simulator.requests()) == 3


# -- state -------------------------------------------------------------------------------------------------------------


def test_the_state_of_a_token(owner: Api, simulator: Simulator) -> None:
    generated = owner.generate("ci", "viewer", description="one")
    (node,) = owner.nodes()
    (token,) = simulator.tokens(ALPHA)
    assert (token["mrn"], token["id"], token["name"], token["description"]) == (
        *(generated["mrn"], node["mrn"].rsplit("/", 1)[1]),
        *("ci", "one"),
    )
    assert token["scope"] == ALPHA
    assert token["roles"] == [role("space-member"), role("viewer")]
    assert (token["created_at"], token["last_used_at"]) == (node["createdAt"], None)
    assert len(simulator.tokens()) == 2


def test_the_state_of_the_rest(simulator: Simulator) -> None:
    state = simulator.state()
    assert [space["mrn"].rsplit("/", 1)[1] for space in state["spaces"]] == ["alpha", "beta", "gamma", "outside"]
    assert {organization["name"] for organization in state["organizations"]} == {"Acme", "Other"}
    assert [account["name"] for account in state["service_accounts"]] == ["deployer"]


def test_every_secret_ever_issued_is_known(owner: Api, simulator: Simulator) -> None:
    kept, gone = owner.generate("kept"), owner.generate("gone")
    owner.ask(DELETE, input={"mrn": gone["mrn"]})
    by_name = {entry["name"]: (entry["mrn"], entry["secret"], entry["live"]) for entry in simulator.secrets()}
    assert by_name["kept"] == (kept["mrn"], kept["token"], True)
    assert by_name["gone"] == (gone["mrn"], gone["token"], False)
    assert by_name["automation"][1:] == (simulator.admin_token, True)


# -- changes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"created_at": "2024-01-01T00:00:00Z"}, "createdAt", "2024-01-01T00:00:00Z"),
        ({"created_at": "2024-01-01T02:00:00.500+02:00"}, "createdAt", "2024-01-01T00:00:00.5Z"),
        ({"last_used_at": "2024-01-01T00:00:00Z"}, "lastUsed", "2024-01-01T00:00:00Z"),
        ({"last_used_at": None}, "lastUsed", None),
        ({"name": "renamed"}, "name", "renamed"),
        ({"description": "by hand"}, "description", "by hand"),
        (
            {"permissions": ["owner"]},
            "roles",
            [{"mrn": role("owner"), "title": "Owner"}, {"mrn": role("space-member"), "title": "Space-Member"}],
        ),
    ],
)
def test_a_token_changes_behind_everybodys_back(
    changes: dict[str, Any], field: str, value: object, owner: Api, simulator: Simulator
) -> None:
    mrn = owner.generate("ci", "viewer")["mrn"]
    (before,) = owner.nodes()
    simulator.patch_token(mrn, **changes)
    (after,) = owner.nodes()
    assert after == {**before, field: value}
    assert simulator.mutations() == ["generateAPIToken"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mrn": "//nowhere", "name": "x"}, "no such token"),
        ({"created_at": "yesterday"}, "yesterday"),
        ({"created_at": "2024-01-01T00:00:00"}, "no time zone"),
        ({"permissions": ["nobody"]}, "unknown permissions: nobody"),
        ({"scope": BETA}, "no scope to change"),
    ],
)
def test_changes_that_make_no_sense(changes: dict[str, Any], words: str, owner: Api, simulator: Simulator) -> None:
    mrn = owner.generate("ci", "viewer")["mrn"]
    before = simulator.tokens()
    with pytest.raises(ValueError, match=words):
        simulator.patch_token(**{"mrn": mrn, **changes})
    assert simulator.tokens(ALPHA) == [token for token in before if token["scope"] == ALPHA]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"speed": 1}, "unknown setting speed"),
        ({"payload_mrn": "no"}, "payload_mrn cannot be 'no'"),
        ({"listing_lag": True}, "listing_lag cannot be True"),
        ({"never_used": "blank"}, "never_used cannot be 'blank'"),
        ({"unauthenticated_status": 500}, "unauthenticated_status cannot be 500"),
    ],
)
def test_settings_that_make_no_sense(changes: dict[str, Any], words: str, simulator: Simulator) -> None:
    before = simulator.state()["settings"]
    with pytest.raises(ValueError, match=words):
        simulator.settings(**changes)
    assert simulator.state()["settings"] == before


def test_every_setting_is_documented() -> None:
    readme = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
    assert [name for name in SETTINGS if f"`{name}`" not in readme] == []


# -- seeds -------------------------------------------------------------------------------------------------------------


def test_a_seed_adds_what_it_names(owner: Api, simulator: Simulator) -> None:
    credentials = simulator.seed(
        {
            "organizations": {"acme": ["delta", "alpha"], "third": []},
            "tokens": [
                {
                    "scope": ALPHA,
                    "name": "old-{}",
                    "permissions": ["agent"],
                    "description": "aged",
                    "count": 3,
                    "created_at": "2020-01-01T00:00:00Z",
                    "last_used_at": "2020-02-01T00:00:00Z",
                    "key": "last of the old",
                },
                {"scope": OUTSIDE, "name": "stranger", "permissions": []},
            ],
        }
    )
    assert owner.names() == ["old-0", "old-1", "old-2"]
    assert {(node["createdAt"], node["lastUsed"]) for node in owner.nodes()} == {
        ("2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z")
    }
    assert {node["creator"]["email"] for node in owner.nodes()} == {"someone@example.com"}
    assert len({node["mrn"] for node in owner.nodes()}) == 3
    assert owner.names("//captain.api.mondoo.app/spaces/delta") == []
    assert credentials["last of the old"] in [e["secret"] for e in simulator.secrets() if e["name"] == "old-2"]
    assert credentials.keys() == {"automation", "service_account", "last of the old"}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"token": []}, "unknown in a seed: token"),
        ({"tokens": [{"scope": ALPHA, "name": "x", "permissions": [], "roles": []}]}, "unknown in tokens: roles"),
        ({"tokens": [{"scope": ALPHA, "name": "x", "permissions": ["nobody"]}]}, "unknown permissions: nobody"),
        ({"tokens": [{"scope": "//nowhere", "name": "x", "permissions": []}]}, "no such scope: //nowhere"),
        ({"tokens": [{"scope": ALPHA, "permissions": []}]}, "name"),
        ({"tokens": [{"scope": ALPHA, "name": "x", "permissions": [], "created_at": "old"}]}, "old"),
        ({"service_accounts": [{"scope": ALPHA, "name": "x", "permissions": []}]}, "key"),
    ],
)
def test_a_seed_that_makes_no_sense_adds_nothing(wanted: dict[str, Any], words: str, simulator: Simulator) -> None:
    before = simulator.state()
    good = {"scope": ALPHA, "name": "good", "permissions": []}
    with pytest.raises(ValueError, match=words):
        simulator.seed({"organizations": {"new": []}, **wanted, "tokens": [good, *wanted.get("tokens", [])]})
    assert simulator.state() == before


def test_a_reset_is_a_new_start(owner: Api, simulator: Simulator) -> None:
    before = simulator.admin_token
    owner.generate()
    simulator.settings(payload_mrn=False)
    simulator.fault("status_500", times=9)
    simulator.reset()
    assert owner.refused(LIST, **listed(ALPHA)) == "Unauthenticated"
    fresh = Api(simulator.url, simulator.admin_token)
    assert simulator.admin_token != before
    assert (fresh.names(), fresh.names(ACME)) == ([], ["automation"])
    assert fresh.generate()["mrn"]
    assert before not in [entry["secret"] for entry in simulator.secrets()]


def test_requests_to_the_administration_are_not_logged(simulator: Simulator) -> None:
    unknown = requests.get(f"{simulator.url}/_simulator/nothing", timeout=20)
    assert unknown.status_code == 404
    assert simulator.requests() == []


# -- size --------------------------------------------------------------------------------------------------------------


def test_eight_requests_at_a_time(simulator: Simulator) -> None:
    simulator.settings(latency=1500)
    secret = simulator.admin_token
    together = threading.Barrier(8)
    mrns: list[str] = []

    def generate(number: int) -> None:
        api = Api(simulator.url, secret)
        with api.session:
            together.wait()
            mrns.append(api.generate(f"token-{number}", "viewer")["mrn"])

    threads = [threading.Thread(target=generate, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(mrns)) == 8
    assert {token["mrn"] for token in simulator.tokens(ALPHA)} == set(mrns)
    assert max(entry["in_flight"] for entry in simulator.requests()) == 8


def test_ten_thousand_tokens_in_five_hundred_spaces(owner: Api, simulator: Simulator) -> None:
    spaces = [f"s{number}" for number in range(500)]
    simulator.seed(
        {
            "organizations": {"acme": spaces},
            "tokens": [
                {"scope": f"//captain.api.mondoo.app/spaces/{s}", "name": "t{}", "permissions": ["viewer"], "count": 20}
                for s in spaces
            ],
        }
    )
    assert len(simulator.tokens()) == 10_001
    assert len(owner.names("//captain.api.mondoo.app/spaces/s499")) == 20

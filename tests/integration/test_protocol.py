# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run costs in requests, and what services do that are not quite as documented. Modules in this process."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from simulator.process import Simulator
from simulator.variants import VARIANTS, Variant, switch, without

from module_runner import ModuleRunner
from tasks import ORGANIZATION_MRN, SPACE_MRN

OLD = "2020-01-01T00:00:00Z"
CI: dict[str, Any] = {"space": "alpha", "name": "ci", "permissions": ["viewer"]}
GENERATE, UPDATE, SET_ROLES, DELETE = "generateAPIToken", "updateAPIToken", "setRoles", "deleteAPIToken"


def _names(simulator: Simulator, scope: str = SPACE_MRN) -> list[str]:
    return sorted(token["name"] for token in simulator.tokens(scope))


def _live(simulator: Simulator) -> set[str]:
    return {entry["secret"] for entry in simulator.secrets() if entry["live"]}


# Requests, counted by the service


@dataclass(frozen=True)
class Cost:
    """declared: the run, for a token that is there and old unless it is new. requests: by what they ask for, in order."""

    declared: dict[str, Any]
    requests: list[str]
    new: bool = False
    file: bool = False


ROTATION = {**CI, "rotate_after": "90d"}
COSTS = {
    "nothing to do": Cost(CI, ["apiTokens"]),
    "nothing to do, with a file": Cost(CI, ["apiTokens"], file=True),
    "nothing to do, with a file that is always verified": Cost(
        {**CI, "verify_secret": "always"}, ["apiTokens", "space"], file=True
    ),
    "create": Cost(CI, ["apiTokens", GENERATE], new=True),
    "create to a file": Cost(CI, ["apiTokens", GENERATE], new=True, file=True),
    "describe": Cost({**CI, "description": "x"}, ["apiTokens", UPDATE]),
    "change permissions": Cost({**CI, "permissions": ["agent"]}, ["apiTokens", SET_ROLES]),
    "delete": Cost({**CI, "state": "absent"}, ["apiTokens", DELETE]),
    "rotate": Cost(ROTATION, ["apiTokens", GENERATE, "space", DELETE, UPDATE]),
    "rotate to a file": Cost(ROTATION, ["apiTokens", GENERATE, "space", DELETE, UPDATE], file=True),
    "rotate without a proof": Cost({**ROTATION, "verify_secret": "never"}, ["apiTokens", GENERATE, DELETE, UPDATE]),
    "rotate with overlap": Cost({**ROTATION, "overlap": "7d"}, ["apiTokens", GENERATE, "space", f"{UPDATE} {UPDATE}"]),
    "rotate in an organization": Cost(
        {"organization": "acme", "name": "ci", "permissions": ["viewer"], "rotate_after": "90d"},
        ["apiTokens", GENERATE, "organization", DELETE, UPDATE],
    ),
}


@pytest.mark.parametrize("module", ["api_token", "api_tokens"])
@pytest.mark.parametrize("name", COSTS)
def test_a_run_takes_these_requests(
    name: str, module: str, runner: ModuleRunner, simulator: Simulator, tmp_path: Path
) -> None:
    cost = COSTS[name]
    declared = {**cost.declared, **({"token_path": str(tmp_path / "ci")} if cost.file else {})}
    if not cost.new:
        before = {**declared, "rotate_after": None, "state": "present", "permissions": ["viewer"], "description": None}
        created = runner.run("api_token", **before)
        simulator.patch_token(created["api_token"]["mrn"], created_at=OLD)
        # As the file of an old token is.
    simulator.clear_requests()
    options = declared if module == "api_token" else {"tokens": [declared]}
    assert not runner.run(module, check=True, **options).get("failed")
    assert [" ".join(entry["fields"]) for entry in simulator.requests()] == ["apiTokens"] + (
        ["space"] if cost.declared.get("verify_secret") == "always" else []
    )
    simulator.clear_requests()
    assert not runner.run(module, **options).get("failed")
    assert [" ".join(entry["fields"]) for entry in simulator.requests()] == cost.requests


@pytest.mark.parametrize(("verify_secret", "most"), [("never", 620), ("rotated", 1130)])
def test_five_hundred_rotations_share_their_deletions_and_renames(
    verify_secret: str, most: int, runner: ModuleRunner, simulator: Simulator
) -> None:
    tokens = [
        {"scope": f"{SPACE_MRN[:-5]}{space}", "name": "t{}", "permissions": ["viewer"], "created_at": OLD, "count": 250}
        for space in ("alpha", "beta")
    ]
    simulator.seed({"tokens": tokens})
    simulator.clear_requests()
    declared = [{"name": f"t{number}", "space": space} for space in ("alpha", "beta") for number in range(250)]
    result = runner.run("api_tokens", tokens=declared, rotate_after="90d", verify_secret=verify_secret)
    assert not result.get("failed"), result["msg"]
    assert result["requests"] == len(simulator.requests()) <= most
    assert result["operations"] == dict(Counter(simulator.mutations())) == {DELETE: 500, GENERATE: 500, UPDATE: 500}
    live = {entry["secret"]: entry["mrn"] for entry in simulator.secrets() if entry["live"]}
    assert all(live[line["token"]] == line["api_token"]["mrn"] for line in result["results"])
    assert Counter(_names(simulator)) == Counter(f"t{number}" for number in range(250))


def test_staged_secrets_take_these_requests(runner: ModuleRunner, simulator: Simulator) -> None:
    """One for each secret; what is finished afterwards shares its requests."""
    tokens = [{"name": f"t{number}"} for number in range(10)]
    declared: dict[str, Any] = {
        "space": "alpha",
        "permissions": ["viewer"],
        "tokens": tokens,
        "rotate_after": "0",
    }
    runner.run("api_tokens", **declared)
    simulator.clear_requests()
    staged = runner.run("api_tokens", **declared, stage=True, verify_secret="never")
    assert len(simulator.requests()) == 11
    simulator.clear_requests()
    delivered = [line["api_token"]["mrn"] for line in staged["results"]]
    assert runner.run("api_tokens", **declared, stage=True, delivered=delivered)["operations"] == {
        DELETE: 10,
        UPDATE: 10,
    }
    assert [len(entry["fields"]) for entry in simulator.requests()] == [1, 10, 10]
    assert {line["token"] for line in staged["results"]} <= _live(simulator)


# An answer with a secret that got lost


@pytest.mark.parametrize("lag", [0, 1, 5])
def test_a_token_whose_answer_got_lost_is_deleted_however_late_it_is_listed(
    lag: int, runner: ModuleRunner, simulator: Simulator
) -> None:
    simulator.settings(listing_lag=lag)
    simulator.fault("reset_after", match=GENERATE)
    result = runner.run("api_token", **CI)
    assert not result.get("failed"), result["msg"]
    simulator.settings(listing_lag=0)
    assert _names(simulator) == ["ci"]
    assert result["token"] in _live(simulator)
    assert not runner.run("api_token", **CI)["changed"]


def test_a_token_that_is_never_listed_is_warned_of(runner: ModuleRunner, simulator: Simulator) -> None:
    """It has the declared name; who reads the warning can tell it from the one that is in use."""
    simulator.settings(listing_lag=1000)
    simulator.fault("reset_after", match=GENERATE)
    result = runner.run("api_token", **CI)
    mrn = result["api_token"]["mrn"]
    (warning,) = result["warnings"]
    assert f"if one shows up whose MRN is not {mrn}, its secret is lost; delete it" in warning
    assert "within 30 seconds" in warning


# Clocks that differ


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize(("shift", "words"), [(10800.0, "3 hours behind"), (-10800.0, "3 hours ahead of")])
def test_a_service_account_on_a_host_whose_clock_is_off_is_advised_to_set_it(
    shift: float, words: str, status: int, runner: ModuleRunner, simulator: Simulator
) -> None:
    account = {"service_account": simulator.credentials["service_account"], "endpoint": simulator.url}
    simulator.settings(clock_shift=shift, unauthenticated_status=status)
    for module, options in (
        ("api_token", CI),
        ("api_tokens", {"tokens": [CI, {**CI, "space": "beta"}]}),
        ("api_token_info", {"organization": "acme", "include_spaces": True}),
    ):
        result = runner.run(module, defaults=account, **options)
        assert result["error"]["code"] == "Unauthenticated"
        assert f"is {words} the service's" in result["msg"]
        assert "set the clock" in result["msg"]
    # An API token has nothing to do with the time.
    simulator.fault("unauthenticated")
    assert "clock" not in runner.run("api_token", **CI)["msg"]


# Services that store or tell something in another form


@pytest.mark.parametrize(
    "name",
    [
        *("descriptions trimmed", "roles in title case", "roles of another host", "tokens without their scope"),
        *("never used is 1970", "never used is year 1", "times as String", "clock two hours ahead"),
        *("clock two hours behind", "refusals in answers", "payloads empty", "nothing optional"),
    ],
)
@pytest.mark.parametrize("opaque", [False, True], ids=["JWTs", "opaque secrets"])
def test_a_second_run_changes_nothing(
    name: str, opaque: bool, runner: ModuleRunner, simulator: Simulator, tmp_path: Path
) -> None:
    switch(simulator, VARIANTS[name])
    simulator.settings(opaque_tokens=opaque)
    path = tmp_path / "ci"
    declared: dict[str, Any] = {
        **CI,
        "permissions": ["viewer", "agent"],
        "description": "What it is for:\n\n- scans \n",
        "token_path": str(path),
        "lost_secret": "fail",
    }
    # Created, replaced, and replaced with a predecessor that stays.
    for rotate_after, overlap in ((None, None), ("0", None), ("0", "1d")):
        assert runner.run("api_token", **declared, rotate_after=rotate_after, overlap=overlap)["changed"]
        again = runner.run("api_token", **declared, overlap=overlap)
        assert not again.get("failed"), again["msg"]
        assert not again["changed"], again["operations"]
        assert path.read_text(encoding="utf-8") in _live(simulator)


@pytest.mark.parametrize(
    ("name", "declared", "stored"),
    [("names in lower case", "CI", "ci"), ("names in NFC", "cafe\u0301", "caf\u00e9")],
)
@pytest.mark.parametrize(
    "answers",
    [
        VARIANTS["contract"],
        VARIANTS["payloads empty"],
        Variant(without("GenerateAPITokenPayload", "name")),
        VARIANTS["payload types without optional fields"],
    ],
    ids=["shown", "null", "without a name", "without anything"],
)
def test_a_name_that_is_stored_in_another_form_is_not_kept(
    answers: Variant, name: str, declared: str, stored: str, runner: ModuleRunner, simulator: Simulator
) -> None:
    """Whether the answer to its generation shows the name, or only the listing."""
    switch(simulator, replace(answers, settings={**answers.settings, **VARIANTS[name].settings}))
    for _run in range(2):
        result = runner.run("api_tokens", space="alpha", tokens=[{**CI, "name": declared}], prune=True)
        assert result["results"][0]["error"]["code"] == "StoredOtherwise"
        assert f'"{stored}"' in result["results"][0]["msg"]
        assert _names(simulator) == []


@pytest.mark.parametrize("text", ["soon", "2026-11-01 00:00:00 +0000 UTC", 1_795_456_800, ["x"], {}])
def test_a_time_that_cannot_be_read_keeps_nobody_from_working(
    text: object, runner: ModuleRunner, simulator: Simulator
) -> None:
    """It is unknown, with a warning that names the token."""
    simulator.seed({"tokens": [{"scope": SPACE_MRN, "name": "odd", "permissions": ["viewer"]}]})
    (odd,) = simulator.tokens(SPACE_MRN)
    simulator.patch_token(odd["mrn"], last_used_raw=text)
    result = runner.run("api_token", **CI)
    assert "token" in result
    assert all("odd" in warning for warning in result["warnings"])
    assert runner.run("api_token_info", space="alpha")["count"] == 2


# What a prune must not take for undeclared


@pytest.mark.parametrize("scopes_told", [True, False])
def test_a_prune_leaves_to_each_scope_what_is_its_own(
    scopes_told: bool, runner: ModuleRunner, simulator: Simulator
) -> None:
    """The listing of an organization may have the tokens of its spaces too."""
    if not scopes_told:
        switch(simulator, VARIANTS["tokens without their scope"])
    simulator.settings(organization_lists_spaces=True)
    entries = [{**CI, "space": "alpha"}, {"organization": "acme", "name": "wide", "permissions": ["viewer"]}]
    assert not runner.run("api_tokens", tokens=entries).get("failed")
    simulator.seed({"tokens": [{"scope": f"{SPACE_MRN[:-5]}beta", "name": "theirs", "permissions": ["viewer"]}]})
    for tokens in (entries, entries[1:], entries[::-1]):
        result = runner.run("api_tokens", tokens=tokens, prune=True, prune_keep=["automation"])
        assert not result.get("failed"), result["msg"]
        assert result["pruned"] == []
    assert (_names(simulator), _names(simulator, ORGANIZATION_MRN)) == (["ci"], ["automation", "wide"])
    listed = runner.run("api_token_info", organization="acme", include_spaces=True)
    assert sorted(token["name"] for token in listed["api_tokens"]) == ["automation", "ci", "theirs", "wide"]


def test_a_prune_says_where_it_cannot_recognise_its_own_credential(runner: ModuleRunner, simulator: Simulator) -> None:
    simulator.settings(opaque_tokens=True)
    login = {
        "auth_token": simulator.seed(
            {"tokens": [{"scope": SPACE_MRN, "name": "own", "permissions": ["owner"], "key": "own"}]}
        )["own"]
    }
    result = runner.run("api_tokens", **login, space="alpha", tokens=[CI], prune=True, check=True)
    assert [token["name"] for token in result["pruned"]] == ["own"]
    assert any("name that one in prune_keep" in warning for warning in result["warnings"])

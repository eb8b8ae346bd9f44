# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refusals in the words of gqlparser are what gqlparser really says."""

from __future__ import annotations

from typing import Any

import pytest
from engines.cases import CASES
from engines.recording import answers, versions

from simulator.process import Simulator

from .api import GENERATE, Api, codes

(VERSION,) = versions("gqlparser")
RECORDED = dict(zip(CASES, answers("gqlparser", VERSION), strict=True))


def _comparable(errors: list[dict[str, Any]]) -> list[tuple[str, list[Any]]]:
    """In any order, and without what each engine suggests in place of a name."""
    return sorted((error["message"].partition(" Did you mean")[0], error.get("path", [])) for error in errors)


@pytest.mark.parametrize("name", [name for name, errors in RECORDED.items() if errors])
def test_a_refusal_is_worded_as_gqlparser_words_it(name: str, owner: Api, simulator: Simulator) -> None:
    case = CASES[name]
    simulator.serve(case.schema)
    simulator.settings(validation_words="gqlparser")
    answer = owner.send(case.document, **case.variables)
    assert answer.status_code == 422
    assert _comparable(answer.json()["errors"]) == _comparable(RECORDED[name])
    assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
    assert not simulator.requests()[0]["executed"]


@pytest.mark.parametrize(
    ("value", "message", "path"),
    [
        ("ci", "must be a GenerateAPITokenInput", ["input"]),
        ({"name": ["ci"]}, "cannot use slice as String", ["input", "name"]),
        ({"name": True}, "cannot use bool as String", ["input", "name"]),
        ({"name": {}}, "cannot use map as String", ["input", "name"]),
        ({"name": "ci", "roles": {}}, "must be defined", ["input", "roles", 0, "mrn"]),
        ({"name": "ci", "roles": [None]}, "cannot be null", ["input", "roles", 0]),
        ({"name": "ci", "roles": ["viewer"]}, "must be a RoleInput", ["input", "roles", 0]),
    ],
)
def test_values_that_do_not_fit(value: object, message: str, path: list[Any], owner: Api, simulator: Simulator) -> None:
    simulator.settings(validation_words="gqlparser", validation_code=False)
    assert owner.send(GENERATE, input=value).json() == {"errors": [{"message": message, "path": ["variable", *path]}]}


def test_what_fits_is_executed(owner: Api, simulator: Simulator) -> None:
    simulator.settings(validation_words="gqlparser")
    assert owner.generate("ci", "viewer", description="builds")["token"]
    assert codes(owner.send(GENERATE, input={"name": "ci", "scopeMrn": None, "roles": None})) == ["InvalidArgument"]

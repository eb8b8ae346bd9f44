# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of variants: each can be served, and each is another one."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import build_schema, validate_schema

from simulator import variants
from simulator.process import Simulator
from simulator.server import SCHEMA
from simulator.variants import BROKEN, CONTRACT, REWORDED, VARIANTS, changed, renamed, without, without_arguments

from .api import ALPHA, Api

# Fields that every variant has, so that one document fits all.
PROOF = "query ($mrn: String!) { space(mrn: $mrn) { mrn } }"


def test_the_contract_is_only_stripped_of_its_descriptions() -> None:
    described = build_schema(SCHEMA.read_text(encoding="utf-8"))
    stripped = build_schema(CONTRACT)
    assert described.type_map.keys() == stripped.type_map.keys()
    for name, declared in described.type_map.items():
        fields = getattr(declared, "fields", {})
        others = getattr(stripped.type_map[name], "fields", {})
        assert {key: str(value.type) for key, value in fields.items()} == {
            key: str(value.type) for key, value in others.items()
        }


EVERYTHING = {**VARIANTS, **REWORDED, **BROKEN}


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_variant_can_be_served(name: str, owner: Api, simulator: Simulator) -> None:
    variant = EVERYTHING[name]
    assert validate_schema(build_schema(variant.schema)) == []
    variants.switch(simulator, variant)
    assert owner.ask(PROOF, mrn=ALPHA) == {"mrn": ALPHA}
    settings = simulator.state()["settings"]
    assert {key: settings[key] for key in variant.settings} == variant.settings


def test_no_two_variants_are_the_same() -> None:
    different = {(variant.schema, *sorted(variant.settings.items())) for variant in EVERYTHING.values()}
    assert len(different) == len(EVERYTHING) == len(VARIANTS) + len(REWORDED) + len(BROKEN)


def test_a_variant_in_a_process_of_its_own(tmp_path: Path) -> None:
    with variants.run(VARIANTS["payload type without mrn"], tmp_path, payload_values=False) as simulator:
        api = Api(simulator.url, simulator.admin_token)
        answer = api.send("mutation ($input: GenerateAPITokenInput!) { generateAPIToken(input: $input) { mrn } }")
        assert answer.status_code == 422
        assert not simulator.state()["settings"]["payload_values"]


def test_a_reset_serves_the_first_schema_again(owner: Api, simulator: Simulator) -> None:
    variants.switch(simulator, VARIANTS["setRoles without updates"])
    simulator.reset()
    fresh = Api(simulator.url, simulator.admin_token)
    fields = fresh.ask('{ __type(name: "SetRolesInput") { inputFields { name } } }')["inputFields"]
    assert "updates" in {field["name"] for field in fields}


def test_a_schema_that_makes_no_sense_is_refused(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="GraphQLSyntaxError"):
        simulator.serve("type Query {")


@pytest.mark.parametrize(
    "change",
    [
        lambda: changed(("no such text", "")),
        lambda: changed(("  mrn: String!\n", "")),
        lambda: renamed("NoSuchType", "Other"),
        lambda: without("APIToken", "id"),
        lambda: without("NoSuchType", "mrn"),
        lambda: without_arguments("apiTokens", "query"),
    ],
    ids=["not there", "there more than once", "no name", "no field", "no type", "no argument"],
)
def test_a_change_that_changes_nothing_is_an_error(change: object) -> None:
    assert callable(change)
    with pytest.raises((AssertionError, ValueError)):
        change()

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service may be like, by what is known of it: one table of variants for all tests.

A variant is a schema that differs from the contract, settings of the simulator, or both.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from graphql import build_schema, find_breaking_changes

from .process import Simulator
from .server import SCHEMA

# The contract without its descriptions and comments, so that a change is one line.
CONTRACT = re.sub(r'(?m)^(#| *").*\n', "", SCHEMA.read_text(encoding="utf-8"))


# -- changes of a schema -----------------------------------------------------------------------------------------------


def changed(*replacements: tuple[str, str], schema: str = CONTRACT) -> str:
    """The schema with some texts replaced, each of which is in it once."""
    for old, new in replacements:
        assert schema.count(old) == 1, f"{schema.count(old)} times in the schema: {old!r}"
        schema = schema.replace(old, new)
    return schema


def renamed(old: str, new: str, schema: str = CONTRACT) -> str:
    """The schema with another name for something, wherever it is used."""
    text, count = re.subn(rf"\b{old}\b", new, schema)
    assert count, f"not in the schema: {old}"
    return text


def without(type_name: str, *fields: str, schema: str = CONTRACT) -> str:
    """The schema without some fields of a type or an input."""
    (block,) = re.findall(rf"(?m)^(?:type|input) {type_name} {{\n[^}}]*}}", schema)
    rest = block
    for name in fields:
        rest, count = re.subn(rf"\n  {name}(\([^)]*\))?: [^\n]*", "", rest)
        assert count == 1, f"{type_name} has no {name}"
    return schema.replace(block, rest)


def without_arguments(field_name: str, *arguments: str, schema: str = CONTRACT) -> str:
    """The schema without some arguments of a field that has others."""
    for name in arguments:
        schema, count = re.subn(rf"(\n  {field_name}\([^)]*?)\n    {name}: [^\n]*", r"\1", schema)
        assert count == 1, f"{field_name} has no argument {name}"
    return schema


def _without_updates() -> str:
    unused = "input SetRoleInput {\n  entityMrn: String!\n  roles: [RoleInput!]!\n}\n"
    return changed((unused, ""), schema=without("SetRolesInput", "updates"))


def _spaces_only() -> str:
    """As it was before there were tokens of organizations."""
    schema = CONTRACT
    for name in ("GenerateAPITokenInput", "SetRolesInput"):
        schema = without(name, "scopeMrn", schema=schema)
    schema = without_arguments("apiTokens", "scopeMrn", schema=schema)
    return re.sub(r"(?m)^  spaceMrn: String$", "  spaceMrn: String!", without_scope(schema))


def without_scope(schema: str = CONTRACT) -> str:
    """Neither a token nor the answer to its generation tells the scope."""
    for name in ("APIToken", "GenerateAPITokenPayload"):
        schema = without(name, "spaceMrn", "scopeMrn", schema=schema)
    return schema


def _without_optional_payload_fields(schema: str = CONTRACT) -> str:
    details = ("mrn", "name", "description", "spaceMrn", "scopeMrn", "createdBy", "createdAt")
    return changed(
        ("type DeleteAPITokenPayload {\n  ok: Boolean\n}", "type DeleteAPITokenPayload {\n  done: Boolean\n}"),
        (
            "type SetRolesPayload {\n  mrns: [String!]\n  errors: Map\n}",
            "type SetRolesPayload {\n  done: Boolean\n}",
        ),
        schema=without("GenerateAPITokenPayload", *details, schema=schema),
    )


def _without_anything_optional() -> str:
    schema = _without_optional_payload_fields(
        without("APIToken", "spaceMrn", "scopeMrn", "createdAt", "lastUsed", "creator")
    )
    schema = without_arguments("apiTokens", "spaceMrn", "first", "queryTerms", "orderBy", schema=schema)
    return without_arguments("spacesList", "first", schema=schema)


# -- the variants ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Variant:
    """schema: what is served. settings: as `simulator.settings` has them. organizations: whether an organization can
    have tokens.
    """

    schema: str = CONTRACT
    settings: Mapping[str, Any] = field(default_factory=dict)
    organizations: bool = True

    @property
    def as_the_contract(self) -> bool:
        """Whether it has the contract's own schema."""
        return self.schema == CONTRACT

    @property
    def may_refuse(self) -> bool:
        """Whether a document that fits the contract may not fit its schema."""
        return bool(find_breaking_changes(build_schema(CONTRACT), build_schema(self.schema)))


def _settings(**settings: Any) -> Variant:
    return Variant(settings=settings)


# On each of these tokens can be listed, generated, changed and deleted.
VARIANTS = {
    "contract": Variant(),
    # The argument spaceMrn of apiTokens.
    "spaceMrn optional": Variant(changed(("    spaceMrn: String!\n", "    spaceMrn: String\n"))),
    "spaceMrn unknown": Variant(without_arguments("apiTokens", "spaceMrn")),
    "empty spaceMrn invalid": _settings(empty_space_mrn="InvalidArgument"),
    "empty spaceMrn not found": _settings(empty_space_mrn="NotFound"),
    "organization as spaceMrn invalid": _settings(organization_space_mrn="InvalidArgument"),
    "organization as spaceMrn not found": _settings(organization_space_mrn="NotFound"),
    "scopeMrn unknown": Variant(_spaces_only(), organizations=False),
    "spaceMrn required in inputs": Variant(
        changed(
            ("  name: String!\n  spaceMrn: String\n", "  name: String!\n  spaceMrn: String!\n"),
            ("  updates: [SetRoleInput!]\n  spaceMrn: String\n", "  updates: [SetRoleInput!]\n  spaceMrn: String!\n"),
        )
    ),
    # Other arguments.
    "listings without optional arguments": Variant(
        without_arguments(
            "spacesList", "first", schema=without_arguments("apiTokens", "first", "queryTerms", "orderBy")
        )
    ),
    "setRoles without updates": Variant(_without_updates()),
    # Verdicts in answers, and answers that say less.
    "refusals in answers": _settings(refusals="answer"),
    "refusals in answers, setRoles without updates": Variant(_without_updates(), {"refusals": "answer"}),
    "payloads empty": _settings(payload_values=False),
    "payload without the MRN": _settings(payload_mrn=False),
    "payload type without mrn": Variant(without("GenerateAPITokenPayload", "mrn")),
    "payload types without optional fields": Variant(_without_optional_payload_fields()),
    "setRoles without errors": Variant(without("SetRolesPayload", "errors")),
    "setRoles without mrns": Variant(without("SetRolesPayload", "mrns")),
    "payloads never null": Variant(
        changed(
            ("): GenerateAPITokenPayload\n", "): GenerateAPITokenPayload!\n"),
            ("): DeleteAPITokenPayload\n", "): DeleteAPITokenPayload!\n"),
            ("): SetRolesPayload\n", "): SetRolesPayload!\n"),
            ("): APIToken\n", "): APIToken!\n"),
            ("  ok: Boolean\n", "  ok: Boolean!\n"),
            ("  mrns: [String!]\n  errors: Map\n", "  mrns: [String!]!\n  errors: Map!\n"),
        )
    ),
    # What a token tells of itself.
    "tokens without createdAt": Variant(without("APIToken", "createdAt")),
    "tokens without lastUsed": Variant(without("APIToken", "lastUsed")),
    "tokens without creator": Variant(without("APIToken", "creator")),
    "tokens without their scope": Variant(without_scope()),
    "tokens without optional fields": Variant(
        without("APIToken", "spaceMrn", "scopeMrn", "createdAt", "lastUsed", "creator")
    ),
    "creator as text": Variant(changed(("  creator: Creator\n", "  creator: String\n"))),
    "creator with other fields": Variant(
        changed(("type Creator {\n  mrn: String\n  email: String\n}", "type Creator {\n  name: String\n}"))
    ),
    "creator of another type": Variant(
        changed(
            ("  creator: Creator\n", "  creator: User\n"),
            ("type Creator {\n  mrn: String\n  email: String\n}", "type User {\n  email: String\n}"),
        )
    ),
    "nothing optional": Variant(_without_anything_optional()),
    "more than the contract": Variant(
        changed(
            ("enum APITokenOrderField {", "enum APITokenOrderField {\n  EXPIRES_AT"),
            ("type APIToken {", "type APIToken {\n  id: ID\n  expiresAt: Time"),
            ("  queryTerms: [String!]\n", "  queryTerms: [String!]\n    query: String\n"),
        )
    ),
    # Times.
    "times as String": Variant(changed(("scalar Time\n", ""), schema=re.sub(r": Time\b", ": String", CONTRACT))),
    "times as DateTime": Variant(renamed("Time", "DateTime")),
    "never used is an empty text": _settings(never_used="empty"),
    "never used is year 1": _settings(never_used="zero"),
    "never used is 1970": _settings(never_used="epoch"),
    "clock two hours ahead": _settings(clock_shift=7200.0),
    "clock two hours behind": _settings(clock_shift=-7200.0),
    # Listings.
    "organization lists its spaces' tokens": _settings(organization_lists_spaces=True),
    "viewers list tokens": _settings(listing_role="viewer"),
    "listing lags by one": _settings(listing_lag=1),
    "listing lags by half a second": _settings(listing_lag_seconds=0.5),
    # What is stored and told in another form.
    "opaque secrets": _settings(opaque_tokens=True),
    "names trimmed": _settings(stored_names="trimmed"),
    "names in lower case": _settings(stored_names="lower"),
    "names in NFC": _settings(stored_names="nfc"),
    "descriptions trimmed": _settings(stored_descriptions="trimmed"),
    "roles in title case": _settings(role_case="title"),
    "roles of another host": _settings(role_case="title", role_host="iam.eu.api.mondoo.com"),
    # How a document that does not fit the schema is refused; on a schema that lacks something.
    "refused with HTTP 200": Variant(_without_anything_optional(), {"validation_status": 200}),
    "refused in single quotes": Variant(_without_anything_optional(), {"validation_quotes": "single"}),
    "refused without a code": Variant(_without_anything_optional(), {"validation_code": False}),
}


def in_the_words_of_gqlparser(variant: Variant) -> Variant:
    """The variant with validation errors as servers in Go have them."""
    return replace(variant, settings={**variant.settings, "validation_words": "gqlparser"})


# The variants that may refuse a document, once more.
REWORDED = {
    f"{name}, in the words of gqlparser": in_the_words_of_gqlparser(variant)
    for name, variant in VARIANTS.items()
    if variant.may_refuse and "validation_quotes" not in variant.settings
}

# Each of these differs in something that cannot be left out.
BROKEN = {
    "no roles of a token": Variant(without("APIToken", "roles")),
    "no secret": Variant(without("GenerateAPITokenPayload", "token")),
    "no description of a new token": Variant(without("GenerateAPITokenInput", "description")),
    "another name for an input": Variant(renamed("GenerateAPITokenInput", "CreateAPITokenInput")),
    "another name for a mutation": Variant(renamed("deleteAPIToken", "removeAPIToken")),
    "no scope of a listing": Variant(without_arguments("apiTokens", "spaceMrn", "scopeMrn")),
    "no pages": Variant(without_arguments("apiTokens", "after")),
    "another required input": Variant(
        changed(("input GenerateAPITokenInput {", "input GenerateAPITokenInput {\n  expiresIn: Int!"))
    ),
    "another required argument": Variant(changed(("    queryTerms: [String!]\n", "    queryTerms: [String!]!\n"))),
    "another type of an input": Variant(changed(("  entityMrn: String!\n", "  entityMrn: Int!\n"))),
}


@contextlib.contextmanager
def run(variant: Variant, folder: Path, **options: Any) -> Iterator[Simulator]:
    """A simulator of the variant, in a process that ends with the block. options: those of `Simulator`."""
    folder.mkdir(parents=True, exist_ok=True)
    schema = folder / "schema.graphql"
    schema.write_text(variant.schema, encoding="utf-8")
    with Simulator.run(folder, schema=schema, **{**variant.settings, **options}) as simulator:
        yield simulator


def switch(simulator: Simulator, variant: Variant) -> None:
    """Makes a running simulator the variant, from the next request on and until it is reset."""
    simulator.serve(variant.schema)
    simulator.settings(**variant.settings)

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of the documents by the errors that engines have answered which nobody here wrote."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._api import documents
from ansible_collections.mondoo.platform.plugins.module_utils._api.tokens import RoleChange
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.adapter import SchemaAdapter
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.document import Document
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.response import Verdict
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.tests.unit.support.builders import SPACE, roles, token

from .script import Script

_FILE = Path(__file__).resolve().parents[3] / "support" / "engine_errors.json"
RECORDED = {case["case"]: case["answers"] for case in json.loads(_FILE.read_text(encoding="utf-8"))}


def _engines(*cases: tuple[Any, ...]) -> list[Any]:
    """Each case with the errors of each engine; the first value of a case is the name of what was recorded."""
    return [
        pytest.param(*rest, answer["errors"], id=f"{name}: {answer['engine']} {answer['version']}")
        for name, *rest in cases
        for answer in RECORDED[name]
    ]


@pytest.mark.parametrize(
    ("document", "left_out", "errors"),
    _engines(
        ("a field is missing", documents.API_TOKENS, ["lastUsed"]),
        ("two fields are missing", documents.API_TOKENS, ["createdAt", "lastUsed"]),
        ("a field of a nested type is missing", documents.API_TOKENS, ["email"]),
        ("a field with fields of its own is missing", documents.API_TOKENS, ["creator"]),
        ("a field is missing below two aliases", documents.API_TOKENS, ["lastUsed"]),
        ("a leaf is selected from", documents.API_TOKENS, ["creator"]),
        ("an argument is unknown", documents.API_TOKENS, ["spaceMrn"]),
        ("an argument has another type", documents.API_TOKENS, ["first"]),
        ("an argument of a nested field is unknown", documents.SPACES, ["first"]),
        ("a field of an answer is missing", documents.GENERATE, ["createdBy"]),
        ("all fields of an answer are missing", documents.SET_ROLES, ["mrns", "errors"]),
        ("a field of an answer is missing below two aliases", documents.DELETE, ["ok"]),
    ),
)
def test_what_is_optional_is_left_out(document: Document, left_out: list[str], errors: list[Any]) -> None:
    adapter = SchemaAdapter()
    variables = {"spaceMrn": SPACE.mrn, "scopeMrn": SPACE.mrn, "first": 1}
    assert adapter.adapt(adapter.prepare(document, [variables]), errors)
    before, after = (
        set(re.findall(r"\w+", graphql.print_ast(node)))
        for node in (document.plain, adapter.prepare(document, [variables]).node)
    )
    assert before - after >= set(left_out)
    assert len(adapter.warnings) == len(left_out)


@pytest.mark.parametrize("errors", _engines(("an input field is unknown",)))
def test_the_former_name_of_an_input_field_is_sent(errors: list[Any]) -> None:
    adapter = SchemaAdapter()
    variables = {"input": {"name": "ci", "scopeMrn": SPACE.mrn}}
    assert adapter.adapt(adapter.prepare(documents.GENERATE, [variables]), errors)
    assert adapter.prepare(documents.GENERATE, [variables]).variables == {
        "input": {"name": "ci", "spaceMrn": SPACE.mrn}
    }


@pytest.mark.parametrize("errors", _engines(("the list of an input is unknown",)))
def test_roles_are_set_in_the_newer_form(errors: list[Any]) -> None:
    one = token("ci")
    script = Script(Answer(None, errors, 422, None), {"mrns": [one.mrn]})
    (response,) = script.api.set_roles(SPACE, [RoleChange(one, roles("viewer"))], script.policy.budget())
    assert response.verdict is Verdict.DONE
    assert script.sent[1][1]["input"]["identity"] == one.mrn


@pytest.mark.parametrize(
    ("document", "element", "errors"),
    _engines(
        ("a mutation has another name", documents.DELETE, "no Mutation.deleteAPIToken"),
        ("a query is missing", documents.SPACE, "no Query.space"),
        ("a variable is of an unknown type", documents.GENERATE, "no type GenerateAPITokenInput"),
        ("an argument that is not expected is required", documents.API_TOKENS, "a required apiTokens(region)"),
        ("an input field is required", documents.GENERATE, "expiresIn"),
        ("an input field has another name", documents.GENERATE, "no GenerateAPITokenInput.description"),
        ("an input field has another type", documents.SET_ROLES, "entityMrn"),
    ),
)
def test_what_is_needed_is_named(document: Document, element: str, errors: list[Any]) -> None:
    adapter = SchemaAdapter()
    request = adapter.prepare(document, [{"spaceMrn": SPACE.mrn, "scopeMrn": SPACE.mrn}])
    with pytest.raises(MondooError) as caught:
        adapter.adapt(request, errors)
    assert caught.value.code == "SchemaMismatch"
    assert element in caught.value.reason

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service lacks is left out if it is only nice to have; the documents themselves stay as they are."""

from __future__ import annotations

from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._client.documents import document
from ansible_collections.mondoo.platform.plugins.module_utils._client.tolerance import Documents
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError


def _refusal(field: str, type_name: str, quote: str = '"') -> dict[str, Any]:
    return {"message": f"Cannot query field {quote}{field}{quote} on type {quote}{type_name}{quote}."}


def _sent(documents: Documents, name: str) -> str:
    return graphql.print_ast(documents.get(name))


@pytest.mark.parametrize("quote", ['"', "'", "`"])
def test_an_optional_field_is_left_out_and_said_once(quote: str) -> None:
    documents = Documents()
    before = _sent(documents, "apiTokens")
    assert documents.adapt("apiTokens", [_refusal("lastUsed", "APIToken", quote)])
    assert _sent(documents, "apiTokens") == before.replace("        lastUsed\n", "")
    assert documents.warnings == ["The API has no APIToken.lastUsed: apiTokens goes on without it."]


def test_all_that_one_answer_refuses_is_left_out_together() -> None:
    documents = Documents()
    assert documents.adapt("apiTokens", [_refusal("id", "APIToken"), _refusal("creator", "APIToken")])
    sent = _sent(documents, "apiTokens")
    assert "id" not in sent.split()
    assert "creator" not in sent
    # What is selected below a field that is left out goes with it; the same name elsewhere stays.
    assert sent.split().count("mrn") == 2


def test_what_is_left_out_stays_left_out() -> None:
    documents = Documents()
    documents.adapt("apiTokens", [_refusal("id", "APIToken")])
    documents.adapt("apiTokens", [_refusal("createdAt", "APIToken")])
    assert {"id", "createdAt"}.isdisjoint(_sent(documents, "apiTokens").split())
    assert len(documents.warnings) == 2


def test_other_runs_and_other_documents_are_not_touched() -> None:
    documents = Documents()
    documents.adapt("generateAPIToken", [_refusal("mrn", "GenerateAPITokenPayload")])
    assert "mrn" not in _sent(documents, "generateAPIToken").split()
    assert documents.get("apiTokens") is document("apiTokens")
    assert "mrn" in _sent(Documents(), "generateAPIToken").split()


@pytest.mark.parametrize(
    ("name", "field", "type_name"),
    [
        ("apiTokens", "apiTokens", "Query"),
        ("apiTokens", "roles", "APIToken"),
        ("generateAPIToken", "token", "GenerateAPITokenPayload"),
    ],
)
def test_what_the_job_needs_is_an_error_that_names_it(name: str, field: str, type_name: str) -> None:
    documents = Documents()
    with pytest.raises(MondooError) as caught:
        documents.adapt(name, [_refusal(field, type_name)])
    assert caught.value.code == "SchemaMismatch"
    assert f"{type_name}.{field}" in str(caught.value)
    assert name in str(caught.value)
    assert "report" in str(caught.value)
    assert documents.warnings == []


def test_a_service_that_refuses_again_what_is_left_out_ends_the_run() -> None:
    documents = Documents()
    documents.adapt("apiTokens", [_refusal("id", "APIToken")])
    with pytest.raises(MondooError, match="has no APIToken.id"):
        documents.adapt("apiTokens", [_refusal("id", "APIToken")])


@pytest.mark.parametrize("refusal", [{"message": "rpc error: code = NotFound desc = gone"}, "text", {}, None])
def test_other_errors_are_somebody_elses(refusal: object) -> None:
    documents = Documents()
    assert not documents.adapt("apiTokens", [refusal])
    assert documents.get("apiTokens") is document("apiTokens")

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the service lacks is left out if the caller can do without it; the documents themselves stay as they are."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.adapter import PreparedRequest, SchemaAdapter
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.document import Document
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError

from .documents import ADD_BOOK, BOOKS, ORGANIZATION, SCHEMA, SPACE

_PATIENCE = 10.0  # seconds, for what would otherwise hang a test


def missing(field: str, type_name: str = "Book") -> dict[str, Any]:
    return {"message": f'Cannot query field "{field}" on type "{type_name}".'}


def text(adapter: SchemaAdapter, document: Document) -> str:
    """The document as the next request has it."""
    return graphql.print_ast(request(adapter, document).node)


def request(adapter: SchemaAdapter, document: Document, **variables: Any) -> PreparedRequest:
    given = {"spaceMrn": SPACE, "scopeMrn": SPACE, **variables} if document is BOOKS else variables
    return adapter.prepare(document, [given])


def adapt(adapter: SchemaAdapter, document: Document, *errors: object) -> bool:
    """Sends a request that the service answers with these errors."""
    return adapter.adapt(request(adapter, document), errors)


# Requests


def test_a_request_for_one_is_the_document_itself() -> None:
    variables = {"spaceMrn": SPACE, "scopeMrn": SPACE}
    prepared = SchemaAdapter().prepare(BOOKS, [variables])
    assert prepared == PreparedRequest(BOOKS, BOOKS.plain, variables, ("books",))


def test_a_request_for_several_is_a_batch() -> None:
    each = [{"spaceMrn": SPACE, "scopeMrn": SPACE}, {"spaceMrn": "", "scopeMrn": ORGANIZATION}]
    prepared = SchemaAdapter().prepare(BOOKS, each)
    assert prepared.keys == ("n0", "n1")
    assert prepared.variables == {
        "spaceMrn0": SPACE,
        "scopeMrn0": SPACE,
        "spaceMrn1": "",
        "scopeMrn1": ORGANIZATION,
    }
    assert graphql.validate(SCHEMA, prepared.node) == []


# What is left out


def test_an_optional_field_is_left_out_and_said_once() -> None:
    adapter = SchemaAdapter()
    before = text(adapter, BOOKS)
    assert adapt(adapter, BOOKS, missing("pages"))
    assert text(adapter, BOOKS) == before.replace("        pages\n", "")
    assert adapter.warnings == ["The API has no Book.pages: books works without it."]


def test_all_that_one_answer_names_is_left_out_together() -> None:
    adapter = SchemaAdapter()
    assert adapt(adapter, BOOKS, missing("pages"), missing("author"))
    sent = text(adapter, BOOKS)
    assert "pages" not in sent
    assert "author" not in sent
    # What is selected below a field that is left out goes with it; the same name elsewhere stays.
    assert sent.split().count("mrn") == 2
    assert len(adapter.warnings) == 2


def test_what_is_left_out_stays_left_out() -> None:
    adapter = SchemaAdapter()
    adapt(adapter, BOOKS, missing("pages"))
    adapt(adapter, BOOKS, missing("author"))
    assert "pages" not in text(adapter, BOOKS)
    assert len(adapter.warnings) == 2


def test_other_runs_and_other_documents_are_not_touched() -> None:
    adapter = SchemaAdapter()
    adapt(adapter, ADD_BOOK, missing("pages"))
    assert "pages" not in text(adapter, ADD_BOOK)
    assert request(adapter, BOOKS).node is BOOKS.plain
    assert "pages" in text(SchemaAdapter(), ADD_BOOK)


def test_what_several_copies_of_a_field_lack_is_said_once() -> None:
    adapter = SchemaAdapter()
    assert adapt(adapter, BOOKS, *[missing("pages")] * 25)
    assert len(adapter.warnings) == 1


@pytest.mark.parametrize(
    "errors",
    [
        [missing("author")],
        ['Field "author" must not have a selection since type "String" has no subfields.'],
        # gqlgen's way.
        [
            missing("mrn", "String"),
            missing("name", "String"),
            'Field "author" must not have a selection since type "String" has no subfields.',
        ],
    ],
)
def test_an_optional_object_goes_with_all_in_it(errors: list[Any]) -> None:
    adapter = SchemaAdapter()
    assert adapt(adapter, BOOKS, *errors)
    assert "author" not in text(adapter, BOOKS)
    assert len(adapter.warnings) == 1


def test_an_object_of_which_nothing_is_left_is_not_asked_for() -> None:
    adapter = SchemaAdapter()
    # Whatever the type is called.
    assert adapt(adapter, BOOKS, missing("mrn", "Writer"), missing("name", "Writer"))
    assert "author" not in text(adapter, BOOKS)
    assert text(adapter, BOOKS).split().count("mrn") == 2


@pytest.mark.parametrize(
    ("message", "left_out", "warning"),
    [
        (
            'Unknown argument "first" on field "Query.books".',
            "first",
            "The API has no books(first): books works without it.",
        ),
        (
            'Variable "$first7" of type "Int!" used in position expecting type "String".',
            "first",
            "The API has first of the type String: books works without it.",
        ),
        (
            'Unknown argument "spaceMrn" on field "Query.books".',
            "spaceMrn",
            "The API has no books(spaceMrn): books works without it.",
        ),
        (
            'Unknown argument "scopeMrn" on field "Query.books".',
            "scopeMrn",
            "The API has no books(scopeMrn): books works for spaces, and not for organizations.",
        ),
    ],
)
def test_an_optional_argument_is_left_out_with_its_variable(message: str, left_out: str, warning: str) -> None:
    adapter = SchemaAdapter()
    assert adapt(adapter, BOOKS, {"message": message})
    prepared = request(adapter, BOOKS, first=100, after="c")
    assert left_out not in graphql.print_ast(prepared.node)
    assert "after: $after" in graphql.print_ast(prepared.node)
    assert prepared.variables.keys() == {"spaceMrn", "scopeMrn", "first", "after"} - {left_out}
    assert adapter.warnings == [warning]
    assert adapter.omits_argument(BOOKS, left_out)
    assert not adapter.omits_argument(BOOKS, "after")
    batch = adapter.prepare(BOOKS, [{"spaceMrn": SPACE, "scopeMrn": SPACE, "first": 1}] * 2)
    assert not any(name.startswith(left_out) for name in batch.variables)


@pytest.mark.parametrize(
    "message",
    [
        "Unknown field argument 'first'",
        "The argument `first` does not exist.",
        "Field 'books' doesn't accept argument 'first'",
    ],
)
def test_an_argument_is_left_out_in_the_words_of_other_engines(message: str) -> None:
    adapter = SchemaAdapter()
    assert adapt(adapter, BOOKS, {"message": message})
    assert "first" not in text(adapter, BOOKS)


@pytest.mark.parametrize(("path", "has_data"), [(["query books", "books", "pages"], True), (["books"], False)])
def test_an_error_with_a_path_in_the_document(path: list[str], has_data: bool) -> None:
    adapter = SchemaAdapter()
    errors = [{**missing("pages"), "path": path}]
    assert adapter.adapt(request(adapter, BOOKS), errors, has_data=has_data)
    assert "pages" not in text(adapter, BOOKS)


def test_an_error_with_a_path_into_the_data_is_not_about_the_schema() -> None:
    assert not adapt(SchemaAdapter(), BOOKS, {**missing("pages"), "path": ["books"]})


# What cannot be left out


# By document and the service's words: the element that the error has to name.
_NEEDED = [
    (BOOKS, 'Cannot query field "books" on type "Query".', "no Query.books"),
    (BOOKS, 'Cannot query field "title" on type "Book".', "no Book.title"),
    (BOOKS, 'Unknown argument "after" on field "Query.books".', "no books(after)"),
    (BOOKS, 'Field "shelf" must not have a selection since type "ID" has no subfields.', "value in place of an object"),
    (BOOKS, 'Field "books" argument "x" of type "Int!" is required, but it was not provided.', "a required books(x)"),
    (BOOKS, 'Variable "$after" of type "String" used in position expecting type "ID".', "after of the type ID"),
    (ADD_BOOK, 'Cannot query field "title" on type "Book".', "no Book.title"),
    (ADD_BOOK, 'Unknown type "AddBookInput".', "no type AddBookInput"),
    (
        ADD_BOOK,
        'Variable "$input" got invalid value {}; Field "tags" is not defined by type "AddBookInput".',
        "no AddBookInput.tags",
    ),
    (
        ADD_BOOK,
        'Variable "$input" got invalid value {}; Field "reason" of required type "String!" was not provided.',
        "a required reason",
    ),
    (
        ADD_BOOK,
        'Variable "$input" has invalid value at .title: Int cannot represent non-integer value: "x"',
        "another type in AddBookInput.title",
    ),
    (ADD_BOOK, {"message": "unknown field", "path": ["variable", "input3", "tags"]}, "no AddBookInput.tags"),
    (
        ADD_BOOK,
        {"message": "unknown field", "path": ["variable", "input3", "tags", 0, "name"]},
        "no AddBookInput.tags.name",
    ),
]


@pytest.mark.parametrize(("document", "error", "element"), _NEEDED)
def test_what_is_needed_is_an_error_that_names_it_and_the_document(
    document: Document, error: object, element: str
) -> None:
    adapter = SchemaAdapter()
    with pytest.raises(MondooError) as caught:
        adapt(adapter, document, error)
    assert caught.value.code == "SchemaMismatch"
    assert caught.value.operation == document.name
    assert element in caught.value.reason
    assert f"the document {document.name}" in caught.value.reason
    assert "report this message" in str(caught.value)
    assert adapter.warnings == []
    assert request(adapter, document).node is document.plain


def test_all_that_is_needed_is_named() -> None:
    with pytest.raises(MondooError) as caught:
        adapt(
            SchemaAdapter(),
            BOOKS,
            missing("title"),
            missing("shelf"),
            'Field "books" argument "x" of type "Int!" is required, but it was not provided.',
        )
    assert caught.value.reason == (
        "the API has no Book.title and no Book.shelf, which the document books needs;"
        " and a required books(x), which the document books does not give"
    )


def test_nothing_is_left_out_where_something_needed_is_missing_too() -> None:
    adapter = SchemaAdapter()
    with pytest.raises(MondooError, match="no Book.title"):
        adapt(adapter, BOOKS, missing("pages"), missing("title"))
    assert adapter.warnings == []
    assert request(adapter, BOOKS).node is BOOKS.plain


def test_an_argument_is_needed_where_what_stands_in_for_it_is_missing_too() -> None:
    unknown = [f'Unknown argument "{name}" on field "Query.books".' for name in ("spaceMrn", "scopeMrn")]
    with pytest.raises(MondooError, match=r"no books\(spaceMrn\) and no books\(scopeMrn\), which"):
        adapt(SchemaAdapter(), BOOKS, *unknown)
    for first, second in (unknown, unknown[::-1]):
        adapter = SchemaAdapter()
        assert adapt(adapter, BOOKS, first)
        with pytest.raises(MondooError, match=r"no books\((space|scope)Mrn\)"):
            adapt(adapter, BOOKS, second)


def test_an_argument_has_no_stand_in_of_another_value() -> None:
    """Without it, the request would be about something else."""
    adapter = SchemaAdapter()
    adapt(adapter, BOOKS, 'Unknown argument "scopeMrn" on field "Query.books".')
    with pytest.raises(MondooError) as caught:
        request(adapter, BOOKS, spaceMrn="", scopeMrn=ORGANIZATION)
    assert caught.value.code == "SchemaMismatch"
    assert f"the API takes spaceMrn in place of scopeMrn, and {ORGANIZATION} is not a space" in caught.value.reason


# Former names of input fields


_FORMER: list[list[Any]] = [
    ['Variable "$input" got invalid value {}; Field "scopeMrn" is not defined by type "AddBookInput".'],
    [{"message": "unknown field", "path": ["variable", "input", "scopeMrn"]}],
    [
        "Variable '$input' has invalid value: Expected value of type 'X' not to include unknown field 'scopeMrn', found: {}.",
        "Variable '$input' has invalid value: Expected value of type 'X' to include required field 'spaceMrn', found: {}.",
    ],
]


@pytest.mark.parametrize("errors", _FORMER)
def test_a_former_name_is_sent_where_the_service_does_not_know_the_new_one(errors: list[Any]) -> None:
    adapter = SchemaAdapter()
    assert adapt(adapter, ADD_BOOK, *errors)
    fields = {"title": "x", "scopeMrn": SPACE}
    prepared = request(adapter, ADD_BOOK, input=fields)
    assert prepared.variables == {"input": {"title": "x", "spaceMrn": SPACE}}
    assert fields == {"title": "x", "scopeMrn": SPACE}
    assert graphql.print_ast(prepared.node) == graphql.print_ast(ADD_BOOK.plain)
    assert adapter.warnings == [
        "The API takes spaceMrn in place of scopeMrn: addBook works for spaces, and not for organizations."
    ]
    with pytest.raises(MondooError) as caught:
        request(adapter, ADD_BOOK, input={"title": "x", "scopeMrn": ORGANIZATION})
    assert (caught.value.code, caught.value.operation) == ("SchemaMismatch", "addBook")
    assert f"{ORGANIZATION} is not a space" in caught.value.reason


_WANTED: list[Any] = [
    'Variable "$input" got invalid value {}; Field "spaceMrn" of required type "String!" was not provided.',
    {"message": "must be defined", "path": ["variable", "input", "spaceMrn"]},
]


@pytest.mark.parametrize("error", _WANTED)
def test_a_former_name_is_sent_too_where_the_service_wants_both(error: Any) -> None:
    adapter = SchemaAdapter()
    assert adapt(adapter, ADD_BOOK, error)
    (warning,) = adapter.warnings
    assert warning.endswith(": addBook gives it too.")
    for scope, space in ((SPACE, SPACE), (ORGANIZATION, "")):
        prepared = request(adapter, ADD_BOOK, input={"title": "x", "scopeMrn": scope})
        assert prepared.variables == {"input": {"title": "x", "scopeMrn": scope, "spaceMrn": space}}
    # It may turn out that the new name is not known.
    second = request(adapter, ADD_BOOK, input={"title": "x", "scopeMrn": SPACE})
    assert adapter.adapt(second, [{"message": "unknown field", "path": ["variable", "input", "scopeMrn"]}])
    third = request(adapter, ADD_BOOK, input={"title": "x", "scopeMrn": SPACE})
    assert third.variables == {"input": {"title": "x", "spaceMrn": SPACE}}


# An answer is held against the request that it answers


def test_a_service_that_still_refuses_what_is_left_out_ends_the_run() -> None:
    adapter = SchemaAdapter()
    assert adapt(adapter, BOOKS, missing("pages"))
    with pytest.raises(MondooError, match="has no Book.pages, "):
        adapt(adapter, BOOKS, missing("pages"))


def test_a_field_that_is_optional_in_one_place_and_needed_in_another() -> None:
    """In the place where it is optional, it is left out first: the names of types are not relied on."""
    adapter = SchemaAdapter()
    assert adapt(adapter, BOOKS, missing("mrn"))
    assert text(adapter, BOOKS).split().count("mrn") == 2
    with pytest.raises(MondooError, match="has no Book.mrn, which the document books needs"):
        adapt(adapter, BOOKS, missing("mrn"))


def test_a_service_with_neither_name_of_an_input_field() -> None:
    adapter = SchemaAdapter()
    adapt(adapter, ADD_BOOK, {"message": "unknown field", "path": ["variable", "input", "scopeMrn"]})
    second = request(adapter, ADD_BOOK, input={"scopeMrn": SPACE})
    with pytest.raises(MondooError, match="no AddBookInput.spaceMrn"):
        adapter.adapt(second, [{"message": "unknown field", "path": ["variable", "input", "spaceMrn"]}])


def test_a_request_from_before_another_one_was_adapted_is_made_again() -> None:
    adapter = SchemaAdapter()
    early, late = request(adapter, BOOKS), request(adapter, BOOKS)
    assert adapter.adapt(early, [missing("pages")])
    assert adapter.adapt(late, [missing("pages")])
    assert len(adapter.warnings) == 1


def test_threads_that_get_the_same_errors() -> None:
    """All have sent the document as it was; each is to send again, and one warning for each thing says why."""
    count = 8
    adapter = SchemaAdapter()
    sent = threading.Barrier(count)

    def run(_number: int) -> tuple[bool, str, Mapping[str, Any]]:
        prepared = request(adapter, BOOKS, first=1)
        sent.wait(_PATIENCE)
        errors = [missing("pages"), 'Unknown argument "first" on field "Query.books".']
        again = adapter.adapt(prepared, errors)
        return again, text(adapter, BOOKS), request(adapter, BOOKS, first=1).variables

    with ThreadPoolExecutor(count) as threads:
        results = list(threads.map(run, range(count)))
    assert [again for again, _text, _variables in results] == [True] * count
    assert len({sent_text for _again, sent_text, _variables in results}) == 1
    assert all("first" not in variables for _again, _text, variables in results)
    assert len(adapter.warnings) == 2


@pytest.mark.parametrize("error", [{"message": "rpc error: code = NotFound desc = gone"}, "text", {}, None])
def test_other_errors_are_not_about_the_schema(error: object) -> None:
    adapter = SchemaAdapter()
    assert not adapt(adapter, BOOKS, error)
    assert request(adapter, BOOKS).node is BOOKS.plain

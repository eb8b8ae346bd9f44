# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the marks of a document say, and that none of them is sent."""

from __future__ import annotations

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.document import Document, Marks

from .documents import ADD_BOOK, BOOKS, SCHEMA


@pytest.mark.parametrize("document", [BOOKS, ADD_BOOK], ids=lambda document: document.name)
def test_what_is_sent_has_no_marks_and_fits_the_schema(document: Document) -> None:
    text = graphql.print_ast(document.plain)
    assert "@" not in text
    assert graphql.validate(SCHEMA, graphql.parse(text)) == []


def test_what_the_marks_say() -> None:
    assert BOOKS.marks == Marks(
        fields={"pages", "author", "mrn", "name"},
        variables={"spaceMrn", "scopeMrn", "first"},
        arguments={
            ("books", "spaceMrn"): "spaceMrn",
            ("books", "scopeMrn"): "scopeMrn",
            ("books", "first"): "first",
        },
        stand_ins={"scopeMrn": "spaceMrn"},
        types={"spaceMrn": "String", "scopeMrn": "String", "first": "Int", "after": "String"},
    )
    assert ADD_BOOK.marks == Marks(fields={"pages"}, formerly={"scopeMrn": "spaceMrn"}, types={"input": "AddBookInput"})


def test_a_document_is_parsed_once() -> None:
    assert BOOKS.plain is BOOKS.plain
    assert BOOKS.marked is BOOKS.marked


def test_documents_are_values() -> None:
    assert Document("books", BOOKS.source) == BOOKS
    assert len({Document("books", BOOKS.source), BOOKS, ADD_BOOK}) == 2

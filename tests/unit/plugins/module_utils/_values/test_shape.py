# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON of another shape than expected is named, and never believed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.shape import JsonObject, clean_text
from hypothesis import given
from hypothesis import strategies as st

_ANSWER: dict[str, Any] = {
    "text": "a",
    "blank": " ",
    "number": 1,
    "boolean": True,
    "null": None,
    "object": {"text": "b"},
    "list": [{"text": "c"}, {"text": "d"}],
    "texts": ["e", "f"],
}


def _answer() -> JsonObject:
    return JsonObject(_ANSWER, "root")


def test_what_is_as_expected() -> None:
    answer = _answer()
    assert answer.text("text") == answer.identifier("text") == answer.optional_text("text") == "a"
    assert answer.text("blank") == " "
    assert answer.optional_boolean("boolean") is True
    inner = answer.optional_object("object")
    assert inner is not None
    assert inner.text("text") == "b"
    assert [entry.text("text") for entry in answer.objects("list")] == ["c", "d"]
    assert answer.optional_texts("texts") == ["e", "f"]
    assert "text" in answer
    assert "missing" not in answer


@pytest.mark.parametrize("key", ["null", "missing"])
def test_what_is_optional_may_be_null_or_missing(key: str) -> None:
    answer = _answer()
    assert answer.optional_text(key) is None
    assert answer.optional_boolean(key) is None
    assert answer.optional_object(key) is None
    assert answer.optional_list(key) is None
    assert answer.optional_texts(key) is None
    assert list(answer.objects(key)) == []


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda answer: answer.text("null"), "null in root.null, where text was expected"),
        (lambda answer: answer.text("missing"), "nothing in root.missing, where text was expected"),
        (lambda answer: answer.text("list"), "a list in root.list, where text was expected"),
        (lambda answer: answer.optional_text("number"), "a number in root.number, where text was expected"),
        (lambda answer: answer.identifier("blank"), "blank text in root.blank, where text that is not blank was"),
        (lambda answer: answer.optional_boolean("text"), "text in root.text, where true or false was expected"),
        (lambda answer: answer.optional_boolean("number"), "a number in root.number, where true or false was"),
        (lambda answer: answer.optional_object("list"), "a list in root.list, where an object was expected"),
        (lambda answer: answer.optional_list("object"), "an object in root.object, where a list was expected"),
        (lambda answer: list(answer.objects("texts")), "text in root.texts[0], where an object was expected"),
        (lambda answer: answer.optional_texts("list"), "an object in root.list[0], where text was expected"),
        (lambda answer: answer.optional_object("object").text("x"), "nothing in root.object.x, where text was"),
        (lambda answer: next(answer.objects("list")).text("x"), "nothing in root.list[0].x, where text was expected"),
        (lambda _answer: JsonObject([], "root"), "a list in root, where an object was expected"),
        (lambda _answer: JsonObject(True, "root"), "true or false in root, where an object was expected"),
    ],
)
def test_what_is_not_as_expected(read: Callable[[JsonObject], object], words: str) -> None:
    with pytest.raises(MondooError) as caught:
        read(_answer())
    assert caught.value.code == "GarbledAnswer"
    assert caught.value.reason.startswith(f"the service's answer has {words}")


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_text_can_be_written_as_utf_8(text: str) -> None:
    clean = clean_text(text)
    clean.encode("utf-8")
    assert len(clean) == len(text)
    assert all(one == other for one, other in zip(text, clean, strict=True) if other != "\ufffd")


def test_every_text_that_is_read_is_clean() -> None:
    answer = JsonObject({"text": "a\ud800", "texts": ["\udfff"]}, "root")
    assert answer.text("text") == answer.optional_text("text") == "a\ufffd"
    assert answer.optional_texts("texts") == ["\ufffd"]

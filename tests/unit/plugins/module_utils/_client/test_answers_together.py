# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an answer to several root fields of the same name tells of each."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._client.answers import roots_of
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError

KEYS = ["n0", "n1", "n2"]
ONE = {"mrn": "//1"}


def error(code: str = "PermissionDenied", *path: Any) -> dict[str, Any]:
    return {"message": f"rpc error: code = {code} desc = no", **({"path": list(path)} if path else {})}


def told(data: Any, *errors: Any, mutation: bool, status: int = 200) -> list[Any]:
    """For each key its value, the code of its error, or None."""
    found = roots_of(Answer(data, list(errors), status, None), "op", KEYS, mutation=mutation)
    return [one.code if isinstance(one, MondooError) else one for one in found]


@pytest.mark.parametrize("mutation", [False, True])
@pytest.mark.parametrize(
    ("data", "errors", "expected"),
    [
        ({"n0": ONE, "n1": ONE, "n2": ONE}, [], [ONE, ONE, ONE]),
        ({"n0": ONE, "n1": None, "n2": ONE}, [error("NotFound", "n1")], [ONE, "NotFound", ONE]),
        # All is null because of one.
        (None, [error("NotFound", "n1")], [None, "NotFound", None]),
        (None, [error("NotFound", "n1"), error("Unknown", "n2")], [None, "NotFound", "Unknown"]),
        # An answer that lacks one tells nothing of it.
        ({"n0": ONE, "n2": ONE}, [], [ONE, None, ONE]),
        ({"n0": ONE, "n1": None, "n2": ONE}, [], [ONE, None, ONE]),
        # The first error of a field is its cause.
        (
            {"n0": ONE, "n1": None, "n2": ONE},
            [error("NotFound", "n1", "x"), error("Unknown", "n1")],
            [ONE, "NotFound", ONE],
        ),
        # Of another shape than an object.
        ({"n0": ONE, "n1": [ONE], "n2": "x"}, [], [ONE, None, None]),
    ],
)
def test_each_field_has_its_own(data: Any, errors: list[Any], expected: list[Any], mutation: bool) -> None:
    assert told(data, *errors, mutation=mutation) == expected


def test_a_query_with_an_error_of_nobody_is_no_answer() -> None:
    """It may be about any of them."""
    assert told({"n0": ONE, "n1": None, "n2": ONE}, error(), error("NotFound", "n1"), mutation=False) == [
        None,
        "NotFound",
        None,
    ]


@pytest.mark.parametrize("path", [[], ["elsewhere"], [0], "n1", None])
def test_a_path_that_leads_nowhere(path: Any) -> None:
    stray = {**error(), "path": path}
    assert told({"n0": ONE, "n1": None, "n2": ONE}, stray, mutation=True) == [ONE, None, ONE]


@pytest.mark.parametrize("entry", ["a text", 3, {}, {"path": ["n1"]}])
def test_errors_of_another_shape(entry: Any) -> None:
    found = told({"n0": ONE, "n1": None, "n2": ONE}, entry, mutation=True)
    assert (found[0], found[2]) == (ONE, ONE)
    assert found[1] in (None, "Unknown")


def test_a_query_that_failed_below_its_field_is_no_answer() -> None:
    """A listing with a part missing must not pass for a whole one; a mutation that has a value was executed."""
    data = {"n0": ONE, "n1": {"edges": None}, "n2": ONE}
    below = error("Unknown", "n1", "edges")
    assert told(data, below, mutation=False) == [ONE, "Unknown", ONE]
    assert told(data, below, mutation=True) == [ONE, {"edges": None}, ONE]


@pytest.mark.parametrize(
    ("data", "errors", "status", "code", "transient", "unknown"),
    [
        (None, [error("PermissionDenied")], 403, "PermissionDenied", False, False),
        (None, [error("Unavailable")], 200, "Unavailable", True, True),
        (None, [], 200, "GarbledAnswer", True, True),
        ({}, [], 200, "GarbledAnswer", True, True),
        ([], [], 200, "GarbledAnswer", True, True),
        ({"n0": None, "n1": None, "n2": None}, [], 200, "GarbledAnswer", True, True),
    ],
)
@pytest.mark.parametrize("mutation", [False, True])
def test_an_answer_that_tells_nothing_of_any(
    data: Any, errors: list[Any], status: int, code: str, transient: bool, unknown: bool, mutation: bool
) -> None:
    with pytest.raises(MondooError) as caught:
        told(data, *errors, mutation=mutation, status=status)
    failure = caught.value
    assert (failure.code, failure.transient, failure.outcome_unknown) == (code, transient, unknown)
    assert (failure.operation, failure.http_status) == ("op", status)

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recorded errors are what the engines say."""

from __future__ import annotations

import pytest

from .cases import CASES
from .programs import ENGINES, NotInstalledError, ask
from .recording import answers, recorded, request, versions

_AGAIN = "Record it: PYTHONPATH=tests python -m engines"


def test_every_case_is_recorded_as_it_is() -> None:
    before = [{key: value for key, value in record.items() if key != "answers"} for record in recorded()]
    assert before == [request(name) for name in CASES], _AGAIN


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_is_recorded_for_every_case(engine: str) -> None:
    assert versions(engine)
    for version in versions(engine):
        assert len(answers(engine, version)) == len(CASES), f"{engine} {version} is not in every case. {_AGAIN}"


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_says_what_is_recorded(engine: str) -> None:
    try:
        opinion = ask(engine, list(CASES.values()))
    except NotInstalledError as error:
        pytest.skip(str(error))
    if opinion.version not in versions(engine):
        pytest.skip(f"{engine} {opinion.version} is installed, and not recorded. {_AGAIN}")
    said = dict(zip(CASES, opinion.errors, strict=True))
    assert said == dict(zip(CASES, answers(engine, opinion.version), strict=True))


def test_most_requests_are_refused_by_every_engine() -> None:
    """The others are what engines differ in."""
    accepted = {
        (record["case"], answer["engine"])
        for record in recorded()
        for answer in record["answers"]
        if not answer["errors"]
    }
    assert accepted == {("an input field has a value of another type", "gqlparser")}

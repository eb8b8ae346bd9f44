# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engines said, in a file that the unit tests read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .cases import CASES
from .programs import Errors, Opinion

FILE = Path(__file__).resolve().parents[1] / "unit" / "support" / "engine_errors.json"
# A case with its request, and `answers`: engine, version and errors.
Record = dict[str, Any]


def request(name: str) -> Record:
    """A case as it is recorded, without the answers. The schema is left out: its variants are long."""
    case = CASES[name]
    return {"case": name, "elements": case.elements, "document": case.document, "variables": case.variables}


def recorded() -> list[Record]:
    records: list[Record] = json.loads(FILE.read_text(encoding="utf-8"))
    return records


def versions(engine: str) -> set[str]:
    """The versions of an engine whose answers are recorded."""
    answers = [answer for record in recorded() for answer in record["answers"]]
    return {answer["version"] for answer in answers if answer["engine"] == engine}


def answers(engine: str, version: str) -> list[Errors]:
    """What a version of an engine said, for each case."""
    return [
        answer["errors"]
        for record in recorded()
        for answer in record["answers"]
        if (answer["engine"], answer["version"]) == (engine, version)
    ]


def record(opinions: dict[str, Opinion]) -> None:
    """Writes what engines say now. What other versions said of a request that is still the same is kept."""
    before = recorded() if FILE.exists() else []
    kept = {json.dumps({**entry, "answers": []}): entry["answers"] for entry in before}
    fresh = {(engine, opinion.version) for engine, opinion in opinions.items()}
    entries: list[Record] = []
    for number, name in enumerate(CASES):
        asked = request(name)
        said = [
            {"engine": engine, "version": opinion.version, "errors": opinion.errors[number]}
            for engine, opinion in opinions.items()
        ]
        old = kept.get(json.dumps({**asked, "answers": []}), [])
        said += [answer for answer in old if (answer["engine"], answer["version"]) not in fresh]
        entries.append({**asked, "answers": sorted(said, key=lambda answer: (answer["engine"], answer["version"]))})
    FILE.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cosmic-ray has no command for: leaves out mutants that no test could notice, and judges the score.

    python mutation.py skip SESSION
    python mutation.py report SESSION

SESSION is the file of a cosmic-ray session; the sources are looked for below the current folder.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult

FLOOR = 90  # per cent of the mutants that the tests have to notice


def idle_spans(source: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """First and last position, as (line from 1, column from 0), of what changes nothing that a run does.

    That is annotations, and options of decorators such as `frozen=True`, which type checking alone needs.
    """
    return [
        ((node.lineno, node.col_offset), (node.end_lineno or node.lineno, node.end_col_offset or 0))
        for node in _idle(ast.parse(source))
    ]


def _idle(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef) and node.returns:
            yield node.returns
        for decorator in getattr(node, "decorator_list", ()):
            yield from (keyword.value for keyword in getattr(decorator, "keywords", ()))


def skip(session: WorkDB) -> None:
    """Marks mutants in idle code as skipped."""
    spans: dict[Path, list[tuple[tuple[int, int], tuple[int, int]]]] = {}
    for item in session.pending_work_items:
        (mutation,) = item.mutations
        path = mutation.module_path
        if path not in spans:
            spans[path] = idle_spans(path.read_text(encoding="utf-8"))
        if any(first <= mutation.start_pos < last for first, last in spans[path]):
            session.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))


def report(session: WorkDB) -> int:
    """Prints the survivors and the score; returns the exit status."""
    survived = killed = 0
    pending = list(session.pending_work_items)
    for item, result in session.completed_work_items:
        if result.worker_outcome == WorkerOutcome.SKIPPED:
            continue
        if result.test_outcome == TestOutcome.KILLED:
            killed += 1
            continue
        survived += 1
        (mutation,) = item.mutations
        print(f"SURVIVED {mutation.module_path}:{mutation.start_pos[0]} {mutation.operator_name}")
        print(
            "\n".join(line for line in (result.diff or "").splitlines() if line[:1] in "+-" and line[1:2] not in "+-")
        )
    total = killed + survived
    if pending or not total:
        print(f"not finished: {len(pending)} mutants were not tried")
        return 2
    score = 100 * killed / total
    print(f"{killed} of {total} mutants were noticed: {score:.1f} % (at least {FLOOR} % are asked for)")
    return 0 if score >= FLOOR else 1


def main(command: str, session: str) -> int:
    with use_db(session, WorkDB.Mode.open) as database:
        if command == "report":
            return report(database)
        skip(database)
        return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

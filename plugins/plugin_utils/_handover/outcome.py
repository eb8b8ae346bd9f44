# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcome of a run, token by token: results, a summary, and the machine-readable report. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope, scope_of_mrn
from ansible_collections.mondoo.platform.plugins.module_utils._values.summary import PRUNED, summarize
from ansible_collections.mondoo.platform.plugins.module_utils._values.summary import Outcome as Line

from .tokens import GENERATE, DeclaredToken

_SHOWN = 5


@dataclass
class Outcome:
    """The outcome for a token. result: from the module, without a secret. failed: why; empty if it did not fail.

    handed_over: whether a new secret is in all of its places.
    """

    token: DeclaredToken
    result: dict[str, Any] = field(default_factory=dict)
    failed: str = ""
    handed_over: bool = False

    @property
    def operations(self) -> list[str]:
        return list(self.result.get("operations", ()))

    @property
    def kind(self) -> str:
        """What was done, or would be, as a word for the summary."""
        operations = self.operations
        if self.failed:
            return "failed"
        if GENERATE in operations:
            after = operations[operations.index(GENERATE) :]
            known = self.token.predicted.get("api_token") or {}
            return "replaced" if self.token.forced or known.get("mrn") or "deleteAPIToken" in after[1:] else "created"
        if not self.result.get("changed"):
            return "unchanged"
        return "changed" if self.token.present else "deleted"

    def data(self) -> dict[str, Any]:
        """The result of the token for users."""
        kept = {key: value for key, value in self.result.items() if key not in ("token", "failed", "msg", "error")}
        error = {"error": self.result["error"]} if self.failed and self.result.get("error") else {}
        return {
            **kept,
            "changed": bool(self.result.get("changed")),
            "failed": bool(self.failed),
            "msg": self.failed,
            "handed_over": self.handed_over,
            "places": [str(place) for place in self.token.places],
            **error,
        }


def summary(outcomes: Sequence[Outcome], pruned: Iterable[Mapping[str, Any]], *, check_mode: bool) -> str:
    """How many tokens were created, replaced and so on, and which. pruned: tokens in the module's form."""
    lines = [
        Line(outcome.kind, *_name_and_scope({**outcome.token.predicted, **outcome.result})) for outcome in outcomes
    ]
    lines += [Line(PRUNED, *_name_and_scope(token)) for token in pruned]
    return f"{summarize(lines, check_mode=check_mode)}."


def _name_and_scope(result: Mapping[str, Any]) -> tuple[str, Scope]:
    return str(result.get("name") or ""), scope_of_mrn(result["scope_mrn"])


def failures(outcomes: Iterable[Outcome]) -> str:
    """The first reasons why tokens failed; empty if none did."""
    reasons = list(dict.fromkeys(outcome.failed for outcome in outcomes if outcome.failed))
    more = [f"And {len(reasons) - _SHOWN} more, see the results."] if len(reasons) > _SHOWN else []
    return " ".join([*(_sentence(reason) for reason in reasons[:_SHOWN]), *more])


def status(*, failed: bool, changed: bool, check_mode: bool) -> str:
    """The machine-readable status, one word."""
    if failed:
        return "failed"
    if not changed:
        return "unchanged"
    return "drift" if check_mode else "changed"


def report_text(status_word: str, message: str, result: Mapping[str, Any], *, check_mode: bool) -> str:
    """The machine-readable report, as JSON."""
    tokens = [
        {key: entry.get(key) for key in ("name", "scope_mrn", "changed", "failed", "msg", "operations", "places")}
        for entry in result.get("results", ())
    ]
    content = {
        "status": status_word,
        "check_mode": check_mode,
        "msg": message,
        "tokens": tokens,
        "pruned": [token.get("name") for token in result.get("pruned", ())],
        "operations": result.get("operations", {}),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def sum_operations(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sum of several counts of mutations."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items()))


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!")) else f"{text}."

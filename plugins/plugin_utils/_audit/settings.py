# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of an audit from a task or the role: typed, checked and ordered before anything is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError, invalid_option
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import scope_from

from .._modes import mode_from
from .._reading import read_entry
from .._text_values import typed_values
from .acceptance import Acceptance, acceptances_from
from .declared import KnownScope, declarations_from
from .drift import drift_from
from .listing import Read
from .rules import SEVERITIES, Policy, policy_from
from .tokens import time_from

FORMATS = {
    "html": "api-tokens.html",
    "json": "api-tokens.json",
    "csv": "api-tokens.csv",
    "junit": "api-tokens.junit.xml",
}
NEVER = "never"

_TARGETS: dict[str, dict[str, Any]] = {
    "spaces": {"type": "list", "elements": "str", "default": []},
    "organizations": {"type": "list", "elements": "str", "default": []},
    "include_spaces": {"type": "bool", "default": True},
}
# Options of the module api_token_report, without those of the connection; they match its documentation.
ARGUMENTS: dict[str, dict[str, Any]] = {
    **_TARGETS,
    "connections": {"type": "list", "elements": "dict", "default": []},
    "max_age": {"type": "str"},
    "max_unused": {"type": "str"},
    "allowed_permissions": {"type": "list", "elements": "str"},
    "declared": {"type": "list", "elements": "dict"},
    "severities": {"type": "dict"},
    "accepted": {"type": "list", "elements": "dict"},
    "drift": {"type": "dict"},
    "previous": {"type": "path"},
    "fail_on": {"type": "str", "choices": [NEVER, *reversed(SEVERITIES)], "default": NEVER},
    "title": {"type": "str", "default": "API tokens"},
    "directory": {"type": "path", "default": "api-token-audit"},
    "formats": {"type": "list", "elements": "str", "choices": [*FORMATS], "default": [*FORMATS]},
    "mode": {"type": "raw", "default": "0640"},
    "now": {"type": "str"},
}
# A connection never inherits these if it sets its own: two credentials, or two addresses, would contradict each other.
_EXCLUSIVE = (("auth_token", "service_account", "service_account_file"), ("region", "endpoint"))


@dataclass(frozen=True)
class Settings:
    """A valid audit. options: typed; drift: the part of the report; mode: of the files; now: in UTC."""

    options: Mapping[str, Any]
    reads: Sequence[Read]
    acceptances: Sequence[Acceptance]
    drift: Mapping[str, Any] | None
    now: datetime
    mode: int

    def policy(self, scopes: Sequence[KnownScope], own: Collection[str] = ()) -> Policy:
        """The policy for tokens, if these scopes were read with credentials of these MRNs."""
        declared = self.options["declared"]
        return policy_from(
            now=self.now,
            max_age=self.options["max_age"],
            max_unused=self.options["max_unused"],
            allowed_permissions=self.options["allowed_permissions"],
            declared=None if declared is None else declarations_from(declared, scopes),
            severities=self.options["severities"],
            own=frozenset(own),
        )


def settings_from(arguments: Mapping[str, Any], connection_options: Collection[str]) -> Settings:
    """Reads the arguments of a task; raises MondooError for invalid ones, before anything is listed.

    connection_options: names of the options that set the connection; they are passed on unchanged.
    """
    connection = {name: value for name, value in arguments.items() if name in connection_options}
    options = typed_values(ARGUMENTS, {name: value for name, value in arguments.items() if name not in connection})
    reads = list(_reads(options, connection, None))
    for number, entry in enumerate(options["connections"], start=1):
        reads += read_entry(
            number, "connections", entry, lambda value: _reads_of_entry(value, connection, connection_options)
        )
    if not reads:
        raise invalid_option(
            "there is nothing to audit: name it in spaces, organizations or connections (of the role: api_token_audit_spaces or"
            " api_token_audit_organizations or api_token_audit_connections)"
        )
    settings = Settings(
        options=options,
        reads=reads,
        acceptances=acceptances_from(options["accepted"] or ()),
        drift=drift_from(options["drift"]),
        now=datetime.now(timezone.utc) if options["now"] is None else time_from("now", options["now"]),
        mode=int(mode_from("mode", options["mode"], symbolic=False), 8),
    )
    # Once without scopes, to report a mistake before the first request.
    settings.policy(())
    return settings


def _reads(options: Mapping[str, Any], connection: Mapping[str, Any], name: str | None) -> Iterator[Read]:
    for kind in ("space", "organization"):
        includes = kind == "organization" and options["include_spaces"]
        for scope in dict.fromkeys(scope_from(kind, value) for value in options[f"{kind}s"]):
            yield Read(scope, includes, name, connection)


def _reads_of_entry(
    entry: Mapping[str, Any], defaults: Mapping[str, Any], connection_options: Collection[str]
) -> list[Read]:
    """The listings of an entry of `connections`: its own connection options override those of the task."""
    own = {name: value for name, value in entry.items() if name in connection_options and value is not None}
    spec = {**_TARGETS, "name": {"type": "str"}}
    try:
        options = typed_values(spec, {name: value for name, value in entry.items() if name not in connection_options})
    except MondooError as error:
        raise invalid_option(f"{error.reason}, and the options of the connection") from None
    replaced = {name for group in _EXCLUSIVE if own.keys() & set(group) for name in group}
    connection = {**{name: value for name, value in defaults.items() if name not in replaced}, **own}
    reads = list(_reads(options, connection, options["name"]))
    if not reads:
        raise invalid_option("one of spaces and organizations is required")
    return reads

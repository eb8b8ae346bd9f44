# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the declaration from the options of a task; refuses everything that can be refused without the service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from .._planning.declaration import Declaration
from .._values.errors import invalid_option
from .._values.mrn import Scope, scope_from, scope_of_mrn, token_mrn_from, token_scope
from .._values.permissions import role_mrns_from
from .._values.times import duration_from
from .._values.token_names import check_declared_name


def read_scope(options: Mapping[str, Any]) -> Scope | None:
    """The scope named by one of `space`, `organization` and `scope_mrn`, else by `mrn`; None if none of them names one."""
    for kind in ("space", "organization"):
        if options[kind] is not None:
            return scope_from(kind, options[kind])
    if options["scope_mrn"] is not None:
        return scope_of_mrn(options["scope_mrn"])
    mrn = options.get("mrn")
    return None if mrn is None else token_scope(mrn.strip())


def require_scope(options: Mapping[str, Any]) -> Scope:
    """As `read_scope`; raises MondooError if there is none."""
    scope = read_scope(options)
    if scope is None:
        # Ansible treats an option without a value, as in `space:`, as given.
        raise invalid_option("one of space, organization and scope_mrn is required")
    return scope


def read_declaration(options: Mapping[str, Any], scope: Scope) -> Declaration:
    """The declaration in `options`, which are those of `token_arguments`; an omitted option is None."""
    name, mrn = options["name"], options["mrn"]
    if name is None and mrn is None:
        raise invalid_option("one of name and mrn is required")
    if name is not None and mrn is None:
        check_declared_name(name)
    return Declaration(
        scope=scope,
        name=name,
        mrn=None if mrn is None else token_mrn_from(mrn),
        present=options["state"] == "present",
        description=options["description"],
        roles=roles_from(options),
        purge_permissions=options["purge_permissions"],
        rotate_after=optional_duration(options, "rotate_after"),
        overlap=optional_duration(options, "overlap"),
        lost_secret=options["lost_secret"],
        token_path=_token_path(options["token_path"]),
        generate=options["generate"],
        pending_grace=duration_from("pending_grace", options["pending_grace"]),
        verify_secret=options["verify_secret"],
    )


def roles_from(options: Mapping[str, Any]) -> frozenset[str] | None:
    """The roles in the option `permissions`, None if it is omitted."""
    return None if options["permissions"] is None else role_mrns_from(options["permissions"])


def optional_duration(options: Mapping[str, Any], option: str) -> timedelta | None:
    """The duration in an option, None if it is omitted."""
    return None if options[option] is None else duration_from(option, options[option])


def _token_path(path: str | None) -> str | None:
    if path is not None and not path.strip():
        raise invalid_option("token_path must not be empty")
    if path is not None and "\0" in path:
        raise invalid_option("token_path has a null character in it")
    return path

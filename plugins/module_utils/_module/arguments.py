# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The argument specifications that modules share, and the factory that creates a module from them.

They are documented in the doc fragments of the same names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import FILE_COMMON_ARGUMENTS, AnsibleModule

from .._transport.endpoint import REGIONS

CREDENTIAL_OPTIONS = ("auth_token", "service_account", "service_account_file")
HIDDEN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"  # as Ansible hides a value in the invocation
SCOPE_OPTIONS = ("space", "organization", "scope_mrn")


def connection_arguments() -> dict[str, Any]:
    """Options of the doc fragment `connection`.

    None has a fallback to the environment: `open_session` must distinguish what the task sets, which takes precedence over
    the environment even if it is another option. Addresses are no_log because they may contain a password.
    """
    return {
        "auth_token": {"type": "str", "no_log": True},
        "service_account": {"type": "raw", "no_log": True},
        "service_account_file": {"type": "path"},
        "region": {"type": "str", "choices": list(REGIONS)},
        "endpoint": {"type": "str", "no_log": True},
        "proxy": {"type": "str", "no_log": True},
        "ca_path": {"type": "path"},
        "validate_certs": {"type": "bool", "default": True},
        "timeout": {"type": "int", "default": 30},
        "retries": {"type": "int", "default": 4},
    }


def scope_arguments() -> dict[str, Any]:
    """Options of the doc fragment `scope`."""
    return {"space": {"type": "str"}, "organization": {"type": "str"}, "scope_mrn": {"type": "str"}}


def token_arguments() -> dict[str, Any]:
    """Options that declare one token; the file options come from `add_file_common_args`."""
    return {
        "name": {"type": "str"},
        "mrn": {"type": "str"},
        "purge_permissions": {"type": "bool", "default": True},
        "token_path": {"type": "path", "no_log": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        **shared_token_arguments(),
    }


def shared_token_arguments() -> dict[str, Any]:
    """The options of `token_arguments` that several tokens can share."""
    return {
        "description": {"type": "str"},
        "permissions": {"type": "list", "elements": "str"},
        "rotate_after": {"type": "str"},
        "overlap": {"type": "str"},
        "lost_secret": {"type": "str", "choices": ["warn", "fail", "rotate"], "default": "warn", "no_log": False},
        "generate": {"type": "bool", "default": True},
        "pending_grace": {"type": "str", "default": "10m"},
        "verify_secret": {
            "type": "str",
            "choices": ["rotated", "always", "never"],
            "default": "rotated",
            "no_log": False,
        },
    }


def entry_arguments() -> dict[str, Any]:
    """Options of one entry of a declared set. Options that several can share have no default: the task's value applies."""
    shared = {option: {**about} for option, about in shared_token_arguments().items()}
    for about in shared.values():
        about.pop("default", None)
    return {
        **token_arguments(),
        **shared,
        **scope_arguments(),
        **FILE_COMMON_ARGUMENTS,
        "each_space": {"type": "raw"},
    }


def set_arguments() -> dict[str, Any]:
    """Options of a declared set. Each of `tokens` is validated by `entry_arguments`, so that an error names the entry."""
    return {
        "tokens": {"type": "list", "elements": "dict", "required": True, "no_log": False},
        "prune": {"type": "bool", "default": False},
        "prune_keep": {"type": "list", "elements": "str", "default": []},
        "prune_limit": {"type": "int", "default": 25},
        "concurrency": {"type": "int", "default": 8},
        "stage": {"type": "bool", "default": False},
        "delivered": {"type": "list", "elements": "str"},
        **shared_token_arguments(),
    }


def create_module(arguments: Mapping[str, Any], **options: Any) -> AnsibleModule:
    """The module with its own and the common arguments, and their mutual exclusions.

    options: as for `AnsibleModule`, such as `required_one_of`.
    """
    return AnsibleModule(
        argument_spec={**connection_arguments(), **scope_arguments(), **arguments},
        mutually_exclusive=[SCOPE_OPTIONS, CREDENTIAL_OPTIONS],
        supports_check_mode=True,
        **options,
    )

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bundled task files that store a secret, and their variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


@dataclass(frozen=True)
class Store:
    """collection: the one with the modules of the tasks. required, optional: names of variables in `deliver.vars`."""

    collection: str
    required: frozenset[str]
    optional: frozenset[str] = frozenset()


STORES = {
    "hashicorp_vault": Store(
        "community.hashi_vault",
        frozenset({"hashicorp_vault_path"}),
        frozenset({"hashicorp_vault_mount", "hashicorp_vault_key", "hashicorp_vault_url"}),
    ),
    "aws_secrets_manager": Store(
        "community.aws",
        frozenset({"aws_secret_name"}),
        frozenset({"aws_region", "aws_endpoint_url", "aws_kms_key_id", "aws_description"}),
    ),
    "kubernetes": Store(
        "kubernetes.core",
        frozenset({"kubernetes_namespace", "kubernetes_secret_name"}),
        frozenset({"kubernetes_secret_key", "kubernetes_context", "kubernetes_kubeconfig"}),
    ),
    "github": Store(
        "community.general",
        frozenset({"github_owner", "github_secret_name"}),
        frozenset({"github_repository", "github_visibility", "github_token", "github_api_url"}),
    ),
}


def store_problems(name: object, variables: Mapping[str, Any]) -> Iterator[str]:
    """Sentences about an unknown store, and about its variables."""
    if not isinstance(name, str) or name not in STORES:
        close = get_close_matches(str(name), STORES, n=1)
        hint = f'did you mean "{close[0]}"' if close else f"known: {', '.join(STORES)}"
        yield f'deliver.store: "{name}" is not known ({hint})'
        return
    store = STORES[name]
    missing = sorted(variable for variable in store.required if variables.get(variable) in (None, ""))
    if missing:
        yield f"deliver.store: {name} needs {', '.join(missing)} in deliver.vars"
    unknown = sorted(str(variable) for variable in variables if variable not in store.required | store.optional)
    if unknown:
        known = sorted(store.required | store.optional)
        close = get_close_matches(unknown[0], known, n=1)
        hint = f'did you mean "{close[0]}"' if close else f"known: {', '.join(known)}"
        yield f"deliver.vars: {name} does not take {', '.join(unknown)} ({hint})"

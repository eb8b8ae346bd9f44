# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The token API over the service in memory."""

from __future__ import annotations

from ansible_collections.mondoo.platform.plugins.module_utils._api.pool import TokenApiPool
from ansible_collections.mondoo.platform.plugins.module_utils._api.tokens import ServiceProfile, TokenApi
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.client import ServiceClock
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.retry import RetryPolicy
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.mrn import Scope
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import Token

from .model import Model


def service_of(model: Model, retries: int = 2) -> TokenApi:
    policy = RetryPolicy(retries, sleep=model.clock.sleep, jitter=lambda: 1.0)
    return TokenApi(model, policy, ServiceProfile(ServiceClock(lambda: model.clock.now)))


def pool_of(model: Model, size: int = 1, retries: int = 2) -> TokenApiPool:
    """Connections to the service in memory that share what they learn."""
    first = service_of(model, retries)
    return TokenApiPool(first, lambda: first.connect(model), size)


def read_listing(api: TokenApi, scope: Scope) -> tuple[Token, ...]:
    """What the service lists of the scope; raises MondooError."""
    listing = api.list_tokens([scope])[scope]
    if isinstance(listing, MondooError):
        raise listing
    return listing

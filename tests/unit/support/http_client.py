# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client with a secret bearer, which asks for a secret; neither may show in a failure."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._api.documents import GENERATE
from ansible_collections.mondoo.platform.plugins.module_utils._transport.credentials import ApiToken
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer, HttpTransport
from ansible_collections.mondoo.platform.plugins.module_utils._transport.proxies import proxy_from
from ansible_collections.mondoo.platform.plugins.module_utils._transport.trust import Trust
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError

# Whether a failure is transient, and whether its outcome is unknown.
LATER, OPEN, REFUSED, PASSING = (True, True), (False, True), (False, False), (True, False)

BEARER = "bearer-hunter2"
_SECRET = "new-hunter2"
GENERATED = {"data": {"generateAPIToken": {"token": _SECRET, "mrn": None}}}


def transport(
    url: str,
    credential: Any = None,
    *,
    timeout: float = 5,
    verify: bool | str = True,
    proxy: str | None = None,
) -> HttpTransport:
    """verify: as requests has it, a file of certificates among others."""
    return HttpTransport(
        url,
        credential or ApiToken(BEARER),
        user_agent="unit/1",
        timeout=timeout,
        trust=Trust(bool(verify), verify if isinstance(verify, str) else None),
        proxy=proxy_from(proxy, "proxy") if proxy else None,
    )


def post(url: str, **options: Any) -> Answer:
    variables = {"input": {"name": "ci", "scopeMrn": "//s", "roles": []}}
    return transport(url, **options).post(GENERATE.plain, variables, "generateAPIToken")


def failure(url: str, **options: Any) -> MondooError:
    with pytest.raises(MondooError) as caught:
        post(url, **options)
    error = caught.value
    assert error.__cause__ is None
    for text in (str(error), repr(error), str(error.details)):
        assert "hunter2" not in text
    return error

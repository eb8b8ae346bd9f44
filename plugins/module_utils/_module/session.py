# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's parameters to a service that can be called, and from its work to a result."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible.module_utils.ansible_release import __version__ as core_version
from ansible.module_utils.basic import AnsibleModule

from .._api.tokens import TokenApi
from .._graphql.retry import RetryPolicy
from .._transport.credential_sources import find_credential
from .._transport.credentials import Credential
from .._transport.endpoint import REGIONS, query_url
from .._transport.http import HttpTransport
from .._values.errors import MondooError, internal_error, invalid_option
from .._values.token import Token
from .._version import VERSION
from .arguments import CREDENTIAL_OPTIONS

_USER_AGENT = f"mondoo.platform/{VERSION} (Ansible collection; ansible-core {core_version})"


@dataclass(frozen=True)
class Session:
    """A service and the identity that it is used with. connect: makes another service like it, with its own connection."""

    service: TokenApi
    credential: Credential
    connect: Callable[[], TokenApi]

    def is_own(self, token: Token) -> bool:
        """Whether the token is the one that this task logs in with, as far as its claims tell."""
        return not self.credential.identifiers.isdisjoint({token.mrn or "", token.id or ""} - {""})


def open_session(module: AnsibleModule) -> Session:
    """Reads the connection options, before any request; every secret among them is registered for masking."""
    params = module.params
    if params["timeout"] < 1:
        raise invalid_option(f"timeout: {params['timeout']} is out of range: at least 1 second")
    if params["retries"] < 0:
        raise invalid_option(f"retries: {params['retries']} is out of range: 0 or more")
    credential = find_credential({name: params[name] for name in CREDENTIAL_OPTIONS}, os.environ)
    _mask(module, credential)
    url, verify = _url(params, credential), _verification(params)

    def open_transport() -> HttpTransport:
        return HttpTransport(
            url,
            credential,
            user_agent=_USER_AGENT,
            timeout=params["timeout"],
            verify=verify,
            proxy=params["proxy"] or None,
        )

    service = TokenApi(open_transport(), RetryPolicy(params["retries"]))
    return Session(service, credential, lambda: service.connect(open_transport()))


def result_of(module: AnsibleModule, work: Callable[[AnsibleModule], dict[str, Any]]) -> dict[str, Any]:
    """The result of `work`, or the result that tells of its failure; `main()` hands it on."""
    try:
        return work(module)
    except MondooError as error:
        return failure(error)
    except Exception as error:  # noqa: BLE001  (the last line of defence: a traceback could show a secret)
        return failure(internal_error(error))


def failure(error: MondooError) -> dict[str, Any]:
    """The part of a result that tells of an error."""
    return {"failed": True, "msg": str(error), "error": error.details}


def _mask(module: AnsibleModule, credential: Credential) -> None:
    account = module.params["service_account"]
    if isinstance(account, Mapping):
        # Ansible masks every value of a dictionary with no_log, and would cut MRNs, or a version number, out of results.
        module.no_log_values -= {str(value) for value in account.values() if "-----BEGIN" not in str(value)}
    module.no_log_values |= {*credential.secrets, *_password_of(module.params["proxy"])}


def _password_of(url: str | None) -> set[str]:
    """The password in a URL, as it is written there; a proxy may be named without a scheme."""
    text = url or ""
    try:
        return {urlsplit(text if "://" in text else f"//{text}").password or ""} - {""}
    except ValueError:
        return set()


def _url(params: Mapping[str, Any], credential: Credential) -> str:
    if params["endpoint"]:
        return query_url(params["endpoint"], "endpoint")
    if credential.api_endpoint:
        return query_url(credential.api_endpoint, "api_endpoint of the service account")
    return query_url(REGIONS[params["region"]], "region")


def _verification(params: Mapping[str, Any]) -> bool | str:
    if not params["validate_certs"]:
        return False
    path = params["ca_path"]
    if not path:
        return True
    if not os.access(path, os.R_OK) or os.path.isdir(path):
        raise invalid_option(f'ca_path: "{path}" is not a readable file on the host that runs the module')
    return str(path)

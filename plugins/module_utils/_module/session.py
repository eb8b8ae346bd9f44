# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's parameters to a service that can be called, and from its work to a result."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.ansible_release import __version__ as core_version
from ansible.module_utils.basic import AnsibleModule

from .._client.retry import RetryPolicy
from .._client.service import TokenService
from .._client.tolerance import Documents
from .._transport.addresses import redacted, secrets_in
from .._transport.credential_sources import find_credential, secrets_of
from .._transport.credentials import Credential
from .._transport.endpoint import choose_endpoint
from .._transport.http import HttpTransport
from .._transport.proxies import choose_proxy
from .._transport.trust import choose_trust
from .._values.errors import MondooError, internal_error, invalid_option
from .._values.token import Token
from .._version import VERSION
from .arguments import CREDENTIAL_OPTIONS

_USER_AGENT = f"mondoo.platform/{VERSION} (Ansible collection; ansible-core {core_version})"


@dataclass(frozen=True)
class Session:
    """A service and the identity that it is used with. connect: makes another service like it, with its own connection."""

    service: TokenService
    credential: Credential
    connect: Callable[[], TokenService]

    def is_own(self, token: Token) -> bool:
        """Whether the token is the one that this task logs in with, as far as that tells its own MRN."""
        return token.mrn in self.credential.identifiers


def open_session(module: AnsibleModule) -> Session:
    """Reads the connection options, before any request; every secret among them is registered for masking."""
    params = dict(module.params)
    _mask(module)
    if params["timeout"] < 1:
        raise invalid_option(f"timeout: {params['timeout']} is out of range: at least 1 second")
    if params["retries"] < 0:
        raise invalid_option(f"retries: {params['retries']} is out of range: 0 or more")
    register = module.no_log_values.add
    credential = find_credential({name: params[name] for name in CREDENTIAL_OPTIONS}, os.environ, register)
    url = choose_endpoint(
        endpoint=params["endpoint"],
        region=params["region"],
        environment=os.environ.get("MONDOO_API_ENDPOINT"),
        account=credential.api_endpoint,
    )
    proxy = choose_proxy(url, params["proxy"], os.environ, credential.api_proxy, register)
    trust = choose_trust(params["validate_certs"], params["ca_path"], os.environ)
    documents = Documents()

    def connect() -> TokenService:
        transport = HttpTransport(
            url,
            credential,
            user_agent=_USER_AGENT,
            timeout=params["timeout"],
            trust=trust,
            proxy=proxy,
        )
        return TokenService(transport, RetryPolicy(params["retries"]), documents)

    return Session(connect(), credential, connect)


def result_of(module: AnsibleModule, work: Callable[[AnsibleModule], dict[str, Any]]) -> dict[str, Any]:
    """The result of `work`, or the result that tells of its failure; `main()` hands it on."""
    try:
        result = work(module)
        _keep_secrets_whole(module, result)
        return result
    except MondooError as error:
        return failure(error)
    except Exception as error:  # noqa: BLE001  (the last line of defence: a traceback could show a secret)
        return failure(internal_error(error))


def failure(error: MondooError) -> dict[str, Any]:
    """The part of a result that tells of an error."""
    return {"failed": True, "msg": str(error), "error": error.details}


def _mask(module: AnsibleModule) -> None:
    """Masks passwords instead of whole addresses, and the secrets of a service account instead of everything in it.

    Until here, these options are masked as a whole by Ansible, which would also mask MRNs and version numbers in results.
    """
    account = module.params["service_account"]
    if isinstance(account, Mapping):
        module.no_log_values -= set(_leaves(account))
        module.no_log_values |= secrets_of(account)
    for option in ("endpoint", "proxy"):
        address = module.params[option]
        if address:
            module.no_log_values.discard(address)
            module.no_log_values |= secrets_in(address)
            # It is shown in the invocation, and the order in which Ansible applies masks is not defined.
            module.params[option] = redacted(address)
    module.no_log_values |= secrets_in(os.environ.get("MONDOO_API_ENDPOINT", ""))


def _leaves(value: object) -> Iterator[str]:
    """Every value in an option, as Ansible registers it."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield str(value)


def _keep_secrets_whole(module: AnsibleModule, result: Mapping[str, Any]) -> None:
    """Removes masks that would alter a new secret, such as a short password that occurs in it.

    The result is hidden as a whole, so nothing shows.
    """
    lines = [result, *(line for line in result.get("results") or () if isinstance(line, Mapping))]
    secrets = [line["token"] for line in lines if isinstance(line.get("token"), str)]
    module.no_log_values -= {value for value in module.no_log_values if any(value in secret for secret in secrets)}

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns a module's parameters into a usable API."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping

from ansible.module_utils.ansible_release import __version__ as core_version
from ansible.module_utils.basic import AnsibleModule

from .._api.pool import TokenApiPool
from .._api.tokens import TokenApi
from .._graphql.retry import RetryPolicy
from .._transport.addresses import redacted, secrets_in
from .._transport.credential_sources import find_credential, secrets_of
from .._transport.credentials import ApiToken, Credential
from .._transport.endpoint import choose_endpoint
from .._transport.http import HttpTransport
from .._transport.proxies import choose_proxy
from .._transport.trust import choose_trust
from .._values.errors import invalid_option
from .._values.token import Token
from .._version import VERSION
from .arguments import CREDENTIAL_OPTIONS, HIDDEN
from .interruption import InterruptibleTransport, Interruption

_USER_AGENT = f"mondoo.platform/{VERSION} (Ansible collection; ansible-core {core_version})"


class Session:
    """The API, and the identity that uses it."""

    def __init__(
        self,
        url: str,
        credential: Credential,
        open_transport: Callable[[Credential], InterruptibleTransport],
        policy: RetryPolicy,
    ) -> None:
        self.url = url
        self.credential = credential
        self.api = TokenApi(open_transport(credential), policy)
        self._open_transport = open_transport
        self._lock = threading.Lock()
        self._requests_of_others = 0

    def pool(self, size: int) -> TokenApiPool:
        """Concurrent connections, at most `size`."""
        return TokenApiPool(self.api, lambda: self.api.connect(self._open_transport(self.credential)), size)

    @contextlib.contextmanager
    def connect_as(self, secret: str) -> Iterator[TokenApi]:
        """A connection that logs in with the secret of a token, while the block runs."""
        credential = ApiToken(secret)
        transport = self._open_transport(credential)
        api = self.api.connect(transport, credential.secrets)
        try:
            yield api
        finally:
            transport.close()
            with self._lock:
                self._requests_of_others += api.requests

    @property
    def requests_as_others(self) -> int:
        """How many requests were sent over connections that logged in with another secret."""
        return self._requests_of_others

    @property
    def identity_known(self) -> bool:
        """Whether the credential identifies its token or account."""
        return bool(self.credential.identifiers)

    @property
    def identity(self) -> dict[str, str | None]:
        """The unverified identity in the credential: its `kind` and its `mrn`, None if unknown."""
        mrn = next((text for text in sorted(self.credential.identifiers) if text.startswith("//")), None)
        if mrn is None:
            return {"kind": "unknown", "mrn": None}
        return {"kind": "api_token" if isinstance(self.credential, ApiToken) else "service_account", "mrn": mrn}

    def is_own(self, token: Token) -> bool:
        """Whether the token is the one that this task logs in with, according to its claims."""
        return token.mrn is not None and token.mrn in self.credential.identifiers


def open_session(module: AnsibleModule, interruption: Interruption) -> Session:
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

    def open_transport(identity: Credential) -> InterruptibleTransport:
        transport = HttpTransport(
            url,
            identity,
            user_agent=_USER_AGENT,
            timeout=params["timeout"],
            trust=trust,
            proxy=proxy,
        )
        return InterruptibleTransport(transport, interruption)

    return Session(url, credential, open_transport, RetryPolicy(params["retries"], sleep=interruption.sleep))


def _mask(module: AnsibleModule) -> None:
    """Masks passwords instead of whole addresses, and the secrets of a service account instead of everything in it.

    Before that, Ansible masks these options as a whole, which would also mask MRNs and version numbers in results.
    """
    account = module.params["service_account"]
    module.no_log_values -= set(_leaves(account))
    module.no_log_values |= secrets_of(account)
    if account is not None and not isinstance(account, Mapping):
        # It may be too short to be masked in every text.
        module.params["service_account"] = HIDDEN
    for option in ("endpoint", "proxy"):
        address = module.params[option]
        if address:
            module.no_log_values.discard(address)
            module.no_log_values |= secrets_in(address)
            # It is shown in the invocation, and the order in which Ansible applies masks is undefined.
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

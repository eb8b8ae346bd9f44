# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificate authorities are trusted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from .._values.errors import invalid_option

# In order of precedence; the latter two come from requests and curl.
_BUNDLES = ("MONDOO_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Trust(NamedTuple):
    """verify: whether certificates are verified at all. bundle: file or directory with the only authorities to trust.

    Without a bundle, those of the host are trusted. named: how the environment names these, if it does.
    """

    verify: bool = True
    bundle: str | None = None
    named: tuple[str, ...] = ()


def choose_trust(verify: bool, option: str | None, environ: Mapping[str, str]) -> Trust:
    """The trust from the options `validate_certs` and `ca_path`, and from the environment."""
    if not verify:
        return Trust(verify=False)
    if option:
        return Trust(bundle=_readable(option, "ca_path", folders=False))
    for name in _BUNDLES:
        if environ.get(name):
            return Trust(bundle=_readable(environ[name], name, folders=name != "MONDOO_CA_BUNDLE"))
    named = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if environ.get(name)]
    for name in named:
        for path in environ[name].split(os.pathsep) if name == "SSL_CERT_DIR" else [environ[name]]:
            _readable(path, name, folders=name == "SSL_CERT_DIR")
    return Trust(named=tuple(environ[name] for name in named))


def _readable(path: str, source: str, *, folders: bool) -> str:
    if not os.access(path, os.R_OK) or (os.path.isdir(path) and not folders):
        what = "file or folder" if folders else "file"
        raise invalid_option(f'{source}: "{path}" is not a readable {what} on the host that runs the module')
    return path

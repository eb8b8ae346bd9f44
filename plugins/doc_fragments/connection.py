# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that every module of the collection has: how to reach the API and as whom."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  auth_token:
    description:
      - The API token to authenticate with.
      - Surrounding white space, one pair of quotation marks, a leading C(Bearer), and invisible characters are ignored.
      - At most one of O(auth_token), O(service_account) and O(service_account_file) can be given. With none of them, the
        environment variables E(MONDOO_CONFIG_BASE64), E(MONDOO_CONFIG_PATH) and E(MONDOO_API_TOKEN) are read in this order, on
        the host that runs the module, and last the configuration file of the Mondoo CLI there, C(~/.config/mondoo/mondoo.yml) or
        C(/etc/opt/mondoo/mondoo.yml).
      - If not set, the value of the environment variable E(MONDOO_API_TOKEN) is used.
    type: str
  service_account:
    description:
      - Credentials of a service account, as the console issues them. Keyless credentials (workload identity federation) are
        not supported.
      - A dictionary, JSON, YAML, or base64 of JSON or YAML.
      - Needs the Python libraries C(cryptography) and C(PyJWT), and C(PyYAML) for YAML.
      - If not set, the value of the environment variable E(MONDOO_CONFIG_BASE64) is used.
    type: raw
  service_account_file:
    description:
      - The same as O(service_account), in a file on the host that runs the module, in UTF-8 or UTF-16.
      - If not set, the value of the environment variable E(MONDOO_CONFIG_PATH) is used.
    type: path
  region:
    description:
      - The region of the Mondoo Platform.
      - Takes precedence over E(MONDOO_API_ENDPOINT) and over the endpoint that a service account names. Not used if O(endpoint)
        is set.
      - If neither O(endpoint) nor O(region) is set, the environment variable E(MONDOO_API_ENDPOINT) is used, else the endpoint
        that a service account names, else V(us).
    type: str
    choices: [us, eu]
  endpoint:
    description:
      - Address of the API of a dedicated installation, with or without the trailing C(/query).
      - Takes precedence over O(region) and over the endpoint that a service account names.
      - Must be C(https://); C(http://) is accepted for the loopback interface only.
      - If neither O(endpoint) nor O(region) is set, the environment variable E(MONDOO_API_ENDPOINT) is used.
    type: str
  proxy:
    description:
      - URL of an HTTP proxy, with user name and password if it requires them. In these, write C(/), C(?), C(#), C(@) and C(%)
        as C(%2F), C(%3F), C(%23), C(%40) and C(%25).
      - If not set, the first of these that is set is used; E(MONDOO_API_PROXY), then E(HTTPS_PROXY) or E(ALL_PROXY), then
        C(api_proxy) of a service account. The latter two are not used if E(NO_PROXY) excludes the endpoint.
      - An C(http://) endpoint, which can only be on the loopback interface, uses a proxy only if it is set here.
      - SOCKS proxies are not supported.
    type: str
  ca_path:
    description:
      - Path of a bundle of CA certificates in PEM on the host that runs the module. Only these are trusted.
      - If not set, the first of E(MONDOO_CA_BUNDLE), E(REQUESTS_CA_BUNDLE) and E(CURL_CA_BUNDLE) that is set is used.
      - If none is set, the certificates that the host trusts are used, which E(SSL_CERT_FILE) and E(SSL_CERT_DIR) can change. On
        a host without any, those of the Python library C(certifi) are used.
    type: path
  validate_certs:
    description:
      - Whether to verify the TLS certificate of the API. Disable it only to diagnose a problem with a certificate.
    type: bool
    default: true
  timeout:
    description:
      - Timeout in seconds for a whole request, from the lookup of the host name to the last byte of the response.
      - Independently of it, at most 64 MiB of a response are read, after decompression.
    type: int
    default: 30
  retries:
    description:
      - How often to retry a request that failed for a temporary reason, with exponential backoff.
      - Queries are retried after connection errors, time-outs, HTTP status 429 and 5xx, and unusable responses. A change is
        retried only if the service did not execute it, which the module checks first. If a proxy refuses the connection with HTTP
        status 403 or 407, nothing is retried.
      - A C(Retry-After) header is honoured. All attempts of one request together wait at most 120 seconds.
    type: int
    default: 4
requirements:
  - Python 3.10 or later
  - gql[requests] 4.0 or later
  - requests
  - cryptography and PyJWT (for service accounts)
notes:
  - All connection options can be set once for a whole play with C(module_defaults) of the action group
    C(group/mondoo.platform.mondoo).
  - Redirects are not followed.
"""

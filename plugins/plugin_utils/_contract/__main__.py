# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks a live endpoint against the contract: `python -m ansible_collections.mondoo.platform.plugins.plugin_utils._contract`.

Sends an introspection query, and never a mutation. Prints tables of every element that the collection uses, and a report to
paste. Exits with 0 if everything works, 1 if something is broken, 2 if the schema could not be read.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...module_utils._transport.credential_sources import find_credential
from ...module_utils._transport.endpoint import REGIONS, choose_endpoint
from ...module_utils._transport.http import Answer, HttpTransport
from ...module_utils._transport.proxies import choose_proxy
from ...module_utils._transport.trust import choose_trust
from ...module_utils._values.errors import SCHEMA_MISMATCH, MondooError
from ...module_utils._version import VERSION
from .comparison import BROKEN, OK, Comparison, compare
from .report import report, tables

if TYPE_CHECKING:
    from graphql import GraphQLSchema

_CONTRACT = Path(__file__).resolve().parents[3] / "docs" / "contract" / "schema.graphql"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the check; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="_contract",
        description=(
            "Checks the schema of a live endpoint against what the collection uses of it. Credentials are taken from"
            " MONDOO_CONFIG_BASE64, MONDOO_CONFIG_PATH, MONDOO_API_TOKEN, or the file of the Mondoo CLI."
        ),
    )
    parser.add_argument("--region", choices=list(REGIONS), help="default: MONDOO_API_ENDPOINT, else us")
    parser.add_argument("--endpoint", help="instead of a region")
    parser.add_argument("--ca-path", help="CA bundle to trust (PEM)")
    parser.add_argument("--timeout", type=float, default=30, help="seconds for one request (default 30)")
    parser.add_argument("--report", action="store_true", help="print nothing but the report to paste")
    options = parser.parse_args(arguments)
    secrets: set[str] = set()
    try:
        return _check(options, secrets.add)
    except MondooError as error:
        failure = str(error)
    # A service may echo what it was sent.
    for secret in sorted(secrets, key=len, reverse=True):
        failure = failure.replace(secret, "********")
    print(f"The check could not be run. {failure}", file=sys.stderr)  # noqa: T201
    return 2


def _check(options: argparse.Namespace, register: Callable[[str], None]) -> int:
    credential = find_credential({}, os.environ, register)
    url = choose_endpoint(
        endpoint=options.endpoint,
        region=options.region,
        environment=os.environ.get("MONDOO_API_ENDPOINT"),
        account=credential.api_endpoint,
    )
    transport = HttpTransport(
        url,
        credential,
        user_agent=f"mondoo.platform/{VERSION} (contract check)",
        timeout=options.timeout,
        trust=choose_trust(True, options.ca_path, os.environ),
        proxy=choose_proxy(url, None, os.environ, credential.api_proxy, register),
    )
    comparisons = _compare(transport)
    lines = list(report(comparisons, url))
    if not options.report:
        heading = "To report this, paste the following; there is no secret, no ID and no host name in it:"
        lines = [*tables(comparisons), "", heading, "", *lines]
    print("\n".join(lines))  # noqa: T201
    return 1 if any(each.result == BROKEN for each in comparisons) else 0


def _compare(transport: HttpTransport) -> list[Comparison]:
    # Only after gql is known to be installed.
    from graphql import build_schema

    contract = build_schema(_CONTRACT.read_text(encoding="utf-8"))
    # The query from which Mondoo's own client is generated.
    comparisons = compare(contract, _live_schema(transport, with_deprecated_inputs=False))
    if any(each.result != OK for each in comparisons):
        # Deprecated elements work; but not every service supports queries for deprecated parts of inputs.
        try:
            return compare(contract, _live_schema(transport, with_deprecated_inputs=True))
        except MondooError:
            pass
    return comparisons


def _live_schema(transport: HttpTransport, *, with_deprecated_inputs: bool) -> GraphQLSchema:
    from graphql import GraphQLError, build_client_schema, get_introspection_query, parse

    query = get_introspection_query(input_value_deprecation=with_deprecated_inputs)
    answer = transport.post(parse(query), {}, "IntrospectionQuery")
    if answer.errors or not answer.data:
        raise _no_schema(answer, str(answer.errors or "no data"))
    try:
        return build_client_schema(answer.data)  # type: ignore[arg-type]  # what the introspection query asks for
    except (GraphQLError, KeyError, TypeError) as error:
        raise _no_schema(answer, f"its answer is not a schema ({error})") from None


def _no_schema(answer: Answer, why: str) -> MondooError:
    return MondooError(
        SCHEMA_MISMATCH,
        f"the service does not return its schema: {why}",
        attempted="read the schema of the endpoint",
        http_status=answer.http_status,
        advice=answer.sign_in_advice or "Introspection may be disabled, or not allowed for these credentials.",
    )


if __name__ == "__main__":
    sys.exit(main())

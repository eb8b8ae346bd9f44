# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service's errors: gRPC codes in GraphQL messages."""

from __future__ import annotations

from graphql import GraphQLError


class ServiceError(GraphQLError):
    """An error as the service words it."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(f"rpc error: code = {code} desc = {words}")
        self.code = code


def unauthenticated() -> ServiceError:
    return ServiceError("Unauthenticated", "request permission unauthenticated")


def permission_denied() -> ServiceError:
    return ServiceError("PermissionDenied", "request permission denied")


def not_found(what: str) -> ServiceError:
    return ServiceError("NotFound", f"{what} not found")


def invalid_argument(words: str) -> ServiceError:
    return ServiceError("InvalidArgument", words)

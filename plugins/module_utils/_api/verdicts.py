# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcome of each change, from the payload of its response.

GraphQL errors and transport failures are handled before: this is about mutations that have a payload. A payload can
still be a refusal: `ok: false`, an entry in `errors`, or a value other than the requested one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .._graphql.response import Response, Verdict
from .._values.errors import GARBLED_ANSWER, NOT_FOUND, REFUSED, STORED_OTHERWISE, MondooError, split_rpc_message
from .._values.shape import JsonObject, clean_text
from .._values.token import Token, same_description, shown_texts


def judge_deletion(response: Response[Mapping[str, Any]]) -> Response[None]:
    """A deletion. A token that no longer exists is the desired result: DONE, with that error."""
    if response.error is not None and response.error.code == NOT_FOUND and response.verdict is Verdict.REFUSED:
        return Response(Verdict.DONE, error=response.error)

    def judge(payload: Mapping[str, Any]) -> Response[None]:
        if JsonObject(payload, "deleteAPIToken").optional_boolean("ok") is False:
            return Response.from_error(_refusal("deleteAPIToken", "the service answered ok: false"))
        return Response(Verdict.DONE)

    return response.judge(judge)


def judge_update(
    response: Response[Mapping[str, Any]], token: Token, name: str | None, description: str | None
) -> Response[Token]:
    """An update of `token` to `name` and `description`, None for unchanged.

    REFUSED too if the response shows that the service stored another value. A response with neither name nor description
    proves nothing; trimming of a description is not a difference.
    """

    def judge(payload: Mapping[str, Any]) -> Response[Token]:
        stored_name, stored_description = shown_texts(JsonObject(payload, "updateAPIToken"))
        if stored_name is None:
            stored_name = name or token.name
        if stored_description is None:
            stored_description = token.description if description is None else description
        if name is not None and stored_name != name:
            return _stored_otherwise("name", name, stored_name)
        if description is not None and not same_description(description, stored_description):
            return _stored_otherwise("description", description, stored_description)
        return Response(Verdict.DONE, replace(token, name=stored_name, description=stored_description))

    return response.judge(judge)


def judge_roles(response: Response[Mapping[str, Any]], tokens: Sequence[Token]) -> list[Response[None]]:
    """A change of the roles of `tokens` by one mutation: the outcome for each token.

    `errors` has the refused ones by MRN, and `mrns` those that were changed. A token in neither is UNKNOWN, unless the
    payload has no `mrns` at all and no errors: then the change counts as DONE. An error of none of the tokens may be about
    any that is not refused by name, whatever `mrns` says.
    """
    error = response.error
    if len(tokens) > 1 and error and error.concerns_one_scope and not error.transient:
        # It may be about only one of them, and which is unknown.
        return [_unknown(error) for _token in tokens]
    if response.value is None:
        return [Response(response.verdict, error=response.error and response.error.copy()) for _token in tokens]
    judged = response.judge(lambda payload: Response(Verdict.DONE, _read_roles_payload(payload)))
    if judged.value is None:
        return [Response(judged.verdict, error=judged.error and judged.error.copy()) for _token in tokens]
    changed, refusals = judged.value
    mrns = {token.mrn for token in tokens}
    strays = [words for mrn, words in refusals.items() if mrn not in mrns]

    def judge(mrn: str) -> Response[None]:
        if mrn in refusals:
            return Response.from_error(_refusal("setRoles", refusals[mrn]))
        if strays:
            refusal = _refusal("setRoles", strays[0])
            # In a request for one token, it can be about no other.
            return Response.from_error(refusal) if len(tokens) == 1 else _unknown(refusal)
        if mrn in changed if changed is not None else not refusals:
            return Response(Verdict.DONE)
        reason = "the service's answer lists the token neither as changed nor as refused"
        return _unknown(MondooError(GARBLED_ANSWER, reason, operation="setRoles"))

    return [judge(str(token.mrn)) for token in tokens]


def _read_roles_payload(payload: Mapping[str, Any]) -> tuple[list[str] | None, dict[str, str]]:
    """`mrns`, None if absent, and `errors` by MRN; errors that are not a map have an empty MRN."""
    answer = JsonObject(payload, "setRoles")
    refusals = answer.value.get("errors")
    if isinstance(refusals, Mapping):
        by_mrn = {clean_text(str(mrn)): clean_text(str(words)) for mrn, words in refusals.items()}
    else:
        by_mrn = {"": clean_text(str(refusals))} if refusals else {}
    return answer.optional_texts("mrns"), by_mrn


def _refusal(operation: str, words: str) -> MondooError:
    """The error for a change that was not made, according to its payload."""
    code, text = split_rpc_message(words)
    reason = (
        f'the service answered {code}: "{text}"' if code else f"the service refused it: {text or 'no reason was given'}"
    )
    return MondooError(code or REFUSED, reason, operation=operation)


def _stored_otherwise(field: str, asked: str, stored: str) -> Response[Any]:
    reason = f"the service was asked for the {field} {asked!r} and stored {stored!r}"
    return Response.from_error(MondooError(STORED_OTHERWISE, reason, operation="updateAPIToken"))


def _unknown(error: MondooError) -> Response[Any]:
    twin = error.copy()
    twin.outcome_unknown = True
    return Response.from_error(twin)

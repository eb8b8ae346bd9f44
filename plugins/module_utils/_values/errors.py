# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every failure that the collection reports, as data; and the only place that turns it into text.

Nothing here ends the process or depends on a module: code raises `MondooError`, and only `main()` passes
`str(error)` and `error.details` to `fail_json`.
"""

from __future__ import annotations

import re

from .._version import VERSION

# gRPC names for failures of the service, names of the same form for our own.
UNAUTHENTICATED = "Unauthenticated"
PERMISSION_DENIED = "PermissionDenied"
NOT_FOUND = "NotFound"
INVALID_ARGUMENT = "InvalidArgument"
ALREADY_EXISTS = "AlreadyExists"
FAILED_PRECONDITION = "FailedPrecondition"
RESOURCE_EXHAUSTED = "ResourceExhausted"
UNAVAILABLE = "Unavailable"
UNKNOWN = "Unknown"

CONNECTION_FAILED = "ConnectionFailed"
TIMED_OUT = "TimedOut"
TLS_FAILED = "TLSFailed"
PROXY_FAILED = "ProxyFailed"
REDIRECTED = "Redirected"
NOT_GRAPHQL = "NotGraphQL"
GARBLED_ANSWER = "GarbledAnswer"
ANSWER_TOO_LARGE = "AnswerTooLarge"
SCHEMA_MISMATCH = "SchemaMismatch"
INCOMPLETE_LISTING = "IncompleteListing"
REFUSED = "Refused"
STORED_OTHERWISE = "StoredOtherwise"

INTERNAL = "Internal"

INVALID_OPTION = "InvalidOption"
INVALID_CREDENTIALS = "InvalidCredentials"
MISSING_LIBRARY = "MissingLibrary"
UNSUPPORTED_PYTHON = "UnsupportedPython"
AMBIGUOUS_NAME = "AmbiguousName"
NAME_TAKEN = "NameTaken"
OWN_CREDENTIAL = "OwnCredential"
LOST_SECRET = "LostSecret"
GENERATION_NOT_ALLOWED = "GenerationNotAllowed"
SECRET_NOT_TAKEN = "SecretNotTaken"
PENDING_ELSEWHERE = "PendingElsewhere"
SECRET_REFUSED = "SecretRefused"
LOCKED = "Locked"
PRUNE_LIMIT = "PruneLimit"
FILE_FAILED = "FileFailed"

# Failures of the connection or the identity: another scope would fail too.
_GENERAL = frozenset(
    {
        *(UNAUTHENTICATED, CONNECTION_FAILED, TIMED_OUT, TLS_FAILED, PROXY_FAILED, REDIRECTED, NOT_GRAPHQL),
        *(SCHEMA_MISMATCH, INVALID_CREDENTIALS, MISSING_LIBRARY),
    }
)

# For every other code of the service too.
_ADVICE_FOR_UNKNOWN = (
    "The service gives no reason that the collection knows: run again later, and show this message to Mondoo's support if it"
    " persists."
)
_ADVICE = {
    UNAUTHENTICATED: (
        "Check that the API token or service account still exists and has not been replaced, and that region or"
        " endpoint is the one that it belongs to."
    ),
    PERMISSION_DENIED: "Managing API tokens needs the Editor or Owner permission on the scope.",
    NOT_FOUND: "Check the ID or MRN, and that the credentials belong to the same region or endpoint.",
    INVALID_ARGUMENT: (
        "The service does not accept a value: compare its words with the name, description, permissions and scope of the task."
    ),
    ALREADY_EXISTS: "Run again, since it may be new and not listed yet; if it persists, declare another name.",
    FAILED_PRECONDITION: (
        "The scope or the token is in a state that does not allow it: look at it in the Mondoo console, and run again."
    ),
    UNKNOWN: _ADVICE_FOR_UNKNOWN,
    RESOURCE_EXHAUSTED: "The service limits the rate of requests: run again later, or with fewer tasks in parallel.",
    UNAVAILABLE: "The service is not available at the moment: run again later, or raise retries.",
    CONNECTION_FAILED: "Check endpoint, region, proxy and the network of the host that runs the module.",
    TIMED_OUT: "Check the network of the host that runs the module, or raise timeout, which limits a whole request.",
    TLS_FAILED: (
        "The certificate could not be verified: name the CA bundle in ca_path if the endpoint or a proxy uses a private"
        " certificate authority, and check that the endpoint's host name is the one in the certificate."
    ),
    PROXY_FAILED: (
        "Check the proxy, and its user name and password. It is the first of these that is set: the option proxy,"
        " MONDOO_API_PROXY, HTTPS_PROXY unless NO_PROXY excludes the endpoint, api_proxy of the service account."
    ),
    REDIRECTED: "Redirects are not followed, to protect the credentials: correct endpoint.",
    NOT_GRAPHQL: "Something other than the API answered, such as a proxy or a login page: check endpoint and proxy.",
    GARBLED_ANSWER: "Run again; if it persists, something between this host and the service alters its answers.",
    ANSWER_TOO_LARGE: (
        "The service does not send answers of this size: check endpoint and proxy, and report it if they are right."
    ),
    SCHEMA_MISMATCH: (
        "The API differs from what this version of mondoo.platform expects: look for a newer version of the collection,"
        " and report this message if there is none."
    ),
    INCOMPLETE_LISTING: "Nothing was changed, since the listing is incomplete: run again, and report it if it persists.",
    REFUSED: (
        "The service answered without an error but did not make the change: check that the credentials have the Editor or"
        " Owner permission on the scope."
    ),
    STORED_OTHERWISE: "Declare the value in the form in which the service stores it.",
}
# More specific advice for the operation.
_ADVICE_FOR_OPERATION = {
    **dict.fromkeys(
        ((PERMISSION_DENIED, "generateAPIToken"), (PERMISSION_DENIED, "setRoles")),
        "Managing API tokens needs the Editor or Owner permission on the scope, and an Editor cannot grant more permissions"
        " than it has itself: only an Owner can grant owner.",
    ),
    (PERMISSION_DENIED, "apiTokens"): (
        "Mondoo does not publish which permission lists API tokens: use credentials that have Editor or Owner on the scope."
    ),
}


class MondooError(Exception):
    """A failure that is shown to a person.

    code: one of the names above, or the service's own gRPC code.
    reason: what went wrong, in the service's or the system's words, without a secret.
    attempted: the attempted action, as the end of "Could not …", e.g. `delete the API token "ci"`.
    operation: name of the GraphQL operation, if a request was involved.
    http_status: the response's HTTP status, if there was a response.
    transient: True when the same request may succeed a moment later.
    outcome_unknown: True when the service may have executed the request although there was no usable response.
    retry_after: seconds that the service requested to wait, if any.
    advice: what to do about it; by default the advice for the operation and the code.
    """

    def __init__(
        self,
        code: str,
        reason: str,
        *,
        attempted: str | None = None,
        operation: str | None = None,
        http_status: int | None = None,
        transient: bool = False,
        outcome_unknown: bool = False,
        retry_after: float | None = None,
        advice: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.attempted = attempted
        self.operation = operation
        self.http_status = http_status
        self.transient = transient
        self.outcome_unknown = outcome_unknown
        self.retry_after = retry_after
        self._advice = advice
        self.notes: list[str] = []

    def during(self, attempted: str) -> MondooError:
        """Sets the attempted action, unless code nearer to the failure has already; returns the error."""
        if self.attempted is None:
            self.attempted = attempted
        return self

    def in_operation(self, operation: str) -> MondooError:
        """Sets the GraphQL operation, unless code nearer to the failure has already; returns the error."""
        self.operation = self.operation or operation
        return self

    def copy(self) -> MondooError:
        """A separate error with the same content, for one of several things that failed together."""
        twin = type(self).__new__(type(self), *self.args)
        twin.__dict__.update(self.__dict__)
        twin.notes = list(self.notes)
        return twin

    def note(self, sentence: str) -> MondooError:
        """Adds a full sentence about the consequences, shown after the reason; returns the error."""
        self.notes.append(sentence)
        return self

    @property
    def advice(self) -> str | None:
        """What to do about it; None if nothing is known."""
        if self._advice is not None:
            return self._advice
        default = None if self.http_status is None else _ADVICE_FOR_UNKNOWN
        return _ADVICE_FOR_OPERATION.get((self.code, self.operation or ""), _ADVICE.get(self.code, default))

    @property
    def concerns_one_scope(self) -> bool:
        """Whether the same request for another scope may succeed."""
        return self.code not in _GENERAL

    @property
    def details(self) -> dict[str, str | int]:
        """The machine-readable part for the result: `code`, `operation` and, if any, `http_status`."""
        found: dict[str, str | int] = {"code": self.code, "operation": self.operation or ""}
        if self.http_status is not None:
            found["http_status"] = self.http_status
        return found

    def __str__(self) -> str:
        reason = self.reason.rstrip(". \n")
        head = f"Could not {self.attempted}: {reason}." if self.attempted else f"{reason}."
        return " ".join([head, *self.notes, *([self.advice] if self.advice else [])])


def invalid_option(reason: str) -> MondooError:
    """The error for an invalid option: `reason` names the option, the value and what is accepted."""
    return MondooError(INVALID_OPTION, reason)


def internal_error(error: Exception) -> MondooError:
    """The error for a bug in the collection itself. Neither its message nor a traceback is shown: they may contain a secret."""
    import os

    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    line = f" in {os.path.basename(where.tb_frame.f_code.co_filename)}:{where.tb_lineno}" if where else ""
    return MondooError(
        INTERNAL,
        f"An error in the collection itself: {type(error).__name__}{line}",
        advice=f"Please report it, with this message and the version {VERSION} of mondoo.platform.",
    )


def missing_library(library: str, command: str) -> MondooError:
    """The error for a missing Python library, worded like that of Ansible's own modules."""
    import platform
    import sys

    return MondooError(
        MISSING_LIBRARY,
        f"Failed to import the required Python library ({library}) on {platform.node()}'s Python {sys.executable}",
        advice=f"Install it for that Python, for example with '{command}', or point ansible_python_interpreter at one that has it.",
    )


def clock_advice(ahead: float) -> str:
    """What to do about a service account that is not accepted while this host's clock is wrong.

    ahead: seconds by which it is ahead of the service's clock; negative if behind.
    """
    units = (("days", 86400.0), ("hours", 3600.0), ("minutes", 60.0), ("seconds", 1.0))
    unit, seconds = next((each for each in units if abs(ahead) >= 2 * each[1]), units[-1])
    amount = f"{abs(ahead) / seconds:.0f} {unit}"
    return (
        f"The clock of the host that runs the module is {amount} {'ahead of' if ahead > 0 else 'behind'} the service's,"
        " and a JWT that a service account signs is valid for one minute: set the clock, for example with NTP."
    )


_RPC_NOISE = re.compile(r"rpc error: code = (?P<code>\w+(?:\(\d+\))?) desc = ", re.IGNORECASE)
_SEVERAL_WORDS = (
    *("InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied", "ResourceExhausted"),
    *("FailedPrecondition", "OutOfRange", "DataLoss"),
)
_BY_LETTERS = {
    **{code.lower(): code for code in _SEVERAL_WORDS},
    "unauthorized": UNAUTHENTICATED,
    "forbidden": PERMISSION_DENIED,
    "baduserinput": INVALID_ARGUMENT,
    "toomanyrequests": RESOURCE_EXHAUSTED,
    "ratelimited": RESOURCE_EXHAUSTED,
    "graphqlvalidationfailed": SCHEMA_MISMATCH,
    "graphqlparsefailed": SCHEMA_MISMATCH,
}


def code_from(text: str) -> str:
    """The gRPC name of a code, which is spelled `PermissionDenied`, `PERMISSION_DENIED` or `permission_denied`; other codes of
    GraphQL servers that mean the same have it too.
    """
    words = text.replace("-", "_").split("_")
    joined = (
        "".join(word.capitalize() for word in words) if len(words) > 1 or text in (text.upper(), text.lower()) else text
    )
    return _BY_LETTERS.get(joined.lower(), joined)


def split_rpc_message(message: str) -> tuple[str | None, str]:
    """Splits the service's message into its gRPC code (None if it has none) and its text.

    Messages nest (`rpc error: code = A desc = rpc error: code = B desc = …`); the innermost code is the cause.
    """
    found = list(_RPC_NOISE.finditer(message))
    code = code_from(found[-1].group("code")) if found else None
    text = _RPC_NOISE.sub("", message).strip()
    # "request permission unauthenticated" may come without its code, which is then missing or Unknown.
    if code in (None, UNKNOWN) and text.rstrip(".").lower().endswith("unauthenticated"):
        code = UNAUTHENTICATED
    return code, text

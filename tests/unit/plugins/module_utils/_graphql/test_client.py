# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is sent for queries and mutations, how often, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import graphql
import pytest
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.adapter import SchemaAdapter
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.client import GraphQLClient, ServiceClock
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.response import Response, Verdict
from ansible_collections.mondoo.platform.plugins.module_utils._graphql.retry import RetryPolicy
from ansible_collections.mondoo.platform.plugins.module_utils._transport.http import Answer
from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import MondooError
from ansible_collections.mondoo.platform.plugins.module_utils._values.secrets import Secrets

from .documents import ADD_BOOK, BOOKS, SPACE

NOW = datetime(2026, 11, 23, 18, tzinfo=timezone.utc)
_SCOPES = ["a", "b", "c", "d"]


class Script:
    """A client whose service gives these answers, in their order.

    An answer is an `Answer`, an error to raise, or a function that makes one of them for the keys and the variables of the
    root fields that were asked for. sent: the requests, as pairs of document and variables. pauses: in seconds.
    """

    def __init__(self, *answers: Any, retries: int = 2) -> None:
        self._answers = list(answers)
        self.sent: list[tuple[graphql.DocumentNode, Mapping[str, Any]]] = []
        self.pauses: list[float] = []
        self.adapter = SchemaAdapter()
        self.policy = RetryPolicy(retries, sleep=self.pauses.append, jitter=lambda: 1.0)
        self.clock = ServiceClock(lambda: NOW)
        self.secrets = Secrets()
        self.client = GraphQLClient(self, self.policy, self.adapter, self.clock, self.secrets)

    def post(self, document: graphql.DocumentNode, variables: Mapping[str, Any], operation: str) -> Answer:
        self.sent.append((document, variables))
        answer = self._answers.pop(0)
        if callable(answer):
            answer = answer(_asked(variables, operation))
        if isinstance(answer, MondooError):
            raise answer
        assert isinstance(answer, Answer)
        return answer

    def query_many(self, scopes: list[str]) -> list[Any]:
        """For each scope its answer, or the code of its error."""
        each = [{"spaceMrn": "", "scopeMrn": scope} for scope in scopes]
        results = self.client.query_many(BOOKS, each, self.policy.budget())
        return [result.code if isinstance(result, MondooError) else result["is"] for result in results]

    def mutate_many(self, titles: list[str]) -> list[Response[Mapping[str, Any]]]:
        each = [{"input": {"title": title}} for title in titles]
        return self.client.mutate_many(ADD_BOOK, each, self.policy.budget())

    def query(self) -> Mapping[str, Any]:
        return self.client.query(BOOKS, {"spaceMrn": SPACE, "scopeMrn": SPACE})

    def mutate(self) -> Response[Mapping[str, Any]]:
        return self.client.mutate(ADD_BOOK, {"input": {"title": "x"}}, self.policy.budget())


def _asked(variables: Mapping[str, Any], operation: str) -> dict[str, str]:
    """By their keys in the answer, the scopes or titles that were asked for."""
    numbers = {name.removeprefix("scopeMrn").removeprefix("input"): value for name, value in variables.items()}
    return {
        f"n{number}" if number else operation: value["title"] if isinstance(value, Mapping) else value
        for number, value in numbers.items()
        if not number or number.isdecimal()
    }


def lost() -> MondooError:
    return MondooError("ConnectionFailed", "connection reset", transient=True, outcome_unknown=True)


def busy(retry_after: float | None = 9.0) -> MondooError:
    return MondooError("ResourceExhausted", "slow down", http_status=429, transient=True, retry_after=retry_after)


def rpc(code: str, status: int = 200, path: list[str] | None = None) -> dict[str, Any]:
    return {"message": f"rpc error: code = {code} desc = no", **({"path": path} if path else {})}


def refused(code: str = "PermissionDenied", status: int = 200) -> Answer:
    return Answer(None, [rpc(code)], status, None)


def data(operation: str, value: Any) -> Answer:
    return Answer({operation: value}, [], 200, None)


NOTHING = Answer(None, [], 200, None)


def all_but(
    codes: Mapping[str, str], *, pathless: bool = False, null: bool = False
) -> Callable[[dict[str, str]], Answer]:
    """An answer to a batch in which some fail. codes: by scope or title. null: all of `data` is null then."""

    def make(asked: dict[str, str]) -> Answer:
        errors = [rpc(codes[name], path=None if pathless else [key]) for key, name in asked.items() if name in codes]
        values = {key: None if name in codes else {"is": name} for key, name in asked.items()}
        return Answer(None if null and errors else values, errors, 200, None)

    return make


# One query


def test_a_query_is_one_request_with_what_it_needs() -> None:
    script = Script(data("books", {"edges": []}))
    assert script.query() == {"edges": []}
    assert script.sent == [(BOOKS.plain, {"spaceMrn": SPACE, "scopeMrn": SPACE})]
    assert script.client.requests == 1


@pytest.mark.parametrize("failure", [lost(), busy(), NOTHING, refused("Unavailable"), refused("Unknown", 500)])
def test_a_query_is_tried_again_where_that_can_help(failure: Any) -> None:
    script = Script(failure, failure, data("books", {}))
    assert script.query() == {}
    assert script.client.requests == 3


@pytest.mark.parametrize("failure", [refused(), refused("Unknown"), data("books", [])])
def test_a_query_is_not_tried_again_where_that_cannot_help(failure: Answer) -> None:
    script = Script(failure)
    with pytest.raises(MondooError) as caught:
        script.query()
    assert caught.value.operation == "books"
    assert (script.client.requests, script.pauses) == (1, [])


def test_a_query_gives_up() -> None:
    script = Script(busy(), busy(), busy())
    with pytest.raises(MondooError, match="It was tried 3 times"):
        script.query()
    assert script.pauses == [9.0, 9.0]


_BY_STATUS = MondooError("PermissionDenied", "HTTP 403", http_status=403)


@pytest.mark.parametrize("answers", [[data("books", {})], [refused()], [refused(status=403)], [lost(), refused()]])
def test_a_probe_is_content_with_a_value_or_the_expected_error(answers: list[Any]) -> None:
    script = Script(*answers)
    script.client.probe(BOOKS, {"spaceMrn": SPACE, "scopeMrn": SPACE}, "PermissionDenied")
    assert script.client.requests == len(answers)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([_BY_STATUS], "PermissionDenied"),
        ([refused("Unauthenticated")], "Unauthenticated"),
        ([refused("NotFound")], "NotFound"),
        ([data("books", None)] * 3, "GarbledAnswer"),
        ([data("books", [])], "GarbledAnswer"),
        ([NOTHING] * 3, "GarbledAnswer"),
    ],
)
def test_a_probe_fails_with_anything_else(answers: list[Any], code: str) -> None:
    script = Script(*answers)
    with pytest.raises(MondooError) as caught:
        script.client.probe(BOOKS, {"spaceMrn": SPACE, "scopeMrn": SPACE}, "PermissionDenied")
    assert (caught.value.code, caught.value.operation) == (code, "books")
    assert script.client.requests == len(answers)


# Several queries


@pytest.mark.parametrize("scopes", [[], ["a"], ["a", "b"], _SCOPES])
def test_several_queries_are_one_request(scopes: list[str]) -> None:
    script = Script(all_but({}))
    assert script.query_many(scopes) == scopes
    assert script.client.requests == min(len(scopes), 1)


@pytest.mark.parametrize("null", [False, True])
@pytest.mark.parametrize("pathless", [False, True])
@pytest.mark.parametrize("failing", [["a"], ["b"], ["d"], ["a", "d"], _SCOPES])
def test_one_that_fails_keeps_no_other_from_an_answer(failing: list[str], pathless: bool, null: bool) -> None:
    answer = all_but(dict.fromkeys(failing, "PermissionDenied"), pathless=pathless, null=null)
    script = Script(*[answer] * 20)
    assert script.query_many(_SCOPES) == ["PermissionDenied" if scope in failing else scope for scope in _SCOPES]
    # Never more than reading each alone and the halves on the way to it.
    assert script.client.requests <= 2 * len(_SCOPES)


@pytest.mark.parametrize(
    ("null", "pathless", "requests"),
    [
        (False, False, 1),
        # The others are asked for once more.
        (True, False, 2),
        # It is searched by halves: of four, of two, of one.
        (True, True, 1 + 2 + 2),
    ],
)
def test_what_one_failure_among_several_costs(null: bool, pathless: bool, requests: int) -> None:
    answer = all_but({"b": "NotFound"}, pathless=pathless, null=null)
    script = Script(*[answer] * 10)
    assert script.query_many(_SCOPES) == ["a", "NotFound", "c", "d"]
    assert script.client.requests == requests


def test_a_passing_trouble_of_one_has_its_own_tries() -> None:
    troubled = all_but({"c": "Unavailable"})
    script = Script(troubled, troubled, all_but({}))
    assert script.query_many(_SCOPES) == _SCOPES
    assert [len(variables) for _document, variables in script.sent] == [8, 2, 2]


def test_a_lasting_trouble_of_one_is_its_own() -> None:
    script = Script(*[all_but({"c": "Unavailable"})] * 10)
    assert script.query_many(_SCOPES) == ["a", "b", "Unavailable", "d"]
    assert script.client.requests == 1 + 3


@pytest.mark.parametrize("failure", [busy(), lost()])
def test_a_trouble_of_the_whole_request_is_not_halved(failure: MondooError) -> None:
    script = Script(*[failure] * 10)
    assert script.query_many(_SCOPES) == [failure.code] * 4
    assert script.client.requests == 3


@pytest.mark.parametrize("code", ["Unauthenticated", "NotGraphQL"])
def test_what_concerns_all_is_not_halved(code: str) -> None:
    script = Script(MondooError(code, "no"))
    assert script.query_many(_SCOPES) == [code] * 4


def test_errors_of_several_are_several() -> None:
    script = Script(MondooError("Unauthenticated", "no"))
    first, second = script.client.query_many(
        BOOKS, [{"spaceMrn": "", "scopeMrn": "a"}, {"spaceMrn": "", "scopeMrn": "b"}]
    )
    assert isinstance(first, MondooError)
    assert isinstance(second, MondooError)
    first.during("list a")
    assert "list a" not in str(second)


# One mutation


def test_a_mutation_is_one_request() -> None:
    script = Script(data("addBook", {"title": "x"}))
    assert script.mutate() == Response(Verdict.DONE, {"title": "x"})
    assert script.sent == [(ADD_BOOK.plain, {"input": {"title": "x"}})]


def test_a_mutation_is_sent_again_where_it_was_certainly_not_executed_and_that_may_pass() -> None:
    script = Script(busy(), refused("ResourceExhausted"), data("addBook", {}))
    assert script.mutate().verdict is Verdict.DONE
    assert script.client.requests == 3


@pytest.mark.parametrize(
    ("answer", "verdict", "code"),
    [
        (lost(), Verdict.UNKNOWN, "ConnectionFailed"),
        (NOTHING, Verdict.UNKNOWN, "GarbledAnswer"),
        (data("addBook", "x"), Verdict.UNKNOWN, "GarbledAnswer"),
        (refused("Unavailable"), Verdict.UNKNOWN, "Unavailable"),
        (refused("Unknown"), Verdict.UNKNOWN, "Unknown"),
        (refused(), Verdict.REFUSED, "PermissionDenied"),
        (refused("NotFound"), Verdict.REFUSED, "NotFound"),
        (MondooError("ConnectionFailed", "no route", transient=False), Verdict.REFUSED, "ConnectionFailed"),
    ],
)
def test_a_mutation_is_sent_once_in_all_other_cases(answer: Any, verdict: Verdict, code: str) -> None:
    script = Script(answer)
    response = script.mutate()
    assert response.verdict is verdict
    assert response.error is not None
    assert (response.error.code, response.error.operation) == (code, "addBook")
    assert script.client.requests == 1


def test_a_mutation_that_is_refused_for_the_moment_too_often_was_not_executed() -> None:
    script = Script(busy(), busy(), busy())
    response = script.mutate()
    assert response.verdict is Verdict.REFUSED
    assert "It was tried 3 times" in str(response.error)


def test_an_error_beside_the_value_of_a_mutation_leaves_open_whether_it_was_executed() -> None:
    both = Answer({"addBook": {"title": "x"}}, [rpc("ResourceExhausted")], 200, None)
    script = Script(both)
    response = script.mutate()
    assert response.verdict is Verdict.UNKNOWN
    assert response.error is not None
    assert (response.error.code, script.client.requests) == ("ResourceExhausted", 1)
    # Unless the value has what the service never shows again.
    script = Script(both)
    add_book = replace(ADD_BOOK, shown_once="title")
    response = script.client.mutate(add_book, {"input": {"title": "x"}}, script.policy.budget())
    assert response == Response(Verdict.DONE, {"title": "x"})


# Several mutations

_TITLES = ["a", "b", "c"]
DONE, REFUSED, UNKNOWN = Verdict.DONE, Verdict.REFUSED, Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("answers", "expected", "requests"),
    [
        ([all_but({})], [DONE, DONE, DONE], 1),
        ([all_but({"b": "PermissionDenied"})], [DONE, REFUSED, DONE], 1),
        ([all_but({"b": "Unknown"})], [DONE, UNKNOWN, DONE], 1),
        # All is null because of one: what became of the others is not told.
        ([all_but({"b": "PermissionDenied"}, null=True)], [UNKNOWN, REFUSED, UNKNOWN], 1),
        # It may be about any of them.
        ([all_but({"b": "PermissionDenied"}, pathless=True)], [UNKNOWN, UNKNOWN, UNKNOWN], 1),
        ([all_but({"b": "PermissionDenied"}, pathless=True, null=True)], [UNKNOWN, UNKNOWN, UNKNOWN], 1),
        # Only what was certainly not executed is sent again.
        ([all_but({"b": "ResourceExhausted"}), all_but({})], [DONE, DONE, DONE], 2),
        ([all_but({"b": "ResourceExhausted", "c": "Unknown"}), all_but({})], [DONE, DONE, UNKNOWN], 2),
        ([*[all_but({"b": "ResourceExhausted"})] * 3], [DONE, REFUSED, DONE], 3),
        ([lost()], [UNKNOWN, UNKNOWN, UNKNOWN], 1),
        ([NOTHING], [UNKNOWN, UNKNOWN, UNKNOWN], 1),
        ([busy(), busy(), all_but({})], [DONE, DONE, DONE], 3),
        ([busy(), busy(), busy()], [REFUSED, REFUSED, REFUSED], 3),
        ([refused("Unauthenticated")], [REFUSED, REFUSED, REFUSED], 1),
        ([refused("PermissionDenied", 403)], [REFUSED, REFUSED, REFUSED], 1),
        ([refused("PermissionDenied")], [UNKNOWN, UNKNOWN, UNKNOWN], 1),
    ],
)
def test_what_is_said_of_several_mutations(answers: list[Any], expected: list[Verdict], requests: int) -> None:
    script = Script(*answers)
    responses = script.mutate_many(_TITLES)
    assert [response.verdict for response in responses] == expected
    assert script.client.requests == requests
    for response in responses:
        assert (response.error is None) is (response.verdict is DONE)
        assert response.error is None or response.error.operation == "addBook"


def test_only_what_was_not_executed_is_sent_again() -> None:
    script = Script(all_but({"b": "ResourceExhausted"}), all_but({}))
    script.mutate_many(_TITLES)
    assert [len(variables) for _document, variables in script.sent] == [3, 1]
    assert script.sent[1][1] == {"input": {"title": "b"}}


def test_no_mutations_are_no_request() -> None:
    script = Script()
    assert script.mutate_many([]) == []


# The live schema


def test_a_request_is_sent_again_without_what_the_service_lacks() -> None:
    missing = Answer(None, [{"message": 'Cannot query field "pages" on type "Book".'}], 422, None)
    script = Script(missing, data("books", {}), data("books", {}))
    script.query()
    script.query()
    assert ["pages" in graphql.print_ast(document) for document, _variables in script.sent] == [True, False, False]
    assert script.client.requests == 3


def test_a_mutation_that_did_not_fit_was_not_executed_and_is_sent_again() -> None:
    missing = Answer(None, [{"message": 'Cannot query field "pages" on type "Book".'}], 200, None)
    script = Script(missing, all_but({}))
    assert [response.verdict for response in script.mutate_many(_TITLES)] == [DONE] * 3
    assert script.client.requests == 2


def test_a_mutation_with_a_value_may_have_been_executed_and_is_not_sent_again() -> None:
    lacking = [{"message": 'Cannot query field "pages" on type "Book".'}]
    script = Script(Answer({"addBook": {"title": "x"}}, lacking, 200, None))
    assert script.mutate().verdict is UNKNOWN
    script = Script(Answer({"n0": {"title": "a"}, "n1": None, "n2": {"title": "c"}}, lacking, 200, None))
    assert [response.verdict for response in script.mutate_many(_TITLES)] == [UNKNOWN] * 3
    assert script.client.requests == 1


def test_an_error_of_a_request_that_has_no_data_is_about_the_document_whatever_its_path() -> None:
    lacking = [{"message": "The field `pages` does not exist on the type `Book`.", "path": ["addBook"]}]
    script = Script(Answer(None, lacking, 400, None, has_data=False), data("addBook", {"title": "x"}))
    assert script.mutate().verdict is DONE
    assert script.client.requests == 2
    script = Script(Answer(None, lacking, 400, None))
    assert script.mutate().verdict is UNKNOWN


@pytest.mark.parametrize("count", [1, 3])
def test_what_the_service_lacks_and_a_mutation_needs(count: int) -> None:
    script = Script(Answer(None, [{"message": 'Cannot query field "title" on type "Book".'}], 422, None))
    responses = script.mutate_many(_TITLES[:count])
    assert {response.verdict for response in responses} == {REFUSED}
    assert {response.error.code for response in responses if response.error} == {"SchemaMismatch"}


# The service's clock


def test_the_clock_is_this_hosts_until_an_answer_tells() -> None:
    script = Script(
        Answer({"books": {}}, [], 200, None),
        Answer({"books": {}}, [], 200, None, NOW + timedelta(hours=2)),
        Answer({"books": {}}, [], 200, None),
    )
    times = []
    for _turn in range(3):
        script.query()
        times.append(script.clock.now())
    assert times == [NOW, NOW + timedelta(hours=2), NOW + timedelta(hours=2)]


def test_the_clock_goes_on() -> None:
    host = [NOW]
    clock = ServiceClock(lambda: host[0])
    clock.observe(NOW - timedelta(minutes=5))
    host[0] += timedelta(minutes=1)
    assert clock.now() == NOW - timedelta(minutes=4)


# Secrets

_NEW = replace(ADD_BOOK, shown_once="title")


def test_a_new_secret_is_in_its_field_only() -> None:
    root = {
        "title": "hunter2-of-twenty-characters",
        "pages": "hunter2-of-twenty-characters, once",
        "author": ["hunter2-of-twenty-characters"],
    }
    script = Script(
        Answer({"addBook": root}, [{"message": "hunter2-of-twenty-characters is short"}], 200, None),
        Answer(
            None,
            [{"message": "rpc error: code = InvalidArgument desc = hunter2-of-twenty-characters may not be read"}],
            200,
            None,
        ),
        MondooError("Redirected", "a redirect to https://hunter2-of-twenty-characters.invalid"),
    )
    (response,) = script.client.mutate_many(_NEW, [{"input": {}}], script.policy.budget())
    assert response.value == {
        "title": "hunter2-of-twenty-characters",
        "pages": "********, once",
        "author": ["********"],
    }
    for words in ("InvalidArgument", "a redirect to https://********.invalid"):
        with pytest.raises(MondooError) as caught:
            script.query()
        assert words in str(caught.value)
        assert "hunter2-of-twenty-characters" not in str(caught.value)


def test_a_secret_that_another_connection_uses_is_removed() -> None:
    script = Script(data("books", {"title": "Bearer hunter2-of-twenty-characters"}))
    script.secrets.add("hunter2-of-twenty-characters")
    assert script.query() == {"title": "Bearer ********"}

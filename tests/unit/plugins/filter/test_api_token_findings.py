# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit finds, what it does not find, and what it refuses to guess."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.mondoo.platform.plugins.doc_fragments.audit_policy import ModuleDocFragment
from ansible_collections.mondoo.platform.plugins.filter import api_token_findings as plugin
from ansible_collections.mondoo.platform.plugins.filter.api_token_findings import FilterModule, api_token_findings
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import timestamp_text
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import token_result
from ansible_collections.mondoo.platform.plugins.module_utils._values.token_names import pending_name, retired_name
from ansible_collections.mondoo.platform.plugins.plugin_utils._audit.rules import RULES, SEVERITIES
from ansible_collections.mondoo.platform.tests.unit.support.audits import SCOPE, ago, entry, with_roles
from ansible_collections.mondoo.platform.tests.unit.support.builders import DAY, NOW, ORGANIZATION, token
from hypothesis import given
from hypothesis import strategies as st
from jinja2.nativetypes import NativeEnvironment

OTHER = ORGANIZATION.mrn


def found(*tokens: dict[str, Any], **parameters: Any) -> list[dict[str, Any]]:
    return api_token_findings(list(tokens), now=parameters.pop("now", NOW), **parameters)


def rules(*tokens: dict[str, Any], **parameters: Any) -> list[str]:
    return [finding["rule"] for finding in found(*tokens, **parameters)]


RETIRED = retired_name("ci", NOW - 3 * DAY)
PENDING = pending_name("ci", NOW - timedelta(minutes=11))
JUST_PENDING = pending_name("ci", NOW - timedelta(minutes=9))
IN_USE = [{"name": "ci", "space": "space-1"}]
EACH = {"name": "ci-{space}", "organization": "org-1", "each_space": True}


@pytest.mark.parametrize(
    ("tokens", "parameters", "expected"),
    [
        ([entry()], {}, []),
        ([], {}, []),
        # Age
        ([entry()], {"max_age": "11d"}, []),
        ([entry()], {"max_age": "10d"}, []),
        ([entry()], {"max_age": "9d"}, ["too_old"]),
        ([entry(created_at=ago(9000))], {}, []),
        ([entry(created_at=None, age_days=None)], {"max_age": "9000d"}, ["too_old"]),
        ([entry(created_at=None, age_days=None)], {}, []),
        # Use
        ([entry()], {"max_unused": "2d"}, []),
        ([entry()], {"max_unused": "47h"}, ["unused"]),
        ([entry(last_used_at=None, unused_days=10)], {}, ["never_used"]),
        ([entry(last_used_at=None, unused_days=10)], {"max_unused": "9d"}, ["never_used"]),
        ([entry(last_used_at=None, unused_days=10)], {"max_unused": "10d"}, []),
        ([entry(last_used_at=None, unused_days=None)], {}, []),
        ([entry(last_used_at=None, unused_days=None)], {"max_unused": "1d"}, ["unused"]),
        # Permissions
        ([with_roles("viewer", "agent")], {"allowed_permissions": ["AGENT", "viewer"]}, []),
        ([with_roles("viewer", "agent")], {"allowed_permissions": ["viewer"]}, ["excess_permission"]),
        ([with_roles("owner")], {"allowed_permissions": []}, ["excess_permission"]),
        ([with_roles("owner")], {"allowed_permissions": ["//iam.api.mondoo.app/roles/owner"]}, []),
        ([with_roles("viewer", "editor")], {}, ["redundant_permission"]),
        ([with_roles("viewer", "owner")], {}, ["redundant_permission"]),
        ([with_roles("editor", "owner")], {}, ["redundant_permission"]),
        ([with_roles("viewer", "agent")], {}, []),
        ([with_roles("agent", "owner")], {}, []),
        ([with_roles()], {}, ["no_permissions"]),
        ([entry(roles=None, permissions=[])], {}, ["no_permissions"]),
        ([entry(roles=None, permissions=["viewer", "owner"])], {}, ["redundant_permission"]),
        ([entry(roles=["//other/roles/x"])], {"allowed_permissions": ["viewer"]}, ["excess_permission"]),
        ([entry(roles=["//other/roles/x"])], {"allowed_permissions": ["//elsewhere/roles/X"]}, []),
        ([entry(roles=None, permissions=["brand-new"])], {"allowed_permissions": []}, ["excess_permission"]),
        # Description
        ([entry(description="")], {}, ["no_description"]),
        ([entry(description=" ")], {}, ["no_description"]),
        ([entry(description=None)], {}, ["no_description"]),
        # Names
        ([entry(), entry(mrn="//b")], {}, ["duplicate_name", "duplicate_name"]),
        ([entry(), entry(scope_mrn=OTHER)], {}, []),
        ([entry(), entry("CI")], {}, []),
        # Declarations
        ([entry()], {"declared": []}, ["undeclared"]),
        ([entry()], {"declared": [{"name": "ci", "space": "space-1"}]}, []),
        ([entry()], {"declared": [{"name": "ci", "space": SCOPE}]}, []),
        ([entry()], {"declared": [{"name": "ci", "scope_mrn": SCOPE}]}, []),
        ([entry()], {"declared": [{"name": "ci", "space": "space-1", "organization": None}]}, []),
        ([entry()], {"declared": [{"mrn": "//agents.api.mondoo.app/ci"}]}, []),
        ([entry()], {"declared": [{"name": "ci", "space": "space-1", "state": "absent"}]}, ["undeclared"]),
        ([entry()], {"declared": [{"name": "ci", "organization": "space-1"}]}, ["undeclared"]),
        ([entry()], {"declared": [{"name": "CI", "space": "space-1"}]}, ["undeclared"]),
        # Predecessors
        ([entry(RETIRED)], {}, ["retired_leftover"]),
        ([entry(RETIRED)], {"declared": []}, ["undeclared", "retired_leftover"]),
        ([entry(RETIRED)], {"declared": [{"name": "ci", "space": "space-1"}]}, ["retired_leftover"]),
        ([entry(RETIRED)], {"declared": [{"name": "ci", "space": "space-1", "overlap": "3d"}]}, ["retired_leftover"]),
        ([entry(RETIRED)], {"declared": [{"name": "ci", "space": "space-1", "overlap": "4d"}]}, []),
        ([entry(RETIRED)], {"declared": [{"name": RETIRED, "space": "space-1"}]}, []),
        ([entry("ci (retired yesterday)")], {}, []),
        ([entry(retired_name("ci", NOW + DAY))], {}, ["retired_leftover"]),
        # About to be deleted: in what order they are does not matter any more, but for what they may do.
        (
            [entry(RETIRED, description="", created_at=ago(900), last_used_at=ago(800))],
            {"max_age": "1d"},
            ["retired_leftover"],
        ),
        ([with_roles("owner", name=RETIRED)], {"allowed_permissions": []}, ["excess_permission", "retired_leftover"]),
        ([entry(RETIRED), entry(RETIRED, mrn="//b")], {}, ["retired_leftover"] * 2),
        ([entry(), entry(RETIRED, mrn="//b")], {"declared": [{**IN_USE[0], "overlap": "4d"}]}, []),
        ([entry(RETIRED, description="")], {"declared": [{"name": RETIRED, "space": "space-1"}]}, ["no_description"]),
        # Pending
        ([entry(PENDING, last_used_at=None)], {}, ["pending_leftover"]),
        ([entry(PENDING, last_used_at=None, created_at=None)], {}, ["pending_leftover"]),
        ([entry(JUST_PENDING, created_at=ago(0))], {}, []),
        ([entry(JUST_PENDING, created_at=None)], {}, []),
        # Its name is from a clock that is ahead.
        ([entry(pending_name("ci", NOW + DAY), created_at=ago(1))], {}, ["pending_leftover"]),
        ([entry(PENDING)], {"declared": IN_USE}, ["pending_leftover"]),
        ([entry(JUST_PENDING, created_at=None)], {"declared": []}, ["undeclared"]),
        ([entry(PENDING)], {"declared": []}, ["undeclared", "pending_leftover"]),
        ([entry(PENDING)], {"declared": [{"mrn": "//agents.api.mondoo.app/" + PENDING}]}, []),
        # The credential of the audit
        ([entry()], {"declared": [], "own": "//agents.api.mondoo.app/ci"}, []),
        ([entry(description="")], {"declared": [], "own": "//agents.api.mondoo.app/ci"}, ["no_description"]),
        ([entry()], {"declared": [], "own": "//agents.api.mondoo.app/other"}, ["undeclared"]),
        # A declaration for each space
        ([entry("ci-space-1")], {"declared": [EACH]}, []),
        ([entry("ci")], {"declared": [EACH]}, ["undeclared"]),
        ([entry("ci-org-1", scope_mrn=OTHER)], {"declared": [EACH]}, ["undeclared"]),
        ([entry("ci-space-1")], {"declared": [{**EACH, "each_space": "yes"}]}, []),
        ([entry("ci-space-1")], {"declared": [{**EACH, "each_space": ["dev-*", "space-*"]}]}, []),
        ([entry("ci-space-1")], {"declared": [{**EACH, "each_space": "dev-*, space-*"}]}, []),
        ([entry("ci-space-1")], {"declared": [{**EACH, "each_space": ["dev-*"]}]}, ["undeclared"]),
        ([entry("ci-{space}", scope_mrn=OTHER)], {"declared": [{**EACH, "each_space": False}]}, []),
        ([entry("ci-{space}", scope_mrn=OTHER)], {"declared": [{**EACH, "each_space": "no"}]}, []),
        (
            [entry("ci-Shop")],
            {"declared": [{**EACH, "name": "ci-{space_name}"}], "scopes": [{"mrn": SCOPE, "name": "Shop"}]},
            [],
        ),
        (
            [entry("ci-space-1")],
            {"declared": [{**EACH, "each_space": ["Sh?p"]}], "scopes": [{"mrn": SCOPE, "name": "Shop"}]},
            [],
        ),
        ([entry("ci-space-1")], {"declared": [EACH], "scopes": []}, ["undeclared"]),
        (
            [entry(retired_name("ci-space-1", NOW - DAY))],
            {"declared": [{**EACH, "overlap": "2d"}]},
            [],
        ),
        # Severities
        ([entry(description="")], {"severities": {"no_description": "ignore"}}, []),
    ],
)
def test_findings(tokens: list[dict[str, Any]], parameters: dict[str, Any], expected: list[str]) -> None:
    assert rules(*tokens, **parameters) == expected


def test_a_finding() -> None:
    assert found(entry(), max_age="9d") == [
        {
            "rule": "too_old",
            "severity": "medium",
            "name": "ci",
            "mrn": "//agents.api.mondoo.app/ci",
            "scope_mrn": SCOPE,
            "message": "It is 10 days old; at most 9 days are allowed.",
            "accepted": None,
        }
    ]


@pytest.mark.parametrize(
    ("token_", "parameters", "message"),
    [
        (entry(created_at=ago(1)), {"max_age": "3h"}, "It is 1 day old; at most 3 hours are allowed."),
        (
            entry(),
            {"max_age": "90s", "now": NOW - 10 * DAY + timedelta(seconds=100)},
            "It is 1 minute old; at most 1 minute is allowed.",
        ),
        (
            entry(),
            {"max_age": "0", "now": NOW - 10 * DAY + timedelta(seconds=1)},
            "It is 1 second old; at most 0 seconds are allowed.",
        ),
        (entry(created_at=None), {"max_age": "1d"}, "Unknown: the service does not report when it was created."),
        (entry(), {"max_unused": "30m"}, "It was last used 2 days ago; at most 30 minutes are allowed."),
        (
            entry(last_used_at=None, unused_days=None),
            {"max_unused": "1d"},
            "Unknown: the service does not report when it was last used.",
        ),
        (entry(last_used_at=None), {}, "It was never used, and is 10 days old."),
        (entry(last_used_at=None, created_at=None), {}, "It was never used."),
        (
            with_roles("owner", "agent"),
            {"allowed_permissions": ["viewer"]},
            "It has agent, owner; the policy allows viewer.",
        ),
        (with_roles("agent"), {"allowed_permissions": []}, "It has agent; the policy allows nothing."),
        (with_roles("viewer", "editor", "owner"), {}, "It has editor, viewer in addition to owner."),
        (
            entry(RETIRED, last_used_at=ago(1)),
            {},
            "It was replaced at 2026-11-20T18:00:00Z and is still valid, and was still used at 2026-11-22T18:00:00Z.",
        ),
        (
            entry(RETIRED, last_used_at=ago(4)),
            {},
            "It was replaced at 2026-11-20T18:00:00Z and is still valid.",
        ),
        (
            entry(retired_name("ci", NOW + DAY)),
            {},
            "Its name says that it was replaced at 2026-11-24T18:00:00Z, which is in the future; it is still valid.",
        ),
        (
            entry(PENDING, created_at=None),
            {},
            "It was generated 11 minutes ago, and its secret has no known holder.",
        ),
        (entry(created_at=ago(1500)), {"max_age": "1d"}, "It is 1,500 days old; at most 1 day is allowed."),
    ],
)
def test_messages(token_: dict[str, Any], parameters: dict[str, Any], message: str) -> None:
    assert [finding["message"] for finding in found(token_, **parameters)] == [message]


def test_how_many_have_the_name() -> None:
    three = [entry(mrn=f"//{number}") for number in range(3)]
    assert {finding["message"] for finding in found(*three)} == {'2 more of space "space-1" have this name.'}
    assert found(*three[:2])[0]["message"] == '1 more of space "space-1" has this name.'


def test_a_token_that_is_there_twice_is_one() -> None:
    assert found(entry(), entry()) == []
    assert rules(entry(mrn=None), entry(mrn=None)) == ["duplicate_name", "duplicate_name"]


def test_the_most_severe_come_first() -> None:
    bad = with_roles("viewer", "owner", description="", created_at=ago(400), name="b")
    worse = with_roles("owner", name="a", scope_mrn=OTHER)
    parameters = {"max_age": "90d", "allowed_permissions": ["viewer"]}
    order = [(finding["severity"], finding["name"], finding["rule"]) for finding in found(bad, worse, **parameters)]
    assert order == [
        ("high", "a", "excess_permission"),
        ("high", "b", "excess_permission"),
        ("medium", "b", "too_old"),
        ("low", "b", "no_description"),
        ("low", "b", "redundant_permission"),
    ]
    changed = found(bad, worse, **parameters, severities={"no_description": "high", "excess_permission": "low"})
    assert [finding["rule"] for finding in changed][:2] == ["no_description", "too_old"]


def test_the_result_of_the_other_modules_does() -> None:
    result = token_result(token(description="x", last_used_at=NOW))
    assert result is not None
    assert found(result, max_age="1d")[0]["rule"] == "too_old"
    # Just generated: the service has not told when.
    fresh = {**result, "created_at": None, "last_used_at": None}
    assert rules(fresh) == ["never_used"]


@pytest.mark.parametrize(
    "now",
    [NOW, "2026-11-23T18:00:00Z", "2026-11-23T19:00:00+01:00", NOW.replace(tzinfo=None), "2026-11-23T18:00:00.5Z"],
)
def test_now_in_any_form(now: Any) -> None:
    assert rules(entry(created_at="2026-11-22T17:00:00Z"), max_age="1d", now=now) == ["too_old"]
    assert rules(entry(created_at="2026-11-22T19:00:00Z"), max_age="1d", now=now) == []


def test_now_is_the_present_by_default() -> None:
    tokens = [entry(created_at=timestamp_text(datetime.now(timezone.utc) - timedelta(hours=hours))) for hours in (1, 3)]
    tokens[1]["name"] = "older"
    assert [finding["name"] for finding in api_token_findings(tokens, max_age="2h")] == ["older"]


@pytest.mark.parametrize(
    ("tokens", "parameters", "words"),
    [
        ("text", {}, "the tokens must be a list, and not a value of the type str"),
        (None, {}, "the tokens must be a list, and not nothing"),
        ({"api_tokens": []}, {}, "the tokens must be a list, and not a dictionary"),
        ([entry(), "ci"], {}, "entry 2 of the tokens must be a dictionary, and not a value of the type str"),
        ([entry(), {"mrn": "//x"}], {}, 'entry 2 of the tokens ("//x"): name and scope_mrn are required'),
        ([{"name": "ci"}], {}, 'entry 1 of the tokens ("ci"): name and scope_mrn are required'),
        ([entry(created_at="yesterday")], {}, 'entry 1 of the tokens ("ci"): created_at: "yesterday" is not a time'),
        ([entry(last_used_at=7)], {}, 'last_used_at: "7" is not a time'),
        ([entry(scope_mrn="//x")], {}, 'entry 1 of the tokens ("ci"): scope_mrn: "//x" is the MRN of neither a'),
        ([entry(roles="owner")], {}, "permissions must be a list"),
        ([], {"max_age": "old"}, 'max_age: "old" is not a duration'),
        ([], {"max_unused": 90}, 'max_unused: "90" is not a duration'),
        ([], {"allowed_permissions": "viewer"}, "allowed_permissions must be a list"),
        ([], {"allowed_permissions": ["vewer"]}, 'allowed_permissions: "vewer" is not known. Did you mean "viewer"?'),
        ([], {"declared": {"name": "ci"}}, "declared must be a list, and not a dictionary"),
        (
            [],
            {"declared": [{"name": "ci"}]},
            'entry 1 of declared ("ci"): exactly one of space, organization and scope_mrn',
        ),
        (
            [],
            {"declared": [{"name": "ci", "space": "a", "organization": "b"}]},
            'entry 1 of declared ("ci"): exactly one of space, organization and scope_mrn',
        ),
        ([], {"declared": [{}]}, "entry 1 of declared: one of name and mrn is required"),
        (
            [],
            {"declared": [{"name": "ci", "space": "a", "overlap": "x"}]},
            'entry 1 of declared ("ci"): overlap: "x" is not a duration',
        ),
        ([], {"declared": ["ci"]}, "entry 1 of declared must be a dictionary"),
        (
            [],
            {"declared": [{"name": "ci", "space": "a", "each_space": True}]},
            'entry 1 of declared ("ci"): each_space needs an organization',
        ),
        ([], {"accepted": "x"}, "accepted must be a list, and not a value of the type str"),
        ([], {"accepted": ["x"]}, "entry 1 of accepted must be a dictionary"),
        ([], {"accepted": [{"name": "ci"}]}, 'entry 1 of accepted ("ci"): rule and reason are required'),
        ([], {"accepted": [{"rule": "unused", "name": "ci", "reason": " "}]}, "reason is required"),
        ([], {"accepted": [{"rule": "unused", "reason": "x"}]}, "exactly one of name, mrn and pattern is required"),
        (
            [],
            {"accepted": [{"rule": "unused", "name": "ci", "pattern": "c*", "reason": "x"}]},
            'entry 1 of accepted ("ci"): exactly one of name, mrn and pattern is required',
        ),
        ([], {"accepted": [{"rule": "unsued", "name": "ci", "reason": "x"}]}, 'unknown rule "unsued"; known:'),
        (
            [],
            {"accepted": [{"rule": "unused", "pattern": "c*", "reason": "x", "untill": "2027-01-01"}]},
            'entry 1 of accepted ("c*"): unknown untill; known: rule, name, mrn, pattern, scope, reason, until, by',
        ),
        (
            [],
            {"accepted": [{"rule": "unused", "name": "ci", "reason": "x", "until": "March"}]},
            'entry 1 of accepted ("ci"): until: "March" is not a time',
        ),
        ([], {"now": "noon"}, 'now: "noon" is not a time'),
        ([], {"severities": ["high"]}, "severities must be a dictionary"),
        ([], {"severities": {"to_old": "high"}}, 'severities: unknown rule "to_old"; known: duplicate_name,'),
        (
            [],
            {"severities": {"too_old": "fatal"}},
            'severities: "fatal" for too_old is not one of high, medium, low, ignore',
        ),
    ],
)
def test_refusals(tokens: Any, parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        api_token_findings(tokens, **parameters)
    message = str(caught.value)
    assert message.startswith("mondoo.platform.api_token_findings: ")
    assert words in message


_NAMES = st.sampled_from(["ci", "agent", RETIRED, retired_name("agent", NOW)])
_DAYS = st.none() | st.floats(0, 800, allow_nan=False).map(ago)
_TOKENS = st.lists(
    st.builds(
        lambda name, scope, age, used, names, described: with_roles(
            *names,
            name=name,
            scope_mrn=scope,
            created_at=age,
            last_used_at=used,
            description=described,
        ),
        _NAMES,
        st.sampled_from([SCOPE, OTHER]),
        _DAYS,
        _DAYS,
        st.sets(st.sampled_from(["viewer", "editor", "owner", "agent"])),
        st.sampled_from(["", "x"]),
    ),
    max_size=6,
).map(lambda tokens: [{**each, "mrn": f"//{number}"} for number, each in enumerate(tokens)])
_PARAMETERS = st.fixed_dictionaries(
    {
        "max_age": st.none() | st.integers(0, 900).map(lambda days: f"{days}d"),
        "max_unused": st.none() | st.integers(0, 900).map(lambda days: f"{days}d"),
        "allowed_permissions": st.none() | st.lists(st.sampled_from(["viewer", "agent"])),
        "declared": st.none() | st.just([{"name": "ci", "space": "space-1", "overlap": "4d"}]),
    }
)


@given(_TOKENS, _PARAMETERS, st.randoms())
def test_neither_order_nor_repetition_of_the_run_matters(
    tokens: list[dict[str, Any]], parameters: dict[str, Any], chance: random.Random
) -> None:
    first = found(*tokens, **parameters)
    chance.shuffle(tokens)
    assert found(*tokens, **parameters) == first
    ranks = [SEVERITIES.index(finding["severity"]) for finding in first]
    assert ranks == sorted(ranks)
    assert {finding["rule"] for finding in first} <= RULES.keys()
    assert len({(finding["mrn"], finding["rule"]) for finding in first}) == len(first)


@given(_TOKENS, st.integers(0, 900), st.integers(0, 900))
def test_a_stricter_age_finds_all_that_a_laxer_one_finds(tokens: list[dict[str, Any]], one: int, other: int) -> None:
    strict, lax = sorted((one, other))
    old = [
        {finding["mrn"] for finding in found(*tokens, max_age=f"{days}d") if finding["rule"] == "too_old"}
        for days in (strict, lax)
    ]
    assert old[1] <= old[0]


@given(_TOKENS, _PARAMETERS)
def test_what_a_declaration_does_not_name_is_said_once(
    tokens: list[dict[str, Any]], parameters: dict[str, Any]
) -> None:
    everything = [{"mrn": each["mrn"]} for each in tokens]
    assert "undeclared" not in rules(*tokens, **{**parameters, "declared": everything})
    nothing = rules(*tokens, **{**parameters, "declared": []})
    assert nothing.count("undeclared") == len(tokens)


def test_the_documentation_names_all_rules_and_parameters() -> None:
    documentation = yaml.safe_load(plugin.DOCUMENTATION)
    shared = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)
    parameters = [*api_token_findings.__code__.co_varnames[: api_token_findings.__code__.co_argcount]]
    assert {*documentation["options"], *shared["options"]} == {"_input", *parameters[1:]}
    assert documentation["positional"].split(", ") == parameters[1:]
    assert [rule for rule in RULES if rule not in plugin.RETURN] == []
    severities = " ".join(shared["options"]["severities"]["description"])
    assert [rule for rule in RULES if f"C({rule})" not in severities] == []
    (returned,) = yaml.safe_load(plugin.RETURN).values()
    assert returned["contains"].keys() == found(entry(description=""))[0].keys()


def test_the_example_of_the_documentation_can_be_rendered() -> None:
    (_listing, check) = yaml.safe_load(plugin.EXAMPLES)
    environment = NativeEnvironment()
    environment.filters = {f"mondoo.platform.{name}": body for name, body in FilterModule().filters().items()}
    text = check["vars"]["findings"]
    rendered: Any = environment.from_string(text).render(tokens={"api_tokens": [entry(created_at=ago(91 + 4000))]})
    assert [finding["severity"] for finding in rendered] == ["high"]


# Accepted findings

OLD = {"rule": "too_old", "name": "ci", "reason": "OPS-12", "until": "2026-12-31", "by": "someone"}


@pytest.mark.parametrize(
    ("acceptance", "accepted"),
    [
        (OLD, True),
        ({"rule": "too_old", "name": "ci", "reason": "x"}, True),
        ({"rule": "too_old", "mrn": "//agents.api.mondoo.app/ci", "reason": "x"}, True),
        ({"rule": "too_old", "pattern": "c*", "reason": "x"}, True),
        ({**OLD, "scope": "space-1"}, True),
        ({**OLD, "scope": SCOPE}, True),
        ({**OLD, "name": None, "pattern": "[bc]i"}, True),
        ({**OLD, "rule": "unused"}, False),
        ({**OLD, "name": "CI"}, False),
        ({**OLD, "name": "c*"}, False),
        ({"rule": "too_old", "pattern": "C*", "reason": "x"}, False),
        ({"rule": "too_old", "mrn": "//agents.api.mondoo.app/c*", "reason": "x"}, False),
        ({**OLD, "scope": "space-2"}, False),
        ({**OLD, "scope": OTHER}, False),
    ],
)
def test_what_an_acceptance_fits(acceptance: dict[str, Any], accepted: bool) -> None:
    findings = found(entry(), max_age="9d", accepted=[acceptance])
    severities = {finding["rule"]: finding["severity"] for finding in findings}
    expected = {"too_old": "accepted"} if accepted else {"too_old": "medium", "unmatched_acceptance": "low"}
    assert severities == expected


def test_an_accepted_finding_says_why_and_until_when() -> None:
    (finding,) = found(entry(), max_age="9d", accepted=[OLD])
    assert finding["accepted"] == {"severity": "medium", "reason": "OPS-12", "until": "2026-12-31", "by": "someone"}
    assert finding["message"] == "It is 10 days old; at most 9 days are allowed."


@pytest.mark.parametrize(
    ("until", "holds"),
    [
        ("2026-11-23", True),  # the day of the audit
        (date(2026, 11, 23), True),
        ("2026-11-22", False),
        (date(2026, 11, 22), False),
        ("2026-11-23T18:00:01Z", True),
        ("2026-11-23T18:00:00Z", False),
        ("2026-11-23T19:30:00+02:00", False),
        (datetime(2026, 11, 24, tzinfo=timezone.utc), True),
        (None, True),
        ("", True),
    ],
)
def test_until_when_an_acceptance_holds(until: Any, holds: bool) -> None:
    (finding,) = found(entry(), max_age="9d", accepted=[{**OLD, "until": until}])
    assert (finding["severity"] == "accepted") is holds
    assert finding["message"].endswith("which has passed.") is not holds


def test_an_acceptance_that_is_over_is_said_with_the_finding() -> None:
    over = [{**OLD, "until": day} for day in ("2026-10-01", "2026-11-01")]
    (finding,) = found(entry(), max_age="9d", accepted=over)
    assert finding["severity"] == "medium"
    assert finding["message"].endswith("are allowed. It was accepted until 2026-11-01, which has passed.")
    (renewed,) = found(entry(), max_age="9d", accepted=[*over, OLD])
    assert renewed["accepted"]["until"] == "2026-12-31"


def test_an_acceptance_that_fits_nothing_is_a_finding() -> None:
    (finding,) = found(entry(), accepted=[{**OLD, "scope": SCOPE}])
    assert finding == {
        "rule": "unmatched_acceptance",
        "severity": "low",
        "name": "ci",
        "mrn": None,
        "scope_mrn": SCOPE,
        "message": f'too_old is accepted for "ci" in {SCOPE} (OPS-12), but there is no such finding.',
        "accepted": None,
    }
    assert found(entry(), accepted=[OLD], severities={"unmatched_acceptance": "ignore"}) == []
    (other,) = found(entry(), accepted=[{**OLD, "scope": "space-1"}])
    assert other["scope_mrn"] is None


@given(_TOKENS, _PARAMETERS, st.sampled_from(["ci", "agent"]), st.sampled_from(sorted(RULES)))
def test_accepting_changes_what_is_accepted_and_nothing_else(
    tokens: list[dict[str, Any]], parameters: dict[str, Any], name: str, rule: str
) -> None:
    before = found(*tokens, **parameters)
    after = found(*tokens, **parameters, accepted=[{"rule": rule, "name": name, "reason": "x"}])
    fitting = [finding for finding in before if (finding["rule"], finding["name"]) == (rule, name)]
    rest = [finding for finding in before if finding not in fitting]
    assert [finding for finding in after if finding["accepted"]] == [
        {
            **finding,
            "severity": "accepted",
            "accepted": {"severity": finding["severity"], "reason": "x", "until": None, "by": None},
        }
        for finding in fitting
    ]
    assert [
        finding for finding in after if not finding["accepted"] and finding["rule"] != "unmatched_acceptance"
    ] == rest
    assert any(finding["rule"] == "unmatched_acceptance" for finding in after) is not bool(fitting)

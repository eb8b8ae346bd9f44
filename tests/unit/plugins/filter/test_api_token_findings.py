# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an audit finds, what it does not find, and what it refuses to guess."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.mondoo.platform.plugins.filter import api_token_findings as plugin
from ansible_collections.mondoo.platform.plugins.filter.api_token_findings import FilterModule, api_token_findings
from ansible_collections.mondoo.platform.plugins.module_utils._values.times import timestamp_text
from ansible_collections.mondoo.platform.plugins.module_utils._values.token import retired_name, token_result
from ansible_collections.mondoo.platform.plugins.plugin_utils._findings import RULES, SEVERITIES
from ansible_collections.mondoo.platform.tests.unit.support.builders import DAY, MEMBER, NOW, SPACE, roles, token
from hypothesis import given
from hypothesis import strategies as st
from jinja2.nativetypes import NativeEnvironment

SCOPE = SPACE.mrn
OTHER = "//captain.api.mondoo.app/organizations/org-1"


def entry(name: str = "ci", **changes: Any) -> dict[str, Any]:
    """A token, as a result shows it, that breaks no rule: ten days old, used two days ago, described."""
    ordinary = {
        "id": name,
        "mrn": f"//agents.api.mondoo.app/{name}",
        "name": name,
        "description": "what it is for",
        "permissions": ["viewer"],
        "roles": sorted(roles("viewer") | MEMBER),
        "scope_mrn": SCOPE,
        "created_at": timestamp_text(NOW - 10 * DAY),
        "last_used_at": timestamp_text(NOW - 2 * DAY),
        "created_by": "someone@example.com",
        "age_days": 10,
        "unused_days": 2,
    }
    return {**ordinary, **changes}


def with_roles(*names: str, **changes: Any) -> dict[str, Any]:
    return entry(permissions=sorted(names), roles=sorted(roles(*names) | MEMBER), **changes)


def found(*tokens: dict[str, Any], **parameters: Any) -> list[dict[str, Any]]:
    return api_token_findings(list(tokens), now=parameters.pop("now", NOW), **parameters)


def rules(*tokens: dict[str, Any], **parameters: Any) -> list[str]:
    return [finding["rule"] for finding in found(*tokens, **parameters)]


def ago(days: float) -> str | None:
    return timestamp_text(NOW - days * DAY)


RETIRED = retired_name("ci", NOW - 3 * DAY)


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
            "message": "It is 10 days old; at most 9 days is allowed.",
        }
    ]


@pytest.mark.parametrize(
    ("token_", "parameters", "message"),
    [
        (entry(created_at=ago(1)), {"max_age": "3h"}, "It is 1 day old; at most 3 hours is allowed."),
        (
            entry(),
            {"max_age": "90s", "now": NOW - 10 * DAY + timedelta(seconds=100)},
            "It is 1 minute old; at most 1 minute is allowed.",
        ),
        (
            entry(),
            {"max_age": "0", "now": NOW - 10 * DAY + timedelta(seconds=1)},
            "It is 1 second old; at most 0 seconds is allowed.",
        ),
        (entry(created_at=None), {"max_age": "1d"}, "Unknown: the service does not tell when it was created."),
        (entry(), {"max_unused": "30m"}, "It was last used 2 days ago; at most 30 minutes is allowed."),
        (
            entry(last_used_at=None, unused_days=None),
            {"max_unused": "1d"},
            "Unknown: the service does not tell when it was last used.",
        ),
        (entry(last_used_at=None), {}, "It was never used, and is 10 days old."),
        (entry(last_used_at=None, created_at=None), {}, "It was never used."),
        (
            with_roles("owner", "agent"),
            {"allowed_permissions": ["viewer"]},
            "It has agent, owner; allowed is viewer.",
        ),
        (with_roles("agent"), {"allowed_permissions": []}, "It has agent; allowed is nothing."),
        (with_roles("viewer", "editor", "owner"), {}, "It has editor, viewer beside owner."),
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
        ([entry(scope_mrn="//x")], {}, 'entry 1 of the tokens ("ci"): space: "//x" is not the MRN of a space'),
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
        ([], {"now": "noon"}, 'now: "noon" is not a time'),
        ([], {"severities": ["high"]}, "severities must be a dictionary"),
        ([], {"severities": {"to_old": "high"}}, 'severities: there is no rule "to_old"; there are duplicate_name,'),
        (
            [],
            {"severities": {"too_old": "fatal"}},
            'severities: "fatal" for too_old is none of high, medium, low, ignore',
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
    parameters = [*api_token_findings.__code__.co_varnames[: api_token_findings.__code__.co_argcount]]
    assert [*documentation["options"]] == ["_input", *parameters[1:]]
    assert documentation["positional"].split(", ") == parameters[1:]
    described = plugin.DOCUMENTATION + plugin.RETURN
    assert [rule for rule in RULES if rule not in described] == []
    (returned,) = yaml.safe_load(plugin.RETURN).values()
    assert returned["contains"].keys() == found(entry(description=""))[0].keys()


def test_the_example_of_the_documentation_can_be_rendered() -> None:
    (_listing, check) = yaml.safe_load(plugin.EXAMPLES)
    environment = NativeEnvironment()
    environment.filters = {f"mondoo.platform.{name}": body for name, body in FilterModule().filters().items()}
    text = check["vars"]["findings"]
    rendered: Any = environment.from_string(text).render(tokens={"api_tokens": [entry(created_at=ago(91 + 4000))]})
    assert [finding["severity"] for finding in rendered] == ["high"]

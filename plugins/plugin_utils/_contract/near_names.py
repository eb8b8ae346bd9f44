# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Possible other names of something that an endpoint does not have under the contract's name."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

try:
    import graphql
except ImportError:
    # The caller has already used it for a connection.
    graphql = None  # type: ignore[assignment]

from .schema_types import Typed, leaf_fits, list_depth, sent_fields

_MOST = 3
_LIKE, _MUCH_LIKE = 0.6, 0.8  # of 1.0
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class Candidates(NamedTuple):
    """What exists where something is missing. known: names that the contract has there for something else."""

    elements: Mapping[str, Typed]
    known: Collection[str]


def near_names(
    missing: str, expected: Typed, candidates: Candidates, sent: Mapping[str, Mapping[str, bool]]
) -> tuple[str, ...]:
    """The names of likely matches, the likeliest first: same types, or a similar name.

    sent: by input of the contract, the fields that are sent, and whether always.
    """
    likely = [
        (_has_types_of(expected, element), _has_shape_of(expected, element, sent), _likeness(missing, name), name)
        for name, element in candidates.elements.items()
        if name not in candidates.known
    ]
    likely = [each for each in likely if each[0] or each[2] >= (_LIKE if each[1] else _MUCH_LIKE)]
    return tuple(name for *_reasons, name in sorted(likely, reverse=True)[:_MOST])


def _likeness(one: str, other: str) -> float:
    """From 0.0 to 1.0; the order of the words in a name does not count."""
    words = [{word.lower() for word in _WORD.findall(name)} for name in (one, other)]
    shared = len(words[0] & words[1]) / max(len(words[0] | words[1]), 1)
    return max(SequenceMatcher(None, one.lower(), other.lower()).ratio(), shared)


def _has_types_of(expected: Typed, actual: Typed) -> bool:
    """Whether it accepts exactly the expected inputs and returns exactly the expected objects, by name."""
    wanted, there = _own_types(expected), _own_types(actual)
    return bool(wanted) and wanted == there


def _own_types(element: Typed) -> set[str]:
    declared = [element.type, *(argument.type for argument in getattr(element, "args", {}).values())]
    named = [graphql.get_named_type(each) for each in declared]
    return {each.name for each in named if not graphql.is_specified_scalar_type(each)}


def _has_shape_of(expected: Typed, actual: Typed, sent: Mapping[str, Mapping[str, bool]]) -> bool:
    """Whether it would accept what is sent and could return what is expected."""
    types = graphql.get_named_type(expected.type), graphql.get_named_type(actual.type)
    if list_depth(expected) != list_depth(actual) or graphql.is_leaf_type(types[0]) != graphql.is_leaf_type(types[1]):
        return False
    if graphql.is_leaf_type(types[0]) and not leaf_fits(types[0], types[1]):
        return False
    there = getattr(actual, "args", {})
    return all(
        name in there and _takes(argument, there[name], sent)
        for name, argument in getattr(expected, "args", {}).items()
        if graphql.is_required_argument(argument)
    )


def _takes(expected: Typed, actual: Typed, sent: Mapping[str, Mapping[str, bool]]) -> bool:
    wanted, there = graphql.get_named_type(expected.type), sent_fields(graphql.get_named_type(actual.type))
    return all(name in there for name, always in sent.get(wanted.name, {}).items() if always)

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules do, one flow each: for tests that run all of them on every variant of the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.process import Simulator
from simulator.variants import VARIANTS, Variant

from module_runner import ModuleRunner

Result = dict[str, Any]

_CI: dict[str, Any] = {"space": "alpha", "name": "ci", "permissions": ["viewer"]}
_ALPHA = "//captain.api.mondoo.app/spaces/alpha"
_ACME = "//captain.api.mondoo.app/organizations/acme"


class Service:
    """Modules that talk to a simulator. folder: for files with secrets. requests: how many the last module sent."""

    def __init__(self, simulator: Simulator, variant: Variant, collections: Path, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.requests = 0
        self._variant = variant
        self._runner = ModuleRunner(
            collections, lambda: {"endpoint": simulator.url, "auth_token": simulator.admin_token}
        )

    def attempt(self, module: str, **options: Any) -> Result:
        """The result of a module."""
        self.simulator.clear_requests()
        result = self._runner.run(module, **options)
        requests = self.simulator.requests()
        self.requests = len(requests)
        if self._variant.as_the_contract:
            # What fits the contract costs no request more.
            assert 422 not in {entry["status"] for entry in requests}
        if any(name.startswith("listing_lag") for name in self._variant.settings):
            # As if time had passed since the run.
            self.simulator.settings(listing_lag=0, listing_lag_seconds=0.0)
            self.simulator.settings(**self._variant.settings)
        # Each only once, from however many threads and root fields.
        assert len(set(result["warnings"])) == len(result["warnings"])
        return result

    def run(self, module: str, **options: Any) -> Result:
        """The result of a module that must not fail."""
        result = self.attempt(module, **options)
        assert not result.get("failed"), result
        return result

    def change(self, module: str, *, settles: bool = True, **options: Any) -> Result:
        """A run that must change something, as check mode predicts, and leave nothing to do; `settles`: unless it is to change
        something in every run.
        """
        predicted = None
        if self._variant == VARIANTS["contract"]:
            predicted = self.run(module, check=True, **options)
            assert self.simulator.mutations() == []
        result = self.run(module, **options)
        requests = self.requests
        assert result["changed"]
        assert predicted is None or (predicted["changed"], predicted["operations"]) == (True, result["operations"])
        if settles:
            assert not self.run(module, **options)["changed"]
        self.requests = requests
        return result

    def token(self, name: str, scope: str = _ALPHA) -> dict[str, Any]:
        """The token of that name at the service."""
        (token,) = [token for token in self.simulator.tokens(scope) if token["name"] == name]
        return token

    def names(self, scope: str = _ALPHA) -> list[str]:
        """The names of the tokens of a scope, in order."""
        return sorted(token["name"] for token in self.simulator.tokens(scope))

    def holds(self, token: dict[str, Any], secret: str) -> bool:
        """Whether it is the secret of the token."""
        return any(entry["secret"] == secret and entry["mrn"] == token["mrn"] for entry in self.simulator.secrets())

    def add(self, *names: str, scope: str = _ALPHA) -> None:
        """Puts tokens there, with the permission viewer."""
        self.simulator.seed({"tokens": [{"scope": scope, "name": name, "permissions": ["viewer"]} for name in names]})


def _permissions(token: dict[str, Any]) -> list[str]:
    roles = [role.rpartition("/")[2] for role in token["roles"]]
    return sorted(role for role in roles if not role.endswith("-member"))


# One token


def _create(service: Service) -> None:
    result = service.change("api_token", **_CI)
    assert result["operations"] == ["generateAPIToken"]
    token = service.token("ci")
    assert result["api_token"]["mrn"] == token["mrn"]
    assert service.holds(token, result["token"])
    assert _permissions(token) == ["viewer"]


def _create_in_organization(service: Service) -> None:
    result = service.change("api_token", organization="acme", name="wide", permissions=["agent"])
    assert result["api_token"]["mrn"] == service.token("wide", _ACME)["mrn"]


def _create_with_file(service: Service) -> None:
    path = service.folder / "ci.token"
    result = service.change("api_token", **_CI, token_path=str(path))
    assert "token" not in result
    assert service.holds(service.token("ci"), path.read_text(encoding="utf-8").strip())


def _leave(service: Service) -> None:
    service.add("ci")
    assert not service.run("api_token", **_CI)["changed"]


def _describe(service: Service) -> None:
    service.add("ci")
    # With what a service may trim.
    result = service.change("api_token", **_CI, description="Pipelines")
    assert result["operations"] == ["updateAPIToken"]
    assert service.token("ci")["description"] == "Pipelines"


def _rename(service: Service) -> None:
    service.add("ci")
    service.change("api_token", space="alpha", mrn=service.token("ci")["mrn"], name="build")
    assert service.names() == ["build"]


def _permit(service: Service) -> None:
    service.add("ci")
    result = service.change("api_token", **{**_CI, "permissions": ["editor", "agent"]})
    assert result["operations"] == ["setRoles"]
    assert _permissions(service.token("ci")) == ["agent", "editor"]


def _permit_in_organization(service: Service) -> None:
    service.add("wide", scope=_ACME)
    service.change("api_token", organization="acme", name="wide", permissions=["agent"])
    assert _permissions(service.token("wide", _ACME)) == ["agent"]


def _rotate(service: Service) -> None:
    service.add("ci")
    before = service.token("ci")["mrn"]
    result = service.change("api_token", settles=False, **_CI, rotate_after="0")
    assert service.names() == ["ci"]
    assert service.token("ci")["mrn"] == result["api_token"]["mrn"] != before
    assert service.holds(service.token("ci"), result["token"])


def _rotate_with_overlap(service: Service) -> None:
    service.add("ci")
    before = service.token("ci")["mrn"]
    service.change("api_token", settles=False, **_CI, rotate_after="0", overlap="7d")
    current, retired = service.names()
    assert current == "ci"
    assert retired.startswith("ci (retired ")
    assert service.token(retired)["mrn"] == before


def _replace_a_lost_secret(service: Service) -> None:
    service.add("ci")
    path = service.folder / "ci.token"
    service.change("api_token", **_CI, token_path=str(path), lost_secret="rotate")
    assert service.names() == ["ci"]
    assert service.holds(service.token("ci"), path.read_text(encoding="utf-8").strip())


def _delete(service: Service) -> None:
    service.add("ci")
    result = service.change("api_token", space="alpha", name="ci", state="absent")
    assert result["operations"] == ["deleteAPIToken"]
    assert service.names() == []


def _delete_what_is_not_there(service: Service) -> None:
    assert not service.run("api_token", space="alpha", name="ci", state="absent")["changed"]


# A declared set

_NAMES = [f"n{number}" for number in range(6)]
_SPACES = ["alpha", "beta", "gamma"]


def _set(**options: Any) -> dict[str, Any]:
    """Six tokens in three spaces."""
    return {
        "tokens": [{"name": name, "space": _SPACES[number % 3]} for number, name in enumerate(_NAMES)],
        "permissions": ["viewer"],
        **options,
    }


def _add_set(service: Service) -> None:
    for space in range(3):
        service.add(*_NAMES[space::3], scope=f"//captain.api.mondoo.app/spaces/{_SPACES[space]}")


def _all_names(service: Service) -> list[str]:
    return sorted(token["name"] for token in service.simulator.tokens() if token["name"] != "automation")


def _create_set(service: Service) -> None:
    result = service.change("api_tokens", **_set())
    assert result["operations"] == {"generateAPIToken": 6}
    assert _all_names(service) == _NAMES
    assert len({entry["token"] for entry in result["results"]}) == 6


def _leave_set(service: Service) -> None:
    _add_set(service)
    assert not service.run("api_tokens", **_set())["changed"]


def _change_set(service: Service) -> None:
    _add_set(service)
    service.change("api_tokens", **_set(permissions=["editor"], description="New"))
    tokens = [token for token in service.simulator.tokens() if token["name"] in _NAMES]
    assert [(token["description"], _permissions(token)) for token in tokens] == [("New", ["editor"])] * 6


def _rotate_set(service: Service) -> None:
    _add_set(service)
    before = {token["mrn"] for token in service.simulator.tokens()}
    service.change("api_tokens", settles=False, **_set(rotate_after="0"))
    assert _all_names(service) == _NAMES
    assert len(before & {token["mrn"] for token in service.simulator.tokens()}) == 1


def _prune_set(service: Service) -> None:
    _add_set(service)
    service.add("undeclared")
    result = service.change("api_tokens", **_set(prune=True))
    assert [token["name"] for token in result["pruned"]] == ["undeclared"]
    assert _all_names(service) == _NAMES


def _delete_set(service: Service) -> None:
    _add_set(service)
    declared = _set()
    service.change("api_tokens", tokens=[{**entry, "state": "absent"} for entry in declared["tokens"]])
    assert _all_names(service) == []


def _set_of_scopes(service: Service) -> None:
    """An organization and its spaces, whose listings may show each other's tokens."""
    service.add("wide", scope=_ACME)
    service.add("narrow")
    tokens = [{"name": "wide", "organization": "acme"}, {"name": "narrow", "space": "alpha"}]
    assert not service.run("api_tokens", tokens=[*tokens, {"name": "automation", "organization": "acme"}], prune=True)[
        "changed"
    ]


# Reading


def _list_space(service: Service) -> None:
    service.add("a", "b")
    result = service.run("api_token_info", space="alpha")
    assert [token["name"] for token in result["api_tokens"]] == ["a", "b"]
    assert all(token["id"] == token["mrn"].rpartition("/")[2] for token in result["api_tokens"])


def _list_pages(service: Service) -> None:
    names = [f"t{number:03}" for number in range(120)]
    service.add(*names)
    assert [token["name"] for token in service.run("api_token_info", space="alpha")["api_tokens"]] == names


def _list_organization(service: Service) -> None:
    service.add("narrow")
    result = service.run("api_token_info", organization="acme", include_spaces=True)
    assert [token["name"] for token in result["api_tokens"]] == ["automation", "narrow"]
    assert {token["name"]: token["scope_mrn"] for token in result["api_tokens"]} == {
        "automation": _ACME,
        "narrow": _ALPHA,
    }
    assert result["unreadable"] == []


def _list_by_permission(service: Service) -> None:
    service.add("ci")
    assert service.run("api_token_info", space="alpha", permissions=["viewer"])["count"] == 1
    assert service.run("api_token_info", space="alpha", permissions=["owner"])["count"] == 0


@dataclass(frozen=True)
class Flow:
    """run: does it and checks what became of it. organizations: whether it takes a service with tokens of organizations.
    stages: whether it gives a token one of the names of a rotation. requests: of the run that it is about, where the service is
    as the contract says; None where that is counted elsewhere.
    """

    run: Callable[[Service], None]
    requests: int | None = None
    organizations: bool = False
    stages: bool = False


FLOWS = {
    "create": Flow(_create, 2),
    "create in an organization": Flow(_create_in_organization, 2, organizations=True),
    "create, with a file": Flow(_create_with_file, 2),
    "leave": Flow(_leave, 1),
    "describe": Flow(_describe, 2),
    "rename": Flow(_rename, 2),
    "permit": Flow(_permit, 2),
    "permit in an organization": Flow(_permit_in_organization, 2, organizations=True),
    "rotate": Flow(_rotate, stages=True),
    "rotate with overlap": Flow(_rotate_with_overlap, stages=True),
    "replace a lost secret": Flow(_replace_a_lost_secret, stages=True),
    "delete": Flow(_delete, 2),
    "delete what is not there": Flow(_delete_what_is_not_there, 1),
    "create a set": Flow(_create_set, 7),
    "leave a set": Flow(_leave_set, 1),
    "change a set": Flow(_change_set, 1 + 1 + 3),
    "rotate a set": Flow(_rotate_set, stages=True),
    "prune a set": Flow(_prune_set, 2),
    "delete a set": Flow(_delete_set, 2),
    "a set of an organization and a space": Flow(_set_of_scopes, 1, organizations=True),
    "list a space": Flow(_list_space, 1),
    "list two pages": Flow(_list_pages, 2),
    "list an organization": Flow(_list_organization, 2, organizations=True),
    "list by permission": Flow(_list_by_permission, 1),
}

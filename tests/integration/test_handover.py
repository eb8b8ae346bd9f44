# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cannot be handed over costs nothing: the token in use works, nothing is left behind, and the next run does it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleet import Fleet

# How a token comes to need a new secret: options of the runs before and after, and names that a finished run leaves.
STATES: dict[str, dict[str, Any]] = {
    "first onboarding": {},
    "rotation": {"rotate_after": "0"},
    "rotation with overlap": {"rotate_after": "0", "overlap": "1h"},
}


class Case:
    """A token with places that can be broken and mended. places: files that hold its secret, read when it has been handed over."""

    def __init__(self, name: str, deliver: dict[str, Any], places: dict[str, Callable[[], str]]) -> None:
        self.name = name
        self.deliver = deliver
        self.places = places

    @property
    def entry(self) -> dict[str, Any]:
        return {"name": self.name, "deliver": self.deliver}


class Breakable:
    """Every place with every kind of failure, each as a token of its own."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.folder = fleet.folder
        self.cases: list[Case] = []
        self._file("unreachable host", "gone")
        self._file("no permission", "h2", "denied")
        self._file("missing folder", "h2", "missing")
        self._file("owner that is none", "h1", "owned")
        self._tasks("failing task", fail=True)
        self._tasks("tasks and a file", fail=True, hosts=["h1"], vault="beside_tasks")
        self._tasks("tasks that meet an unreachable host", fail=False)
        self.mend()

    def _path(self, name: str, folder: str = "") -> Path:
        parent = self.folder / (folder or "files")
        parent.mkdir(exist_ok=True)
        return parent / name.replace(" ", "-")

    def _file(self, name: str, host: str, folder: str = "") -> None:
        """A file, and a variable beside it, which is taken back where the file cannot be written."""
        path = self._path(name, folder)
        variable = name.replace(" ", "_")
        deliver = {"hosts": [host], "path": str(path), "vault": variable}
        places: dict[str, Callable[[], str]] = {
            "file": lambda: path.read_text(encoding="utf-8"),
            "variable": lambda: str(yaml.safe_load(self._fleet.decrypted())[variable]),
        }
        self.cases.append(Case(name, deliver, places))

    def _tasks(self, name: str, *, fail: bool, **more: Any) -> None:
        path = self._path(name, "stores")
        book = self.folder / f"{path.name}.yml"
        deliver: dict[str, Any] = {"tasks": book.name, **more}
        places: dict[str, Callable[[], str]] = {"store": lambda: path.read_text(encoding="utf-8").partition("=")[2]}
        if "hosts" in more:
            file = self._path(f"{name} file")
            deliver["path"] = str(file)
            places["file"] = lambda: file.read_text(encoding="utf-8")
            places["variable"] = lambda: str(yaml.safe_load(self._fleet.decrypted())["beside_tasks"])
        self.cases.append(Case(name, deliver, places))

    def mend(self) -> None:
        """Everything can be handed over."""
        self._fleet.inventory(hosts=["gone"])
        for name in ("denied", "missing", "owned"):
            broken, whole = self.folder / name, self.folder / f"{name}.whole"
            if whole.exists():
                if broken.is_symlink():
                    broken.unlink()
                whole.rename(broken)
        self._write_tasks(broken=False)
        self._set_owner(None)

    def break_all(self) -> None:
        """Nothing can be handed over."""
        self._fleet.inventory(closed=["gone"])
        for name in ("denied", "missing"):
            (self.folder / name).rename(self.folder / f"{name}.whole")
        # A folder in which not even root can make a file; it looks writable.
        (self.folder / "denied").symlink_to("/proc/self")
        self._write_tasks(broken=True)
        self._set_owner("nosuchuser")

    def _set_owner(self, owner: str | None) -> None:
        case = next(case for case in self.cases if case.name == "owner that is none")
        case.deliver = {**case.deliver, "owner": owner}

    def _write_tasks(self, *, broken: bool) -> None:
        for case in self.cases:
            if "tasks" not in case.deliver:
                continue
            store = self._fleet.storing(f"stores/{case.name.replace(' ', '-')}")
            failing = {"name": "Fail", "ansible.builtin.command": "false"}
            if "unreachable" in case.name:
                failing = {"name": "Reach", "ansible.builtin.command": "true", "delegate_to": "gone"}
            self._fleet.tasks(case.deliver["tasks"], *([failing] if broken else []), store)

    @property
    def declared(self) -> list[dict[str, Any]]:
        return [case.entry for case in self.cases]

    def held(self) -> dict[str, dict[str, str]]:
        return {case.name: {place: read() for place, read in case.places.items()} for case in self.cases}


@pytest.mark.parametrize("state", STATES)
def test_what_fails_leaves_the_token_in_use_and_is_done_by_the_next_run(
    state: str, fleet: Fleet, record_property: Callable[[str, object], None]
) -> None:
    options = STATES[state]
    broken = Breakable(fleet)
    overlap = {key: value for key, value in options.items() if key == "overlap"}
    if options:
        assert fleet.run(declared=broken.declared, **overlap).returncode == 0
    before = (
        {case.name: {place: read() for place, read in case.places.items()} for case in broken.cases} if options else {}
    )
    names = fleet.names()

    broken.break_all()
    failed = fleet.run(declared=broken.declared, **options)
    assert failed.returncode != 0
    assert {token["name"]: token["failed"] for token in fleet.report()["tokens"]} == {
        case.name: True for case in broken.cases
    }
    # Not even until the next run: only where tasks ended the play is there nobody left to clean up.
    assert [name for name in fleet.names() if "pending" in name and "tasks that meet" not in name] == []
    assert [name for name in fleet.names() if "pending" not in name] == names
    for name, places in before.items():
        assert {place: fleet.is_live(secret) for place, secret in places.items()} == dict.fromkeys(places, True), name
    broken.mend()
    if options:
        assert broken.held() == before

    done = fleet.run(declared=broken.declared, **options)
    assert done.returncode == 0, done.stdout
    assert [name for name in fleet.names() if "pending" in name] == []
    for case in broken.cases:
        held = {place: read() for place, read in case.places.items()}
        assert held == dict.fromkeys(held, fleet.live(case.name)), case.name
        assert held != before.get(case.name)
    fleet.mutations()
    again = fleet.run(declared=broken.declared, **overlap)
    assert again.returncode == 0
    assert fleet.mutations() == []
    assert fleet.report()["status"] == "unchanged"
    record_property("fault cases", len(broken.cases))
    record_property("violations", 0)


def _pending(fleet: Fleet) -> int:
    return sum("pending" in name for name in fleet.names())


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("moment", ["staged", "handed over", "in tasks"])
def test_a_killed_play_costs_nothing(
    moment: str, state: str, fleet: Fleet, record_property: Callable[[str, object], None]
) -> None:
    """Killed with the new secrets in memory, in their places, or in the hands of tasks; the next run may come at once."""
    options = STATES[state]
    overlap = {key: value for key, value in options.items() if key == "overlap"}
    declared = fleet.variables["declared"]
    if moment == "in tasks":
        declared = declared[-1:]
    names = [entry["name"] for entry in declared]
    if options:
        assert fleet.run(declared=declared, **overlap).returncode == 0
    before = {name: fleet.live(name) for name in names} if options else {}
    flag = fleet.folder / "in-tasks"
    if moment == "in tasks":
        wait = {"ansible.builtin.shell": f"touch {flag}; sleep 60"}
        fleet.tasks("own.yml", fleet.storing("own"), wait)
        fleet.kill_when(flag.exists, declared=declared, **options)
        fleet.tasks("own.yml", fleet.storing("own"))
    elif moment == "staged":
        fleet.variables["declared"] = declared = declared[1:3]
        names = [entry["name"] for entry in declared]
        fleet.kill_when(lambda: _pending(fleet) == len(names), declared=declared, **options)
    else:
        fleet.variables["declared"] = declared = declared[1:3]
        names = [entry["name"] for entry in declared]
        fleet.service.fault("timeout_before", match="updateAPIToken", times=None, seconds=60)
        asked = len(fleet.service.requests())
        fleet.kill_when(
            lambda: any("updateAPIToken" in entry["fields"] for entry in fleet.service.requests()[asked:]),
            declared=declared,
            **options,
        )
        fleet.service.clear_faults()
    assert {(each["endpoint"], each["name"]) for each in fleet.unfinished()} == {
        (f"{fleet.service.url}/query", name) for name in names
    }
    before = {name: secret for name, secret in before.items() if name in names}
    if moment == "handed over":
        # What is to replace it may already do so: what the places hold works.
        before = {name: fleet.places()[name] for name in names}
    assert {name: fleet.is_live(secret) for name, secret in before.items()} == dict.fromkeys(before, True)

    done = fleet.run(declared=declared, **options)
    assert done.returncode == 0, done.stdout
    assert fleet.unfinished() == []
    assert _pending(fleet) == 0
    assert {name: secret for name, secret in fleet.places().items() if name in names} == {
        name: fleet.live(name) for name in names
    }
    # A secret that is in its places is put to use; any other is made anew.
    assert {name for name in before if fleet.live(name) == before[name]} == (
        set(names) if moment == "handed over" else set()
    )
    fleet.mutations()
    assert fleet.run(declared=declared, **overlap).returncode == 0
    assert fleet.mutations() == []
    record_property("fault cases", len(names))
    record_property("violations", 0)


def test_tasks_that_end_the_play(fleet: Fleet) -> None:
    """The tokens before are handed over, the run fails, and the next one does the rest."""
    end = {"ansible.builtin.meta": "end_play", "when": "stop | default(true)"}
    first = fleet.tasks("first.yml", fleet.storing("first"))
    fleet.tasks("second.yml", fleet.storing("second"), end)
    fleet.tasks("third.yml", fleet.storing("third"))
    declared = [{"name": name, "deliver": {"tasks": f"{name}.yml"}} for name in ("first", "second", "third")]
    ended = fleet.run(declared=declared)
    assert first.exists()
    assert ended.returncode != 0
    assert "User tasks that received a secret ended the play." in fleet.said(ended)
    assert fleet.report()["status"] == "failed"
    assert (fleet.folder / "first").read_text(encoding="utf-8") == f"first={fleet.live('first')}"
    assert [name for name in fleet.names() if not name.startswith("second (pending")] == ["first"]
    done = fleet.run("-e", '{"stop": false}', declared=declared)
    assert done.returncode == 0, done.stdout
    assert fleet.names() == ["first", "second", "third"]
    assert {name: (fleet.folder / name).read_text(encoding="utf-8") for name in fleet.names()} == {
        name: f"{name}={fleet.live(name)}" for name in fleet.names()
    }


def test_a_file_that_was_empty_is_so_again(fleet: Fleet) -> None:
    """With the mode that it had, and without a token left behind."""
    path = fleet.folder / "x"
    path.touch()
    path.chmod(0o640)
    deliver = {"hosts": "h1", "path": str(path), "mode": "0600", "tasks": str(fleet.failing)}
    assert fleet.run(declared=[{"name": "ci", "deliver": deliver}]).returncode != 0
    assert (path.read_bytes(), fleet.mode("x"), fleet.names()) == (b"", 0o640, [])


def test_a_message_of_a_task_that_fails_is_not_shown(fleet: Fleet) -> None:
    """It may have the secret, or a value of `deliver.vars`, in any form."""
    shown = "{{ api_token_secret | b64encode }} {{ api_token_secret | reverse }} {{ password }}"
    fleet.tasks("fails.yml", {"name": "Refuse it", "ansible.builtin.fail": {"msg": shown}})
    deliver = {"tasks": "fails.yml", "vars": {"password": "s3same-open"}}
    done = fleet.run(declared=[{"name": "ci", "deliver": deliver}])
    assert done.returncode != 0
    assert 'the task "Refuse it" (ansible.builtin.fail) failed' in fleet.said(done)
    (secret,) = [entry["secret"] for entry in fleet.secrets() if entry["name"] != "automation"]
    # Since 2.19, ansible-core prints the message of a failed task itself, in spite of no_log.
    own = [
        line for line in done.stdout.splitlines() if not line.startswith("[ERROR]: Task failed: Action failed: ZXlK")
    ]
    texts = ["\n".join(own), (fleet.folder / "report.json").read_text(encoding="utf-8")]
    for hidden in ("s3same-open", base64.b64encode(secret.encode()).decode(), secret[::-1]):
        assert [hidden in text for text in texts] == [False, False]


@pytest.mark.parametrize("fails", [None, "command", "unreachable"])
def test_what_tasks_register_is_cleared_on_every_host(fails: str | None, fleet: Fleet) -> None:
    """A task that runs once registers its result on all hosts of the play."""
    fleet.inventory(hosts=["h3"], closed=["gone"])
    echo = {"ansible.builtin.command": "echo {{ api_token_secret }}", "register": "mine", "run_once": True}
    last = {
        None: fleet.storing("own"),
        "command": {"ansible.builtin.command": "echo {{ api_token_secret }} {{ nosuch }}"},
        "unreachable": {"ansible.builtin.command": "echo {{ api_token_secret }}", "delegate_to": "gone"},
    }[fails]
    fleet.tasks("mine.yml", echo, last)
    kept = fleet.folder / "kept"
    hosts = ["h1", "h2", "h3"]
    play = {"hosts": hosts, "gather_facts": False, "tasks": fleet.role_and_variables(hosts, kept)}
    fleet.play(play, declared=[{"name": "ci", "deliver": {"tasks": "mine.yml"}}])
    text = kept.read_text(encoding="utf-8")
    assert [host["mine"] for host in json.loads(text)] == [{}] * 3
    assert [entry["name"] for entry in fleet.secrets() if entry["secret"] in text] == []


@pytest.mark.parametrize("kind", ["end_play", "end_host"])
def test_tasks_that_would_always_end_the_play_are_refused(kind: str, fleet: Fleet) -> None:
    fleet.tasks("ends.yml", {"ansible.builtin.meta": kind})
    done = fleet.run(declared=[{"name": "ci", "deliver": {"tasks": "ends.yml"}}])
    assert done.returncode != 0
    assert "has a task that ends the play in every run" in fleet.said(done)
    assert fleet.mutations() == []


def test_a_pending_token_of_a_run_elsewhere_is_left_alone(fleet: Fleet) -> None:
    """Nobody knows whether that run is over, so the token waits; with pending_grace 0, it does not."""
    name = f"hosts (pending {fleet.service_time()})"
    fleet.seed({"scope": "//captain.api.mondoo.app/spaces/alpha", "name": name, "permissions": ["agent"]})
    declared = [entry for entry in fleet.variables["declared"] if entry["name"] == "hosts"]
    waiting = fleet.run(declared=declared)
    assert waiting.returncode != 0
    assert "perhaps by a run elsewhere" in fleet.said(waiting)
    assert fleet.mutations() == []
    assert fleet.run(declared=declared, pending_grace="0").returncode == 0
    assert fleet.names() == ["hosts"]


def test_a_host_that_cannot_be_reached_says_nothing_about_its_file(fleet: Fleet) -> None:
    fleet.inventory(hosts=["gone"])
    declared = [{"name": "hosts", "deliver": {"hosts": ["gone"], "path": str(fleet.folder / "hosts")}}]
    assert fleet.run(declared=declared).returncode == 0
    fleet.mutations()
    fleet.inventory(closed=["gone"])
    done = fleet.run(declared=declared, lost_secret="rotate")
    assert done.returncode == 0
    assert "could not be determined" in fleet.said(done)
    assert fleet.mutations() == []


def test_a_secret_for_a_host_that_is_down_is_not_written_on_another(fleet: Fleet) -> None:
    """Hosts outside the play, one on the controller and one that cannot be reached, in a play on localhost."""
    fleet.inventory(closed=["gone"])
    paths = {name: str(fleet.folder / name) for name in ("near", "far")}
    declared = [
        {"name": "near", "deliver": {"hosts": ["h1"], "path": paths["near"]}},
        {"name": "far", "deliver": {"hosts": ["gone"], "path": paths["far"]}},
    ]
    role = {"ansible.builtin.include_role": {"name": "mondoo.platform.api_tokens"}}
    done = fleet.play({"hosts": "localhost", "gather_facts": False, "tasks": [role]}, declared=declared)
    assert done.returncode != 0
    assert fleet.names() == ["near"]
    assert Path(paths["near"]).read_text(encoding="utf-8") == fleet.live("near")
    assert not Path(paths["far"]).exists()


def test_a_token_that_fails_keeps_no_other_from_being_handed_over(fleet: Fleet) -> None:
    denied = {"name": "denied", "space": "outside", "deliver": {"hosts": "h1", "path": str(fleet.folder / "denied")}}
    done = fleet.run(declared=[*fleet.variables["declared"], denied])
    assert done.returncode != 0
    assert 'Could not list the API tokens of space "outside"' in fleet.said(done)
    assert fleet.held() == {name: fleet.live(name) for name in ("controller", "hosts", "vault", "tasks")}


def test_a_secret_that_the_service_quotes_in_the_end_is_masked(fleet: Fleet) -> None:
    """The call that puts the token to use does not get the secret, which an earlier one has generated."""
    fleet.service.fault("graphql_error", match="updateAPIToken", times=100, message="{newest_secret} has no use")
    done = fleet.run(declared=fleet.variables["declared"][1:])
    assert done.returncode != 0
    assert "******** has no use" in fleet.said(done)
    secrets = [entry["secret"] for entry in fleet.secrets()]
    report = (fleet.folder / "report.json").read_text(encoding="utf-8")
    assert [secret for secret in secrets if secret in done.stdout + report] == []


def test_nothing_is_pruned_while_something_fails(fleet: Fleet) -> None:
    """What was replaced may be the only token of its name that works."""
    retired = "tasks (retired 2026-01-01T00:00:00Z)"
    fleet.seed({"scope": "//captain.api.mondoo.app/spaces/alpha", "name": retired, "permissions": ["agent"]})
    declared = [{"name": "tasks", "deliver": {"tasks": str(fleet.failing)}}]
    failed = fleet.run(declared=declared, prune=True)
    assert failed.returncode != 0
    assert fleet.names() == [retired]
    fleet.variables["prune_keep"] = ["automation"]
    done = fleet.run(declared=[{"name": "tasks", "deliver": {"tasks": "own.yml"}}], prune=True)
    assert done.returncode == 0, done.stdout
    assert fleet.names() == ["tasks"]

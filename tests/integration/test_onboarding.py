# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role api_tokens and its playbooks, as installed: where secrets go, and that none is shown.

What happens when a secret cannot be handed over is in test_handover.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from fleet import PASSWORD, Fleet

_PLACES = ("controller", "hosts", "vault", "tasks")


def test_check_onboard_and_repeat(fleet: Fleet) -> None:
    checked = fleet.run("--check")
    assert checked.returncode == 0, checked.stdout
    assert fleet.mutations() == []
    assert not fleet.vault.exists()
    assert "4 API tokens declared: 4 would be created." in checked.stdout
    assert fleet.report()["status"] == "drift"

    done = fleet.run()
    assert done.returncode == 0, done.stdout
    assert fleet.mutations().count("generateAPIToken") == 4
    held = fleet.held()
    assert held == {name: fleet.live(name) for name in _PLACES}
    assert [fleet.mode(path) for path in ("controller", "hosts", "vault.yml", "own")] == [0o600] * 4
    assert held["vault"] not in fleet.vault.read_text(encoding="utf-8")
    assert fleet.report()["status"] == "changed"

    for mode in ((), ("--check",)):
        again = fleet.run(*mode)
        assert again.returncode == 0, again.stdout
        assert fleet.mutations() == []
        assert "changed=0" in again.stdout
        assert "changed=1" not in again.stdout
        assert fleet.report()["status"] == "unchanged"
    assert fleet.held() == held


def test_a_rotation_is_in_the_diff_of_check_mode(fleet: Fleet) -> None:
    fleet.run()
    shown = fleet.run("--check", rotate_after="0").stdout
    assert "replaced: rotate_after 0" in shown
    assert "4 API tokens declared: 4 would be replaced." in shown
    assert "pending" not in shown


@pytest.mark.parametrize(
    ("selector", "rotated"),
    [
        ("vault,hosts", {"vault", "hosts"}),
        (["[vh]*"], {"vault", "hosts"}),
        ([{"name": "vault", "space": "beta"}], {"vault"}),
    ],
)
def test_rotating_some(selector: Any, rotated: set[str], fleet: Fleet) -> None:
    fleet.run()
    before = fleet.held()
    fleet.mutations()
    done = fleet.run(playbook="mondoo.platform.rotate", rotate_now=selector, prune=True)
    assert done.returncode == 0, done.stdout
    count = len(rotated)
    expected = ["deleteAPIToken"] * count + ["generateAPIToken"] * count + ["updateAPIToken"] * count
    assert sorted(fleet.mutations()) == expected
    after = fleet.held()
    assert after == {name: fleet.live(name) for name in before}
    assert {name for name in before if before[name] != after[name]} == rotated


def test_rotating_one_of_two_namesakes_by_space_and_by_mrn(fleet: Fleet) -> None:
    path = str(fleet.folder / "{space}")
    declared = [{"name": "ci", "space": space, "deliver": {"hosts": "h1", "path": path}} for space in ("alpha", "beta")]
    assert fleet.run(declared=declared).returncode == 0
    before = [(fleet.folder / space).read_text() for space in ("alpha", "beta")]
    fleet.run(playbook="mondoo.platform.rotate", declared=declared, rotate_now=[{"name": "ci", "space": "alpha"}])
    after = [(fleet.folder / space).read_text() for space in ("alpha", "beta")]
    assert [one != other for one, other in zip(before, after, strict=True)] == [True, False]
    mrn = next(token["mrn"] for token in fleet.tokens() if token["name"] == "ci" and token["scope"].endswith("beta"))
    fleet.run(playbook="mondoo.platform.rotate", declared=declared, rotate_now=mrn)
    last = [(fleet.folder / space).read_text() for space in ("alpha", "beta")]
    assert [one != other for one, other in zip(after, last, strict=True)] == [False, True]
    # Also one that is due anyway.
    mrn = next(token["mrn"] for token in fleet.tokens() if token["name"] == "ci" and token["scope"].endswith("beta"))
    due = fleet.run(playbook="mondoo.platform.rotate", declared=declared, rotate_now=mrn, rotate_after="0")
    assert due.returncode == 0, due.stdout
    assert (fleet.folder / "alpha").read_text() == last[0]
    assert (fleet.folder / "beta").read_text() not in (last[1], "")


@pytest.mark.parametrize("selector", [None, "[]", ",", " "])
def test_rotating_nothing(selector: str | None, fleet: Fleet) -> None:
    arguments = () if selector is None else ("-e", json.dumps({"api_tokens_rotate_now": selector}))
    refused = fleet.run(*arguments, playbook="mondoo.platform.rotate")
    assert refused.returncode != 0
    assert "Name the tokens to replace in api_tokens_rotate_now." in fleet.said(refused)
    assert fleet.mutations() == []
    assert fleet.report()["status"] == "failed"


def test_rotating_what_is_not_declared(fleet: Fleet) -> None:
    unknown = fleet.run(playbook="mondoo.platform.rotate", rotate_now=["vault", "vualt"])
    assert unknown.returncode != 0
    assert "api_tokens_rotate_now: vualt is not a token in api_tokens_declared" in unknown.stdout
    assert fleet.mutations() == []


def test_rotating_in_batches(fleet: Fleet) -> None:
    """Each batch would replace the tokens again. In one batch, or without rotate_now, nothing is done twice."""
    fleet.variables["declared"] = [{"name": "ci", "token_path": str(fleet.folder / "ci")}]
    role = {"ansible.builtin.include_role": {"name": "mondoo.platform.api_tokens"}}
    play = {"hosts": ["h1", "h2"], "gather_facts": False, "serial": 1, "tasks": [role]}
    assert fleet.play(play).returncode == 0
    assert fleet.mutations() == ["generateAPIToken"]
    refused = fleet.play(play, rotate_now=["ci"])
    assert refused.returncode != 0
    assert "api_tokens_rotate_now cannot be used with serial" in fleet.said(refused)
    assert fleet.mutations() == []
    assert fleet.play({**play, "serial": 2}, rotate_now=["ci"]).returncode == 0
    assert fleet.mutations().count("generateAPIToken") == 1


def test_the_encrypted_file_keeps_everything_else(fleet: Fleet) -> None:
    """Comments, an unquoted date, order, the label of the vault ID and the mode."""
    text = "# ours\nfirst: 2026-01-01  # a date\nvault_token: old\n\nlast: [1, 2]\n"
    fleet.encrypt(text, label="prod")
    fleet.vault.chmod(0o640)
    assert fleet.run().returncode == 0
    assert fleet.vault.read_text().startswith("$ANSIBLE_VAULT;1.2;AES256;prod\n")
    assert fleet.mode("vault.yml") == 0o640
    assert fleet.decrypted() == text.replace("old", f'"{fleet.live("vault")}"')


@pytest.mark.parametrize(
    ("content", "words"),
    [("plain: true\n", "it is not encrypted as a whole"), ("[1, 2]\n", "it does not contain variables")],
)
def test_an_encrypted_file_that_cannot_be_used_is_refused_before(content: str, words: str, fleet: Fleet) -> None:
    if content.startswith("plain"):
        fleet.vault.write_text(content, encoding="utf-8")
    else:
        fleet.encrypt(content)
    before = fleet.vault.read_bytes()
    done = fleet.run()
    assert done.returncode != 0
    assert words in done.stdout
    assert fleet.mutations() == []
    assert fleet.vault.read_bytes() == before


@pytest.mark.parametrize("lost", ["hosts", "vault.yml"])
def test_a_lost_secret(lost: str, fleet: Fleet) -> None:
    fleet.run()
    fleet.mutations()
    (fleet.folder / lost).unlink()
    name = lost.partition(".")[0]
    warned = fleet.run()
    assert warned.returncode == 0, warned.stdout
    assert f'("{name}") exists, but ' in fleet.said(warned)
    failed = fleet.run(lost_secret="fail")
    assert failed.returncode != 0
    assert fleet.report()["status"] == "failed"
    assert fleet.mutations() == []
    rotated = fleet.run(lost_secret="rotate")
    assert rotated.returncode == 0, rotated.stdout
    assert fleet.mutations() == ["generateAPIToken", "deleteAPIToken", "updateAPIToken"]
    assert fleet.held() == {name: fleet.live(name) for name in _PLACES}
    fleet.run(lost_secret="rotate")
    assert fleet.mutations() == []


def test_the_secret_of_another_token_in_a_file_is_a_lost_one(fleet: Fleet) -> None:
    fleet.run()
    fleet.mutations()
    (fleet.folder / "hosts").write_text(fleet.live("controller"), encoding="utf-8")
    assert fleet.run(lost_secret="rotate").returncode == 0
    assert fleet.mutations() == ["generateAPIToken", "deleteAPIToken", "updateAPIToken"]
    assert fleet.held()["hosts"] == fleet.live("hosts")


def test_several_places_of_one_token_and_what_all_have_in_common(fleet: Fleet) -> None:
    deliver = {
        "hosts": "h1,h2",
        "path": str(fleet.folder / "made" / "{space}"),
        "directory_mode": "0750",
        "mode": "0640",
        "vault": "in_{space}",
        "tasks": "own.yml",
    }
    fleet.variables["declared"] = [{"name": "tasks", "token_path": "here"}, {"name": "gone", "state": "absent"}]
    fleet.variables["declared"][0]["deliver"] = {**deliver, "hosts": ["h1"]}
    done = fleet.run(description="All of them", prune=True)
    assert done.returncode == 0, done.stdout
    secret = fleet.live("tasks")
    assert (fleet.folder / "made" / "alpha").read_text(encoding="utf-8") == secret
    assert (fleet.folder / "here").read_text(encoding="utf-8") == secret
    assert (fleet.folder / "own").read_text(encoding="utf-8") == f"tasks={secret}"
    assert yaml.safe_load(fleet.decrypted())["in_alpha"] == secret
    assert [fleet.mode(path) for path in ("made", "made/alpha", "here")] == [0o750, 0o640, 0o600]


def test_a_token_without_a_place(fleet: Fleet) -> None:
    """Fine as long as it needs no secret."""
    refused = fleet.run(declared=[{"name": "ci"}])
    assert refused.returncode != 0
    assert "it has no destination: give the entry token_path or deliver" in refused.stdout
    assert fleet.mutations() == []
    fleet.seed({"scope": "//captain.api.mondoo.app/spaces/alpha", "name": "ci", "permissions": ["agent"]})
    assert fleet.run(declared=[{"name": "ci", "description": "new"}]).returncode == 0
    assert fleet.mutations() == ["updateAPIToken"]


def test_deliver_vars_and_tasks_that_a_playbook_of_the_collection_finds(fleet: Fleet) -> None:
    """A relative path starts at the working directory."""
    task = {
        "ansible.builtin.copy": {
            "content": "{{ where }} {{ api_token_secret }}",
            "dest": "{{ target }}",
            "mode": "0600",
        }
    }
    (fleet.folder / "mine.yml").write_text(yaml.safe_dump([{**task, "register": "mine"}]), encoding="utf-8")
    variables = {"where": "{space}", "target": str(fleet.folder / "mine")}
    done = fleet.run(declared=[{"name": "ci", "deliver": {"tasks": "mine.yml", "vars": variables}}])
    assert done.returncode == 0, done.stdout
    assert (fleet.folder / "mine").read_text(encoding="utf-8") == f"alpha {fleet.live('ci')}"


def test_tasks_that_include_others(fleet: Fleet) -> None:
    """Relative to the file that includes them, even if files of the role or of the playbook have the same name."""
    for name in ("check.yml", "rotate.yml", "sub/elsewhere.yml", "sub/round.yml"):
        path = fleet.folder / name
        path.parent.mkdir(exist_ok=True)
        more = {"ansible.builtin.import_tasks": "round.yml"} if name == "sub/elsewhere.yml" else None
        fleet.tasks(name, *[task for task in (fleet.storing(path.stem), more) if task])
    role = fleet.folder / "mine"
    (role / "tasks").mkdir(parents=True)
    fleet.tasks("mine/tasks/main.yml", fleet.storing("of-role"))
    fleet.tasks(
        "main.yml",
        {"ansible.builtin.include_tasks": "check.yml"},
        {"block": [{"ansible.builtin.import_tasks": "rotate.yml"}]},
        {"ansible.builtin.include_tasks": "{{ 'sub' }}/elsewhere.yml"},
        {"ansible.builtin.include_role": {"name": str(role)}},
        {"ansible.builtin.import_role": {"name": str(role)}},
        {"ansible.builtin.include_tasks": "nowhere.yml", "when": "false"},
    )
    declared = [{"name": "ci", "deliver": {"tasks": "main.yml"}}]
    refused = fleet.run(declared=declared)
    assert refused.returncode != 0
    assert f"{fleet.folder}/nowhere.yml is not there" in fleet.said(refused)
    assert fleet.mutations() == []
    fleet.tasks("nowhere.yml", {"ansible.builtin.debug": {"msg": "now it is there"}})
    done = fleet.run(declared=declared)
    assert done.returncode == 0, done.stdout
    stored = [(fleet.folder / name).read_text() for name in ("check", "rotate", "elsewhere", "round", "of-role")]
    assert stored == [f"ci={fleet.live('ci')}"] * 5


def test_tasks_and_roles_with_modules_of_their_own(fleet: Fleet) -> None:
    """What they register is cleared too."""
    for name in ("library", "roles/mine/library", "roles/mine/tasks"):
        (fleet.folder / name).mkdir(parents=True)
    module = (
        "from ansible.module_utils.basic import AnsibleModule\nAnsibleModule({'echo': {}}).exit_json(changed=True)\n"
    )
    (fleet.folder / "library" / "beside_the_playbook.py").write_text(module, encoding="utf-8")
    (fleet.folder / "roles/mine/library" / "in_the_role.py").write_text(module, encoding="utf-8")
    told = {"echo": "{{ api_token_secret }}"}
    fleet.tasks("roles/mine/tasks/main.yml", {"in_the_role": told, "register": "of_role"})
    fleet.tasks(
        "main.yml",
        {"beside_the_playbook": told, "register": "of_task"},
        {"ansible.builtin.include_role": {"name": "mine"}},
        fleet.storing("own"),
    )
    include = {"ansible.builtin.include_role": {"name": "mondoo.platform.api_tokens"}}
    cleared = {"ansible.builtin.assert": {"that": ["of_task == {}", "of_role == {}"]}}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [include, cleared]}
    done = fleet.play(play, declared=[{"name": "ci", "deliver": {"tasks": "main.yml"}}])
    assert done.returncode == 0, done.stdout
    assert (fleet.folder / "own").read_text(encoding="utf-8") == f"ci={fleet.live('ci')}"


@pytest.mark.parametrize("source", ["inventory", "command line"])
def test_every_variable_as_text(source: str, fleet: Fleet) -> None:
    """All of them at once; each for itself is in the unit tests."""
    fleet.seed({"scope": "//captain.api.mondoo.app/spaces/alpha", "name": "not-declared", "permissions": ["viewer"]})
    text = {
        "declared": json.dumps([{"name": "ci"}]),
        "deliver": json.dumps({"hosts": ["h1"], "path": str(fleet.folder / "ci")}),
        "space": "alpha",
        "permissions": "agent,viewer",
        "description": "some text",
        "prune": "no",
        "prune_keep": "automation,terraform-*",
        "prune_limit": "0",
        "concurrency": "2",
        "overlap": "1d",
        "rotate_after": "90d",
        "lost_secret": "warn",
        "pending_grace": "0",
        "verify_secret": "never",
        "report": "report.json",
    }
    fleet.variables = {}
    if source == "inventory":
        lines = [f"api_tokens_{name}={json.dumps(value)}" for name, value in text.items()]
        fleet.inventory("\n".join(["[all:vars]", *lines, ""]), implicit=False)
        done = fleet.run()
    else:
        done = fleet.run("-e", json.dumps({f"api_tokens_{name}": value for name, value in text.items()}))
    assert done.returncode == 0, done.stdout
    assert (fleet.folder / "ci").read_text(encoding="utf-8") == fleet.live("ci")
    assert fleet.names() == ["ci", "not-declared"]
    (token,) = [token for token in fleet.tokens() if token["name"] == "ci"]
    assert {role.rsplit("/", 1)[-1] for role in token["roles"]} >= {"agent", "viewer"}
    assert token["description"] == "some text"
    assert fleet.report()["status"] == "changed"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"declared": [{"name": "ci", "deliver": {"tasks": "nowhere.yml"}}]}, "nowhere.yml is not there"),
        ({"vault_file": "/nowhere/vault.yml"}, "the directory /nowhere does not exist"),
        ({"lost_secret": "never"}, "api_tokens_lost_secret"),
        ({"declared": None}, "api_tokens_declared is missing"),
    ],
)
def test_refusals(changes: dict[str, Any], words: str, fleet: Fleet) -> None:
    done = fleet.run(**changes)
    assert done.returncode != 0
    assert words in fleet.said(done)
    assert fleet.mutations() == []
    assert fleet.report()["status"] == "failed"


def test_all_mistakes_are_told_at_once(fleet: Fleet) -> None:
    place = {"hosts": "h1", "path": "/x"}
    (fleet.folder / "broken.yml").write_text("- nosuch.module.here: {}\n", encoding="utf-8")
    declared = [
        {"name": "a", "deliver": place},
        {"name": "b", "deliver": place},
        {"name": "c", "deliver": {"tasks": "broken.yml"}},
    ]
    said = fleet.said(fleet.run(declared=declared, prune="maybe"))
    assert "the declaration has 3 mistakes" in said
    for words in ("/x on h1 is where the secret of entry 1", "nosuch.module.here", "api_tokens_prune"):
        assert words in said
    assert fleet.mutations() == []


def test_a_mistake_in_the_arguments_of_the_role_is_in_the_report(fleet: Fleet) -> None:
    """As included in a play, where Ansible validates them; and empty text, as from a survey, is none."""
    role = {"ansible.builtin.include_role": {"name": "mondoo.platform.api_tokens"}}
    play = {"hosts": "localhost", "gather_facts": False, "tasks": [role]}
    empty: dict[str, Any] = dict.fromkeys(("prune", "prune_limit", "lost_secret", "verify_secret", "concurrency"), "")
    assert fleet.play(play, **empty).returncode == 0
    assert fleet.report()["status"] == "changed"
    fleet.mutations()
    refused = fleet.play(play, prune="maybe", lost_secret="never")
    assert refused.returncode != 0
    assert "api_tokens_lost_secret" in fleet.said(refused)
    assert (fleet.mutations(), fleet.report()["status"]) == ([], "failed")
    assert fleet.play(play, declared=None).returncode != 0
    assert "api_tokens_declared is missing" in fleet.report()["msg"]


def test_options_that_a_template_leaves_out(fleet: Fleet) -> None:
    path = str(fleet.folder / "ci")
    entry = {
        "name": "ci",
        "description": "{{ nosuch | default(omit) }}",
        "scope_mrn": "{{ nosuch | default(omit) }}",
        "space": "alpha",
        "deliver": {"hosts": ["h1"], "path": path, "owner": "{{ nosuch | default(omit) }}"},
    }
    done = fleet.run(declared=[entry])
    assert done.returncode == 0, done.stdout
    (token,) = [token for token in fleet.tokens() if token["name"] == "ci"]
    assert not token["description"]


def test_a_variable_under_another_name_is_told(fleet: Fleet) -> None:
    declared = fleet.variables.pop("declared")
    done = fleet.run(declard=declared)
    assert done.returncode != 0
    assert "api_tokens_declared is missing" in fleet.said(done)
    assert fleet.mutations() == []


def test_six_hosts_without_run_once_make_one_token_and_a_second_include_starts_clean(fleet: Fleet) -> None:
    """The first include fails, and the second, which is about something else, knows nothing of it."""
    hosts = [f"n{number}" for number in range(6)]
    fleet.inventory(hosts=hosts)
    fleet.variables = {}
    place = {"hosts": ["n1", "n5", "h2"], "path": str(fleet.folder / "{space}-x")}
    role = {"name": "mondoo.platform.api_tokens"}
    bad = {"api_tokens_declared": [{"name": "bad", "deliver": {"tasks": str(fleet.failing)}}]}
    good = {"api_tokens_declared": [{"name": "good", "deliver": {**place, "hosts": ["n1"]}}]}
    outside = {
        "api_tokens_declared": [{"name": "more", "deliver": {"hosts": ["h2"], "path": str(fleet.folder / "more")}}]
    }
    tasks = [
        {
            "block": [{"ansible.builtin.include_role": role, "vars": bad}],
            "rescue": [{"ansible.builtin.debug": {"msg": "no"}}],
        },
        {"ansible.builtin.include_role": role, "vars": good},
        {"ansible.builtin.include_role": role, "vars": outside},
    ]
    variables = {"api_tokens_space": "alpha", "api_tokens_permissions": ["agent"]}
    done = fleet.play({"hosts": hosts, "gather_facts": False, "vars": variables, "tasks": tasks})
    assert done.returncode == 0, done.stdout
    assert [token["name"] for token in fleet.tokens()].count("good") == 1
    assert (fleet.folder / "alpha-x").read_text(encoding="utf-8") == fleet.live("good")
    assert (fleet.folder / "more").read_text(encoding="utf-8") == fleet.live("more")
    assert "bad" not in [token["name"] for token in fleet.tokens()]


@pytest.mark.parametrize("fails", [False, True])
def test_no_secret_is_anywhere_but_in_its_place(fails: bool, fleet: Fleet) -> None:
    """Not in variables, facts, the cache of facts, results that callbacks get, or logs; nor is the password, or what was in the
    encrypted file before.
    """
    fleet.encrypt("kept: kept-hunter2\n")
    more = {"name": "failing", "deliver": {"tasks": str(fleet.failing)}}
    declared = [*fleet.variables["declared"], *([more] if fails else [])]
    kept = fleet.folder / "kept"
    tasks = fleet.role_and_variables(["localhost", "h1", "h2"], kept)
    cache = fleet.folder / "cache"
    log = fleet.folder / "log"
    environment = {
        "ANSIBLE_CACHE_PLUGIN": "jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(cache),
        "ANSIBLE_LOG_PATH": str(log),
        "ANSIBLE_STDOUT_CALLBACK": "print_all",
        "ANSIBLE_CALLBACK_PLUGINS": str(fleet.callbacks()),
    }
    play = {"hosts": ["localhost", "h1", "h2"], "gather_facts": False, "tasks": tasks}
    done = fleet.play(play, environment=environment, declared=declared)
    assert done.returncode == 0, done.stdout
    assert ("it failed" in done.stdout) == fails
    texts = {
        "output": done.stdout,
        "log": log.read_text(encoding="utf-8"),
        "variables": kept.read_text(encoding="utf-8"),
    }
    texts |= {f"cache of {path.name}": path.read_text(encoding="utf-8") for path in cache.glob("*")}
    own = {f"api_tokens_{name}" for name in ("vault_password",)}
    variables = json.loads(texts["variables"])
    texts["variables"] = json.dumps(
        [{name: value for name, value in host.items() if name not in own} for host in variables]
    )
    assert "api_tokens__staged" in texts["variables"]
    secrets = {entry["secret"]: entry["name"] for entry in fleet.secrets() if entry["name"] != "automation"}
    assert secrets
    secrets |= {PASSWORD: "password", "kept-hunter2": "other content"}
    assert [(place, name) for place, text in texts.items() for secret, name in secrets.items() if secret in text] == []


def test_the_free_strategy_is_refused(fleet: Fleet) -> None:
    role = {"ansible.builtin.include_role": {"name": "mondoo.platform.api_tokens"}}
    done = fleet.play({"hosts": ["h1", "h2"], "gather_facts": False, "strategy": "free", "tasks": [role]})
    assert done.returncode != 0
    assert "bypasses the host loop" in done.stdout
    assert fleet.mutations() == []


def test_an_item_for_every_space(fleet: Fleet, tmp_path: Path) -> None:
    """In files of hosts that are named after the space, in the encrypted file, and in one that the module writes."""
    fleet.inventory(hosts=["alpha-web", "beta-web"])
    entry = {"name": "agent", "organization": "acme", "each_space": ["alpha", "beta"]}
    place = {"hosts": "{space}-web", "path": str(tmp_path / "{space}"), "vault": "token_{space}"}
    declared = [
        {**entry, "deliver": place},
        {**entry, "name": "direct", "token_path": str(tmp_path / "direct-{space}")},
    ]
    done = fleet.run(declared=declared, space=None)
    assert done.returncode == 0, done.stdout
    live = {each["mrn"]: each["secret"] for each in fleet.secrets() if each["live"]}
    secrets = {(token["name"], token["scope"].rsplit("/", 1)[-1]): live[token["mrn"]] for token in fleet.tokens()}
    variables = yaml.safe_load(fleet.decrypted())
    for space in ("alpha", "beta"):
        held = [(tmp_path / space).read_text(encoding="utf-8"), variables[f"token_{space}"]]
        assert held == [secrets["agent", space]] * 2
        assert (tmp_path / f"direct-{space}").read_text(encoding="utf-8") == secrets["direct", space]
    fleet.mutations()
    assert fleet.run(declared=declared, space=None).returncode == 0
    assert fleet.mutations() == []


def test_a_variable_for_every_space_in_a_file_that_cannot_be_used(fleet: Fleet) -> None:
    """Nor may the others be changed: the file is no other than for a variable with a plain name."""
    fleet.vault.write_text("plain: true\n", encoding="utf-8")
    each = {"name": "x", "organization": "acme", "each_space": True, "deliver": {"vault": "tok_{space}"}}
    done = fleet.run(declared=[each, {"name": "y", "token_path": str(fleet.folder / "y")}])
    assert done.returncode != 0
    assert "it is not encrypted as a whole" in done.stdout
    assert fleet.mutations() == []

# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is shown anywhere, at the highest verbosity, with and without no_log, on success and on failure."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible import release

from simulator.process import Simulator

from conftest import Playbooks
from tasks import api_token, api_token_info, api_tokens

LOUD = ("-vvvv", "--diff")

# Prints every result that a callback gets, also that of a whole loop.
_CALLBACK = """
from __future__ import annotations
import json
from ansible.plugins.callback import CallbackBase
class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "print_all"
    def v2_on_any(self, *args, **kwargs):
        for arg in args:
            if hasattr(arg, "_result"):
                print("RESULT", json.dumps(arg._result, default=str), flush=True)
"""

# Prints all that a module prints, as the ssh plugin does at -vvv.
_CONNECTION = '''
from __future__ import annotations
from ansible.plugins.connection.local import Connection as LocalConnection
from ansible.utils.display import Display
DOCUMENTATION = """
name: echoing
short_description: like local, but talkative
description: like local, but talkative
"""
class Connection(LocalConnection):
    transport = "echoing"
    def exec_command(self, *args, **kwargs):
        answer = super().exec_command(*args, **kwargs)
        Display().vvv("rc only" if self._play_context.no_log else f"ECHO {answer}")
        return answer
'''


def _flows(folder: Path) -> list[dict[str, Any]]:
    """Tasks that generate, deliver, replace and delete, and some that fail on the way."""
    ci = {"name": "ci", "permissions": ["viewer"]}
    return [
        api_token(**ci),
        api_token(**ci),
        api_token(**ci, rotate_after="0"),
        api_token(**ci, description="x", token_path=str(folder / "secret"), lost_secret="rotate"),
        api_token(**ci, token_path=str(folder / "secret")),
        {**api_token(name="{{ item }}", permissions=["viewer"]), "loop": ["one", "ci", "two"]},
        api_token(name="ci", permissions=["editor"], description="y"),
        api_token(name="ci", rotate_after="0", overlap="1h"),
        api_token(name="three", permissions=["viewer"], token_path="/nowhere/secret"),
        api_token(name="ci", permissions=["vewer"]),
        api_token_info(),
        api_token(name="ci", state="absent"),
        *_flows_of_sets(folder),
        {
            "mondoo.platform.api_token": {"space": "alpha", "name": "bg", "permissions": ["viewer"]},
            "async": 30,
            "poll": 1,
        },
    ]


def _flows_of_sets(folder: Path) -> list[dict[str, Any]]:
    """The same of sets; the first of them fails for one of its tokens."""
    tokens = [{"name": "first"}, {"name": "filed", "token_path": str(folder / "filed")}, {"name": "third"}]
    lost = {"name": "nowhere", "token_path": "/nowhere/secret"}
    everywhere = {"permissions": ["viewer"]}
    return [
        api_tokens(*tokens, lost, **everywhere),
        api_tokens(*tokens, **everywhere),
        api_tokens(*tokens, rotate_after="0", overlap="1h"),
        {**api_tokens({"name": "{{ item }}"}, **everywhere), "loop": ["four", "third", "five"]},
        api_tokens(*tokens, description="y", permissions=["vewer"]),
        api_tokens(tokens[0], prune=True, prune_keep=["automation"]),
        {**api_tokens({"name": "bg"}, **everywhere), "async": 30, "poll": 1},
    ]


@pytest.mark.parametrize("no_log", [False, True], ids=["forgotten", "no_log"])
@pytest.mark.parametrize("kind", ["token", "service_account"])
def test_nothing_leaks(kind: str, no_log: bool, playbooks: Playbooks, simulator: Simulator, tmp_path: Path) -> None:
    login: dict[str, Any] = {"endpoint": simulator.url}
    if kind == "token":
        login["auth_token"] = simulator.admin_token
    else:
        login["service_account"] = simulator.credentials["service_account"]
    tasks = [{**task, "no_log": True} if no_log else task for task in _flows(playbooks.home)]
    log = tmp_path / "ansible.log"
    run = playbooks.run(
        *tasks,
        arguments=LOUD,
        defaults=login,
        environment={"ANSIBLE_LOG_PATH": str(log), "ANSIBLE_NO_TARGET_SYSLOG": "1"},
    )
    issued = _issued(simulator)
    assert len(issued) >= 5
    _assert_absent(issued, run.output, log.read_text(encoding="utf-8"), *_texts_below(playbooks.temporary))
    # They are usable all the same.
    assert run.results[0]["token"] in issued
    assert [item["token"] in issued for item in run.results[5]["results"] if "token" in item] == [True, True]
    partial, unchanged, rotated, looped, _refused, _pruned, in_background = run.results[-8:-1]
    assert partial["failed"]
    for result, secrets in ((partial, 2), (unchanged, 0), (rotated, 2)):
        assert [line["token"] in issued for line in result["results"] if "token" in line] == [True] * secrets
    assert [len([line for line in item["results"] if "token" in line]) for item in looped["results"]] == [1, 0, 1]
    for result in (run.results[-1], in_background):
        assert result["failed"]
        assert "async" in result["msg"]


def test_nothing_leaks_to_a_callback_that_prints_all(
    playbooks: Playbooks, simulator: Simulator, tmp_path: Path
) -> None:
    folder = tmp_path / "callbacks"
    folder.mkdir()
    (folder / "print_all.py").write_text(_CALLBACK, encoding="utf-8")
    run = playbooks.run(
        *_flows(playbooks.home),
        arguments=LOUD,
        environment={"ANSIBLE_CALLBACK_PLUGINS": str(folder), "ANSIBLE_STDOUT_CALLBACK": "print_all"},
    )
    assert run.output.count("RESULT") >= len(_flows(playbooks.home))
    _assert_absent(_issued(simulator), run.output)


def test_nothing_leaks_to_a_connection_that_prints_all(
    playbooks: Playbooks, simulator: Simulator, tmp_path: Path
) -> None:
    folder = tmp_path / "connections"
    folder.mkdir()
    (folder / "echoing.py").write_text(_CONNECTION, encoding="utf-8")
    talkative = {"vars": {"ansible_connection": "echoing"}}
    run = playbooks.run(
        *({**task, **talkative} for task in _flows(playbooks.home)),
        {**api_token_info(), **talkative},
        arguments=LOUD,
        environment={"ANSIBLE_CONNECTION_PLUGINS": str(folder)},
    )
    # It does echo what is no secret.
    assert "ECHO (0, " in run.output
    assert run.output.count("api_tokens") >= 2
    _assert_absent(_issued(simulator), run.output)


def test_nothing_leaks_under_a_redirected_name(playbooks: Playbooks, simulator: Simulator, tmp_path: Path) -> None:
    """A collection of the user's own has other names for the modules, and no action plugins."""
    own = tmp_path / "own" / "ansible_collections" / "acme" / "tools"
    (own / "meta").mkdir(parents=True)
    (own / "galaxy.yml").write_text(json.dumps({"namespace": "acme", "name": "tools", "version": "1.0.0"}))
    modules = {"one": {"redirect": "mondoo.platform.api_token"}, "many": {"redirect": "mondoo.platform.api_tokens"}}
    (own / "meta" / "runtime.yml").write_text(json.dumps({"plugin_routing": {"modules": modules}}), encoding="utf-8")
    tokens = [{"name": "a"}, {"name": "b"}]
    login = playbooks.connection()
    run = playbooks.run(
        {"acme.tools.one": {**login, "space": "alpha", "name": "ci", "permissions": ["viewer"]}},
        {"acme.tools.many": {**login, "space": "alpha", "tokens": tokens, "permissions": ["viewer"]}},
        arguments=LOUD,
        environment={
            "ANSIBLE_COLLECTIONS_PATH": f"{own.parents[2]}:{playbooks.environment['ANSIBLE_COLLECTIONS_PATH']}"
        },
    )
    one, many = run.results
    live = {entry["secret"] for entry in simulator.secrets() if entry["live"]}
    assert {one["token"], *(line["token"] for line in many["results"])} <= live
    _assert_absent(_issued(simulator), run.output)


def test_nothing_leaks_to_the_process_list(playbooks: Playbooks, simulator: Simulator) -> None:
    simulator.fault("latency", match="generateAPIToken", seconds=2)
    task = api_token(name="ci", permissions=["viewer"], token_path=str(playbooks.home / "secret"))
    with ThreadPoolExecutor() as pool:
        run = pool.submit(playbooks.run, task)
        simulator.wait_for_requests(2)
        commands = _command_lines()
        assert not run.result().result.get("failed")
    assert any("api_token" in command for command in commands)
    _assert_absent(_issued(simulator), *commands)


def test_only_results_with_a_secret_are_hidden(playbooks: Playbooks) -> None:
    declared = api_token(name="visible-name", permissions=["viewer"])
    first, second = playbooks.run(declared, arguments=LOUD), playbooks.run(declared, arguments=LOUD)
    # The task that writes the results down has no_log and is one of them.
    assert [first.output.count('"censored"'), second.output.count('"censored"')] == [2, 1]
    assert '"visible-name"' in second.output
    looped = playbooks.run({**api_token(name="{{ item }}", permissions=["viewer"]), "loop": ["visible-name", "new"]})
    assert "(item=visible-name)" in looped.output
    assert "(item=new)" not in looped.output


def test_only_sets_with_a_secret_are_hidden(playbooks: Playbooks) -> None:
    declared = api_tokens({"name": "visible-name"}, {"name": "second"}, permissions=["viewer"])
    first, second = playbooks.run(declared, arguments=LOUD), playbooks.run(declared, arguments=LOUD)
    # ansible-core 2.19 and 2.20 show in place of each of the two entries that it is hidden.
    entries = 2 if release.__version__.startswith(("2.19.", "2.20.")) else 0
    assert [first.output.count('"censored"'), second.output.count('"censored"')] == [2 + entries, 1]
    assert '"visible-name"' in second.output
    # The mark is none of the result.
    assert "_ansible_no_log" not in json.dumps(first.result)


def test_a_set_that_fails_hands_over_its_secrets_unseen(playbooks: Playbooks, simulator: Simulator) -> None:
    simulator.fault(
        "field_error", match="mutation", mentioning='"bad"', code="PermissionDenied", message="not this one"
    )
    names = [{"name": name} for name in ("one", "bad", "two")]
    run = playbooks.run(api_tokens(*names, permissions=["viewer"]), arguments=LOUD)
    assert run.result["failed"]
    live = {entry["secret"] for entry in simulator.secrets() if entry["live"]}
    assert [line["token"] in live for line in run.result["results"] if "token" in line] == [True, True]
    _assert_absent(_issued(simulator), run.output)


def test_a_failure_after_generation_hands_over_the_secret_unseen(playbooks: Playbooks, simulator: Simulator) -> None:
    playbooks.run(api_token(name="ci", permissions=["viewer"]))
    simulator.fault("graphql_error", match="deleteAPIToken", times=100, code="PermissionDenied", message="not now")
    run = playbooks.run(api_token(name="ci", rotate_after="0"), arguments=LOUD)
    assert run.result["failed"]
    live = {entry["secret"] for entry in simulator.secrets() if entry["live"]}
    assert run.result["token"] in live
    _assert_absent(_issued(simulator), run.output)


_QUOTE = {"code": "InvalidArgument", "message": "token {newest_secret} may not be renamed"}
_ECHO = {"code": "Unavailable", "message": "{authorization} cannot be verified now"}


@pytest.mark.parametrize(
    ("match", "quotation"), [("updateAPIToken", _QUOTE), ("space", _ECHO)], ids=["rename", "verify"]
)
def test_a_new_secret_that_the_service_quotes_is_masked(
    match: str, quotation: dict[str, Any], playbooks: Playbooks, simulator: Simulator
) -> None:
    """In messages, warnings and errors, whether the secret goes into the result or into a file."""
    path = str(playbooks.home / "secret")
    filed, tokens = {"name": "filed", "token_path": path}, [{"name": "one"}, {"name": "two", "token_path": path + "2"}]
    everything = [api_token(name="ci"), api_token(**filed), api_tokens(*tokens)]
    for task in everything:
        (options,) = task.values()
        options["permissions"] = ["viewer"]
    playbooks.run(*everything)
    for task in everything:
        (options,) = task.values()
        options.update(rotate_after="0", retries=0)
    simulator.fault("graphql_error", match=match, times=100, **quotation)
    run = playbooks.run(*everything, arguments=LOUD)
    assert [result.get("failed") for result in run.results] == [True] * 3
    # Messages are shown, and only the secrets in them are not.
    words = quotation["message"].partition("}")[2]
    shown = " ".join(run.output.split())
    assert shown.count(words) >= 3
    assert "********" + words in shown
    issued = _issued(simulator)
    _assert_absent(issued, run.output)
    for result in run.results:
        for line in (result, *result.get("results", ())):
            assert line.pop("token", issued[0]) in issued
    _assert_absent(issued, json.dumps(run.results))


def test_credentials_among_the_options_of_an_entry_are_masked(playbooks: Playbooks) -> None:
    """They are refused, and may be shown as a part of how the module was called."""
    secret = "QxZj7WvKp"
    account = {"private_key": [secret]}
    for wrong in ({"auth_token": secret}, {"service_account": account}, {"tken": secret}, {"token": secret}):
        run = playbooks.run(api_tokens({"name": "ci", "permissions": ["viewer"], **wrong}), arguments=LOUD)
        assert f"unknown {next(iter(wrong))}" in run.result["msg"]
        assert secret not in run.output + json.dumps(run.result)


def test_values_from_the_environment_are_masked(playbooks: Playbooks, simulator: Simulator) -> None:
    """A credential that comes back in a message, here as a name, is masked as well."""
    run = playbooks.run(
        api_token(name=simulator.admin_token, permissions=["vewer"]),
        api_token(name=simulator.admin_token, permissions=["viewer"], state="absent"),
        defaults={},
        environment=simulator.login,
    )
    assert [result["failed"] for result in run.results] == [True, False]
    assert simulator.admin_token not in json.dumps([result.get("msg") for result in run.results])


def _issued(simulator: Simulator) -> list[str]:
    """Every secret that the service has issued, and the private keys of service accounts, line by line."""
    keys = [
        line
        for line in simulator.credentials["service_account"]["private_key"].splitlines()
        if not line.startswith("-----") and len(line) > 20
    ]
    return [entry["secret"] for entry in simulator.secrets()] + keys


def _assert_absent(secrets: Iterable[str], *texts: str) -> None:
    # Messages are wrapped, in the middle of long words too.
    texts += tuple("".join(text.split()) for text in texts)
    found = [f"secret {number}" for number, secret in enumerate(secrets) if any(secret in text for text in texts)]
    assert found == []


def _command_lines() -> list[str]:
    """Of every process there is at the moment."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_text(encoding="utf-8", errors="replace").replace("\0", " "))
    return found


def _texts_below(folder: Path) -> list[str]:
    return [path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*") if path.is_file()]

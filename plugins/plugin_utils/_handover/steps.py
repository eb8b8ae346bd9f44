# Copyright (c) 2026, Mondoo platform collection contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of a hand-over, each a task of the role: what it requests from the service, and what it returns to the next.

A step reads the results of earlier steps from the variables in which they were registered. Secrets in them are sealed.
"""

from __future__ import annotations

import os
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from ansible_collections.mondoo.platform.plugins.module_utils._values.errors import (
    INVALID_OPTION,
    MondooError,
    internal_error,
)
from ansible_collections.mondoo.platform.plugins.module_utils._values.jwt import token_mrn_of
from ansible_collections.mondoo.platform.plugins.module_utils._values.secrets import Secrets

from .decision import Decision, Look, decide, plan_rounds, stored_secret
from .declaration import module_options, read_declaration
from .delivery import Surroundings
from .journal import Journal
from .outcome import Outcome, failures, report_text, status, sum_operations, summary
from .places import FilePlace, Place
from .sealing import require_shared_key, seal, unseal
from .settings import PREFIX, misspelt_variables, read_settings
from .task_files import TaskFiles, wrapper_text
from .tokens import DeclaredToken, declared_name, expand, select, token_from, with_predictions
from .vault_file import VaultFile

REGISTERED = f"{PREFIX}_"
# A host of the playbooks: it reports if user tasks have taken localhost out of the play.
REPORTER = "api_tokens_reporter"
# The time in the name of a token in a diff.
_PENDING = re.compile(r" \(pending [^)]*\)(?=\")")
_UNDONE = "it was not handed over, and the token in use stays as it was. The next run tries again."


class Ansible(Protocol):
    """What a step needs from Ansible.

    variables: those of the role, without their prefix. names: of all variables. hosts, groups: of the inventory.
    template_problems: of variables that could not be evaluated. other_batches: whether the play has hosts in other batches.
    active: hosts that still take part in this one.
    """

    variables: Mapping[str, Any]
    names: Iterable[str]
    template_problems: Sequence[str]
    hosts: frozenset[str]
    groups: frozenset[str]
    other_batches: bool
    active: Sequence[str]
    runner: str
    role_path: str
    check_mode: bool
    task_files: TaskFiles
    journal: Journal

    def call(self, options: Mapping[str, Any], *, check_mode: bool) -> dict[str, Any]:
        """The result of the module api_tokens."""

    def registered(self, name: str, host: str | None = None) -> Any:
        """The result that a task of the role registered, on this host or another; None without one."""

    def temporary_file(self, text: str) -> str:
        """A file that is removed after the run; it contains no secret."""

    def temporary_role(self, path: str) -> str:
        """A role, removed after the run, in which the task file at the path is run."""


class Steps:
    """The steps of one run of the role. Raises MondooError if the run cannot continue."""

    def __init__(self, ansible: Ansible) -> None:
        self._ansible = ansible
        self.settings, self._problems = read_settings(ansible.variables)

    def require_rotate_now(self) -> dict[str, Any]:
        """Refuses to go on if no token is named to be replaced."""
        if not (self.settings.rotate_now or self._problems or self._ansible.template_problems):
            raise MondooError(INVALID_OPTION, f"Name the tokens to replace in {PREFIX}rotate_now.", advice="")
        return {}

    # -- check --------------------------------------------------------------------------------------------------------

    def check(self) -> dict[str, Any]:
        """Checks the declaration, and determines with the module what it would do."""
        surroundings = self._surroundings()
        declaration = read_declaration(self.settings, surroundings)
        problems = [*self._ansible.template_problems, *self._problems, *declaration.problems]
        problems += self._vault_problems(declaration.variables)
        if self.settings.prune and not self.settings.declared:
            problems.append(f"{PREFIX}prune needs at least one entry in {PREFIX}declared")
        if self.settings.rotate_now and self._ansible.other_batches:
            problems.append(f"{PREFIX}rotate_now cannot be used with serial: each batch would replace the tokens again")
        self._refuse(problems)
        warnings = misspelt_variables(self._ansible.names)
        left = self._ansible.journal.cut_short()
        prediction = self._first_prediction([entry.module_options for entry in declaration.entries])
        tokens, problems = expand(declaration.entries, prediction.get("results", ()), surroundings)
        problems += self._vault_problems([place.variable for token in tokens for place in token.variables])
        self._refuse(problems)
        if self.settings.rotate_now:
            tokens, unmatched = select(tokens, self.settings.rotate_now)
            self._refuse([f"{PREFIX}rotate_now: {each} is not a token in {PREFIX}declared" for each in unmatched])
            tokens = [replace(token, forced=f"it is named in {PREFIX}rotate_now") for token in tokens]
        tokens = [
            replace(token, left_behind=token.journal_key in left, delivered=left.get(token.journal_key, ""))
            for token in tokens
        ]
        if self.settings.rotate_now or any(token.left_behind for token in tokens):
            prediction, tokens = self._predict_again(tokens)
        warnings += prediction.get("warnings", [])
        return {
            "run": secrets.token_hex(8),
            "tokens": [token.data() for token in tokens],
            "files": _files_by_host(
                (token.key, place, {}) for token in tokens for place in token.files if token.present
            ),
            "prediction": {key: prediction.get(key) for key in ("pruned", "operations", "requests", "diff")},
            "warnings": list(dict.fromkeys(warnings)),
        }

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            hosts=self._ansible.hosts,
            groups=self._ansible.groups,
            directory=os.getcwd(),
            has_vault=bool(self.settings.vault_file and self.settings.vault_password),
            task_problems=self._ansible.task_files.problems,
            store_file=lambda name: os.path.join(self._ansible.role_path, "tasks", "stores", f"{name}.yml"),
        )

    def _vault_problems(self, names: Sequence[str]) -> list[str]:
        if not names or not (self.settings.vault_file and self.settings.vault_password):
            return []
        try:
            self._vault().check(names)
        except MondooError as error:
            return [str(error).rstrip(".")]
        return []

    def _vault(self) -> VaultFile:
        return VaultFile(self.settings.vault_file, self.settings.vault_password)

    def _refuse(self, problems: Sequence[str]) -> None:
        if problems:
            count = len(problems)
            head = (
                "Nothing was changed, since the declaration has a mistake"
                if count == 1
                else (f"Nothing was changed, since the declaration has {count} mistakes")
            )
            raise MondooError(INVALID_OPTION, f"{head}: {'; '.join(problems)}")

    def _predict(self, tokens: Sequence[Mapping[str, Any]], **options: Any) -> dict[str, Any]:
        """What the module would do; raises MondooError if it makes no plan."""
        if not tokens:
            return {"results": [], "pruned": [], "operations": {}, "requests": 0}
        pruning = {"prune": True, "prune_keep": self.settings.prune_keep, "prune_limit": self.settings.prune_limit}
        extra = pruning if self.settings.prune and not self.settings.rotate_now else {}
        return self._call([*tokens], check_mode=True, **extra, **options)

    def _first_prediction(self, tokens: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What the module would do; but with rotate_now, without rotations, so that each result has the token in use."""
        if not self.settings.rotate_now:
            return self._predict(tokens)
        instead = {"rotate_after": None, "lost_secret": "warn"}
        kept = [{name: value for name, value in token.items() if name not in instead} for token in tokens]
        return self._predict(kept, **instead)

    def _predict_again(self, tokens: Sequence[DeclaredToken]) -> tuple[dict[str, Any], list[DeclaredToken]]:
        prediction = self._predict([_staged_options(token) for token in tokens])
        return prediction, with_predictions(tokens, prediction["results"])

    def _call(self, tokens: list[Any], *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        result = self._ansible.call(
            {**module_options(self.settings), "tokens": tokens, **options}, check_mode=check_mode
        )
        if "results" not in result:
            code = (result.get("error") or {}).get("code") or INVALID_OPTION
            raise MondooError(
                str(code), str(result.get("msg") or "the module api_tokens returned no result"), advice=""
            )
        return result

    # -- decide -------------------------------------------------------------------------------------------------------

    def decide(self) -> dict[str, Any]:
        """Decides what to do, from the content of the places."""
        checked = self._earlier("checked")
        tokens = [token_from(data) for data in checked["tokens"]]
        looks = {**self._looks_at_files(tokens), **self._looks_at_variables(tokens)}
        lost_secret = str(self.settings.common.get("lost_secret", "warn"))
        decisions = [decide(token, looks, lost_secret) for token in tokens]
        prediction = checked["prediction"]
        if self._ansible.check_mode and any(each.token.forced for each in decisions):
            prediction, predicted = self._predict_again([each.token for each in decisions])
            decisions = [replace(each, token=token) for each, token in zip(decisions, predicted, strict=True)]
        prunes = bool(prediction.get("pruned")) and not self._ansible.check_mode
        rounds = [] if self._ansible.check_mode else plan_rounds(decisions)
        would_change = any(each.needs_secret or each.token.predicted.get("changed") for each in decisions)
        drifts = self._ansible.check_mode and (would_change or bool(prediction.get("pruned")))
        if not self._ansible.check_mode:
            done = [
                each.token for each in decisions if each.token.left_behind and not (each.needs_secret or each.failed)
            ]
            self._ansible.journal.end(token.journal_key for token in done)
        if rounds or prunes:
            self._write_report("failed", "The run has not finished.", {})
        return {
            "tokens": [each.token.data() for each in decisions],
            "failures": {each.token.key: each.failed for each in decisions if each.failed},
            "needs_secret": [each.token.key for each in decisions if each.needs_secret],
            "rounds": [
                {"number": str(number), "keys": list(each.keys), "everyone": each.everyone}
                for number, each in enumerate(rounds, start=1)
            ],
            "hosts": _hosts_to_write(decisions) + ([REPORTER] if any(not each.everyone for each in rounds) else []),
            "registers": self._registers(decisions),
            "prunes": prunes,
            "prediction": {key: prediction.get(key) for key in ("pruned", "operations", "requests")},
            "warnings": [warning for each in decisions for warning in each.warnings],
            "changed": drifts,
            **({"diff": prediction["diff"]} if drifts and prediction.get("diff") else {}),
        }

    def _registers(self, decisions: Sequence[Decision]) -> list[str]:
        """The variables in which user tasks may leave a secret."""
        paths = {place.path for each in decisions if each.needs_secret for place in each.token.tasks}
        names = {name for path in paths for name in self._ansible.task_files.registered(path)}
        return sorted(names | {"ansible_failed_result", "ansible_failed_task"}) if paths else []

    def _looks_at_files(self, tokens: Sequence[DeclaredToken]) -> dict[Place, Look]:
        looks: dict[Place, Look] = {}
        for place in (place for token in tokens if token.present for place in token.files):
            answer = self._answer(place.host, "looked", "look")
            seen = next((file for file in answer.get("files", ()) if file["path"] == place.path), None)
            if seen is None:
                looks[place] = Look(problems=(_reason(answer),))
                continue
            stored = stored_secret(
                "x" if seen["holds"] else "", seen["modified_at"], seen["token_mrn"], exists=seen["exists"]
            )
            looks[place] = Look(stored, tuple(seen["problems"]))
        return looks

    def _looks_at_variables(self, tokens: Sequence[DeclaredToken]) -> dict[Place, Look]:
        places = [place for token in tokens if token.present for place in token.variables]
        if not places:
            return {}
        try:
            held = self._vault().variables()
        except MondooError as error:
            return {place: Look(problems=(str(error),)) for place in places}
        looks: dict[Place, Look] = {}
        for place in places:
            content = held.get(place.variable) or ""
            looks[place] = Look(stored_secret(content, None, token_mrn_of(content), exists=place.variable in held))
        return looks

    # -- hand over ----------------------------------------------------------------------------------------------------

    def stage(self, number: str) -> dict[str, Any]:
        """Generates the new secrets of a round, under pending names, and makes all other changes."""
        require_shared_key()
        decided, this_round = self._earlier("decided"), self._round(number)
        tokens = self._tokens(this_round["keys"])
        finished, requests = self._finish_delivered(
            [token for token in tokens if token.delivered and token.key in decided["needs_secret"]]
        )
        tokens = [token for token in tokens if token.key not in finished]
        staging = [token for token in tokens if token.key in decided["needs_secret"] and not token.writes_itself]
        self._ansible.journal.begin(token.journal_key for token in staging)
        options = [_staged_options(token) for token in tokens]
        result = self._call(options, stage=True) if options else {"results": []}
        results = {token.key: each for token, each in zip(tokens, result["results"], strict=True)}
        staged: dict[str, Any] = {}
        for token in tokens:
            secret = results[token.key].get("token")
            if secret and not token.writes_itself:
                api_token = dict(results[token.key].get("api_token") or {})
                staged[token.key] = {"mrn": api_token.get("mrn"), "secret": seal(secret)}
        self._ansible.journal.end(token.journal_key for token in staging if token.key not in staged)
        by_key = {token.key: token for token in tokens}
        files = _files_by_host(
            (key, place, {"secret": entry["secret"]}) for key, entry in staged.items() for place in by_key[key].files
        )
        present = self._ansible.active if this_round["everyone"] else [self._ansible.runner]
        return {
            "number": number,
            "runner": self._ansible.runner,
            "staged": staged,
            "results": {key: _without_secret(each) for key, each in results.items()},
            "put_to_use": finished,
            "files": {host: each for host, each in files.items() if host in present},
            "elsewhere": {host: each for host, each in files.items() if host not in present},
            "operations": sum_operations(
                [result.get("operations", {}), *(Counter(each.get("operations", ())) for each in finished.values())]
            ),
            "requests": result.get("requests", 0) + requests,
            "warnings": result.get("warnings", []),
            "changed": bool(result.get("changed") or finished),
            **({"diff": _declared_names(result["diff"])} if result.get("diff") else {}),
        }

    def _finish_delivered(self, tokens: Sequence[DeclaredToken]) -> tuple[dict[str, Any], int]:
        """Puts to use what an earlier run has handed over. Returns the results of these tokens, and how many requests were
        sent.
        """
        if not tokens:
            return {}, 0
        options = [_staged_options(token) for token in tokens]
        result = self._call(options, stage=True, delivered=[token.delivered for token in tokens])
        finished = {
            token.key: dict(each)
            for token, each in zip(tokens, result["results"], strict=True)
            if not each.get("failed") and (each.get("api_token") or {}).get("mrn") == token.delivered
        }
        self._ansible.journal.end(token.journal_key for token in tokens if token.key in finished)
        return finished, int(result.get("requests", 0))

    def store(self, number: str) -> dict[str, Any]:
        """Puts secrets whose files are written into the encrypted file, and prepares the user tasks."""
        staged = self._staged(number)
        tokens = {token.key: token for token in self._tokens(self._round(number)["keys"])}
        failed: dict[str, str] = {}
        for key in staged["staged"]:
            reasons = self._failed_files(tokens[key], number)
            if reasons:
                failed[key] = "; ".join(reasons)
        values = {
            place.variable: unseal(entry["secret"])
            for key, entry in staged["staged"].items()
            if key not in failed
            for place in tokens[key].variables
        }
        vaulted: dict[str, str | None] = {}
        if values:
            try:
                before = self._vault().change(values)
                vaulted = {name: None if held is None else seal(held) for name, held in before.items()}
            except MondooError as error:
                keys = [key for key in staged["staged"] if key not in failed and tokens[key].variables]
                failed |= dict.fromkeys(keys, str(error).rstrip("."))
        waiting = [key for key in staged["staged"] if key not in failed and tokens[key].tasks]
        return {
            "number": number,
            "failures": failed,
            "vaulted": vaulted,
            "changed": bool(vaulted),
            **self._prepared_tasks(waiting, tokens, staged),
        }

    def _prepared_tasks(
        self, keys: Sequence[str], tokens: Mapping[str, DeclaredToken], staged: Mapping[str, Any]
    ) -> dict[str, Any]:
        if not keys:
            return {"tasks": ""}
        (key,) = keys
        token, entry = tokens[key], staged["staged"][key]
        api_token = dict(staged["results"][key].get("api_token") or {})
        files = [(place.path, self._ansible.temporary_role(place.path), place.names) for place in token.tasks]
        text = wrapper_text(files, f"{REGISTERED}stored")
        return {
            "tasks": self._ansible.temporary_file(text),
            "api_token": {**api_token, "name": declared_name(str(api_token.get("name")))},
            "secret": entry["secret"],
            "places": [{"variables": place.variables or seal("{}")} for place in token.tasks],
        }

    def note_tasks(self, number: str, *, failed: bool) -> dict[str, Any]:
        """Records the outcome of user tasks. The message of one that failed is not shown: it may have the secret, in any form."""
        message = ""
        if failed:
            task = self._ansible.registered("ansible_failed_task")
            about = task if isinstance(task, Mapping) else {}
            message = f'the task "{about.get("name") or "without a name"}" ({about.get("action") or "unknown"}) failed'
        return {"number": number, "failed_tasks": message, "changed": False}

    def settle(self, number: str) -> dict[str, Any]:
        """Determines which secrets are in all of their places, and which places of the others to restore."""
        staged, stored = self._staged(number), self._earlier("stored", number)
        tokens = {token.key: token for token in self._tokens(self._round(number)["keys"])}
        failed = dict(stored.get("failures", {}))
        for key in staged["staged"]:
            if key in failed or not tokens[key].tasks:
                continue
            noted = self._ansible.registered(f"{REGISTERED}tasks_noted")
            is_noted = (
                isinstance(noted, Mapping) and noted.get("run") == staged["run"] and noted.get("number") == number
            )
            if not is_noted:
                failed[key] = f"{tokens[key].tasks[0]} ended early, or a host could not be reached"
            elif noted["failed_tasks"]:
                failed[key] = f"{tokens[key].tasks[0]}: {noted['failed_tasks']}"
        kept: list[str] = []
        changed = False
        variables = {place.variable: key for key in failed for place in tokens[key].variables}
        back = {
            name: None if before is None else unseal(before)
            for name, before in stored.get("vaulted", {}).items()
            if name in variables
        }
        if back:
            try:
                self._vault().change(back)
                changed = True
            except MondooError:
                kept += [variables[name] for name in back]
        files = _files_by_host(
            (key, place, {"before": file["before"]})
            for key in failed
            for place in tokens[key].files
            if (file := self._written(key, place, number)) is not None
        )
        return {"number": number, "failures": failed, "kept": kept, "take_back": files, "changed": changed}

    def finish(self, number: str) -> dict[str, Any]:
        """Puts to use what was handed over, and deletes the other new tokens."""
        staged, settled = self._staged(number), self._earlier("settled", number)
        tokens = {token.key: token for token in self._tokens(self._round(number)["keys"])}
        failed, kept = dict(settled["failures"]), set(settled["kept"])
        for host, files in settled["take_back"].items():
            answer = self._answer(host, "taken_back", f"{number}/back")
            done = {file["key"] for file in answer.get("files", ()) if not file["msg"]}
            kept |= {file["key"] for file in files if file["key"] not in done}
        finishing = [tokens[key] for key in staged["staged"] if key not in kept]
        results: dict[str, Any] = {}
        result: dict[str, Any] = {}
        if finishing:
            delivered = {
                token.journal_key: str(staged["staged"][token.key]["mrn"])
                for token in finishing
                if token.key not in failed
            }
            self._ansible.journal.deliver(delivered)
            options = [_staged_options(token) for token in finishing]
            try:
                result = self._call(options, stage=True, delivered=list(delivered.values()))
                results = {token.key: each for token, each in zip(finishing, result["results"], strict=True)}
            except MondooError as error:
                results = {
                    token.key: {"failed": True, "msg": str(error), "error": error.details} for token in finishing
                }
            # The module does not know the secrets of an earlier task, and the service may quote one.
            handed_over = Secrets(unseal(entry["secret"]) for entry in staged["staged"].values())
            result, results = (handed_over.removed_from_values(each) for each in (result, results))
        outcomes: dict[str, Any] = {}
        for key, entry in staged["staged"].items():
            outcomes[key] = self._outcome(tokens[key], entry, results.get(key), failed.get(key), staged["results"][key])
        clean = [tokens[key].journal_key for key in results if not results[key].get("failed")]
        self._ansible.journal.end(clean)
        for key, each in staged["put_to_use"].items():
            outcomes[key] = {"result": {**each, "changed": True}, "failed": "", "handed_over": True}
        for key, each in staged["results"].items():
            outcomes.setdefault(key, {"result": each, "failed": self._told(tokens[key], each), "handed_over": False})
        return {
            "number": number,
            "outcomes": {**self._finished().get("outcomes", {}), **outcomes},
            "operations": sum_operations(
                [self._finished().get("operations", {}), staged["operations"], result.get("operations", {})]
            ),
            "requests": sum([self._finished().get("requests", 0), staged["requests"], result.get("requests", 0)]),
            "warnings": result.get("warnings", []),
            "changed": bool(result.get("changed")),
        }

    @staticmethod
    def _told(token: DeclaredToken, result: Mapping[str, Any]) -> str:
        return f"{token.label}: {result.get('msg')}" if result.get("failed") else ""

    def _outcome(
        self,
        token: DeclaredToken,
        entry: Mapping[str, Any],
        finished: Mapping[str, Any] | None,
        failed: str | None,
        staged: Mapping[str, Any],
    ) -> dict[str, Any]:
        operations = [*staged.get("operations", ()), *(finished or {}).get("operations", ())]
        result = {**staged, **(finished or {}), "operations": operations, "changed": True}
        api_token = (finished or {}).get("api_token") or {}
        reason = ""
        if finished is None:
            reason = f"{token.label}: {failed}. One of its places may hold the new secret, which stays valid until the next run."
        elif failed:
            reason = f"{token.label}: {failed}: {_UNDONE}"
            result["changed"] = "deleteAPIToken" not in operations
            if finished.get("failed"):
                reason += f" Its new token is left: {finished.get('msg')}"
        elif finished.get("failed"):
            reason = (
                f"{token.label}: its new secret was handed over, and could not be put to use: {finished.get('msg')}"
            )
        elif api_token.get("mrn") != entry["mrn"]:
            reason = f"{token.label}: its new token was deleted by somebody else. The next run tries again."
        return {"result": result, "failed": reason, "handed_over": not reason}

    def prune(self) -> dict[str, Any]:
        """Deletes undeclared tokens, once everything else has succeeded."""
        outcomes = self._outcomes()
        if any(outcome.failed for outcome in outcomes):
            return {"changed": False, "pruned": [], "warnings": ["Nothing was pruned, since an earlier step failed."]}
        tokens = [
            outcome.token.module_options(generate=False, rotate_after=None, lost_secret=None) for outcome in outcomes
        ]
        settings = {name: value for name, value in module_options(self.settings).items() if name != "rotate_after"}
        pruning = {"prune": True, "prune_keep": self.settings.prune_keep, "prune_limit": self.settings.prune_limit}
        tokens = [{name: value for name, value in token.items() if value is not None} for token in tokens]
        result = self._ansible.call({**settings, "tokens": tokens, **pruning}, check_mode=False)
        keys = ("pruned", "operations", "requests", "warnings", "changed")
        told = {key: result[key] for key in keys if result.get(key) is not None}
        return {**told, "failed_pruning": str(result.get("msg") or "") if result.get("failed") else ""}

    # -- report -------------------------------------------------------------------------------------------------------

    def report(self) -> dict[str, Any]:
        """Reports the outcome of everything, in readable and machine-readable form."""
        checked, decided, finished = self._earlier("checked"), self._earlier("decided"), self._finished()
        pruned = self._ansible.registered(f"{REGISTERED}pruned") or {}
        pruned = pruned if isinstance(pruned, Mapping) and pruned.get("run") == checked["run"] else {}
        check_mode = self._ansible.check_mode
        outcomes = self._outcomes()
        gone = decided["prediction"].get("pruned") or [] if check_mode else pruned.get("pruned") or []
        message = summary(outcomes, gone, check_mode=check_mode)
        failed = " ".join(filter(None, [failures(outcomes), str(pruned.get("failed_pruning") or "")]))
        changed = any(outcome.result.get("changed") for outcome in outcomes) or bool(gone)
        operations = (
            decided["prediction"].get("operations")
            if check_mode
            else sum_operations([finished.get("operations", {}), pruned.get("operations") or {}])
        )
        result: dict[str, Any] = {
            "changed": changed,
            "failed": bool(failed),
            "results": [outcome.data() for outcome in outcomes],
            "pruned": gone,
            "operations": operations or {},
            "requests": (checked["prediction"].get("requests") or 0)
            + finished.get("requests", 0)
            + (pruned.get("requests") or 0),
            "msg": f"{message} {failed}".strip(),
        }
        word = status(failed=bool(failed), changed=changed, check_mode=check_mode)
        result["status"] = word
        if failed:
            result["error"] = next(
                (outcome.result["error"] for outcome in outcomes if outcome.failed and outcome.result.get("error")),
                {"code": "HandOverFailed", "operation": ""},
            )
        self._write_report(word, result["msg"], result)
        return {"result": result, "failed_message": failed, "msg": result["msg"], "changed": False}

    def report_refusal(self, message: str) -> None:
        """Writes the report of a run that was refused."""
        self._write_report("failed", message, {})

    def _outcomes(self) -> list[Outcome]:
        decided, finished = self._earlier("decided"), self._finished()
        done = finished.get("outcomes", {})
        asked = {key for each in decided["rounds"] for key in each["keys"]}
        outcomes = []
        for token in self._tokens():
            failed = decided["failures"].get(token.key, "")
            if token.key in done:
                outcomes.append(Outcome(token, **done[token.key]))
            elif failed or token.key not in asked:
                outcomes.append(Outcome(token, dict(token.predicted), failed))
            else:
                reason = f"{token.label}: the run ended before its secret was handed over. The next run tries again."
                outcomes.append(Outcome(token, {**token.predicted, "operations": [], "changed": False}, reason))
        return outcomes

    def _write_report(self, word: str, message: str, result: Mapping[str, Any]) -> None:
        path = self.settings.report
        if not path:
            return
        path = os.path.abspath(os.path.expanduser(path))
        text = report_text(word, message, result, check_mode=self._ansible.check_mode)
        temporary = f"{path}.{os.getpid()}"
        try:
            with open(temporary, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(temporary, path)
        except OSError as error:
            raise MondooError(
                INVALID_OPTION, error.strerror or type(error).__name__, attempted=f"write {PREFIX}report, {path}"
            ) from None

    # -- results of earlier tasks -------------------------------------------------------------------------------------

    def _earlier(self, name: str, number: str | None = None) -> dict[str, Any]:
        value = self._ansible.registered(REGISTERED + name)
        if not isinstance(value, Mapping) or (number is not None and value.get("number") != number):
            raise internal_error(AssertionError(f"{name} comes first"))
        return dict(value)

    def _finished(self) -> dict[str, Any]:
        value = self._ansible.registered(f"{REGISTERED}finished")
        is_ours = isinstance(value, Mapping) and value.get("run") == self._earlier("checked")["run"]
        return dict(value) if is_ours else {}

    def _staged(self, number: str) -> dict[str, Any]:
        return self._earlier("staged", number)

    def _round(self, number: str) -> dict[str, Any]:
        return next(dict(each) for each in self._earlier("decided")["rounds"] if each["number"] == number)

    def _tokens(self, keys: Iterable[str] | None = None) -> list[DeclaredToken]:
        tokens = [token_from(data) for data in self._earlier("decided")["tokens"]]
        wanted = None if keys is None else set(keys)
        return [token for token in tokens if wanted is None or token.key in wanted]

    def _answer(self, host: str, name: str, part: str) -> Mapping[str, Any]:
        """The result of a host's task in this part of this run, or why there is none."""
        run = f"{self._earlier('checked')['run']}/{part}"
        elsewhere = self._ansible.registered(f"{REGISTERED}elsewhere") or {}
        answers = [self._ansible.registered(REGISTERED + name, host), elsewhere.get(host)]
        mappings = [answer for answer in answers if isinstance(answer, Mapping)]
        ours = next((answer for answer in mappings if answer.get("run") == run), None)
        return ours or next((answer for answer in mappings if answer.get("unreachable")), {})

    def _failed_files(self, token: DeclaredToken, number: str) -> list[str]:
        """Why files of a token were not written."""
        reasons = []
        for place in token.files:
            answer = self._answer(place.host, "written", number)
            file = _file_of(answer, token.key, place)
            if file is None or file["msg"]:
                reasons.append(f"{place}: {file['msg'] if file else _reason(answer)}")
        return reasons

    def _written(self, key: str, place: FilePlace, number: str) -> Mapping[str, Any] | None:
        """The result for a file that was written; None if it was not."""
        file = _file_of(self._answer(place.host, "written", number), key, place)
        return file if file is not None and not file["msg"] else None


def _file_of(answer: Mapping[str, Any], key: str, place: FilePlace) -> Mapping[str, Any] | None:
    return next((file for file in answer.get("files", ()) if (file["key"], file["path"]) == (key, place.path)), None)


def _reason(answer: Mapping[str, Any]) -> str:
    if answer.get("unreachable"):
        return "the host could not be reached"
    return str(answer.get("msg") or "the host is no longer in the play").strip().rstrip(".")


def _staged_options(token: DeclaredToken) -> dict[str, Any]:
    return token.module_options(**({"rotate_after": "0"} if token.forced else {}))


def _files_by_host(files: Iterable[tuple[str, FilePlace, Mapping[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    by_host: dict[str, list[dict[str, Any]]] = {}
    for key, place, more in files:
        options = {name: value for name, value in vars(place).items() if name != "host" and value is not None}
        by_host.setdefault(place.host, []).append({"key": key, **options, **more})
    return by_host


def _without_secret(result: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in result.items() if key != "token"}


def _declared_names(diffs: Any) -> Any:
    """The diff of a staged run with the final names of the tokens."""
    if isinstance(diffs, Mapping):
        told = {key: _declared_names(value) if key in ("before", "after") else value for key, value in diffs.items()}
        headers = {key: _PENDING.sub("", value) for key, value in told.items() if key.endswith("_header")}
        return {**told, **headers, **({"name": declared_name(told["name"])} if "name" in told else {})}
    return [_declared_names(diff) for diff in diffs] if isinstance(diffs, list) else diffs


def _hosts_to_write(decisions: Sequence[Decision]) -> list[str]:
    places = [place for each in decisions if each.needs_secret and not each.token.tasks for place in each.token.files]
    return list(dict.fromkeys(place.host for place in places))

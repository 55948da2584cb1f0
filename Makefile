# Everything a developer types. `make` alone lists it.

PYTHON ?= python3
BIN := .venv/bin
POSTGRES_BIN ?=
# A file of tests at a time in each of two processes, for two cores.
PYTEST := $(BIN)/pytest --numprocesses=2 --dist=loadfile

.DEFAULT_GOAL := help
.PHONY: help install run test test-sqlite test-postgres coverage check format lint types imports pins benchmarks benchmarks-guard build clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: .venv/installed ## The virtual environment, from pinned and hashed packages

.venv/installed: pyproject.toml .pins/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Stylobate needs Python 3.11 or newer. Say which: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement .pins/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: install ## The whole thing on embedded servers; ARGS=--sqlite for a SQLite file
	@exec $(BIN)/stylobate up --app examples.fastapi_app:app --sample examples/sample.json $(ARGS)

test: test-sqlite test-postgres ## The whole suite, on SQLite and on PostgreSQL

test-sqlite: install ## The suite on SQLite
	$(PYTEST) --database=sqlite $(ARGS)

test-postgres: install ## The suite on PostgreSQL; POSTGRES_BIN=/folder for a server of your own
	$(PYTEST) --database=postgres $(if $(POSTGRES_BIN),--postgres-bin=$(POSTGRES_BIN)) $(ARGS)

coverage: install ## Which lines of core the suite does not reach, on both databases
	rm -f .coverage .coverage.*
	$(BIN)/coverage run --module pytest --quiet --database=sqlite $(ARGS)
	$(BIN)/coverage run --module pytest --quiet --database=postgres $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

check: format-check lint types imports test ## All that must be green before a commit

format: install ## Rewrite the code in the one format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

.PHONY: format-check
format-check: install
	$(BIN)/ruff format --check .

lint: install ## ruff, with every rule that is not ignored for a reason
	$(BIN)/ruff check .

types: install ## mypy, strict
	$(BIN)/mypy
	$(BIN)/mypy tests examples benchmarks

imports: install ## The import contracts of pyproject.toml
	$(BIN)/lint-imports

pins: install ## Choose the newest allowed versions again and write them with their hashes
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --extra dev pyproject.toml --output-file .pins/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --constraint .pins/dev.txt --extra cli --extra web --extra s3 --extra uvloop pyproject.toml --output-file .pins/production.txt

benchmarks: install ## Every figure beside its limit and its peers, into docs/; ARGS="authenticate --quick" for one, small
	$(if $(POSTGRES_BIN),POSTGRES_BIN=$(POSTGRES_BIN)) $(BIN)/python -m benchmarks $(ARGS)

benchmarks-guard: install ## A minute: whether no ratio has got out of hand
	$(BIN)/python -m benchmarks.guard

build: install ## The wheel and the source archive, into dist/
	$(BIN)/hatchling build

clean: ## Remove what was built; var/ (your local data) stays
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

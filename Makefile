# What there is to do here: `make help`. Nothing needs root and nothing is written outside this folder.

QUARTER ?= 2024Q4
WORKERS ?= 2
PYTEST  := tools/within python -m pytest -n $(WORKERS) --dist loadscope --durations 10
LOCK    := uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url \
           --no-header --no-annotate --python-version 3.11 --only-binary :all: $(if $(UPGRADE),--upgrade)

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
export QUARTER
export EVALUATION_MUST_TEST := 1

.PHONY: help report test test-long lint format lock quarto-contract env schemas size-study hooks clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo "  (QUARTER=$(QUARTER), WORKERS=$(WORKERS); a clean machine needs Python 3.11 or newer, git and make)"

report: ## run every analysis of a quarter and render the report (QUARTER=2024Q4)
	@tools/setup run
	@tools/within tools/report "$$QUARTER"

test: lint ## all checks and tests but the long ones (less than 15 minutes)
	@mkdir -p .cache/log
	@$(PYTEST) -m "not long" tests 2>&1 | tee .cache/log/test.txt

test-long: env ## the long tests and the benchmarks (PART=tests/coverage for some of them)
	@mkdir -p .cache/log
	@$(PYTEST) -m long $(or $(PART),tests) 2>&1 | tee .cache/log/test-long.txt

lint: env ## style, types, layers: the fast checks
	@echo "ruff check";   tools/within ruff check
	@echo "ruff format";  tools/within ruff format --check
	@echo "mypy";         tools/within mypy
	@echo "lint-imports"; tools/within lint-imports --no-cache --no-logo

format: env ## put the code into its form
	@tools/within ruff check --fix
	@tools/within ruff format

lock: ## write both lock files from pyproject.toml (UPGRADE=1 for newer versions); needs uv
	@command -v uv >/dev/null || { echo "make lock needs uv (pip install uv)." >&2; exit 2; }
	UV_CACHE_DIR=.cache/uv $(LOCK) --group build --quiet -o requirements.lock
	UV_CACHE_DIR=.cache/uv $(LOCK) --group build --group dev --constraint requirements.lock --quiet -o requirements-dev.lock

quarto-contract: env ## compare both renderers on the report of a quarter, where quarto is on PATH
	@tools/within tools/quarto-contract "$$QUARTER"

env: ## create .venv with everything for development
	@tools/setup dev

schemas: env ## write the JSON Schemas of analyses and catalogue for editors
	@tools/within tools/schemas

size-study: env ## simulate the size of every inference, cell by cell (CELLS='22-3-*', PANELS=2000)
	@tools/within tools/size-study "$${CELLS:-*}" "$${PANELS:-2000}"

hooks: env ## run the fast checks before every commit
	@git config core.hooksPath tools/hooks
	@echo "Git now calls tools/hooks/pre-commit (undo: git config --unset core.hooksPath)"

clean: ## remove what was made here: .venv, caches, rendered reports
	rm -rf .venv .cache reports/build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

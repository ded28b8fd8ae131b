# EM Dewar. `make` alone lists the targets. Needs Python >= 3.11 and make; everything else is set up here.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
# Two processes; the tests of one file stay together, as they share their servers.
TWO := --numprocesses 2 --dist loadfile
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
REQUIREMENTS := requirements/runtime.txt requirements/development.txt
# Bytecode makes every Prefect process start a third faster.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test quick check conformance format bench openapi docs campaign setup lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): $(REQUIREMENTS) Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "EM Dewar needs Python >= 3.11; set PYTHON=python3.11 or newer")'
	@echo "Setting up $(VENV) (about a minute, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --no-compile \
		$(foreach file,$(REQUIREMENTS),-r $(file)) 2> $(VENV)/pip.log || { cat $(VENV)/pip.log; exit 1; }
	@$(PY) -c 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "emdewar-checkout.pth").write_text(str(pathlib.Path("src").resolve()) + "\n" + str(pathlib.Path().resolve()) + "\n")'
	@printf '#!/bin/sh\nexec "%s" -m emdewar "$$@"\n' "$(abspath $(PY))" > $(VENV)/bin/emdewar && chmod +x $(VENV)/bin/emdewar
	@$(PY) -m compileall -q -j 0 $(VENV)/lib > /dev/null || true
	@touch $@

setup: $(READY) ## Make the virtual environment, from locked and hashed requirements

demo: $(READY) ## One session's life on this machine: make demo [EXIT=1] [SESSION=/folder] [MOVIES=12] [STATE=/folder]
	@$(PY) -m deployments.demo $(if $(EXIT),--exit) $(if $(SESSION),--session "$(SESSION)") \
		$(if $(MOVIES),--movies $(MOVIES)) $(if $(STATE),--state "$(STATE)")

test: $(READY) ## All tests, with coverage; skips, with the reason, what this machine lacks
	@$(PY) -m pytest $(TWO) --cov --cov-report=term $(ARGS)

quick: $(READY) ## The tests that take seconds
	@$(PY) -m pytest $(TWO) -m "not slow" $(ARGS)

conformance: $(READY) ## The suites of SciCat's own clients, against our server (fetches them once)
	@$(PY) -m tests.conformance.upstream $(ARGS)

check: $(READY) ## Format, lint, types, import rules
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports

format: $(READY) ## Put the code into its format
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

bench: $(READY) ## Benchmarks: ratios, measured side by side in one run
	@for script in benchmarks/archive.py benchmarks/s3.py benchmarks/orchestration.py benchmarks/catalog.py benchmarks/metadata.py benchmarks/lineage.py; do $(PY) $$script || exit 1; done

openapi: $(READY) ## Write the description of the catalog's API, docs/reference/openapi.json
	@$(PY) -m catalog_api openapi > docs/reference/openapi.new && mv docs/reference/openapi.new docs/reference/openapi.json

docs: $(READY) ## Build the documentation into site/, warnings are errors
	@$(VENV)/bin/mkdocs build --strict

campaign: $(READY) ## Long campaigns: kills at random instants, many requests of every kind (an hour)
	@$(PY) -m pytest -p no:randomly tests/campaign/archive_kills.py $(ARGS)
	@$(PY) -m pytest -p no:randomly tests/campaign/kills.py $(ARGS)
	@$(PY) -m pytest -p no:randomly tests/campaign/fuzz_readers.py $(ARGS)
	@SCHEMATHESIS_EXAMPLES=200 $(PY) -m pytest -p no:randomly --timeout=3600 tests/api/test_schemathesis.py $(ARGS)

lock: $(READY) ## Lock the dependencies anew, with hashes and without addresses (needs uv)
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q \
		pyproject.toml --all-extras -o requirements/runtime.txt
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q \
		--group dev --group docs -c requirements/runtime.txt -o requirements/development.txt
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q \
		requirements/conformance.in -o requirements/conformance.txt

clean: ## Remove what was made here
	rm -rf $(VENV) .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache site

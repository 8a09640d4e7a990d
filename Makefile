# The few commands to know. Each makes .venv when it lacks; only Python 3.11+ and make need to be there.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$p; break; }; done)
BIN := .venv/bin
ARGS ?=
# A file stays in one process (its brokers, replays and browser are expensive); slow folders come first.
PARALLEL := -n auto --dist loadfile --no-loadscope-reorder
FAST := not (long or slow or kafka or postgres or browser or shared)

.DEFAULT_GOAL := help
.PHONY: help install dev fast demo test test-fast test-long check fix bench chaos kafka kafka-stop screenshots constraints docs clean

help: ## Show this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

install: ## Make .venv and install Newsquake (with torch where a GPU is found)
	@test -n "$(PYTHON)" || { echo "Newsquake needs Python 3.11 or newer: none found (or say PYTHON=...)" >&2; exit 1; }
	@$(PYTHON) scripts/install.py

dev:
	@test -n "$(PYTHON)" || { echo "Newsquake needs Python 3.11 or newer: none found (or say PYTHON=...)" >&2; exit 1; }
	@$(PYTHON) scripts/install.py --extra dev

fast: dev ## Compile what every article passes through (needs a C compiler); the same results, half as fast again
	@$(BIN)/python scripts/compile.py

demo: install ## See it work: simulated news, a real broker, the model, alerts and the dashboard
	@exec $(BIN)/newsquake demo $(ARGS)

test: dev ## Run all tests but the long ones, about 20 minutes on 2 cores (ARGS="-k name" for some)
	@$(BIN)/python -m pytest $(PARALLEL) --durations=10 $(ARGS)

test-fast: dev ## Unit, property and contract tests on memory and SQLite, about 3 minutes (-k replaces "not tansu")
	@$(BIN)/python -m pytest $(PARALLEL) --durations=10 -m "$(FAST)" -k "not tansu" tests/unit tests/property tests/contract $(ARGS)

test-long: dev ## The long tests: all of the wire of 1987, many kills, every page; writes docs/measured/long-tests.md
	@$(BIN)/python scripts/long_tests.py $(ARGS)

check: dev ## Format, lint, types, imports, structure
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python scripts/structure.py

fix: dev ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: dev ## Print every figure we claim
	@$(BIN)/python -m bench $(ARGS)

chaos: dev ## Kill everything at every crash point, in real processes
	@$(BIN)/python -m pytest tests/chaos $(ARGS)

kafka: ## Start a single-node Apache Kafka on a free port (Docker, else Maven and Java 17+)
	@$(PYTHON) scripts/kafka.py start

kafka-stop: ## End it
	@$(PYTHON) scripts/kafka.py stop

screenshots: dev ## Make the pictures of the README
	@$(BIN)/python -m newsquake.screenshots $(ARGS)

constraints: dev ## Resolve the versions of constraints.txt anew
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra gpu --extra train --universal --python-version 3.11 \
		--no-header --no-annotate -q --upgrade -o constraints.txt

clean: ## Remove what was made (not .venv)
	rm -rf build dist out htmlcov .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# `make` lists the targets. Every one of them works in a fresh clone; .ci/run calls the same ones.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help install demo demo-edit demo-sql demo-stop test lint types format bench compare faults test-sqlserver size lock

# What the targets run comes from .venv, whatever else is on the machine.
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## Make .venv from requirements-dev.lock (nothing to do: 0.1 s)
	@sh scripts/install.sh

demo: install ## From sample orders to a filled board on a local Monday
	@$(BIN)/python -m scripts.demo start

demo-edit: install ## Change some of the demo's orders, and carry the changes to its board
	@$(BIN)/python -m scripts.demo edit

demo-sql: install ## Ask the demo's tables in SQL, typed or piped
	@$(BIN)/python -m scripts.demo sql

demo-stop: install ## Stop the demo's local Monday (FRESH=1: throw its files away, too)
	@$(BIN)/python -m scripts.demo stop $(if $(FRESH),--fresh)

test: install lint ## Everything: lint, types, and all tests that need no server
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder --durations=10 --durations-min=5 $(ARGS)

lint: install ## ruff over the Python (the SQL is linted by tests/models)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: install ## mypy --strict
	@$(BIN)/mypy

format: install ## Let ruff mend what it can
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: install ## Measure what the README states (takes minutes)
	@$(BIN)/python -m benchmarks $(ARGS)

compare: install ## Other tools and this one through the same accidents (10 minutes)
	@$(BIN)/python -m benchmarks.compare $(ARGS)

faults: install ## The fault campaign: 1,000 broken pushes, compared (ARGS="--cases 100 --seed 2")
	@$(BIN)/python -m tests.faults $(ARGS)

test-sqlserver: install ## The tests that need a SQL Server, named by DB_ORDERS_HOST
	@test -n "$$DB_ORDERS_HOST" || { echo "make test-sqlserver: set DB_ORDERS_HOST and the other DB_ORDERS_ variables first (docs/sqlserver.md)" >&2; exit 1; }
	@$(BIN)/python -m pytest -m sqlserver $(ARGS)

size: install ## How large the project is, beside its budgets
	@$(BIN)/python -m scripts.size

lock: ## Write the lock files again from pyproject.toml (UPGRADE=1: newest versions)
	@sh scripts/lock.sh

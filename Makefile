# Souk. `make up` starts everything, `make test` tests everything; nothing but Python 3.11 and make is needed.

PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
RUN := cd compose && $(BIN)/python -m run
SERVICES := user_service product_service order_service payment_service shipping_service notification_service review_service
UP_OPTIONS ?=

.DEFAULT_GOAL := help
.PHONY: help install up down restart status logs doctor demo reset test check bench docs lock clean

help: ## what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.souk-installed ## the environment: .venv, and what requirements.lock names

$(VENV)/.souk-installed: requirements.lock compose/bootstrap.lock compose/install.sh chassis/pyproject.toml
	@PYTHON="$(PYTHON)" sh compose/install.sh $(VENV)
	@touch $@

up: install ## start everything, wait until healthy, drive a demo order, print the addresses
	@$(RUN) up $(UP_OPTIONS)

down: install ## stop everything; the data stay
	@$(RUN) down

restart: install ## stop and start everything
	@$(RUN) restart $(UP_OPTIONS)

status: install ## what runs
	@$(RUN) status

logs: install ## the last lines of the logs; of one service by S=orders, as they come by F=1
	@$(RUN) logs $(S) $(if $(F),--follow)

doctor: install ## what is wrong, and what to do about it
	@$(RUN) doctor

demo: install ## one customer's journey through the gateway, told step by step
	@$(RUN) demo

reset: install ## stop everything and forget all data
	@$(RUN) reset $(if $(YES),--yes)

test: install ## every test that this machine can run
	@$(RUN).test_all $(TEST_OPTIONS)

check: install ## lint, types, import contracts, generated documents
	@$(RUN).check

bench: install ## speed and memory, measured beside their targets
	@$(BIN)/python -m tests.benchmarks

docs: install ## generate the event catalogue anew
	@$(RUN).documents

lock: install ## compile the requirement locks anew
	@sh compose/lock.sh $(SERVICES)

clean: ## forget caches and the environment; data stay
	@find . -name __pycache__ -prune -exec rm -rf {} + ; rm -rf .mypy_cache .ruff_cache .import_linter_cache .pytest_cache */.pytest_cache $(VENV)

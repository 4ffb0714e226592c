# Souk. `make up` starts everything, `make test` tests everything; nothing but Python 3.11 and make is needed.

PYTHON ?= python3
VENV := .venv
BIN := $(CURDIR)/$(VENV)/bin
RUN := cd local && $(BIN)/python -m run
UP_OPTIONS ?=
# `real`: PostgreSQL, MariaDB, MongoDB, RabbitMQ, Redis, Elasticsearch, natively, by `make engines`
ENGINES ?= embedded
export SOUK_ENGINES = $(ENGINES)
HOME_FOLDER := $(or $(SOUK_HOME),$(CURDIR)/var)
ENGINES_HOME := $(or $(SOUK_ENGINES_HOME),$(HOME_FOLDER)/engines)
# Tests empty and kill their engines: they have some of their own.
TEST_ENGINES_HOME := $(or $(SOUK_TEST_ENGINES_HOME),$(HOME_FOLDER)/test-engines)
DO_ENGINES := cd local && $(BIN)/python -m engines
REAL := $(filter real,$(ENGINES))

CHECKS := lint format types imports gateway locks registry messages asyncapi documents

.DEFAULT_GOAL := help
.PHONY: help install engines engines-status engines-down test-engines up down restart status logs instance doctor demo reset test check $(CHECKS:%=check-%) bench chaos docs registry new-service lock images clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.souk-installed ## create .venv from requirements.lock

$(VENV)/.souk-installed: requirements.lock local/bootstrap.lock local/install.sh chassis/pyproject.toml testkit/pyproject.toml
	@PYTHON="$(PYTHON)" sh local/install.sh $(VENV)
	@touch $@

engines: $(VENV)/.souk-drivers ## install and start the real engines; then: make up ENGINES=real
	@$(DO_ENGINES) start --home "$(ENGINES_HOME)"

engines-status: install ## show which real engines run
	@$(DO_ENGINES) status --home "$(ENGINES_HOME)"

engines-down: install ## stop the real engines and keep their data
	@$(DO_ENGINES) down --home "$(ENGINES_HOME)"
	@$(DO_ENGINES) down --home "$(TEST_ENGINES_HOME)"

test-engines: $(VENV)/.souk-drivers
	@$(DO_ENGINES) start --home "$(TEST_ENGINES_HOME)"

$(VENV)/.souk-drivers: $(VENV)/.souk-installed requirements-engines.lock
	@$(DO_ENGINES) drivers
	@touch $@

up: install $(if $(REAL),engines) ## start everything, wait until healthy, drive a demo order, print the addresses
	@$(RUN) up $(UP_OPTIONS)

down: install ## stop everything; the data stay
	@$(RUN) down

restart: install ## stop and start everything, as it was last started
	@$(RUN) restart

status: install ## what runs
	@$(RUN) status

logs: install ## the last lines of the logs; of one service by S=orders, as they come by F=1
	@$(RUN) logs $(S) $(if $(F),--follow)

instance: install ## start another web process of a service: S=products (with ENGINES=real)
	@$(RUN) instance $(S)

doctor: install ## diagnose problems
	@$(RUN) doctor

demo: install ## show a customer's journey through the gateway, step by step
	@$(RUN) demo

reset: install ## stop everything and delete all data
	@$(RUN) reset $(if $(YES),--yes)

test: export SOUK_ENGINES_HOME = $(TEST_ENGINES_HOME)
test: install $(if $(REAL),test-engines) ## run every test that this machine can run
	@$(RUN).test_all $(TEST_OPTIONS)

check: install ## lint, types, import contracts, the gateway, locks, generated parts; all run, also when one fails
	@$(MAKE) --no-print-directory --keep-going $(CHECKS:%=check-%)
	@echo "All checks are good."

FOLDERS := chassis testkit local sandbox gateway $(wildcard *_service)
# Without the cache, which does not see that a folder became a package.
check-lint:
	@$(BIN)/ruff check --quiet --no-cache .
check-format:
	@$(BIN)/ruff format --check --quiet .
check-types: $(patsubst %/config/settings.py,%/check-types,$(wildcard *_service/*/config/settings.py))
	@$(BIN)/mypy --no-error-summary
# One run for each service, with its settings; the chassis and the test kit are checked in that of reviews.
%/check-types:
	@cd $(*D) && MYPYPATH=.:../chassis:../testkit DJANGO_SETTINGS_MODULE=$(*F).config.settings \
		$(BIN)/mypy --config-file ../mypy.services.toml --no-error-summary -p $(*F) $(if $(filter reviews,$(*F)),-p chassis -p testkit)

check-imports:
	@said=$$(PYTHONPATH=$$(echo $(FOLDERS) | tr ' ' :) $(BIN)/lint-imports 2>&1) || { echo "$$said"; exit 1; }
check-gateway:
	@sh gateway/lint.sh $(BIN)
check-locks:
	@$(RUN).locks
check-registry:
	@$(RUN).generated --check
check-messages:
	@$(RUN).documents --check
check-asyncapi:
	@sh tests/contracts/asyncapi/check.sh
check-documents:
	@PYTHONPATH=local $(BIN)/python -m tests.architecture.documents

bench: export SOUK_ENGINES_HOME = $(TEST_ENGINES_HOME)
bench: install $(if $(REAL),test-engines) ## measure speed and memory against the targets
	@$(BIN)/python -m tests.benchmarks

chaos: export SOUK_ENGINES_HOME = $(TEST_ENGINES_HOME)
chaos: install $(if $(REAL),test-engines) ## kill everything in turn while orders run, then compare all records: ORDERS=1000
	@$(BIN)/python -m tests.chaos --orders $(or $(ORDERS),100)

docs: install ## generate the message reference
	@$(RUN).documents

registry: install ## write what lists the services and cannot read services.toml
	@$(RUN).generated

new-service: install ## a new service that runs: NAME=wishes (ITEM=wish where the singular is irregular)
	@cd local && $(BIN)/python -m new_service $(NAME) $(ITEM)
	@$(MAKE) --no-print-directory registry docs
	@$(BIN)/ruff check --quiet --fix . && $(BIN)/ruff format --quiet .

lock: install ## compile the requirement locks
	@sh local/lock.sh $$(cd local && $(BIN)/python -m registry)

images: ## build the images of the services, by docker, podman or buildah; one of them by S=orders
	@sh deploy/images.sh $(S)

clean: ## delete caches and the environment; keep data
	@find . -name __pycache__ -prune -exec rm -rf {} + ; rm -rf .mypy_cache .ruff_cache .import_linter_cache .pytest_cache */.pytest_cache $(VENV)

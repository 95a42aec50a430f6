# Everyday commands; `make` alone lists them. The first one that needs it sets up .venv.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Certificates of a proxy stand in the system's store, where pip looks for them, too.
export UV_SYSTEM_CERTS := 1

.DEFAULT_GOAL := help
.PHONY: help warehouse dashboard ui test lint format hooks docs benchmarks other-duckdb lock audit clean

help:  ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

warehouse: $(READY)  ## Build the warehouse from seeds/
	@$(BIN)/broadsheet build seeds

dashboard: $(READY)  ## Look at the coverage in a browser
	@$(BIN)/broadsheet dashboard

ui: $(READY)  ## Open the Dagster UI
	@$(BIN)/broadsheet ui

test: $(READY)  ## Run the tests (ARGS="-k lag" for some of them)
	@$(BIN)/pytest -n auto --dist worksteal $(ARGS)

lint: $(READY)  ## Check format, style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(READY)  ## Format the code and fix what can be fixed
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

hooks: $(READY)  ## Check format and style before every commit
	@git config core.hooksPath .githooks

docs: $(READY)  ## Write docs/ and the snapshot of the wiring anew from the code
	@$(BIN)/python -m pipeline.warehouse.reference_docs
	@UPDATE_SNAPSHOTS=1 $(BIN)/pytest -q tests/orchestration/test_dagster.py -k wiring

benchmarks: $(READY)  ## Measure reading side by side with others (ARGS="--documents 5000")
	@test -d .venv-benchmarks || $(BIN)/python -m benchmarks.reading --set-up
	@$(BIN)/python -m benchmarks.reading $(ARGS)

# The oldest one is named in pipeline/warehouse/database.py. The newest one is whatever the index has.
OTHER_DUCKDB := 1.1.3 1.3.2 1.4.4 newest

other-duckdb: $(READY)  ## Try the views and macros with older DuckDB and with the newest
	@for version in $(OTHER_DUCKDB); do \
	    test $$version != newest -a -d .venv-duckdb/$$version || \
	    $(BIN)/uv pip install --quiet --upgrade --python $(BIN)/python --target .venv-duckdb/$$version \
	        duckdb$$(test $$version = newest || echo ==$$version) || exit 1; \
	done
	@$(BIN)/pytest tests/warehouse/test_other_duckdb.py

# Releases younger than a week wait: a broken or malicious one is mostly withdrawn by then.
lock: $(READY)  ## Bring requirements.lock up to pyproject.toml (UPGRADE=1: newest versions)
	@$(BIN)/uv pip compile pyproject.toml --group dev --all-extras --universal --generate-hashes --no-strip-extras --no-emit-index-url \
	    --exclude-newer '7 days' $(if $(UPGRADE),--upgrade) --custom-compile-command 'make lock' --quiet -o requirements.lock

# pip-audit passes over what its service does not know, and then finds nothing; "no advisory" is said only when all were
# looked up.
audit: $(READY)  ## Look up the locked dependencies in the advisories on PyPI
	@report=$$($(BIN)/uv tool run --exclude-newer '7 days' pip-audit --progress-spinner off --disable-pip --require-hashes \
	    -r requirements.lock 2>&1); \
	case $$report in \
	    *'Found '*' known vulnerabilit'*) echo "$$report" | grep -v 'could not be audited'; exit 1;; \
	    *'could not be audited'*|*rror*) \
	        echo 'The advisories cannot be reached from here, so nothing is known about the dependencies.' >&2; \
	        echo "$$report" | tail -n 1 >&2; exit 2;; \
	    *) echo "$$report";; \
	esac

clean:  ## Remove .venv and the caches; the warehouse and the run history stay
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up --------------------------------------------------------------------------------------------------------------
# .venv/.ready is written last and holds this folder's path. Where it does not say "ready, here" (set-up was interrupted,
# the checkout was copied or moved, or the Python beneath is gone), .venv is made anew; otherwise it is brought up to date
# in place, and packages added by hand stay.
ifneq ($(shell test -x $(BIN)/python && cat $(READY) 2>/dev/null),$(CURDIR))
ANEW := yes
.PHONY: $(READY)
endif

# uv installs in seconds what takes pip half a minute, but knows nothing of pip's configuration: where only pip knows the
# way to the package index, pip installs the same files. Nothing needs pip or setuptools afterwards: Python's own copies
# are old, with advisories, and do not stay.
$(READY): pyproject.toml requirements.lock
	@version=$$("$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo missing); \
	case $$version in missing|2.*|3.?|3.10) \
	    echo "Broadsheet needs Python 3.11 or newer, but $(PYTHON) is $$version; name another one: make PYTHON=python3.12" >&2; \
	    exit 1;; \
	esac; \
	"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "$(PYTHON) cannot make virtual environments; install its package for that: apt install python$$version-venv" >&2; \
	    exit 1; \
	}
	@echo 'Setting up .venv (about a minute, once)…'
	@rm -rf $(if $(ANEW),.venv,$(READY)) && mkdir -p .venv && { \
	    { test -x $(BIN)/python || "$(PYTHON)" -m venv .venv; } && \
	    { $(BIN)/python -m pip --version || $(BIN)/python -m ensurepip; } && \
	    sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.txt && \
	    $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r .venv/uv.txt && \
	    { $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes --compile-bytecode -r requirements.lock || \
	      $(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.lock; } && \
	    $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline --editable . && \
	    $(BIN)/uv pip uninstall --quiet --python $(BIN)/python pip setuptools; \
	} > .venv/set-up.log 2>&1 || { tail -n 40 .venv/set-up.log >&2; exit 1; }
	@pwd -P > $(READY)

# `make demo` and `make test` need python3 and make, and nothing else; both work offline once they have run.
PYTHON ?= python3
VENV = .venv
BIN = $(VENV)/bin
TOOLS = $(VENV)/tools
EXTRAS = stripe easypost otel

.PHONY: demo test check soak bench format clean

demo: $(VENV)/.installed
	$(BIN)/backorder demo

# Everything: format, lint, types, imports, all tests.
test: lint $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal

# The fast part: rules, books, gateways and recorded lives; no whole shop is played.
check: lint $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not soak" \
		tests/domain tests/store tests/gateways tests/activities tests/workflows tests/replay

# The same again and again: 20 demos, 100 commands, 30 workers, ten times as many random histories; 30 kills under 200
# orders on each database, minutes without a database, storms on every line to the outside. An hour, more on a busy
# machine; each wait in it has an end. `make soak-faults` is the part that kills and cuts: some 15 minutes.
soak: $(VENV)/.installed-dev
	HISTORIES=10 $(BIN)/python -m pytest -n 2 -m "soak or histories"

.PHONY: soak-faults
soak-faults: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n 2 -m soak -rP tests/scenarios

.PHONY: lint
lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

# The README's pictures, taken anew of a demo that it plays itself; needs the system's Chromium.
.PHONY: pictures
pictures: $(VENV)/.installed-dev
	$(BIN)/python -m docs.pictures

# docs/data.md, from the tables.
.PHONY: data-dictionary
data-dictionary: $(VENV)/.installed-dev
	$(BIN)/python -m docs.data

# What production installs, to the byte. Pins that still fit stay; `make lock UPGRADE=--upgrade` takes the newest that fit.
.PHONY: lock
lock: $(TOOLS)/.installed
	$(TOOLS)/bin/uv --quiet pip compile pyproject.toml $(EXTRAS:%=--extra=%) --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		$(UPGRADE) --output-file requirements.lock

# Asks an advisory service about every pin, so it needs a network that reaches one; what it can't ask about fails it.
.PHONY: audit-dependencies
audit-dependencies: $(TOOLS)/.installed $(VENV)/.installed
	$(BIN)/python -m pip check
	$(TOOLS)/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Backorder into $(VENV) …"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	@echo "Installing Backorder and its test tools into $(VENV) …"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.installed

$(TOOLS)/.installed:
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13,<0.14' 'pip-audit>=2.10,<3'
	@touch $@

clean:
	rm -rf $(VENV) .backorder-demo .mypy_cache .ruff_cache .pytest_cache .import_linter_cache dist

# What one does with this project. Each command first makes .venv, if it is missing or out of date.
# PYTHON=python3.12 chooses the interpreter, ARGS="…" is handed on: make test ARGS="-k softmax"
.POSIX:

PYTHON = python3
BIN = .venv/bin
STAMP = .venv/installed
SOURCES = gradcheck reference tests benchmarks examples
ARGS =
REPORTS = reports
DATA = gradcheck/library/catalogue.json
FUZZ = 20000
TARGET = grammar claim text markdown latex rst html notebook sheet

help:
	@echo "make audit        check every formula in reference/; exit 0 when all verdicts are as recorded"
	@echo "make test         run the tests"
	@echo "make lint         ruff and mypy"
	@echo "make format       let ruff mend what it can"
	@echo "make bench        run the benchmarks"
	@echo "make fuzz         fuzz the grammar and the readers: FUZZ=20000 inputs each, TARGET=grammar for one alone"
	@echo "make reliability  fuzz, kill, misbehave and inject at length, and write the table in docs/security.md"
	@echo "make reports      write reports/ anew, and what gradcheck find looks formulas up in"
	@echo "make train        train the documents' networks on digits and iris"
	@echo "make docs         write the printed output in README.md, docs/ and examples/, and docs/api.md, anew"
	@echo "make constraints  take today's newest versions into constraints.txt"
	@echo "make clean        remove .venv and caches"

audit: $(STAMP)
	@$(BIN)/gradcheck audit reference --exclude reference/library $(ARGS)
	@$(BIN)/gradcheck catalogue reference/library --workers 2 --output $(REPORTS) --data $(DATA)

test: $(STAMP)
	@$(BIN)/python -m pytest -n 2 $(ARGS)

lint: $(STAMP)
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check --quiet $(SOURCES) || { echo "make format would mend this" >&2; exit 1; }
	@$(BIN)/mypy

format: $(STAMP)
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

bench: $(STAMP)
	@for script in benchmarks/[!_]*.py; do \
		test "$$script" = benchmarks/reliability.py && continue; \
		echo "== $$script"; $(BIN)/python "$$script" $(ARGS) || exit 1; done

# atheris is not among what is developed with: it has no wheels for every platform and Python.
$(BIN)/atheris: $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[fuzz]"
	@touch $@

fuzz: $(BIN)/atheris
	@for target in $(TARGET); do $(BIN)/python -m tests.fuzz.run $$target --runs $(FUZZ) $(ARGS) || exit 1; done

reliability: $(BIN)/atheris
	@$(BIN)/python benchmarks/reliability.py $(ARGS)

reports: $(STAMP)
	@$(BIN)/gradcheck audit reference --exclude reference/library --output $(REPORTS)
	@$(BIN)/gradcheck catalogue reference/library --workers 2 --output $(REPORTS) --data $(DATA)
	@$(BIN)/gradcheck derive reference --output $(REPORTS)/derivations || test $$? -eq 1 # a printed step is wrong
	@$(BIN)/gradcheck health --output $(REPORTS) > /dev/null
	@$(BIN)/python -m reference.train --output $(REPORTS)/training > /dev/null

train: $(STAMP)
	@$(BIN)/python -m reference.train $(ARGS)

docs: $(STAMP)
	@$(BIN)/python -m pytest tests/test_docs.py --rewrite-docs -q $(ARGS)

constraints:
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	@$(BIN)/python -m pip freeze --exclude-editable > constraints.txt
	@touch $(STAMP)

clean:
	@rm -rf .venv .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist
	@find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

# From nothing, so that what an older pyproject.toml asked for is gone, and so that PYTHON counts.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { \
		echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "setting up .venv (once, a minute or two)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	@touch $@

.PHONY: help audit test lint format bench fuzz reliability reports train docs constraints clean

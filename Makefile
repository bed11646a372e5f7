# The commands of the README. Everything else is `cotrack --help`.

PYTHON ?= python3
export PYTHON
BIN = .venv/bin
TESTS ?=

.PHONY: run test check bench soak bundle lint docs

run:                      ## set up, migrate, load the demonstration into an empty database, serve
	@tools/setup.sh run
	@COTRACK_HOME="$${COTRACK_HOME:-$(CURDIR)}" COTRACK_ENVIRONMENT=training sh -c '\
	  $(BIN)/cotrack init && $(BIN)/cotrack demo load --if-empty && exec $(BIN)/cotrack serve'

test:                     ## every test, on SQLite and PostgreSQL
	@tools/setup.sh test
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report= $(TESTS)
	@if [ -z "$(TESTS)" ]; then $(BIN)/python tools/coverage_limits.py; fi

lint:                     ## format, lint, types, import contracts
	@tools/setup.sh test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test          ## what has to pass before anything lands

bench:                    ## the benchmark, one JSON object a line
	@tools/setup.sh test
	@$(BIN)/python -m bench

soak:                     ## the long trials; how labels are read is written into docs/
	@tools/setup.sh test
	COTRACK_SOAK=1 $(BIN)/python -m pytest tests/safety tests/labelling/test_label_reading.py -n 2 --dist worksteal
	$(BIN)/python -m bench.readings

bundle:                   ## a folder that installs without any network
	@tools/setup.sh run
	@tools/bundle.sh

docs:                     ## write the documents that are made from the code
	@tools/setup.sh run
	$(BIN)/cotrack docs write

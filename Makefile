PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: install demo test test-fast bench fuzz latency load stress lint format demo-bundle screenshot clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable ".[test]"
	touch $(INSTALLED)

demo: install
	$(BIN)/dissensus demo

# Threads that wait leave their core to the other workers of the tests.
test test-fast: export OMP_WAIT_POLICY = PASSIVE
test: test-fast
	$(BIN)/python -m pytest -m browser

test-fast: install
	$(BIN)/python -m pytest -n auto -m "not browser"

bench: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable ".[bench]"
	for file in tests/benchmarks/bench_*.py; do $(BIN)/python $$file || exit 1; done

fuzz: install
	PYTHONPATH=tests $(BIN)/python -m nightly.fuzz

load: install
	PYTHONPATH=tests $(BIN)/python -m nightly.load

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo-bundle: install
	$(BIN)/python -m analysis.synthetic data/demo

screenshot: install
	PYTHONPATH=tests $(BIN)/python -m browser.screenshot data/screenshot.png

latency: install
	PYTHONPATH=tests $(BIN)/python -m nightly.latency

stress: install
	PYTHONPATH=tests $(BIN)/python -m nightly.stress

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis build dist

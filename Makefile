# Everything a newcomer needs: `make demo` and `make test` set themselves up in a virtual environment.

PYTHON ?= python3
VENV ?= .venv
# What is installed: this source tree, or a wheel (WHEEL=dist/hackatari_suite-….whl).
PACKAGE = $(if $(WHEEL),"$(WHEEL)[$(notdir $@)]",--editable ".[$(notdir $@)]")
PIP_INSTALL = $(VENV)/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test nightly lint types docs format clean

demo: $(VENV)/train  ## Evaluate the checkpoint that ships with the package on Pong and all its variants.
	$(VENV)/bin/hackatari evaluate --game pong --all-variants --episodes 5 --deterministic --out reports/demo

test: $(VENV)/dev  ## Run the tests.
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest --numprocesses auto

nightly: $(VENV)/dev  ## Run the tests that take long: every variant for 20,000 frames.
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest --numprocesses auto -m nightly

lint: $(VENV)/dev  ## Check style and formatting.
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types: $(VENV)/dev  ## Check types, on the package as it is installed.
	rm -rf build/types
	$(PIP_INSTALL) --no-deps --target build/types .
	cd build/types && "$(abspath $(VENV))/bin/mypy" --config-file "$(CURDIR)/pyproject.toml" --package hackatari

docs: $(VENV)/dev  ## Build the documentation into docs/_build/html.
	$(VENV)/bin/sphinx-build --fail-on-warning --keep-going --quiet docs docs/_build/html

format: $(VENV)/dev  ## Format the code.
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

clean:  ## Remove what the other targets made.
	rm -rf $(VENV) build dist reports docs/_build docs/catalogue

# The extras that are installed, each marked by an empty file.
$(VENV)/train $(VENV)/dev: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP_INSTALL) $(PACKAGE)
	touch $@

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

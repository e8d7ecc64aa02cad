# Every target sets up what it needs in .venv; `make` alone lists them.
PYTHON ?= $(shell command -v python3.12 || command -v python3)
PY     := .venv/bin/python
STACK  ?= embedded
# Further flags for `make stack`, `dhan` and `screenshots`, as in: make dhan ARGS="--speed 60"
ARGS   ?=

.DEFAULT_GOAL := help
.PHONY: help install demo test test-full lint types web-types build stack dhan bench chaos soak picture screenshots clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: .venv/.installed ## set up Python packages, Node and npm packages in .venv

.venv/.installed: requirements-dev.txt devstack/install.py devstack/package-lock.json tests/contract/package-lock.json web/package-lock.json
	@echo "Setting up .venv and building the dashboard (once, about three minutes):" >&2
	@$(PYTHON) devstack/install.py
	@$(PY) -m devstack.web --build-only

demo: .venv/.installed ## run the whole system on a simulated market day, with a live view
	@exec $(PY) -m devstack.demo

test: .venv/.installed ## run the tests (under 10 minutes)
	@$(PY) -m devstack.browser
	@$(PY) -m devstack.web --build-only
	@$(PY) -m pytest -n 2 --dist loadfile

test-full: .venv/.installed ## run the tests that are too long for `make test`
	@$(PY) -m devstack.browser
	@$(PY) -m devstack.web --build-only
	@$(PY) -m pytest -n 2 --dist loadfile -m full

lint: .venv/.installed ## check style and formatting of Python, SQL and TypeScript
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m sqlfluff lint --processes 2 --disable-progress-bar devstack/supabase/sql supabase tests/contract/schema
	@cd web && PATH="$(CURDIR)/.venv/bin:$$PATH" npm run --silent lint

types: .venv/.installed ## check types, strictly, of Python and TypeScript
	@$(PY) -m mypy
	@cd web && PATH="$(CURDIR)/.venv/bin:$$PATH" npm run --silent types

web-types: .venv/.installed ## write web/lib/database.types.ts anew from the migrations
	@$(PY) -m devstack.supabase.typescript_types

build: .venv/.installed ## compile core with mypyc into build/ (needs a C compiler)
	@$(PY) -m devstack.compile

stack: .venv/.installed ## run the embedded Supabase alone (STACK=cli: the Supabase CLI's instead)
	@exec $(PY) -m devstack.supabase --backend $(STACK) $(ARGS)

dhan: .venv/.installed ## run the Dhan simulator alone
	@exec $(PY) -m devstack.dhan $(ARGS)

bench: .venv/.installed ## run the benchmarks; each prints its peer's figure beside ours
	@set -e; for file in bench/*.py; do echo "== $$file"; $(PY) $$file; done

chaos: .venv/.installed ## kill workers and break feeds by the hundred (hours); writes docs/evidence/
	@$(PY) -m tests.chaos.kill
	@$(PY) -m tests.chaos.feed
	@$(PY) bench/supabase_away.py

soak: .venv/.installed ## run a day under full load, 20 minutes (ARGS="--minutes 10"); writes docs/evidence/
	@$(PY) -m tests.chaos.soak $(ARGS)

screenshots: .venv/.installed ## take a picture of every page and dialog of the dashboard into build/screenshots
	@$(PY) -m devstack.browser
	@$(PY) -m devstack.web.screenshots $(ARGS)

picture: .venv/.installed ## draw the generated day into docs/
	@$(PY) -m devstack.dhan.draw_day --out docs/generated-day.png

clean: ## remove everything that was set up or built, the embedded database included
	@if [ -x $(PY) ]; then $(PY) -m devstack.supabase --remove-state; fi
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis devstack/node_modules tests/contract/node_modules web/node_modules web/.next web/out

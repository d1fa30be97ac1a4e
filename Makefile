# `make demo` and `make test` need nothing but Python >= 3.11, make and a network to the package registry.
# PYTHON=/path/to/python chooses the Python; ARGS="..." is handed on to the program that a target runs.

RUN := .venv/bin/python
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test browser screenshots lighthouse lint fmt cover docs simulate soak torture crashes mailcheck bench clean

help:  ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

setup: $(READY)  ## Make .venv ready; every other target does this by itself

$(READY): pyproject.toml uv.lock tools/setup
	@tools/setup
	@touch $@

demo: $(READY)  ## Play ten weeks of 2,000 customers' payments on a virtual clock
	@$(RUN) -m purring demo $(ARGS)

test: $(READY)  ## Linters, types, imports, and the whole suite on both databases
	@$(RUN) tools/check.py $(ARGS)

browser: $(READY)  ## The portal in Chromium: every page and journey, in all languages, schemes and widths
	@tools/browser
	@PURRING_BROWSER_ALL=1 $(RUN) -m pytest -q tests/browser $(ARGS)

screenshots: $(READY)  ## A picture of every page of the portal, into DIR=.cache/screenshots
	@tools/browser
	@mkdir -p $(or $(DIR),.cache/screenshots)
	@PURRING_BROWSER_ALL=1 PURRING_SCREENSHOTS=$(or $(DIR),.cache/screenshots) $(RUN) -m pytest -q tests/browser/test_pages.py $(ARGS)

lighthouse: $(READY)  ## Lighthouse's scores of the portal's status, methods and pay pages: 0.95 or more
	@tools/browser
	@$(RUN) -m tools.lighthouse $(ARGS)

lint: $(READY)  ## Only the linters, types and imports
	@$(RUN) tools/check.py --no-tests $(ARGS)

fmt: $(READY)  ## Format the code and mend what can be mended
	@.venv/bin/ruff check --fix-only --quiet
	@.venv/bin/ruff format

cover: $(READY)  ## Measure the tests' coverage of the whole package
	@$(RUN) -m pytest -q --cov=purring --cov-report=term $(ARGS)

docs: $(READY)  ## Generate the reference pages anew
	@$(RUN) tools/docs.py $(ARGS)

simulate: $(READY)  ## Play 1,000 histories through every fault, and plant every bug
	@$(RUN) -m purring simulate $(ARGS)

soak: $(READY)  ## The same for HOURS=8, with seeds that nobody has tried
	@$(RUN) -m purring simulate --hours $(or $(HOURS),8) --no-bugs $(ARGS)

torture: $(READY)  ## Kill real workers on a real PostgreSQL for MINUTES=22, then look for harm
	@$(RUN) -m tools.torture --minutes $(or $(MINUTES),22) $(ARGS)

crashes: $(READY)  ## Play every story once for each point at which its worker can die
	@$(RUN) -m tools.crashes $(ARGS)

mailcheck: $(READY)  ## Send notices through a genuine Postfix with TLS, and read its bounces (as root)
	@$(RUN) -m tools.mailcheck $(ARGS)

fuzz-api: $(READY)  ## Call the API more than 10,000 times with what its document allows and forbids
	@$(RUN) -m tools.fuzz_api $(ARGS)

bench: $(READY)  ## Measure the speeds that we claim
	@tools/setup --group bench
	@$(RUN) -m benchmarks $(ARGS)

clean:  ## Remove everything that make has made
	rm -rf .venv .cache .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

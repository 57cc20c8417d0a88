# Two commands: `make demo` sets everything up and serves the app, `make test` sets everything up and
# runs all the tests. For Linux and macOS (GNU make 3.81 or newer).

PORT ?= 8501
WORKERS ?= 3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet

# Containers often stop Python from caching bytecode. The tests start many processes, and each would
# compile the app again.
export PYTHONDONTWRITEBYTECODE :=

# More options for the two commands, such as make test PYTEST_ARGS="-k counter"
STREAMLIT_ARGS ?=
PYTEST_ARGS ?=

# The interpreter that creates the virtual environment: a supported version if there is one, the best
# tested first, else whatever is called python3, which may be newer. It needs venv and ensurepip,
# which Debian packages separately.
USABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.13 python3.14 python3.12 python3.11 python3 python; do \
	"$$p" -c '$(USABLE)' >/dev/null 2>&1 && echo "$$p" && break; done)

# Chromium for the browser tests: $CHROMIUM, else the usual names, else where macOS has it.
ifeq ($(CHROMIUM),)
CHROMIUM := $(shell for c in chromium chromium-browser google-chrome google-chrome-stable \
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
	"/Applications/Chromium.app/Contents/MacOS/Chromium"; do \
	command -v "$$c" && break; done)
endif
export CHROMIUM

# Snowplow's JavaScript clients, with which tests/foreign calls the sandbox. For tests only.
CLIENTS := tests/foreign/node_modules

# Older versions of Snowplow's Python tracker, for the same tests: each in a folder of its own.
OLDER := .older-trackers/0.10.0 .older-trackers/0.15.0

.PHONY: demo test check security fuzz soak bench cloud screenshots icons mistakes lock browser clean

# The explicit address keeps Streamlit from looking up this machine's public one.
demo: $(VENV)/app-installed
	@echo "Serving the app on http://localhost:$(PORT) (Ctrl+C stops it)"
	@$(PY) -m streamlit run app.py --server.port $(PORT) --server.headless true \
		--browser.serverAddress localhost $(STREAMLIT_ARGS)

test: browser check security $(CLIENTS)/installed $(OLDER)
	$(PY) -m pytest -n $(WORKERS) --dist loadfile $(if $(PYTEST_ARGS),,--cov) $(PYTEST_ARGS)

# The tests of tests/fuzz at full size and with random input: at least this many requests to the API,
# and as many to the collector. In one process, so that the count at the end is the total. And the
# property tests of Signals, over more generated histories.
FUZZ_REQUESTS ?= 5000
fuzz: $(VENV)/dev-installed
	FUZZ_REQUESTS=$(FUZZ_REQUESTS) $(PY) -m pytest tests/fuzz tests/sandbox/signals --timeout 3600 $(PYTEST_ARGS)

# What deptry leaves out when it checks the app alone.
NOT_THE_APP := (tests|benchmarks|docs|\.ci)/

check: $(VENV)/dev-installed
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-logo
	$(VENV)/bin/deptry .
	$(VENV)/bin/deptry . --optional-dependencies-dev-groups dev --extend-exclude '$(NOT_THE_APP)'

# Finds insecure code, licences that are not allowed, and known vulnerabilities of the installed
# packages (where the vulnerability service can be reached).
security: $(VENV)/dev-installed
	$(PY) -m bandit --quiet --configfile pyproject.toml --recursive lib pages app.py frame.py
	@$(VENV)/bin/pip-licenses --packages \
		$$(sed -nE 's/^([A-Za-z0-9_.-]+)==.*/\1/p' requirements.txt) > /dev/null
	$(PY) .ci/audit.py

# Pages left open for a minute, many tabs that open and close, then many people for a long time, with
# tabs that come and go and a sandbox that crashes, and more visitors than there are files to open.
SOAK_MINUTES ?= 30
SOAK_SESSIONS ?= 200
soak: browser $(VENV)/dev-installed
	IDLE_SECONDS=60 $(PY) -m pytest tests/browser -k left_alone $(PYTEST_ARGS)
	SESSIONS=50 $(PY) -m pytest tests/support -k open_and_close $(PYTEST_ARGS)
	SOAK_MINUTES=$(SOAK_MINUTES) SOAK_SESSIONS=$(SOAK_SESSIONS) $(PY) -m pytest \
		tests/soak tests/ui/test_open_files.py --timeout 7200 -s $(PYTEST_ARGS)

# Every line of the table in docs/performance.md, with the baselines.
bench: $(VENV)/dev-installed
	@$(PY) -m benchmarks

# Runs the app as Streamlit Community Cloud does, on each supported Python on this machine.
cloud: $(VENV)/dev-installed
	@PYTHONPATH=. $(PY) .ci/cloud.py

# Takes the pictures in docs/images from the running app.
screenshots: browser $(VENV)/dev-installed
	@$(PY) docs/screenshots.py

# Builds lib/ui/first_icons.woff2 from Streamlit's font, with the icons that the app uses.
icons: $(VENV)/dev-installed
	@PYTHONPATH=. $(PY) .ci/icons.py

# Runs every mistake of lib/story/mistakes, and writes docs/mistakes.md from the results.
mistakes: $(VENV)/dev-installed
	@$(PY) -m lib.story.mistakes.document

# Compiles requirements*.in to exact versions of everything, for Linux, macOS and Windows and every
# supported Python. The header names the options because Dependabot reads them there, and recompiles
# each file by itself: hence one .in for each .txt.
OPTIONS := --universal --python-version 3.11
LOCK := $(VENV)/bin/uv pip compile --quiet $(OPTIONS) \
	--custom-compile-command "make lock (uv pip compile $(OPTIONS))"
lock: $(VENV)/dev-installed
	$(LOCK) requirements.in --output-file requirements.txt
	$(LOCK) requirements-dev.in --constraint requirements.txt --output-file requirements-dev.txt

browser:
	@if ! "$$CHROMIUM" --version >/dev/null 2>&1; then \
		echo "make test: no Chromium found, and the browser tests need one."; \
		echo "  Debian, Ubuntu: sudo apt-get install chromium"; \
		echo "  macOS:          brew install --cask chromium"; \
		echo "  elsewhere:      set CHROMIUM to the program's path"; \
		exit 1; \
	fi >&2
	@if ! command -v "$${FIREFOX:-firefox-esr}" >/dev/null && ! command -v firefox >/dev/null; then \
		echo "make test: no Firefox found (Debian: sudo apt-get install firefox-esr)."; \
		echo "  The tests in Firefox are skipped."; \
	fi >&2

clean:
	rm -rf $(VENV) $(CLIENTS) .older-trackers .mypy_cache .pytest_cache .ruff_cache .hypothesis \
		test-results

# The environment is created once. Packages are installed again when the pins change.
$(PY):
	@if [ -z "$(PYTHON)" ] || ! "$(PYTHON)" -c '$(USABLE)'; then \
		echo "make: this needs Python 3.11 or newer with its venv module."; \
		echo "  found:          $$(python3 --version 2>&1)"; \
		echo "  Debian, Ubuntu: sudo apt-get install python3 python3-venv"; \
		echo "  macOS:          brew install python@3.13"; \
		echo "  elsewhere:      make PYTHON=/path/to/python3.13 demo"; \
		exit 1; \
	fi >&2
	@"$(PYTHON)" -m venv --clear $(VENV)

$(VENV)/app-installed: requirements.txt | $(PY)
	@echo "Installing the app's packages into $(VENV) (once, about a minute)"
	@$(PIP) install -r requirements.txt
	@touch $@

$(VENV)/dev-installed: requirements-dev.txt requirements.txt | $(PY)
	@echo "Installing the app's and the tests' packages into $(VENV) (once, about a minute)"
	@$(PIP) install -r requirements.txt -r requirements-dev.txt
	@touch $(VENV)/app-installed $@

$(CLIENTS)/installed: tests/foreign/package-lock.json tests/foreign/package.json
	@if ! npm --version >/dev/null 2>&1 || \
		! node -e "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)" 2>/dev/null; then \
		echo "make test: the tests with foreign clients need Node 18 or newer, and npm."; \
		echo "  found:          node $$(node --version 2>&1), npm $$(npm --version 2>&1)"; \
		echo "  Debian, Ubuntu: sudo apt-get install nodejs npm"; \
		echo "  macOS:          brew install node"; \
		echo "  elsewhere:      https://nodejs.org/en/download"; \
		exit 1; \
	fi >&2
	@echo "Installing Snowplow's JavaScript clients for the tests into $(CLIENTS) (once)"
	@cd tests/foreign && npm ci --ignore-scripts --no-audit --no-fund --silent --loglevel=error
	@touch $@

# It needs nothing that the app's own version does not need.
.older-trackers/%: | $(VENV)/dev-installed
	@echo "Installing version $* of Snowplow's Python tracker for the tests into $@ (once)"
	@$(PIP) install --no-deps --target $@ snowplow-tracker==$*

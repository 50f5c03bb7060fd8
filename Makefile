# Two commands: `make demo` shows it, `make test` proves it. They need make, a POSIX shell and Python 3.11 or newer.

PORT = 8000
SIMULATOR_PORT = 9110
VENV = .venv
BIN = $(VENV)/bin

.PHONY: help demo drill test check format soak mutants bench screenshots words lock clean

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile

demo: ## the desk with made-up traffic, on this machine; Ctrl-C stops it
	@sh .ci/venv $(VENV) requirements.txt
	@exec $(BIN)/python manage.py demo --port $(PORT) --simulator-port $(SIMULATOR_PORT)

drill: ## a call goes wrong on the demo that runs, and you are scored; NAME="distressed caller", or none: which there are
	@exec $(BIN)/python manage.py drill $(if $(NAME),"$(NAME)")

test: ## every test that this machine can run; LANES="a c" for some
	@sh .ci/venv $(VENV) requirements-dev.txt
	@exec $(BIN)/python tests/lanes.py $(LANES)

check: ## lint, format, types and who may import whom
	@sh .ci/venv $(VENV) requirements-dev.txt
	@exec $(BIN)/python tests/checks.py

format: ## let ruff put it right
	@sh .ci/venv $(VENV) requirements-dev.txt
	$(BIN)/python -m ruff check --fix .
	$(BIN)/python -m ruff format .

soak: ## every test at its whole figures; takes its time
	@sh .ci/venv $(VENV) requirements-dev.txt
	@SOAK=1 exec $(BIN)/python tests/lanes.py $(LANES)

mutants: ## do the tests bite? defects put in one at a time, each must turn one red; ONLY="lease head" for some
	@sh .ci/venv $(VENV) requirements-dev.txt
	@exec $(BIN)/python -m tests.mutants $(ONLY)

bench: ## how fast it is, against the app that tutorials write; GOALS=1,4 for some of the goals
	@sh .ci/venv $(VENV) requirements-dev.txt
	@exec $(BIN)/python -m tests.bench --goals "$(GOALS)"

screenshots: ## every state of the desk at every size, light and dark, into var/screenshots/, and those of the README; ONLY=transfer for some
	@sh .ci/venv $(VENV) requirements-dev.txt
	@SCREENSHOTS=1 exec $(BIN)/python -m pytest -m tour tests/browser/test_tour.py -k "$(ONLY)"

words: ## what the program says, into calls/locale, for who translates it
	@sh .ci/venv $(VENV) requirements-dev.txt
	@$(VENV)/bin/python -m tests.words

lock: ## requirements*.txt from requirements*.in
	@sh .ci/lock

clean: ## forget the virtual environment, the demo's database and every cache
	rm -rf $(VENV) var staticfiles .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

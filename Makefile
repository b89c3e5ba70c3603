# The commands of the project; `make` alone lists them. Needs Python 3.11 with its venv module.

DB = data/cutline.duckdb
PORT = 8501
ARGS =
# Recipes read these from the environment, where no character in a path can break the quoting.
export DB PORT

PYTHON = .venv/bin/python
BENCH_JSON = .benchmarks/latest.json

.DEFAULT_GOAL = help
.PHONY: help run test soak prep sweep optimize drift accept audit bench lint pictures

help: ## list the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 17
	@echo "Variables: DB=$(DB) PORT=$(PORT) ARGS= (for accept, audit, drift, optimize, soak, sweep, test)"

run: ## open the dashboard on 127.0.0.1; the first time also install and load the packaged data
	@scripts/setup.sh run
	@$(PYTHON) scripts/run.py --db "$$DB" --port "$$PORT"

prep: ## load the packaged data into DB
	@scripts/setup.sh run
	@$(PYTHON) -m engine load-packaged --db "$$DB"

sweep: ## sensitivity of the clusters to the threshold: table, CSV, HTML
	@scripts/setup.sh run
	@$(PYTHON) scripts/threshold_sensitivity.py --db "$$DB" --packaged-if-empty $(ARGS)

optimize: ## compute a portfolio and store it as a run
	@scripts/setup.sh run
	@$(PYTHON) scripts/optimize_clustered_v2.py --db "$$DB" --packaged-if-empty $(ARGS)

drift: ## what is held against its target (ARGS="--portfolio NAME")
	@scripts/setup.sh run
	@$(PYTHON) scripts/track_portfolio_state.py drift --db "$$DB" --packaged-if-empty $(ARGS)

accept: ## record the approved ticket as traded (ARGS="ID --fills FILE")
	@scripts/setup.sh run
	@$(PYTHON) scripts/track_portfolio_state.py accept --db "$$DB" $(ARGS)

audit: ## recompute and check every preset, regime and profile on the packaged data
	@scripts/setup.sh run
	@$(PYTHON) -m engine audit --recompute $(ARGS)

test: ## all checks and tests, in the browser too
	@scripts/setup.sh dev browser
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

soak: ## the tests with the long campaigns in full
	@scripts/setup.sh dev browser
	$(PYTHON) -m pytest --soak $(ARGS)

lint: ## ruff and mypy
	@scripts/setup.sh dev
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy

bench: ## measure against peers and print the table
	@scripts/setup.sh dev bench browser
	@mkdir -p $(dir $(BENCH_JSON))
	$(PYTHON) -m pytest benchmarks --benchmark-only --benchmark-json=$(BENCH_JSON)
	$(PYTHON) benchmarks/table.py $(BENCH_JSON)
	$(PYTHON) benchmarks/browser.py $(ARGS)

pictures: ## take the README's pictures anew
	@scripts/setup.sh dev browser
	$(PYTHON) scripts/pictures.py

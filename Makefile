# 迁云 Qianyun. `make` 列出目标 / `make` lists the targets.
.DEFAULT_GOAL := help
.PHONY: help setup setup-netbox setup-roles check format test demo bench bench-rcpsp chaos shots up netbox netbox-down clean
MAKEFLAGS += --no-print-directory
# A run is hundreds of processes: each would compile what it imports again.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PY := $(BIN)/python
# The lab makes namespaces, which needs root: for anyone else the last command runs under sudo,
# with this PATH and environment, and leaves no compiled files of root's in the checkout.
AS_ROOT := $(if $(filter 0,$(shell id -u)),,sudo -E env "PATH=$(PATH)" PYTHONDONTWRITEBYTECODE=1)

help: ## 列出目标 / list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## 安装一切所需 / install all that is needed (packages, Python, environment)
	@tools/setup

setup-netbox:
	@tools/setup netbox

setup-roles: setup
	@tools/setup roles

check: setup ## 静态检查 / static checks: ruff, mypy --strict, import-linter
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo '格式不符，请运行 / not formatted, run: make format' >&2; exit 1; }
	@$(BIN)/mypy
	@out=$$(MYPYPATH=playbooks/module_utils $(BIN)/mypy --strict -p qianyun_agent) || { printf '%s\n' "$$out" >&2; exit 1; }
	@out=$$($(BIN)/lint-imports 2>&1) || { printf '%s\n' "$$out" >&2; exit 1; }

format: setup ## 整理格式 / format the code
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

test: setup-netbox ## 全部测试 / all tests; ARGS="-k name" 选择 / selects
	@$(AS_ROOT) $(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not chaos and not bench and not slow" --hypothesis-profile=repeatable $(ARGS)

demo: $(if $(filter netbox,$(INVENTORY)),setup-netbox,setup) ## 在真实主机上迁移三个系统 / move three systems on real hosts
	@$(AS_ROOT) $(PY) -m tests.demo $(if $(INVENTORY),--inventory '$(INVENTORY)') $(ARGS)

bench: setup-netbox setup-roles ## 测量 / measure, one JSON object a line; ONLY=engine. 选择前缀 / by prefix
	@$(AS_ROOT) $(PY) -m tests.bench $(if $(ONLY),--only '$(ONLY)')

bench-rcpsp: setup ## 对 PSPLIB 排程 / schedule PSPLIB's .sm files: DIR=folder SECONDS=10 (each)
	@$(PY) -m tests.bench.rcpsp '$(DIR)' --seconds '$(or $(SECONDS),10)'

chaos: setup-netbox setup-roles ## 杀进程、断网络等慢测试 / kills and faults: the slow tests
	@$(AS_ROOT) $(PY) -m pytest -m "chaos or slow or hypothesis" $(ARGS)

shots: setup ## 每页截图并核对 / every page as a picture, and axe over it: FOLDER=.shots
	@SHOTS_FOLDER='$(or $(FOLDER),.shots)' $(PY) -m pytest tests/browser/test_walk.py -n0 -m "slow or not slow" -k "every_light" $(ARGS)

up: setup ## 启动引擎、工作进程与接口 / start engine, worker and HTTP API on loopback
	@$(BIN)/qianyun up $(ARGS)

netbox: setup-netbox ## 在本机启动真实的 NetBox / start a real NetBox on loopback; PORT=8300 FOLDER=.netbox/state
	@$(PY) -m tests.netbox up $(if $(PORT),--port '$(PORT)') $(if $(FOLDER),--folder '$(FOLDER)')

netbox-down: ## 停止它，数据保留 / stop it, its data stay
	@$(PY) -m tests.netbox down $(if $(FOLDER),--folder '$(FOLDER)')

clean: ## 删除环境与缓存 / remove the environment and caches
	@$(AS_ROOT) rm -rf .venv .tools .netbox/venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	@$(AS_ROOT) find . -name __pycache__ -type d -prune -exec rm -rf {} +

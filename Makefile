# The commands of the project. `make help` lists the verbs.
SHELL := /bin/bash
JOBS ?= 2
MINUTES ?= 2
LONG_MINUTES ?= 60
NODE ?= auto
# One compiler cache serves every checkout of this tree.
export CCACHE_BASEDIR := $(CURDIR)
export CCACHE_NOHASHDIR := 1
.DEFAULT_GOAL := help
.PHONY: help build demo test test-long fuzz cluster bench coverage dashboard image fmt clean

help: ## this list
	@awk -F': .*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## the program, at build/holdfast
	@tools/setup build
	@cmake --preset release $(CMAKE_QUIET)
	@cmake --build --preset release -j $(JOBS)

demo: build ## the main job on an embedded catalog: Restore, Fresh, Wait, Refuse
	@tools/setup demo
	@tools/demo/run build/holdfast

test: ## every test that this machine can run
	@tools/test

test-long: ## every scenario on the node; then an hour (LONG_MINUTES=60) of reviews and faults: no wrong answer, no growing memory
	@tools/test-long $(LONG_MINUTES)

fuzz: ## the fuzz targets for minutes each (MINUTES=2) instead of seconds
	@tools/setup test
	@cmake --preset fuzz $(CMAKE_QUIET)
	@cmake --build --preset fuzz -j $(JOBS)
	@tests/fuzz/run --build build-fuzz --jobs $(JOBS) --minutes $(MINUTES)

cluster: build ## a real Kubernetes node with VolSync, a repository and holdfast, to try (NODE=off: the API server alone)
	@tools/setup cluster
	@tools/cluster --node $(NODE)

bench: ## benchmarks with their peers; reports, never fails on a time
	@tools/setup bench
	@tests/bench/run

coverage: ## lines of core, json and webhook that the tests execute
	@tools/setup test
	@tools/coverage

dashboard: build ## the picture of the dashboard in docs, from a real Prometheus (needs chromium)
	@tools/setup cluster
	@tools/dashboard/run

image: ## the container image (ARCH=arm64, BASE=…: docs/image.md)
	@tools/image/build

fmt: ## format the sources
	@git ls-files '*.cpp' '*.hpp' | xargs clang-format-16 -i

clean: ## remove what was built here; the cache of real components stays
	@rm -rf build build-debug build-sanitize build-threads build-fuzz build-coverage build-bench

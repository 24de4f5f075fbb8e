# Martlet: `make run` and `make test` need nothing but Swift; they install the rest if missing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := run
.PHONY: setup build run test bench lint golden clean

MARTLET := .build/release/martlet

# Prints how to get Swift in one line when it is missing, then installs libraries if missing.
setup:
	@command -v swift >/dev/null || { \
	  echo "make: Swift is missing; get 6.2 or later: https://www.swift.org/install" >&2; exit 1; }
	@if ! { printf '#include <gsl/gsl_rng.h>\n#include <zlib.h>\n' \
	  | cc -E -x c - >/dev/null 2>&1; }; then \
	  echo "make: installing GSL and zlib" >&2; \
	  if command -v apt-get >/dev/null; then \
	    root=""; [ "$$(id -u)" = 0 ] || root=sudo; \
	    $$root apt-get update -qq && \
	    $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	      libgsl-dev zlib1g-dev >/dev/null; \
	  elif command -v brew >/dev/null; then brew install gsl zlib; \
	  else echo "make: install GSL (libgsl-dev) and zlib (zlib1g-dev) by hand" >&2; exit 1; fi; \
	fi

build: setup
	@swift build -c release --product martlet 2>&1 | grep -vE '^\[|^(Fetch|Comput|Creat|Work)' || true
	@test -x $(MARTLET) && swift build -c release --product martlet >/dev/null

# Simulates the default experiment and prints the result.
run: build
	@$(MARTLET) run Workloads/demo.yaml

# Fast tests with all checks on, then everything with the optimiser on.
test: setup
	swift build -c release --product martlet
	swift test
	swift test -c release

# Speed of the engine, of trace input and of whole runs; fails when a figure misses its limit.
bench: setup
	swift build -c release
	.build/release/Bench Results/bench.csv $(MARTLET)

lint:
	swift format lint -s -r Sources Tests Package.swift

# Rewrites the expected outputs of Workloads/golden.
golden: build
	@for file in Workloads/golden/*.yaml; do \
	  $(MARTLET) run $$file --out $${file%.yaml} --force --quiet 2>/dev/null; \
	  sed -i 's/"wall_time_s": [^,]*/"wall_time_s": 0/' $${file%.yaml}/summary.json; done
	@git status --short Workloads/golden

clean:
	rm -rf .build *-out

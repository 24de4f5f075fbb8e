# Martlet: `make run` and `make test` need nothing but Swift; they install the rest if missing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := run
.PHONY: setup libraries gnuplot setup-slurm build run test test-slurm test-report acceptance \
  bench lint dist golden results scorecard profiles fidelity clean

MARTLET := .build/release/martlet
# No debugger waits for these builds: its tables, which take time to write, are left out.
LEAN := -debug-info-format none

# What running and testing want; `make run` waits for the libraries only.
setup: libraries gnuplot

# Prints how to get Swift in one line when it is missing, then installs libraries if missing.
libraries:
	@command -v swift >/dev/null || { \
	  echo "make: Swift is missing; get 6.2 or later: https://www.swift.org/install" >&2; exit 1; }
	@found() { for place in /usr /usr/local /opt/homebrew; do \
	  [ ! -f $$place/include/$$1 ] || return 0; done; return 1; }; \
	if ! { found gsl/gsl_rng.h && found zlib.h; }; then \
	  echo "make: installing GSL and zlib" >&2; \
	  if command -v apt-get >/dev/null; then \
	    root=""; [ "$$(id -u)" = 0 ] || root=sudo; \
	    $$root apt-get update -qq && \
	    $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	      libgsl-dev zlib1g-dev >/dev/null; \
	  elif command -v brew >/dev/null; then brew install gsl zlib; \
	  else echo "make: install GSL (libgsl-dev) and zlib (zlib1g-dev) by hand" >&2; exit 1; fi; \
	fi

# For martlet plot and report; the rest of the program goes without.
gnuplot:
	@command -v gnuplot >/dev/null || { echo "make: installing gnuplot" >&2; \
	  if command -v apt-get >/dev/null; then \
	    root=""; [ "$$(id -u)" = 0 ] || root="sudo -n"; \
	    timeout 120 $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	      --no-install-recommends gnuplot-nox >/dev/null 2>&1; \
	  elif command -v brew >/dev/null; then brew install gnuplot; else false; fi; \
	} || echo "make: no gnuplot; martlet plot and report need it: apt-get install gnuplot-nox" >&2

# Slurm and munge from Debian, for test-slurm; nothing is started.
setup-slurm:
	@if ! { command -v sbatch && command -v slurmd && command -v munged; } >/dev/null; then \
	  command -v apt-get >/dev/null || { \
	    echo "make: install slurm-wlm and munge by hand" >&2; exit 1; }; \
	  echo "make: installing slurm-wlm and munge" >&2; \
	  root=""; [ "$$(id -u)" = 0 ] || root=sudo; \
	  $$root apt-get update -qq && \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    slurm-wlm munge >/dev/null; \
	fi

build: libraries
	@swift build $(LEAN) -c release --product martlet 2>&1 | grep -vE '^\[|^(Fetch|Comput|Creat|Work)' || true
	@test -x $(MARTLET) && swift build $(LEAN) -c release --product martlet >/dev/null

# Simulates the default experiment and prints the result.
run: build
	@$(MARTLET) run Workloads/demo.yaml

# Fast tests with all checks on, then all that computes with the optimiser on, then the binary as
# users meet it, and the scenarios with what they expect. Release tests leave their binary behind.
test: setup
	swift test $(LEAN)
	swift test $(LEAN) -c release --skip '^(TidyTests|ReportTests|FilesTests)\.'
	$(MARTLET) compare Workloads/scenarios --quiet
	$(MARTLET) scorecard
	$(FIRST_FIVE)
	$(SLURM_TEST)
	$(REPORT_TEST)

FIRST_FIVE = Tests/acceptance/firstfive.sh $(MARTLET)
SLURM_TEST = Tests/slurm/test.sh $(MARTLET)
REPORT_TEST = Tests/report/browser.sh $(MARTLET)

# The first five minutes of a user, offline, from one file.
acceptance: build
	@$(FIRST_FIVE)

# A sweep on a real Slurm of two nodes; skipped with a message where there is none.
test-slurm: build
	@$(SLURM_TEST)

# Reports in a headless Chromium; skipped with a message where there is none.
test-report: build
	@$(REPORT_TEST)

# One file for any Linux of this architecture: dist/martlet, and packed with the licence.
# ICU, which Foundation brings and nothing here asks, gets an empty table in place of 31 MB.
DIST := dist/martlet-linux-$(shell uname -m).tar.gz
dist: setup
	@[ "$$(uname -s)" = Linux ] || { echo "make: dist links statically, on Linux only" >&2; exit 1; }
	@mkdir -p dist
	@static=$$(swiftc -static-stdlib -print-target-info \
	  | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p'); \
	icu=$$(nm $$static/linux/lib_FoundationICU.a 2>/dev/null | grep -o 'icudt[0-9]*_dat' \
	  | sort -u || true); \
	swift build -c release --product martlet --scratch-path .build/dist -Xswiftc -static-executable \
	  -Xlinker --gc-sections -Xlinker -s $${icu:+-Xlinker --defsym=$$icu=0} >dist/build.log 2>&1 \
	  || { cat dist/build.log >&2; exit 1; }
	@rm -f dist/build.log
	@install -m 755 .build/dist/release/martlet dist/martlet
	@Tests/dist/check.sh dist/martlet
	@tar -czf $(DIST) --owner=0 --group=0 -C $(CURDIR) LICENSE -C dist martlet
	@ls -l dist/martlet $(DIST)

# Speed of the engine, of trace input and of whole runs; fails when a figure misses its limit.
bench: setup
	swift build $(LEAN) -c release
	.build/release/Bench Results/bench.csv $(MARTLET)

lint:
	swift format lint -s -r Sources Tests Package.swift

# Rewrites the expected outputs of Workloads/golden.
golden: build
	@for file in Workloads/golden/*.yaml; do \
	  $(MARTLET) run $$file --out $${file%.yaml} --force --quiet 2>/dev/null; \
	  sed -i 's/"wall_time_s": [^,]*/"wall_time_s": 0/' $${file%.yaml}/summary.json; done
	@git status --short Workloads/golden

# Results/*.csv that README quotes; a row is what one experiment's summary.json says.
results: build
	@$(MARTLET) run Workloads/demo.yaml --out Results/demo --force --quiet
	@sed -i 's/"wall_time_s": [^,]*/"wall_time_s": 0/' Results/demo/summary.json
	@$(MARTLET) run Workloads/demo.yaml | grep -v ^next: | awk -f Results/demo.awk - README.md \
	  > README.new && mv README.new README.md
	@{ echo experiment,scheduler,cost,mean_running_requests,kv_token_share_waiting; \
	  for file in sharegpt-saturated sharegpt-2rps; do for cost in calibrated roofline; do \
	  for scheduler in vllm-v0 orca-max orca-pow2 orca-oracle; do \
	    $(MARTLET) run Workloads/papers/vllm/$$file.yaml --json --quiet --set engine.cost=$$cost \
	      --set engine.scheduler=$$scheduler 2>/dev/null \
	    | awk -v head=$$file,$$scheduler,$$cost -F'[:,]' \
	      '/"mean_running_requests"/ {a=$$2} /"kv_token_share_waiting"/ {b=$$2} \
	       END {gsub(/ |null/,"",a); gsub(/ |null/,"",b); print head "," a "," b}'; \
	  done; done; done; } > Results/vllm-orca.csv
	@{ echo context_tokens,prefill_ms,decode_250_ms; for tokens in 4000 50000; do \
	    $(MARTLET) run Workloads/papers/long-context/yi-34b.yaml --json --quiet \
	      --set workload.generate.input_tokens.value=$$tokens 2>/dev/null \
	    | awk -v tokens=$$tokens -F'[:,]' '/"mean_ttft_ms"/ {a=$$2} /"mean_e2el_ms"/ {b=$$2} \
	      END {printf "%d,%.3f,%.3f\n", tokens, a, b - a}'; done; } > Results/long-context.csv

# Results/scorecard.*, the table in README and Results/robustness.csv: published beside simulated.
scorecard: build
	@$(MARTLET) scorecard --robustness --out .build/scorecard --force > .build/scorecard.txt || true
	@cp .build/scorecard/scorecard.* .build/scorecard/robustness.csv Results/
	@awk -f Results/scorecard.awk .build/scorecard.txt Results/scorecard.csv README.md > README.new \
	  && mv README.new README.md
	@tail -n 20 .build/scorecard.txt

# Workloads/profiles/*.yaml from the measurements in ../shared, and the constants that Cost compiles.
DATA := ../shared/data/fidelity
define calibrate
	@$(MARTLET) calibrate $(foreach kind,gemm attention_decode attention_prefill collectives, \
	  $(DATA)/$(kind)_$(1).csv) $(3) --gpu $(2) --out Workloads/profiles/$(2).yaml --force
endef
profiles: build
	$(call calibrate,a100_sxm,a100-80gb-sxm)
	$(call calibrate,h100_sxm,h100-80gb-sxm,$(DATA)/moe_h100_sxm.csv $(DATA)/copy_bandwidth_h2d.csv)
	$(call calibrate,rtx_pro_6000_server,rtx-pro-6000-server,$(DATA)/vllm_layer_dense_rtxpro6000.csv \
	  $(DATA)/vllm_layer_per_sequence_rtxpro6000.csv)
	@awk -f Workloads/profiles/swift.awk Workloads/profiles/*.yaml > \
	  Sources/Cost/MeasuredConstants+All.swift
	@swift format -i Sources/Cost/MeasuredConstants+All.swift

# Results/fidelity.csv (errors against the measurements in ../shared), its plot, README's table.
KINDS := gemm attention_decode attention_prefill collectives
define fidelity
	@for held in "" --held-out; do $(MARTLET) validate-cost $(foreach kind,$(KINDS), \
	  $(DATA)/$(kind)_$(1).csv) $(if $(2),$$([ -n "$$held" ] || echo $(2))) --gpu $(1) $$held --csv \
	  2>/dev/null | tail -n +2 >> Results/fidelity.csv; done
endef
fidelity: build
	@command -v gnuplot >/dev/null || apt-get install -y -qq gnuplot-nox >/dev/null
	@$(MARTLET) validate-cost $(DATA)/copy_bandwidth_h2d.csv --gpu h100-80gb-sxm --csv \
	  | head -1 > Results/fidelity.csv
	$(call fidelity,a100_sxm)
	$(call fidelity,h100_sxm,$(DATA)/moe_h100_sxm.csv $(DATA)/copy_bandwidth_h2d.csv)
	$(call fidelity,rtx_pro_6000_server,$(DATA)/vllm_layer_attention_rtxpro6000.csv \
	  $(DATA)/vllm_layer_dense_rtxpro6000.csv $(DATA)/vllm_layer_per_sequence_rtxpro6000.csv)
	@{ $(MARTLET) validate-run --csv $(DATA)/e2e_silicon_dense_h100.csv \
	  $(DATA)/e2e_splitwise_llama2-70b_tp2_tp8.csv $(DATA)/e2e_argonne.csv; \
	  $(MARTLET) validate-run --csv $(DATA)/e2e_requests_RTXPRO6000_Llama-3.1-8B.csv \
	    --gpu rtx-pro-6000-server --model llama-3.1-8b --engine vllm \
	    --set engine.scheduler.max_num_batched_tokens=2048 \
	    --set engine.scheduler.max_num_seqs=128 | tail -n +2; \
	  $(MARTLET) validate-run --csv $(DATA)/e2e_silicon_dense_h100.csv --profile none | tail -n +2; \
	  for model in qwen3-32b llama-3.1-70b; do \
	    $(MARTLET) validate-run --csv $(DATA)/e2e_silicon_dense_h100.csv --engine vllm \
	      --fitted-on $$model | tail -n +2; done; } > Results/runs.csv
	@awk -f Results/runs.awk Results/runs.csv README.md > README.new
	@mv README.new README.md
	@gnuplot Results/fidelity.plt
	@awk -f Results/fidelity.awk Results/fidelity.csv README.md > README.new && mv README.new README.md

clean:
	rm -rf .build dist *-out

#!/usr/bin/env bash
# What cached blocks under HBM save, and what two instances save that share them: Results/lmcache.csv.
# usage: Results/lmcache.sh MARTLET
set -euo pipefail
cd "$(dirname "$0")/.."
martlet=$1
keys="mean_ttft_ms p50_ttft_ms p99_ttft_ms mean_itl_ms prefix_cache_hit_rate loaded_bytes"

# One line. Arguments: experiment, variant, seed, then key=value settings.
measure() {
  local experiment=$1 variant=$2 seed=$3 settings=()
  shift 3
  for setting in "$@"; do settings+=(--set "$setting"); done
  printf '%s,%s,%s,' "$experiment" "$variant" "$seed"
  "$martlet" run Workloads/papers/lmcache/"$experiment".yaml --json --quiet --set seed="$seed" \
    ${settings[@]+"${settings[@]}"} 2>/dev/null \
  | awk -v keys="$keys" -F'": ' '
      {name = $1; gsub(/[ "{]/, "", name); gsub(/[ ,}]/, "", $2); value[name] = $2}
      END {count = split(keys, key, " ")
        for (i = 1; i <= count; i++) printf "%s%s", value[key[i]], i < count ? "," : "\n"}'
}

{ echo "experiment,variant,seed,$(echo "$keys" | tr ' ' ,)"
  for seed in 1 2 3; do
    measure doc-qa "HBM alone" $seed engine.prefix_cache.offload.load=never
    measure doc-qa "HBM and DRAM" $seed
    measure shared-documents "remote apart" $seed cluster.memory.remote.shared=false
    measure shared-documents "remote shared" $seed
  done; } > Results/lmcache.csv

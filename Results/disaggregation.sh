#!/usr/bin/env bash
# What the size of messages costs when prefill and decode are apart: Results/disaggregation.csv.
# usage: Results/disaggregation.sh MARTLET
set -euo pipefail
cd "$(dirname "$0")/.."
martlet=$1
keys="mean_ttft_ms p99_ttft_ms mean_itl_ms handover_bytes num_copies copy_waiting_s"

# One run: the values of $keys in a line. Arguments: key=value settings.
measure() {
  local settings=()
  for setting in "$@"; do settings+=(--set "$setting"); done
  "$martlet" run Workloads/papers/lmcache/pd-8k-200.yaml --json --quiet \
    ${settings[@]+"${settings[@]}"} 2>/dev/null \
  | awk -v keys="$keys" -F'": ' '
      {name = $1; gsub(/[ "{]/, "", name); gsub(/[ ,}]/, "", $2); value[name] = $2}
      END {count = split(keys, key, " ")
        for (i = 1; i <= count; i++) printf "%s%s", value[key[i]], i < count ? "," : "\n"}'
}

# A line for small messages and one for chunks, each with how many times as long as with chunks the
# first token takes. Arguments: overlap, who makes the first token, requests at a time.
compare() {
  local overlap=$1 first=$2 concurrency=$3 shared chunks small
  shared=(cluster.disaggregation.overlap="$overlap" cluster.disaggregation.first_token="$first"
    workload.generate.arrivals.concurrency="$concurrency"
    workload.generate.requests=$((50 * concurrency)))
  chunks=$(measure "${shared[@]}" cluster.disaggregation.message_tokens=256)
  small=$(measure "${shared[@]}" cluster.disaggregation.message="64 KiB" \
    cluster.disaggregation.message_tokens=null)
  for line in "64 KiB,$small" "256 tokens,$chunks"; do
    awk -F, -v line="$overlap,$first,$concurrency,$line" -v base="${chunks%%,*}" \
      'BEGIN {split(line, cell, ","); printf "%s,%.3f\n", line, cell[5] / base}'
  done
}

{ echo "overlap,first_token,concurrency,message,$(echo "$keys" | tr ' ' ,),ttft_ratio"
  for overlap in none layers; do for first in decode prefill; do for concurrency in 1 2 4 8; do
    compare $overlap $first $concurrency
  done; done; done; } > Results/disaggregation.csv

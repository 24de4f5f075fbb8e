#!/usr/bin/env bash
# BatchLLM on the experiments of Workloads/papers/batchllm, against vLLM with and without its prefix
# cache and SGLang's order of the queue: Results/batchllm.csv.
# usage: Results/batchllm.sh MARTLET
set -euo pipefail
cd "$(dirname "$0")/.."
martlet=$1
keys="request_throughput prefill_saved_share shared_context_share underfilled_step_share"
keys+=" num_preemptions engine_steps sim_duration_s"

# vLLM 0.6's default of sequences, and the budget of the authors' test.
vllm="engine.scheduler={name: vllm-v1, max_num_batched_tokens: 2048, max_num_seqs: 256}"
lpm="engine.scheduler={name: longest-prefix-first, max_num_batched_tokens: 2048, max_num_seqs: 256}"
nocache="engine.prefix_cache.enabled=false"

# One line. Arguments: experiment, variant, then key=value settings.
measure() {
  local experiment=$1 variant=$2 settings=()
  shift 2
  for setting in "$@"; do settings+=(--set "$setting"); done
  printf '%s,%s,' "$experiment" "$variant"
  "$martlet" run Workloads/papers/batchllm/"$experiment".yaml --json --quiet \
    --set output.timeseries=false --set output.requests=false \
    ${settings[@]+"${settings[@]}"} 2>/dev/null \
  | awk -v keys="$keys" -F'": ' '
      {name = $1; gsub(/[ "{]/, "", name); gsub(/[ ,}]/, "", $2); value[name] = $2}
      END {count = split(keys, key, " ")
        for (i = 1; i <= count; i++) printf "%s%s", value[key[i]], i < count ? "," : "\n"}'
}

# BatchLLM with some of its parts. Arguments: sequences beyond 256, fused attention, order.
batchllm() {
  printf 'engine.scheduler={name: batchllm, token_batching_degree: %s, ' "$1"
  printf 'fused_attention: %s, order_by_decode_ratio: %s}' "$2" "$3"
}

{ echo "experiment,variant,$(echo "$keys" | tr ' ' ,)"
  for host in "1 ms" "3 ms" "10 ms"; do
    profile="engine.profile={name: none, host_time: $host}"
    measure micro "vLLM without prefix cache; host $host" "$profile" "$vllm" "$nocache"
    measure micro "vLLM; host $host" "$profile" "$vllm"
    measure micro "prefix sharing; host $host" "$profile" "$(batchllm 0 false false)"
    measure micro "prefix sharing and fused attention; host $host" "$profile" \
      "$(batchllm 0 true false)"
    measure micro "all with 100 sequences more; host $host" "$profile" "$(batchllm 100 true true)"
    measure micro "all with 1000 sequences more; host $host" "$profile" "$(batchllm 1000 true true)"
  done
  measure micro "vLLM without prefix cache" "$vllm" "$nocache"
  measure micro "vLLM" "$vllm"
  measure micro "longest prefix first; any queue" "${lpm/%\}/, fcfs_above: 0\}}"
  measure micro "prefix sharing" "$(batchllm 0 false false)"
  measure micro "prefix sharing and fused attention" "$(batchllm 0 true false)"
  measure micro "all with 100 sequences more" "$(batchllm 100 true true)"
  measure micro "all with 1000 sequences more" "$(batchllm 1000 true true)"
  measure micro "all; blocks of 64" "$(batchllm 100 true true)" engine.block_size=64
  measure micro "all; members do not wait" \
    "engine.scheduler={name: batchllm, waits_for_common: false}"
  for experiment in stress-1.33 stress-5 snippets; do
    measure $experiment "vLLM" "$vllm"
    measure $experiment "longest prefix first" "$lpm"
    measure $experiment "longest prefix first; any queue" "${lpm/%\}/, fcfs_above: 0\}}"
    measure $experiment "BatchLLM"
  done
  measure reorder "vLLM" "$vllm"
  for degree in 0 100 1000; do
    measure reorder "BatchLLM with $degree sequences more" "$(batchllm $degree false true)"
  done
  for host in "3 ms" "20 ms"; do
    profile="engine.profile={name: none, host_time: $host}"
    measure reorder "vLLM; host $host" "$profile" "$vllm"
    for degree in 0 100 1000; do
      measure reorder "BatchLLM with $degree sequences more; host $host" "$profile" \
        "$(batchllm $degree false true)"
    done
  done; } > Results/batchllm.csv

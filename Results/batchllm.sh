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
  local experiment=$1 variant=$2 settings=() setting
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

# Kernels of vLLM 0.6 with a host that takes so long a step, whatever it holds.
host() {
  printf 'engine.profile={name: vllm-0.6-eager, host_time: %s, ' "$1"
  printf 'host_time_per_sequence: 0 s, launch_time_per_layer: 0 s}'
}

# The parts of BatchLLM one after the other. Arguments: profile's name, its setting.
parts() {
  local name=$1 profile=$2
  measure micro "vLLM without prefix cache; $name" "$profile" "$vllm" "$nocache"
  measure micro "vLLM; $name" "$profile" "$vllm"
  measure micro "prefix sharing; $name" "$profile" "$(batchllm 0 false false)"
  measure micro "and fused attention; $name" "$profile" "$(batchllm 0 true false)"
  for degree in 100 1792; do
    measure micro "and $degree sequences more; $name" "$profile" "$(batchllm $degree true true)"
  done
}

{ echo "experiment,variant,$(echo "$keys" | tr ' ' ,)"
  for time in "1 ms" "3 ms" "10 ms"; do parts "host $time" "$(host "$time")"; done
  parts "vllm-0.6-eager" engine.profile=vllm-0.6-eager
  parts "vllm-2026" engine.profile=vllm-2026
  measure micro "longest prefix first; any queue" "${lpm/%\}/, fcfs_above: 0\}}"
  measure micro "all; blocks of 64" "$(batchllm 100 true true)" engine.block_size=64
  measure micro "all; members do not wait" \
    "engine.scheduler={name: batchllm, waits_for_common: false}"
  measure micro "vLLM; fused attention" "$vllm" engine.shared_prefix_attention=fused
  measure micro "vLLM; cascade attention" "$vllm" engine.shared_prefix_attention=cascade
  for experiment in stress-1.33 stress-5 snippets; do
    measure $experiment "vLLM" "$vllm"
    measure $experiment "longest prefix first" "$lpm"
    measure $experiment "longest prefix first; any queue" "${lpm/%\}/, fcfs_above: 0\}}"
    measure $experiment "BatchLLM"
  done
  for profile in "vllm-0.6-eager" "host 3 ms" "host 20 ms"; do
    setting=engine.profile=$profile
    [[ $profile == host* ]] && setting=$(host "${profile#host }")
    measure reorder "vLLM; $profile" "$setting" "$vllm"
    measure reorder "BatchLLM; $profile" "$setting"
    measure reorder "BatchLLM with 100 sequences more; $profile" "$setting" \
      "$(batchllm 100 false true)"
    measure reorder "in order of arrival; $profile" "$setting" "$(batchllm 1792 false false)"
  done; } > Results/batchllm.csv

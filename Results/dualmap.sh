#!/usr/bin/env bash
# DualMap against other routers: Results/dualmap*.csv. The conversation trace is not in this
# repository; without it its rows are left out.
# usage: Results/dualmap.sh MARTLET [CONVERSATION.jsonl.gz]
set -euo pipefail
cd "$(dirname "$0")/.."
martlet=$1
conversation=${2:-../shared/data/traces/mooncake_conversation_trace.jsonl.gz}
set_up=Workloads/papers/dualmap
traces="tool-agent"
[ ! -f "$conversation" ] || traces="conversation tool-agent"
routers="least-requests least-tokens power-of-two min-pending-prefill consistent-hash \
cache-affinity min-ttft preble preble-half sglang-cache-aware prefix-load dualmap"

# Settings of an experiment, then of a router: single-hash affinity has DualMap's own key.
settings() {
  [ "$1" != conversation ] || echo "--set workload.trace=$(realpath "$conversation")"
  case $2 in
    consistent-hash) echo "--set router.name=dualmap --set router.candidates=1" ;;
    preble-half) echo "--set router.name=preble --set router.rule=half" ;;
    *) echo "--set router.name=$2" ;;
  esac
}

stale="--set router.signals.refresh=1s --set router.signals.own_picks=false"

# Greatest rate at which 90 % of requests have their first token within 5 s; 0 if there is none.
goodput() {
  "$martlet" capacity $set_up/"$1".yaml --slo 'slo_attainment>=0.9' --vary workload.rate \
    $(settings "$1" "$2") "${@:3}" 2>/dev/null \
  | awk '/^max rate/ {rate = $3} END {print rate + 0}' || true
}

# Values of keys of summary.json. Arguments: keys, experiment, router, settings.
measure() {
  "$martlet" run $set_up/"$2".yaml --json --quiet $(settings "$2" "$3") "${@:4}" 2>/dev/null \
  | awk -v keys="$1" -F'": ' '
      {name = $1; gsub(/[ "{]/, "", name); gsub(/[ ,}]/, "", $2); value[name] = $2}
      END {count = split(keys, key, " ")
        for (i = 1; i <= count; i++) printf "%s%s", value[key[i]], i < count ? "," : "\n"}'
}

{ echo "trace,signals,router,goodput_rps"
  for trace in $traces; do
    for router in $routers; do echo "$trace,fresh,$router,$(goodput $trace $router)"; done
    for router in $routers; do
      echo "$trace,1 s,$router,$(goodput $trace $router $stale)"
    done
  done; } > Results/dualmap.csv

{ echo "trace,signals,rate,router,slo_attainment"
  for rate in 5 6 7 8 9 10 10.5 11 12; do for router in $routers; do
    echo "tool-agent,1 s,$rate,$router,$(measure slo_attainment tool-agent $router $stale \
      --set workload.rate=$rate)"
  done; done; } > Results/dualmap-load.csv

{ echo "trace,rate,router,prefix_cache_hit_rate,prefix_cache_hit_tokens,load_cv"
  for trace in $traces; do for router in $routers; do
    rate=4; [ $trace = conversation ] || rate=8
    echo "$trace,$rate,$router,$(measure \
      'prefix_cache_hit_rate prefix_cache_hit_tokens load_cv' $trace $router \
      --set workload.rate=$rate)"
  done; done; } > Results/dualmap-hits.csv

[[ $traces != conversation* ]] || {
  echo "rate,seed,parts,slo_attainment,p90_ttft_ms"
  for rate in 6.3 6.4 6.5; do for seed in 1 2 3 4 5 6 7 8; do
    for parts in all no-rebalance min-ttft one-length; do
      part=""
      case $parts in
        no-rebalance) part="--set router.rebalance=false" ;;
        min-ttft) part="--set router.choice=min-ttft" ;;
        one-length) part="--set router.adaptive_key=false" ;;
      esac
      echo "$rate,$seed,$parts,$(measure 'slo_attainment p90_ttft_ms' conversation dualmap $part \
        --set workload.rate=$rate --set seed=$seed)"
    done
  done; done; } > Results/dualmap-ablation.csv

#!/usr/bin/env bash
# What FastSwitch gains over vLLM with swapping: Results/fastswitch*.csv.
# usage: Results/fastswitch.sh MARTLET
set -euo pipefail
cd "$(dirname "$0")/.."
martlet=$1
set_up=Workloads/papers/fastswitch
a10=llama-3-8b-a10
keys="p95_ttft_ms p99_ttft_ms p99.9_ttft_ms p99.9_itl_ms output_throughput copy_stall_share swap_out_bytes"

# One run: the values of $keys in a line. Arguments: experiment, scheduler, then key=value settings.
measure() {
  local experiment=$1 scheduler=$2 settings=()
  shift 2
  for setting in "$@"; do settings+=(--set "$setting"); done
  "$martlet" run $set_up/"$experiment".yaml --json --quiet \
    --set engine.scheduler.name="$scheduler" ${settings[@]+"${settings[@]}"} 2>/dev/null \
  | awk -v keys="$keys" -F'": ' '
      {name = $1; gsub(/[ "{]/, "", name); gsub(/[ ,}]/, "", $2); value[name] = $2}
      END {count = split(keys, key, " ")
        for (i = 1; i <= count; i++) printf "%s%s", value[key[i]], i < count ? " " : "\n"}'
}

# Both systems on one line: latencies of the baseline over FastSwitch's, throughput the other way.
compare() {
  { measure "$1" priority "${@:2}"; measure "$1" fastswitch "${@:2}"; } | awk '
    NR == 1 {split($0, base)}
    END {split($0, own); for (i = 1; i <= 4; i++) printf "%.3f,", base[i] / own[i]
      printf "%.3f,%.3f,%.3f,%.3f\n", own[5] / base[5], base[6], own[6], own[7] / base[7]}'
}

ratios=p95_ttft_ratio,p99_ttft_ratio,p99.9_ttft_ratio,p99.9_tbt_ratio,throughput_ratio
ratios=$ratios,baseline_stall_share,fastswitch_stall_share,swap_out_bytes_ratio

{ echo "experiment,pattern,seed,$ratios"
  for experiment in $a10 qwen2.5-32b-a100; do for pattern in random markov; do
    for seed in 1 2 3; do
      echo "$experiment,$pattern,$seed,$(compare $experiment engine.scheduler.pattern=$pattern \
        seed=$seed)"
    done
  done; done; } > Results/fastswitch.csv

{ echo "pattern,conversations_per_s,$ratios"
  for pattern in random markov; do
    for rate in 0.2 0.25 0.3 0.35 0.4 0.45 0.5 0.6 0.8 1 1.4 2; do
      echo "$pattern,$rate,$(compare $a10 engine.scheduler.pattern=$pattern \
        workload.generate.arrivals.rate=$rate)"
    done
  done; } > Results/fastswitch-load.csv

{ echo "pattern,update_interval,$ratios"
  for pattern in random markov; do for interval in 10 25 50 100 200 400; do
    echo "$pattern,$interval,$(compare $a10 engine.scheduler.pattern=$pattern \
      engine.scheduler.update_interval=$interval)"
  done; done; } > Results/fastswitch-updates.csv

{ echo "pattern,mechanisms,$(echo "$keys" | tr ' ' ,)"
  for pattern in random markov; do
    for mechanisms in false,false,false true,false,false true,true,false true,true,true; do
      IFS=, read -r groups asynchronous reuse <<< "$mechanisms"
      name=$(echo "baseline groups +asynchronous +reuse" | cut -d' ' \
        -f$(( $(grep -o true <<< "$mechanisms" | wc -l) + 1 )))
      echo "$pattern,$name,$(measure $a10 fastswitch engine.scheduler.pattern=$pattern \
        engine.scheduler.block_groups="$groups" engine.scheduler.asynchronous="$asynchronous" \
        engine.scheduler.reuse="$reuse" | tr ' ' ,)"
    done
  done; } > Results/fastswitch-ablation.csv

"$martlet" plot Results/fastswitch-load.csv --x conversations_per_s --y p99_ttft_ratio \
  --by pattern --log y -o Results/fastswitch-load.svg --force 2>/dev/null \
  || echo "Results/fastswitch.sh: no plot (gnuplot is missing)" >&2

awk -f Results/fastswitch.awk Results/fastswitch.csv README.md > README.new && mv README.new README.md

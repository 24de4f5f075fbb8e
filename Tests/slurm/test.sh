#!/bin/bash
# A sweep on a real Slurm: the array that `martlet sweep --emit slurm` prints is submitted as it is,
# one task is killed at work and submitted again, the shards are merged. The table must have the
# bytes of a sweep in one process.
#
#   test.sh MARTLET     MARTLET is a release binary
set -euo pipefail
martlet=$(realpath "${1:?usage: $0 MARTLET}")
here=$(dirname "$(realpath "$0")")
skip() { echo "slurm: skipped: $1"; exit 0; }
fail() { echo "slurm: FAILED: $1" >&2; exit 1; }
for tool in sbatch slurmctld slurmd munged runuser; do
  command -v "$tool" >/dev/null || skip "no $tool; make setup-slurm installs it"
done
[ "$(id -u)" = 0 ] || skip "only root can start slurmd"

work=$(mktemp -d /tmp/martlet-slurm.XXXXXX)
export SLURM1_DIR=$work/slurm SLURM1_PORT=$((20000 + $$ % 10000)) SLURM_CONF=$work/slurm/slurm.conf
chmod a+x "$work"
finish() {
  local code=$?
  "$here/slurm-one.sh" down || true
  if [ $code != 0 ]; then tail -n 5 "$work"/elsewhere/*.log "$work"/slurm/log/*.log >&2 || true; fi
  rm -rf "$work"
}
trap finish EXIT
mkdir "$work/study" "$work/elsewhere"
start=$SECONDS
"$here/slurm-one.sh" up 2

# 24 points of about half a second.
cat >"$work/study/rates.yaml" <<END
base:
  model: llama-3.1-8b
  cluster: {gpu: h100-80gb-sxm}
  workload:
    generate:
      requests: ${REQUESTS:-30000}
      arrivals: {process: poisson, rate: 4}
      input_tokens: {distribution: lognormal, mean: 512, cv: 1, max: 4000}
      output_tokens: {distribution: lognormal, mean: 128, cv: 1, max: 2000}
vary:
  workload.generate.arrivals.rate: [6, 8, 10, 12]
  cluster.instances: [1, 2]
seeds: [1, 2, 3]
END
cd "$work/study"
"$martlet" sweep rates.yaml --out local --quiet
"$martlet" sweep rates.yaml --emit slurm --shards 4 --out shards --quiet \
  >"$work/elsewhere/job.sbatch"

# Where it is submitted from must not matter.
cd "$work/elsewhere"
points() { find "$work/study/shards/points" -name '[0-9]*.row' | sort; }
submit() { sbatch --parsable "$@" job.sbatch; }
drain() {
  for _ in $(seq 600); do
    [ -n "$(squeue -h -j "$1" -o %i 2>/dev/null)" ] || return 0
    sleep 0.2
  done
  fail "job $1 does not end"
}
# The process of task $2 of job $1: the shard says which.
worker() {
  local file
  for file in $(grep -lsazx "SLURM_ARRAY_JOB_ID=$1" /proc/[0-9]*/environ); do
    if grep -qsazx "$2/4" "${file%environ}cmdline"; then
      basename "${file%/environ}"
      return 0
    fi
  done
  return 1
}
# Rows of the shard of task 2: points 2, 6, 10 …
own() { points | awk -F'[/.]' '{ if (($(NF - 1) + 0) % 4 == 2) n++ } END { print n + 0 }'; }

job=$(submit)
pid=
for _ in $(seq 400); do
  if pid=$(worker "$job" 2); then break; fi
  sleep 0.05
done
[ -n "$pid" ] || fail "task 2 does not run"
# Its first point; nothing but the shell's own tests, to be there before the last one.
for _ in $(seq 1000); do
  if [ -e "$work/study/shards/points/0002.row" ]; then break; fi
  sleep 0.02
done
kill -9 "$pid"
before=$(own)
drain "$job"
if [ "$(own)" != "$before" ] || [ "$before" -ge 6 ]; then
  fail "task 2 had ended before it was killed"
fi
log=$work/slurm/log/jobcomp.txt
states=$(grep -o 'JobState=[A-Z]*' "$log" | sort | uniq -c | xargs)
[ "$states" = "3 JobState=COMPLETED 1 JobState=FAILED" ] || fail "the tasks ended as $states"
nodes=$(grep -o 'NodeList=n[0-9]*' "$log" | sort -u | wc -l)
[ "$nodes" = 2 ] || fail "the array ran on $nodes nodes"
kept=$(points | xargs stat -c '%n %i')

cd "$work/study"
code=0
"$martlet" merge shards 2>"$work/merge" || code=$?
if [ $code != 2 ] || ! grep -q "lacks $((6 - before)) of 24 points" "$work/merge"; then
  fail "merge of a sweep with holes: exit $code, $(cat "$work/merge")"
fi

cd "$work/elsewhere"
again=$(submit --array=2)
drain "$again"
cd "$work/study"
"$martlet" merge shards >/dev/null
cmp local/sweep.csv shards/sweep.csv || fail "the table of the array differs"
cmp local/columns.json shards/columns.json
[ "$(find shards/points -name '*.row' -print0 | xargs -0 stat -c '%n %i' | sed "s|^|$work/study/|" |
  sort | comm -12 - <(echo "$kept" | sort) | wc -l)" = $((18 + before)) ] ||
  fail "a finished point was run twice"
echo "slurm: ok: 4 tasks on 2 nodes, task 2 killed with $before of 6 points, submitted again," \
  "same bytes; $((SECONDS - start)) s"

#!/bin/bash
# The first five minutes of a user, offline, from one file: every command ends as stated, all of them
# within a minute on two cores.
#
#   firstfive.sh MARTLET     MARTLET is a release binary
set -euo pipefail
given=$(realpath "${1:?usage: $0 MARTLET}")
here=$(dirname "$(realpath "$0")")
if [ "$(uname -s)" != Linux ] || ! command -v python3 >/dev/null; then
  echo "firstfive: skipped: it needs Linux and python3"
  exit 0
fi
if [ -z "${FIRSTFIVE_NETWORK:-}" ]; then
  for flags in -n -rn; do
    ! unshare $flags true 2>/dev/null || FIRSTFIVE_NETWORK=none exec unshare $flags "$0" "$given"
  done
  export FIRSTFIVE_NETWORK=there
fi
work=$(mktemp -d)
pid=
trap 'code=$?; [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true; rm -rf "$work"; exit $code' EXIT
cp "$given" "$work/martlet"
martlet=$work/martlet
mkdir "$work/user" "$work/json"
cd "$work/user"
begin=$(date +%s%N) last=$begin

ok() {
  local now
  now=$(date +%s%N)
  printf 'ok %5d ms  %s\n' $(((now - last) / 1000000)) "$1"
  last=$now
}
fail() {
  echo "FAILED: $1" >&2
  for file in "$work/out" "$work/err"; do [ ! -s "$file" ] || head -n 20 "$file" >&2; done
  exit 1
}
# ends CODE ARGUMENTS…: martlet with them ends with CODE; its streams are $work/out and $work/err.
ends() {
  local wanted=$1 code=0
  shift
  "$martlet" "$@" >"$work/out" 2>"$work/err" || code=$?
  [ $code = "$wanted" ] || fail "martlet $* ended with $code instead of $wanted"
}
out() { grep -qE -- "$1" "$work/out" || fail "standard output lacks $1"; }
err() { grep -qE -- "$1" "$work/err" || fail "standard error lacks $1"; }
# json NAME: keeps standard output as NAME, to be read as JSON at the end.
json() { cp "$work/out" "$work/json/$*"; }
has() { "$martlet" --help | grep -qE "^  $1( |$)"; }
same() { cmp "$1" "$2" || fail "$1 and $2 differ"; }
rows() { { find "$1/points" -name '[0-9]*.row' 2>/dev/null || true; } | wc -l; }

first_minute() {
  ends 0 demo
  out '^=+ Serving Benchmark Result =+$'
  out '^verdict: STABLE'
  [ -z "$(ls -A)" ] || fail "demo without --out wrote $(ls -A)"
  ends 0 demo --out demo-out
  ends 0 run demo-out/config.effective.yaml --out again --quiet
  for file in demo-out/*; do
    same <(grep -v wall_time_s "$file") <(grep -v wall_time_s "again/$(basename "$file")")
  done
  ok "demo, and its own config.effective.yaml gives the same bytes"
  for _ in $(seq 20); do "$martlet" demo --json | grep -v wall_time_s | sha256sum; done >hashes
  [ "$(sort -u hashes | wc -l)" = 1 ] || fail "20 demos gave $(sort -u hashes | wc -l) results"
  ok "20 demos in 20 processes, one sha256"
  ends 0 list
  for kind in $("$martlet" list --json | sed -n 's/.*"name": "\(.*\)".*/\1/p'); do
    ends 0 list "$kind"
    ends 0 list "$kind" --json
    json list "$kind"
  done
  ends 0 explain --model llama-3.1-70b --gpu h100-80gb-sxm --tp 4
  out 'KV'
  ok "list of every kind, explain"
}

own_files() {
  "$martlet" demo --print >my.yaml
  ends 0 trace generate my.yaml --set workload.generate.requests=1500 -o requests.csv
  ends 0 trace info requests.csv
  out '1,?500 kept'
  if "$martlet" trace --help | grep -q '^  convert'; then
    ends 0 trace convert requests.csv -o converted.csv
  fi
  sed -e '/^  generate:/,/max_total_tokens/d' -e 's/^workload:/workload: {trace: requests.csv}/' \
    my.yaml >trace.yaml
  ends 0 validate trace.yaml
  ends 0 run trace.yaml --set cluster.gpu=h200-sxm --set workload.limit=1000
  sed 's/^  scheduler:/  shceduler:/' trace.yaml >bad.yaml
  ends 2 run bad.yaml
  err '^error: bad\.yaml:10: unknown key "shceduler" \(did you mean "scheduler"\?\); known: '
  ends 2 run trace.yaml --set cluster.gpu=h100-80gb-sxn
  err 'did you mean "h100-80gb-sxm"\?'
  ends 2 rum trace.yaml
  err 'did you mean "run"\?'
  ok "an own experiment and trace; faults end with 2, place and nearest name"
}

sweeps() {
  { echo base: && sed 's/^/  /' trace.yaml; cat; } >sweep.yaml <<END
vary:
  workload.rate: [1, 2, 4, 6, 8, 10, 12, 14]
  cluster.instances: [1, 2]
  engine.scheduler: [vllm-v1, vllm-v0, orca-max]
  engine.block_size: [16, 32]
points: [{model: llama-3.1-405b}]
END
  ends 0 sweep sweep.yaml --dry-run
  out '^97 points, about '
  ends 3 sweep sweep.yaml --jobs 2 --out whole
  out '^97/97 done \(1 failed: see whole/failed\.csv\)$'
  ok "a sweep of 96 points and one that does not fit ends with 3"
  interrupted INT 130
  err '^interrupted: [0-9]+ of 97 points saved; continue with the same command \+ --resume$'
  saved=$(rows results)
  ends 3 sweep sweep.yaml --jobs 2 --out results --resume
  out "^97/97 done \($saved kept, 1 failed"
  same whole/sweep.csv results/sweep.csv
  ok "^C after $saved points, --resume: the same bytes"
  rm -r results
  for code in 137 143 137 143 137 143 137 137 143 137; do
    interrupted "$(kill -l $code)" $code
  done
  saved=$(finished results)
  ends 3 sweep sweep.yaml --jobs 1 --out results --resume
  same whole/sweep.csv results/sweep.csv
  [ -z "$(comm -23 <(echo "$saved") <(finished results))" ] || fail "a finished point ran twice"
  ok "killed at 10 random moments, $(wc -l <<<"$saved") points kept, rest on one core: same bytes"
}

# Files of finished points with their inodes: another one was written again. The last one fails,
# which --resume tries anew.
finished() { find "$1/points" -name '[0-9]*.row' ! -name 0096.row -printf '%f %i\n' | sort; }

# interrupted SIGNAL CODE: a sweep into results, going on with what is there, gets the signal while
# it runs and ends with the code. One that is done before begins anew, for another moment.
interrupted() {
  local code before
  for _ in $(seq 20); do
    code=0 before=$(rows results)
    # The shell starts what is in the background with SIGINT ignored.
    env --default-signal=INT "$martlet" sweep sweep.yaml --jobs 2 --out results --resume \
      >"$work/out" 2>"$work/err" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null && [ "$(rows results)" -lt $((before + 2)) ]; do
      sleep 0.01
    done
    sleep "0.0$((RANDOM % 6))"
    kill -s "$1" "$pid" 2>/dev/null || true
    { wait "$pid" || code=$?; } 2>/dev/null
    pid=
    [ $code != "$2" ] || return 0
    [ $code = 3 ] || fail "a sweep that got SIG$1 ended with $code"
    rm -r results
  done
  fail "20 sweeps were done before SIG$1 came"
}

job_files() {
  ends 0 sweep sweep.yaml --emit slurm --shards 4 --out shards
  cp "$work/out" job.sbatch
  for task in 3 1; do SLURM_ARRAY_TASK_ID=$task bash job.sbatch; done
  ends 2 merge shards
  err 'lacks 49 of 97 points'
  for task in 4 2; do SLURM_ARRAY_TASK_ID=$task bash job.sbatch 2>"$work/err" || [ $? = 3 ]; done
  ends 3 merge shards --json
  json merge
  same whole/sweep.csv shards/sweep.csv
  ok "--emit slurm, its tasks in another order, merge: the same bytes"
  ends 0 sweep sweep.yaml --emit k8s --shards 4
  ends 0 sweep sweep.yaml --emit parallel --shards 4 --out lines
  if command -v parallel >/dev/null; then
    parallel --will-cite <"$work/out" 2>/dev/null || [ $? = 1 ]
    ends 3 merge lines
    same whole/sweep.csv lines/sweep.csv
    ok "--emit parallel, run by GNU parallel: the same bytes"
  fi
}

answers_in_json() {
  local command
  for command in "demo" "run trace.yaml" "sweep sweep.yaml --dry-run" "validate trace.yaml" \
    "validate sweep.yaml" "explain trace.yaml" "explain trace.yaml --step" "list" \
    "trace info requests.csv" "trace generate my.yaml -o t.csv"; do
    # shellcheck disable=SC2086
    ends 0 $command --json
    json "$command --json"
  done
  for shell in bash zsh fish; do ends 0 completions $shell; done
  ok "--json and completions"
}

planner() {
  has capacity || return 0
  ends 0 capacity trace.yaml --slo 'p99_ttft_ms<=500,p99_tpot_ms<=50' --vary workload.rate \
    --tolerance 1%
  ok "capacity: $(head -n 1 "$work/out")"
}

regression() {
  has compare || return 0
  ends 0 run trace.yaml --out left --quiet
  ends 0 run trace.yaml --out right --quiet --set workload.rate=20
  ends 0 compare left left
  ends 1 compare left right
  ends 0 compare whole results
  ok "compare: equal runs end with 0, a slower one with 1"
}

pictures() {
  has plot || return 0
  local code=0
  "$martlet" plot whole/sweep.csv --x workload.rate --y p99_ttft_ms --by engine.scheduler \
    -o fig.svg >"$work/out" 2>"$work/err" || code=$?
  if ! command -v gnuplot >/dev/null; then
    if [ $code != 2 ]; then fail "plot without gnuplot ended with $code"; fi
    err gnuplot
    return 0
  fi
  [ $code = 0 ] || fail "plot ended with $code"
  grep -q '<svg' fig.svg || fail "fig.svg is no SVG"
  has report || return 0
  ends 0 report whole
  ends 0 report demo-out
  ! grep -rlE --include='*.html' '(src|href)="?(https?:)?//' . || fail "a page asks the network"
  ok "plot, report: $(find . -name '*.html' | wc -l) pages without the network"
}

nothing_from_outside() {
  command -v strace >/dev/null || return 0
  strace -f -e trace=connect -o "$work/calls" "$martlet" demo >/dev/null 2>&1 || return 0
  ! grep -q 'connect(' "$work/calls" || fail "demo connects: $(grep 'connect(' "$work/calls")"
  ok "strace sees no connect"
}

first_minute
own_files
sweeps
job_files
answers_in_json
planner
regression
pictures
nothing_from_outside
python3 - "$work/json" <<'END' || fail "an answer with --json is no JSON"
import json, pathlib, sys
for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    try:
        json.loads(file.read_text())
    except ValueError as error:
        sys.exit(f"{file.name}: {error}")
END
ok "$(find "$work/json" -type f | wc -l) answers are JSON and nothing else"
found=$(python3 "$here/tables.py" .) || fail "a table: $found"
ok "$found"
# Of the cores, which other work on this machine does not lengthen: in hundredths of a second.
cores=$(awk '{ print $16 + $17 }' /proc/$$/stat)
took=$((($(date +%s%N) - begin) / 1000000000))
[ "$cores" -lt 6000 ] || fail "all of it took $((cores / 100)) s of the cores, 60 are allowed"
echo "firstfive: ok: $took s, $((cores / 100)) s of the cores, network: $FIRSTFIVE_NETWORK"

#!/bin/bash
# Reports of a run and a sweep in a real browser, see browser.py: browser.sh MARTLET [SHOTS]
# Skips with a message where gnuplot, Python or Chromium is missing.
set -euo pipefail
martlet=$(realpath "${1:?usage: browser.sh MARTLET [directory for screenshots]}")
shots=${2:+--shots $(mkdir -p "$2" && realpath "$2")}
root=$(cd "$(dirname "$0")/../.." && pwd)
for program in gnuplot python3; do
  command -v $program >/dev/null || {
    echo "report in a browser: skipped, there is no $program" >&2; exit 0; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$martlet" run "$root/Workloads/demo.yaml" --set output.steps=true --out run --quiet
"$martlet" report run --output run.html >/dev/null
for golden in v0-two-instances orca-burst; do
  "$martlet" report "$root/Workloads/golden/$golden" --output $golden.html >/dev/null 2>&1
done
"$martlet" sweep "$root/Workloads/sweeps/rate-instances.yaml" --out sweep --quiet
"$martlet" report sweep --output sweep.html >/dev/null
cmp <("$martlet" report run --output -) run.html
cmp <("$martlet" report sweep --output -) sweep.html

# Every CSV as pandas reads it, every column in columns.json.
if python3 -c 'import pandas' 2>/dev/null; then
  python3 - run/*.csv sweep/*.csv <<'EOF'
import json, os, sys
import pandas
for path in sys.argv[1:]:
    table = pandas.read_csv(path)
    with open(os.path.join(os.path.dirname(path), "columns.json")) as file:
        known = json.load(file)[os.path.basename(path)]
    assert list(table.columns) == list(known), path
EOF
fi

status=0
# Words of the option are meant to be two.
# shellcheck disable=SC2086
python3 "$root/Tests/report/browser.py" $shots run.html v0-two-instances.html orca-burst.html \
  sweep.html || status=$?
[ $status = 77 ] || exit $status

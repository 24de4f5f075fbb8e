#!/bin/bash
# What `make dist` promises of its one binary: it is small, needs no library beyond glibc, runs where
# there is nothing else, and computes the bytes that are committed.
#
#   check.sh BINARY
set -euo pipefail
binary=$(realpath "${1:?usage: $0 BINARY}")
workloads=$(realpath "$(dirname "$0")/../../Workloads")
fail() { echo "dist: FAILED: $1" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

size=$(stat -c %s "$binary")
[ "$size" -lt 50000000 ] || fail "$size bytes; 50 MB at most"
needed=$(readelf -d "$binary" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
for library in $needed; do
  case $library in
    libc.so.* | libm.so.* | libpthread.so.* | libdl.so.* | ld-linux*) ;;
    *) fail "it needs $library" ;;
  esac
done

# A root that holds the binary, a directory for results and the C library if it needs that; /proc,
# which Swift wants, is the one thing mounted.
bare=$work/bare
mkdir -p "$bare/results" "$bare/proc"
cp "$binary" "$bare/martlet"
[ -z "$needed" ] || ldd "$binary" | grep -o '/[^ ]*' | xargs -I{} cp --parents {} "$bare"
enter=(unshare -m)
[ "$(id -u)" = 0 ] || enter=(unshare -rm)
# shellcheck disable=SC2016
enter+=(bash -c 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"' "$bare")
if unshare "${enter[1]}" true 2>/dev/null; then
  "${enter[@]}" /martlet demo --quiet --out /results/demo || fail "it does not run on its own"
  "${enter[@]}" /martlet list gpus --json >"$bare/results/gpus.json"
  [ -s "$bare/results/demo/requests.csv" ] || fail "no results in a root of its own"
  inside="runs in a root that holds nothing else"
else
  inside="not tried in a root of its own: no right to unshare"
fi

cp -r "$workloads" "$work/Workloads"
cd "$work/Workloads/golden"
runs=0
for file in *.yaml; do
  "$binary" run "$file" --out "${file%.yaml}" --force --quiet 2>/dev/null
  sed -i 's/"wall_time_s": [^,]*/"wall_time_s": 0/' "${file%.yaml}/summary.json"
  runs=$((runs + 1))
done
[ $runs -gt 0 ] || fail "no golden runs"
diff -r "$work/Workloads/golden" "$workloads/golden" >&2 || fail "other results than Workloads/golden"
echo "dist: ok: $((size / 1000000)) MB, needs ${needed:-no library}; $inside; $runs golden runs"

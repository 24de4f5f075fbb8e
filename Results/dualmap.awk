# Puts goodputs of Results/dualmap.csv into README's rows that begin with "| goodput, TRACE, SIGNALS |".
# usage: awk -f Results/dualmap.awk dualmap.csv README.md
BEGIN {
  FS = ","
  count = split("dualmap consistent-hash least-tokens min-pending-prefill power-of-two " \
    "cache-affinity min-ttft preble-half preble sglang-cache-aware prefix-load", column, " ")
}
FNR == NR {
  if (FNR > 1) goodput[$1 ", " $2, $3] = $4
  next
}
/^\| goodput, / {
  line = $0; sub(/^\| goodput, /, "", line); sub(/ \|.*/, "", line)
  if ((line, "dualmap") in goodput) {
    row = "| goodput, " line " |"
    for (i = 1; i <= count; i++) {
      value = goodput[line, column[i]]
      row = row (value > 0 ? sprintf(" %.1f |", value) : " – |")
    }
    print row
    next
  }
}
{print}

# Puts the means over seeds of Results/fastswitch.csv into README's rows that begin with
# "| FastSwitch, EXPERIMENT, PATTERN |". usage: awk -f Results/fastswitch.awk fastswitch.csv README.md
BEGIN {FS = ","}
FNR == NR {
  if (FNR == 1) next
  key = $1 ", " $2; runs[key]++
  for (i = 4; i <= 11; i++) sum[key, i] += $i
  next
}
/^\| FastSwitch, / {
  line = $0; sub(/^\| FastSwitch, /, "", line); sub(/ \|.*/, "", line)
  if (line in runs) {
    n = runs[line]
    printf "| FastSwitch, %s | %.1f, %.1f, %.1f | %.1f | %.2f | %.2f | %.0f %% |\n", line,
      sum[line, 4] / n, sum[line, 5] / n, sum[line, 6] / n, sum[line, 7] / n, sum[line, 8] / n,
      sum[line, 9] / n, 100 * (1 - sum[line, 11] / n)
    next
  }
}
{print}

# Writes the table of Results/fidelity.csv between two marks of README.md.
# Use: awk -f Results/fidelity.awk Results/fidelity.csv README.md
function field(n,   s, i, c, quoted, text) {
  # One field of a CSV line whose quoted fields may hold commas.
  text = ""; i = 1; quoted = 0
  for (s = 1; s <= length($0); s++) {
    c = substr($0, s, 1)
    if (c == "\"") quoted = !quoted
    else if (c == "," && !quoted) { if (i == n) return text; i++; text = "" }
    else text = text c
  }
  return i == n ? text : ""
}
function round(x) { return x == "" ? "–" : sprintf("%.1f", x) }
function pair(a, b) { return a == "" ? "–" : round(a) " / " round(b) }
function isShown(class, rows) {
  if (rows == "fit" || rows == "all") return 1
  if (class == "gemm") return rows == "fp8"
  if (class == "attention_prefill") return rows == "bf16 cache, head_dim 128, > 5 GFLOP"
  return class == "moe" || class == "copy"
}
FNR == NR {
  if (FNR == 1) next
  class = field(3); rows = field(4)
  if (field(5) == 0 || !isShown(class, rows)) next
  key = field(1) " | " class " | " rows
  if (!(key in count)) { order[++n] = key; count[key] = field(5) }
  error[key, field(2)] = pair(field(6), field(7))
  naive[key] = pair(field(9), field(10))
  next
}
/^<!-- fidelity begins -->$/ {
  print; print ""
  print "| GPU | class | rows of | rows | own constants | predicted, GPU left out | naive roofline |"
  print "|---|---|---|---|---|---|---|"
  for (i = 1; i <= n; i++) {
    key = order[i]
    held = (key, "held-out") in error ? error[key, "held-out"] : "–"
    print "| " key " | " count[key] " | " error[key, "own"] " | " held " | " naive[key] " |"
  }
  print ""; inside = 1; next
}
/^<!-- fidelity ends -->$/ { inside = 0 }
!inside { print }

# Puts Results/runs.csv, as a table, between the marks of README.md: awk -f runs.awk runs.csv README.md
BEGIN { FS = "," }
FNR == NR {
  if (FNR > 1 && $4 != "all") {
    correlation = $10 == "" ? "–" : $10
    rows[++count] = sprintf("| %s | %s | %s | %s | %s | %.1f / %.1f | %+.1f | %s | %s |",
      $2, $3, $4, $5, $6, $7, $8, $9, correlation, $11)
  }
  next
}
/<!-- runs begins -->/ {
  print
  print ""
  print "| engine | model | GPU | metric | rows | error | bias | correlation | profile |"
  print "|---|---|---|---|---|---|---|---|---|"
  for (i = 1; i <= count; i++) print rows[i]
  print ""
  skipping = 1
}
/<!-- runs ends -->/ { skipping = 0 }
!skipping && !/<!-- runs begins -->/ { print }

# Puts what `martlet scorecard` printed, its last lines, and the rows of scorecard.csv by system into the
# block of README.md between the marks.
# usage: awk -f Results/scorecard.awk scorecard.txt scorecard.csv README.md
function cells(line,   n) {
  n = 0; rest = line
  while (rest != "") {
    if (substr(rest, 1, 1) == "\"") {
      rest = substr(rest, 2); end = index(rest, "\"")
      cell[++n] = substr(rest, 1, end - 1); rest = substr(rest, end + 2)
    } else {
      end = index(rest, ",")
      if (end == 0) { cell[++n] = rest; rest = "" }
      else { cell[++n] = substr(rest, 1, end - 1); rest = substr(rest, end + 1) }
    }
  }
  return n
}
FILENAME ~ /\.txt$/ {
  if (/^[0-9]+ claims: / || /^constants 20 %/) said = said (said == "" ? "" : "; ") $0
  next
}
FILENAME ~ /\.csv$/ {
  if (FNR == 1) next
  cells($0)
  if (!(cell[1] in seen)) { seen[cell[1]] = 1; system_name[++systems] = cell[1] }
  count[cell[1]]++
  gated[cell[1]] += cell[10]
  if (cell[10] == 1 && cell[9] == "in range") good[cell[1]]++
  if (cell[10] == 1 && (cell[9] == "near" || cell[9] == "off"))
    wrong[cell[1]] = wrong[cell[1]] (wrong[cell[1]] == "" ? "" : "; ") cell[2] " (" cell[9] ")"
  next
}
/<!-- scorecard begins -->/ {
  print; print ""
  print "| system | claims | gated | in range | near or off |"
  print "|---|---|---|---|---|"
  for (i = 1; i <= systems; i++) {
    name = system_name[i]
    printf "| %s | %d | %d | %d | %s |\n", name, count[name], gated[name], good[name], \
      (wrong[name] == "" ? "–" : wrong[name])
  }
  print ""; print said "."; print ""
  skipping = 1
}
/<!-- scorecard ends -->/ { skipping = 0 }
!skipping { print }

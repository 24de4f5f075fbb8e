# Puts what standard input says into README.md's block of `martlet run Workloads/demo.yaml`:
# martlet run Workloads/demo.yaml | awk -f demo.awk - README.md
FNR == NR { lines[++count] = $0; next }
/^```$/ { skipping = 0 }
!skipping { print }
/^\$ martlet run Workloads\/demo.yaml$/ {
  for (i = 1; i <= count; i++) print lines[i]
  skipping = 1
}

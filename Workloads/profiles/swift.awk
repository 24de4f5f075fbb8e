# Turns profiles of `martlet calibrate` into Sources/Cost/MeasuredConstants+All.swift.
BEGIN {
  print "// Made by `make profiles` from Workloads/profiles/*.yaml, which say how they were fitted."
  print ""
  print "extension MeasuredConstants {"
  print "  /// Every measured kind of GPU."
  print "  public static let all = ["
}
/^gpu: / { if (body) body = body "    ]),\n"; body = body "    MeasuredConstants(gpu: \"" $2 "\", values: [\n" }
/^  [a-z0-9_]+:$/ { class = $1; sub(":", "", class) }
/^      [a-z0-9_]+: {value: / {
  name = $1; sub(":", "", name); value = $3; sub(",", "", value)
  body = body "      (\"" class "." name "\", " value "),\n"
}
END { printf "%s    ]),\n  ]\n}\n", body }

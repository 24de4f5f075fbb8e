# Requests like those of a tool-and-agent service, in the form of the Mooncake traces.
# Usage: awk -f tool-agent-like.awk [-v requests=8000 -v seed=1 -v rate=3.4] /dev/null
#
# Three classes: A 14.9 % and B 37.8 % of requests begin with hot prefixes of 6 and 12 blocks of 512
# tokens, the first 5 of which are common; C 47.3 % share nothing. A request continues one of the
# last 60 sessions of its class with probability 0.474 by appending lognormal tokens of mean 2,900,
# else, or where that would pass 20,480 tokens, it opens one with a lognormal body of mean 4,500 (A),
# 2,800 (B) or 7,400 (C). Outputs are lognormal of mean 182; cv 1.31 throughout; arrivals Poisson.
function uniform() {  # Lehmer's generator, exact in doubles: the same numbers under every awk
  state = (state * 48271) % 2147483647
  return state / 2147483647
}
function normal(   u) {
  u = uniform()
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * uniform())
}
function lognormal(mean) { return exp(log(mean) - variance / 2 + sqrt(variance) * normal()) }
function whole(x,   n) { n = int(x + 0.5); return n < 1 ? 1 : n }
BEGIN {
  if (!requests) requests = 8000
  if (!seed) seed = 1
  if (!rate) rate = 3.4
  state = (seed * 7919 + 12345) % 2147483647
  for (i = 0; i < 20; i++) uniform()
  variance = log(1 + 1.31 * 1.31)
  block = 512; longest = 20480
  hot["A"] = 6; hot["B"] = 12; hot["C"] = 0
  body["A"] = 4500; body["B"] = 2800; body["C"] = 7400
  # Ids of hot blocks: 0-4 common, then A's one and B's seven.
  for (i = 0; i < 12; i++) prefix["B", i] = i < 5 ? i : i + 1
  for (i = 0; i < 6; i++) prefix["A", i] = i
  next_id = 13
  time = 0
  for (row = 0; row < requests; row++) {
    time += -log(1 - uniform()) / rate * 1000
    u = uniform()
    class = u < 0.149 ? "A" : u < 0.527 ? "B" : "C"
    open = 1
    if (uniform() < 0.474 && sessions[class] > 0) {
      n = sessions[class] < 60 ? sessions[class] : 60
      s = sessions[class] - 1 - int(uniform() * n)
      tokens = length_of[class, s] + whole(lognormal(2900))
      if (tokens <= longest) open = 0
    }
    if (open) {
      tokens = hot[class] * block + whole(lognormal(body[class]))
      if (tokens > longest) tokens = longest
      s = sessions[class]++
      for (i = 0; i < hot[class]; i++) id[class, s, i] = prefix[class, i]
      first = hot[class]
    } else {
      # What follows the last full block is new text.
      first = int(length_of[class, s] / block)
    }
    blocks = int((tokens + block - 1) / block)
    for (i = first; i < blocks; i++) id[class, s, i] = next_id++
    length_of[class, s] = tokens
    ids = ""
    for (i = 0; i < blocks; i++) ids = ids (i ? ", " : "") id[class, s, i]
    printf "{\"timestamp\": %d, \"input_length\": %d, \"output_length\": %d, \"hash_ids\": [%s]}\n", \
      time, tokens, whole(lognormal(182)), ids
  }
}

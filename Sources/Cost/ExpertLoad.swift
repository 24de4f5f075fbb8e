internal import Catalog

/// How many routed experts of a layer a step touches when tokens are routed evenly.
///
/// Expected number E·(1 − (1 − k/E)^tokens), from a table of powers made by multiplication: no
/// call of the mathematics library in a step, the same bits on every machine.
struct ExpertLoad: Sendable {
  private let touched: [Double]
  private let count: Double

  /// The load of a layer of `experts`.
  init(_ experts: Model.Experts) {
    count = Double(experts.count)
    let missed = 1 - Double(experts.perToken) / count
    var touched: [Double] = []
    var untouched = 1.0
    // Past this, less than a millionth of an expert is untouched.
    while count * untouched > 1e-6 && touched.count < 1 << 16 {
      touched.append(count * (1 - untouched))
      untouched *= missed
    }
    self.touched = touched
  }

  /// Experts that `tokens` tokens touch.
  func callAsFunction(_ tokens: Int) -> Double {
    tokens < touched.count ? touched[tokens] : count
  }

  /// Between whole numbers of tokens: linear.
  func at(_ tokens: Double) -> Double {
    guard tokens < Double(touched.count) else { return count }
    let low = Int(tokens)
    return self(low) + (self(low + 1) - self(low)) * (tokens - Double(low))
  }
}

internal import CGSL
internal import Units

/// One named, independent stream of random numbers (GSL MT19937).
///
/// One stream per purpose (`"arrivals"`, `"input_tokens"`), so that a further draw for one purpose
/// shifts no other. Non-copyable: two owners of one stream would repeat its draws.
public struct RandomStream: ~Copyable {
  private let state: UnsafeMutablePointer<gsl_rng>

  /// The stream called `name` of the run with `seed`.
  public init(seed: UInt64, name: String) {
    gsl_set_error_handler_off()  // the default handler aborts the process
    var hash = ContentHash()
    hash.add(seed)
    for byte in name.utf8 { hash.add(byte) }
    guard let state = gsl_rng_alloc(cgsl_rng_mt19937()) else {
      preconditionFailure("no memory for a random stream")
    }
    // MT19937 takes 32 bits and reads 0 as its default seed.
    gsl_rng_set(state, UInt(hash.mixed & 0xFFFF_FFFE) + 1)
    self.state = state
  }

  deinit { gsl_rng_free(state) }

  /// A number in [0, 1).
  public mutating func uniform() -> Double { gsl_rng_uniform(state) }
  /// A number in [`low`, `high`).
  public mutating func uniform(from low: Double, to high: Double) -> Double {
    low + (high - low) * gsl_rng_uniform(state)
  }
  /// A whole number in 0..<`count`.
  public mutating func below(_ count: Int) -> Int { Int(gsl_rng_uniform_int(state, UInt(count))) }
  /// An exponential draw of the given mean.
  public mutating func exponential(mean: Double) -> Double { gsl_ran_exponential(state, mean) }
  /// A gamma draw of shape `shape` and scale `scale` (mean `shape · scale`).
  public mutating func gamma(shape: Double, scale: Double) -> Double {
    gsl_ran_gamma(state, shape, scale)
  }
  /// A lognormal draw: exp of a normal with mean `zeta` and standard deviation `sigma`.
  public mutating func lognormal(zeta: Double, sigma: Double) -> Double {
    gsl_ran_lognormal(state, zeta, sigma)
  }
  /// A Weibull draw: P(X > x) = exp(−(x / `scale`) ^ `shape`).
  public mutating func weibull(shape: Double, scale: Double) -> Double {
    gsl_ran_weibull(state, scale, shape)
  }
  /// A Pareto draw: P(X > x) = (`scale` / x) ^ `shape` for x ≥ `scale`.
  public mutating func pareto(shape: Double, scale: Double) -> Double {
    gsl_ran_pareto(state, shape, scale)
  }
  /// A geometric draw: trials up to the first success, each of which has `probability`.
  public mutating func geometric(probability: Double) -> Double {
    Double(gsl_ran_geometric(state, probability))
  }
}

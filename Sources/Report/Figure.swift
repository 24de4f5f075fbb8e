/// A plot as a value: what is drawn, not how.
package struct Figure: Sendable {
  /// One point; a `y` that is not a number is a gap in the line.
  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double
    /// Half the 95 % interval around `y`; 0 when there is none.
    package var halfWidth = 0.0

    /// The point (x, y), with an interval of ± `halfWidth`.
    package init(_ x: Double, _ y: Double, halfWidth: Double = 0) {
      self.x = x
      self.y = y
      self.halfWidth = halfWidth
    }
  }

  /// How the points of a series are drawn.
  package enum Style: Sendable, Equatable {
    /// Joined by straight lines.
    case line
    /// Joined, each with its mark.
    case markedLine
    /// The value holds until the next point: distributions.
    case steps
    /// Marks alone.
    case points
    /// Bars from 0, series beside each other.
    case bars
    /// A target or limit, in grey; `look` chooses its dashes only.
    case guide
  }

  /// Points that belong together.
  package struct Series: Sendable {
    package var name: String
    package var style: Style
    package var points: [Point]
    /// Which colour, dashes and mark, see `Look`.
    package var look: Int

    /// The series `name`, drawn in `style`.
    package init(_ name: String, _ style: Style, _ points: [Point], look: Int = 0) {
      self.name = name
      self.style = style
      self.points = points
      self.look = look
    }
  }

  /// One axis.
  package struct Axis: Sendable {
    /// What it measures, with its unit.
    package var label: String
    package var isLogarithmic = false
    /// Names of the values 0, 1, 2 …; empty for numbers.
    package var categories: [String] = []
    /// Its ends, when they are not to follow from the points.
    package var limits: ClosedRange<Double>?

    /// An axis for `label`.
    package init(
      _ label: String, isLogarithmic: Bool = false, categories: [String] = [],
      limits: ClosedRange<Double>? = nil
    ) {
      self.label = label
      self.isLogarithmic = isLogarithmic
      self.categories = categories
      self.limits = limits
    }
  }

  package var title: String
  package var x: Axis
  package var y: Axis
  package var series: [Series]
  /// What a reader must know to read it, in whole sentences.
  package var notes: [String] = []

  /// A plot of `series`.
  package init(_ title: String, x: Axis, y: Axis, series: [Series], notes: [String] = []) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
    self.notes = notes
  }

  /// Whether an axis can hold `value`: its length and its parts must be numbers, too.
  package static func isInReach(_ value: Double) -> Bool {
    value == 0 || (1e-300...1e300).contains(abs(value))
  }

  /// What is said of `count` points that are not `isInReach`.
  package static func beyondReach(_ count: Int) -> String {
    "\(count) \(count == 1 ? "point is" : "points are") beyond 1e300 or closer to 0 than 1e-300 "
      + "and left out."
  }

  /// The same without what its axes cannot show: points that are no numbers, too large or too
  /// small for one or, on a logarithmic axis, not above 0; nil when no point is left.
  package var drawable: Figure? {
    var figure = self
    var (dropped, beyond) = (0, 0)
    for index in series.indices {
      figure.series[index].points = series[index].points.compactMap { point in
        guard point.x.isNaN || Self.isInReach(point.x) else {
          beyond += point.y.isNaN ? 0 : 1
          return nil
        }
        guard point.y.isNaN || Self.isInReach(point.y) else {
          beyond += point.x.isNaN ? 0 : 1
          return point.x.isNaN ? nil : Point(point.x, .nan)
        }
        guard point.x.isFinite, !(x.isLogarithmic && point.x <= 0) else {
          dropped += point.y.isFinite ? 1 : 0
          return nil
        }
        guard point.y.isFinite, y.isLogarithmic, point.y <= 0 else {
          return Point(point.x, point.y.isFinite ? point.y : .nan, halfWidth: point.halfWidth)
        }
        dropped += 1
        return Point(point.x, .nan)
      }
    }
    if beyond > 0 { figure.notes.append(Self.beyondReach(beyond)) }
    figure.series.removeAll { line in !line.points.contains { $0.y.isFinite } }
    guard figure.series.contains(where: { $0.style != .guide }) else { return nil }
    if dropped > 0 {
      figure.notes.append("\(dropped) points are not above 0 and have no place here.")
    }
    return figure
  }
}

/// Colour, dashes and mark of a series: any two of the first six differ in all three.
///
/// Blue, vermillion, green, purple, ochre and grey stay apart for the colour-blind (after Okabe and
/// Ito, "Color Universal Design", 2008), darkened for a white page until each has a contrast of
/// 4.5 : 1 and lightened for a black one.
package struct Look: Sendable {
  /// Which of `colors`.
  package let color: Int
  /// Lengths of dashes and gaps in pixels; empty: solid.
  package let dashes: [Int]
  /// gnuplot's number of the mark.
  package let mark: Int

  /// Colours on a light page, as red, green and blue.
  package static let colors: [(Int, Int, Int)] = [
    (0, 103, 165), (190, 74, 0), (0, 118, 86), (160, 48, 120), (130, 98, 0), (84, 84, 96),
  ]
  /// The same on a dark page.
  package static let darkColors: [(Int, Int, Int)] = [
    (92, 184, 240), (255, 158, 84), (70, 212, 168), (240, 150, 208), (232, 208, 92),
    (196, 196, 208),
  ]
  private static let allDashes: [[Int]] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 3], [14, 4]]
  private static let marks = [7, 5, 9, 13, 11, 15]

  /// The look with number `index`, of any size.
  package init(_ index: Int) {
    let count = Self.colors.count
    let round = index / count
    color = index % count
    dashes = Self.allDashes[(index + round) % count]
    mark = Self.marks[(index + 2 * round) % count]
  }

  /// Dashes of the guide with number `index`.
  package static func guideDashes(_ index: Int) -> [Int] { allDashes[(index + 1) % 6] }
}

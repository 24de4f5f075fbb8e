import Files
import Testing

@Suite struct JSONTests {
  @Test func `keys keep their order and plain arrays stay on one line`() {
    let value = JSON.object([
      ("b", .integer(-3)), ("a", .array([.bool(true), .null])),
      ("c", .array([.object([("x", .number(text: "0.250"))])])), ("d", .object([])),
    ])
    #expect(
      value.text == """
        {
          "b": -3,
          "a": [true, null],
          "c": [
            {
              "x": 0.250
            }
          ],
          "d": {}
        }

        """)
  }

  @Test func `text is escaped as RFC 8259 asks and stays UTF-8`() {
    #expect(JSON.string("a\"b\\c\n\t\u{1}µ").text == "\"a\\\"b\\\\c\\n\\t\\u0001µ\"\n")
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func `a number that JSON lacks is null`(value: Double) {
    #expect(JSON.number(value).text == "null\n")
    #expect(JSON.number(0.1).text == "0.1\n")
  }
}

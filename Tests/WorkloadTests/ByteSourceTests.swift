import Foundation
import Testing
import Workload

@Suite struct ByteSourceTests {
  private static let header = "arrived_at,num_prefill_tokens,num_decode_tokens\n"
  private let text = header + (0..<300).map { "\($0).5,\(100 + $0 % 3),7\n" }.joined()

  /// `text` as Python's gzip compresses it: Huffman codes and matches.
  private let compressed =
    "H4sIAAAAAAACA03X3UpbQRSG4fNei5SZWf9XI1JTkFot1vb6K1L2955tMi8hPGRNVh7e3p7+3h7vH97vXv78vP"
    + "/1dvv+9Px8//764/by+/Olx9u318fb/1e+rK9xt9e6qy/782l/PJ3Pp/PxZNepX6dxneZ1WtdpX6ejd17X8d7X"
    + "+T4KTIErCAWpoBS0gtGnX1dw9hWco8AUuIJQkApKQSsYCQnQJGgglKEJ0aRoYjQ5miBNki5Jl6RL0iXpknRJui"
    + "Rdki5Jl2RIMiQZkgxJhiRDkiHJkGRIMiSZkkxJpiRTkinJxPdRkinJlGRKsiRZkixJliRLkiXJkmRJsiRZkmxJ"
    + "tiRbki3JlmRLsiXZkmxJtiRHkiPJkeRIciQ5khxJjiQHw83pxngvzPfCgC9M+MKIL8z4wpAvTPnCmK/BVSLUva"
    + "W690FjaBxNoEk0habRDO4t3JlHvvscNIbG0QSaRFNoGg2cDc4GZ+NFCmeDs8HZ4GxwNjgbnB3ODmeHs8PZ4exw"
    + "djg7nB3ODueAc8A54BxwDjgHnAPOAeeAc8A54ZxwTjgnnBPOyd8sOCecE84J54JzwbngXHAuOBecC84F54Jzwb"
    + "nh3HBuODecG84N54Zzw7nh3HAeOA+cB84D54HzwHngPHAergfcD7AgLGwICyvCwo6wsCQsbAkLa8LCnrCwKKzB"
    + "MiLns7Ft7YPG0DiaQJNoCk2jGWw+cj5HzuccNIbG0QSaRFNoGg2cDc4GZ+MqBmeDs8HZ4GxwNjgbnB3ODmeHs8"
    + "PZ4exwdjg7nB3ODueAc8A54BxwDjgHnAPOAeeAc8A54ZxwTjgnnBPOya0XzgnnhHPCueBccC44F5wLzgXngnPB"
    + "ueBccG44N5wbzg3nhnPDueHccG44N5wHzgPngfPAeeA8cB44D5yHfzDk/A9SvEv50g0AAA=="

  private func gunzippable() throws -> [UInt8] {
    Array(try #require(Data(base64Encoded: compressed)))
  }

  /// A gzip member of stored blocks, made from RFC 1951 and 1952 alone.
  private func member(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    for start in stride(from: 0, to: max(bytes.count, 1), by: 1000) {
      let part = bytes[start..<min(start + 1000, bytes.count)]
      let size = UInt16(part.count)
      result.append(start + 1000 >= bytes.count ? 1 : 0)
      for word in [size, ~size] { result += [UInt8(word & 0xFF), UInt8(word >> 8)] }
      result += part
    }
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    for word in [~crc, UInt32(bytes.count)] {
      for shift in stride(from: 0, to: 32, by: 8) { result.append(UInt8(word >> shift & 0xFF)) }
    }
    return result
  }

  @Test func `a gzipped trace gives the same table and hash as the plain one`() throws {
    let plain = try read(text)
    let zipped = try read(try gunzippable())
    #expect(plain.arrivals.count == 300)
    #expect(zipped.arrivals == plain.arrivals)
    #expect(zipped.prompts == plain.prompts)
    #expect(zipped.report.contentHash == plain.report.contentHash)
  }

  @Test(arguments: [1, 7, 4096])
  func `small chunks inflate the same`(chunk: Int) throws {
    let file = try TestFile(try gunzippable())
    let trace = try readTrace(at: file.path, options: TraceOptions(), chunk: chunk)
    #expect(trace.prompts == (0..<300).map { Int32(100 + $0 % 3) })
  }

  @Test func `members one after the other are one file`() throws {
    let bytes = Array(text.utf8)
    let zipped = member(Array(bytes[..<1501])) + member([]) + member(Array(bytes[1501...]))
    #expect(try read(zipped).prompts == (0..<300).map { Int32(100 + $0 % 3) })
  }

  @Test(arguments: [3, 12, 400, 1])
  func `truncated gzip is refused, wherever it ends`(missing: Int) throws {
    let zipped = try gunzippable()
    let found = try refusal(Array(zipped.dropLast(missing)))
    #expect(
      found
        == "trace.txt: the gzip data end too early: the file is truncated; fetch it again")
  }

  @Test func `corrupt gzip is refused`() throws {
    var zipped = member(Array(text.utf8))
    zipped[100] ^= 1
    let found = try refusal(zipped)
    #expect(
      found == "trace.txt: the gzip data are corrupt (incorrect data check); fetch the file again")
    let trailing = try refusal(member(Array(text.utf8)) + [1, 2, 3, 4])
    #expect(trailing?.contains("corrupt") == true)
  }

  @Test func `a limit reached before the damage is enough`() throws {
    let zipped = member(Array(text.utf8)).dropLast(9)
    #expect(try read(Array(zipped)) { $0.limit = 3 }.prompts == [100, 101, 102])
  }

  @Test func `an empty gzip file is empty`() throws {
    #expect(try refusal(member([])) == "trace.txt: is empty")
  }

  @Test func `other compression is named`() throws {
    let found = try refusal([0x28, 0xB5, 0x2F, 0xFD, 0, 0])
    #expect(found?.contains("only gzip and plain text") == true)
  }

  @Test func `a missing file and a directory are errors of their own`() throws {
    let file = try TestFile("x")
    let missing = file.path + ".gone"
    #expect {
      try readTrace(at: missing, options: TraceOptions())
    } throws: {
      "\($0)" == "\(missing): cannot be opened: No such file or directory"
    }
    let directory = URL(fileURLWithPath: file.path).deletingLastPathComponent().path
    #expect {
      try readTrace(at: directory, options: TraceOptions())
    } throws: {
      "\($0)"
        == "\(directory): is a directory without files of sessions (.json); name a file"
    }
  }
}

internal import Files
internal import Metrics
internal import Units

extension Timeline {
  /// A transfer on a track.
  struct Slice {
    /// Index in the record's log.
    let transfer: Int
    /// The fabric, and the track among those of the fabric.
    let fabric: Int
    let track: Int
  }

  /// The tracks of one fabric, by name, and which of them are those of each lane.
  struct LinkTracks {
    var names: [String] = []
    var ofLane: [[Int]]
    /// When the last slice of each track ends.
    var ends: [Instant] = []

    /// A track of `lane` that is free at `start` and taken until `end`.
    mutating func place(on lane: Int, _ name: String, from start: Instant, to end: Instant) -> Int {
      if let free = ofLane[lane].first(where: { ends[$0] <= start }) {
        ends[free] = end
        return free
      }
      let number = ofLane[lane].count
      names.append(number == 0 ? name : "\(name), beside \(number)")
      ends.append(end)
      ofLane[lane].append(names.count - 1)
      return names.count - 1
    }
  }

  /// The transfers as slices that do not overlap on their track: what moves at the same time on one
  /// lane has tracks beside each other.
  ///
  /// A process for each fabric, numbered after the instances. A transfer of which nothing moved has
  /// no slice.
  func links(_ memory: MemoryRecord) -> (tracks: [LinkTracks], slices: [Slice]) {
    let count = (memory.links.map(\.fabric).max() ?? -1) + 1
    var tracks = (0..<count).map { fabric in
      let lanes = memory.links.count { $0.fabric == fabric }
      return LinkTracks(ofLane: Array(repeating: [], count: lanes))
    }
    var names = tracks.map { $0.ofLane.map { _ in "" } }
    for link in memory.links { names[link.fabric][link.lane] = link.name }
    // Every lane has a track, so that idle ones are seen.
    for fabric in tracks.indices {
      for (lane, name) in names[fabric].enumerated() {
        _ = tracks[fabric].place(on: lane, name, from: .zero, to: .zero)
      }
    }
    let moved = memory.log.indices.filter { memory.log[$0].started != .never }
    let order = moved.sorted {
      (memory.log[$0].started, $0) < (memory.log[$1].started, $1)
    }
    var slices: [Slice] = []
    for index in order {
      let transfer = memory.log[index]
      for lane in transfer.lanes {
        let track = tracks[transfer.fabric].place(
          on: lane, names[transfer.fabric][lane], from: transfer.started,
          to: max(transfer.started, transfer.ended))
        slices.append(Slice(transfer: index, fabric: transfer.fabric, track: track))
      }
    }
    return (tracks, slices)
  }

  /// Appends the names of a fabric and of its tracks.
  func writeNames(of fabric: Int, _ tracks: LinkTracks, into out: inout ByteBuffer) {
    writeName(of: fabric, thread: nil, "links \(fabric)", into: &out)
    for (track, name) in tracks.names.enumerated() {
      writeName(of: fabric, thread: track, name, into: &out)
    }
  }

  private func writeName(
    of fabric: Int, thread: Int?, _ name: String, into out: inout ByteBuffer
  ) {
    var quoted: [UInt8] = []
    JSON.write(quoted: name, into: &quoted)
    out.append(
      text: ",\n{\"name\":\"\(thread == nil ? "process" : "thread")_name\",\"ph\":\"M\",\"pid\":"
        + "\(record.instances + fabric),\"tid\":\(thread ?? 0),\"args\":{\"name\":"
        + "\(String(decoding: quoted, as: UTF8.self))}}")
  }

  /// Appends a slice.
  func write(_ slice: Slice, of memory: MemoryRecord, into out: inout ByteBuffer) {
    let transfer = memory.log[slice.transfer]
    out.append(text: ",\n{\"name\":\"\(LinkRecord.causeNames[transfer.cause])")
    out.reserve(Self.longestEntry)
    out.append("\",\"cat\":\"transfer\",\"ph\":\"X\",\"pid\":")
    out.append(Int64(record.instances + slice.fabric))
    out.append(",\"tid\":")
    out.append(Int64(slice.track))
    out.append(",\"ts\":")
    out.append(microseconds: transfer.started.picoseconds)
    out.append(",\"dur\":")
    out.append(microseconds: max(0, transfer.ended - transfer.started))
    out.append(",\"args\":{\"instance\":")
    out.append(transfer.instance)
    out.append(",\"tag\":")
    out.append(transfer.tag)
    out.append(",\"bytes\":")
    out.append(transfer.bytes)
    out.append(",\"copies\":")
    out.append(transfer.copies)
    out.append(",\"queued_us\":")
    out.append(microseconds: transfer.started - transfer.submitted)
    switch transfer.outcome {
    case .landed: out.append("}}")
    case .cancelled: out.append(",\"cancelled\":true}}")
    case .unfinished: out.append(",\"unfinished\":true}}")
    }
  }
}

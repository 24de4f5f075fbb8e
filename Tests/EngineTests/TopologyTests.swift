import Cluster
import Memory
import Testing
import Units

@Suite struct TopologyTests {
  private func lane(_ name: String) -> Lane { Lane(name, bandwidth: BytesPerSecond(25e9)) }

  private func link(_ name: String, of instances: Int = 1) -> SharedLink {
    SharedLink(
      outward: lane("\(name) out"), inward: lane("\(name) in"), instances: instances)
  }

  private func names(_ group: LinkGroup, _ route: Int) -> [String] {
    group.routes[route].lanes.map { group.lanes[$0].name }
  }

  @Test func `instances that share nothing have links of their own`() {
    let topology = Topology([link("bus")], paths: [TierPath([0])], instances: 3)
    #expect(topology.fabrics.count == 3)
    #expect(topology.fabrics.allSatisfy { $0.lanes.map(\.name) == ["bus out", "bus in"] })
    #expect(topology.routes.map { $0.map(\.fabric) } == [[0, 0], [1, 1], [2, 2]])
    #expect(topology.routes.map { $0.map(\.route) } == [[0, 1], [0, 1], [0, 1]])
  }

  @Test func `a way back passes the links in the other order`() throws {
    let paths = [TierPath([0]), TierPath([0, 1], isPipelined: false)]
    let groups = LinkGroup.groups(of: [link("bus"), link("ssd")], paths, instances: 1)
    let group = try #require(groups.first)
    #expect(group.routes.count == 4)
    #expect(names(group, 0) == ["bus out"])
    #expect(names(group, 1) == ["bus in"])
    #expect(names(group, 2) == ["bus out", "ssd out"])
    #expect(names(group, 3) == ["ssd in", "bus in"])
    #expect(group.routes.map(\.isPipelined) == [true, true, false, false])
  }

  @Test func `a link that carries one way at a time has one lane`() throws {
    let half = SharedLink(outward: lane("bus"), inward: nil)
    let groups = LinkGroup.groups(of: [half], [TierPath([0])], instances: 2)
    #expect(groups.count == 2)
    #expect(groups.allSatisfy { $0.lanes.count == 1 && $0.routes.map(\.lanes) == [[0], [0]] })
  }

  @Test func `neighbours on one switch share its lanes and no others`() throws {
    let paths = [TierPath([0]), TierPath([0, 1])]
    let links = [link("switch", of: 2), link("ssd")]
    let groups = LinkGroup.groups(of: links, paths, instances: 5)
    #expect(groups.map(\.firstRoute) == [[0, 4], [0, 4], [0]], "the last is alone")
    let pair = groups[0]
    #expect(pair.lanes.count == 6, "a switch and two drives, out and in")
    #expect(pair.routes[0].lanes == pair.routes[4].lanes)
    #expect(pair.routes[1].lanes == pair.routes[5].lanes)
    #expect(names(pair, 2) == names(pair, 6))
    #expect(pair.routes[2].lanes.first == pair.routes[6].lanes.first)
    #expect(pair.routes[2].lanes.last != pair.routes[6].lanes.last)
    let topology = Topology(links, paths: paths, instances: 5)
    #expect(topology.fabrics.count == 3)
    #expect(topology.routes[1] == (4..<8).map { Topology.Address(fabric: 0, route: $0) })
    #expect(topology.routes[4] == (0..<4).map { Topology.Address(fabric: 2, route: $0) })
  }

  /// Groups of 2 and of 3: nothing parts instances 0 to 5, and 6 begins both anew.
  @Test func `links shared by different neighbours join their groups`() {
    let links = [link("switch", of: 2), link("network", of: 3)]
    let groups = LinkGroup.groups(of: links, [TierPath([0, 1])], instances: 8)
    #expect(groups.map(\.firstRoute.count) == [6, 2])
    #expect(groups.map(\.lanes.count) == [2 * (3 + 2), 2 * 2])
    let outward = (0..<6).map { names(groups[0], 2 * $0) }
    #expect(outward.allSatisfy { $0 == ["switch out", "network out"] })
    let switches = (0..<6).map { groups[0].routes[2 * $0].lanes[0] }
    let networks = (0..<6).map { groups[0].routes[2 * $0].lanes[1] }
    for (a, b) in [(0, 1), (2, 3), (4, 5)] { #expect(switches[a] == switches[b]) }
    #expect(Set(switches).count == 3)
    #expect(networks[0] == networks[2] && networks[3] == networks[5])
    #expect(Set(networks).count == 2)
  }

  @Test func `without tiers there is nothing`() {
    #expect(Topology.none.fabrics.isEmpty && Topology.none.routes.isEmpty)
    let topology = Topology([], paths: [], instances: 4)
    #expect(topology.fabrics.isEmpty && topology.routes.isEmpty)
  }

  @Test func `a transfer takes the way of its instance`() {
    var topology = Topology([link("bus")], paths: [TierPath([0])], instances: 2)
    let address = topology.routes[1][1]
    var transfer = Transfer(.swapIn, tag: 7, isOut: false, blocks: 1, bytes: 25_000_000, copies: 1)
    transfer.instance = 1
    topology.fabrics[address.fabric].submit(transfer, route: address.route, at: .zero)
    #expect(topology.fabrics[0].next == .never)
    #expect(topology.fabrics[1].next == Instant.zero + Seconds(1e-3))
  }
}

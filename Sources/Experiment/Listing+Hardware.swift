internal import Catalog
internal import Cost
internal import Files
internal import Units

extension Listing {
  static var gpus: Listing {
    Listing(
      [
        .text("name"), .number("memory GiB"), .number("GB/s"), .number("bf16 TFLOP/s"),
        .number("fp8 TFLOP/s"), .number("NVLink GB/s"), .number("joins"), .number("TDP W"),
      ],
      GPU.all.map { gpu in
        Entry(
          cells: [
            gpu.name, NumberText.known(gpu.memory.value / 0x1p30),
            NumberText.known(gpu.bandwidth.value / 1e9),
            NumberText.known(gpu.bf16.value / 1e12), NumberText.known(gpu.fp8.value / 1e12),
            NumberText.known(gpu.nvlink.value / 1e9),
            gpu.nvlinkGroup == 0 ? "-" : "\(gpu.nvlinkGroup)", NumberText.known(gpu.tdp.value),
          ], fields: fields(of: gpu))
      })
  }

  private static func fields(of gpu: GPU) -> [(String, JSON)] {
    [
      ("name", .string(gpu.name)), ("memory_bytes", .quantity(gpu.memory.value)),
      ("bandwidth_bytes_per_s", .quantity(gpu.bandwidth.value)),
      ("bf16_flops", .quantity(gpu.bf16.value)), ("fp32_flops", .known(gpu.fp32.value)),
      ("tf32_flops", .known(gpu.tf32.value)), ("fp8_flops", .known(gpu.fp8.value)),
      ("int8_ops", .known(gpu.int8.value)), ("fp4_flops", .known(gpu.fp4.value)),
      ("l2_bytes", .known(gpu.l2.value)), ("multiprocessors", .known(Double(gpu.multiprocessors))),
      ("clock_hz", .quantity(gpu.clock.value)),
      ("architecture", gpu.architecture.map { .string($0.rawValue) } ?? .null),
      ("nvlink_bytes_per_s", .known(gpu.nvlink.value)),
      ("nvlink_group", .known(Double(gpu.nvlinkGroup))),
      ("host_link_bytes_per_s", .known(gpu.hostLink.value)), ("tdp_w", .known(gpu.tdp.value)),
      ("idle_w", .known(gpu.idle.value)),
    ]
  }

  static var constants: Listing {
    Listing(
      [
        .text("name"), .text("unit"), .number("from"), .number("to"), .number("typical"),
        .text("meaning"),
      ],
      KernelProfile.parameters.map { parameter in
        let (low, high) = (parameter.range.lowerBound, parameter.range.upperBound)
        return Entry(
          cells: [
            parameter.name, parameter.unit.rawValue, NumberText.known(low, 4),
            NumberText.known(high), NumberText.known(parameter.typical, 4), parameter.meaning,
          ],
          fields: [
            ("name", .string(parameter.name)), ("unit", .string(parameter.unit.rawValue)),
            ("from", .number(low)), ("to", .number(high)), ("typical", .number(parameter.typical)),
            ("meaning", .string(parameter.meaning)),
          ])
      })
  }

  static var models: Listing {
    Listing(
      [
        .text("name"), .number("parameters 1e9"), .number("active 1e9"), .number("weights GB"),
        .number("KV B/token"), .number("layers"), .number("max tokens"),
      ],
      Model.all.map { model in
        Entry(
          cells: [
            model.name, NumberText.plain(model.parameters / 1e9, 2),
            NumberText.plain(model.activeParameters / 1e9, 2),
            NumberText.plain(model.weightBytes.value / 1e9, 2),
            NumberText.grouped(Int(model.kvBytesPerToken.value)), "\(model.layers)",
            NumberText.grouped(model.maxContext),
          ], fields: fields(of: model))
      })
  }

  private static func fields(of model: Model) -> [(String, JSON)] {
    func whole(_ value: Int) -> JSON { .integer(Int64(value)) }
    let experts: JSON =
      model.experts.map {
        .object([
          ("count", whole($0.count)), ("per_token", whole($0.perToken)), ("ffn", whole($0.ffn)),
          ("shared_ffn", whole($0.sharedFFN)), ("dense_layers", whole($0.denseLayers)),
        ])
      } ?? .null
    let latent: JSON =
      model.latent.map {
        .object([
          ("query_rank", whole($0.queryRank)), ("key_value_rank", whole($0.keyValueRank)),
          ("plain_width", whole($0.plainWidth)), ("position_width", whole($0.positionWidth)),
          ("value_width", whole($0.valueWidth)),
        ])
      } ?? .null
    return [
      ("name", .string(model.name)), ("family", .string(model.family)),
      ("parameters", .quantity(model.parameters)),
      ("active_parameters", .quantity(model.activeParameters)),
      ("weight_bytes", .quantity(model.weightBytes.value)),
      ("kv_bytes_per_token", .quantity(model.kvBytesPerToken.value)),
      ("max_context_tokens", whole(model.maxContext)), ("layers", whole(model.layers)),
      ("hidden", whole(model.hidden)), ("heads", whole(model.heads)),
      ("kv_heads", whole(model.kvHeads)), ("head_dim", whole(model.headDim)),
      ("ffn", whole(model.ffn)), ("gated", .bool(model.isGated)), ("vocab", whole(model.vocab)),
      ("ties_embeddings", .bool(model.tiesEmbeddings)),
      ("learned_positions", whole(model.learnedPositions)), ("experts", experts),
      ("latent_attention", latent), ("window_tokens", whole(model.window)),
      ("windowed_layers", whole(model.windowedLayers)),
      ("weight_precision", .string(model.weights.rawValue)),
      ("kv_cache_precision", .string(model.kvCache.rawValue)),
    ]
  }

  static var links: Listing {
    Listing(
      [.text("name"), .number("GB/s"), .number("achieved GB/s"), .number("latency µs")],
      Link.all.map { link in
        Entry(
          cells: [
            link.name, NumberText.known(link.bandwidth.value / 1e9),
            NumberText.known(link.achieved.value / 1e9),
            NumberText.known(link.latency.value * 1e6),
          ],
          fields: [
            ("name", .string(link.name)),
            ("bandwidth_bytes_per_s", .quantity(link.bandwidth.value)),
            ("achieved_bytes_per_s", .known(link.achieved.value)),
            ("latency_s", link.latency.value == 0 ? .null : .seconds(link.latency)),
          ])
      })
  }

  static var tiers: Listing {
    Listing(
      [
        .text("name"), .text("kind"), .number("read GB/s"), .number("write GB/s"),
        .number("latency µs"),
      ],
      Tier.all.map { tier in
        Entry(
          cells: [
            tier.name, tier.kind.rawValue, NumberText.known(tier.read.value / 1e9),
            NumberText.known(tier.write.value / 1e9),
            NumberText.known(tier.latency.value * 1e6),
          ],
          fields: [
            ("name", .string(tier.name)), ("kind", .string(tier.kind.rawValue)),
            ("read_bytes_per_s", .quantity(tier.read.value)),
            ("write_bytes_per_s", .quantity(tier.write.value)),
            ("latency_s", tier.latency.value == 0 ? .null : .seconds(tier.latency)),
            ("queue_depth", .integer(Int64(tier.queueDepth))),
            ("per_access_s", .seconds(tier.perAccess)),
          ])
      })
  }

  static var profiles: Listing {
    Listing(
      [
        .text("name"), .number("host"), .number("per sequence"), .number("launch per layer"),
        .text("launches"), .number("prompt step"), .text("overlapped"), .text("kernels"),
      ],
      EngineProfile.all.map { profile in
        Entry(
          cells: [
            profile.name, NumberText.time(profile.hostTime),
            NumberText.time(profile.hostTimePerSequence),
            NumberText.time(profile.launchTimePerLayer), profile.launches.rawValue,
            NumberText.time(profile.promptTime), profile.isOverlapped ? "yes" : "no",
            profile.kernels.rawValue,
          ],
          fields: [
            ("name", .string(profile.name)), ("host_time_s", .seconds(profile.hostTime)),
            ("host_time_per_sequence_s", .seconds(profile.hostTimePerSequence)),
            ("launch_time_per_layer_s", .seconds(profile.launchTimePerLayer)),
            ("launches", .string(profile.launches.rawValue)),
            ("prompt_launches", .quantity(profile.promptLaunches)),
            ("prompt_time_s", .seconds(profile.promptTime)),
            ("overlapped", .bool(profile.isOverlapped)), ("gap_s", .seconds(profile.gap)),
            ("kernels", .string(profile.kernels.rawValue)),
          ], options: ProfileOptions.texts(of: profile))
      })
  }
}

import Catalog
import Testing
import Units

@Suite struct HuggingFaceConfigTests {
  private static let essentials = [
    ("model_type", "\"llama\""), ("hidden_size", "512"), ("num_hidden_layers", "4"),
    ("num_attention_heads", "8"), ("vocab_size", "1000"), ("max_position_embeddings", "2048"),
    ("intermediate_size", "1536"),
  ]

  /// A configuration of one key a line: the essentials with `changes` laid over them.
  private func text(_ changes: [(String, String)] = [], without: String = "") -> [UInt8] {
    var pairs = Self.essentials.filter { $0.0 != without }
    for (key, value) in changes {
      if let index = pairs.firstIndex(where: { $0.0 == key }) {
        pairs[index].1 = value
      } else {
        pairs.append((key, value))
      }
    }
    let lines = pairs.map { "\"\($0.0)\": \($0.1)" }
    return Array("{\n\(lines.joined(separator: ",\n"))\n}\n".utf8)
  }

  private func model(_ changes: (String, String)...) throws -> Model {
    try Model(huggingFaceConfig: text(changes), path: "models/tiny/config.json")
  }

  @Test func `a plain Llama needs the essentials only and takes its directory's name`() throws {
    let tiny = try model(("pretraining_tp", "1"), ("eos_token_id", "[1, 2]"))
    #expect(tiny.name == "tiny")
    #expect(tiny.kvHeads == 8)
    #expect(tiny.headDim == 64)
    #expect(tiny.isGated && !tiny.tiesEmbeddings && !tiny.normalizesHeads)
    #expect(tiny.parameters == Double(4 * (4 * 512 * 512 + 3 * 512 * 1536) + 2 * 1000 * 512))
  }

  @Test func `grouped queries, explicit heads and tied tables are read`() throws {
    let tiny = try model(
      ("model_type", "\"qwen3\""), ("num_key_value_heads", "2"), ("head_dim", "128"),
      ("tie_word_embeddings", "true"), ("dtype", "\"bfloat16\""))
    #expect(tiny.kvBytesPerToken.value == Double(2 * 4 * 2 * 128 * 2))
    #expect(tiny.normalizesHeads)
    #expect(tiny.parameters == Double(4 * (512 * 128 * 20 + 3 * 512 * 1536) + 1000 * 512))
  }

  @Test func `OPT has two matrices, learned positions and a tied table by default`() throws {
    let tiny = try model(("model_type", "\"opt\""), ("ffn_dim", "2048"))
    let layer = 4 * 512 * 512 + 2 * 512 * 2048
    #expect(tiny.parameters == Double(4 * layer + (1000 + 2050) * 512))
  }

  @Test func `Mixtral's and Qwen's experts are read`() throws {
    let mixtral = try model(
      ("model_type", "\"mixtral\""), ("num_local_experts", "8"), ("num_experts_per_tok", "2"))
    #expect(mixtral.experts == Model.Experts(count: 8, perToken: 2, ffn: 1536))
    let qwen = try model(
      ("model_type", "\"qwen3_moe\""), ("num_experts", "16"), ("num_experts_per_tok", "4"),
      ("moe_intermediate_size", "128"), ("mlp_only_layers", "[]"), ("decoder_sparse_step", "1"))
    #expect(qwen.experts == Model.Experts(count: 16, perToken: 4, ffn: 128))
    #expect(qwen.ffn == 0 && qwen.normalizesHeads && !mixtral.normalizesHeads)
  }

  @Test func `DeepSeek's latent attention and first dense layers are read`() throws {
    let tiny = try model(
      ("model_type", "\"deepseek_v2\""), ("q_lora_rank", "null"), ("kv_lora_rank", "64"),
      ("qk_nope_head_dim", "32"), ("qk_rope_head_dim", "16"), ("v_head_dim", "32"),
      ("n_routed_experts", "16"), ("n_shared_experts", "2"), ("num_experts_per_tok", "4"),
      ("moe_intermediate_size", "128"), ("first_k_dense_replace", "1"))
    #expect(tiny.headDim == 48)
    #expect(tiny.kvBytesPerToken.value == Double(4 * (64 + 16) * 2))
    let attention = 512 * 8 * 48 + 512 * 80 + 64 * 8 * 64 + 8 * 32 * 512
    let mixed = 3 * 512 * (18 * 128) + 512 * 16
    let tables = 2 * 1000 * 512
    #expect(tiny.parameters == Double(4 * attention + 3 * 512 * 1536 + 3 * mixed + tables))
  }

  @Test func `a window counts only where the family turns it on`() throws {
    #expect(try model(("model_type", "\"mistral\""), ("sliding_window", "256")).window == 256)
    #expect(try model(("model_type", "\"mistral\""), ("sliding_window", "null")).window == 0)
    #expect(try model(("model_type", "\"qwen2\""), ("sliding_window", "256")).window == 0)
    let qwen = try model(
      ("model_type", "\"qwen2\""), ("sliding_window", "256"), ("use_sliding_window", "true"),
      ("max_window_layers", "3"))
    #expect(qwen.window == 256 && qwen.windowedLayers == 1)
  }

  @Test func `a language model nested in text_config is read there`() throws {
    let outer = "{\"model_type\": \"llava\", \"text_config\": "
    let nested = Array(outer.utf8) + text() + Array("}".utf8)
    let tiny = try Model(huggingFaceConfig: nested, path: "config.json")
    #expect(tiny.layers == 4 && tiny.family == "llama")
  }

  @Test func `eight-bit checkpoints are recognised, other quantisation is refused`() throws {
    let quantised = ("quantization_config", "{\"quant_method\": \"fp8\"}")
    #expect(try model(quantised).weights == .fp8)
    #expect(try model(("torch_dtype", "\"float32\"")).weights == .bf16)
    expect("config.json:9: quantization_config asks for \"awq\"") {
      _ = try model(("quantization_config", "{\"quant_method\": \"awq\"}"))
    }
  }

  @Test(arguments: Self.essentials.map(\.0)) func `a missing key is named`(key: String) {
    expect("models/tiny/config.json: key \"\(key)\" is missing") {
      _ = try Model(
        huggingFaceConfig: text(without: key), path: "models/tiny/config.json")
    }
  }

  @Test func `wrong types and values are named with their line`() {
    expect("config.json:3: hidden_size is \"512\", not a whole number") {
      _ = try model(("hidden_size", "\"512\""))
    }
    expect("config.json:3: hidden_size is 512.5, not a whole number") {
      _ = try model(("hidden_size", "512.5"))
    }
    expect("config.json:4: num_hidden_layers is 0; it must be at least 1") {
      _ = try model(("num_hidden_layers", "0"))
    }
    expect("config.json:2: model_type \"mamba\" is not modelled; known: llama") {
      _ = try model(("model_type", "\"mamba\""))
    }
    expect("config.json:9: tie_word_embeddings is 1.0, not true or false") {
      _ = try model(("tie_word_embeddings", "1"))
    }
  }

  @Test func `what is no JSON object is refused`() {
    expect("c.json: is not valid JSON; give a Hugging Face config.json") {
      _ = try Model(huggingFaceConfig: Array("{\"a\": ".utf8), path: "c.json")
    }
    expect("c.json: must be a JSON object") {
      _ = try Model(huggingFaceConfig: Array("[1]".utf8), path: "c.json")
    }
    expect("/nonexistent/config.json: cannot be read") {
      _ = try Model(huggingFaceConfig: "/nonexistent/config.json")
    }
  }

  /// Expects an error whose message contains `part`.
  private func expect(_ part: String, _ body: () throws -> Void) {
    let error = #expect(throws: CatalogError.self) { try body() }
    let message = error?.description ?? ""
    #expect(message.contains(part), "\(message)")
  }
}

import Catalog
import Testing
import Units

@Suite struct ModelTests {
  @Test func `every model agrees with its row in the shared table`() throws {
    guard let rows = Shared.rows("catalogue/models.csv") else { return }
    #expect(rows.allSatisfy { Model.named($0["model"]?.lowercased() ?? "") != nil })
    for row in rows {
      let model = try #require(Model.named(row["model"]?.lowercased() ?? ""))
      func count(_ column: String) -> Int { Int(Shared.number(row[column])) }
      #expect(model.layers == count("layers"), "\(model.name)")
      #expect(model.hidden == count("hidden"), "\(model.name)")
      #expect(model.heads == count("heads"), "\(model.name)")
      #expect(model.kvHeads == count("kv_heads"), "\(model.name)")
      #expect(model.headDim == count("head_dim"), "\(model.name)")
      #expect(model.vocab == count("vocab"), "\(model.name)")
      #expect(model.maxContext == count("max_ctx"), "\(model.name)")
      #expect(model.experts?.count ?? 0 == count("n_experts"), "\(model.name)")
      #expect(model.experts?.perToken ?? 0 == count("experts_per_token"), "\(model.name)")
      let shared = count("shared_experts") * count("moe_ffn")
      #expect(model.experts?.sharedFFN ?? 0 == shared, "\(model.name)")
      #expect(model.kvBytesPerToken.value == Double(count("kv_bytes_per_token_16bit")))
      for column in ["params_B_published", "params_B_from_shape"] {
        let published = Shared.number(row[column]) * 1e9
        #expect(abs(model.parameters / published - 1) <= 0.005, "\(model.name) \(column)")
      }
      let active = Shared.number(row["active_B_from_shape"]) * 1e9
      #expect(abs(model.activeParameters / active - 1) <= 0.005, "\(model.name) active")
    }
  }

  @Test func `Qwen 3 alone normalises its heads`() {
    for model in Model.all {
      #expect(model.normalizesHeads == model.name.hasPrefix("qwen3-"), "\(model.name)")
    }
  }

  @Test func `parameters of Llama 2 7B count to the published number`() throws {
    // 32 × (4·4096² + 3·4096·11008) + 2·32000·4096; norms add 65 × 4096 in the published count.
    let model = try #require(Model.named("llama-2-7b"))
    #expect(model.parameters == 6_738_415_616 - 65 * 4096)
    #expect(model.weightBytes.value == 2 * model.parameters)
  }

  @Test(arguments: [
    ("yi-34b", 245_760.0), ("opt-13b", 819_200), ("deepseek-v3", 70272), ("llama-3.1-8b", 131_072),
  ])
  func `KV bytes of a token`(name: String, bytes: Double) throws {
    #expect(try #require(Model.named(name)).kvBytesPerToken.value == bytes)
  }

  @Test func `names are unique and lower case with hyphens`() {
    #expect(Set(Model.all.map(\.name)).count == Model.all.count)
    for model in Model.all {
      #expect(model.name.allSatisfy { $0.isLowercase || $0.isNumber || "-.".contains($0) })
    }
  }

  @Test func `experts of DeepSeek V3 weigh one byte a parameter and its tables two`() throws {
    let model = try #require(Model.named("deepseek-v3"))
    let tables = 2.0 * 129_280 * 7168
    #expect(abs(model.weightBytes.value - (model.parameters + tables)) < 1e-3)
  }

  @Test func `a name that ends in fp8 is the model with small weights`() throws {
    let (plain, small) = (
      try #require(Model.named("llama-3.1-8b")), try #require(Model.named("llama-3.1-8b-fp8"))
    )
    #expect(small.name == "llama-3.1-8b-fp8" && small.weights == .fp8 && small.inFP8 == small)
    // The tables of embeddings stay at 16 bits: 2 * 128,256 * 4,096 parameters of 8.03e9.
    #expect(small.weightBytes.value / plain.weightBytes.value < 0.57)
    #expect(Model.named("acme-fp8") == nil)
    #expect(Model.named("deepseek-v3")?.inFP8.name == "deepseek-v3")
  }
}

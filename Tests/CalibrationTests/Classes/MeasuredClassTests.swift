import Calibration
import Catalog
import Cost
import Testing
import Units

/// What rows of each kind of file say, and which of them published fits are judged on.
@Suite struct MeasuredClassTests {
  private func read(
    _ text: String, on gpu: GPU = .h100SXM
  ) throws -> (type: any MeasuredClass.Type, rows: [Measurement]) {
    let table = try MeasuredTable(Array(text.utf8), name: "my.csv")
    let type = try measuredClass(of: table)
    return (type, try type.measurements(in: table, on: gpu))
  }

  private func fault(_ text: String) -> String {
    do {
      _ = try read(text)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func `products are judged in 16 bits, filling the GPU, six copies beyond 1.2 L2`() throws {
    // 1.2 · 50 MB / (6 · 2 B) = 5,000,000 weights.
    let (type, rows) = try read(
      """
      dtype,m,n,k,time_us
      bf16,7,2048,2442,10.5
      bf16,7,2048,2441,1
      bf16,7,1023,9000,1
      half,7,9000,1023,1
      fp8,7,4096,8192,1
      fp8,7,2048,2442,1
      int4,7,4096,8192,1

      """)
    #expect(type.name == "gemm")
    #expect(rows.map(\.isFit) == [true, false, false, false, false, false])
    #expect(
      rows.map(\.fits) == ["gemm_bf16", "", "gemm_bf16", "gemm_bf16", "gemm_fp8", ""])
    #expect(rows.map(\.group) == ["bf16", "bf16", "bf16", "bf16", "fp8", "fp8"])
    #expect(rows[0].operation == .gemm(rows: 7, inner: 2442, outer: 2048, .bf16))
    #expect(abs(rows[0].time.value / 10.5e-6 - 1) < 1e-12)
  }

  @Test func `decodes are judged on long contexts that L2 cannot hold`() throws {
    // 8 heads of 128 in 16 bits: 4096 B a token; 1.2 · 50 MB hold 14,648.4 tokens.
    let (type, rows) = try read(
      """
      kv_dtype,head_dim,q_heads,kv_heads,batch,kv_len,time_us
      bf16,128,32,8,1,14649,20
      bf16,128,32,8,1,14648,20
      bf16,128,32,8,512,128,20
      bf16,128,32,8,512,127,20
      bf16,128,32,8,513,128,20
      bf16,64,32,8,512,4096,20
      fp8,128,32,8,512,4096,20
      bf16,128,32,8,1,2,20
      bf16,128,32,8,1,244,20
      bf16,128,32,8,1,245,20

      """)
    #expect(type.name == "attention_decode")
    #expect(rows.prefix(7).map(\.isFit) == [true, false, true, false, false, false, false])
    // A cache below 1 MB shows the launches: 244 tokens, not 245.
    #expect(rows.suffix(3).map(\.fits) == ["attention_decode", "attention_decode", ""])
    #expect(rows.allSatisfy { !$0.isFit || $0.fits == "attention_decode" })
    #expect(rows[1].group == "bf16 cache, head_dim 128, in L2")
    #expect(
      rows[0].operation
        == .decodeAttention(
          AttentionHeads(queries: 32, keyValues: 8, width: 128), sequences: 1, context: 14649))
  }

  @Test func `prompts are judged from 16 tokens on, and grouped at 5 GFLOP`() throws {
    // 2 · batch · isl² · 32 · 128 FLOP: 5e9 at batch 1 and 781.25 tokens.
    let (type, rows) = try read(
      """
      kv_dtype,head_dim,q_heads,kv_heads,batch,isl,time_us
      bf16,128,32,8,1,16,20
      bf16,128,32,8,1,15,20
      bf16,128,32,8,1,781,20
      bf16,128,32,8,1,782,20
      bf16,64,32,8,1,782,20
      fp8,128,32,8,2,782,20

      """)
    #expect(type.name == "attention_prefill")
    #expect(rows.map(\.isFit) == [true, false, true, true, false, false])
    #expect(rows.map { $0.fits.isEmpty } == [false, true, false, false, true, true])
    #expect(rows[2].group.hasSuffix(", ≤ 5 GFLOP") && rows[3].group.hasSuffix(", > 5 GFLOP"))
    #expect(rows[4].group == "bf16 cache, head_dim 64, ≤ 5 GFLOP")
  }

  @Test func `all-reduces are judged in the newest engine's graphs`() throws {
    let (type, rows) = try read(
      """
      gpu,library,version,impl,op,n_gpus,dtype,bytes,time_us
      h100_sxm,nccl,2.23,nccl,all_reduce,4,half,2048,9
      h100_sxm,nccl,2.9,nccl,all_reduce,4,half,2048,9
      h100_sxm,nccl,2.23,nccl,all_gather,8,half,2048,9
      h100_sxm,nccl,2.23,nccl,reduce_scatter,8,half,2048,9
      h100_sxm,nccl,2.23,nccl,alltoall,8,int8,2048,9
      h100_sxm,vllm,0.9.0,vLLM_custom_graph,all_reduce,2,bf16,2048,9
      h100_sxm,vllm,0.19.0,vLLM_custom_graph,all_reduce,2,bf16,2048,9
      h100_sxm,vllm,0.19.0,vLLM_custom_eager,all_reduce,2,bf16,2048,9
      h100_sxm,vllm,0.19.0,vLLM_custom_graph,all_reduce,16,bf16,2048,9
      h100_sxm,vllm,0.19.0,vLLM_custom_graph,broadcast,2,bf16,2048,9

      """)
    #expect(type.name == "collectives")
    #expect(
      rows.map(\.fits) == [
        "nvlink_all_reduce", "", "nvlink_gather", "nvlink_gather", "", "", "nvlink_engine", "",
        "bus_engine",
      ])
    #expect(rows.map(\.isFit) == [false, false, false, false, false, false, true, false, true])
    #expect(
      rows[3].operation == .collective(.reduceScatter, gpus: 8, bytes: 2048, overNVLink: true))
    #expect(rows[6].operation == .engineAllReduce(gpus: 2, bytes: 2048, overNVLink: true))
    // A board joins eight.
    #expect(rows[8].operation == .engineAllReduce(gpus: 16, bytes: 2048, overNVLink: false))
  }

  @Test func `experts are fitted when they are visited evenly`() throws {
    let header =
      "dtype,hidden_size,inter_size,topk,num_experts,moe_tp_size,moe_ep_size,distribution,tokens,"
      + "time_us\n"
    let (type, rows) = try read(
      header + """
        bfloat16,2048,768,8,128,1,1,balanced,100,50
        fp8,2048,768,8,128,2,4,balanced,100,50
        fp8_block,2048,768,8,128,1,1,balanced,100,50
        fp8_block,2048,768,8,128,1,1,power_law_1.2,100,50
        int4_wo,2048,768,8,128,1,1,balanced,100,50

        """)
    #expect(type.name == "moe")
    #expect(rows.map(\.fits) == ["experts_bf16", "experts_fp8", "experts_fp8_block", ""])
    #expect(!rows.map(\.isFit).contains(false))
    var experts = ExpertProducts(tokens: 100, hidden: 2048, ffn: 384, perToken: 8, count: 128)
    experts.ranks = 4
    experts.precision = .fp8
    experts.isBlockScaled = false
    #expect(rows[1].operation == .experts(experts))
  }

  @Test func `copies turn rates into times`() throws {
    let (type, rows) = try read(
      """
      gpu,link,direction,method,block_bytes,n_blocks,gbps,how,source
      H100,PCIe5x16,H2D,cudaMemcpyAsync,4096,1000.0,2.048,"a, b",c
      H100,PCIe5x16,H2D,custom_kernel,4096,1000,4.096,,
      H100,PCIe5x16,H2D,telepathy,4096,1000,4.096,,

      """)
    #expect(type.name == "copy")
    #expect(rows.map(\.fits) == ["copy_memcpy", "copy_kernel"])
    // 4,096,000 B at 2.048 GB/s: 2 ms.
    #expect(rows.map { ($0.time.value * 1e9).rounded() } == [2e6, 1e6])
    #expect(rows[0].operation == .copy(.memcpy, blockBytes: 4096, blocks: 1000))
  }

  @Test func `parts of layers are told by the model and the shards`() throws {
    let (type, rows) = try read(
      """
      gpu,model,tp,layer,tokens,time_us
      X,meta-llama/Llama-3.1-8B-Instruct,2,qkv_proj,10,5
      X,meta-llama/Llama-3.1-8B-Instruct,2,down_proj,10,5
      X,meta-llama/Llama-3.1-8B-Instruct,2,layernorm,10,5
      X,meta-llama/Llama-3.1-8B-Instruct,2,act_fn,10,5
      X,meta-llama/Llama-3.1-8B-Instruct,2,mystery,10,5
      X,nobody/Unknown-1B,2,qkv_proj,10,5

      """)
    #expect(type.name == "layers")
    let expected: [Cost.Operation] = [
      .gemm(rows: 10, inner: 4096, outer: 3072, .bf16),
      .gemm(rows: 10, inner: 7168, outer: 4096, .bf16),
      .elementwise(bytes: 10 * 4 * 4096 * 2), .elementwise(bytes: 10 * 3 * 7168 * 2),
    ]
    #expect(rows.map(\.operation) == expected)
    #expect(rows.map(\.fits) == ["", "", "elementwise", "elementwise"])
    // Queries and keys of whole heads, (32 + 4) / 2 in the mean, whatever the shards.
    let norms = try read("model,tp,layer,tokens,time_us\nQwen/Qwen3-30B-A3B,2,qk_norm,10,5\n")
    #expect(norms.rows.map(\.operation) == [.headNorm(heads: 180, width: 128)])
    #expect(norms.rows.map(\.fits) == [""])
    let sampled = try read("model,tp,layer,sequences,time_us\nLlama-2-7b-hf,1,sampler,10,5\n")
    #expect(sampled.rows.map(\.operation) == [.sampling(sequences: 10, vocab: 32000)])
  }

  @Test func `values that make no sense are refused with their line`() {
    #expect(
      fault("dtype,m,n,k,time_us\nbf16,8,8,8,1\nbf16,8,8,8,-1\n")
        == "my.csv:3: time_us is -1; write a number above 0")
    #expect(
      fault("dtype,m,n,k,time_us\nbf16,0,8,8,1\n")
        == "my.csv:2: m is 0; write a whole number of at least 1")
    #expect(
      fault("dtype,m,n,k,time_us\nbf16,1.5,8,8,1\n")
        == "my.csv:2: m is 1.5; write a whole number of at least 1")
    #expect(
      fault("kv_dtype,head_dim,q_heads,kv_heads,batch,kv_len,time_us\nbf16,128,8,3,1,1,1\n")
        == "my.csv:2: 8 query heads are no multiple of 3 key and value heads")
    #expect(
      fault("model,tp,layer,time_us\nLlama-2-7b,1,act_fn,5\n")
        == "my.csv: has neither a column tokens nor sequences")
    let header = fault("a,b\n1,2\n")
    #expect(header.hasPrefix("my.csv: the header a,b is of no known measurement; known: gemm: "))
    for type in measuredClasses {
      #expect(header.contains("\(type.name): \(type.columns.joined(separator: ","))"))
    }
  }

  @Test func `names of classes are unique and every class of constants has a source`() {
    #expect(
      measuredClasses.map { $0.name } == [
        "gemm", "attention_prefill", "attention_decode", "collectives", "moe", "copy", "layers",
        "attention_mixed",
      ])
  }
}

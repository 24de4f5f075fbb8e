internal import ArgumentParser
internal import Experiment
internal import Files

/// `martlet explain`: memory and one step of an experiment, without running it.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explains the memory and the step times of an experiment, without running it.",
    discussion: "Needs an experiment file, or --model and --gpu.")

  @Argument(
    help: "The experiment file (YAML or JSON).", completion: .file(extensions: ["yaml", "json"]))
  var experiment: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Sets a key, such as engine.cost=roofline.", valueName: "key=value"))
  var overrides: [String] = []

  @Option(help: "Short for --set model=…", completion: .names(.models))
  var model: String?

  @Option(help: "Short for --set cluster.gpu=…", completion: .names(.gpus))
  var gpu: String?

  @Option(name: .customLong("tp"), help: "Short for --set cluster.tensor_parallel=…")
  var tensorParallel: String?

  @Option(help: "Sequences of the decode step.")
  var batch = Explanation.Steps().batch

  @Option(help: "Tokens that each of them attends to.")
  var context = Explanation.Steps().context

  @Option(help: "Prompt tokens of the prefill step.")
  var prefill = Explanation.Steps().prefill

  @Flag(
    help: ArgumentHelp(
      "Takes one step apart that holds all of these together, with the constants it uses.",
      discussion: "--batch 0 or --prefill 0 leaves a part out."))
  var step = false

  @Flag(help: "Prints JSON in base units.")
  var json = false

  func run() throws {
    var steps = Explanation.Steps()
    (steps.batch, steps.context, steps.prefill) = (batch, context, prefill)
    let assembly = try Assembly(try load())
    var warnings = Warnings()
    if step {
      let explanation = try StepExplanation(assembly, steps)
      for caveat in explanation.caveats { warnings.warn(caveat, caveat) }
      print(json ? explanation.json.text : explanation.text, terminator: "")
    } else {
      let explanation = try Explanation(assembly, steps)
      for caveat in explanation.caveats { warnings.warn(caveat, caveat) }
      for pool in try explanation.pools().dropFirst() {
        for caveat in pool.caveats { warnings.warn(caveat, caveat) }
      }
      print(
        json ? try explanation.clusterJSON().text : try explanation.clusterText(), terminator: "")
    }
    warnings.finish()
  }

  private func load() throws(ConfigError) -> ExperimentConfig {
    guard experiment != nil || (model != nil && gpu != nil) else {
      throw ConfigError(
        nil,
        "explain needs an experiment file, or a model and a GPU; write "
          + "martlet explain --model llama-3-8b --gpu h100-80gb-sxm, for example")
    }
    var list: [Override] = []
    for text in overrides { list.append(try Override(text)) }
    for (key, value, flag) in [
      ("model", model, "--model"), ("cluster.gpu", gpu, "--gpu"),
      ("cluster.tensor_parallel", tensorParallel, "--tp"),
    ] {
      if let value { list.append(Override(key, value, from: flag)) }
    }
    guard let experiment else { return try .unwritten(list) }
    return try .load(experiment, overrides: list)
  }
}

public import Serving

/// Every scheduler.
///
/// **The one line to add when you add a file here.**
public let schedulers: [any Scheduler.Type] = [
  VLLMv1.self,
  VLLMv0.self,
  OrcaMax.self,
  OrcaPow2.self,
  OrcaOracle.self,
  StaticBatch.self,
  Priority.self,
  FastSwitch.self,
  VTC.self,
  LongestPrefixFirst.self,
  BatchLLM.self,
  BatchLLMOracle.self,
]

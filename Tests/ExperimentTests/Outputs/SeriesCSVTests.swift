import Cost
import Experiment
import Files
import Metrics
import Testing

@Suite struct SeriesCSVTests {
  @Test func `time series rows come bucket by bucket`() {
    #expect(
      everything(of: smallRecord()).lines("timeseries.csv") == [
        "time_s,instance_id,num_requests_running,num_requests_waiting,kv_cache_usage_perc,"
          + "prompt_tokens,generation_tokens,finished,num_preemptions",
        "1.000000000000,0,1,0,0.343750,512,4,1,0",
        "1.000000000000,1,1,0,0.000000,512,1,1,0",
        "2.000000000000,0,1,1,0.343750,512,0,1,0",
        "2.000000000000,1,1,1,0.000000,512,0,1,0",
      ])
  }

  @Test func `steps come by start, then by instance`() {
    #expect(
      everything(of: smallRecord()).lines("steps.csv") == [
        "instance_id,step,start_s,duration_ms,num_running,num_waiting,prefill_tokens,"
          + "decode_tokens,kv_cache_usage_perc,bound_by",
        "1,0,0.000000000001,6.999999999,1,0,7,0,0.333333,host",
        "0,0,0.000000000005,24.999999995,1,0,512,0,0.333333,compute",
        "0,1,0.025000000000,20.000000000,1,0,0,1,0.333333,hbm",
        "1,1,0.025000000000,1.000000000,1,0,0,1,0.333333,link",
      ])
  }

  @Test func `bounds have the names of the cost model`() {
    #expect(Bound.allCases.map(\.rawValue) == ["compute", "hbm", "link", "host"])
  }
}

extension ColumnCatalog {
  private static let allInstances = "all instances, whole run"

  /// Keys of summary.json of runs with tiers under HBM; those of each kind of link follow them.
  public static let memory: [ColumnEntry] = [
    ColumnEntry(
      "copy_stall_s", "s", "Time in which work was there and only copies kept it from a step.",
      allInstances),
    ColumnEntry(
      "copy_stall_share", "0-1",
      "copy_stall_s over the time that engines worked: copy_stall_s + time with a step in flight.",
      allInstances),
    ColumnEntry(
      "copy_waiting_s", "s",
      "Time from sending to landing beyond that which each transfer would have taken alone.",
      "all transfers"),
    ColumnEntry("num_transfers", "", "Transfers that landed.", allInstances),
    ColumnEntry(
      "num_copies", "", "Copies issued by one GPU for the transfers that landed.", allInstances),
    ColumnEntry(
      "context_out_bytes", "B",
      "The part of swap_out_bytes that was kept of finished turns for the next ones.",
      "all instances"),
    ColumnEntry(
      "context_in_bytes", "B", "The part of swap_in_bytes that next turns found.",
      "all instances"),
    ColumnEntry(
      "stored_bytes", "B", "Cached blocks copied to tiers under HBM.", "all instances"),
    ColumnEntry(
      "loaded_bytes", "B", "Cached blocks copied back to HBM.", "all instances"),
    ColumnEntry(
      "prefetched_bytes", "B",
      "Cached blocks raised to the nearest tier under HBM for requests that waited.",
      "all instances"),
    ColumnEntry(
      "num_handovers", "", "Sequences that came to the instances that decode them.",
      "all instances"),
    ColumnEntry(
      "handover_bytes", "B", "KV that came with them from the instances that computed prompts.",
      "all instances"),
    ColumnEntry(
      "swapped_time_s", "s",
      "Time with at least one request swapped out, from the decision until it runs again.",
      allInstances),
    ColumnEntry(
      "swapped_wait_s", "s", "Requests swapped out, summed over time.", allInstances),
    ColumnEntry(
      "swap_in_wait_s", "s", "The part of swapped_wait_s in which their KV was on its way back.",
      allInstances),
    ColumnEntry(
      "context_in_wait_s", "s",
      "Admitted requests whose context of earlier turns was on its way back, summed over time.",
      allInstances),
  ]

  /// Every key of summary.json that has one name in all runs.
  public static var everySummary: [ColumnEntry] { summary + memory }

  private static let lane = "one lane of a link"

  /// Columns of links.csv.
  public static var links: [ColumnEntry] {
    lanes
      + LinkRecord.causeNames.flatMap { cause in
        [
          ColumnEntry("\(cause)_transfers", "", "Transfers that landed, of this cause.", lane),
          ColumnEntry("\(cause)_bytes", "B", "Bytes moved for this cause, of one GPU.", lane),
          ColumnEntry(
            "\(cause)_cancelled_bytes", "B",
            "Bytes of one GPU that transfers of this cause had not moved when called off.", lane),
          ColumnEntry("\(cause)_waiting_s", "s", "waiting_s of this cause.", lane),
        ]
      }
  }

  private static let lanes: [ColumnEntry] = [
    ColumnEntry(
      "fabric_id", "", "Links with one number share transfers with each other alone.", lane),
    ColumnEntry("lane_id", "", "Number of the lane among those of its fabric_id.", lane),
    ColumnEntry("link", "", "Kind of link.", lane),
    ColumnEntry(
      "direction", "", "out: away from HBM; in: towards it; both: one way at a time.", lane),
    ColumnEntry("instances", "", "Instances that reach it.", lane),
    ColumnEntry(
      "gpus", "",
      "GPUs of an instance, each of which has such a lane and copies its part beside the others.",
      lane),
    ColumnEntry("transfers", "", "Transfers that landed.", lane),
    ColumnEntry(
      "copies", "", "Copies made by one GPU, of transfers that were called off too.", lane),
    ColumnEntry(
      "bytes", "B", "Bytes moved for one GPU, of transfers that were called off too.", lane),
    ColumnEntry("cancelled_transfers", "", "Transfers that were called off.", lane),
    ColumnEntry(
      "cancelled_bytes", "B", "Bytes of one GPU that they had not moved when called off.", lane),
    ColumnEntry("busy_s", "s", "Time in which something moved.", lane),
    ColumnEntry(
      "busy_share", "0-1", "busy_s over the time until the run was over and all had landed.", lane),
    ColumnEntry("mean_bandwidth", "B/s", "bytes / busy_s.", "lanes that were used"),
    ColumnEntry(
      "waiting_s", "s",
      "Time from sending to landing of the transfers that passed it beyond that which each would "
        + "have taken alone; a transfer over several links counts on each.", lane),
  ]

  private static let tier = "one tier of one instance in one bucket of timeseries.csv"

  /// Columns of tiers.csv.
  public static let tiers: [ColumnEntry] = [
    ColumnEntry("time_s", "s", "The bucket's end.", tier),
    ColumnEntry("instance_id", "", "The instance.", tier),
    ColumnEntry("tier", "", "The tier, nearest to HBM first.", tier),
    ColumnEntry("capacity_blocks", "", "KV blocks of the instance that it holds.", tier),
    ColumnEntry("used_blocks", "", "Blocks in use: the four that follow added up.", tier),
    ColumnEntry(
      "swapped_blocks", "", "Of requests that are away from HBM or on their way.", tier),
    ColumnEntry("kept_blocks", "", "Of copies whose requests run.", tier),
    ColumnEntry("context_blocks", "", "Of contexts that wait for the next turn.", tier),
    ColumnEntry("cached_blocks", "", "Of a prefix cache.", tier),
    ColumnEntry("used_bytes", "B", "used_blocks in bytes, all GPUs of the instance.", tier),
    ColumnEntry("usage_perc", "0-1", "used_blocks / capacity_blocks.", tier),
  ]
}

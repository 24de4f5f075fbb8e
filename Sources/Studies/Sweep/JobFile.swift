internal import Experiment
internal import Files

/// A job file that runs a sweep in shards on a batch system.
public struct JobFile: Sendable {
  /// Whose job file.
  public enum System: String, Sendable, CaseIterable {
    /// An array for `sbatch`.
    case slurm
    /// A list of commands for GNU parallel.
    case parallel
    /// An Indexed Job of Kubernetes.
    case k8s
  }

  private let executable: String
  private let file: String
  private let out: String
  private let shards: Int

  /// The jobs that run `plan` into `out` in `shards`, at most one a point.
  public init(_ plan: SweepPlan, out: String, shards: Int, executable: String) {
    // A bare name is looked up where the job runs; a path must hold there too.
    self.executable =
      executable.contains("/") ? Posix.realPath(executable) ?? executable : executable
    file = plan.file
    self.out = out
    self.shards = max(1, min(shards, plan.points.count))
  }

  /// The text of the job file.
  public func text(for system: System) -> String {
    switch system {
    case .slurm: slurm
    case .parallel: parallel
    case .k8s: kubernetes
    }
  }

  /// What to do with the job file.
  public func hint(for system: System) -> String {
    switch system {
    case .slurm: "next: sbatch FILE, then \(merge)"
    case .parallel: "next: parallel < FILE, then \(merge)"
    case .k8s: "next: set image and claim, kubectl apply -f FILE, then \(merge)"
    }
  }

  private func command(shard: String, jobs: String) -> String {
    "\(Shell.quoted(executable)) sweep \(Shell.quoted(file)) --shard \(shard) --jobs \(jobs) "
      + "--out \(Shell.quoted(out)) --resume --quiet"
  }

  private var slurm: String {
    """
    #!/bin/bash
    # \(shards) shards of \(file); a task that was lost is submitted again as it is:
    #   sbatch --array=3,7 FILE
    # When all are done (afterany: failed points are rows too):
    #   job=$(sbatch --parsable FILE)
    #   sbatch --dependency=afterany:$job --wrap \(Shell.quoted(merge))
    #SBATCH --job-name=\(Shell.quoted("martlet-\(Paths.stem(of: file))"))
    #SBATCH --array=1-\(shards)
    #SBATCH --cpus-per-task=1
    #SBATCH --mem=2G
    #SBATCH --time=04:00:00
    #SBATCH --requeue
    #SBATCH --output=martlet-%A_%a.log
    exec \(command(
      shard: "\"$SLURM_ARRAY_TASK_ID/\(shards)\"", jobs: "\"${SLURM_CPUS_PER_TASK:-1}\""))

    """
  }

  private var merge: String { "\(Shell.quoted(executable)) merge \(Shell.quoted(out))" }

  private var parallel: String {
    (1...shards).map { command(shard: "\($0)/\(shards)", jobs: "1") + "\n" }.joined()
  }

  private var kubernetes: String {
    let arguments = [
      "sweep", file, "--shard", "$(JOB_COMPLETION_INDEX)/\(shards)", "--jobs", "1", "--out", out,
      "--resume", "--quiet",
    ]
    let list = arguments.map { JSON.quoted($0) }.joined(separator: ", ")
    return """
      # \(shards) shards of \(file). Set image to one with martlet in it, claimName to a volume that
      # holds the sweep file and its traces. When all are done: martlet merge \(out)
      apiVersion: batch/v1
      kind: Job
      metadata:
        name: \(Self.label(Paths.stem(of: file)))
      spec:
        completionMode: Indexed
        completions: \(shards)
        parallelism: \(shards)
        backoffLimitPerIndex: 3
        maxFailedIndexes: \(shards)
        podFailurePolicy:
          rules:
            # 2: a fault of the sweep file, 3: some points failed. Neither is mended by a retry.
            - action: FailIndex
              onExitCodes: {containerName: martlet, operator: In, values: [2, 3]}
            - action: Ignore
              onPodConditions: [{type: DisruptionTarget}]
        template:
          spec:
            restartPolicy: Never
            containers:
              - name: martlet
                image: martlet:\(martletVersion)
                command: ["martlet"]
                args: [\(list)]
                workingDir: /work
                resources: {requests: {cpu: "1", memory: 2Gi}, limits: {memory: 2Gi}}
                volumeMounts: [{name: work, mountPath: /work}]
            volumes:
              - name: work
                persistentVolumeClaim: {claimName: martlet}

      """
  }

  /// `text` as a name of Kubernetes: lower case letters, digits and hyphens, at most 50.
  private static func label(_ text: String) -> String {
    let letters = text.lowercased().utf8.map { byte -> Character in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        Character(Unicode.Scalar(byte))
      default: "-"
      }
    }
    let ends = "martlet-" + String(letters.prefix(40))
    return String(ends.reversed().drop { $0 == "-" }.reversed())
  }
}

/// Text for a shell.
enum Shell {
  /// `text` as one word.
  static func quoted(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "_./+-=:,@%".utf8.contains(byte)
      }
    }
    if isPlain, !text.isEmpty { return text }
    let parts = text.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.joined(separator: "'\\''") + "'"
  }
}

extension JSON {
  /// `text` in quotes.
  fileprivate static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = []
    write(quoted: text, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}

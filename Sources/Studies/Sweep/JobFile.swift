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
  private let directory: String
  private let file: String
  private let out: String
  private let settings: [String]
  private let shards: Int
  private let jobs: Int

  /// The jobs that run `plan` into `out` in `shards`, at most one a point, each of which runs
  /// `jobs` points at the same time.
  ///
  /// Paths are as seen from the working directory, to which jobs of Slurm and GNU parallel change.
  public init(_ plan: SweepPlan, out: String, shards: Int, jobs: Int, executable: String) {
    // A bare name is looked up where the job runs; a path must hold there too.
    self.executable =
      executable.contains("/") ? Posix.realPath(executable) ?? executable : executable
    directory = Posix.realPath(".") ?? "."
    file = plan.file
    self.out = out
    settings = plan.overrides
    self.shards = max(1, min(shards, plan.points.count))
    self.jobs = jobs
  }

  /// The text of the job file.
  public func text(for system: System) -> String {
    switch system {
    case .slurm: slurm
    case .parallel: parallel
    case .k8s: kubernetes
    }
  }

  /// What to do with the job file, and what may stand in its way.
  public func hint(for system: System) -> String {
    switch system {
    case .slurm:
      // MaxArraySize is 1001 unless the site says otherwise, and one above the largest index.
      (shards > 1000 ? "note: Slurm's default MaxArraySize ends at task 1000\n" : "")
        + "next: sbatch FILE, then \(merge(out))"
    case .parallel: "next: parallel < FILE, then \(merge(out))"
    case .k8s: "next: set image and claim, kubectl apply -f FILE, then \(merge(out))"
    }
  }

  /// The words of a shard's command after the executable.
  private func arguments(shard: String, jobs: String) -> [String] {
    ["sweep", file, "--shard", shard, "--jobs", jobs, "--out", out, "--resume", "--quiet"]
      + settings.flatMap { ["--set", $0] }
  }

  private func merge(_ out: String) -> String {
    "\(Shell.quoted(executable)) merge \(Shell.quoted(out))"
  }

  private var slurm: String {
    // The task's own number and cores, which no quotation may hide.
    let (shard, cores) = ("@shard@", "@cores@")
    let words = arguments(shard: shard, jobs: cores).map { word in
      switch word {
      case shard: "\"$SLURM_ARRAY_TASK_ID/\(shards)\""
      case cores: "\"${SLURM_CPUS_PER_TASK:-\(jobs)}\""
      default: Shell.quoted(word)
      }
    }
    return """
      #!/bin/bash
      # \(shards) shards of \(Shell.quoted(file)). A flag of sbatch wins over its line here:
      #   sbatch --time=1-00:00:00 --mem=8G FILE
      # A task that was lost is submitted again; it keeps what it had finished:
      #   sbatch --array=3,7 FILE
      # When all are done (afterany: failed points are rows too, their task exits with 3):
      #   job=$(sbatch --parsable FILE)
      #   sbatch --dependency=afterany:$job --wrap \(
        Shell.quoted(merge(Paths.join(directory, out))))
      #SBATCH --job-name=\(Self.label(Paths.stem(of: file)))
      #SBATCH --array=1-\(shards)
      #SBATCH --nodes=1
      #SBATCH --ntasks=1
      #SBATCH --cpus-per-task=\(jobs)
      #SBATCH --mem=2G
      #SBATCH --time=04:00:00
      #SBATCH --requeue
      #SBATCH --open-mode=append
      #SBATCH --output=martlet-%A_%a.log
      cd \(Shell.quoted(directory)) || exit 2
      exec \(Shell.quoted(executable)) \(words.joined(separator: " "))

      """
  }

  private var parallel: String {
    (1...shards).map { shard in
      let words = arguments(shard: "\(shard)/\(shards)", jobs: "\(jobs)")
      return "cd \(Shell.quoted(directory)) && "
        + ([executable] + words).map(Shell.quoted).joined(separator: " ") + "\n"
    }.joined()
  }

  private var kubernetes: String {
    let index = "@index@"
    let words = arguments(shard: index, jobs: "\(jobs)").map { word in
      // In args a dollar sign begins a variable; two stand for one.
      word == index
        ? "$(JOB_COMPLETION_INDEX)/\(shards)"
        : word.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$")
    }
    let list = words.map { JSON.quoted($0) }.joined(separator: ", ")
    return """
      # \(shards) shards of \(Shell.quoted(file)), for Kubernetes 1.31 or later.
      # Set image to one with martlet in it, claimName to a volume that all nodes can write, with
      # the sweep file and its traces. When all are done: martlet merge \(Shell.quoted(out))
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
                resources: {requests: {cpu: "\(jobs)", memory: 2Gi}, limits: {memory: 2Gi}}
                volumeMounts: [{name: work, mountPath: /work}]
            volumes:
              - name: work
                persistentVolumeClaim: {claimName: martlet}

      """
  }

  /// `text` as the name of a job: lower case letters, digits and hyphens, at most 50.
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
  /// `text` as one word on one line, so that it may stand in a comment and in a list of commands.
  static func quoted(_ text: String) -> String {
    // Line breaks of YAML, which has more of them than a shell, and other control characters.
    let breaks = text.unicodeScalars.contains { scalar in
      scalar.value < 0x20 || scalar.value == 0x7f || scalar.properties.isWhitespace && scalar != " "
    }
    if breaks { return ansi(text) }
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

  /// `text` in bash's `$'…'`, with octal numbers for all but plain bytes.
  private static func ansi(_ text: String) -> String {
    let bytes = text.utf8.map { byte -> String in
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\\"): "\\" + String(Unicode.Scalar(byte))
      case 0x20..<0x7f: String(Unicode.Scalar(byte))
      default: "\\" + [6, 3, 0].map { "\((byte >> $0) & 7)" }.joined()
      }
    }
    return "$'" + bytes.joined() + "'"
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

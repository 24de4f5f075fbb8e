"""What all measurements share and what needs no GPU: files, statistics, order, time limits."""

import csv
import math
import os
import random
import statistics
import sys
import time

# The columns that `martlet calibrate` and `martlet validate-cost` know a file by. The number says
# how many of them name a shape; a second row of the same shape is never written.
COLUMNS = {
    "gemm": (4, "dtype,m,n,k,time_us"),
    "attention_prefill": (6, "kv_dtype,head_dim,q_heads,kv_heads,batch,isl,time_us"),
    "attention_decode": (6, "kv_dtype,head_dim,q_heads,kv_heads,batch,kv_len,time_us"),
    "copy": (6, "gpu,link,direction,method,block_bytes,n_blocks,gbps,how,source"),
    "collectives": (8, "gpu,library,version,impl,op,n_gpus,dtype,bytes,time_us"),
}
WARM_UPS = 3
RUNS = 6


class Skip(Exception):
    """This shape cannot be measured here; the next one may."""


class Lost(Exception):
    """The GPU answers no more; nothing can be measured after it."""


def say(text):
    print(f"measure: {text}", file=sys.stderr, flush=True)


def number(value):
    """Five significant digits, never with an exponent."""
    if value <= 0 or not math.isfinite(value):
        raise ValueError(f"{value} is no measurement")
    digits = 4 - math.floor(math.log10(value))
    text = f"{round(value, digits):.{max(0, digits)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def median(samples):
    return statistics.median(samples)


def spread(samples):
    """The range of the samples as a fraction of their median."""
    return (max(samples) - min(samples)) / median(samples)


def rounds_for(step_us, target_us=2000.0, most=64):
    """How often a step is repeated between two clock readings, so that launches do not count."""
    return max(1, min(most, math.ceil(target_us / max(step_us, 1e-3))))


def runs_for(step_us):
    """Warm-ups and timed runs: fewer of a step that takes longer than half a second."""
    return (WARM_UPS, RUNS) if step_us < 5e5 else (1, 3)


def rotations(bytes_each, cache_bytes, most=64):
    """So many copies that a copy is out of the cache when its turn comes again."""
    return min(most, 1 + math.ceil(1.2 * cache_bytes / max(1, bytes_each)))


def shuffled(items, seed):
    """The order of a sweep: where time runs out, what was measured is a fair sample."""
    items = list(items)
    random.Random(seed).shuffle(items)
    return items


class Budget:
    """A limit in seconds, or none."""

    def __init__(self, seconds=None, clock=time.monotonic):
        self.clock = clock
        self.start = clock()
        self.seconds = seconds

    def spent(self):
        return self.clock() - self.start

    def left(self):
        return None if self.seconds is None else max(0.0, self.seconds - self.spent())

    def over(self):
        return self.seconds is not None and self.spent() >= self.seconds

    def share(self, parts):
        """The budget of the next of `parts` parts that are still to come."""
        left = self.left()
        return Budget(None if left is None else left / parts, self.clock)


class Sink:
    """A CSV file that grows by whole rows, and keeps those of an earlier, interrupted run."""

    def __init__(self, folder, kind, extension="csv"):
        self.keys, header = COLUMNS[kind]
        self.columns = header.split(",")
        self.path = os.path.join(folder, f"{kind}.{extension}")
        self.done = set()
        if os.path.exists(self.path):
            self._keep()
        self.file = open(self.path, "a", newline="", encoding="utf-8")
        self.writer = csv.writer(self.file, lineterminator="\n")
        if self.file.tell() == 0:
            self._write(self.columns)

    def _keep(self):
        with open(self.path, "rb+") as file:
            text = file.read()
            file.truncate(text.rfind(b"\n") + 1)  # a row that was cut off counts for nothing
        with open(self.path, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        if rows and rows[0] != self.columns:
            raise SystemExit(f"measure: {self.path} has other columns; choose another --out")
        self.done = {tuple(row[: self.keys]) for row in rows[1:]}

    def _write(self, row):
        self.writer.writerow(row)
        self.file.flush()

    def key(self, row):
        return tuple(str(value) for value in row[: self.keys])

    def has(self, row):
        return self.key(row) in self.done

    def add(self, row):
        if len(row) != len(self.columns):
            raise ValueError(f"{len(row)} values for {len(self.columns)} columns")
        self.done.add(self.key(row))
        self._write(row)

    def close(self):
        self.file.close()


class Sweep:
    """Goes through shapes, writes what can be measured and counts the rest."""

    def __init__(self, name, sink, budget):
        self.name, self.sink, self.budget = name, sink, budget
        self.rows = self.kept = self.noisy = 0
        self.skipped = {}
        self.said = time.monotonic()

    def run(self, shapes, measure, values=lambda shape, us: [number(us)]):
        """`measure(shape)` gives samples in microseconds; a row is the shape and the `values` of
        their median."""
        for i, shape in enumerate(shapes):
            if self.sink.has(shape):
                self.kept += 1
                continue
            if self.budget.over():
                say(f"{self.name}: time is up after {i} of {len(shapes)} shapes")
                break
            self.one(shape, measure, values)
            self.progress(i, len(shapes))
        return self.summary()

    def one(self, shape, measure, values=lambda shape, us: [number(us)]):
        try:
            samples = measure(shape)
        except Skip as reason:
            self.skip(shape, str(reason))
            return
        self.count(samples)
        self.sink.add([*shape, *values(shape, median(samples))])

    def count(self, samples):
        self.rows += 1
        if spread(samples) > 0.2:
            self.noisy += 1

    def skip(self, shape, reason):
        self.skipped[reason] = self.skipped.get(reason, 0) + 1
        if self.skipped[reason] <= 20:  # device.json counts them all
            say(f"{self.name}: skipped {','.join(map(str, shape))}: {reason}")

    def progress(self, i, total):
        if time.monotonic() - self.said >= 5:
            self.said = time.monotonic()
            say(f"{self.name}: {i + 1} of {total} shapes, {self.budget.spent():.0f} s")

    def summary(self):
        result = {"rows": self.rows, "kept_from_before": self.kept, "noisy": self.noisy}
        result["skipped"] = sum(self.skipped.values())
        result["seconds"] = round(self.budget.spent(), 1)
        text = ", ".join(f"{value} {key}" for key, value in result.items())
        say(f"{self.name}: {text.replace('_', ' ')}")
        return {**result, "reasons": self.skipped} if self.skipped else result

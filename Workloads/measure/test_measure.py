"""Tests of what needs neither torch nor a GPU: `python3 -m unittest` in this folder."""

import contextlib
import ctypes
import io
import os
import subprocess
import sys
import tempfile
import types
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import attention
import bench
import collectives
import copies
import device
import gemm
import measure

HERE = os.path.dirname(os.path.abspath(__file__))


class Statistics(unittest.TestCase):
    def test_numbers_have_five_digits_and_no_exponent(self):
        for value, text in [
            (2.9561234, "2.9561"), (123456.7, "123460"), (10.0, "10"), (0.000123456, "0.00012346"),
            (100, "100"), (99999.9, "100000"), (1e9, "1000000000"), (0.1, "0.1"),
        ]:  # fmt: skip
            self.assertEqual(bench.number(value), text)

    def test_no_number_from_nothing(self):
        for value in (0, -1.0, float("nan"), float("inf")):
            self.assertRaises(ValueError, bench.number, value)

    def test_median_and_spread(self):
        self.assertEqual(bench.median([9.0, 1.0, 2.0, 3.0, 2.0, 2.0]), 2.0)
        self.assertEqual(bench.median([1.0, 2.0, 3.0, 4.0]), 2.5)
        self.assertAlmostEqual(bench.spread([9.0, 10.0, 12.0]), 0.3)

    def test_short_steps_are_repeated_and_long_ones_are_not(self):
        self.assertEqual(bench.rounds_for(100.0), 20)
        self.assertEqual(bench.rounds_for(3.0), 64)
        self.assertEqual(bench.rounds_for(0.0), 64)
        self.assertEqual(bench.rounds_for(1e7), 1)
        self.assertEqual(bench.runs_for(1e3), (3, 6))
        self.assertEqual(bench.runs_for(1e6), (1, 3))

    def test_other_copies_push_a_copy_out_of_the_cache(self):
        for size in (1 << 22, 1 << 25, 1 << 30):
            n = bench.rotations(size, 50e6)
            self.assertGreaterEqual((n - 1) * size, 1.2 * 50e6)
        self.assertEqual(bench.rotations(1, 50e6), 64)


class Time(unittest.TestCase):
    def setUp(self):
        self.now = 0.0

    def test_a_budget_ends_and_shares(self):
        budget = bench.Budget(100, lambda: self.now)
        self.now = 40.0
        part = budget.share(3)
        self.assertEqual(part.seconds, 20)
        self.assertFalse(part.over())
        self.now = 60.0
        self.assertTrue(part.over())
        self.assertFalse(budget.over())
        self.now = 200.0
        self.assertEqual(budget.left(), 0)

    def test_no_budget_never_ends(self):
        budget = bench.Budget(None, lambda: self.now)
        self.now = 1e9
        self.assertFalse(budget.over())
        self.assertIsNone(budget.share(2).seconds)


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        quiet = contextlib.redirect_stderr(io.StringIO())
        quiet.__enter__()
        self.addCleanup(quiet.__exit__, None, None, None)

    def text(self, name="gemm.csv"):
        with open(os.path.join(self.folder.name, name), encoding="utf-8") as file:
            return file.read()

    def test_rows_are_on_disk_at_once(self):
        sink = bench.Sink(self.folder.name, "gemm")
        sink.add(["bf16", 1, 256, 512, "3.5"])
        self.assertEqual(self.text(), "dtype,m,n,k,time_us\nbf16,1,256,512,3.5\n")
        self.assertRaises(ValueError, sink.add, ["bf16", 1, 256, 512])
        sink.close()

    def test_an_interrupted_run_goes_on_after_its_last_whole_row(self):
        path = os.path.join(self.folder.name, "gemm.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write("dtype,m,n,k,time_us\nbf16,1,256,512,3.5\nbf16,2,25")
        sink = bench.Sink(self.folder.name, "gemm")
        self.assertTrue(sink.has(("bf16", 1, 256, 512)))
        self.assertFalse(sink.has(("bf16", 2, 256, 512)))
        sink.add(["bf16", 2, 256, 512, "3.6"])
        sink.close()
        self.assertEqual(self.text().splitlines()[1:], ["bf16,1,256,512,3.5", "bf16,2,256,512,3.6"])

    def test_a_file_of_other_columns_is_left_alone(self):
        with open(os.path.join(self.folder.name, "gemm.csv"), "w", encoding="utf-8") as file:
            file.write("a,b\n1,2\n")
        with self.assertRaises(SystemExit):
            bench.Sink(self.folder.name, "gemm")
        self.assertEqual(self.text(), "a,b\n1,2\n")

    def test_a_sweep_writes_medians_and_says_what_it_skips(self):
        sink = bench.Sink(self.folder.name, "gemm")
        sink.add(["bf16", 1, 1, 1, "7"])

        def samples(shape):
            if shape[1] == 2:
                raise bench.Skip("does not fit memory")
            return [4.0, 5.0, 9.0]

        sweep = bench.Sweep("gemm", sink, bench.Budget(None))
        result = sweep.run([("bf16", m, 1, 1) for m in (1, 2, 3)], samples)
        sink.close()
        self.assertEqual(self.text().splitlines()[1:], ["bf16,1,1,1,7", "bf16,3,1,1,5"])
        counts = [result[key] for key in ("rows", "kept_from_before", "noisy", "skipped")]
        self.assertEqual(counts, [1, 1, 1, 1])

    def test_a_sweep_ends_in_time(self):
        sink = bench.Sink(self.folder.name, "gemm")
        now = [0.0]

        def samples(shape):
            now[0] += 1
            return [1.0]

        sweep = bench.Sweep("gemm", sink, bench.Budget(3, lambda: now[0]))
        self.assertEqual(sweep.run([("bf16", m, 1, 1) for m in range(9)], samples)["rows"], 3)
        sink.close()


class Grids(unittest.TestCase):
    GRIDS = [
        gemm.grid, copies.grid, attention.prefill_grid, attention.decode_grid, collectives.grid,
    ]  # fmt: skip

    def test_a_seed_gives_one_order_without_repeats(self):
        for grid in self.GRIDS:
            for quick in (True, False):
                shapes = grid(quick, 1)
                self.assertEqual(shapes, grid(quick, 1))
                self.assertEqual(len(shapes), len(set(shapes)))
                self.assertNotEqual(shapes, grid(quick, 2))
                self.assertEqual(set(shapes), set(grid(quick, 2)))

    def test_quick_grids_are_small(self):
        for grid in self.GRIDS:
            self.assertLess(len(grid(True, 0)), 250)
            self.assertLess(len(grid(True, 0)), len(grid(False, 0)))

    def test_shapes_are_those_that_a_fit_can_use(self):
        for quick in (True, False):
            for dtype, m, n, k in gemm.grid(quick, 0):
                self.assertIn(dtype, ("bf16", "fp8"))
                self.assertTrue(m > 0 and n % 16 == 0 and k % 16 == 0)
            for grid in (attention.prefill_grid, attention.decode_grid):
                for kv_dtype, head_dim, q_heads, kv_heads, batch, length in grid(quick, 0):
                    self.assertEqual((kv_dtype, q_heads % kv_heads), ("bf16", 0))
                    self.assertIn(head_dim, (64, 128))
                    self.assertTrue(batch > 0 and length > 0)
            for op, size in collectives.grid(quick, 0):
                self.assertEqual(size // 2 % 16, 0)
            for direction, method, size in copies.grid(quick, 0):
                self.assertLessEqual(size * copies.n_blocks(size), 1 << 30)
                self.assertTrue(8 <= copies.n_blocks(size) <= 1000)

    def test_memory_of_a_product(self):
        self.assertEqual(gemm.elements(("bf16", 3, 10, 100)), 6 * 10 * 100 + 3 * 100)


class Loop(unittest.TestCase):
    def test_the_compiled_loop_copies_every_block_to_its_place(self):
        loop = copies.compiled_loop()
        if loop is None:
            self.skipTest("no C compiler")
        calls = []
        kind = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int,
            ctypes.c_void_p,
        )  # fmt: skip

        def copy(to, source, size, direction, stream):
            calls.append((direction, stream))
            ctypes.memmove(to, source, size)
            return 0 if len(calls) < 9 else 7

        function = kind(copy)
        address = ctypes.cast(function, ctypes.c_void_p)
        source = ctypes.create_string_buffer(b"aaaabbbbccccdddd", 16)
        target = ctypes.create_string_buffer(16)
        order = (ctypes.c_long * 3)(3, 0, 1)
        arguments = [address, target, source, 4, order, 3, 2, 99]
        self.assertEqual(loop(*arguments), 0)
        self.assertEqual(target.raw, b"aaaabbbb\0\0\0\0dddd")
        self.assertEqual(calls, [(2, 99)] * 3)
        calls.extend([None] * 6)
        self.assertEqual(loop(*arguments), 7)


class FakeCuda:
    """A clock that advances by what was launched: 50 us a step, plus 1,000 us when not a graph."""

    class OutOfMemoryError(RuntimeError):
        pass

    def __init__(self):
        self.now, self.captured, self.inside = 0.0, 0, False
        self.replays = 0
        fake = self

        class Event:
            def __init__(self, enable_timing):
                pass

            def record(self):
                self.at = fake.now

            def elapsed_time(self, other):
                return other.at - self.at

        class Graph:
            def replay(self):
                fake.replays += 1
                fake.now += 0.05 * fake.captured

        @contextlib.contextmanager
        def graph(graph, stream):
            fake.inside = True
            yield
            fake.inside = False

        self.cuda = types.SimpleNamespace(
            Event=Event, CUDAGraph=Graph, graph=graph, synchronize=lambda: None,
            stream=lambda s: contextlib.nullcontext(), memory_reserved=lambda: 0,
            memory_allocated=lambda: 0,
            Stream=lambda: types.SimpleNamespace(synchronize=lambda: None),
        )  # fmt: skip

    def Generator(self, device):
        return types.SimpleNamespace(manual_seed=lambda seed: None)

    def step(self):
        if self.inside:
            self.captured += 1
        else:
            self.now += 1.05


class Stopwatch(unittest.TestCase):
    def test_a_call_is_timed_inside_a_graph(self):
        fake = FakeCuda()
        watch = device.Device(fake, "cuda", 0)
        samples = watch.samples_us(fake.step, 6)
        self.assertEqual(len(samples), 6)
        for sample in samples:
            self.assertAlmostEqual(sample, 50 / 6)
        self.assertEqual(fake.captured, 2)  # 2,000 us over the 1,050 us of a launched step
        self.assertEqual(fake.replays, 9)

    def test_faults_of_a_shape_and_of_the_gpu_are_told_apart(self):
        fake = FakeCuda()
        watch = device.Device(fake, "cuda", 0)

        def full():
            raise fake.OutOfMemoryError("x")

        def wrong():
            raise RuntimeError("no kernel\nmore")

        self.assertRaisesRegex(bench.Skip, "memory", watch.samples_us, full, 1)
        self.assertRaisesRegex(bench.Skip, "^no kernel$", watch.samples_us, wrong, 1)

        def gone():
            raise RuntimeError("illegal address")

        def step():
            fake.cuda.synchronize = gone
            raise RuntimeError("illegal address")

        self.assertRaises(bench.Lost, watch.samples_us, step, 1)


class CommandLine(unittest.TestCase):
    def run_script(self, *words):
        """Runs without packages: -S hides those that are installed, torch among them."""
        command = [sys.executable, "-S", os.path.join(HERE, "measure.py"), *words]
        clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        return subprocess.run(command, capture_output=True, text=True, env=clean)

    def test_a_dry_run_needs_no_torch_and_no_folder(self):
        result = self.run_script("--dry-run", "--only", "gemm,copy", "--quick")
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = result.stdout.splitlines()
        self.assertEqual(lines, ["copy.csv: 28 shapes", "gemm.csv: 220 shapes"])

    def test_what_cannot_be_is_refused_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            result = self.run_script("--out", os.path.join(folder, "out"))
            self.assertEqual(result.returncode, 2)
            self.assertEqual(result.stderr.count("\n"), 1)
            self.assertEqual(os.listdir(folder), [])

    def test_wrong_words_are_refused(self):
        for words in (["--only", "disk"], ["--budget", "0"], ["--budget", "x"], []):
            with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit) as end:
                measure.arguments(["--out", "x", *words] if words else [])
            self.assertEqual(end.exception.code, 2)

    def test_classes_come_in_their_own_order(self):
        options = measure.arguments(["--out", "x", "--only", "attention,copy"])
        self.assertEqual(options.only, ["copy", "attention"])


class Columns(unittest.TestCase):
    def test_columns_are_those_that_martlet_reads(self):
        self.assertEqual(bench.COLUMNS["gemm"][1], "dtype,m,n,k,time_us")
        for kind, (keys, header) in bench.COLUMNS.items():
            after = header.split(",")[keys:]
            self.assertEqual(after[0], "gbps" if kind == "copy" else "time_us")


if __name__ == "__main__":
    unittest.main()

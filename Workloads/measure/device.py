"""The GPU as a stopwatch: random data, timed graphs, and what is known about the machine."""

import contextlib
import datetime
import platform
import subprocess
import time

from bench import Lost, Skip, rounds_for, runs_for

SMI = (
    "name driver_version clocks.sm clocks.mem clocks.max.sm clocks.max.mem power.limit"
    " temperature.gpu pcie.link.gen.max pcie.link.width.max"
).split()


class Device:
    """Times steps on a CUDA GPU, or runs them on the CPU to see that they run (no measurement)."""

    def __init__(self, torch, kind, seed):
        self.torch, self.kind = torch, kind
        self.is_cuda = kind == "cuda"
        self.generator = torch.Generator(device=kind).manual_seed(seed)
        self.stream = torch.cuda.Stream() if self.is_cuda else None

    @property
    def l2_bytes(self):
        if not self.is_cuda:
            return 1 << 16
        properties = self.torch.cuda.get_device_properties(0)
        return getattr(properties, "L2_cache_size", 0) or 64 << 20

    def free_bytes(self):
        return self.torch.cuda.mem_get_info()[0] if self.is_cuda else 32 << 20

    def random(self, count, dtype):
        """Normal numbers, since zeros draw less power and so run faster than real weights do."""
        torch = self.torch
        try:
            pool = torch.empty(count, dtype=dtype, device=self.kind)
            chunk = 1 << 24
            for first in range(0, count, chunk):
                part = pool[first : first + chunk]
                part.copy_(
                    torch.randn(
                        part.numel(),
                        dtype=torch.bfloat16,
                        device=self.kind,
                        generator=self.generator,
                    )
                )
            return pool
        except torch.OutOfMemoryError as error:
            raise Skip("does not fit memory") from error

    def samples_us(self, step, calls):
        """Times of one call in microseconds; `step` makes `calls` calls."""
        torch = self.torch
        try:
            if not self.is_cuda:
                return self._cpu_samples(step, calls)
            return self._cuda_samples(step, calls)
        except torch.OutOfMemoryError as error:
            raise Skip("does not fit memory") from error
        except (RuntimeError, NotImplementedError, ValueError, TypeError) as error:
            self._check_alive(error)
            raise Skip(str(error).strip().split("\n")[0][:120]) from error
        finally:
            self._tidy()

    def _cpu_samples(self, step, calls):
        samples = []
        for _ in range(2):
            start = time.perf_counter()
            step()
            samples.append(max(1e-3, (time.perf_counter() - start) * 1e6 / calls))
        return samples

    def _cuda_samples(self, step, calls):
        """A CUDA graph of many steps, replayed without a gap: no launch by the host is timed."""
        torch = self.torch
        torch.cuda.synchronize()
        with torch.cuda.stream(self.stream):
            step()
            first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            first.record()
            step()
            last.record()
        self.stream.synchronize()
        step_us = first.elapsed_time(last) * 1000
        rounds, (warm_ups, runs) = rounds_for(step_us), runs_for(step_us)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self.stream):
            for _ in range(rounds):
                step()
        marks = [torch.cuda.Event(enable_timing=True) for _ in range(runs + 1)]
        with torch.cuda.stream(self.stream):
            for _ in range(warm_ups):
                graph.replay()
            for mark in marks[:-1]:
                mark.record()
                graph.replay()
            marks[-1].record()
        self.stream.synchronize()
        times = [a.elapsed_time(b) * 1000 for a, b in zip(marks, marks[1:])]
        return [value / (rounds * calls) for value in times]

    def _check_alive(self, error):
        if not self.is_cuda:
            return
        try:
            self.torch.cuda.synchronize()
        except RuntimeError as second:
            raise Lost(f"the GPU answers no more: {error}") from second

    def _tidy(self):
        if not self.is_cuda:
            return
        cuda = self.torch.cuda
        with contextlib.suppress(RuntimeError):  # of a lost GPU, which has been told already
            if cuda.memory_reserved() - cuda.memory_allocated() > 1 << 30:
                cuda.empty_cache()

    def release(self):
        if self.is_cuda:
            self.torch.cuda.empty_cache()

    def warm_up(self, seconds=1.5):
        """Clocks rise under load; the first shapes must not be timed before they have."""
        if not self.is_cuda:
            return
        x = self.random(4096 * 4096, self.torch.bfloat16).view(4096, 4096)
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            for _ in range(16):
                self.torch.mm(x, x)
            self.torch.cuda.synchronize()

    def smi(self):
        """What nvidia-smi knows, by its own names; nothing where it is not installed."""
        if not self.is_cuda:
            return {}
        uuid = getattr(self.torch.cuda.get_device_properties(0), "uuid", None)
        which = ["-i", f"GPU-{uuid}"] if uuid else []
        ask = ["nvidia-smi", f"--query-gpu={','.join(SMI)}", "--format=csv,noheader,nounits"]
        for words in (ask + which, ask):
            try:
                out = subprocess.run(words, capture_output=True, text=True, timeout=20)
            except (OSError, subprocess.TimeoutExpired):
                return {}
            values = out.stdout.strip().split("\n")[0].split(", ")
            if out.returncode == 0 and len(values) == len(SMI):
                return dict(zip(SMI, values))
        return {}

    def link(self):
        """The bus between host and GPU as PCIe5x16; another link is for the user to name."""
        smi = self.smi()
        generation, width = smi.get("pcie.link.gen.max"), smi.get("pcie.link.width.max")
        known = generation and width and generation.isdigit() and width.isdigit()
        return f"PCIe{generation}x{width}" if known else "unknown"

    def describe(self):
        torch = self.torch
        result = {
            "measurement": self.is_cuda,
            "gpu": "cpu: not a measurement",
            "torch": torch.__version__,
            "cuda": torch.version.cuda,
            "python": platform.python_version(),
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        }
        if self.is_cuda:
            properties = torch.cuda.get_device_properties(0)
            result.update(
                gpu=properties.name,
                gpus=torch.cuda.device_count(),
                memory_bytes=properties.total_memory,
                sms=properties.multi_processor_count,
                l2_bytes=self.l2_bytes,
                compute_capability=f"{properties.major}.{properties.minor}",
                driver=self.smi().get("driver_version"),
                clocks_before=self.smi(),
            )
        return result

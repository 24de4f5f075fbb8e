"""Copies of scattered blocks between pinned host memory and the GPU."""

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
import time

from bench import RUNS, Sink, Skip, Sweep, WARM_UPS, number, say, shuffled

BLOCKS = [1 << i for i in range(12, 25)]  # 4 KiB to 16 MiB
QUICK_BLOCKS = BLOCKS[::2]
MOST_BYTES = 1 << 30
KINDS = {"H2D": 1, "D2H": 2}  # of cudaMemcpyKind
LOOP = """
typedef int (*copy_function)(void *, const void *, unsigned long, int, void *);
int copy_blocks(copy_function copy, char *to, const char *from, unsigned long bytes,
                const long *order, long count, int kind, void *stream) {
  for (long i = 0; i < count; i++) {
    int error = copy(to + order[i] * bytes, from + order[i] * bytes, bytes, kind, stream);
    if (error) return error;
  }
  return 0;
}
"""


def n_blocks(block_bytes):
    """A thousand blocks, fewer where they would take more than 1 GiB."""
    return max(8, min(1000, MOST_BYTES // block_bytes))


def grid(quick, seed):
    sizes = QUICK_BLOCKS if quick else BLOCKS
    shapes = [
        (direction, method, size)
        for direction in KINDS
        for method in ("cudaMemcpyAsync", "custom_kernel")
        for size in sizes
    ]
    return shuffled(shapes, seed)


def compiled_loop():
    """The loop over blocks as machine code, as an engine has it; None without a C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source, library = os.path.join(folder, "loop.c"), os.path.join(folder, "loop.so")
        with open(source, "w", encoding="utf-8") as file:
            file.write(LOOP)
        build = [compiler, "-O2", "-shared", "-fPIC", "-o", library, source]
        try:
            subprocess.run(build, check=True, capture_output=True, timeout=60)
            function = ctypes.CDLL(library).copy_blocks
        except (OSError, subprocess.SubprocessError):
            return None
    pointer = ctypes.c_void_p
    function.argtypes = [pointer, pointer, pointer, ctypes.c_ulong, pointer, ctypes.c_long]
    function.argtypes += [ctypes.c_int, pointer]
    return function


def runtime_copy():
    """cudaMemcpyAsync of the runtime that torch has loaded; None where it cannot be found."""
    try:
        with open("/proc/self/maps", encoding="utf-8") as file:
            paths = set(re.findall(r"(/\S*libcudart[^/\s]*\.so\S*)", file.read()))
        function = ctypes.CDLL(sorted(paths)[0]).cudaMemcpyAsync
    except (OSError, IndexError, AttributeError):
        return None
    function.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    function.argtypes.append(ctypes.c_void_p)
    return function


class Mapped:
    """Pinned host memory as a kernel sees it."""

    def __init__(self, tensor):
        self.__cuda_array_interface__ = {
            "shape": tuple(tensor.shape),
            "typestr": "<c16",
            "data": (tensor.data_ptr(), False),
            "version": 3,
        }


class Copies:
    def __init__(self, device, largest, seed):
        self.device, self.torch, self.seed = device, device.torch, seed
        torch = self.torch
        self.loop = self.function = None
        if device.is_cuda:
            self.loop, self.function = compiled_loop(), runtime_copy()
        try:
            self.host = torch.empty(largest, dtype=torch.uint8, pin_memory=device.is_cuda)
            self.gpu = torch.empty(largest, dtype=torch.uint8, device=device.kind)
        except RuntimeError as error:
            raise Skip(f"no memory for the copies: {error}") from error
        self.host.fill_(1)
        self.gpu.fill_(1)
        self.blocks_how = self._blocks_how()

    def _blocks_how(self):
        if self.function is None:
            say("copy: no cudaMemcpyAsync to call; each block is a copy_ of torch")
            return "events; torch copy_ per block"
        if self.loop is None:
            say("copy: no C compiler; blocks are issued from Python, small ones look slower")
            return "events; Python loop"
        return "events; C loop"

    def samples(self, shape):
        """Times of one pass over all blocks in microseconds."""
        torch = self.torch
        *_, direction, method, size, count = shape
        host = self.host[: count * size].view(count, size)
        gpu = self.gpu[: count * size].view(count, size)
        source, target = (host, gpu) if direction == "H2D" else (gpu, host)
        ends = [0, size // 8 - 1]
        for end in ends:  # the first and the last word of each block tell which it is
            source.view(torch.int64)[:, end] = torch.arange(count, device=source.device)
            target.view(torch.int64)[:, end] = -1
        order = torch.randperm(count, generator=torch.Generator().manual_seed(self.seed))
        if method == "custom_kernel":
            samples = self.device.samples_us(self._kernel(direction, host, gpu, order), 1)
            gpu_order = order if direction == "H2D" else torch.argsort(order)
        else:
            samples = self._time(self._blocks(source, target, order, KINDS[direction]))
            gpu_order = torch.arange(count)
        for end in ends:
            if not torch.equal(target.view(torch.int64)[:, end].cpu(), gpu_order):
                raise Skip("the copy is not equal to what was copied")
        return samples

    def how(self, method):
        return "CUDA graph; one gather kernel" if method == "custom_kernel" else self.blocks_how

    def _kernel(self, direction, host, gpu, order):
        """One kernel over all blocks, scattered on the host, that reaches into its memory."""
        torch = self.torch
        rows, order = gpu.view(torch.complex128), order.to(self.device.kind)
        mapped = host.view(torch.complex128)
        if self.device.is_cuda:
            try:
                mapped = torch.as_tensor(Mapped(mapped), device=self.device.kind)
            except (RuntimeError, TypeError, ValueError) as error:
                raise Skip(f"host memory cannot be mapped: {error}") from error
            if mapped.data_ptr() != host.data_ptr():
                raise Skip("host memory cannot be mapped")
        if direction == "H2D":
            return lambda: torch.index_select(mapped, 0, order, out=rows)
        return lambda: mapped.index_copy_(0, order, rows)

    def _blocks(self, source, target, order, kind):
        """One asynchronous copy for each block."""
        size, count = source.shape[1], source.shape[0]
        if self.function is None:
            indices = order.tolist()
            return lambda: [target[i].copy_(source[i], non_blocking=True) for i in indices]
        to, start, stream = target.data_ptr(), source.data_ptr(), self.device.stream.cuda_stream

        address = ctypes.cast(self.function, ctypes.c_void_p)

        def compiled():
            error = self.loop(
                address, to, start, size, order.data_ptr(), count, kind, stream
            )
            if error:
                raise Skip(f"cudaMemcpyAsync failed with {error}")

        offsets = [i * size for i in order.tolist()]

        def interpreted():
            for at in offsets:
                if self.function(to + at, start + at, size, kind, stream):
                    raise Skip("cudaMemcpyAsync failed")

        return interpreted if self.loop is None else compiled

    def _time(self, copy):
        """Issuing the copies is part of the time: the host's cost bounds small blocks."""
        if not self.device.is_cuda:
            start = time.perf_counter()
            copy()
            return [(time.perf_counter() - start) * 1e6]
        torch, samples = self.torch, []
        for _ in range(WARM_UPS + RUNS):
            first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            torch.cuda.synchronize()
            with torch.cuda.stream(self.device.stream):
                first.record()
                copy()
                last.record()
            last.synchronize()
            samples.append(first.elapsed_time(last) * 1000)
        return samples[WARM_UPS:]


def measure(device, folder, options, budget, notes):
    shapes = grid(options.quick, options.seed)
    if not device.is_cuda:
        shapes = [shape for shape in shapes if shape[2] <= 16384]
    link = options.link or device.link()
    shapes = [
        (options.gpu, link, direction, method, size, n_blocks(size))
        for direction, method, size in shapes
    ]
    largest = max(size * count for *_, size, count in shapes)
    copies = Copies(device, largest, options.seed)
    notes["copy_blocks"] = copies.blocks_how
    sink = Sink(folder, "copy", options.extension)

    def values(shape, us):
        *_, method, size, count = shape
        return [number(size * count / us / 1000), copies.how(method), options.source]

    try:
        return {"copy": Sweep("copy", sink, budget).run(shapes, copies.samples, values)}
    finally:
        sink.close()

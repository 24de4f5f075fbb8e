"""Collectives of NCCL inside one machine; started by measure.py, once for each number of GPUs."""

import argparse
import os
import socket
import subprocess
import sys
import time

from bench import RUNS, Budget, Sink, Skip, Sweep, WARM_UPS, rounds_for, say, shuffled

OPS = ["all_reduce", "all_gather", "reduce_scatter", "alltoall"]
SIZES = [1 << i for i in range(11, 29)]  # 2 KiB to 256 MiB
QUICK_SIZES = SIZES[::3] + [1 << 28]
COUNTS = [2, 4, 8, 16]


def grid(quick, seed):
    sizes = QUICK_SIZES if quick else SIZES
    return shuffled([(op, size) for op in OPS for size in sizes], seed)


class Group:
    """The processes of one job; all of them must take the same decisions."""

    def __init__(self, torch, kind):
        import torch.distributed as dist

        self.torch, self.dist, self.is_cuda = torch, dist, kind == "cuda"
        self.rank, self.size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        local = int(os.environ["LOCAL_RANK"])
        if self.is_cuda:
            torch.cuda.set_device(local)
        self.device = torch.device(kind, local) if self.is_cuda else torch.device("cpu")
        dist.init_process_group("nccl" if self.is_cuda else "gloo")
        self.stream = torch.cuda.Stream() if self.is_cuda else None

    def agree(self, value, largest=True):
        """The largest (or smallest) value of all ranks."""
        number = self.torch.tensor([float(value)], device=self.device)
        op = self.dist.ReduceOp.MAX if largest else self.dist.ReduceOp.MIN
        self.dist.all_reduce(number, op=op)
        return number.item()

    def call(self, op, size):
        """`size` is the larger of what a rank gives and what it gets, as nccl-tests count it."""
        torch, dist = self.torch, self.dist
        whole = torch.ones(size // 2, dtype=torch.half, device=self.device)
        part = torch.ones(size // 2 // self.size, dtype=torch.half, device=self.device)
        if op == "all_reduce":
            return lambda: dist.all_reduce(whole)
        if op == "all_gather":  # torch 2.13 has new names for the same functions
            gather = getattr(dist, "all_gather_single", None) or dist.all_gather_into_tensor
            return lambda: gather(whole, part)
        if op == "reduce_scatter":
            scatter = getattr(dist, "reduce_scatter_single", None) or dist.reduce_scatter_tensor
            return lambda: scatter(part, whole)
        other = torch.empty_like(whole)
        return lambda: dist.all_to_all_single(other, whole)

    def _elapsed(self, run):
        """Microseconds of `run`, without a pause before it."""
        if not self.is_cuda:
            start = time.perf_counter()
            run()
            return (time.perf_counter() - start) * 1e6
        first, last = (self.torch.cuda.Event(enable_timing=True) for _ in range(2))
        with self.torch.cuda.stream(self.stream):
            first.record()
            run()
            last.record()
        last.synchronize()
        return first.elapsed_time(last) * 1000

    def capture(self, call, rounds):
        torch = self.torch
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize()
        # Other threads of NCCL may go on asking for events while this one captures.
        mode = {"capture_error_mode": "thread_local"}
        with torch.cuda.graph(graph, stream=self.stream, **mode):
            for _ in range(rounds):
                call()
        return graph

    def can_capture(self):
        if not self.is_cuda:
            return False
        try:
            call = self.call("all_reduce", 1 << 12)
            self._elapsed(call)
            self.capture(call, 2).replay()
            self.torch.cuda.synchronize()
            works = True
        except RuntimeError as error:
            say(f"collectives: no CUDA graph of collectives: {str(error).splitlines()[0]}")
            works = False
        return self.agree(works, largest=False) > 0

    def samples_us(self, op, size, graphs):
        """Times of one operation: the slowest rank's, graph or queue without gaps."""
        if size // 2 % self.size:
            raise Skip("cannot be split among the GPUs")
        try:
            call = self.call(op, size)
            self._elapsed(call)
            fault = ""
        except RuntimeError as error:
            fault = str(error).split("\n")[0][:120] or "failed"
        if self.agree(bool(fault)) > 0:
            raise Skip(fault or "another GPU could not")
        rounds = rounds_for(self.agree(self._elapsed(call)), 4000.0, 200)
        if graphs:
            run = self.capture(call, rounds).replay
        else:
            def run():
                for _ in range(rounds):
                    call()
        for _ in range(WARM_UPS):
            self._elapsed(run)
        samples = []
        for _ in range(RUNS):
            self.dist.barrier()
            samples.append(self.agree(self._elapsed(run)) / rounds)
        return samples


def worker(options):
    import torch

    group = Group(torch, options.device)
    graphs = group.can_capture()
    version = ".".join(map(str, torch.cuda.nccl.version()[:2])) if group.is_cuda else "0"
    library = "nccl" if group.is_cuda else "gloo"
    impl = library if graphs or not group.is_cuda else f"{library}_eager"
    shapes = [
        (options.gpu, library, version, impl, op, group.size, "half", size)
        for op, size in grid(options.quick, options.seed)
        if group.is_cuda or size <= 1 << 14
    ]
    sink = Sink(options.out, "collectives", options.extension) if group.rank == 0 else None
    sweep = Sweep(f"collectives of {group.size}", sink, Budget(options.budget)) if sink else None
    for i, shape in enumerate(shapes):
        # Rank 0 knows what is done and when to stop: 0 go on, 1 already there, 2 stop.
        order = 0 if not sink else 2 if sweep.budget.over() else 1 if sink.has(shape) else 0
        order = group.agree(order)
        if order == 2:
            break
        if order == 1:
            continue
        measured(group, sweep, shape, graphs)
    if sweep:
        sweep.summary()
        sink.close()
    group.dist.destroy_process_group()
    return 0


def measured(group, sweep, shape, graphs):
    *_, op, _, _, size = shape

    def measure(_):
        return group.samples_us(op, size, graphs)

    if sweep:
        sweep.one(shape, measure)
        return
    try:
        measure(shape)
    except Skip:
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_job(job, seconds):
    """The exit code of a job, which is stopped where it hangs."""
    with subprocess.Popen(job) as process:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.terminate()  # torchrun ends its workers, given the time
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
            return "nothing: it hung"


def measure(device, folder, options, budget, notes):
    """Starts a job for 2, 4, 8 … GPUs, as far as there are so many."""
    present = device.torch.cuda.device_count() if device.is_cuda else 2
    counts = [n for n in COUNTS if n <= present]
    if not counts:
        say("collectives: one GPU only, nothing to measure")
        return {"collectives": {"rows": 0, "reason": "one GPU"}}
    device.release()
    results = {}
    for i, n in enumerate(counts):
        left = budget.share(len(counts) - i).left()
        job = [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={n}"]
        job += ["--master-addr=127.0.0.1", f"--master-port={free_port()}"]
        job += [os.path.abspath(__file__), "--out", folder, "--gpu", options.gpu]
        job += ["--seed", str(options.seed), "--device", device.kind]
        job += ["--extension", options.extension]
        job += ["--quick"] if options.quick else []
        job += ["--budget", str(left)] if left is not None else []
        code = run_job(job, None if left is None else left + 120)
        if code != 0:
            say(f"collectives: the job of {n} GPUs ended with {code}")
        results[f"collectives of {n}"] = {"exit": code}
    sink = Sink(folder, "collectives", options.extension)
    sink.close()
    return {"collectives": {"rows": len(sink.done), "jobs": results}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--gpu", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--budget", type=float)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--extension", default="csv")
    sys.exit(worker(parser.parse_args()))

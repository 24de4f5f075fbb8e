"""Attention with a bf16 KV cache, the write of the new keys and values included."""

from bench import Sink, Skip, Sweep, rotations, say, shuffled
from kernels import Case, candidates

HEADS = {
    128: [
        (1, 1), (4, 1), (8, 1), (16, 1), (4, 2), (8, 2), (16, 2), (4, 4), (8, 4), (16, 4),
        (20, 4), (32, 4), (8, 8), (16, 8), (24, 8), (32, 8), (40, 8), (48, 8), (64, 8), (96, 8),
    ],
    64: [(1, 1), (8, 1), (8, 2), (16, 4), (8, 8), (32, 8), (64, 8)],
}  # fmt: skip
PREFILL_HEADS = {128: HEADS[128] + [(16, 16), (32, 32), (40, 40), (64, 64)], 64: HEADS[64]}
QUICK_HEADS = {128: [(8, 1), (16, 2), (16, 4), (32, 8), (64, 8)]}
LENGTHS = [
    1, 16, 32, 64, 128, 256, 512, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 10240, 12288, 16384,
]  # fmt: skip
QUICK_LENGTHS = [16, 128, 512, 1024, 2048, 4096, 8192]
KV_LENGTHS = [1 << i for i in range(1, 18)]
QUICK_KV_LENGTHS = [128, 512, 1024, 4096, 16384]
MOST_TOKENS = 1 << 17  # of a prefill
MOST_KV = 1 << 22  # tokens x KV heads of a decode step


def prefill_grid(quick, seed):
    heads = QUICK_HEADS if quick else PREFILL_HEADS
    batches = [1, 4, 16] if quick else [1 << i for i in range(9)]
    return shuffled(
        [
            ("bf16", head_dim, q_heads, kv_heads, batch, length)
            for head_dim, pairs in heads.items()
            for q_heads, kv_heads in pairs
            for batch in batches
            for length in (QUICK_LENGTHS if quick else LENGTHS)
            if batch * length <= (MOST_TOKENS >> 2 if quick else MOST_TOKENS)
        ],
        seed,
    )


def decode_grid(quick, seed):
    heads = QUICK_HEADS if quick else HEADS
    batches = [1, 8, 32, 128, 256] if quick else [1 << i for i in range(12)]
    return shuffled(
        [
            ("bf16", head_dim, q_heads, kv_heads, batch, length)
            for head_dim, pairs in heads.items()
            for q_heads, kv_heads in pairs
            for batch in batches
            for length in (QUICK_KV_LENGTHS if quick else KV_LENGTHS)
            if batch * length * kv_heads <= MOST_KV
        ],
        seed,
    )


class Attention:
    def __init__(self, device):
        self.device = device
        self.kernels = {}
        # Three tenths for the caches, the rest for queries, outputs and what kernels work with.
        most = int(0.3 * device.free_bytes()) // 2
        wide = 2 * 128 * max(MOST_KV, MOST_TOKENS * 64)
        self.pool = device.random(min(most, 2 * wide), device.torch.bfloat16)

    def choose(self, wanted, phase):
        """The fastest kernel with right numbers: vLLM's, else flash-attn's, else torch's."""
        shape = ("bf16", 128, 32, 8, 1 if phase == "prefill" else 32, 2048)
        if not self.device.is_cuda:
            shape = ("bf16", 16, 4, 2, 2, 40)
        for kernels in candidates(self.device, wanted):
            times = {}
            for kernel in kernels:
                try:
                    kernel.check(self.case((*shape[:4], 2, 80), phase), phase)
                    times[kernel] = min(self._samples(kernel, shape, phase))
                except Skip as reason:
                    say(f"attention: {phase} with {kernel.name} does not work here: {reason}")
                    continue
                say(f"attention: {phase} with {kernel.name}: {times[kernel]:.1f} us at {shape}")
            if times:
                self.kernels[phase] = min(times, key=times.get)
                return self.kernels[phase].name
        raise Skip(f"no kernel works for {phase}; asked for: {wanted}")

    def case(self, shape, phase):
        _, head_dim, q_heads, kv_heads, batch, length = shape
        kv_bytes = 4 * batch * length * kv_heads * head_dim
        copies = rotations(kv_bytes, self.device.l2_bytes) if phase == "decode" else 1
        case = Case(self.device, self.pool, head_dim, q_heads, kv_heads, batch, length)
        return case.with_copies(copies, 1 if phase == "decode" else length)

    def _samples(self, kernel, shape, phase):
        torch = self.device.torch
        try:
            case = self.case(shape, phase)
            calls = kernel.calls(case, phase)
        except torch.OutOfMemoryError as error:
            self.device.release()
            raise Skip("does not fit memory") from error

        def step():
            for call in calls:
                call()

        return self.device.samples_us(step, len(calls))

    def samples(self, shape, phase):
        return self._samples(self.kernels[phase], shape, phase)


def measure(device, folder, options, budget, notes):
    attention = Attention(device)
    results = {}
    for left, phase, grid in ((2, "prefill", prefill_grid), (1, "decode", decode_grid)):
        name = f"attention_{phase}"
        part = budget.share(left)
        try:
            notes[name] = attention.choose(options.attention, phase)
        except Skip as reason:
            say(f"{name}: not measured: {reason}")
            results[name] = {"rows": 0, "reason": str(reason)}
            continue
        shapes = grid(options.quick, options.seed)
        if not device.is_cuda:
            shapes = [("bf16", 16, 4, 2, batch, length) for batch in (1, 3) for length in (1, 17)]
            shapes.append(("bf16", 128, 64, 8, 1 << 20, 1 << 20))
        sink = Sink(folder, name, options.extension)
        try:
            results[name] = Sweep(name, sink, part).run(
                shapes, lambda shape, phase=phase: attention.samples(shape, phase)
            )
        finally:
            sink.close()
    return results

"""Matrix products y[m,n] = x[m,k] W[n,k]^T, bf16 and fp8."""

from bench import Sink, Skip, Sweep, say, shuffled

WEIGHTS = 6  # distinct copies of W in one iteration, so that they come from HBM as in a model
TOKENS = [
    1, 2, 4, 8, 16, 32, 48, 64, 80, 96, 128, 129, 160, 192, 256, 257, 512, 513, 768, 1024, 1025,
    1536, 2048, 2049, 3072, 4096, 8192, 16384,
]  # fmt: skip
SIDES = [
    256, 512, 768, 1024, 1536, 2048, 2560, 3072, 3584, 4096, 5120, 6144, 7168, 8192, 10240, 12288,
    16384, 51200, 65536,
]  # fmt: skip
QUICK_TOKENS = [1, 8, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]
QUICK_PAIRS = [
    (1024, 4096), (2048, 2048), (4096, 4096), (6144, 4096), (4096, 14336), (8192, 8192),
    (28672, 4096), (10240, 8192), (7168, 16384), (65536, 4096),
]  # fmt: skip


def grid(quick, seed):
    """All m of a pair (n, k) follow each other; pairs come in random order."""
    pairs = QUICK_PAIRS if quick else [(n, k) for n in SIDES for k in SIDES]
    tokens = QUICK_TOKENS if quick else TOKENS
    return [
        (dtype, m, n, k)
        for n, k in shuffled(pairs, seed)
        for dtype in ("bf16", "fp8")
        for m in tokens
    ]


def elements(shape):
    """Numbers that the shape takes from the pool: the weights and x."""
    _, m, n, k = shape
    return WEIGHTS * n * k + m * k


class Gemm:
    def __init__(self, device, shapes):
        self.device, self.torch = device, device.torch
        self.quantise = None
        self.fp8 = self._find_fp8()
        share = 3 if self.fp8 else 2  # bytes of a number in all pools
        most = int(0.7 * device.free_bytes()) // share
        count = max((c for c in map(elements, shapes) if c <= most), default=0)
        if count == 0:
            raise Skip("no shape fits memory")
        self.pools = {"bf16": device.random(count, self.torch.bfloat16)}
        if self.fp8:
            self.pools["fp8"] = device.random(count, self.torch.float8_e4m3fn)
            self.one = self.torch.ones((), device=device.kind)

    def _find_fp8(self):
        """How fp8 is measured here: with vLLM's quantisation of x, the product alone, or not."""
        torch = self.torch
        try:
            x = torch.ones(16, 32, device=self.device.kind).to(torch.float8_e4m3fn)
            w = torch.ones(16, 32, device=self.device.kind).to(torch.float8_e4m3fn)
            one = torch.ones((), device=self.device.kind)
            out = torch._scaled_mm(x, w.t(), one, one, out_dtype=torch.bfloat16)
            if not bool((out == 32).all()):
                raise RuntimeError("wrong result")
        except (AttributeError, RuntimeError, TypeError, ValueError, NotImplementedError) as error:
            say(f"gemm: no fp8 here: {str(error).strip().splitlines()[0][:100]}")
            return None
        try:
            from vllm import _custom_ops

            self.quantise = _custom_ops.scaled_fp8_quant
            self.quantise(torch.ones(16, 32, device=self.device.kind, dtype=torch.bfloat16))
            return "vLLM's dynamic quantisation of x and torch._scaled_mm"
        except Exception:  # any fault of an optional package means that it is not used
            self.quantise = None
            return "torch._scaled_mm alone, no quantisation of x"

    def samples(self, shape):
        dtype, m, n, k = shape
        if dtype not in self.pools:
            raise Skip("no fp8 on this GPU")
        pool = self.pools[dtype]
        if elements(shape) > pool.numel():
            raise Skip("does not fit memory")
        torch = self.torch
        weights = [pool[i * n * k : (i + 1) * n * k].view(n, k).t() for i in range(WEIGHTS)]
        start = WEIGHTS * n * k
        x = self.pools["bf16" if self.fp8_quantises(dtype) else dtype]
        x = x[start : start + m * k].view(m, k)
        try:
            out = torch.empty(m, n, dtype=torch.bfloat16, device=self.device.kind)
        except torch.OutOfMemoryError as error:
            raise Skip("does not fit memory") from error

        def step():
            for w in weights:
                if dtype == "bf16":
                    torch.mm(x, w, out=out)
                else:
                    self._product_fp8(x, w)

        return self.device.samples_us(step, WEIGHTS)

    def fp8_quantises(self, dtype):
        return dtype == "fp8" and self.quantise is not None

    def _product_fp8(self, x, w):
        scale = self.one
        if self.quantise is not None:
            x, scale = self.quantise(x)
        scale = scale.reshape(())
        return self.torch._scaled_mm(x, w, scale, self.one, out_dtype=self.torch.bfloat16)


def measure(device, folder, options, budget, notes):
    shapes = grid(options.quick, options.seed) if device.is_cuda else [
        (dtype, m, 64, 128) for dtype in ("bf16", "fp8") for m in (1, 16, 33)
    ] + [("bf16", 1, 65536, 65536)]
    gemm = Gemm(device, shapes)
    notes["gemm_fp8"] = gemm.fp8 or "not measured"
    if not gemm.fp8:
        shapes = [shape for shape in shapes if shape[0] != "fp8"]
    sink = Sink(folder, "gemm", options.extension)
    try:
        return {"gemm": Sweep("gemm", sink, budget).run(shapes, gemm.samples)}
    finally:
        sink.close()

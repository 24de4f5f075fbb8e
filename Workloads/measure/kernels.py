"""Attention kernels at hand: those of vLLM, flash-attn and torch behind one face."""

import contextlib

from bench import Skip, say

PAGE = 16  # tokens of a page of vLLM's cache


class Case:
    """The tensors of one shape; keys and values are cut from a pool of random numbers."""

    def __init__(self, device, pool, head_dim, q_heads, kv_heads, batch, length):
        self.device, self.torch, self.pool = device, device.torch, pool
        self.head_dim, self.q_heads, self.kv_heads = head_dim, q_heads, kv_heads
        self.batch, self.length = batch, length

    def with_copies(self, copies, new):
        """`new` tokens of each sequence are computed; the cache exists `copies` times."""
        torch, self.new = self.torch, new
        self.pages = self.batch * -(-self.length // PAGE)
        width = 2 * self.kv_heads * self.head_dim
        fresh = self.batch * new * width
        each = self.pages * PAGE * width
        self.copies = min(copies, (self.pool.numel() - fresh) // each)
        if self.copies < 1:
            raise Skip("does not fit memory")
        self.fresh = self.pool[:fresh].view(self.batch * new, 2, self.kv_heads, self.head_dim)
        self.caches = [
            self.pool[fresh + i * each : fresh + (i + 1) * each] for i in range(self.copies)
        ]
        shape = (self.batch, new, self.q_heads, self.head_dim)
        try:
            self.q = torch.empty(shape, dtype=torch.bfloat16, device=self.device.kind)
            self.q.normal_(generator=self.device.generator)
        except torch.OutOfMemoryError as error:
            raise Skip("does not fit memory") from error
        return self

    def integers(self, values, dtype):
        return values.to(device=self.device.kind, dtype=dtype)

    def dense(self, i):
        """Copy i of the cache as [batch, length, key or value, head, number]."""
        count = self.batch * self.length * 2 * self.kv_heads * self.head_dim
        return self.caches[i][:count].view(
            self.batch, self.length, 2, self.kv_heads, self.head_dim
        )

    def dense_slots(self):
        """Where the new tokens go: the last places of each sequence."""
        torch = self.torch
        at = torch.arange(self.batch)[:, None] * self.length
        at = at + torch.arange(self.length - self.new, self.length)[None, :]
        return self.integers(at.reshape(-1), torch.int64)


class Kernel:
    """A way to compute attention over a cache without pages."""

    name = "none"

    def calls(self, case, phase):
        """Functions that each write the new tokens to a cache and attend to all of it."""
        torch = case.torch
        slots = case.dense_slots()
        rows = case.fresh.view(slots.numel(), -1).view(torch.int64)
        attend = self.prefill if phase == "prefill" else self.decode
        return [self._call(case, i, slots, rows, attend) for i in range(case.copies)]

    def _call(self, case, i, slots, rows, attend):
        cache = case.dense(i)
        flat = cache.view(case.batch * case.length, -1).view(case.torch.int64)
        run = attend(case, cache)

        def call():
            flat.index_copy_(0, slots, rows)
            return run()

        return call

    def keys_values(self, case, i):
        cache = case.dense(i)
        return cache[:, :, 0], cache[:, :, 1]

    def check(self, case, phase):
        """Refuses a kernel whose numbers are not those of the definition."""
        torch = case.torch
        try:
            out = self.calls(case, phase)[0]().float()
            k, v = self.keys_values(case, 0)
            fresh = case.fresh.view(case.batch, case.new, 2, case.kv_heads, case.head_dim)
            written = torch.stack([t[:, case.length - case.new :] for t in (k, v)], 2)
            if not torch.equal(written, fresh):
                raise Skip("new tokens are not where they belong")
            k, v = (t.float().transpose(1, 2) for t in (k, v))
            group = case.q_heads // case.kv_heads
            k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
            q = case.q.float().transpose(1, 2)
            scores = q @ k.transpose(2, 3) * case.head_dim**-0.5
            rows = torch.arange(case.length - case.new, case.length, device=out.device)
            later = torch.arange(case.length, device=out.device)[None, :] > rows[:, None]
            right = (scores.masked_fill(later, -1e30).softmax(-1) @ v).transpose(1, 2)
            error = (out.reshape(right.shape) - right).abs().max().item()
        except Exception as fault:  # whatever an optional kernel throws, it is not used
            raise Skip(str(fault).strip().split("\n")[0][:120] or type(fault).__name__) from fault
        if not error < 0.03:
            raise Skip(f"its numbers are wrong by {error:.3g}")


class TorchKernel(Kernel):
    """scaled_dot_product_attention of torch with one of its back ends."""

    def __init__(self, device, backend):
        from torch.nn.attention import SDPBackend, sdpa_kernel

        self.name = f"torch {backend.lower().replace('_', '-')}"
        backend = getattr(SDPBackend, backend, None)
        if backend is None:
            raise Skip("not in this torch")
        self.only = lambda: sdpa_kernel(backend) if device.is_cuda else contextlib.nullcontext()

    def prefill(self, case, cache):
        k, v = (t.contiguous() for t in (case.fresh[:, 0], case.fresh[:, 1]))
        shape = (case.batch, case.length, case.kv_heads, case.head_dim)
        return self._attend(case, k.view(shape), v.view(shape), True)

    def decode(self, case, cache):
        return self._attend(case, cache[:, :, 0], cache[:, :, 1], False)

    def _attend(self, case, k, v, causal):
        attention = case.torch.nn.functional.scaled_dot_product_attention
        q, k, v = (t.transpose(1, 2) for t in (case.q, k, v))
        grouped = case.q_heads != case.kv_heads

        def run():
            with self.only():
                out = attention(q, k, v, is_causal=causal, enable_gqa=grouped)
            return out.transpose(1, 2)

        return run


class FlashKernel(Kernel):
    """The flash-attn package, version 2 (flash_attn) or 3 (flash_attn_interface)."""

    def __init__(self, module):
        self.module = __import__(module)
        self.name = f"{module} {getattr(self.module, '__version__', '')}".strip()

    def prefill(self, case, cache):
        shape = (case.batch, case.length, case.kv_heads, case.head_dim)
        k, v = (case.fresh[:, i].contiguous().view(shape) for i in (0, 1))

        def run():
            out = self.module.flash_attn_func(case.q, k, v, causal=True)
            return out[0] if isinstance(out, tuple) else out

        return run

    def decode(self, case, cache):
        k, v = cache[:, :, 0], cache[:, :, 1]
        lengths = case.torch.full(
            (case.batch,), case.length, dtype=case.torch.int32, device=case.device.kind
        )

        def run():
            out = self.module.flash_attn_with_kvcache(
                case.q, k, v, cache_seqlens=lengths, causal=True
            )
            return out[0] if isinstance(out, tuple) else out

        return run


class VllmKernel(Kernel):
    """vLLM's flash attention over pages of 16 tokens, and its kernel that fills them."""

    def __init__(self, device):
        import vllm
        from vllm import _custom_ops, vllm_flash_attn

        three = device.is_cuda and device.torch.cuda.get_device_capability()[0] == 9
        self.version = 3 if three else 2
        self.name = f"vllm {vllm.__version__} flash attention {self.version}"
        self.attention = vllm_flash_attn.flash_attn_varlen_func
        self.write = _custom_ops.reshape_and_cache_flash

    def _pages(self, case, i):
        shape = (2, case.pages, PAGE, case.kv_heads, case.head_dim)
        return case.caches[i].view(shape)

    def keys_values(self, case, i):
        k, v = self._pages(case, i)
        rows = (case.batch, -1, case.kv_heads, case.head_dim)
        table = case.table.long()
        return tuple(t[table].reshape(rows)[:, : case.length] for t in (k, v))

    def calls(self, case, phase):
        torch = case.torch
        order = torch.randperm(case.pages, generator=torch.Generator().manual_seed(0))
        table = order.view(case.batch, -1)
        at = torch.arange(case.length - case.new, case.length)
        slots = table[:, at // PAGE] * PAGE + at % PAGE
        case.table = case.integers(table, torch.int32)
        slots = case.integers(slots.reshape(-1), torch.int64)
        starts = case.integers(torch.arange(case.batch + 1) * case.new, torch.int32)
        used = case.integers(torch.full((case.batch,), case.length), torch.int32)
        scale = torch.ones((), device=case.device.kind)
        q = case.q.view(-1, case.q_heads, case.head_dim)
        keys, values = case.fresh[:, 0], case.fresh[:, 1]

        def make(k, v):
            def call():
                self.write(keys, values, k, v, slots, "auto", scale, scale)
                return self.attention(
                    q=q, k=k, v=v, max_seqlen_q=case.new, cu_seqlens_q=starts,
                    max_seqlen_k=case.length, seqused_k=used, causal=True,
                    block_table=case.table, fa_version=self.version,
                )  # fmt: skip

            return call

        return [make(*self._pages(case, i)) for i in range(case.copies)]


def candidates(device, wanted):
    """Groups of kernels, the preferred first: `wanted` is auto, vllm, flash_attn or torch."""
    makers = {
        "vllm": [lambda: VllmKernel(device)],
        "flash_attn": [
            lambda: FlashKernel("flash_attn_interface"),
            lambda: FlashKernel("flash_attn"),
        ],
        "torch": [
            lambda b=backend: TorchKernel(device, b)
            for backend in ("FLASH_ATTENTION", "CUDNN_ATTENTION", "EFFICIENT_ATTENTION")
        ],
    }
    names = list(makers) if wanted == "auto" else [wanted]
    groups = []
    for name in names:
        found = []
        for make in makers[name]:
            try:
                found.append(make())
            except ModuleNotFoundError:
                continue
            except Exception as fault:  # an optional package that cannot be loaded is not used
                say(f"attention: {name} cannot be loaded: {str(fault).split(chr(10))[0][:100]}")
        groups.append(found)
    return groups if device.is_cuda else [group[:1] for group in groups]

"""Tests of the attention kernels' callers on the CPU; they need torch and pass over without it.

vLLM and flash-attn are played by short definitions of what their functions promise.
"""

import contextlib
import io
import os
import sys
import types
import unittest
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

try:
    import torch
except ImportError:
    torch = None

import bench
from attention import Attention
from device import Device


def attend(q, k, v):
    """The last queries [new, heads, d] over keys and values [length, KV heads, d], causal."""
    new, length, group = q.shape[0], k.shape[0], q.shape[1] // k.shape[1]
    k, v = (t.float().repeat_interleave(group, 1) for t in (k, v))
    scores = torch.einsum("qhd,khd->hqk", q.float(), k) * q.shape[2] ** -0.5
    for i in range(new):
        scores[:, i, length - new + i + 1 :] = -1e30
    return torch.einsum("hqk,khd->qhd", scores.softmax(-1), v).to(q.dtype)


def fake_vllm(fault=0):
    def write(key, value, key_cache, value_cache, slots, dtype, k_scale, v_scale):
        page = key_cache.shape[1]
        for i, slot in enumerate(slots.tolist()):
            key_cache[(slot + fault) // page % len(key_cache), (slot + fault) % page] = key[i]
            value_cache[slot // page, slot % page] = value[i]

    def varlen(
        q, k, v, max_seqlen_q, cu_seqlens_q, max_seqlen_k, seqused_k, causal, block_table,
        fa_version,
    ):  # fmt: skip
        out = []
        for i, length in enumerate(seqused_k.tolist()):
            rows = q[cu_seqlens_q[i] : cu_seqlens_q[i + 1]]
            keys, values = (t[block_table[i].long()].flatten(0, 1)[:length] for t in (k, v))
            out.append(attend(rows, keys, values))
        return torch.cat(out)

    vllm = types.ModuleType("vllm")
    vllm.__version__ = "0"
    vllm._custom_ops = types.ModuleType("vllm._custom_ops")
    vllm._custom_ops.reshape_and_cache_flash = write
    vllm.vllm_flash_attn = types.ModuleType("vllm.vllm_flash_attn")
    vllm.vllm_flash_attn.flash_attn_varlen_func = varlen
    return {"vllm": vllm, "vllm._custom_ops": vllm._custom_ops}


def fake_flash():
    def prefill(q, k, v, causal):
        return torch.stack([attend(*each) for each in zip(q, k, v)])

    def decode(q, k_cache, v_cache, cache_seqlens, causal):
        rows = zip(q, k_cache, v_cache, cache_seqlens.tolist())
        return torch.stack([attend(a, k[:length], v[:length]) for a, k, v, length in rows])

    module = types.ModuleType("flash_attn")
    module.flash_attn_func, module.flash_attn_with_kvcache = prefill, decode
    return {"flash_attn": module, "flash_attn_interface": None}


@unittest.skipIf(torch is None, "no torch")
class Kernels(unittest.TestCase):
    def choose(self, wanted, phase, modules):
        text = io.StringIO()
        with mock.patch.dict(sys.modules, modules), contextlib.redirect_stderr(text):
            attention = Attention(Device(torch, "cpu", 0))
            return attention.choose(wanted, phase), text.getvalue()

    def test_every_kernel_gives_the_numbers_of_the_definition(self):
        for phase in ("prefill", "decode"):
            for wanted, modules, name in (
                ("vllm", fake_vllm(), "vllm 0 flash attention 2"),
                ("flash_attn", fake_flash(), "flash_attn"),
                ("torch", {}, "torch flash-attention"),
                ("auto", {**fake_vllm(), **fake_flash()}, "vllm 0 flash attention 2"),
            ):
                self.assertEqual(self.choose(wanted, phase, modules)[0], name)

    def test_a_kernel_that_writes_to_wrong_places_is_not_used(self):
        for phase in ("prefill", "decode"):
            name, text = self.choose("auto", phase, {**fake_vllm(fault=1), **fake_flash()})
            self.assertEqual(name, "flash_attn")
            self.assertIn("not where they belong", text)

    def test_a_kernel_with_wrong_numbers_is_not_used(self):
        for phase in ("prefill", "decode"):
            modules = {**fake_vllm(), **fake_flash()}
            wrong = modules["vllm"].vllm_flash_attn
            right = wrong.flash_attn_varlen_func
            wrong.flash_attn_varlen_func = lambda **words: right(**words) * 1.1
            name, text = self.choose("auto", phase, modules)
            self.assertEqual(name, "flash_attn")
            self.assertIn("its numbers are wrong by", text)
            with self.assertRaises(bench.Skip):
                self.choose("vllm", phase, modules)


@unittest.skipIf(torch is None, "no torch")
class Shapes(unittest.TestCase):
    def test_a_decode_step_writes_its_token_and_goes_round_the_caches(self):
        watch = Device(torch, "cpu", 0)
        with contextlib.redirect_stderr(io.StringIO()):
            attention = Attention(watch)
            attention.choose("torch", "decode")
        kv_bytes = 4 * 2 * 40 * 2 * 16
        case = attention.case(("bf16", 16, 4, 2, 2, 40), "decode")
        self.assertEqual(case.copies, bench.rotations(kv_bytes, watch.l2_bytes))
        starts = {cache.data_ptr() for cache in case.caches}
        self.assertEqual(len(starts), case.copies)
        calls = attention.kernels["decode"].calls(case, "decode")
        for i, call in enumerate(calls):
            call()
            self.assertTrue(torch.equal(case.dense(i)[:, 39], case.fresh))
        self.assertEqual(case.dense_slots().tolist(), [39, 79])

    def test_a_shape_beyond_the_pool_is_skipped(self):
        attention = Attention(Device(torch, "cpu", 0))
        shape = ("bf16", 128, 8, 8, 4096, 4096)
        for phase in ("prefill", "decode"):
            self.assertRaisesRegex(bench.Skip, "memory", attention.case, shape, phase)


if __name__ == "__main__":
    unittest.main()

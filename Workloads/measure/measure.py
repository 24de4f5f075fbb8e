#!/usr/bin/env python3
"""Measures copies, GEMM, attention and collectives on an NVIDIA GPU for `martlet calibrate`."""

import argparse
import datetime
import json
import os
import re
import sys

import attention
import collectives
import copies
import gemm
from bench import Budget, Lost, Skip, say
from device import Device

CLASSES = {
    "copy": copies.measure,
    "gemm": gemm.measure,
    "attention": attention.measure,
    "collectives": collectives.measure,
}
WEIGHTS = {"copy": 1, "gemm": 3, "attention": 3, "collectives": 1}  # shares of the time
QUICK_SECONDS = 165


def classes(text):
    names = [name for name in text.split(",") if name]
    wrong = [name for name in names if name not in CLASSES]
    if wrong or not names:
        raise argparse.ArgumentTypeError(f"classes are {', '.join(CLASSES)}")
    return [name for name in CLASSES if name in names]


def positive(text):
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError("seconds above 0")
    return value


def arguments(list_of_words=None):
    parser = argparse.ArgumentParser(prog="measure.py", description=__doc__)
    add = parser.add_argument
    add("--out", metavar="DIR", help="folder for the CSV files and device.json")
    add("--only", type=classes, default=list(CLASSES), metavar="CLASS,…",
        help=f"of {', '.join(CLASSES)}")  # fmt: skip
    add("--quick", action="store_true", help="a coarse grid, less than 3 minutes in all")
    add("--budget", type=positive, metavar="SECONDS", help="stop in time; shapes come at random")
    add("--seed", type=int, default=0, help="order of the shapes and the numbers in them")
    add("--gpu", metavar="NAME", help="name in the column gpu, default what the driver says")
    add("--link", metavar="NAME", help="name in the column link, default PCIe as nvidia-smi says")
    add("--attention", choices=["auto", "vllm", "flash_attn", "torch"], default="auto",
        help="kernels; auto: vLLM's if they work, else flash-attn's, else torch's")  # fmt: skip
    add("--dry-run", action="store_true", help="print the sizes of the grids and end")
    # Runs every path on tiny tensors of the CPU, to see that it runs. No measurement.
    add("--device", choices=["cuda", "cpu"], default="cuda", help=argparse.SUPPRESS)
    options = parser.parse_args(list_of_words)
    if not options.out and not options.dry_run:
        parser.error("--out DIR is needed")
    return options


def sizes(options):
    """How many shapes each file would have."""
    grids = {
        "copy": [("copy", copies.grid)],
        "gemm": [("gemm", gemm.grid)],
        "attention": [
            ("attention_prefill", attention.prefill_grid),
            ("attention_decode", attention.decode_grid),
        ],
        "collectives": [("collectives", collectives.grid)],
    }
    for name in options.only:
        for file, grid in grids[name]:
            yield file, len(grid(options.quick, options.seed))


def dry_run(options):
    for file, count in sizes(options):
        note = " for each number of GPUs: 2, 4, 8, 16" if file == "collectives" else ""
        print(f"{file}.csv: {count} shapes{note}")


def refuse(text):
    say(text)
    raise SystemExit(2)


def open_device(options):
    try:
        import torch
    except ImportError:
        refuse("PyTorch is missing: pip install torch")
    if options.device == "cuda" and not torch.cuda.is_available():
        refuse("no CUDA GPU here; this script measures NVIDIA GPUs only")
    if tuple(int(part) for part in torch.__version__.split(".")[:2]) < (2, 5):
        refuse(f"PyTorch {torch.__version__} is too old; 2.5 or later is needed")
    return Device(torch, options.device, options.seed)


def prepare(options, device):
    """Fills in the names that rows carry, and keeps one folder to one GPU."""
    info = device.describe()
    info["command"] = " ".join(["measure.py", *sys.argv[1:]])
    info["seed"] = options.seed
    slug = re.sub(r"[^a-z0-9]+", "-", info["gpu"].lower()).strip("-")
    options.gpu = options.gpu or slug.removeprefix("nvidia-")
    options.source = f"martlet measure {datetime.date.today().isoformat()}"
    options.extension = "csv"
    if not device.is_cuda:
        say("CPU: this only shows that the script runs; it is NOT a measurement")
        options.extension = "not-a-measurement.txt"
    os.makedirs(options.out, exist_ok=True)
    path = os.path.join(options.out, "device.json")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            before = json.load(file)
        if before.get("gpu") != info["gpu"]:
            refuse(f"{options.out} holds rows of {before.get('gpu')}; choose another --out")
        info["earlier"] = [*before.pop("earlier", []), before]
    return info, path


def write(info, path):
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(info, file, indent=2)
        file.write("\n")
    os.replace(path + ".new", path)


def measure(options, device, budget, info, path):
    """Goes through the classes; what one cannot do does not stop the others."""
    info["classes"], info["notes"] = {}, {}
    names = list(options.only)
    for i, name in enumerate(names):
        write(info, path)
        say(f"{name}: begins")
        left = sum(WEIGHTS[later] for later in names[i:])
        try:
            result = CLASSES[name](
                device, options.out, options, budget.share(left / WEIGHTS[name]), info["notes"]
            )
        except Skip as reason:
            say(f"{name}: not measured: {reason}")
            result = {name: {"rows": 0, "reason": str(reason)}}
        info["classes"].update(result)
        device.release()
    info["clocks_after"] = device.smi()
    info["seconds"] = round(budget.spent(), 1)


def main():
    options = arguments()
    if options.dry_run:
        dry_run(options)
        return 0
    budget = Budget(options.budget or (QUICK_SECONDS if options.quick else None))
    device = open_device(options)
    info, path = prepare(options, device)
    try:
        device.warm_up()
        measure(options, device, budget, info, path)
        info["finished"] = True
    except KeyboardInterrupt:
        say("stopped; the rows so far are kept")
        return 130
    except Lost as fault:
        say(f"{fault}; the rows so far are kept")
        return 1
    finally:
        info.setdefault("finished", False)
        write(info, path)
    empty = [
        name
        for name, result in info["classes"].items()
        if result["rows"] + result.get("kept_from_before", 0) == 0
        and result.get("reason") != "one GPU"
    ]
    if empty:
        say(f"no rows: {', '.join(empty)}")
    return 1 if empty else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Copies strided layouts with bytelens, NumPy, PyTorch and ndarray in turns, beside memcpy.

    python benches/peers/view.py --threads 1 [--rows PATTERN]

Needs numpy; torch is left out where it is not installed. The rows are those of `layouts.txt`. The
memory that is written to has been written before, and every tool has its own.
"""

import argparse
import platform
import re
import statistics
import time
from pathlib import Path

import numpy

from shared import HERE, Program, built, optional

#: Rows that write less are timed in nanoseconds: a memcpy of so little is a call and no copy.
SMALL = 4096


def peers(dtype, shape, seen, torch):
    """Returns the tools of Python with a function each that makes the row's copy."""
    dtype = numpy.dtype(dtype)
    shape = [int(length) for length in shape.split(",")]
    count = int(numpy.prod(shape))
    array = (numpy.arange(count * dtype.itemsize, dtype=numpy.uint32) * 2654435761 >> 13).astype("u1")
    if dtype == numpy.float32:
        array = (array[:count] * 1.25 - 20).astype(dtype)
    array = array.view(dtype).reshape(shape)
    verb, _, rest = seen.partition(" ")
    if verb == "permute":
        view = array.transpose([int(axis) for axis in rest.split(",")])
    elif verb == "index":
        view = eval(f"array[{rest}]")
    elif verb == "repeat":
        view = numpy.broadcast_to(array, [int(length) for length in rest.split(",")])
    elif verb == "turn":
        view = array[::-1].swapaxes(0, 1)
    else:
        view = array
    out = numpy.ones(view.shape, rest if verb == "convert" else dtype)
    tools = {"NumPy": lambda: numpy.copyto(out, view, casting="unsafe")}
    if torch and dtype.kind in "uif" and min(view.strides) >= 0:
        # What has no type of that size there is moved as one that has.
        same = {"u2": "i2", "u4": "i4"}.get(dtype.str[1:])
        source, target = (a.view(same) if same else a for a in (view, out))
        if not source.flags.writeable:
            source = torch.from_numpy(array).expand(view.shape)
        else:
            source = torch.from_numpy(source)
        target = torch.from_numpy(target)
        tools["PyTorch"] = lambda: target.copy_(source)
    return tools


def seconds(function, calls):
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="of bytelens and PyTorch (default 1)")
    parser.add_argument("--rounds", type=int, default=9, help="how often each copies (default 9)")
    parser.add_argument("--rows", default="", help="a pattern for the names of rows (default all)")
    options = parser.parse_args()
    torch = optional("torch")
    if torch:
        torch.set_num_threads(options.threads)
    answer = Program(built("answer_view", "ndarray"), str(options.threads))
    lines = (HERE / "layouts.txt").read_text().splitlines()
    lines = [line for line in lines if line.strip() and not line.startswith("#")]
    versions = [f"NumPy {numpy.__version__} (1 thread)", "ndarray 0.16 (1 thread)"]
    versions.append(f"PyTorch {torch.__version__}" if torch else "no PyTorch")
    print(f"{platform.platform()}, {cpu()}, {time.strftime('%Y-%m-%d')}")
    print(f"{', '.join(versions)}; {options.threads} threads, {options.rounds} rounds")
    print("time as a multiple of memcpy of the output (conversions: of the larger side) into memory")
    print("that has been written before: median [least..most]; ns a call where less is written\n")
    for line in lines:
        name, dtype, shape, seen = (part.strip() for part in line.split(" | "))
        if not re.search(options.rows, name):
            continue
        calls = int(answer.ask(line))
        tools = {tool: lambda tool=tool: float(answer.ask(tool)) for tool in ("memcpy", "bytelens")}
        if answer.ask("ndarray"):
            tools["ndarray"] = lambda: float(answer.ask("ndarray"))
        functions = peers(dtype, shape, seen, torch)
        for tool, function in functions.items():
            function()
            tools[tool] = lambda function=function: seconds(function, calls)
        times = {tool: [] for tool in tools}
        for _ in range(options.rounds):
            for tool, run in tools.items():
                times[tool].append(run())
        report(name, times, calls)


def report(name, times, calls):
    """Prints a row: each tool's median as a multiple of that of memcpy, and its spread."""
    memcpy = statistics.median(times["memcpy"])
    parts = [f"{name:24}", f"memcpy {memcpy * 1e3:8.3f} ms"]
    for tool, values in times.items():
        if tool == "memcpy":
            continue
        low, middle, high = min(values), statistics.median(values), max(values)
        if calls > 400_000 / SMALL:
            parts.append(f"{tool} {middle * 1e9:5.0f} ns [{low * 1e9:.0f}..{high * 1e9:.0f}]")
        else:
            low, middle, high = low / memcpy, middle / memcpy, high / memcpy
            parts.append(f"{tool} {middle:5.2f} [{low:.2f}..{high:.2f}]")
    print("  ".join(parts), flush=True)


def cpu():
    """Returns the name of the processor and the number of its threads."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = re.findall(r"model name\s*: (.*)", text)
    return f"{names[0] if names else platform.machine()} ({len(names)} threads)"


if __name__ == "__main__":
    main()

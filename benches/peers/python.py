#!/usr/bin/env python3
"""Times the Python package beside memoryview, NumPy and wgpu-py, in turns: calls in ns, tobytes and a kernel in ms.

    pip install numpy wgpu ./python
    python benches/peers/python.py

Each round takes every tool's statement in turn, in loops of some milliseconds; medians, and the least and the
most. What is written to by tobytes is a new object each time, for all of them. The kernel's array goes up, through
it, and comes back as an array of NumPy; wgpu-py has its buffers and its pipeline from before. `BYTELENS_DEVICE`
names the adapter, software Vulkan unless set; wgpu-py is left out where it is not installed.
"""

import argparse
import os
import platform
import statistics
import time

import bytelens
import numpy

from device import WgpuPy
from shared import optional

DOUBLE = """
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@compute @workgroup_size(256) fn main(@builtin(global_invocation_id) id: vec3u) {
    if id.x < arrayLength(&x) { y[id.x] = 2.0 * x[id.x]; }
}"""

#: What is timed, as each tool writes it: a name, and statements over `x`, `memoryview` first.
CALLS = [
    ("slice", "x[3:50]", "x[3:50]", "x[3:50]"),
    ("slice with a step", "x[::2]", "x[::2]", "x[::2]"),
    ("index", "x[5]", "x[5]", "x[5]"),
    ("assign an element", "x[5] = 7", "x[5] = 7", "x[5] = 7"),
    ("cast to I", "x.cast('I')", "x.cast('I')", "x.view('I')"),
    ("cast to 10 x 20", "x.cast('B', (10, 20))", "x.cast('B', (10, 20))", "x.reshape(10, 20)"),
    ("make one", "memoryview(b)", "View(b)", "frombuffer(b, 'B')"),
    ("tobytes, 200 bytes", "x.tobytes()", "x.tobytes()", "x.tobytes()"),
    ("tolist, 200 elements", "x.tolist()", "x.tolist()", "x.tolist()"),
    ("compare, 200 bytes", "x == b", "x == b", "x == y"),
    ("slice of 2 axes", None, "g[2:8, ::3]", "g[2:8, ::3]"),
    ("transpose", None, "g.T", "g.T"),
]


def layouts():
    picture = numpy.random.default_rng(1).integers(0, 256, (4000, 6000, 3), "u1")
    square = numpy.arange(8192 * 8192, dtype="u4").astype("u1").reshape(8192, 8192)
    floats = numpy.arange(4096 * 4096, dtype="f4").reshape(4096, 4096)
    return [
        ("RGB to BGR, 24 MP", picture[..., ::-1]),
        ("RGB to planes, 24 MP", picture.transpose(2, 0, 1)),
        ("RGB mirrored, 24 MP", picture[:, ::-1]),
        ("u8[8192, 8192] transposed", square.T),
        ("f32[4096, 4096] transposed", floats.T),
        ("every second pixel of RGB", picture[::2, ::2]),
        ("RGB to BGR, 640x480", picture[:480, :640, ::-1]),
        ("u8[512, 512] transposed", square[:512, :512].T),
    ]


def kernels(x):
    """Tools with a function each that sends an array through a kernel."""
    device = bytelens.Device.named(os.environ.get("BYTELENS_DEVICE", "software"))
    kernel = bytelens.Kernel(DOUBLE, force=True)
    calls = {"bytelens": lambda: numpy.asarray(kernel(device, x=x)["y"])}
    if wgpu := optional("wgpu"):
        peer = WgpuPy(wgpu, device.name)
        buffers = [peer.buffer(x.nbytes), peer.buffer(x.nbytes)]
        made = peer.pipeline(DOUBLE, buffers)

        def call():
            peer.device.queue.write_buffer(buffers[0], 0, x)
            peer.dispatch(made, x.nbytes // 16 // 256)
            return numpy.frombuffer(peer.device.queue.read_buffer(buffers[1]), "f4")

        calls["wgpu-py"] = call
    for name, call in calls.items():
        if (call().reshape(-1) != 2 * x.reshape(-1)).any():
            raise SystemExit(f"{name}: not the same numbers")
    return device, {name: looped("call()", {"call": call}) for name, call in calls.items()}


def looped(statement, names):
    """A function that runs a statement so many times and returns the seconds of one."""
    code = f"def run(times):\n start = clock()\n for _ in times: {statement}\n return clock() - start"
    scope = {**names, "clock": time.perf_counter}
    exec(code, scope)
    run = scope["run"]
    return lambda times: run(range(times)) / times


def measured(tools, rounds, least_seconds):
    """The median, least and most of each tool, which take turns."""
    counts = {}
    for name, run in tools.items():
        run(1)
        counts[name] = max(1, int(least_seconds / max(run(3), 1e-9)))
    times = {name: [] for name in tools}
    for _ in range(rounds):
        for name, run in tools.items():
            times[name].append(run(counts[name]))
    return {name: (statistics.median(all), min(all), max(all)) for name, all in times.items()}


def shown(found, unit):
    parts = []
    for name, (median, least, most) in found.items():
        parts.append(f"{name} {median * unit:8.4g} [{least * unit:.3g}..{most * unit:.3g}]")
    return "  ".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="how often each takes its turn (default 15)")
    options = parser.parse_args()
    load = open("/proc/loadavg").read().split()[0] if platform.system() == "Linux" else "?"
    print(f"CPython {platform.python_version()}, NumPy {numpy.__version__}, {platform.machine()}, load {load}")
    print(f"{options.rounds} rounds; median [least..most]\n\nns a call")

    bytes_ = bytearray(range(200))
    other = numpy.frombuffer(bytes_, "u1")
    common = {"View": bytelens.View, "frombuffer": numpy.frombuffer, "b": bytes_, "y": other}
    sides = {
        "memoryview": {"x": memoryview(bytes_)},
        "bytelens": {"x": bytelens.View(bytes_), "g": bytelens.View(bytes_).reshape(10, 20)},
        "NumPy": {"x": other, "g": other.reshape(10, 20)},
    }
    for name, *statements in CALLS:
        tools = {
            tool: looped(statement, common | names)
            for (tool, names), statement in zip(sides.items(), statements)
            if statement
        }
        print(f"{name:28}{shown(measured(tools, options.rounds, 0.005), 1e9)}", flush=True)

    print("\ntobytes, ms; how many times as long NumPy takes: of the medians, and of the least")
    for name, array in layouts():
        view = bytelens.View(array)
        if view.tobytes() != array.tobytes():
            raise SystemExit(f"{name}: not the same bytes")
        tools = {"bytelens": looped("x.tobytes()", {"x": view}), "NumPy": looped("x.tobytes()", {"x": array})}
        found = measured(tools, options.rounds, 0.02)
        ratios = [numpys / ours for numpys, ours in zip(found["NumPy"][:2], found["bytelens"][:2])]
        print(f"{name:28}{shown(found, 1e3)}  {ratios[0]:.2f}, {ratios[1]:.2f}", flush=True)

    device, tools = kernels(numpy.arange(1 << 24, dtype="f4").reshape(-1, 4))
    found = measured(tools, options.rounds, 0.05)
    print(f"\na kernel's call, 64 MiB up and 64 MiB back, ms, on {device.name}")
    print(f"{'y = 2x':28}{shown(found, 1e3)}")


if __name__ == "__main__":
    main()

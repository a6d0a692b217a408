#!/usr/bin/env python3
"""Moves bytes to a GPU and back, and runs kernels, with bytelens, wgpu by hand, wgpu-py, Taichi and PyTorch in
turns.

    python benches/peers/device.py [--rows PATTERN] [--cubecl]

Needs numpy; wgpu (wgpu-py) and taichi are left out where they are not installed, torch also where it has
no CUDA. `BYTELENS_DEVICE` names the adapter of bytelens and wgpu, software Vulkan unless set; Taichi takes
the first that Vulkan has, PyTorch the first that CUDA has.
"""

import argparse
import importlib.metadata
import platform
import random
import re
import statistics
import sys
import time

import numpy

from shared import Program, built, built_apart, optional

SAXPY = """
    @group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
    @group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
    @compute @workgroup_size(256) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
        if id.x < arrayLength(&y) { y[id.x] = 2.5 * x[id.x] + y[id.x]; }
    }"""
INCREMENT = """
    @group(0) @binding(0) var<storage, read_write> words: array<u32>;
    @compute @workgroup_size(256)
    fn main(@builtin(global_invocation_id) id: vec3<u32>) { words[id.x] += 1u; }"""


class Rust(Program):
    """The Rust program that does the work of bytelens and that by hand."""

    def __init__(self):
        super().__init__(built("answer_device", "gpu"))
        self.adapter = self.line()
        self.rows = {}
        while line := self.line():
            name, size = line.split("\t")
            self.rows[name] = int(size)

    def works(self, row):
        names = self.ask(row).split("\t")
        return {name: lambda name=name: float(self.ask(name)) for name in names}


def timed(work):
    """Makes of work one that returns its seconds; the first time is not measured."""
    work()

    def measure():
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return measure


def crop():
    return numpy.full((4000, 6000, 3), 7, numpy.uint8)[500:3500, 700:5300]


def floats(size, step):
    return (numpy.arange(size // 4) * step % 1000).astype(numpy.float32)


class Cubecl(Program):
    """cubecl on wgpu, a program of its own in `cubecl/`: it times itself."""

    def __init__(self):
        super().__init__(built_apart("cubecl"))
        self.version = self.line()

    def work(self, row, size):
        return (lambda: float(self.ask("work"))) if self.ask(f"{row}\t{size}") else None


class WgpuPy:
    """wgpu-py: its queue writes and reads through staging buffers of its own."""

    def __init__(self, wgpu, adapter):
        found = wgpu.gpu.enumerate_adapters_sync()
        named = [one for one in found if one.info["device"] in adapter or adapter in one.info["device"]]
        vulkan = [one for one in named if one.info["backend_type"] == "Vulkan"]
        if not named:
            sys.exit(f"wgpu-py has no adapter {adapter!r}")
        adapter = (vulkan or named)[0]
        names = ["max-buffer-size", "max-storage-buffer-binding-size"]
        limits = {name: adapter.limits[name] for name in names}
        self.device = adapter.request_device_sync(required_limits=limits)
        usages = wgpu.BufferUsage
        self.usage = usages.STORAGE | usages.COPY_SRC | usages.COPY_DST

    def buffer(self, size):
        return self.device.create_buffer(size=size, usage=self.usage)

    def pipeline(self, text, buffers):
        module = self.device.create_shader_module(code=text)
        pipeline = self.device.create_compute_pipeline(
            layout="auto", compute={"module": module, "entry_point": "main"}
        )
        entries = [
            {"binding": at, "resource": {"buffer": buffer, "offset": 0, "size": buffer.size}}
            for at, buffer in enumerate(buffers)
        ]
        layout = pipeline.get_bind_group_layout(0)
        return pipeline, self.device.create_bind_group(layout=layout, entries=entries)

    def dispatch(self, made, groups, times=1):
        encoder = self.device.create_command_encoder()
        compute = encoder.begin_compute_pass()
        compute.set_pipeline(made[0])
        compute.set_bind_group(0, made[1])
        for _ in range(times):
            compute.dispatch_workgroups(groups)
        compute.end()
        self.device.queue.submit([encoder.finish()])

    def wait(self, buffer):
        """Its call that waits for work takes other arguments than the library it comes with: reading does."""
        self.device.queue.read_buffer(buffer, 0, 4)

    def work(self, row, size):
        queue = self.device.queue
        if row.startswith("round trip"):
            source, buffer = numpy.full(size, 7, numpy.uint8), self.buffer(size)

            def round_trip():
                queue.write_buffer(buffer, 0, source)
                return queue.read_buffer(buffer)

            return round_trip
        if row == "upload of a crop":
            source, buffer = crop(), self.buffer(size)

            def upload():
                queue.write_buffer(buffer, 0, numpy.ascontiguousarray(source))
                self.wait(buffer)

            return upload
        if row.startswith("saxpy"):
            x, y = floats(size, 1), floats(size, 3)
            buffers = [self.buffer(size), self.buffer(size)]
            made = self.pipeline(SAXPY, buffers)

            def saxpy():
                queue.write_buffer(buffers[0], 0, x)
                queue.write_buffer(buffers[1], 0, y)
                self.dispatch(made, size // 16 // 256)
                return numpy.frombuffer(queue.read_buffer(buffers[1]), numpy.float32)

            assert (saxpy() == numpy.float32(2.5) * x + y).all()
            return saxpy
        if row == "1000 dispatches":
            buffer = self.buffer(size)
            made = self.pipeline(INCREMENT, [buffer])

            def dispatches():
                self.dispatch(made, 1, 1000)
                self.wait(buffer)

            return dispatches
        return None


class Taichi:
    """Taichi on Vulkan: arrays of NumPy to its own and back, kernels compiled before."""

    def __init__(self, ti):
        ti.init(arch=ti.vulkan, log_level=ti.ERROR)
        self.ti = ti

        @ti.kernel
        def saxpy(x: ti.types.ndarray(dtype=ti.f32, ndim=1), y: ti.types.ndarray(dtype=ti.f32, ndim=1)):
            for at in x:
                y[at] = 2.5 * x[at] + y[at]

        @ti.kernel
        def increment(words: ti.types.ndarray(dtype=ti.i32, ndim=1)):
            for at in words:
                words[at] += 1

        self.saxpy, self.increment = saxpy, increment

    def work(self, row, size):
        ti = self.ti
        if row.startswith("round trip"):
            source, array = numpy.full(size, 7, numpy.uint8), ti.ndarray(ti.u8, (size,))

            def round_trip():
                array.from_numpy(source)
                return array.to_numpy()

            return round_trip
        if row == "upload of a crop":
            source = crop()
            array = ti.ndarray(ti.u8, source.shape)

            def upload():
                array.from_numpy(numpy.ascontiguousarray(source))
                ti.sync()

            return upload
        if row.startswith("saxpy"):
            x, y = floats(size, 1), floats(size, 3)
            arrays = [ti.ndarray(ti.f32, x.shape), ti.ndarray(ti.f32, y.shape)]

            def saxpy():
                arrays[0].from_numpy(x)
                arrays[1].from_numpy(y)
                self.saxpy(*arrays)
                return arrays[1].to_numpy()

            assert numpy.allclose(saxpy(), numpy.float32(2.5) * x + y)
            return saxpy
        if row == "1000 dispatches":
            words = ti.ndarray(ti.i32, (size // 4,))

            def dispatches():
                for _ in range(1000):
                    self.increment(words)
                ti.sync()

            return dispatches
        return None


class Torch:
    """PyTorch on CUDA, which is no Vulkan: what the machine gives by another way.

    Arrays of NumPy go up from where they lie and come back into memory that was pinned before, the fastest
    that PyTorch has without copying on the CPU itself.
    """

    def __init__(self, torch):
        self.torch = torch

    def work(self, row, size):
        torch = self.torch
        if row.startswith("round trip"):
            source = torch.from_numpy(numpy.full(size, 7, numpy.uint8))
            array = torch.empty_like(source, device="cuda")
            back = torch.empty_like(source).pin_memory()

            def round_trip():
                array.copy_(source)
                back.copy_(array)
                return back

            return round_trip
        if row == "upload of a crop":
            source = torch.from_numpy(crop())
            array = torch.empty(source.shape, dtype=torch.uint8, device="cuda")

            def upload():
                array.copy_(source.contiguous())
                torch.cuda.synchronize()

            return upload
        if row.startswith("saxpy"):
            x, y = (torch.from_numpy(floats(size, step)) for step in (1, 3))
            arrays = [torch.empty_like(x, device="cuda") for _ in range(2)]
            back = torch.empty_like(y).pin_memory()

            def saxpy():
                arrays[0].copy_(x)
                arrays[1].copy_(y)
                arrays[1].add_(arrays[0], alpha=2.5)
                back.copy_(arrays[1])
                return back

            assert torch.allclose(saxpy(), y.add(x, alpha=2.5))
            return saxpy
        if row == "1000 dispatches":
            words = torch.zeros(size // 4, dtype=torch.int32, device="cuda")

            def dispatches():
                for _ in range(1000):
                    words.add_(1)
                torch.cuda.synchronize()

            return dispatches
        return None


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", default="", help="only rows whose name matches")
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--cubecl", action="store_true", help="cubecl too, built first: minutes")
    options = options.parse_args()
    rust = Rust()
    peers, versions = {}, []
    if module := optional("wgpu"):
        peers["wgpu-py"] = WgpuPy(module, rust.adapter)
        versions.append(f"wgpu-py {importlib.metadata.version('wgpu')}")
    if module := optional("taichi"):
        peers["Taichi"] = Taichi(module)
        versions.append(f"Taichi {importlib.metadata.version('taichi')}")
    if options.cubecl:
        peers["cubecl"] = Cubecl()
        versions.append(peers["cubecl"].version)
    if (module := optional("torch")) and module.cuda.is_available():
        peers["PyTorch, CUDA"] = Torch(module)
        versions.append(f"PyTorch {module.__version__}")
    print(f"{platform.platform()}, {rust.adapter}, {time.strftime('%Y-%m-%d')}")
    print(f"{', '.join(versions) or 'no other tools'}; {options.rounds} rounds")
    print("ms: median [least..most], and the median as a multiple of that of bytelens\n")
    for row, size in rust.rows.items():
        if not re.search(options.rows, row):
            continue
        works = rust.works(row)
        for name, peer in peers.items():
            if work := peer.work(row, size):
                works[name] = work if name == "cubecl" else timed(work)
        times = {name: [] for name in works}
        chance, names = random.Random(0), list(works)
        for _ in range(options.rounds):
            # What one leaves behind slows the first call of whoever is next.
            chance.shuffle(names)
            for name in names:
                calls = [works[name]() * 1e3 for _ in range(3)]
                times[name] += calls[1:]
        ours = statistics.median(times["bytelens"])
        print(row)
        for name, each in times.items():
            median = statistics.median(each)
            spread = f"[{min(each):.3f}..{max(each):.3f}]"
            print(f"  {name:22} {median:10.3f} ms {spread:22} {median / ours:6.2f}")
        print(flush=True)


if __name__ == "__main__":
    main()

"""Makes tests/data/kernels: what tests/kernels/*.wgsl are given, and what NumPy makes of it in float64.

    VENV/bin/python tests/reference/kernels.py [FOLDER]

Each NAME.npz holds the kernel's inputs under the names of its bindings, and its results under the names
of its outputs with `expected_` in front.
"""

import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
random = np.random.default_rng(20261124)


def nbody():
    body = np.dtype(
        {
            "names": ["position", "mass", "velocity"],
            "formats": [("<f4", 3), "<f4", ("<f4", 3)],
            "offsets": [0, 12, 16],
            "itemsize": 32,
        }
    )
    bodies = np.zeros(100, body)
    bodies["position"] = random.normal(size=(100, 3))
    bodies["mass"] = random.uniform(0.1, 1, 100)
    bodies["velocity"] = random.normal(scale=0.1, size=(100, 3))
    position, mass, velocity = (bodies[name].astype(float) for name in body.names)
    for _ in range(5):
        away = position[None] - position[:, None]
        square = (away**2).sum(-1) + 0.1**2
        velocity = velocity + 0.01 * (away * (mass[None] / square**1.5)[..., None]).sum(1)
        position = position + 0.01 * velocity
    return {"before": bodies, "expected_position": position, "expected_velocity": velocity}


def prefix_sum():
    values = random.integers(0, 1000, 1000, np.uint32)
    return {"values": values, "expected_sums": np.cumsum(values).astype(np.uint32)}


def matmul():
    a = random.normal(size=(33, 50)).astype(np.float32)
    b = random.normal(size=(50, 29)).astype(np.float32)
    return {"a": a, "b": b, "expected_c": a.astype(float) @ b.astype(float)}


def fft():
    src = (random.normal(size=256) + 1j * random.normal(size=256)).astype(np.complex64)
    return {"src": src, "expected_dst": np.fft.fft(src.astype(complex))}


def game_of_life():
    cells = random.integers(0, 2, (30, 41), np.uint32)
    after = cells
    for _ in range(10):
        moves = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]
        neighbours = sum(np.roll(after, move, (0, 1)) for move in moves)
        after = ((neighbours == 3) | ((neighbours == 2) & (after == 1))).astype(np.uint32)
    return {"cells": cells, "expected_next": after}


def mandelbrot():
    y, x = np.mgrid[0:40, 0:60]
    c = (-2.1 + 0.05 * x) + 1j * (-1.0 + 0.05 * y)
    z, rounds = np.zeros_like(c), np.zeros(c.shape, np.uint32)
    for _ in range(48):
        inside = np.abs(z) ** 2 <= 4
        rounds[inside] += 1
        z[inside] = z[inside] ** 2 + c[inside]
    return {"expected_rounds": rounds}


def histogram():
    pixels = np.clip(random.normal(120, 40, (39, 52)), 0, 255).astype(np.uint8)
    return {"pixels": pixels, "expected_bins": np.bincount(pixels.ravel(), minlength=256).astype("u4")}


def bitonic_sort():
    keys = random.normal(size=512).astype(np.float32)
    return {"keys": keys, "expected_keys": np.sort(keys)}


def blur():
    src = random.integers(0, 256, (19, 23, 4), np.uint8)
    weights = np.exp(-0.5 * (np.arange(4) / 1.5) ** 2)
    weights = (weights / (2 * weights.sum() - weights[0])).astype(np.float32)
    taps = np.concatenate([weights[:0:-1], weights]).astype(float)
    picture = src.astype(float)
    for axis in (1, 0):
        edges = [(3, 3) if axis == one else (0, 0) for one in range(3)]
        padded = np.pad(picture, edges, mode="edge")
        size = picture.shape[axis]
        shifted = (np.take(padded, range(k, k + size), axis) for k in range(7))
        picture = np.floor(sum(tap * one for tap, one in zip(taps, shifted)) + 0.5)
    return {"src": src, "weights": weights, "expected_dst": picture.astype(np.uint8)}


def reduce():
    numbers = random.uniform(-1, 2, (1000, 4)).astype(np.float32)
    return {"numbers": numbers, "expected_sum": numbers.astype(float).sum(keepdims=True).ravel()}


def motion():
    turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
    turn, shift = turn.astype(np.float32), np.array([1, -2, 0.5], np.float32)
    points = np.zeros((77, 4), np.float32)
    points[:, :3] = random.normal(size=(77, 3))
    moved = 1.5 * points[:, :3].astype(float) @ turn.astype(float).T + shift
    # WGSL takes matrices column by column.
    return {"columns": turn.T.copy(), "shift": shift, "points": points, "expected_moved": moved}


def records():
    row = np.dtype([("kind", "<u4"), ("value", "<f4")])
    table = np.zeros((), np.dtype([("scale", "<f4"), ("offset", "<f4"), ("rows", row, 50)]))
    table["scale"], table["offset"] = 3, -0.25
    table["rows"]["kind"] = random.integers(0, 3, 50)
    table["rows"]["value"] = random.normal(size=50)
    kind, value = table["rows"]["kind"], table["rows"]["value"].astype(float)
    result = np.choose(kind, [value, value * 3, value - 0.25])
    return {"table": table, "expected_result": result}


KERNELS = [
    nbody, prefix_sum, matmul, fft, game_of_life, mandelbrot, histogram, bitonic_sort, blur, reduce,
    motion, records,
]


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "data" / "kernels"
    folder.mkdir(parents=True, exist_ok=True)
    for kernel in KERNELS:
        np.savez(folder / f"{kernel.__name__}.npz", **kernel())
    total = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{len(KERNELS)} kernels, {total} bytes in {folder}")


if __name__ == "__main__":
    main()

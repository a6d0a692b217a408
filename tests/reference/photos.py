"""Runs the built command over photographs and compares what it writes with float64 references.

    photos.py BYTELENS [-- MORE ARGUMENTS FOR `bytelens batch`]
    photos.py --self-test

The first prints tables and ends with 1 if anything misses its mark. The second needs no command: it puts
the references in the command's place, which must pass, and then references with one fault
each, every one of which must be reported as a miss.
"""

import argparse
import contextlib
import functools
import io
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image, ImageOps

import reference as ref

PHOTOS = pathlib.Path(__file__).resolve().parents[2] / "examples" / "photos"
LEAST_PSNR = 50.0
SIGMAS = (0.5, 2, 20, 200)
# A step of the 8-bit files that are compared.
STEP = 1 / 255


class Failed(Exception):
    """The command did not do what it was asked."""


def load(path):
    """An 8-bit picture, upright, as an array with 1 to 4 channels."""
    picture = ImageOps.exif_transpose(Image.open(path))
    if picture.mode not in ("L", "LA", "RGB", "RGBA"):
        raise Failed(f"{path.name}: is of Pillow's mode {picture.mode}, not 8 bits a channel")
    array = np.asarray(picture)
    return ref.unit(array[..., None] if array.ndim == 2 else array)


def save(path, array):
    path.write_bytes(ref.png_bytes(ref.quantised(array, np.uint8)))


# --- who does the work --------------------------------------------------------------------------


class Command:
    """The built command."""

    def __init__(self, binary, more):
        self.binary, self.more = binary, more

    def run(self, paths, pipeline, folder):
        """Returns what each of the files becomes, read back from PNG files in a new folder."""
        out = pathlib.Path(tempfile.mkdtemp(dir=folder))
        command = [self.binary, "batch", *paths, "--out", out, "--do", pipeline]
        command += ["--format", "png", *self.more]
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
        )
        if done.returncode:
            raise Failed(f"`{pipeline}` ended with {done.returncode}: {done.stderr.strip()}")
        files = [out / f"{path.stem}.png" for path in paths]
        for file in files:
            if not file.exists():
                raise Failed(f"`{pipeline}` did not write {file.name}")
        return [load(file) for file in files]


class Stand:
    """The references in the command's place, right or with one fault."""

    def __init__(self, fault=None):
        self.fault = fault

    def run(self, paths, pipeline, folder):
        op, first, *rest = pipeline.split()
        options = dict(pair.split("=") for pair in rest)
        light = options.get("light", "linear")
        if self.fault == "wrong light":
            light = {"linear": "srgb", "srgb": "linear"}[light]
        outs = []
        for path in paths:
            image = load(path)
            if self.fault == "orientation ignored":
                image = ref.unit(np.atleast_3d(np.asarray(Image.open(path))))
            if op == "resize":
                image = self.resize(image, first, options.get("filter", "lanczos3"), light)
            else:
                image = self.blur(image, float(first), light)
            outs.append(ref.unit(ref.quantised(image, np.uint8)))
        return outs

    def resize(self, image, size, name, light):
        height, width = inside(image, size)
        if self.fault == "another filter":
            name = {"lanczos3": "bicubic"}.get(name, "lanczos3")
        if self.fault == "shifted by a quarter":
            image = np.roll(image, 1, axis=1) * 0.25 + image * 0.75
        if self.fault == "not antialiased":
            name = "nearest"
        if self.fault == "straight alpha" and ref.has_alpha(image):
            parts = [image[..., :-1], image[..., -1:]]
            parts = [ref.resize(part, width, height, name, light) for part in parts]
            return np.concatenate(parts, axis=2)
        return ref.resize(image, width, height, name, light)

    def blur(self, image, sigma, light):
        sigma *= 1.1 if self.fault == "sigma a tenth too large" else 1
        edge = "constant" if self.fault == "dark edges" else "symmetric"
        out = ref.blur(image, sigma, edge, light)
        return out * 0.98 if self.fault == "mean lost" else out


# What the self-test breaks, and which check must see it.
FAULTS = {
    "wrong light": ("resize", "checkerboard", "blur"),
    "another filter": ("resize",),
    "shifted by a quarter": ("resize",),
    "not antialiased": ("resize", "checkerboard"),
    "straight alpha": ("alpha",),
    "orientation ignored": ("resize",),
    "sigma a tenth too large": ("blur",),
    "dark edges": ("blur",),
    "mean lost": ("blur",),
}


# --- checks: each returns the misses ------------------------------------------------------------


def inside(image, size):
    """The size that `resize` comes to: (height, width), the shape kept, nothing enlarged."""
    height, width = image.shape[:2]
    if size.endswith("%"):
        ratio = float(size[:-1]) / 100
    else:
        most = [int(side) for side in size.split("x")]
        ratio = min(most[0] / width, most[1] / height, 1)
    return tuple(max(1, int(side * ratio + 0.5)) for side in (height, width))


def with_light(pipeline, light):
    """The default is asked for by leaving it out."""
    return pipeline if light == "linear" else f"{pipeline} light=srgb"


def check_resize(tool, folder):
    """Every photograph as it is, and JPEGs once more as PNG: there the decoder has no part in it."""
    paths = sorted(path for path in PHOTOS.iterdir() if path.suffix in (".jpg", ".png"))
    for path in list(paths):
        if path.suffix == ".jpg":
            copy = folder / f"{path.stem}-png.png"
            save(copy, load(path))
            paths.append(copy)
    pictures = [load(path) for path in paths]
    print(f"\nresize 256x256: dB above float64, {LEAST_PSNR:.0f} wanted (8 bits allow 58.9)")
    names = [path.stem for path in paths]
    print(f"{'filter':9} {'light':7}" + "".join(f"{name:>15}" for name in names) + "  worst step")
    misses = []
    for name in ref.FILTERS:
        for light in ref.LIGHTS:
            pipeline = with_light(f"resize 256x256 filter={name}", light)
            cells, worst = [], 0.0
            for path, picture, got in zip(paths, pictures, tool.run(paths, pipeline, folder)):
                height, width = inside(picture, "256x256")
                if got.shape != (height, width, picture.shape[2]):
                    misses.append(f"{path.name}: `{pipeline}` gives {got.shape}, not {height}x{width}")
                    cells.append("shape")
                    continue
                want = ref.resize(picture, width, height, name, light)
                decibels = ref.psnr(got, want)
                cells.append(f"{decibels:.1f}")
                worst = max(worst, np.abs(got - want).max() / STEP)
                if not decibels >= LEAST_PSNR:
                    misses.append(f"{path.name}: `{pipeline}`: {decibels:.1f} dB")
            print(f"{name:9} {light:7}" + "".join(f"{c:>15}" for c in cells) + f"{worst:12.2f}")
    return misses


def check_checkerboard(tool, folder):
    """Half of the light of black and white is 188 in sRGB, not 128; 128 only with light=srgb."""
    board = (np.indices((64, 64)).sum(axis=0) % 2).astype(np.float64)
    path, misses, seen = folder / "checkerboard.png", [], []
    save(path, np.repeat(board[..., None], 3, axis=2))
    for name in ref.FILTERS[1:]:
        for light, allowed in (("linear", (188,)), ("srgb", (127, 128))):
            pipeline = with_light(f"resize 50% filter={name}", light)
            (got,) = tool.run([path], pipeline, folder)
            # Near the edge a wide filter has more of one colour than of the other.
            values = np.unique(np.rint(got[4:-4, 4:-4] * 255).astype(int))
            seen.append(f"{name} {light} {'/'.join(map(str, values))}")
            if got.shape != (32, 32, 3) or not set(values) <= set(allowed):
                misses.append(f"checkerboard: `{pipeline}` gives {values}, not one of {allowed}")
    print("\ncheckerboard halved: " + ", ".join(seen))
    return misses


def check_alpha(tool, folder):
    """A red disc that fades into nothing, whose nothing is stored as black or as green.

    However it is shrunk or blurred, all that is seen of it is red; laid on green its rim is no darker
    than what lies between red and green.
    """
    y, x = np.mgrid[0:97, 0:97]
    alpha = np.clip((36.5 - np.hypot(x - 48, y - 48)) / 9, 0, 1)[..., None]
    alpha = ref.unit(ref.quantised(alpha, np.uint8))
    misses, paths = [], []
    for hidden, color in (("black", (0, 0, 0)), ("green", (0, 1, 0))):
        paths.append(folder / f"red-on-{hidden}.png")
        rgb = np.where(alpha > 0, np.array([1.0, 0, 0]), np.array(color, np.float64))
        save(paths[-1], np.concatenate([rgb, alpha], axis=2))
    print("\nalpha: furthest from red where seen, and from the reference on green, in steps of 1/255")
    pipelines = [f"resize 41x41 filter={name}" for name in ref.FILTERS] + ["blur 3"]
    for pipeline in pipelines:
        for path, got in zip(paths, tool.run(paths, pipeline, folder)):
            picture = load(path)
            if pipeline.startswith("resize"):
                want = ref.resize(picture, 41, 41, pipeline.rsplit("=", 1)[1])
            else:
                want = ref.blur(picture, 3)
            if got.shape != want.shape:
                misses.append(f"{path.name}: `{pipeline}` gives {got.shape}, not {want.shape}")
                continue
            off_red = np.abs(got[..., :3] - [1, 0, 0]).max(axis=2) * (got[..., 3] > 0)
            on_green = [
                ref.srgb_decode(each[..., :3]) * each[..., 3:] + [0, 1, 0] * (1 - each[..., 3:])
                for each in (got, want)
            ]
            # Compared in light, where what is laid over one another adds up.
            off_green = np.abs(on_green[0] - on_green[1]).max()
            cells = (off_red.max() / STEP, off_green / STEP)
            print(f"{pipeline:26} {path.stem:13} {cells[0]:6.2f} {cells[1]:6.2f}")
            if cells[0] > 1.01 or cells[1] > 2:
                misses.append(f"{path.name}: `{pipeline}` is off by {cells[0]:.1f} and {cells[1]:.1f}")
    return misses


@functools.cache
def blurred(photo, sigma, light):
    """The reference for a photograph, made once for all faults of the self-test."""
    return ref.blur(load(PHOTOS / photo), sigma, "symmetric", light)


def check_blur(tool, folder):
    """scipy.ndimage.gaussian_filter within a step, and the mean kept, on a colour and a grey picture."""
    print("\nblur: furthest from scipy, and change of the mean in the light asked for, in 1/255")
    photos = ("chelsea.png", "camera.jpg")
    # As PNG: what the command makes of JPEG is no part of this.
    paths = [folder / f"{pathlib.Path(photo).stem}.png" for photo in photos]
    for photo, path in zip(photos, paths):
        save(path, load(PHOTOS / photo))
    misses = []
    for sigma in SIGMAS:
        for light in ref.LIGHTS:
            pipeline = with_light(f"blur {sigma}", light)
            for photo, path, got in zip(photos, paths, tool.run(paths, pipeline, folder)):
                picture = load(path)
                if got.shape != picture.shape:
                    misses.append(f"{path.name}: `{pipeline}` gives {got.shape}")
                    continue
                off = np.abs(got - blurred(photo, sigma, light)).max() / STEP
                means = [ref.to_working(each, light).mean() for each in (got, picture)]
                change = abs(means[0] - means[1]) / STEP
                print(f"{pipeline:20} {path.stem:12} {off:6.3f} {change:6.3f}")
                if off > 1 or change > 0.5:
                    what = f"is off by {off:.2f}, its mean by {change:.2f}"
                    misses.append(f"{path.name}: `{pipeline}` {what}")
    return misses


CHECKS = {
    "resize": check_resize,
    "checkerboard": check_checkerboard,
    "alpha": check_alpha,
    "blur": check_blur,
}


def run_checks(tool, names=tuple(CHECKS)):
    """Returns the misses of each check."""
    found = {}
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            try:
                found[name] = CHECKS[name](tool, pathlib.Path(folder))
            except (Failed, OSError, subprocess.TimeoutExpired) as error:
                found[name] = [f"{name}: {error}"]
    return found


def self_test():
    wrong = []
    print("the references themselves")
    for misses in run_checks(Stand()).values():
        wrong += [f"a right answer was called a miss: {miss}" for miss in misses]
    print("\nwith one fault each, and what is then called a miss:")
    for fault, must_see in FAULTS.items():
        with contextlib.redirect_stdout(io.StringIO()):
            found = run_checks(Stand(fault), must_see)
        for name, misses in found.items():
            print(f"{fault}: {name}: {len(misses)} misses, such as {(misses or ['none'])[0]}")
            if not misses:
                wrong.append(f"the fault '{fault}' was not noticed by the check of {name}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description="Compares bytelens with float64 references.")
    parser.add_argument("binary", nargs="?", type=pathlib.Path, help="the built command")
    parser.add_argument("--self-test", action="store_true", help="show that the checks can fail")
    words = sys.argv[1:]
    cut = words.index("--") if "--" in words else len(words)
    options = parser.parse_args(words[:cut])
    if options.self_test:
        misses = self_test()
    elif options.binary is None:
        parser.error("name the built command, or ask for --self-test")
    else:
        tool = Command(options.binary.resolve(), words[cut + 1 :])
        misses = [miss for found in run_checks(tool).values() for miss in found]
    print()
    for miss in misses:
        print(f"MISS {miss}")
    what = "self-test" if options.self_test else "references"
    print(f"{what}: {'all as it must be' if not misses else f'{len(misses)} missed'}")
    sys.exit(1 if misses else 0)


if __name__ == "__main__":
    main()

"""Makes tests/data: what the Rust tests compare with, by tools that are not bytelens.

    python -m venv VENV && VENV/bin/pip install -r tests/reference/requirements.txt
    VENV/bin/python tests/reference/make.py [FOLDER]

It checks its own arithmetic against Pillow and NumPy first, prints the largest differences, and writes
nothing if one of them is too large. tests/data/README.md describes what it writes.
"""

import io
import pathlib
import shutil
import sys
import zlib

import numpy as np
import PIL
import scipy
from PIL import Image, ImageOps, features

import files
import ops
import reference as ref
from sources import ROOT, crop, deep, photo, with_alpha

# --- sources -----------------------------------------------------------------------------------


def resize_sources():
    cat, cup = photo("chelsea.png", "RGB"), photo("coffee.jpg", "RGB")
    camera, face = photo("camera.jpg", "L"), photo("astronaut.jpg", "RGB")
    return {
        "rgb8_160x120": crop(cat, 120, 70, 160, 120),
        "rgb8_40x30": crop(cat, 145, 95, 40, 30),
        "rgb8_1x7": crop(cat, 150, 100, 1, 7),
        "rgb8_5x1": crop(cat, 150, 100, 5, 1),
        "rgb8_1x1": crop(cat, 150, 100, 1, 1),
        "grey8_96x72": crop(camera, 150, 110, 96, 72),
        "greyalpha8_40x30": with_alpha(crop(camera, 160, 120, 40, 30)),
        "rgba8_64x48": with_alpha(crop(cup, 180, 30, 64, 48)),
        "rgba8_24x18": with_alpha(crop(cup, 230, 60, 24, 18)),
        "rgb16_48x36": deep(face, 48, 36),
        "grey16_48x36": deep(camera, 48, 36),
        "rgba16_32x24": with_alpha(deep(face, 32, 24)),
    }


BOTH, LINEAR = ref.LIGHTS, ("linear",)
RESIZES = [
    ("rgb8_160x120", (61, 47), LINEAR),
    ("rgb8_40x30", (17, 11), BOTH),
    ("rgb8_40x30", (20, 15), BOTH),
    ("rgb8_40x30", (71, 61), LINEAR),
    ("rgb8_40x30", (23, 47), LINEAR),
    ("rgb8_1x7", (3, 3), LINEAR),
    ("rgb8_5x1", (2, 4), LINEAR),
    ("rgb8_1x1", (4, 3), LINEAR),
    ("grey8_96x72", (37, 29), BOTH),
    ("grey8_96x72", (48, 36), LINEAR),
    ("grey8_96x72", (97, 71), LINEAR),
    ("greyalpha8_40x30", (17, 13), BOTH),
    ("rgba8_64x48", (25, 19), BOTH),
    ("rgba8_64x48", (32, 24), LINEAR),
    ("rgba8_24x18", (35, 31), BOTH),
    ("rgb16_48x36", (19, 13), BOTH),
    ("rgb16_48x36", (53, 41), LINEAR),
    ("grey16_48x36", (19, 13), LINEAR),
    ("grey16_48x36", (67, 53), LINEAR),
    ("rgba16_32x24", (13, 9), BOTH),
    ("rgba16_32x24", (35, 27), LINEAR),
]


def blur_sources():
    cat, camera = photo("chelsea.png", "RGB"), photo("camera.jpg", "L")
    impulse = np.zeros((33, 41, 1), np.uint16)
    impulse[16, 20] = 65535
    return {
        "grey8_160x120": crop(camera, 140, 110, 160, 120),
        "grey8_80x60": crop(camera, 170, 110, 80, 60),
        "rgb8_80x60": crop(cat, 135, 80, 80, 60),
        "rgba8_48x36": with_alpha(crop(photo("coffee.jpg", "RGB"), 200, 40, 48, 36)),
        "rgb16_48x36": deep(photo("astronaut.jpg", "RGB"), 48, 36),
        "impulse16_41x33": impulse,
        "grey8_1x9": crop(camera, 200, 150, 1, 9),
        "grey8_9x1": crop(camera, 200, 150, 9, 1),
        "grey8_1x1": crop(camera, 200, 150, 1, 1),
    }


SIGMAS, SYMMETRIC, EVERY = (0.5, 2, 20, 200), ("symmetric",), tuple(ref.SCIPY_MODES)
BLURS = [
    ("grey8_160x120", SIGMAS, SYMMETRIC, LINEAR),
    ("grey8_80x60", SIGMAS, EVERY, ("srgb",)),
    ("rgb8_80x60", SIGMAS, SYMMETRIC, BOTH),
    ("rgba8_48x36", (0.5, 2, 20), ("symmetric", "constant"), BOTH),
    ("rgb16_48x36", (0.5, 2, 20), SYMMETRIC, BOTH),
    ("impulse16_41x33", (0.5, 1, 2, 3.3), ("constant",), ("srgb",)),
    ("grey8_1x9", (0.5, 2, 20), EVERY, LINEAR),
    ("grey8_9x1", (0.5, 2, 20), EVERY, LINEAR),
    ("grey8_1x1", (0.5, 2, 20), EVERY, LINEAR),
]


# --- the arithmetic, checked against others -----------------------------------------------------


def clear_of_ties(array, source_height, source_width):
    """Leaves out the rows and columns whose place is exactly on the border of two samples.

    Where the ratio is a whole number there is nothing to leave out: its sums are exact.
    """
    for axis, source in enumerate((source_height, source_width)):
        target = array.shape[axis]
        at = np.arange(target)
        if source % target:
            array = np.compress((2 * at + 1) * source % (2 * target) != 0, array, axis=axis)
    return array


def check_arithmetic():
    """Compares with Pillow and NumPy; returns rows (what, largest difference, allowed)."""
    rows = []
    gray = ref.unit(crop(photo("camera.jpg", "L"), 100, 80, 160, 120))[..., 0]
    picture = Image.fromarray(gray.astype(np.float32), mode=None)
    exact = gray.astype(np.float32).astype(np.float64)
    kinds = {
        "bilinear": Image.Resampling.BILINEAR,
        "bicubic": Image.Resampling.BICUBIC,
        "lanczos3": Image.Resampling.LANCZOS,
        "nearest": Image.Resampling.NEAREST,
    }
    for name, kind in kinds.items():
        for width, height in ((61, 47), (80, 60), (233, 201)):
            got = ref.matrix(120, height, name) @ exact @ ref.matrix(160, width, name).T
            want = np.asarray(picture.resize((width, height), kind), np.float64)
            if name == "nearest":
                # Right between two samples Pillow's sum of steps may fall on either side.
                got, want = (clear_of_ties(array, 120, 160) for array in (got, want))
            # Pillow keeps an f32 between its two passes: 2**-24 of 1, and a little for overshoot.
            difference = np.abs(got - want).max()
            rows.append((f"{name} 160x120 to {width}x{height}, Pillow mode F", difference, 3e-7))
    # What is not shrunk is not averaged: the box is then one sample wide, as it is in Pillow.
    want = np.asarray(picture.resize((233, 201), Image.Resampling.BOX), np.float64)
    got = ref.matrix(120, 201, "area") @ exact @ ref.matrix(160, 233, "area").T
    got, want = (clear_of_ties(array, 120, 160) for array in (got, want))
    rows.append(("area 160x120 to 233x201, Pillow BOX", np.abs(got - want).max(), 3e-7))
    # Whole ratios: where the mean over the covered area and Pillow's two box filters are one thing.
    got = ref.matrix(120, 30, "area") @ exact @ ref.matrix(160, 80, "area").T
    want = np.asarray(picture.resize((80, 30), Image.Resampling.BOX), np.float64)
    rows.append(("area 160x120 to 80x30, Pillow BOX", np.abs(got - want).max(), 3e-7))
    want = np.asarray(picture.reduce((2, 4)), np.float64)
    rows.append(("area 160x120 to 80x30, Pillow reduce", np.abs(got - want).max(), 3e-7))
    # Any ratio: repeat each sample `target` times, then take the mean of `source` neighbours.
    many = np.repeat(np.repeat(exact, 47, axis=0), 61, axis=1)
    want = many.reshape(47, 120, 61, 160).mean(axis=(1, 3))
    got = ref.matrix(120, 47, "area") @ exact @ ref.matrix(160, 61, "area").T
    rows.append(("area 160x120 to 61x47, means of repeats", np.abs(got - want).max(), 1e-12))

    # Mitchell's kernel is not in Pillow; its published properties are.
    mitchell = ref.KERNELS["mitchell"]
    known = np.array([mitchell(0.0) - 8 / 9, mitchell(1.0) - 1 / 18, mitchell(2.0)])
    rows.append(("mitchell at 0, 1 and 2", np.abs(known).max(), 1e-15))
    x = np.arange(-8, 8)[None, :] + np.linspace(0, 1, 101)[:, None]
    total = np.abs(mitchell(x).sum(axis=1) - 1).max()
    rows.append(("mitchell adds up to 1 at every phase", total, 1e-14))
    cubic = ref.KERNELS["bicubic"]
    x = np.linspace(0, 2, 401)
    keys = np.where(x < 1, 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2)
    rows.append(("bicubic and Keys's a = -0.5", np.abs(cubic(x) - keys).max(), 1e-14))

    # The sum written out over numpy.pad, whose mode names ours are.
    small = gray[:19, :23]
    for mode in EVERY:
        pad = {"nearest": "edge"}.get(mode, mode)
        for sigma in (0.5, 2, 20):
            radius = int(ref.TRUNCATE * sigma + 0.5)
            tap = np.arange(-radius, radius + 1)
            weights = np.exp(-0.5 * (tap / sigma) ** 2)
            weights /= weights.sum()
            want = np.pad(small, radius, mode=pad)
            want = np.apply_along_axis(np.convolve, 0, want, weights, "valid")
            want = np.apply_along_axis(np.convolve, 1, want, weights, "valid")
            got = ref.blur(small[..., None], sigma, mode, "srgb")[..., 0]
            difference = np.abs(got - want).max()
            rows.append((f"blur {sigma} {mode}, numpy.pad and convolve", difference, 1e-12))

    curve = np.linspace(0, 1, 100_001)
    there_and_back = np.abs(ref.srgb_encode(ref.srgb_decode(curve)) - curve).max()
    rows.append(("sRGB there and back", there_and_back, 1e-7))
    rows.append(("sRGB of half the light, and 188", abs(ref.srgb_encode(0.5) * 255 - 187.516), 1e-3))
    array = with_alpha(deep(photo("chelsea.png", "RGB"), 31, 17))
    for depth in (np.uint8, np.uint16):
        for channels in (1, 2, 3, 4):
            some = np.ascontiguousarray((array >> (16 - 8 * np.dtype(depth).itemsize))[..., :channels])
            some = some.astype(depth)
            seen = Image.open(io.BytesIO(ref.png_bytes(some)))
            # Of 16-bit colour Pillow reads the high bytes; the low ones are in rows of the same file.
            seen = np.asarray(seen).reshape(17, 31, -1)
            high = some if seen.dtype != np.uint8 or depth == np.uint8 else some >> 8
            if seen.shape[2] == channels:
                difference = np.abs(seen.astype(int) - high.astype(int)).max()
                rows.append((f"PNG {channels} x {np.dtype(depth).name}, read by Pillow", difference, 0))
    return rows


# --- writing -----------------------------------------------------------------------------------


class Folder:
    """Files of one set, and its manifest."""

    def __init__(self, root, name, columns):
        self.path = root / name
        # What is left of another time is no answer to anything.
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        self.lines = ["# " + " ".join(columns)]

    def write(self, name, data):
        (self.path / name).parent.mkdir(exist_ok=True)
        (self.path / name).write_bytes(data)

    def row(self, *cells):
        self.lines.append(" ".join(str(cell) for cell in cells))

    def finish(self):
        (self.path / "manifest.txt").write_text("\n".join(self.lines) + "\n", encoding="utf-8")


def make_resize(root):
    folder = Folder(root, "resize", ("source", "expected", "width", "height", "filter", "light"))
    sources = resize_sources()
    for name, array in sources.items():
        folder.write(f"{name}.png", ref.png_bytes(array))
    for name, (width, height), lights in RESIZES:
        for light in lights:
            for kernel in ref.FILTERS:
                out = ref.resize(ref.unit(sources[name]), width, height, kernel, light)
                expected = f"expected/{name}_to_{width}x{height}_{kernel}_{light}.png"
                folder.write(expected, ref.png_bytes(ref.quantised(out)))
                folder.row(f"{name}.png", expected, width, height, kernel, light)
    folder.finish()


def make_blur(root):
    folder = Folder(root, "blur", ("source", "expected", "sigma", "edge", "light"))
    sources = blur_sources()
    for name, array in sources.items():
        folder.write(f"{name}.png", ref.png_bytes(array))
    for name, sigmas, modes, lights in BLURS:
        for sigma in sigmas:
            for mode in modes:
                for light in lights:
                    out = ref.blur(ref.unit(sources[name]), sigma, mode, light)
                    expected = f"expected/{name}_sigma{sigma}_{mode}_{light}.png"
                    folder.write(expected, ref.png_bytes(ref.quantised(out)))
                    folder.row(f"{name}.png", expected, sigma, mode, light)
    folder.finish()


def letter():
    """An F that no turning or mirroring maps to itself, with another colour in each corner."""
    picture = np.full((16, 24, 3), 230, np.uint8)
    picture[2:14, 8:11] = picture[2:5, 8:17] = picture[7:10, 8:14] = (40, 40, 40)
    picture[:4, :4], picture[:4, -4:] = (220, 30, 30), (30, 170, 30)
    picture[-4:, :4], picture[-4:, -4:] = (40, 40, 220), (220, 200, 30)
    return Image.fromarray(picture)


def make_exif(root):
    folder = Folder(root, "exif", ("file", "orientation", "stored_width", "stored_height"))
    upright, turn = letter(), Image.Transpose
    folder.write("upright.png", ref.png_bytes(np.asarray(upright)))
    inverse = {
        2: turn.FLIP_LEFT_RIGHT,
        3: turn.ROTATE_180,
        4: turn.FLIP_TOP_BOTTOM,
        5: turn.TRANSPOSE,
        6: turn.ROTATE_90,
        7: turn.TRANSVERSE,
        8: turn.ROTATE_270,
    }
    cases = [(orientation, "jpg") for orientation in range(1, 9)] + [(6, "png")]
    for orientation, kind in cases:
        stored = upright.transpose(inverse[orientation]) if orientation > 1 else upright
        tags = Image.Exif()
        # Both byte orders are met with in cameras.
        tags.endian = "<" if orientation % 2 else ">"
        tags[0x0112] = orientation
        file = io.BytesIO()
        options = {"quality": 100, "subsampling": "4:4:4"} if kind == "jpg" else {}
        stored.save(file, {"jpg": "JPEG", "png": "PNG"}[kind], exif=tags.tobytes(), **options)
        back = np.asarray(ImageOps.exif_transpose(Image.open(file)), int)
        assert np.abs(back - np.asarray(upright, int)).max() <= (3 if kind == "jpg" else 0)
        name = f"orientation_{orientation}.{kind}"
        folder.write(name, file.getvalue())
        folder.row(name, orientation, *stored.size)
    folder.finish()


def make_codec(root):
    columns = ("file", "status", "width", "height", "channels", "depth", "expected", "within")
    folder = Folder(root, "codec", columns)
    cat = np.ascontiguousarray(crop(photo("chelsea.png", "RGB"), 150, 100, 32, 24))
    gray = np.ascontiguousarray(crop(photo("camera.jpg", "L"), 200, 130, 32, 24))
    done = []
    for name, data, expected in files.png_cases(cat, gray):
        done.append((name, data, expected, 0))
    for name, data, within in files.jpeg_cases(cat, gray):
        done.append((name, data, files.seen_by_pillow(data), within))
    for name, data, expected, within in done:
        folder.write(name, data)
        # Not as PNG: what a decoder is compared with must not come through that decoder.
        answer = f"expected/{name}.raw"
        little = expected.dtype.newbyteorder("<")
        folder.write(answer, np.ascontiguousarray(expected).astype(little).tobytes())
        height, width, channels = expected.shape
        depth = expected.dtype.itemsize * 8
        folder.row(name, "ok", width, height, channels, depth, answer, within)
    for name, data, fault in files.damaged_cases(cat):
        folder.write(name, data)
        folder.row(name, fault, "-", "-", "-", "-", "-", "-")
    folder.finish()


def make_jpeg(root):
    columns = ("source", "width", "height", "channels", "quality", "subsampling", "kind", "restart", "bytes", "crc32")
    folder = Folder(root, "jpeg", columns)
    for row, data in files.encoded_jpegs():
        folder.row(*row, len(data), f"{zlib.crc32(data):08x}")
    folder.finish()


def make_ops(root):
    ops.make_ops(Folder(root, "ops", ("source", "expected", "pipeline")), photo("coffee.jpg", "RGB"))


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "data"
    print(f"Python {sys.version.split()[0]}, NumPy {np.__version__}, SciPy {scipy.__version__},", end=" ")
    print(f"Pillow {PIL.__version__} with libjpeg-turbo {features.version('libjpeg_turbo')}")
    rows = check_arithmetic()
    for what, difference, allowed in rows:
        verdict = "ok" if difference <= allowed else "TOO LARGE"
        print(f"{what:55} {difference:9.2e}  allowed {allowed:7.0e}  {verdict}")
    if any(difference > allowed for _, difference, allowed in rows):
        sys.exit("make.py: the references disagree with the tools they are checked by; nothing written")
    for make in (make_resize, make_blur, make_ops, make_exif, make_codec, make_jpeg):
        make(root)
    written = [path for path in root.rglob("*") if path.is_file()]
    total = sum(path.stat().st_size for path in written)
    print(f"{len(written)} files, {total} bytes under {root}")


if __name__ == "__main__":
    main()

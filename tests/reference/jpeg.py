"""Decodes JPEG files with the `bytelens` command and with libjpeg-turbo, as Pillow has it, and compares all pixels.

    pip install numpy pillow
    python tests/reference/jpeg.py [FOLDER …]

It makes files of every kind that Pillow writes: sizes around the edges of blocks, all qualities, samplings,
progressive, restart markers, grey, CMYK. Folders that are named are searched for more. At full size the two
decoders must agree bit for bit; what only one of them reads is listed with what it says.
"""

import io
import itertools
import random
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

ROOT = Path(__file__).parent.parent.parent
COMMAND = "cargo run --quiet --release --features cli --bin bytelens -- batch --out {} --format png".split()


def written(count):
    """Files of many kinds, with what they are."""
    random.seed(1)
    photo = np.asarray(Image.open(ROOT / "examples/photos/coffee.jpg").convert("RGB"))
    sides = [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 130]
    for number in range(count):
        width, height = random.choice(sides), random.choice(sides)
        y, x = (random.randrange(full - side) for full, side in zip(photo.shape, (height, width)))
        picture = Image.fromarray(photo[y : y + height, x : x + width])
        if number % 7 == 0:
            noise = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
            picture = Image.fromarray(noise)
        picture = picture.convert(random.choice(["RGB", "RGB", "RGB", "L", "CMYK"]))
        options = dict(
            quality=random.choice([1, 10, 50, 75, 90, 95, 100]),
            subsampling=random.choice([0, 1, 2]),
            progressive=random.random() < 0.5,
            optimize=random.random() < 0.5,
        )
        if random.random() < 0.4:
            options["restart_marker_blocks"] = random.choice([1, 2, 5])
        file = io.BytesIO()
        picture.save(file, "JPEG", **options)
        yield f"{number}_{width}x{height}_{picture.mode}_{options}", file.getvalue()


def theirs(data):
    """What libjpeg-turbo makes of a file, upright, as an array; or what it says."""
    try:
        picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data), formats=["JPEG", "MPO"]))
        return np.asarray(picture if picture.mode in ("L", "RGB") else picture.convert("RGB"))
    except Exception as error:
        return str(error) or type(error).__name__


def ours(data):
    """What the command makes of files, in the same order."""
    with tempfile.TemporaryDirectory() as folder:
        inputs = [Path(folder, f"{number:06}.jpg") for number in range(len(data))]
        for path, one in zip(inputs, data):
            path.write_bytes(one)
        out = Path(folder, "out")
        command = [part.format(out) for part in COMMAND]
        ran = subprocess.run([*command, folder + "/*.jpg"], cwd=ROOT, capture_output=True, text=True)
        said = {}
        for line in ran.stderr.splitlines():
            for path in inputs:
                if path.name in line:
                    said[path] = line
        for path in inputs:
            made = out / (path.stem + ".png")
            yield np.asarray(Image.open(made)) if made.exists() else said.get(path, "nothing")


def main():
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None
    folders = [Path(one) for one in sys.argv[1:]]
    found = itertools.chain.from_iterable(sorted(folder.rglob("*")) for folder in folders)
    found = [one for one in found if one.is_file() and one.read_bytes()[:3] == b"\xff\xd8\xff"]
    files = [*written(600), *((str(path), path.read_bytes()) for path in found)]
    equal, neither, apart = 0, 0, []
    for start in range(0, len(files), 200):
        part = files[start : start + 200]
        for (name, data), got in zip(part, ours([data for _, data in part])):
            want = theirs(data)
            if isinstance(got, str) and isinstance(want, str):
                neither += 1
            elif isinstance(got, str) or isinstance(want, str):
                apart.append(f"{name}: {got if isinstance(got, str) else 'read'}; libjpeg-turbo: "
                             f"{want if isinstance(want, str) else 'read'}")
            elif got.shape != want.shape or (got != want).any():
                apart.append(f"{name}: other pixels")
            else:
                equal += 1
    print(f"{len(files)} files: {equal} equal, {neither} read by neither, {len(apart)} apart")
    print("\n".join(apart))


main()

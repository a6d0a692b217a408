"""Times JPEG decoding by bytelens, zune-jpeg and libjpeg-turbo, in turns, on one thread.

    pip install numpy pillow simplejpeg
    python benches/peers/jpeg.py [FILE …]

Without files it makes some of the photographs in examples/photos: laid side by side to 24, 8 and 4 megapixels,
baseline and progressive. libjpeg-turbo is the one in simplejpeg, with its accurate transform and fancy
upsampling, as the others have them. All decode into memory that has been written before. The table gives the
least ms per megapixel of the full picture that the thread was at work, at each scale.
"""

import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import numpy
import simplejpeg
from PIL import Image

from shared import Program, built

PHOTOS = Path(__file__).parent.parent.parent / "examples" / "photos"
ROUNDS = 7
DIVISORS = (1, 2, 4, 8)


def mosaic(width, height):
    """A picture of photographs side by side, each 400 pixels high, every third one mirrored."""
    names = ["astronaut.jpg", "chelsea.png", "coffee.jpg", "hopper.jpg"]
    photos = [Image.open(PHOTOS / name).convert("RGB") for name in names]
    photos = [one.resize((one.width * 400 // one.height, 400), Image.LANCZOS) for one in photos]
    out, count = Image.new("RGB", (width, height)), 0
    for y in range(0, height, 400):
        x = 0
        while x < width:
            photo = photos[count % 4]
            count += 1
            out.paste(photo.transpose(Image.FLIP_LEFT_RIGHT) if count % 3 == 0 else photo, (x, y))
            x += photo.width
    return out


def made(folder):
    """Files of common kinds."""
    large = mosaic(6000, 4000)
    middle, small = large.crop((0, 0, 3456, 2304)), large.crop((0, 0, 2400, 1667))
    kinds = {
        "24 MP, 4:2:0, q90": (large, dict(quality=90, subsampling=2)),
        "24 MP, 4:2:2, q90": (large, dict(quality=90, subsampling=1)),
        "24 MP, 4:4:4, q95": (large, dict(quality=95, subsampling=0)),
        "4 MP, 4:2:0, q80": (small, dict(quality=80, subsampling=2)),
        "4 MP, grey, q85": (small.convert("L"), dict(quality=85)),
        "8 MP, 4:2:0, q85, progressive": (middle, dict(quality=85, subsampling=2, progressive=True)),
        "8 MP, 4:4:4, q97, progressive": (middle, dict(quality=97, subsampling=0, progressive=True)),
    }
    for name, (picture, options) in kinds.items():
        path = os.path.join(folder, name.replace(" ", "_").replace(":", "") + ".jpg")
        picture.save(path, **options)
        yield name, path


def peer(data, divisor, buffers):
    """The milliseconds that libjpeg-turbo is at work, and the size of what it made."""
    height, width, color, _ = simplejpeg.decode_jpeg_header(data)
    mode = "GRAY" if color == "Gray" else "RGB"
    height, width = -(-height // divisor), -(-width // divisor)
    size = height * width * (1 if mode == "GRAY" else 3)
    buffer = buffers.setdefault(size, numpy.ones(size, numpy.uint8))
    options = dict(min_height=height, min_width=width) if divisor > 1 else {}
    before = time.thread_time()
    made = simplejpeg.decode_jpeg(data, mode, False, False, min_factor=1, buffer=buffer, **options)
    return (time.thread_time() - before) * 1e3, made.shape[1], made.shape[0]


def main():
    program = Program(built("answer_jpeg", "codecs"))
    print(f"{platform.platform()}, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}")
    print(f"simplejpeg {simplejpeg.__version__}; ms/MP: bytelens, libjpeg-turbo, and their ratio")
    print(f"{'':32}{'bits/px':>8}  " + "".join(f"{'1/' + str(d):>21}" for d in DIVISORS) + f"{'zune-jpeg':>12}")
    with tempfile.TemporaryDirectory() as folder:
        files = [(Path(p).name, p) for p in sys.argv[1:]] or made(folder)
        for name, path in files:
            data, buffers = Path(path).read_bytes(), {}
            height, width, _, _ = simplejpeg.decode_jpeg_header(data)
            megapixels = height * width / 1e6
            least = {}
            for _ in range(ROUNDS):
                for divisor in DIVISORS:
                    answer = program.ask(f"bytelens {divisor} {path}").split()
                    theirs = peer(data, divisor, buffers)
                    assert tuple(map(int, answer[1:])) == theirs[1:], (answer, theirs)
                    for who, took in (("bytelens", float(answer[0])), ("turbo", theirs[0])):
                        key = who, divisor
                        least[key] = min(least.get(key, took), took / megapixels)
                took = float(program.ask(f"zune-jpeg 1 {path}").split()[0]) / megapixels
                least["zune"] = min(least.get("zune", took), took)
            cells = []
            for divisor in DIVISORS:
                ours, theirs = least["bytelens", divisor], least["turbo", divisor]
                cells.append(f"{ours:7.2f}{theirs:7.2f} {ours / theirs:5.2f}×")
            bits = 8 * len(data) / height / width
            print(f"{name:32}{bits:8.1f}  " + "".join(f"{cell:>21}" for cell in cells) + f"{least['zune']:12.2f}")


main()

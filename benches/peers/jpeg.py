"""Times JPEG decoding by bytelens, zune-jpeg and libjpeg-turbo, and encoding by bytelens, jpeg-encoder and
libjpeg-turbo, in turns, on one thread.

    pip install numpy pillow simplejpeg
    python benches/peers/jpeg.py [decode | encode] [FILE …]

Without files it makes some of the photographs in examples/photos: laid side by side to 24, 8 and 4 megapixels,
baseline and progressive. libjpeg-turbo is the one in simplejpeg, with its accurate transform and fancy
upsampling, as the others have them. All decode into memory that has been written before. The table gives the
least ms per megapixel of the full picture that the thread was at work, at each scale.

Encoding takes the pictures of the files. There are two of libjpeg-turbo: the one in simplejpeg, which writes plain files
alone, and that with its fast transform; and where a C compiler and its header are there, the system's (libjpeg.c), with
the accurate transform, whose files must be as long as ours to the byte. All write into memory that has been
written before.
"""

import os
import platform
import shutil
import subprocess
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


def decode(program, files):
    print("decoding; ms/MP: bytelens, libjpeg-turbo of simplejpeg, and their ratio")
    print(f"{'':32}{'bits/px':>8}  " + "".join(f"{'1/' + str(d):>21}" for d in DIVISORS) + f"{'zune-jpeg':>12}")
    for name, path in files:
        data, buffers = Path(path).read_bytes(), {}
        height, width, _, _ = simplejpeg.decode_jpeg_header(data)
        megapixels = height * width / 1e6
        least = {}
        for _ in range(ROUNDS):
            for divisor in DIVISORS:
                answer = program.ask(f"decode bytelens {divisor} {path}").split()
                theirs = peer(data, divisor, buffers)
                assert tuple(map(int, answer[1:])) == theirs[1:], (answer, theirs)
                for who, took in (("bytelens", float(answer[0])), ("turbo", theirs[0])):
                    key = who, divisor
                    least[key] = min(least.get(key, took), took / megapixels)
            took = float(program.ask(f"decode zune-jpeg 1 {path}").split()[0]) / megapixels
            least["zune"] = min(least.get("zune", took), took)
        cells = []
        for divisor in DIVISORS:
            ours, theirs = least["bytelens", divisor], least["turbo", divisor]
            cells.append(f"{ours:7.2f}{theirs:7.2f} {ours / theirs:5.2f}×")
        bits = 8 * len(data) / height / width
        print(f"{name:32}{bits:8.1f}  " + "".join(f"{cell:>21}" for cell in cells) + f"{least['zune']:12.2f}")


ENCODINGS = [
    (quality, subsampling, kind)
    for quality, subsampling in ((80, "4:2:0"), (90, "4:2:0"), (85, "4:2:2"), (95, "4:4:4"))
    for kind in ("plain", "optimize", "progressive")
]


def system_libjpeg(folder):
    """A program that encodes with the system's libjpeg, if it can be built."""
    path, source = os.path.join(folder, "libjpeg"), Path(__file__).parent / "libjpeg.c"
    command = ["cc", "-O2", "-o", path, source, "-ljpeg"]
    if shutil.which("cc") and subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0:
        return Program(path)
    return None


def simple(picture, quality, subsampling):
    """The milliseconds that the libjpeg-turbo of simplejpeg is at work."""
    gray = picture.ndim == 2
    samples = picture[..., None] if gray else picture
    names = ("GRAY", "Gray") if gray else ("RGB", subsampling.replace(":", ""))
    before = time.thread_time()
    simplejpeg.encode_jpeg(samples, quality, *names, fastdct=False)
    return (time.thread_time() - before) * 1e3


def encode(program, files, folder):
    system = system_libjpeg(folder)
    print("encoding; ms/MP: bytelens, the system's libjpeg and the ratio, simplejpeg and the ratio, jpeg-encoder")
    for name, path in files:
        picture = Image.open(path)
        picture = numpy.ascontiguousarray(picture if picture.mode == "L" else picture.convert("RGB"))
        height, width = picture.shape[:2]
        raw, channels = os.path.join(folder, "raw"), 1 if picture.ndim == 2 else 3
        raw = f"{raw}{os.path.getmtime(path)}{len(name)}"
        picture.tofile(raw)
        for quality, subsampling, kind in ENCODINGS:
            if channels == 1 and subsampling != "4:2:0":
                continue
            what = f"{quality} {subsampling} {kind} {width} {height} {channels} {raw} -"
            least = {}

            def note(who, milliseconds):
                took = float(milliseconds) * 1e6 / height / width
                least[who] = min(least.get(who, took), took)

            for _ in range(ROUNDS):
                took, size = program.ask(f"encode bytelens {what}").split()
                note("ours", took)
                note("crate", program.ask(f"encode jpeg-encoder {what}").split()[0])
                if system:
                    took, theirs = system.ask(f"encode libjpeg {what}").split()
                    assert size == theirs, f"{what}: {size} bytes, libjpeg-turbo's are {theirs}"
                    note("system", took)
                if kind == "plain":
                    note("simple", simple(picture, quality, subsampling))
            cell = lambda who: f"{least[who]:8.2f} {least['ours'] / least[who]:5.2f}×" if who in least else " " * 15
            label = f"{name}: {subsampling if channels == 3 else 'grey'} q{quality} {kind}"
            print(f"{label:48}{least['ours']:8.2f}{cell('system')}{cell('simple')}{least['crate']:8.2f}", flush=True)
        os.unlink(raw)


def main():
    program = Program(built("answer_jpeg", "codecs"))
    print(f"{platform.platform()}, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}")
    print(f"simplejpeg {simplejpeg.__version__}")
    wanted = [one for one in sys.argv[1:] if one in ("decode", "encode")] or ["decode", "encode"]
    paths = [one for one in sys.argv[1:] if one not in ("decode", "encode")]
    with tempfile.TemporaryDirectory() as folder:
        files = [(Path(p).name, p) for p in paths] or list(made(folder))
        if "decode" in wanted:
            decode(program, files)
        if "encode" in wanted:
            names = {0: "24 MP", 3: "4 MP", 4: "4 MP"}
            pictures = files if paths else [(name, files[at][1]) for at, name in names.items()]
            encode(program, pictures, folder)


main()

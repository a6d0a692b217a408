"""Times folders of photographs going through bytelens, pyvips, Pillow, OpenCV, sharp, ffmpeg and ImageMagick, each as
its expert would run it, on all cores.

    pip install numpy pillow opencv-python-headless pyvips[binary]
    npm install sharp                      (NODE_PATH names its folder; left out where it is not)
    apt-get install ffmpeg imagemagick     (left out where they are not)
    python benches/peers/batch.py BYTELENS [PHOTOS]

BYTELENS is the command, built in release. PHOTOS is a folder; where it is empty or missing, it is filled with
photographs of two Debian packages, by apt-get, which are not part of this repository: mate-backgrounds (nature/*.jpg,
GPL-2+) and plasma-workspace-wallpapers (those of 2560x1600, GPL-2+). Each photograph is there twice, under two names.

A row is the median of three runs of a whole program, its start with it: wall time, CPU time of all its threads and
processes, the most memory that they held together (looked at every 5 ms), bytes written. PSNR, the mean and the least,
is against each photograph decoded by Pillow, brought to size by Lanczos in linear light in float64, and stored as 8
bits; it is measured on outputs written as PNG, so that it is about the pixels and not about JPEG.
"""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pool
from pathlib import Path

HERE = Path(__file__).resolve()
CORES = os.cpu_count()
PACKAGES = ["mate-backgrounds", "plasma-workspace-wallpapers"]
PHOTOGRAPHS = ["mate/nature/*.jpg", "wallpapers/*/contents/images/2560x1600.jpg"]
ROUNDS = 3
# Each job: its longer side, and what is written.
JOBS = {
    "thumb 512": (512, "jpg"),
    "resize 2048": (2048, "jpg"),
    "chain 1600": (1600, "jpg"),
    "PNG 1024": (1024, "png"),
    "WebP 1024, lossless": (1024, "webp"),
}
LOGO = "logo.png"


# --- the peers: each does all files of a folder ---------------------------------------------------


def vips(files, out, side, ending, linear):
    os.environ["VIPS_CONCURRENCY"] = "1"
    import pyvips

    logo = pyvips.Image.new_from_file(str(out.parent / LOGO))

    def one(file, chain):
        image = pyvips.Image.thumbnail(str(file), side, height=side, size="down", linear=linear)
        if chain:
            image = image.gaussblur(2).colourspace("lch")
            image = (image * [1, 1.2, 1]).copy(interpretation="lch").colourspace("srgb").sharpen()
            at = dict(x=image.width - logo.width, y=image.height - logo.height)
            image = image.composite2(logo, "over", **at).flatten()
        options = {"jpg": dict(Q=80), "png": {}, "webp": dict(lossless=True)}[ending]
        image.write_to_file(str(out / (file.stem + "." + ending)), **options)

    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(lambda file: one(file, side == 1600), files))


def pillow_one(job):
    from PIL import Image, ImageEnhance, ImageFilter, ImageOps

    file, out, side, ending = job
    image = Image.open(file)
    image.draft("RGB", (2 * side, 2 * side))
    image = ImageOps.exif_transpose(image)
    image.thumbnail((side, side), Image.LANCZOS, reducing_gap=2.0)
    if side == 1600:
        image = image.filter(ImageFilter.GaussianBlur(2))
        image = ImageEnhance.Color(image).enhance(1.2).filter(ImageFilter.UnsharpMask(1, 100, 0))
        logo = Image.open(out.parent / LOGO)
        image.paste(logo, (image.width - logo.width, image.height - logo.height), logo)
    options = {"jpg": dict(quality=80), "png": {}, "webp": dict(lossless=True)}[ending]
    image.save(out / (file.stem + "." + ending), **options)


def pillow(files, out, side, ending):
    with Pool(CORES) as pool:
        pool.map(pillow_one, [(file, out, side, ending) for file in files], chunksize=1)


def opencv(files, out, side, ending):
    import cv2
    import numpy

    cv2.setNumThreads(1)
    logo = cv2.imread(str(out.parent / LOGO), cv2.IMREAD_UNCHANGED)
    kinds = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}

    def one(file):
        from PIL import Image

        longer = max(Image.open(file).size)
        by = max(by for by in kinds if by == 1 or longer // by >= 2 * side)
        image = cv2.imread(str(file), kinds[by])
        scale = min(1, side / max(image.shape[:2]))
        if scale < 1:
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if side == 1600:
            image = cv2.GaussianBlur(image, (0, 0), 2)
            hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
            hsv[..., 1] = cv2.multiply(hsv[..., 1], 1.2)
            image = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)
            image = cv2.addWeighted(image, 2, cv2.GaussianBlur(image, (0, 0), 1), -1, 0)
            part = image[-logo.shape[0] :, -logo.shape[1] :]
            alpha = logo[..., 3:].astype(numpy.float32) / 255
            part[:] = part + (logo[..., :3] - part.astype(numpy.float32)) * alpha
        lossless = [cv2.IMWRITE_WEBP_QUALITY, 101]
        options = {"jpg": [cv2.IMWRITE_JPEG_QUALITY, 80], "png": [], "webp": lossless}[ending]
        cv2.imwrite(str(out / (file.stem + "." + ending)), image, options)

    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(one, files))


SHARP = """
const sharp = require('sharp'), path = require('path'), fs = require('fs');
const [folder, out, side, ending, cores] = process.argv.slice(1);
sharp.concurrency(1); sharp.cache(false);
const files = fs.readdirSync(folder).sort();
const logo = path.join(path.dirname(out), 'logo.png');
async function one(file) {
  let image = sharp(path.join(folder, file)).rotate()
    .resize(+side, +side, {fit: 'inside', withoutEnlargement: true});
  if (side == 1600) image = image.blur(2).modulate({saturation: 1.2}).sharpen()
    .composite([{input: logo, gravity: 'southeast'}]);
  if (ending == 'jpg') image = image.jpeg({quality: 80});
  if (ending == 'png') image = image.png();
  if (ending == 'webp') image = image.webp({lossless: true});
  await image.toFile(path.join(out, path.parse(file).name + '.' + ending));
}
(async () => {
  await Promise.all(Array.from({length: +cores}, async () => {
    for (let file; (file = files.pop());) await one(file);
  }));
})();
"""


def ffmpeg(file, out, side, ending):
    """The command for one file, on one thread."""
    chain = f"scale='min(iw,{side})':'min(ih,{side})':force_original_aspect_ratio=decrease:flags=lanczos"
    logo = []
    if side == 1600:
        chain = f"[0]{chain},gblur=sigma=2,hue=s=1.2,unsharp[a];[a][1]overlay=W-w:H-h"
        logo = ["-i", out.parent / LOGO]
    options = {"jpg": ["-q:v", "4"], "png": [], "webp": ["-c:v", "libwebp", "-lossless", "1"]}[ending]
    to = out / f"{file.stem}.{ending}"
    quiet = ["-v", "error", "-nostdin", "-threads", "1", "-filter_complex_threads", "1"]
    return ["ffmpeg", *quiet, "-i", file, *logo, "-filter_complex", chain, *options, "-threads", "1", to]


def imagemagick(file, out, side, ending):
    """The command for one file, on one thread."""
    command = ["/usr/bin/convert", "-limit", "thread", "1", "-define", f"jpeg:size={2 * side}x{2 * side}", file]
    command += ["-auto-orient", "-filter", "Lanczos", "-resize", f"{side}x{side}>"]
    if side == 1600:
        command += ["-blur", "0x2", "-modulate", "100,120", "-unsharp", "0x1", out.parent / LOGO]
        command += ["-gravity", "southeast", "-composite"]
    options = {"jpg": ["-quality", "80"], "png": [], "webp": ["-define", "webp:lossless=true"]}[ending]
    return [*command, *options, out / f"{file.stem}.{ending}"]


def programs(files, out, side, ending, command):
    """Runs a program for each file, as many at a time as there are cores."""
    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(lambda file: subprocess.run(command(file, out, side, ending), check=True), files))


def worker(name, folder, out, side, ending):
    """What a process of a peer does."""
    files, out, side = sorted(Path(folder).iterdir()), Path(out), int(side)
    if name.startswith("pyvips"):
        vips(files, out, side, ending, name.endswith("linear"))
    elif name in ("ffmpeg", "ImageMagick"):
        programs(files, out, side, ending, {"ffmpeg": ffmpeg, "ImageMagick": imagemagick}[name])
    else:
        {"Pillow": pillow, "OpenCV": opencv}[name](files, out, side, ending)


# --- measuring ------------------------------------------------------------------------------------


def held(process):
    """The memory that a process and those below it hold, in bytes; pages that they share count for each its part."""
    total, todo = 0, [process]
    while todo:
        number = todo.pop()
        try:
            for task in Path(f"/proc/{number}/task").iterdir():
                todo += (task / "children").read_text().split()
            for line in Path(f"/proc/{number}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        except OSError:
            pass
    return total


def run(command):
    """Wall and CPU seconds and the most bytes held by a command."""
    before, started = os.times(), time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    most, ended = [0], threading.Event()

    def look():
        while not ended.wait(0.005):
            most[0] = max(most[0], held(process.pid))

    thread = threading.Thread(target=look)
    thread.start()
    told = process.communicate()[1]
    wall = time.perf_counter() - started
    ended.set()
    thread.join()
    if process.returncode:
        sys.exit(f"{command[:3]}: {told.decode()}")
    after = os.times()
    cpu = after.children_user - before.children_user
    return wall, cpu + after.children_system - before.children_system, most[0]


def commands(program, folder, out, side, ending, ways):
    """The commands of all tools for a job."""
    chain = f"resize {side}x{side}"
    if side == 1600:
        logo = out.parent / LOGO
        chain += f" | blur 2 | saturation 1.2 | sharpen | overlay @{logo} gravity=southeast"
    kinds = {"jpg": ["--format", "jpeg"], "png": ["--format", "png"], "webp": ["--format", "webp"]}
    own = [program, "batch", folder, "--out", out, "--device", "cpu", "--do", chain, "-q"]
    own += kinds[ending]
    all_ways = {
        "bytelens": own,
        "bytelens --reduced": [*own, "--reduced"],
        "pyvips": None,
        "pyvips linear": None,
        "Pillow": None,
        "OpenCV": None,
        "ffmpeg": None,
        "ImageMagick": None,
    }
    for name, command in all_ways.items():
        if name in ways:
            peer = [sys.executable, HERE, "--worker", name, folder, out, str(side), ending]
            yield name, command or peer
    if "sharp" in ways:
        yield "sharp", ["node", "-e", SHARP, "--", folder, out, str(side), ending, str(CORES)]


def photographs(folder):
    """Fills a folder with photographs of Debian packages."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        return
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["apt-get", "download", *PACKAGES], cwd=scratch, check=True)
        for package in Path(scratch).glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", package, scratch], check=True)
        for pattern in PHOTOGRAPHS:
            for photo in sorted(Path(scratch).glob(f"usr/share/**/{pattern}")):
                if photo.is_symlink() or photo.stat().st_size < 1000:
                    continue
                name = photo.stem if "nature" in pattern else photo.parts[-4]
                for copy in "ab":
                    shutil.copy(photo, folder / f"{name}-{copy}.jpg")


def reference(file, side):
    """A photograph brought to size in linear light, in float64."""
    import numpy
    from PIL import Image

    codes = numpy.asarray(Image.open(file).convert("RGB"), numpy.float64) / 255
    light = numpy.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    height, width = light.shape[:2]
    scale = min(1, side / max(height, width))
    size = [max(1, round(length * scale)) for length in (height, width)]
    for axis, length in enumerate(size):
        light = numpy.moveaxis(lanczos(numpy.moveaxis(light, axis, 0), length), 0, axis)
    light = light.clip(0, 1)
    codes = numpy.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return numpy.rint(codes * 255)


def lanczos(rows, length):
    """Resamples the first axis by Lanczos of three lobes, widened where it shrinks."""
    import numpy

    scale = len(rows) / length
    if scale == 1:
        return rows
    wide = max(scale, 1)
    places = (numpy.arange(length) + 0.5) * scale - 0.5
    reach = int(numpy.ceil(3 * wide))
    out = numpy.zeros((length, *rows.shape[1:]))
    sums = numpy.zeros(length)
    first = numpy.floor(places).astype(int)
    for step in range(-reach, reach + 2):
        at = (first + step - places) / wide
        weight = numpy.where(numpy.abs(at) < 3, numpy.sinc(at) * numpy.sinc(at / 3), 0)
        inside = first + step
        weight = numpy.where((inside < 0) | (inside >= len(rows)), 0, weight)
        out += weight.reshape(-1, *[1] * (rows.ndim - 1)) * rows[inside.clip(0, len(rows) - 1)]
        sums += weight
    return out / sums.reshape(-1, *[1] * (rows.ndim - 1))


def psnr(out, references):
    """The mean over the photographs and the least, in dB, of those of the right size."""
    import numpy
    from PIL import Image

    values = []
    for stem, want in references.items():
        got = numpy.asarray(Image.open(out / f"{stem}.png").convert("RGB"), numpy.float64)
        if got.shape == want.shape:
            values.append(10 * numpy.log10(255**2 / max(((got - want) ** 2).mean(), 1e-9)))
    return (statistics.mean(values), min(values)) if values else (float("nan"),) * 2


def versions(ways):
    told = []
    for name, module in [("pyvips", "pyvips"), ("Pillow", "PIL"), ("OpenCV", "cv2")]:
        if name in ways:
            loaded = __import__(module)
            version = loaded.__version__
            if name == "pyvips":
                parts = [str(loaded.version(part)) for part in range(3)]
                version += " with libvips " + ".".join(parts)
            told.append(f"{name} {version}")
    if "sharp" in ways:
        text = "const s = require('sharp').versions; console.log(s.sharp + ' with libvips ' + s.vips)"
        told.append("sharp " + subprocess.check_output(["node", "-e", text], text=True).strip())
    for name, command in [("ffmpeg", "ffmpeg"), ("ImageMagick", "/usr/bin/convert")]:
        if name in ways:
            first = subprocess.check_output([command, "-version"], text=True).split()
            told.append(f"{name} {first[2]}")
    return ", ".join(told)


def main(program, photos):
    from PIL import Image, ImageDraw

    photographs(photos)
    files = sorted(photos.iterdir())
    ways = ["bytelens", "bytelens --reduced"]
    for name, test in [
        ("pyvips", [sys.executable, "-c", "import pyvips"]),
        ("Pillow", [sys.executable, "-c", "import PIL"]),
        ("OpenCV", [sys.executable, "-c", "import cv2"]),
        ("sharp", ["node", "-e", "require('sharp')"]),
        ("ffmpeg", ["ffmpeg", "-version"]),
        ("ImageMagick", ["/usr/bin/convert", "-version"]),
    ]:
        if shutil.which(test[0]) and not subprocess.run(test, capture_output=True).returncode:
            ways += [name, "pyvips linear"] if name == "pyvips" else [name]
    pixels = sum(width * height for width, height in (Image.open(one).size for one in files))
    load = os.getloadavg()[0]
    print(f"{time.strftime('%Y-%m-%d')}, {platform.machine()} {platform.system()}, {CORES} cores, load {load:.2f}")
    version = subprocess.check_output([program, "--version"], text=True).strip()
    print(f"{version}, {versions(ways)}")
    print(f"{len(files)} photographs, {pixels / 1e6:.0f} MP; the median of {ROUNDS} runs\n")
    print(f"{'':22}{'':20}{'wall s':>8}{'CPU s':>8}{'peak MB':>9}{'MB out':>8}{'PSNR dB':>9}{'least':>7}")
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        logo = Image.new("RGBA", (200, 80))
        ImageDraw.Draw(logo).ellipse((4, 4, 196, 76), (255, 255, 255, 128))
        logo.save(scratch / LOGO)
        for job, (side, ending) in JOBS.items():
            rows = {}
            quality = {}
            # In turns, so that what else the machine does falls on all.
            for _ in range(ROUNDS):
                out = scratch / "out"
                for name, command in commands(program, photos, out, side, ending, ways):
                    shutil.rmtree(out, ignore_errors=True)
                    out.mkdir()
                    rows.setdefault(name, []).append(run(command) + (size_of(out),))
                    if len(list(out.iterdir())) != len(files):
                        sys.exit(f"{name} did not write {len(files)} files")
            if job in ("thumb 512", "resize 2048"):
                some = files[:: max(1, len(files) // 6)]
                few = scratch / "few"
                few.mkdir(exist_ok=True)
                [shutil.copy(file, few) for file in some]
                references = {file.stem: reference(file, side) for file in some}
                for name, command in commands(program, few, out, side, "png", ways):
                    shutil.rmtree(out, ignore_errors=True)
                    out.mkdir()
                    run(command)
                    quality[name] = psnr(out, references)
                shutil.rmtree(few)
            for name, runs in rows.items():
                wall, cpu, most, size = (statistics.median(column) for column in zip(*runs))
                told = "{:9.1f}{:7.1f}".format(*quality[name]) if name in quality else ""
                print(f"{job:22}{name:20}{wall:8.2f}{cpu:8.2f}{most / 1e6:9.0f}{size / 1e6:8.2f}{told}")
            print(flush=True)


def size_of(folder):
    return sum(file.stat().st_size for file in folder.iterdir())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(*sys.argv[2:])
    elif len(sys.argv) in (2, 3):
        given = Path(sys.argv[2]) if len(sys.argv) == 3 else HERE.parents[2] / "target" / "photographs"
        main(Path(sys.argv[1]).resolve(), given.resolve())
    else:
        sys.exit(__doc__)

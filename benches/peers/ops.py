"""Times the same work by bytelens, Pillow, OpenCV and libvips, in turns, on as many threads.

    pip install numpy pillow opencv-python-headless 'pyvips[binary]'
    python benches/peers/ops.py --threads 1

In each round every tool does the work once, so that whatever else the machine does falls on all of
them alike. The table gives the median in ms per megapixel of input and, in brackets, the least and
the most. A tool that is not installed is left out; one that does something else by that name has a
note. See README.md in this folder.
"""

import argparse
import base64
import os
import platform
import statistics
import tempfile
import time

from shared import Program, built, optional

WIDTH, HEIGHT = 6000, 4000


def gamma_table(exponent):
    """Returns the 256 codes of a power curve."""
    return [round(255 * (code / 255) ** exponent) for code in range(256)]


# What the chain lays over the picture: width, height, and its distance from the lower right corner.
MARK_WIDTH, MARK_HEIGHT, MARK_OFFSET = 320, 80, 24
MARK = bytes(at % 251 for at in range(MARK_WIDTH * MARK_HEIGHT * 3))
# Rows of a matrix that moves colours by 1.2 away from their luminance (BT.709).
SATURATION = [[1.2 * (i == j) - 0.2 * (0.2126, 0.7152, 0.0722)[j] for j in range(3)] for i in range(3)]


def chain(light):
    """Returns the pipeline that makes a picture for the web: smaller, soft, vivid, sharp, with a mark."""
    mark = base64.urlsafe_b64encode(MARK).decode().rstrip("=")
    overlay = f"overlay rgb8:{MARK_WIDTH}x{MARK_HEIGHT}:{mark}"
    place = f"gravity=southeast offset={MARK_OFFSET},{MARK_OFFSET} opacity=0.5"
    return " | ".join([
        f"resize 1600x {light}", f"blur 2 {light}", f"saturation 1.2 {light}", f"sharpen 1 {light}",
        f"{overlay} {place} {light}",
    ])


def opencv_chain(cv2, numpy, array, size):
    """The chain as OpenCV's own functions have it, 8 bits between them."""
    mark = numpy.frombuffer(MARK, numpy.uint8).reshape(MARK_HEIGHT, MARK_WIDTH, 3)
    matrix = numpy.array(SATURATION, numpy.float32)

    def run():
        image = cv2.resize(array, size, interpolation=cv2.INTER_AREA)
        image = cv2.GaussianBlur(image, (0, 0), 2)
        image = cv2.transform(image, matrix)
        image = cv2.addWeighted(image, 2, cv2.GaussianBlur(image, (0, 0), 1), -1, 0)
        rows = slice(-MARK_OFFSET - MARK_HEIGHT, -MARK_OFFSET)
        part = image[rows, -MARK_OFFSET - MARK_WIDTH : -MARK_OFFSET]
        part[:] = cv2.addWeighted(part, 0.5, mark, 0.5, 0)
        return image

    return run


def vips_chain(vips, source, size, light):
    """The chain as libvips has it; in light, if asked to, with floats between."""
    mark = vips.Image.new_from_memory(MARK, MARK_WIDTH, MARK_HEIGHT, 3, "uchar")
    mark = mark.copy(interpretation="srgb")
    mark = (mark.colourspace("scrgb") if light == "linear" else mark).bandjoin(128 if light == "srgb" else 0.5)
    place = [side - MARK_OFFSET - mark_side for side, mark_side in zip(size, (MARK_WIDTH, MARK_HEIGHT))]

    def run():
        image = source.colourspace("scrgb") if light == "linear" else source
        image = image.resize(1600 / WIDTH)
        image = image.gaussblur(2, precision="float" if light == "linear" else "integer")
        image = image.recomb(SATURATION)
        image = image * 2 - image.gaussblur(1, precision="float")
        if light == "srgb":
            image = image.cast("uchar").copy(interpretation="srgb")
            return image.composite2(mark, "over", x=place[0], y=place[1])[0:3].write_to_memory()
        part = image.crop(*place, MARK_WIDTH, MARK_HEIGHT)
        image = image.insert((part + mark[0:3]) * 0.5, *place)
        return image.copy(interpretation="scrgb").colourspace("srgb").write_to_memory()

    return run


def works(pixels, threads):
    """Returns the table of works: pipeline, then tools with their functions and notes."""
    numpy, pillow, cv2, vips = map(optional, ["numpy", "PIL.Image", "cv2", "pyvips"])
    tables = {
        "resize 1600x": {},
        "resize 1600x light=srgb": {},
        "blur 2": {},
        "blur 2 light=srgb": {},
        "blur 20 light=srgb": {},
        "blur 200 light=srgb": {},
        "grayscale weights=rec601 light=srgb": {},
        "invert": {},
        "gamma 2.2": {},
        chain("light=srgb"): {},
        chain("light=linear"): {},
        # One op on points, and twelve: what is between them is arithmetic alone.
        "contrast 1.1": {},
        " | ".join(f"contrast 1.{at:02}" for at in range(1, 13)): {},
        "contrast 1.1 | gamma 1.1 | levels 0.02 0.98 | curve 0:0,0.5:0.55,1:1 | brightness 1.05 | "
        "posterize 64 | exposure 0.1 | invert | contrast 0.9 | gamma 0.9 | brightness 0.9 | invert": {},
        "saturation 1.2 light=srgb": {},
        "contrast 1.1 | saturation 1.2 light=srgb | matrix sepia light=srgb | contrast 0.9 | invert | "
        "tint #ffeedd 0.1 light=srgb | contrast 1.05 | saturation 0.9 light=srgb | invert | "
        "brightness 1.1 light=srgb | contrast 0.95 | gamma 1.1": {},
        "hue 10": {},
        "contrast 1.1 | brightness 1.1 | saturation 1.2 | gamma 1.1 | exposure 0.1 | hue 10 | "
        "levels 0.02 0.98 | curve 0:0,0.5:0.55,1:1 | vibrance 0.2 | temperature 6000 | tint #ffeedd 0.1 | "
        "invert": {},
    }
    keys = list(tables)
    versions = []
    if pillow:
        versions.append(f"Pillow {pillow.__version__} (1 thread always)")
        import PIL.ImageFilter
        import PIL.ImageOps

        image = pillow.frombytes("RGB", (WIDTH, HEIGHT), pixels)
        blur = PIL.ImageFilter.GaussianBlur
        curve = gamma_table(1 / 2.2) * 3
        size = (1600, round(1600 * HEIGHT / WIDTH))
        tables[keys[1]]["Pillow"] = lambda: image.resize(size, pillow.Resampling.LANCZOS)
        for key, sigma in zip(keys[3:6], (2, 20, 200)):
            tables[key]["Pillow (3 boxes)"] = lambda sigma=sigma: image.filter(blur(sigma))
        tables[keys[6]]["Pillow"] = lambda: image.convert("L")
        tables[keys[7]]["Pillow"] = lambda: PIL.ImageOps.invert(image)
        tables[keys[8]]["Pillow"] = lambda: image.point(curve)
    if cv2 and numpy:
        versions.append(f"OpenCV {cv2.__version__}")
        cv2.setNumThreads(threads)
        array = numpy.frombuffer(pixels, numpy.uint8).reshape(HEIGHT, WIDTH, 3)
        table = numpy.array(gamma_table(1 / 2.2), numpy.uint8)
        size = (1600, round(1600 * HEIGHT / WIDTH))
        tables[keys[1]]["OpenCV (area)"] = lambda: cv2.resize(
            array, size, interpolation=cv2.INTER_AREA
        )
        for key, sigma in zip(keys[3:5], (2, 20)):
            tables[key]["OpenCV"] = lambda sigma=sigma: cv2.GaussianBlur(array, (0, 0), sigma)
        tables[keys[6]]["OpenCV"] = lambda: cv2.cvtColor(array, cv2.COLOR_RGB2GRAY)
        tables[keys[7]]["OpenCV"] = lambda: cv2.bitwise_not(array)
        tables[keys[8]]["OpenCV (table)"] = lambda: cv2.LUT(array, table)
        tables[keys[9]]["OpenCV"] = opencv_chain(cv2, numpy, array, size)
    if vips:
        version = ".".join(str(vips.version(part)) for part in range(3))
        versions.append(f"libvips {version}")
        vips.cache_set_max(0)
        source = vips.Image.new_from_memory(pixels, WIDTH, HEIGHT, 3, "uchar")
        source = source.copy(interpretation="srgb")
        linear = lambda: source.colourspace("scrgb")
        encoded = lambda image: image.colourspace("srgb").write_to_memory()
        scale = 1600 / WIDTH
        tables[keys[0]]["libvips"] = lambda: encoded(linear().resize(scale))
        tables[keys[1]]["libvips"] = lambda: source.resize(scale).write_to_memory()
        tables[keys[2]]["libvips"] = lambda: encoded(linear().gaussblur(2, precision="float"))
        for key, sigma in zip(keys[3:5], (2, 20)):
            tables[key]["libvips"] = lambda sigma=sigma: source.gaussblur(sigma).write_to_memory()
        tables[keys[6]]["libvips"] = lambda: source.colourspace("b-w").write_to_memory()
        tables[keys[7]]["libvips"] = lambda: source.invert().write_to_memory()
        tables[keys[8]]["libvips"] = lambda: source.gamma(exponent=2.2).write_to_memory()
        size = (1600, round(1600 * HEIGHT / WIDTH))
        for key, light in zip(keys[9:11], ("srgb", "linear")):
            tables[key]["libvips"] = vips_chain(vips, source, size, light)
    return tables, versions


def milliseconds(function):
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1e3


def picture():
    """Makes soft ramps under noise: no run of equal pixels, nothing clipped."""
    count = WIDTH * HEIGHT * 3
    noise = os.urandom(count)
    ramp = bytes(at % 200 for at in range(4096))
    add = [bytes(base + code // 6 for code in range(256)) for base in range(200)]
    rows = (
        noise[at : at + 1000].translate(add[ramp[at // 1000 % 4000 % 4096]])
        for at in range(0, count, 1000)
    )
    return b"".join(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=1, help="of every tool (default 1)")
    parser.add_argument("--only", default="", help="works whose pipeline has this text alone")
    parser.add_argument("--rounds", type=int, default=7, help="how often each works (default 7)")
    options = parser.parse_args()
    os.environ["VIPS_CONCURRENCY"] = str(options.threads)
    pixels = picture()
    with tempfile.NamedTemporaryFile(suffix=".rgb") as file:
        file.write(pixels)
        file.flush()
        size = (str(WIDTH), str(HEIGHT))
        bytelens = Program(built("answer", ""), file.name, *size, str(options.threads))
        tables, versions = works(pixels, options.threads)
        print(f"{platform.platform()}, {options.threads} threads, {options.rounds} rounds")
        print(f"{WIDTH}x{HEIGHT} RGB8; {', '.join(versions)}\n")
        for pipeline, peers in tables.items():
            if options.only not in pipeline:
                continue
            times = {name: [] for name in ["bytelens", *peers]}
            for _ in range(options.rounds):
                times["bytelens"].append(float(bytelens.ask(pipeline)))
                for name, function in peers.items():
                    times[name].append(milliseconds(function))
            report(pipeline, times)


def report(pipeline, times):
    """Prints a work's medians and spreads, and how bytelens stands to each peer."""
    megapixels = WIDTH * HEIGHT / 1e6
    print(" | ".join(op if len(op) < 60 else op[:18] + "…" + op[-60:] for op in pipeline.split(" | ")))
    ours = statistics.median(times["bytelens"])
    for name, values in times.items():
        low, middle, high = (
            value / megapixels for value in (min(values), statistics.median(values), max(values))
        )
        ratio = statistics.median(values) / ours
        print(f"  {name:18} {middle:7.2f} ms/MP  [{low:.2f}..{high:.2f}]  x{ratio:.2f}")
    print(flush=True)


if __name__ == "__main__":
    main()

"""The cases of tests/data/ops: pipelines, the sources they are for, and the right answers in float64.

The answers are those of tones.py, spaces.py, places.py, layers.py and letters.py; nothing of bytelens is in them. Pictures are float64 arrays
[height, width, channels] of sRGB-encoded numbers that reach beyond 0..1, as those of float files do; an even
number of channels means that the last one is straight alpha.
"""

import hashlib
import io

import numpy as np

import layers
import letters
from places import (
    WARP_REACH, bilateral, box, convolve, denoise, extend, four_points, mapped, median, morphology,
    sharpen, sobel, turned,
)
from reference import SCIPY_MODES
from spaces import SPACES, converted
from tones import (
    LUMINANCE, affine, clahe, counting, cube, curve, curves, duotone, equalize, flatten, hue, in_light,
    levels, noise, normalize, opacity, otsu, premultiplied, profile, saturation, temperature, tint,
    vibrance, vignette,
)

CURVE = "0:0,0.25:0.15,0.5:0.6,0.75:0.7,1:1"
WIGGLE = "0.1:0.3,0.2:0.3,0.3:0.1,0.4:0.5,0.5:0.5,0.6:0.9,0.8:0.2,1:1.2"
CROSS = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
LOPSIDED = [[1, 2, 1, 0, 3], [0.5, -3, 1, 1, 0], [2, 0, 1, 4, 1]]
LUT_1D = "1d:0,0,0:1,1,1:0,0,0.1/0.2,0.6,0.4/1,0.9,0.7"
LUT_2 = "3d:-0.5,0,0:1.5,1,2:0,0.1,0/1,0.2,0.1/0,0.8,0.3/0.9,1,0/0.1,0,1/1,0,0.7/0.2,0.9,1/1,0.8,1"
LUT_3 = "3d:0,0,0:1,1,1:" + "/".join(
    f"{r:.3g},{g:.3g},{b:.3g}" for r, g, b in np.random.default_rng(3).uniform(0, 1, (27, 3))
)
TENT = [[1, 2, 1], [2, 4, 2], [1, 2, 1]]


def points(text):
    return [[float(n) for n in point.split(":")] for point in text.split(",")]


def kernel(rows):
    return "/".join(",".join(f"{n:g}" for n in row) for row in rows)


def stored(most):
    """In codes, as parts of the whole: multiplied in single precision, in which pictures are stored."""

    def change(image):
        return np.rint(np.clip(image, 0, 1).astype(np.float32) * np.float32(most)).astype(float) / most

    return change


def cases():
    """Rows of a pipeline's text, the sources it is for, and the right answer."""
    colors = ("rgb", "rgba")
    all_of_them = ("gray", "rgb", "rgba")

    def on(light, change):
        return lambda image: in_light(light, image, change)

    def mixed(light, change):
        return lambda image: premultiplied(light, image, change)

    yield "exposure 1.5", all_of_them, on("linear", lambda v: v * 2**1.5)
    yield "exposure -2", ("rgb",), on("linear", lambda v: v / 4)
    yield "brightness 1.7", all_of_them, on("linear", lambda v: v * 1.7)
    yield "contrast 1.3", all_of_them, on("srgb", lambda v: (v - 0.5) * 1.3 + 0.5)
    yield "gamma 2.2", all_of_them, on("srgb", lambda v: np.sign(v) * np.abs(v) ** (1 / 2.2))
    yield "invert", all_of_them, on("srgb", lambda v: 1 - v)
    grey = lambda v: (v * LUMINANCE).sum(axis=2, keepdims=True)
    yield "grayscale", colors, on("linear", grey)
    both = "in_high=0.8 gamma=1.4 out_low=0.05 out_high=0.9"
    yield f"levels 0.1 {both}", all_of_them, on("srgb", levels(0.1, 0.8, 1.4, 0.05, 0.9))
    yield f"levels 0.1 {both} clamp=true", ("rgb",), on("srgb", levels(0.1, 0.8, 1.4, 0.05, 0.9, True))
    yield "levels out_low=1 out_high=0 light=linear", ("rgb",), on("linear", levels(0, 1, 1, 1, 0))
    yield f"curve {CURVE}", all_of_them, on("srgb", curve(points(CURVE)))
    yield f"curve {WIGGLE} light=linear", ("rgb",), on("linear", curve(points(WIGGLE)))
    yield "curve 0:1,1:0", ("rgb",), on("srgb", lambda v: 1 - v)
    yield "temperature 3200", all_of_them, on("linear", temperature(3200))
    yield "temperature 9000 tint=25", ("rgb",), on("linear", temperature(9000, 25))
    yield "temperature 2100 tint=-40", ("rgb",), on("linear", temperature(2100, -40))
    yield "saturation 1.8", colors, on("linear", saturation(1.8))
    yield "saturation 0.3 light=srgb", ("rgb",), on("srgb", saturation(0.3))
    yield "vibrance 0.6", colors, on("linear", vibrance(0.6))
    yield "hue 75", colors, on("linear", hue(75))
    yield "hue -160", ("rgb",), on("linear", hue(-160))
    yield "profile from=display-p3", all_of_them, on("srgb", profile("display-p3", "srgb"))
    yield "profile display-p3", ("rgba",), on("srgb", profile("srgb", "display-p3"))
    yield "profile from=adobe-rgb", all_of_them, on("srgb", profile("adobe-rgb", "srgb"))
    yield "profile from=prophoto", ("rgb",), on("srgb", profile("prophoto", "srgb"))
    yield "profile from=rec2020", ("rgb",), on("srgb", profile("rec2020", "srgb"))
    yield "profile rec2020 from=display-p3", ("rgb",), on("srgb", profile("display-p3", "rec2020"))
    yield "profile adobe-rgb from=srgb", ("rgb",), on("srgb", profile("srgb", "adobe-rgb"))
    sepia = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
    yield "matrix sepia", all_of_them, on("srgb", affine(sepia))
    yield "matrix sepia amount=0.4", ("rgb",), on("srgb", affine(0.4 * sepia + 0.6 * np.eye(3)))
    mixer = [[0.9, 0.2, -0.1], [0, 1.1, 0], [0.3, 0, 0.5]]
    text = "matrix 0.9,0.2,-0.1,0.05/0,1.1,0,-0.1/0.3,0,0.5,0 light=linear"
    yield text, ("rgb",), on("linear", affine(mixer, (0.05, -0.1, 0)))
    yield "duotone #102040 highlights=#ffe0a0", all_of_them, on("srgb", duotone("#102040", "#ffe0a0"))
    yield "posterize 5", all_of_them, on("srgb", lambda v: np.round(v * 4) / 4)
    yield "threshold 0.4", all_of_them, on("srgb", lambda v: (v >= 0.4) * 1.0)
    yield "opacity 0.4", all_of_them, opacity(0.4)
    yield "flatten #ff8800", ("rgba",), flatten("#ff8800", "linear")
    yield "flatten #ff8800 light=srgb", ("rgba",), flatten("#ff8800", "srgb")

    yield "transpose", all_of_them, lambda image: image.transpose(1, 0, 2)
    yield "transpose other", ("rgb",), lambda image: image[::-1, ::-1].transpose(1, 0, 2)
    for edge in SCIPY_MODES:
        yield f"extend 2,1,0,4 edge={edge}", ("rgb", "rgba"), extend(2, 1, 0, 4, edge)
        yield f"extend 30 edge={edge}", ("row",), extend(30, 30, 30, 30, edge)
        yield f"box_blur 2 edge={edge}", ("rgb",), mixed("linear", box(2, edge))
        yield f"sharpen 1.2 amount=1.5 edge={edge}", ("rgb",), mixed("srgb", sharpen(1.2, 1.5, 0, edge))
        text = f"convolve {kernel(LOPSIDED)} normalize=true edge={edge}"
        yield text, ("rgb",), mixed("linear", convolve(LOPSIDED, edge, True))
        yield f"sobel edge={edge}", ("rgb",), on("srgb", sobel(edge))
        yield f"median 2 edge={edge}", ("rgb",), mixed("srgb", median(2, edge))
    yield "extend 3 background=#ff8800", ("rgb",), extend(3, 3, 3, 3, "constant", "#ff8800")
    yield "box_blur 1", all_of_them, mixed("linear", box(1, "symmetric"))
    yield "box_blur 40 light=srgb", ("rgb", "one", "row"), mixed("srgb", box(40, "symmetric"))
    yield "sharpen 2 threshold=0.05", all_of_them, mixed("srgb", sharpen(2, 1, 0.05, "symmetric"))
    yield "sharpen 8 amount=0.5 light=linear", ("rgb",), mixed("linear", sharpen(8, 0.5, 0, "symmetric"))
    yield "sharpen 2", ("one", "row"), mixed("srgb", sharpen(2, 1, 0, "symmetric"))
    yield f"convolve {kernel(CROSS)}", all_of_them, mixed("linear", convolve(CROSS, "symmetric"))
    text = f"convolve {kernel(TENT)} normalize=true light=srgb"
    yield text, ("rgb", "one"), mixed("srgb", convolve(TENT, "symmetric", True))
    yield "sobel light=linear scale=2", ("gray", "rgba"), on("linear", sobel("symmetric", 2))
    yield "median 1", all_of_them, mixed("srgb", median(1, "symmetric"))
    yield "median 3", ("rgb", "one", "row"), mixed("srgb", median(3, "symmetric"))
    for name in ("erode", "dilate", "open", "close"):
        yield f"{name} 1", all_of_them, mixed("srgb", morphology(name, 1))
        yield f"{name} 6", ("rgb", "row"), mixed("srgb", morphology(name, 6))
        yield f"{name} 50", ("rgb", "one"), mixed("srgb", morphology(name, 50))

    yield "rotate 33", all_of_them, mixed("linear", turned(33))
    yield "rotate -128.5 expand=false", ("rgb", "row"), mixed("linear", turned(-128.5, False))
    yield "rotate 90", all_of_them, lambda image: np.rot90(image, -1)
    yield "rotate 270", ("rgb",), lambda image: np.rot90(image)
    yield "rotate 7 light=srgb background=white", ("rgb",), mixed("srgb", turned(7, fill=np.ones(4)))
    yield "rotate 7 background=transparent", ("rgba",), mixed("linear", turned(7, fill=np.zeros(4)))
    for name in WARP_REACH:
        yield f"rotate 15 filter={name}", ("rgb",), mixed("linear", turned(15, filter=name))
        shrink = [(0.4, 0.1, 1.5), (-0.2, 0.7, 4)]
        text = f"affine 0.4,0.1,1.5/-0.2,0.7,4 filter={name}"
        yield text, ("rgb", "rgba"), mixed("linear", mapped(shrink, name))
        seen = [(0.1, 0.2), (0.95, 0.05), (0.8, 0.9), (-0.05, 1.1)]
        text = f"perspective 10%,20%/95%,5%/80%,90%/-5%,110% filter={name}"
        whole = [(0, 0), (1, 0), (1, 1), (0, 1)]
        yield text, ("rgb", "gray"), mixed("linear", four_points(seen, whole, name))
        text = f"perspective to=10%,20%/95%,5%/80%,90%/40%,60% filter={name}"
        scene = [(0.1, 0.2), (0.95, 0.05), (0.8, 0.9), (0.4, 0.6)]
        yield text, ("rgb", "rgba"), mixed("linear", four_points(whole, scene, name))
    for edge in SCIPY_MODES:
        yield f"rotate 40 edge={edge}", ("rgb", "one"), mixed("linear", turned(40, edge=edge))
        far = [(0.3, 0.05, 60), (-0.1, 0.4, -45)]
        text = f"affine 0.3,0.05,60/-0.1,0.4,-45 size=30x22 edge={edge}"
        yield text, ("rgb",), mixed("linear", mapped(far, edge=edge, size=(30, 22)))

    yield "tint #ff8800", all_of_them, on("linear", tint("#ff8800", 1))
    yield "tint #3060c0 amount=0.4", ("rgb",), on("linear", tint("#3060c0", 0.4))
    yield "vignette 0.7", all_of_them, on("linear", vignette(0.7))
    yield "vignette -0.5 start=0.6 light=srgb", ("rgb", "one", "row"), on("srgb", vignette(-0.5, 0.6))
    yield "noise 0.1 seed=7", all_of_them, on("srgb", noise(0.1, 7))
    yield "noise 0.3 distribution=uniform", ("rgb",), on("srgb", noise(0.3, 0, "uniform"))
    yield "noise 0.2 seed=4294967295 monochrome=true", ("rgb",), on("srgb", noise(0.2, 2**32 - 1, monochrome=True))
    yield "normalize", all_of_them, normalize()
    yield "normalize cutoff=5", ("rgb",), normalize(5)
    yield "normalize per_channel=true", colors, normalize(0, True)
    yield "equalize", all_of_them, equalize()
    yield "equalize per_channel=true", colors, equalize(True)
    yield "otsu", all_of_them, counting(otsu)
    for edge in SCIPY_MODES:
        yield f"median 5 edge={edge}", ("rgb",), mixed("srgb", median(5, edge))
        yield f"bilateral 1.5 edge={edge}", ("rgb",), mixed("srgb", bilateral(1.5, 0.1, edge))
        yield f"denoise 0.2 edge={edge}", ("rgb",), mixed("srgb", denoise(0.2, edge=edge))
    yield "median 4", all_of_them, mixed("srgb", median(4, "symmetric"))
    yield "median 15", ("rgb", "one", "row"), mixed("srgb", median(15, "symmetric"))
    yield "bilateral 3 tolerance=0.3", all_of_them, mixed("srgb", bilateral(3, 0.3))
    yield "bilateral 1 light=linear", ("rgb",), mixed("linear", bilateral(1, 0.1))
    yield "denoise 0.1", all_of_them, mixed("srgb", denoise(0.1))
    yield "denoise 0.3 search=2 patch=1 light=linear", ("rgb", "one", "row"), mixed("linear", denoise(0.3, 2, 1))
    yield "clahe 2.5", all_of_them, clahe(2.5)
    yield "clahe 40 tiles=3", ("rgb", "row", "one"), clahe(40, 3)
    yield f"lut {LUT_1D}", colors, on("srgb", curves(LUT_1D))
    yield f"lut {LUT_2}", colors, on("srgb", cube(LUT_2))
    yield f"lut {LUT_3} amount=0.7 light=linear", colors, on("linear", cube(LUT_3, 0.7))
    yield from layers.cases()
    yield from letters.cases()
    for name in SPACES:
        yield f"colorspace {name}", all_of_them, on("srgb", converted("srgb", name))
        space, _, weights = name.partition(" ")
        text = f"colorspace srgb from={space} {weights}".strip()
        yield text, ("rgba", "row", "one"), on("srgb", converted(name, "srgb"))
    yield "colorspace oklab from=lab", ("row",), on("srgb", converted("lab", "oklab"))
    yield "colorspace display-p3 from=rec2020", ("gray", "rgb"), on("srgb", converted("rec2020", "display-p3"))
    for name, (mean, deviation) in {
        "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        "0.5/0.25": (0.5, 0.25),
        "0.1,-0.2,0.3/1,2,0.5": ((0.1, -0.2, 0.3), (1, 2, 0.5)),
    }.items():
        yield f"standardize {name}", all_of_them, on("srgb", lambda v: (v - mean) / deviation)
    clip = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
    yield "standardize clip", ("rgb",), on("srgb", lambda v: (v - clip[0]) / clip[1])
    yield "cast f32", ("rgba",), lambda image: image
    for name, most in (("u8", 255), ("u16", 65535)):
        yield f"cast {name}", all_of_them, stored(most)
    yield "cast f16", all_of_them, lambda image: image.astype(np.float16)


def sources(picture):
    """Small pictures with numbers beyond 0..1: `picture` is 8-bit RGB."""
    random = np.random.default_rng(7)
    rgb = picture[40:54, 60:80].astype(np.float64) / 255
    # Highlights up to 2.5 on the right, and a little below zero in a corner.
    rgb = rgb * np.linspace(0.8, 2.5, rgb.shape[1])[:, None]
    rgb[:3, :3] -= 0.3
    y, x = np.mgrid[0:10, 0:13]
    alpha = np.clip(1.3 - np.hypot(x - 6, y - 4.5) / 6, 0, 1)[..., None]
    rgba = np.concatenate([random.uniform(0, 1.4, (10, 13, 3)), alpha], axis=2)
    gray = random.uniform(-0.1, 1.5, (9, 11, 1))
    row = random.uniform(0, 1, (1, 7, 3))
    named = {"gray": gray, "rgb": rgb, "rgba": rgba, "row": row, "one": row[:, :1]}
    # What is stored is what the answers are worked out from.
    return {name: array.astype(np.float32).astype(np.float64) for name, array in named.items()}


def npy(array):
    data = io.BytesIO()
    np.save(data, np.ascontiguousarray(array, dtype="<f4"))
    return data.getvalue()


def make_ops(folder, picture):
    """Fills a folder: sources, an answer for each case, and the manifest."""
    images = sources(picture)
    for name, image in images.items():
        folder.write(f"{name}.npy", npy(image))
    for text, names, answer in cases():
        # By the pipeline and not by its place, so that a case more leaves all others what they are.
        label = f"{text.split()[0]}_{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        for name in names:
            expected = f"expected/{label}_{name}.npy"
            folder.write(expected, npy(answer(images[name])))
            folder.row(f"{name}.npy", expected, text)
    folder.finish()

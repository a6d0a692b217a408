"""Right answers in float64 for colour spaces, by the published formulas, both ways.

Encoded sRGB is what all of them start from and lead to. Pictures are as in ops.py.
"""

import colorsys

import numpy as np

from tones import decode, encode

MIDDLE = 128 / 255

# CSS Color Module Level 4, section 18: linear light to CIE XYZ (D65), as fractions.
XYZ = {
    "srgb": [
        [506752 / 1228815, 87881 / 245763, 12673 / 70218],
        [87098 / 409605, 175762 / 245763, 12673 / 175545],
        [7918 / 409605, 87881 / 737289, 1001167 / 1053270],
    ],
    "display-p3": [
        [608311 / 1250200, 189793 / 714400, 198249 / 1000160],
        [35783 / 156275, 247089 / 357200, 198249 / 2500400],
        [0, 32229 / 714400, 5220557 / 5000800],
    ],
    "rec2020": [
        [63426534 / 99577255, 20160776 / 139408157, 47086771 / 278816314],
        [26158966 / 99577255, 472592308 / 697040785, 8267143 / 139408157],
        [0, 19567812 / 697040785, 295819943 / 278816314],
    ],
}
XYZ = {name: np.array(rows) for name, rows in XYZ.items()}
WHITE = XYZ["srgb"].sum(axis=1)

# Ottosson's code of 2021-01-25.
CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def times(matrix, v):
    return v @ np.asarray(matrix).T


def rec2020_encode(light):
    alpha, beta = 1.09929682680944, 0.018053968510807
    size = np.abs(light)
    return np.sign(light) * np.where(size < beta, 4.5 * size, alpha * size**0.45 - (alpha - 1))


def rec2020_decode(value):
    alpha, beta = 1.09929682680944, 0.018053968510807
    size = np.abs(value)
    upper = ((size + alpha - 1) / alpha) ** (1 / 0.45)
    return np.sign(value) * np.where(size < 4.5 * beta, size / 4.5, upper)


def lab_from(rgb):
    t = times(XYZ["srgb"], decode(rgb)) / WHITE
    # CIE 15: (24/116)^3 and 841/108.
    f = np.where(t > (24 / 116) ** 3, np.cbrt(t), 841 / 108 * t + 16 / 116)
    l, a, b = 116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])
    return np.stack([l / 100, (a + 128) / 255, (b + 128) / 255], axis=2)


def rgb_from_lab(v):
    l, a, b = v[..., 0] * 100, v[..., 1] * 255 - 128, v[..., 2] * 255 - 128
    y = (l + 16) / 116
    f = np.stack([y + a / 500, y, y - b / 200], axis=2)
    t = np.where(f > 24 / 116, f**3, (f - 16 / 116) * 108 / 841)
    return encode(times(np.linalg.inv(XYZ["srgb"]), t * WHITE))


def oklab_from(rgb):
    return times(OKLAB, np.cbrt(times(CONES, decode(rgb)))) + [0, MIDDLE, MIDDLE]


def rgb_from_oklab(v):
    roots = times(np.linalg.inv(OKLAB), v - [0, MIDDLE, MIDDLE])
    return encode(times(np.linalg.inv(CONES), roots**3))


def by_pixel(change):
    def run(v):
        return np.array([change(*pixel) for pixel in v.reshape(-1, 3)]).reshape(v.shape)

    return run


def ycbcr(red, blue, limited):
    """ITU-R BT.601 and BT.709, in codes of 8 bits."""
    range_y, range_c, foot = (219, 224, 16) if limited else (255, 255, 0)

    def to(v):
        y = red * v[..., 0] + (1 - red - blue) * v[..., 1] + blue * v[..., 2]
        cb, cr = (v[..., 2] - y) / (2 - 2 * blue), (v[..., 0] - y) / (2 - 2 * red)
        return np.stack([range_y * y + foot, range_c * cb + 128, range_c * cr + 128], axis=2) / 255

    def back(v):
        y, cb, cr = (v[..., 0] * 255 - foot) / range_y, *((v[..., c] * 255 - 128) / range_c for c in (1, 2))
        r, b = y + cr * (2 - 2 * red), y + cb * (2 - 2 * blue)
        return np.stack([r, (y - red * r - blue * b) / (1 - red - blue), b], axis=2)

    return to, back


def primaries(name, curve, inverse):
    def to(v):
        return curve(times(np.linalg.inv(XYZ[name]) @ XYZ["srgb"], decode(v)))

    def back(v):
        return encode(times(np.linalg.inv(XYZ["srgb"]) @ XYZ[name], inverse(v)))

    return to, back


SPACES = {
    "lab": (lab_from, rgb_from_lab),
    "oklab": (oklab_from, rgb_from_oklab),
    # Python's own; of hues only the part of a turn counts.
    "hsv": (by_pixel(colorsys.rgb_to_hsv), by_pixel(lambda h, s, v: colorsys.hsv_to_rgb(h % 1, s, v))),
    "ycbcr": ycbcr(0.2126, 0.0722, False),
    "ycbcr weights=rec601": ycbcr(0.299, 0.114, False),
    "ycbcr-limited": ycbcr(0.2126, 0.0722, True),
    "ycbcr-limited weights=rec601": ycbcr(0.299, 0.114, True),
    "linear": (decode, encode),
    "display-p3": primaries("display-p3", encode, decode),
    "rec2020": primaries("rec2020", rec2020_encode, rec2020_decode),
}
RGB = ("linear", "display-p3", "rec2020")


def converted(source, target):
    """From a space to another, by way of sRGB; grey counts as three equal channels."""

    def change(v):
        is_grey = v.shape[2] == 1
        v = np.broadcast_to(v, v.shape[:2] + (3,)) if is_grey else v
        v = SPACES[source][1](v) if source != "srgb" else v
        v = SPACES[target][0](v) if target != "srgb" else v
        return v[..., :1] if is_grey and {source, target} <= {"srgb", *RGB} else v

    return change

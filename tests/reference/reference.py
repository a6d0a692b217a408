"""Right answers in float64, written from the formulas and with nothing of bytelens in them.

Images are float64 arrays [height, width, channels] in 0..1; an even number of channels means that the
last one is straight alpha. `resize` and `blur` take and give sRGB-encoded numbers, as files hold them.
"""

import struct
import zlib

import numpy as np
from scipy import ndimage

FILTERS = ("nearest", "bilinear", "bicubic", "mitchell", "lanczos3", "area")
LIGHTS = ("linear", "srgb")
# Edge modes by the names that bytelens has for them, and what scipy.ndimage calls the same.
SCIPY_MODES = {
    "symmetric": "reflect",
    "reflect": "mirror",
    "nearest": "nearest",
    "wrap": "wrap",
    "constant": "constant",
}
# Six sigmas to each side: what is left out is 2e-9 of the whole.
TRUNCATE = 6.0


# --- light and alpha ---------------------------------------------------------------------------


def srgb_decode(value):
    """IEC 61966-2-1, from encoded numbers to light."""
    return np.where(value <= 0.04045, value / 12.92, ((np.maximum(value, 0) + 0.055) / 1.055) ** 2.4)


def srgb_encode(value):
    """IEC 61966-2-1, from light to encoded numbers."""
    upper = 1.055 * np.maximum(value, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(value <= 0.0031308, value * 12.92, upper)


def has_alpha(image):
    return image.shape[2] in (2, 4)


def to_working(image, light):
    """Encoded and straight → light (or not) and premultiplied."""
    out = image.astype(np.float64).copy()
    colors = out.shape[2] - has_alpha(out)
    if light == "linear":
        out[..., :colors] = srgb_decode(out[..., :colors])
    if has_alpha(out):
        out[..., :colors] *= out[..., -1:]
    return out


def from_working(image, light):
    """The way back. Colour is divided by alpha as it is, then what a filter threw over 0..1 is cut off."""
    out = image.copy()
    colors = out.shape[2] - has_alpha(out)
    if has_alpha(out):
        alpha = out[..., -1:].copy()
        # Half a step of 16-bit alpha: below it nothing is seen, and the colour is of no account.
        seen = alpha >= 0.5 / 65535
        out[..., :colors] = np.where(seen, out[..., :colors] / np.where(seen, alpha, 1), 0)
        out[..., -1:] = np.clip(alpha, 0, 1)
    out = np.clip(out, 0, 1)
    if light == "linear":
        out[..., :colors] = srgb_encode(out[..., :colors])
    return out


# --- resize ------------------------------------------------------------------------------------


def _triangle(x):
    return np.maximum(1 - np.abs(x), 0)


def _cubic(b, c):
    """Mitchell and Netravali, "Reconstruction Filters in Computer Graphics", 1988, equation 8."""

    def kernel(x):
        x = np.abs(x)
        near = (12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + (6 - 2 * b)
        far = (-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 + (-12 * b - 48 * c) * x + (8 * b + 24 * c)
        return np.where(x < 1, near, np.where(x < 2, far, 0)) / 6

    return kernel


def _lanczos3(x):
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)


# Catmull and Rom's cubic is Keys's with a = -0.5, and B = 0, C = 1/2 here.
KERNELS = {
    "bilinear": _triangle,
    "bicubic": _cubic(0, 1 / 2),
    "mitchell": _cubic(1 / 3, 1 / 3),
    "lanczos3": _lanczos3,
}


def matrix(source, target, name):
    """The weights [target, source] of one axis.

    Output sample i stands at (i + 0.5) * source / target, where source sample j stands at j + 0.5.
    Shrinking widens the kernel by the ratio. There are no taps outside the source; what remains of a
    row is made to add up to 1. `area` weighs each source sample by how much of it the output sample
    covers; where nothing is shrunk it is `nearest`, as any box one sample wide.
    """
    ratio = source / target
    i = np.arange(target)[:, None]
    j = np.arange(source)[None, :]
    if name == "nearest" or (name == "area" and target >= source):
        # In integers: the floor of (i + 0.5) * source / target.
        return (j == (2 * i + 1) * source // (2 * target)).astype(np.float64)
    if name == "area":
        # In units of 1 / target of a source sample, which makes every border an integer.
        start = np.maximum(i * source, j * target)
        stop = np.minimum((i + 1) * source, (j + 1) * target)
        weights = np.maximum(stop - start, 0).astype(np.float64)
    else:
        center = (i + 0.5) * ratio
        weights = KERNELS[name]((j + 0.5 - center) / max(ratio, 1.0))
    return weights / weights.sum(axis=1, keepdims=True)


def resize(image, width, height, name, light="linear"):
    """Resizes to exactly width x height."""
    work = to_working(image, light)
    rows = matrix(image.shape[0], height, name)
    columns = matrix(image.shape[1], width, name)
    # einsum without BLAS's threads: sizes are small.
    out = np.einsum("yh,hwc->ywc", rows, work, optimize=True)
    out = np.einsum("xw,ywc->yxc", columns, out, optimize=True)
    return from_working(out, light)


# --- blur --------------------------------------------------------------------------------------


def blur(image, sigma, mode="symmetric", light="linear"):
    """Blurs with scipy.ndimage.gaussian_filter, each channel by itself; beyond `constant` lies 0."""
    work = to_working(image, light)
    out = np.stack(
        [
            ndimage.gaussian_filter(
                work[..., c], sigma, mode=SCIPY_MODES[mode], cval=0.0, truncate=TRUNCATE
            )
            for c in range(work.shape[2])
        ],
        axis=2,
    )
    return from_working(out, light)


# --- comparing ---------------------------------------------------------------------------------


def weighed(image):
    """Colour times alpha, and alpha: what is seen. Colour under little alpha has few right digits."""
    out = image.copy()
    if has_alpha(out):
        out[..., :-1] *= out[..., -1:]
    return out


def psnr(got, want):
    """Peak signal to noise in dB, for the peak 1; infinite for equal images."""
    error = np.mean((got - want) ** 2)
    return np.inf if error == 0 else -10 * np.log10(error)


# --- PNG ---------------------------------------------------------------------------------------
# Pillow neither reads nor writes colour in 16 bits.


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_COLOR = {1: 0, 2: 4, 3: 2, 4: 6}


def png_bytes(image):
    """Encodes a u8 or u16 array [height, width, 1 to 4 channels]."""
    height, width, channels = image.shape
    depth = image.dtype.itemsize * 8
    step = channels * image.dtype.itemsize
    rows = np.frombuffer(image.astype(image.dtype.newbyteorder(">")).tobytes(), np.uint8)
    rows = rows.reshape(height, width * step).astype(np.int16)
    body = bytearray()
    above = np.zeros_like(rows[0])
    for row in rows:
        left = np.concatenate([np.zeros(step, np.int16), row[:-step]])
        corner = np.concatenate([np.zeros(step, np.int16), above[:-step]])
        guess = left + above - corner
        pa, pb, pc = abs(guess - left), abs(guess - above), abs(guess - corner)
        paeth = np.where((pa <= pb) & (pa <= pc), left, np.where(pb <= pc, above, corner))
        tries = [row, row - left, row - above, row - (left + above) // 2, row - paeth]
        tries = [(t & 255).astype(np.uint8) for t in tries]
        # The PNG specification's own rule of thumb: the least sum of the bytes taken as signed.
        best = min(range(5), key=lambda f: np.abs(tries[f].view(np.int8).astype(int)).sum())
        body += bytes([best]) + tries[best].tobytes()
        above = row
    header = struct.pack(">IIBBBBB", width, height, depth, PNG_COLOR[channels], 0, 0, 0)
    return (
        PNG_SIGNATURE
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(bytes(body), 9))
        + png_chunk(b"IEND", b"")
    )


def quantised(image, dtype=np.uint16):
    """Rounds 0..1 to an unsigned type, half to even."""
    return np.rint(np.clip(image, 0, 1) * np.iinfo(dtype).max).astype(dtype)


def unit(array):
    """An unsigned array as float64 in 0..1."""
    return array.astype(np.float64) / np.iinfo(array.dtype).max

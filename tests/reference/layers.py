"""Right answers in float64 for operations that lay one picture over another.

Written from W3C, "Compositing and Blending Level 1", whose operators are those of Porter and Duff. Pictures
are as in ops.py; a layer is a picture too, and is nothing where it does not lie.
"""

import base64

import numpy as np

import reference as ref
from tones import LUMINANCE, decode, encode, premultiplied

# Fa and Fb of alpha of the layer and of the picture: sections 9.1.1 to 9.1.13.
OPERATORS = {
    "clear": (lambda s, b: 0 * s, lambda s, b: 0 * s),
    "src": (lambda s, b: 1 + 0 * s, lambda s, b: 0 * s),
    "dst": (lambda s, b: 0 * s, lambda s, b: 1 + 0 * s),
    "over": (lambda s, b: 1 + 0 * s, lambda s, b: 1 - s),
    "dst-over": (lambda s, b: 1 - b, lambda s, b: 1 + 0 * s),
    "in": (lambda s, b: b, lambda s, b: 0 * s),
    "dst-in": (lambda s, b: 0 * s, lambda s, b: s),
    "out": (lambda s, b: 1 - b, lambda s, b: 0 * s),
    "dst-out": (lambda s, b: 0 * s, lambda s, b: 1 - s),
    "atop": (lambda s, b: b, lambda s, b: 1 - s),
    "dst-atop": (lambda s, b: 1 - b, lambda s, b: s),
    "xor": (lambda s, b: 1 - b, lambda s, b: 1 - s),
    "plus": (lambda s, b: 1 + 0 * s, lambda s, b: 1 + 0 * s),
}
# Those that leave something to see through of an opaque picture.
OPEN = ("clear", "src", "in", "dst-in", "out", "dst-out", "dst-atop", "xor")


# --- blend functions, section 10 ---------------------------------------------------------------


def hard_light(b, s):
    screened = b + (2 * s - 1) - b * (2 * s - 1)
    return np.where(s <= 0.5, b * 2 * s, screened)


def color_dodge(b, s):
    lit = np.where(s >= 1, 1, np.minimum(1, b / np.where(s >= 1, 1, 1 - s)))
    return np.where(b <= 0, 0, lit)


def color_burn(b, s):
    burnt = np.where(s <= 0, 0, 1 - np.minimum(1, (1 - b) / np.where(s <= 0, 1, s)))
    return np.where(b >= 1, 1, burnt)


def soft_light(b, s):
    lit = np.where(b <= 0.25, ((16 * b - 12) * b + 4) * b, np.sqrt(np.maximum(b, 0)))
    return np.where(s <= 0.5, b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (lit - b))


def lum(c):
    return (c * np.array([0.3, 0.59, 0.11])).sum(axis=2, keepdims=True)


def sat(c):
    return c.max(axis=2, keepdims=True) - c.min(axis=2, keepdims=True)


def clip_color(c):
    """What is grey has nothing to clip: both divisors are 0 there."""
    l, n, x = lum(c), c.min(axis=2, keepdims=True), c.max(axis=2, keepdims=True)
    low, high = (n < 0) & (l - n > 1e-9), (x > 1) & (x - l > 1e-9)
    c = np.where(low, l + (c - l) * l / np.where(low, l - n, 1), c)
    return np.where(high, l + (c - l) * (1 - l) / np.where(high, x - l, 1), c)


def set_lum(c, l):
    return clip_color(c + (l - lum(c)))


def set_sat(c, s):
    range_ = np.broadcast_to(sat(c), c.shape)
    some = range_ > 1e-9
    return np.where(some, (c - c.min(axis=2, keepdims=True)) * s / np.where(some, range_, 1), 0)


BLENDS = {
    "multiply": lambda b, s: b * s,
    "screen": lambda b, s: b + s - b * s,
    "overlay": lambda b, s: hard_light(s, b),
    "darken": np.minimum,
    "lighten": np.maximum,
    "color-dodge": color_dodge,
    "color-burn": color_burn,
    "hard-light": hard_light,
    "soft-light": soft_light,
    "difference": lambda b, s: np.abs(b - s),
    "exclusion": lambda b, s: b + s - 2 * b * s,
    "hue": lambda b, s: set_lum(set_sat(s, sat(b)), lum(b)),
    "saturation": lambda b, s: set_lum(set_sat(b, sat(s)), lum(b)),
    "color": lambda b, s: set_lum(s, lum(b)),
    "luminosity": lambda b, s: set_lum(b, lum(s)),
}


# --- layers ------------------------------------------------------------------------------------


def text_of(picture):
    """A picture as a parameter."""
    name = ("gray", "grayalpha", "rgb", "rgba")[picture.shape[2] - 1]
    bits, dtype = (8, "u1") if picture.dtype == np.uint8 else (32, "<f4")
    digits = base64.urlsafe_b64encode(np.ascontiguousarray(picture, dtype).tobytes()).decode().rstrip("=")
    return f"{name}{bits}:{picture.shape[1]}x{picture.shape[0]}:{digits}"


def numbers(picture):
    return picture / 255 if picture.dtype == np.uint8 else picture.astype(np.float64)


def in_gray(picture, codes=False):
    """Its luminance in light, encoded; in codes where it was."""
    if picture.shape[2] < 3:
        return picture
    gray = encode((decode(picture[..., :3]) * LUMINANCE).sum(axis=2, keepdims=True))
    gray = np.rint(gray * 255) / 255 if codes else gray
    return np.concatenate([gray, picture[..., 3:]], axis=2)


def four(picture):
    """As RGBA: grey is three equal channels, what has no alpha is opaque."""
    alpha = picture[..., -1:] if picture.shape[2] % 2 == 0 else np.ones(picture.shape[:2] + (1,))
    color = picture[..., :-1] if picture.shape[2] % 2 == 0 else picture
    return np.concatenate([np.broadcast_to(color, color.shape[:2] + (3,)), alpha], axis=2)


def placed(layer, height, width, left, top, step=None):
    """The layer on a canvas of nothing, once or again after each step."""
    canvas = np.zeros((height, width, 4))
    for y in range(height):
        for x in range(width):
            u, v = x - left, y - top
            if step:
                u, v = u % step[0], v % step[1]
            if 0 <= u < layer.shape[1] and 0 <= v < layer.shape[0]:
                canvas[y, x] = layer[v, u]
    return canvas


def composite(base, layer, blend):
    """Both RGBA, straight."""
    cb, ab, cs, s = base[..., :3], base[..., 3:], layer[..., :3], layer[..., 3:]
    if blend in BLENDS:
        cs = (1 - ab) * cs + ab * BLENDS[blend](cb, cs)
    fa, fb = OPERATORS[blend if blend in OPERATORS else "over"]
    color = s * fa(s, ab) * cs + ab * fb(s, ab) * cb
    alpha = np.minimum(s * fa(s, ab) + ab * fb(s, ab), 1)
    some = alpha > 1e-6
    return np.concatenate([np.where(some, color / np.where(some, alpha, 1), 0), alpha], axis=2)


def overlay(picture, blend="over", at=None, gravity=(50, 50), tile=None, opacity=1, light="srgb"):
    """`at` is from the edge that gravity names; `tile` the gap in pixels."""

    def answer(image):
        height, width, channels = image.shape
        layer = numbers(picture)
        layer = four(in_gray(layer, picture.dtype == np.uint8) if channels < 3 else layer)
        layer[..., 3] *= opacity
        room = (width - layer.shape[1], height - layer.shape[0])
        # Halves away from zero.
        left, top = (int(np.sign(r * g) * np.floor(abs(r * g) / 100 + 0.5)) for r, g in zip(room, gravity))
        dx, dy = at or (0, 0)
        left, top = left + (-dx if gravity[0] > 50 else dx), top + (-dy if gravity[1] > 50 else dy)
        step = tile and (layer.shape[1] + tile[0], layer.shape[0] + tile[1])
        layer = placed(layer, height, width, left, top, step)
        base = four(image)
        if light == "linear":
            layer[..., :3], base[..., :3] = decode(layer[..., :3]), decode(base[..., :3])
        out = composite(base, layer, blend)
        if light == "linear":
            out[..., :3] = encode(out[..., :3])
        color = out[..., :1] if channels < 3 else out[..., :3]
        has_alpha = channels % 2 == 0 or blend in OPEN
        return np.concatenate([color, out[..., 3:]], axis=2) if has_alpha else color

    return answer


def mask(picture, by="luminance", invert=False):
    """The mask's numbers are stretched to the picture, as they are."""

    def answer(image):
        values = numbers(picture)
        alpha = four(values)[..., 3:]
        share = alpha if by == "alpha" else in_gray(values)[..., :1] * alpha
        share = ref.resize(share, image.shape[1], image.shape[0], "lanczos3", "srgb")
        share = 1 - share if invert else share
        out = four(image)
        out[..., 3:] *= share
        color = image[..., : image.shape[2] - (image.shape[2] % 2 == 0)]
        return np.concatenate([color, out[..., 3:]], axis=2)

    return answer


def sized(picture, width, height):
    """In light, colour times alpha; what the filter throws over 1 stays."""

    def change(image):
        rows = ref.matrix(image.shape[0], height, "lanczos3")
        columns = ref.matrix(image.shape[1], width, "lanczos3")
        return np.einsum("yh,hwc,xw->yxc", rows, image, columns)

    return premultiplied("linear", numbers(picture), change)


# --- pictures that are laid over ---------------------------------------------------------------

_random = np.random.default_rng(11)
# Codes with alpha from nothing to all, and numbers without.
CODES = _random.integers(0, 256, (4, 6, 4), np.uint8)
CODES[0, :3, 3], CODES[1, :3, 3] = 0, 255
NUMBERS = _random.uniform(0, 1, (3, 4, 3)).astype(np.float32)
GRAY = _random.uniform(0, 1, (5, 3, 2)).astype(np.float32)


def cases():
    """Rows of a pipeline's text, the sources it is for, and the right answer."""
    all_of_them = ("gray", "rgb", "rgba")
    codes, few, gray = text_of(CODES), text_of(NUMBERS), text_of(GRAY)
    for blend in list(OPERATORS) + list(BLENDS):
        yield f"overlay {codes} blend={blend}", all_of_them, overlay(CODES, blend)
    for blend in ("over", "multiply", "soft-light", "luminosity", "out"):
        text = f"overlay {few} blend={blend} opacity=0.6 light=linear gravity=southeast"
        yield text, ("rgb", "rgba"), overlay(NUMBERS, blend, gravity=(100, 100), opacity=0.6, light="linear")
    text = f"overlay {codes} light=linear gravity=10%,80% offset=2,-3"
    yield text, all_of_them, overlay(CODES, at=(2, -3), gravity=(10, 80), light="linear")
    yield f"overlay {gray} blend=screen", all_of_them, overlay(GRAY, "screen")
    text = f"overlay {gray} tile=2,1 gravity=northwest offset=1,1 opacity=0.5"
    yield text, all_of_them, overlay(GRAY, gravity=(0, 0), at=(1, 1), tile=(2, 1), opacity=0.5)
    yield f"overlay {few} tile=0,0 blend=in", ("rgb",), overlay(NUMBERS, "in", tile=(0, 0))
    # Larger than the picture, half outside, and outside: the middle of what is seen.
    big = np.concatenate([NUMBERS] * 8, axis=1)
    yield f"overlay {text_of(big)}", ("rgb", "row", "one"), overlay(big)
    yield f"overlay {codes} gravity=east offset=-3,0", ("rgb",), overlay(CODES, gravity=(100, 50), at=(-3, 0))
    yield f"overlay {codes} offset=900,0", ("rgb",), overlay(CODES, at=(900, 0))
    yield f"overlay {codes} offset=900,0 blend=dst-in", ("rgb",), overlay(CODES, "dst-in", at=(900, 0))
    # 20 x 14 pixels: inside 40% by 30% of it are 5 x 4, and inside 9 x 9 are 9 x 7.
    yield f"overlay {few} size=40%x30%", ("rgb",), overlay(sized(NUMBERS, 5, 4))
    yield f"overlay {few} size=9x9 gravity=northeast", ("rgb",), overlay(sized(NUMBERS, 9, 7), gravity=(100, 0))
    yield f"overlay {gray} size=x3", ("rgb",), overlay(sized(GRAY, 2, 3))

    yield f"mask {few}", all_of_them, mask(NUMBERS)
    yield f"mask {gray}", all_of_them, mask(GRAY)
    yield f"mask {gray} by=alpha invert=true", ("rgb", "rgba"), mask(GRAY, "alpha", True)
    yield f"mask {few} invert=true", ("row", "one"), mask(NUMBERS, invert=True)

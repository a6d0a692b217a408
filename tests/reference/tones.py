"""Right answers in float64 for operations on colours, one pixel at a time or by what the whole picture holds.

The published formula of each. Pictures are as in ops.py.
"""

import numpy as np
from scipy import interpolate, special

from reference import has_alpha

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


# --- light and alpha ---------------------------------------------------------------------------


def decode(value):
    """IEC 61966-2-1, mirrored below zero."""
    size = np.abs(value)
    return np.sign(value) * np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)


def encode(value):
    size = np.abs(value)
    upper = 1.055 * size ** (1 / 2.4) - 0.055
    return np.sign(value) * np.where(size <= 0.0031308, size * 12.92, upper)


def power(gamma):
    return (lambda v: v**gamma), (lambda v: v ** (1 / gamma))


# ITU-R BT.709, item 1.2, with the numbers of BT.2020 that make both parts meet.
ALPHA, BETA = 1.09929682680944, 0.018053968510807


def bt709_decode(v):
    return np.where(v < 4.5 * BETA, v / 4.5, ((v + ALPHA - 1) / ALPHA) ** (1 / 0.45))


def bt709_encode(v):
    return np.where(v < BETA, 4.5 * v, ALPHA * v**0.45 - (ALPHA - 1))


def in_light(light, image, change):
    """Runs `change` on colour alone, straight."""
    alpha = image[..., image.shape[2] - has_alpha(image) :]
    color = image[..., : image.shape[2] - has_alpha(image)]
    color = change(decode(color)) if light == "linear" else change(color)
    color = encode(color) if light == "linear" else color
    return np.concatenate([color, alpha], axis=2)


def premultiplied(light, image, change):
    """Runs `change` on all channels, colour multiplied by alpha."""
    work = in_light("srgb", image, decode) if light == "linear" else image.copy()
    if has_alpha(image):
        work[..., :-1] *= work[..., -1:]
    work = change(work)
    if has_alpha(image):
        seen = work[..., -1:] >= 1e-6
        work[..., :-1] = np.where(seen, work[..., :-1] / np.where(seen, work[..., -1:], 1), 0)
        work[..., -1:] = np.clip(work[..., -1:], 0, 1)
    return in_light("srgb", work, encode) if light == "linear" else work


def by_channel(image, change):
    return np.stack([change(image[..., c]) for c in range(image.shape[2])], axis=2)


def color(text):
    return np.array([int(text[k : k + 2], 16) for k in (1, 3, 5)]) / 255


def affine(matrix, offset=(0, 0, 0)):
    """A matrix on colour; grey counts as three equal channels."""

    def change(image):
        rgb = np.broadcast_to(image, image.shape[:2] + (3,))
        return np.einsum("yx,hwx->hwy", np.asarray(matrix), rgb) + np.asarray(offset)

    return change


# --- point operations --------------------------------------------------------------------------


def levels(in_low, in_high, gamma, out_low, out_high, clamp=False):
    def change(v):
        t = (v - in_low) / (in_high - in_low)
        t = np.clip(t, 0, 1) if clamp else t
        return out_low + (out_high - out_low) * np.sign(t) * np.abs(t) ** (1 / gamma)

    return change


def curve(points):
    """SciPy's pchip, and straight on outside."""
    x, y = np.array(points).T
    inside = interpolate.PchipInterpolator(x, y)
    slope = inside.derivative()

    def change(v):
        held = np.clip(v, x[0], x[-1])
        return inside(held) + np.where(v < x[0], slope(x[0]), slope(x[-1])) * (v - held)

    return change


def saturation(factor):
    return affine(np.outer(np.ones(3), LUMINANCE) * (1 - factor) + np.eye(3) * factor)


def vibrance(amount):
    def change(v):
        luminance = (v * LUMINANCE).sum(axis=2, keepdims=True)
        most, least = v.max(axis=2, keepdims=True), v.min(axis=2, keepdims=True)
        strong = np.minimum((most - least) / np.maximum(most, 1e-6), 1)
        return luminance + (v - luminance) * (1 + amount * (1 - strong))

    return change


def hue(degrees):
    """By the code that Ottosson published with OKLab, both ways."""
    to_cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    to_lab = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    to_roots = np.array(
        [
            [1, 0.3963377774, 0.2158037573],
            [1, -0.1055613458, -0.0638541728],
            [1, -0.0894841775, -1.2914855480],
        ]
    )
    to_rgb = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )

    def change(v):
        lab = np.cbrt(v @ to_cones.T) @ to_lab.T
        turned = (lab[..., 1] + 1j * lab[..., 2]) * np.exp(1j * np.radians(degrees))
        lab = np.stack([lab[..., 0], turned.real, turned.imag], axis=2)
        return (lab @ to_roots.T) ** 3 @ to_rgb.T

    return change


# Red, green and blue as x and y, white, and the curve to light and from it: CSS Color 4, 10.4 to 10.7 (Adobe
# RGB and ProPhoto as their usual profiles have them, a power in 256ths alone; Rec. 2020 by the curve of ITU-R BT.709).
# D50 is the illuminant of ICC profiles, 0.9642, 1, 0.8249.
D65, D50 = (0.3127, 0.3290), (0.9642 / 2.7891, 1 / 2.7891)
PROFILES = {
    "srgb": ([(0.64, 0.33), (0.30, 0.60), (0.15, 0.06)], D65, decode, encode),
    "display-p3": ([(0.68, 0.32), (0.265, 0.69), (0.15, 0.06)], D65, decode, encode),
    "adobe-rgb": ([(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)], D65, *power(563 / 256)),
    "prophoto": ([(0.734699, 0.265301), (0.159597, 0.840403), (0.036598, 0.000105)], D50, *power(461 / 256)),
    "rec2020": ([(0.708, 0.292), (0.170, 0.797), (0.131, 0.046)], D65, bt709_decode, bt709_encode),
}
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def light_to_d50(primaries, white):
    """From light to XYZ of D50: Lindbloom, "RGB/XYZ Matrices" and "Chromatic Adaptation"."""
    whole = lambda x, y: np.array([x / y, 1, (1 - x - y) / y])
    columns = np.stack([whole(*primary) for primary in primaries], axis=1)
    matrix = columns * np.linalg.solve(columns, whole(*white))
    cones = (BRADFORD @ whole(*D50)) / (BRADFORD @ whole(*white))
    return np.linalg.inv(BRADFORD) @ np.diag(cones) @ BRADFORD @ matrix


def profile(start, end):
    """Curves other than sRGB's end at 0 and 1; grey has the curves alone."""
    from_primaries, from_white, to_light, _ = PROFILES[start]
    to_primaries, to_white, _, from_light = PROFILES[end]
    matrix = np.linalg.inv(light_to_d50(to_primaries, to_white)) @ light_to_d50(from_primaries, from_white)

    def change(v):
        light = to_light(v if to_light is decode else np.clip(v, 0, 1))
        light = light @ matrix.T if v.shape[2] == 3 else light
        return from_light(light if from_light is encode else np.clip(light, 0, 1))

    return change


def planckian(kelvin):
    """Kim et al., US patent 7024034: x and y on the Planckian locus."""
    t = kelvin
    if t < 4000:
        x = -0.2661239e9 / t**3 - 0.2343589e6 / t**2 + 0.8776956e3 / t + 0.179910
    else:
        x = -3.0258469e9 / t**3 + 2.1070379e6 / t**2 + 0.2226347e3 / t + 0.240390
    if t < 2222:
        y = -1.1063814 * x**3 - 1.34811020 * x**2 + 2.18555832 * x - 0.20219683
    elif t < 4000:
        y = -0.9549476 * x**3 - 1.37418593 * x**2 + 2.09137015 * x - 0.16748867
    else:
        y = 3.0817580 * x**3 - 5.87338670 * x**2 + 3.75112997 * x - 0.37001483
    return np.array([x, y])


def temperature(kelvin, tint=0.0):
    def uv(k):
        x, y = planckian(k)
        return np.array([4 * x, 6 * y]) / (-2 * x + 12 * y + 3)

    def white(k, tint):
        along = (uv(k + 0.01) - uv(k - 0.01)) / 0.02
        across = np.array([along[1], -along[0]]) / np.linalg.norm(along)
        across *= np.sign(across[1])
        u, v = uv(k) + across * tint / 2000
        x, y = np.array([3 * u, 2 * v]) / (2 * u - 8 * v + 4)
        return np.array([x / y, 1, (1 - x - y) / y])

    bradford = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    to_xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    )
    gain = (bradford @ white(6500, 0)) / (bradford @ white(kelvin, tint))
    adapt = np.linalg.solve(bradford, np.diag(gain) @ bradford)
    return affine(np.linalg.solve(to_xyz, adapt @ to_xyz))


def duotone(shadows, highlights):
    rise = color(highlights) - color(shadows)
    return affine(np.outer(rise, LUMINANCE), color(shadows))


def opacity(factor):
    def change(image):
        alpha = image[..., -1:] if has_alpha(image) else np.ones_like(image[..., :1])
        return np.concatenate([image[..., : image.shape[2] - has_alpha(image)], alpha * factor], axis=2)

    return change


def flatten(background, light):
    def change(image):
        ground = decode(color(background)) if light == "linear" else color(background)
        work = decode(image[..., :-1]) if light == "linear" else image[..., :-1]
        out = work * image[..., -1:] + ground * (1 - image[..., -1:])
        return encode(out) if light == "linear" else out

    return change


# --- by place ----------------------------------------------------------------------------------


def vignette(amount, start=0.25):
    def change(v):
        h, w = v.shape[:2]
        y, x = np.mgrid[0:h, 0:w]
        away = np.hypot(x + 0.5 - w / 2, y + 0.5 - h / 2) / np.hypot(w / 2, h / 2)
        t = np.clip((away - start) / (1 - start), 0, 1)
        return v * (1 - amount * t * t * (3 - 2 * t))[..., None]

    return change


def pcg3d(x, y, z):
    """Jarzynski and Olano, "Hash Functions for GPU Rendering", 2020."""
    mask = 0xFFFFFFFF
    v = [(n.astype(object) * 1664525 + 1013904223) & mask for n in (x, y, z)]
    for mixed in (False, True):
        if mixed:
            v = [n ^ (n >> 16) for n in v]
        v[0] = (v[0] + v[1] * v[2]) & mask
        v[1] = (v[1] + v[2] * v[0]) & mask
        v[2] = (v[2] + v[0] * v[1]) & mask
    return np.stack([n.astype(np.uint64) for n in v], axis=2)


def noise(sigma, seed, distribution="gaussian", monochrome=False):
    def change(v):
        h, w, channels = v.shape
        y, x = np.mgrid[0:h, 0:w]
        bits = pcg3d(x, y, np.full_like(x, seed))
        high, low = ((n + 0.5) / 4096 for n in (bits >> 20, (bits >> 8) % 4096))
        if distribution == "gaussian":
            added = (special.ndtri(high) + special.ndtri(low)) / np.sqrt(2)
        else:
            added = (2 * high - 1 + (2 * low - 1) / 4096) * np.sqrt(3)
        added = added[..., :1].repeat(3, axis=2) if monochrome else added
        return v + sigma * added[..., :channels]

    return change


def tint(name, amount):
    return affine(amount * np.outer(decode(color(name)), LUMINANCE) + (1 - amount) * np.eye(3))


def table_points(text):
    """What a table's text says: its ends, and its points."""
    _, low, high, points = text.split(":")
    numbers = lambda text: np.array([float(n) for n in text.split(",")])
    return numbers(low), numbers(high), np.array([numbers(point) for point in points.split("/")])


def curves(text):
    low, high, points = table_points(text)
    at = [np.linspace(low[c], high[c], len(points)) for c in range(3)]

    def change(v):
        looked = np.stack([np.interp(v[..., c], at[c], points[:, c]) for c in range(3)], axis=2)
        return looked

    return change


def cube(text, amount=1):
    """Each colour by itself: the axes in the order of their shares say which tetrahedron it is in."""
    low, high, points = table_points(text)
    side = round(len(points) ** (1 / 3))

    def look_up(color):
        place = np.clip((color - low) / (high - low) * (side - 1), 0, side - 1)
        corner = np.minimum(place.astype(int), side - 2)
        part = place - corner
        point = lambda at: points[at[0] + side * (at[1] + side * at[2])]
        out, at = point(corner).copy(), corner.copy()
        for axis in np.argsort(-part, kind="stable"):
            before = point(at)
            at[axis] += 1
            out += part[axis] * (point(at) - before)
        return out

    def change(v):
        looked = np.array([look_up(color) for color in v.reshape(-1, 3)]).reshape(v.shape)
        return v + amount * (looked - v)

    return change


# --- what looks at the picture first -----------------------------------------------------------


def seen(image):
    """The colour samples that count: those that are not transparent."""
    colors = image.shape[2] - has_alpha(image)
    pixels = image.reshape(-1, image.shape[2])
    return pixels[pixels[:, -1] > 0, :colors] if has_alpha(image) else pixels


def counting(change):
    """Runs `change` on colour, with the samples that count."""

    def run(image):
        colors = image.shape[2] - has_alpha(image)
        return np.concatenate([change(image[..., :colors], seen(image)), image[..., colors:]], axis=2)

    return run


def normalize(cutoff=0, per_channel=False):
    def change(v, counted):
        def stretch(v, samples):
            ordered = np.sort(samples.ravel())
            dropped = int(len(ordered) * cutoff / 100)
            low, high = ordered[dropped], ordered[-1 - dropped]
            return (v - low) / (high - low)

        if not per_channel:
            return stretch(v, counted)
        return np.stack([stretch(v[..., c], counted[:, c]) for c in range(v.shape[2])], axis=2)

    return counting(change)


def equalize(per_channel=False):
    """As scikit-image's `equalize_hist`; the parts run from the least to the greatest of all channels."""

    def change(v, counted):
        span = (counted.min(), counted.max())

        def spread(v, samples):
            counts, edges = np.histogram(samples, 256, span)
            return np.interp(v, (edges[1:] + edges[:-1]) / 2, np.cumsum(counts) / samples.size)

        if not per_channel:
            return spread(v, counted)
        return np.stack([spread(v[..., c], counted[:, c]) for c in range(v.shape[2])], axis=2)

    return counting(change)


def otsu(v, counted):
    counts, edges = np.histogram(counted, 256)
    middles = (edges[1:] + edges[:-1]) / 2
    variances = []
    for k in range(1, 256):
        low, high = counts[:k], counts[k:]
        apart = (low @ middles[:k]) / low.sum() - (high @ middles[k:]) / high.sum()
        variances.append(low.sum() * high.sum() * apart**2)
    return (v >= edges[1 + int(np.argmax(variances))]) * 1.0


def clahe(clip, tiles=8):
    def change(image):
        h, w, channels = image.shape
        colors = channels - has_alpha(image)
        luminance = (image[..., :colors] * (LUMINANCE if colors == 3 else 1)).sum(axis=2)
        tone = np.rint(np.clip(luminance, 0, 1) * 255).astype(int)
        counted = image[..., -1] > 0 if has_alpha(image) else np.ones((h, w), bool)
        across, down = min(tiles, w), min(tiles, h)
        tile_of = lambda at, n, side: at * n // side
        y, x = np.mgrid[0:h, 0:w]
        curves = np.zeros((down, across, 256))
        for j in range(down):
            for i in range(across):
                own = (tile_of(y, down, h) == j) & (tile_of(x, across, w) == i) & counted
                counts = np.bincount(tone[own], minlength=256).astype(float)
                if own.sum() == 0:
                    curves[j, i] = np.arange(256) / 255
                    continue
                most = clip * own.sum() / 256
                over = np.maximum(counts - most, 0).sum()
                curves[j, i] = np.cumsum(np.minimum(counts, most) + over / 256) / own.sum()
        out = image.copy()
        for j, i in np.ndindex(h, w):
            v = np.clip((j + 0.5) * down / h - 0.5, 0, down - 1)
            u = np.clip((i + 0.5) * across / w - 0.5, 0, across - 1)
            inside = np.clip(luminance[j, i], 0, 1)
            sum = 0
            for b, share_y in ((int(v), 1 - v % 1), (min(int(v) + 1, down - 1), v % 1)):
                for a, share_x in ((int(u), 1 - u % 1), (min(int(u) + 1, across - 1), u % 1)):
                    sum += share_y * share_x * np.interp(inside * 255, np.arange(256), curves[b, a])
            out[j, i, :colors] += sum - inside
        return out

    return change

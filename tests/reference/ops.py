"""Right answers in float64 for the operations, and the files they are kept in: tests/data/ops.

SciPy where it has the operation, otherwise the published formula. Nothing of bytelens is in it. Pictures
are float64 arrays [height, width, channels] of sRGB-encoded numbers that reach beyond 0..1, as those of
float files do; an even number of channels means that the last one is straight alpha.
"""

import io

import numpy as np
from scipy import interpolate, ndimage, special

from reference import KERNELS, SCIPY_MODES, has_alpha

# How far the filters of maps reach, in samples.
WARP_REACH = {"bilinear": 1, "bicubic": 2, "mitchell": 2, "lanczos3": 3}
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


# --- geometry and neighbourhoods ---------------------------------------------------------------


def extend(top, right, bottom, left, edge, fill=None):
    """`numpy.pad`; several times round where a border is wider than the picture."""

    def change(image):
        sides = ((top, bottom), (left, right), (0, 0))
        if edge != "constant":
            return np.pad(image, sides, {"nearest": "edge"}.get(edge, edge))
        out = np.pad(image, sides)
        inside = np.pad(np.ones(image.shape[:2] + (1,)), sides) > 0
        full = np.ones(4) if fill is None else np.append(color(fill), 1)
        fill_with = np.zeros(image.shape[2]) if fill is None else full[: image.shape[2]]
        if fill is None and has_alpha(image):
            fill_with[-1] = 1
        return np.where(inside, out, fill_with)

    return change


def box(radius, edge):
    size = 2 * radius + 1
    return lambda image: by_channel(
        image, lambda c: ndimage.uniform_filter(c, size, mode=SCIPY_MODES[edge], cval=0.0)
    )


def sharpen(sigma, amount, threshold, edge):
    """On premultiplied pixels: colours are compared with the mean of those that are seen; alpha stays."""

    def change(image):
        mode = SCIPY_MODES[edge]
        soft = by_channel(
            image, lambda c: ndimage.gaussian_filter(c, sigma, mode=mode, cval=0.0, truncate=6.0)
        )
        if not has_alpha(image):
            away = image - soft
            return image + amount * np.sign(away) * np.maximum(np.abs(away) - threshold, 0)
        alpha = image[..., -1:]
        away = image[..., :-1] / np.maximum(alpha, 1e-6) - soft[..., :-1] / np.maximum(soft[..., -1:], 1e-6)
        sharp = image[..., :-1] + amount * alpha * np.sign(away) * np.maximum(np.abs(away) - threshold, 0)
        return np.concatenate([sharp, alpha], axis=2)

    return change


def convolve(kernel, edge, normalize=False):
    kernel = np.array(kernel, float)
    kernel = kernel / kernel.sum() if normalize else kernel
    return lambda image: by_channel(
        image, lambda c: ndimage.correlate(c, kernel, mode=SCIPY_MODES[edge], cval=0.0)
    )


def sobel(edge, scale=np.sqrt(0.5)):
    mode = SCIPY_MODES[edge]

    def change(v):
        return by_channel(
            v,
            lambda c: np.hypot(ndimage.sobel(c, 0, mode=mode), ndimage.sobel(c, 1, mode=mode)) / 4 * scale,
        )

    return change


def median(radius, edge):
    size = 2 * radius + 1
    return lambda image: by_channel(
        image, lambda c: ndimage.median_filter(c, size, mode=SCIPY_MODES[edge], cval=0.0)
    )


def pad(image, reach, edge):
    if edge == "constant":
        return np.pad(image, ((reach, reach), (reach, reach), (0, 0)))
    return np.pad(image, ((reach, reach), (reach, reach), (0, 0)), {"nearest": "edge"}.get(edge, edge))


def bilateral(sigma, tolerance, edge="symmetric"):
    def change(image):
        reach = int(np.ceil(1.5 * sigma))
        h, w, _ = image.shape
        wide = pad(image, reach, edge)
        total, out = 0, 0
        for y in range(-reach, reach + 1):
            for x in range(-reach, reach + 1):
                other = wide[reach + y : reach + y + h, reach + x : reach + x + w]
                apart = ((other - image) ** 2).sum(axis=2, keepdims=True)
                weight = np.exp(-(x * x + y * y) / (2 * sigma**2) - apart / (2 * tolerance**2))
                total, out = total + weight, out + weight * other
        return out / total

    return change


def denoise(strength, search=5, patch=2, edge="symmetric"):
    def change(image):
        h, w, channels = image.shape
        reach = search + patch
        wide = pad(image, reach, edge)
        part = lambda y, x: wide[reach + y : reach + y + h, reach + x : reach + x + w]
        around = [(y, x) for y in range(-patch, patch + 1) for x in range(-patch, patch + 1)]
        total, out = 0, 0
        for y in range(-search, search + 1):
            for x in range(-search, search + 1):
                apart = sum((part(y + j, x + i) - part(j, i)) ** 2 for j, i in around)
                apart = apart.sum(axis=2, keepdims=True) / (len(around) * channels)
                weight = np.exp(-apart / strength**2)
                total, out = total + weight, out + weight * part(y, x)
        return out / total

    return change


def morphology(name, radius):
    size = 2 * radius + 1
    erode = lambda c: ndimage.minimum_filter(c, size, mode="nearest")
    dilate = lambda c: ndimage.maximum_filter(c, size, mode="nearest")
    both = {
        "erode": erode,
        "dilate": dilate,
        "open": lambda c: dilate(erode(c)),
        "close": lambda c: erode(dilate(c)),
    }
    return lambda image: by_channel(image, both[name])


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


# --- maps --------------------------------------------------------------------------------------

WARP_KERNELS = {name: (KERNELS[name], reach) for name, reach in WARP_REACH.items()}


def warp(back, size, filter, edge, fill=(0, 0, 0, 1)):
    """On premultiplied pixels: `back` maps a place of the output to one of the source, homogeneous."""

    def change(image):
        h, w, channels = image.shape
        ground = np.array({1: fill[:1], 2: fill[::3], 3: fill[:3], 4: fill}[channels], float)
        if channels in (2, 4):
            ground[:-1] *= ground[-1]
        m = np.asarray(back, float)
        width, height = size
        x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        u, v, d = (m[k, 0] * x + m[k, 1] * y + m[k, 2] for k in range(3))
        u, v = u / d, v / d
        stretch = []
        for k, place in enumerate((u, v)):
            slope = np.hypot(m[k, 0] - place * m[2, 0], m[k, 1] - place * m[2, 1]) / np.abs(d)
            stretch.append(np.clip(slope, 1, 16))
        out, total = np.zeros((height, width, channels)), np.zeros((height, width, 1))
        kernel, reach = WARP_KERNELS[filter]
        far = [int(np.ceil(reach * s.max())) + 1 for s in stretch]
        i0, j0 = np.floor(u - 0.5).astype(int), np.floor(v - 0.5).astype(int)
        for j in range(-far[1], far[1] + 1):
            for i in range(-far[0], far[0] + 1):
                weight = kernel((i0 + i + 0.5 - u) / stretch[0]) * kernel((j0 + j + 0.5 - v) / stretch[1])
                weight = weight[..., None]
                at_x, in_x = resolve(i0 + i, w, edge)
                at_y, in_y = resolve(j0 + j, h, edge)
                inside = (in_x & in_y)[..., None]
                out += weight * np.where(inside, image[at_y, at_x], ground)
                total += weight
        return np.where((d > 1e-3)[..., None], out / total, ground)

    return change


def resolve(at, length, edge):
    """Which sample `numpy.pad` puts at an index, and whether there is one."""
    inside = (at >= 0) & (at < length)
    if edge == "constant":
        return np.clip(at, 0, length - 1), inside
    index = np.arange(length)
    once = {"nearest": "edge"}.get(edge, edge)
    reach = int(max(-at.min(), at.max() - length + 1, 0))
    return np.pad(index, reach, once)[at + reach], np.ones_like(inside)


def turned(angle, expand=True, filter="bicubic", edge="constant", fill=(0, 0, 0, 1)):
    def change(image):
        h, w = image.shape[:2]
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        corners = np.array([[c, -s], [s, c]]) @ np.array([[0, w, w, 0], [0, 0, h, h]])
        spread = np.ceil(np.ptp(corners, axis=1) - 1e-6).astype(int)
        width, height = spread if expand else (w, h)
        to = lambda x, y: np.array([[1, 0, x], [0, 1, y], [0, 0, 1]])
        turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
        back = to(w / 2, h / 2) @ turn @ to(-width / 2, -height / 2)
        return warp(back, (width, height), filter, edge, fill)(image)

    return change


def mapped(rows, filter="bicubic", edge="constant", size=None):
    back = np.linalg.inv(np.array([*rows, (0, 0, 1)], float))
    return lambda image: warp(back, size or image.shape[1::-1], filter, edge)(image)


def four_points(source, target, filter="bicubic", edge="constant", size=None):
    """Corners in shares of the sides; the map by the eight linear equations of four points."""

    def change(image):
        h, w = image.shape[:2]
        width, height = size or (w, h)
        rows, right = [], []
        for (u, v), (x, y) in zip(np.multiply(source, (w, h)), np.multiply(target, (width, height))):
            rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
            right += [u, v]
        back = np.append(np.linalg.solve(rows, right), 1).reshape(3, 3)
        middle = np.append(np.mean(np.multiply(target, (width, height)), axis=0), 1)
        return warp(back / (back[2] @ middle), (width, height), filter, edge)(image)

    return change


# --- the cases ---------------------------------------------------------------------------------

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
    for number, (text, names, answer) in enumerate(cases()):
        for name in names:
            expected = f"expected/{number:03}_{text.split()[0]}_{name}.npy"
            folder.write(expected, npy(answer(images[name])))
            folder.row(f"{name}.npy", expected, text)
    folder.finish()

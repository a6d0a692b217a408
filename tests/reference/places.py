"""Right answers in float64 for operations that move pixels or look at those around them.

SciPy where it has the operation, otherwise the published formula. Pictures are as in ops.py.
"""

import numpy as np
from scipy import ndimage

from reference import KERNELS, SCIPY_MODES, has_alpha
from tones import by_channel, color

# How far the filters of maps reach, in samples.
WARP_REACH = {"bilinear": 1, "bicubic": 2, "mitchell": 2, "lanczos3": 3}


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

"""Photographs, and parts of them, that references are computed from."""

import pathlib

import numpy as np
from PIL import Image, ImageOps

import reference as ref

ROOT = pathlib.Path(__file__).resolve().parents[2]
PHOTOS = ROOT / "examples" / "photos"


def photo(name, mode):
    picture = ImageOps.exif_transpose(Image.open(PHOTOS / name)).convert(mode)
    array = np.asarray(picture)
    return array[..., None] if array.ndim == 2 else array


def crop(array, x, y, width, height):
    return array[y : y + height, x : x + width]


def deep(array, width, height):
    """The whole photograph, made smaller: the mean of many pixels has 16 true bits."""
    return ref.quantised(ref.resize(ref.unit(array), width, height, "area"))


def disc(width, height):
    """Alpha: a disc with a soft rim, clear in the corners, full in the middle."""
    y, x = np.mgrid[0:height, 0:width]
    radius = np.hypot((x + 0.5) / width - 0.5, (y + 0.5) / height - 0.5)
    return np.clip((0.48 - radius) / 0.15, 0, 1)[..., None]


def with_alpha(array):
    """Adds the disc; where nothing is seen the colour is a bright green, to show if it leaks."""
    height, width, channels = array.shape
    full = np.iinfo(array.dtype).max
    alpha = ref.quantised(disc(width, height), array.dtype)
    green = np.array([0, full, 0] if channels == 3 else [full], array.dtype)
    return np.concatenate([np.where(alpha == 0, green, array), alpha], axis=2)

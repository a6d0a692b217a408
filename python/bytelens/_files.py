"""Pictures in files: `open` and `save`. What is in the files is the compiled half's business."""

from __future__ import annotations

import os
import pathlib
from typing import TYPE_CHECKING, Any

from . import _bytelens

if TYPE_CHECKING:
    from ._bytelens import Image, _Pixels


def open(
    path: str | os.PathLike[str],
    /,
    *,
    upright: bool = True,
    keep_profile: bool = False,
    max_pixels: int | None = None,
) -> Image:
    """Reads a picture from a JPEG or PNG file.

    What it raises and what the keywords mean is as in `decode`; `OSError` for a file that cannot be read.
    """
    data = pathlib.Path(path).read_bytes()
    try:
        return _bytelens.decode(data, upright=upright, keep_profile=keep_profile, max_pixels=max_pixels)
    except ValueError as error:
        raise ValueError(f"{os.fspath(path)}: {error}") from None


def save(image: _Pixels, path: str | os.PathLike[str], /, **options: Any) -> None:
    """Writes a picture, or what exports pixels, to a JPEG or PNG file, as the name's ending says.

    The file appears whole or not at all. Keywords and exceptions are those of `encode`.
    """
    path = pathlib.Path(path)
    data = _bytelens.encode(image, path.suffix.removeprefix("."), **options)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

"""The same for asyncio: what waits for files, devices or pixels, awaited without blocking the loop.

Each runs in a thread of the loop's pool, where the interpreter's lock is not held while it works.
"""

from __future__ import annotations

import asyncio as _asyncio
import os as _os
from typing import TYPE_CHECKING, Any

from . import _bytelens, _files

if TYPE_CHECKING:
    from ._bytelens import Device, DeviceView, Image, Kernel, Pipeline, View, _Exporter, _Pixels, _Variable

__all__ = ["call", "decode", "download", "encode", "open", "run", "save", "upload"]


async def open(path: str | _os.PathLike[str], /, **options: Any) -> Image:
    """Reads a picture from a file, as `bytelens.open`."""
    return await _asyncio.to_thread(_files.open, path, **options)


async def save(image: _Pixels, path: str | _os.PathLike[str], /, **options: Any) -> None:
    """Writes a picture to a file, as `bytelens.save`."""
    await _asyncio.to_thread(_files.save, image, path, **options)


async def decode(data: _Exporter, /, **options: Any) -> Image:
    """Reads a picture from bytes, as `bytelens.decode`."""
    return await _asyncio.to_thread(_bytelens.decode, data, **options)


async def encode(image: _Pixels, format: str = "jpeg", /, **options: Any) -> bytes:
    """Writes a picture to bytes, as `bytelens.encode`."""
    return await _asyncio.to_thread(_bytelens.encode, image, format, **options)


async def run(pipeline: Pipeline | str, image: _Pixels, device: Device | None = None, /) -> Image:
    """Runs a pipeline, or its text, on a picture, as `Pipeline.run`."""
    if isinstance(pipeline, str):
        pipeline = _bytelens.Pipeline(pipeline)
    return await _asyncio.to_thread(pipeline.run, image, device)


async def call(kernel: Kernel, device: Device | None = None, /, **variables: _Variable) -> dict[str, View]:
    """Calls a kernel, as calling a `Kernel`."""
    return await _asyncio.to_thread(kernel, device, **variables)


async def upload(device: Device, view: _Exporter, /) -> DeviceView:
    """Copies a view to a device, as `Device.upload`."""
    return await _asyncio.to_thread(device.upload, view)


async def download(view: DeviceView, /) -> View:
    """Copies a view of a device's memory back, as `DeviceView.download`."""
    return await _asyncio.to_thread(view.download)

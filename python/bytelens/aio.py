"""The same for asyncio: what waits for files, devices or pixels, awaited without blocking the loop.

Each runs in a thread of the loop's pool, where the interpreter's lock is not held while it works.
"""

import asyncio as _asyncio

from . import _bytelens

__all__ = ["call", "decode", "download", "encode", "open", "run", "save", "upload"]


async def open(path, /, **options):
    """Reads a picture from a file, as `bytelens.open`."""
    import bytelens

    return await _asyncio.to_thread(bytelens.open, path, **options)


async def save(image, path, /, **options):
    """Writes a picture to a file, as `bytelens.save`."""
    import bytelens

    return await _asyncio.to_thread(bytelens.save, image, path, **options)


async def decode(data, /, **options):
    """Reads a picture from bytes, as `bytelens.decode`."""
    return await _asyncio.to_thread(_bytelens.decode, data, **options)


async def encode(image, /, *arguments, **options):
    """Writes a picture to bytes, as `bytelens.encode`."""
    return await _asyncio.to_thread(_bytelens.encode, image, *arguments, **options)


async def run(pipeline, image, device=None, /):
    """Runs a pipeline, or its text, on a picture, as `Pipeline.run`."""
    if isinstance(pipeline, str):
        pipeline = _bytelens.Pipeline(pipeline)
    return await _asyncio.to_thread(pipeline.run, image, device)


async def call(kernel, device=None, /, **variables):
    """Calls a kernel, as calling a `Kernel`."""
    return await _asyncio.to_thread(kernel, device, **variables)


async def upload(device, view, /):
    """Copies a view to a device, as `Device.upload`."""
    return await _asyncio.to_thread(device.upload, view)


async def download(view, /):
    """Copies a view of a device's memory back, as `DeviceView.download`."""
    return await _asyncio.to_thread(view.download)

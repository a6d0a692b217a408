"""bytelens is memoryview for the GPU.

`View` sees the memory of any exporter of the buffer protocol, without copying it, as `memoryview` does, in more
dimensions; `Device` has it on the GPU and back; `Image`, `Pipeline` and `Kernel` work on it there.
"""

from collections.abc import Sequence as _Sequence
from typing import Any as _Any

from . import _files, _ops, aio
from ._batch import batch
from ._bytelens import (
    Buffer,
    Device,
    DeviceView,
    Image,
    Kernel,
    Pipeline,
    View,
    decode,
    devices,
    encode,
    from_dlpack,
    ops,
)
from ._files import open, save

__all__ = [
    "Buffer",
    "Device",
    "DeviceView",
    "Image",
    "Kernel",
    "Pipeline",
    "View",
    "aio",
    "batch",
    "decode",
    "devices",
    "encode",
    "from_dlpack",
    "open",
    "ops",
    "save",
]


def _encode(self: Image, format: str = "jpeg", /, **options: _Any) -> bytes:
    """Writes the picture as the bytes of a JPEG or PNG file, as `bytelens.encode`."""
    return encode(self, format, **options)


def _save(self: Image, path: _Any, /, **options: _Any) -> None:
    """Writes the picture to a file, as `bytelens.save`."""
    save(self, path, **options)


for _function in (_encode, _save):
    _function.__name__ = _function.__name__.removeprefix("_")
    setattr(Image, _function.__name__, _function)
_ops.add_to(Image, Pipeline)
_Sequence.register(View)

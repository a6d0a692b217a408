"""bytelens is memoryview for the GPU.

`View` sees the memory of any exporter of the buffer protocol, without copying it, as `memoryview` does, in more
dimensions; `Device` has it on the GPU and back; `Image`, `Pipeline` and `Kernel` work on it there.
"""

import collections.abc as _abc
import inspect as _inspect
import keyword as _keyword
import os as _os
import pathlib as _pathlib

from . import aio
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
from ._batch import batch

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

_abc.Sequence.register(View)


def open(path, /, *, upright=True, keep_profile=False, max_pixels=None):
    """Reads a picture from a JPEG or PNG file.

    What it raises and what the keywords mean is as in `decode`; `OSError` for a file that cannot be read.
    """
    data = _pathlib.Path(path).read_bytes()
    try:
        return decode(data, upright=upright, keep_profile=keep_profile, max_pixels=max_pixels)
    except ValueError as error:
        raise ValueError(f"{_os.fspath(path)}: {error}") from None


def save(image, path, /, **options):
    """Writes a picture, or what exports pixels, to a JPEG or PNG file, as the name's ending says.

    The file appears whole or not at all. Keywords and exceptions are those of `encode`.
    """
    path = _pathlib.Path(path)
    data = encode(image, path.suffix.removeprefix("."), **options)
    part = path.with_name(f".{path.name}.{_os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _add_ops(*classes):
    """Makes a method of every op of the registry."""
    for op in ops():
        method = _method(op)
        for cls in classes:
            setattr(cls, op["name"], method)


def _method(op):
    name = op["name"]

    def method(self, /, *values, **named):
        return self.then(name, *values, **named)

    kind = _inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [_inspect.Parameter("self", _inspect.Parameter.POSITIONAL_ONLY)]
    lines = [_inspect.cleandoc(op["doc"]), "", f"A {op['kind']}."]
    for param in op["params"]:
        word = param["name"] + "_" * _keyword.iskeyword(param["name"])
        parameters.append(_inspect.Parameter(word, kind, default=param["default"]))
        lines.append(f"{word}: {param['doc'].splitlines()[0]} ({param['expected']}; {param['default']})")
    method.__name__, method.__qualname__ = name, name
    method.__doc__ = "\n".join(lines)
    method.__signature__ = _inspect.Signature(parameters)
    return method


def _encode(self, format="jpeg", /, **options):
    """Writes the picture as the bytes of a JPEG or PNG file, as `bytelens.encode`."""
    return encode(self, format, **options)


def _save(self, path, /, **options):
    """Writes the picture to a file, as `bytelens.save`."""
    save(self, path, **options)


_encode.__name__, _save.__name__ = "encode", "save"
Image.encode, Image.save = _encode, _save
_add_ops(Image, Pipeline)

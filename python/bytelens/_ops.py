"""Operations as methods, made from the registry when the package is imported."""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import _bytelens

if TYPE_CHECKING:
    from ._bytelens import _Op


def add_to(*classes: type) -> None:
    """Makes a method of every op of the registry."""
    for op in _bytelens.ops():
        for cls in classes:
            setattr(cls, op["name"], _method(op))


def _method(op: _Op) -> Callable[..., Any]:
    name = op["name"]

    def method(self: Any, /, *values: Any, **named: Any) -> Any:
        return self.then(name, *values, **named)

    parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY)]
    lines = [inspect.cleandoc(op["doc"]), "", f"A {op['kind']}.", ""]
    for param in op["params"]:
        # A word of Python's own has an underscore behind it.
        word = param["name"] + "_" * keyword.iskeyword(param["name"])
        kind, default = inspect.Parameter.POSITIONAL_OR_KEYWORD, param["default"]
        parameters.append(inspect.Parameter(word, kind, default=default))
        lines.append(f"{word}: {param['doc'].splitlines()[0]} ({param['expected']}; {default})")
    method.__name__ = method.__qualname__ = name
    method.__doc__ = "\n".join(lines).rstrip()
    setattr(method, "__signature__", inspect.Signature(parameters))
    return method
